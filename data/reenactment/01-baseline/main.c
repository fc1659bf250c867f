/*
 * A re-enactment by the unplug kit, not QEMU's code.
 *
 * Plays operator and guest: reads one request a line and answers it.  README
 * lists them.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/ppc/spapr.h"
#include "qemu/timer.h"

#define MAX_LINE 1024
#define MAX_NUMBERS (RTAS_MAX_WORDS + 1)

static SpaprMachineState *machine;

/* "rtas set-indicator 1 9001" is a request with one word and two numbers. */
typedef struct Request {
    const char *word;
    int64_t numbers[MAX_NUMBERS];
    int count;
} Request;

/* -- what the machine tells -- */

void qmp_fail(QmpError *error, const char *class_name, const char *format, ...)
{
    va_list values;

    error->class_name = class_name;
    va_start(values, format);
    vsnprintf(error->desc, sizeof(error->desc), format, values);
    va_end(values);
}

void qmp_event(const char *name, const char *id)
{
    printf("event %s %s\n", name, id);
}

void error_report(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
}

void machine_abort(const char *function, const char *assertion)
{
    printf("aborted %s %s\n", function, assertion);
    exit(EXIT_FAILURE);
}

/* -- the operator's requests -- */

static void answer_qmp(const QmpError *error)
{
    if (*error->desc) {
        printf("error %s %s\n", error->class_name, error->desc);
    } else {
        printf("return\n");
    }
}

static void device_add(const Request *request)
{
    QmpError error = { NULL, "" };

    if (strlen(request->word) >= sizeof(machine->drcs[0].dev->id)) {
        printf("bad request: the id is too long\n");
        return;
    }
    qmp_device_add(machine, request->numbers[0], request->word, &error);
    answer_qmp(&error);
}

static void device_del(const Request *request)
{
    QmpError error = { NULL, "" };

    qmp_device_del(machine, request->word, &error);
    answer_qmp(&error);
}

static void query_hotpluggable_cpus(const Request *request)
{
    int n;

    (void)request;
    printf("plugged");
    for (n = 0; n < SPAPR_MAX_CORES; n++) {
        if (machine->drcs[n].dev) {
            printf(" %d", n);
        }
    }
    printf("\n");
}

static void system_reset(const Request *request)
{
    (void)request;
    spapr_machine_reset(machine);
    printf("done\n");
}

static void clock_step(const Request *request)
{
    int64_t ns = request->numbers[0];

    if (ns < 0 || ns > INT64_MAX / 2 - virtual_clock_ns()) {
        printf("bad request: the clock does not go there\n");
        return;
    }
    virtual_clock_step(ns);
    printf("now_ns %" PRId64 "\n", virtual_clock_ns());
}

static void migrate(const Request *request)
{
    bool has[SPAPR_MAX_CORES] = { true };
    SpaprMachineState *destination;
    int n;

    for (n = 0; n < request->count; n++) {
        if (request->numbers[n] < 0 || request->numbers[n] >= SPAPR_MAX_CORES) {
            printf("bad request: there is no such core\n");
            return;
        }
        has[request->numbers[n]] = true;
    }
    for (n = 0; n < SPAPR_MAX_CORES; n++) {
        if (machine->drcs[n].dev && !has[n]) {
            printf("bad request: the destination must have core %d\n", n);
            return;
        }
    }
    destination = spapr_machine_new();
    for (n = 1; n < SPAPR_MAX_CORES; n++) {
        if (has[n]) {
            spapr_core_cold_plug(destination, n);
        }
    }
    machine = spapr_machine_migrate(machine, destination);
    printf("done\n");
}

/* -- the guest's requests -- */

typedef struct RtasFunction {
    const char *name;
    void (*run)(SpaprMachineState *spapr, RtasCall *call);
} RtasFunction;

static const RtasFunction rtas_functions[] = {
    { "set-indicator", rtas_set_indicator },
    { "get-sensor-state", rtas_get_sensor_state },
    { "ibm,configure-connector", rtas_ibm_configure_connector },
    { "check-exception", rtas_check_exception },
};

static void set_args(RtasCall *call, const int64_t *numbers, int count)
{
    for (call->nargs = 0; call->nargs < count; call->nargs++) {
        call->args[call->nargs] = (uint32_t)numbers[call->nargs];
    }
}

static const RtasFunction *find_rtas_function(const char *name)
{
    size_t n;

    for (n = 0; n < sizeof(rtas_functions) / sizeof(rtas_functions[0]); n++) {
        if (strcmp(rtas_functions[n].name, name) == 0) {
            return &rtas_functions[n];
        }
    }
    return NULL;
}

static void raw_rtas(const Request *request)
{
    const RtasFunction *function = find_rtas_function(request->word);
    int64_t nret = request->numbers[0];
    RtasCall call = { .nret = 0 };
    int n;

    if (!function || nret < 1 || nret > RTAS_MAX_WORDS) {
        printf("bad request: there is no such call\n");
        return;
    }
    call.nret = (int)nret;
    set_args(&call, request->numbers + 1, request->count - 1);
    function->run(machine, &call);
    printf("rets");
    for (n = 0; n < call.nret; n++) {
        printf(" %" PRId32, call.rets[n]);
    }
    printf("\n");
}

static void set_indicator(const Request *request)
{
    RtasCall call = { .nret = 1 };

    set_args(&call, request->numbers, 3);
    rtas_set_indicator(machine, &call);
    printf("status %" PRId32 "\n", call.rets[0]);
}

static void get_sensor_state(const Request *request)
{
    RtasCall call = { .nret = 2 };

    set_args(&call, request->numbers, 2);
    rtas_get_sensor_state(machine, &call);
    printf("status %" PRId32, call.rets[0]);
    printf(" state %" PRId32 "\n", call.rets[1]);
}

/* Calls until the answer is 0 or an error, or as often as the request says. */
static void configure_connector(const Request *request)
{
    int64_t most = request->count == 2 ? request->numbers[1] : INT64_MAX;
    RtasCall call = { .nargs = 2, .nret = 1 };
    int64_t calls = 0;

    call.args[0] = (uint32_t)request->numbers[0];
    do {
        rtas_ibm_configure_connector(machine, &call);
        calls++;
    } while (call.rets[0] > 0 && calls < most);
    printf("status %" PRId32 " calls %" PRId64 "\n", call.rets[0], calls);
}

static void check_exception(const Request *request)
{
    const SpaprEvent *event = &machine->guest_buffer;
    RtasCall call = { .nargs = 6, .nret = 1 };

    call.args[2] = (uint32_t)request->numbers[0];
    rtas_check_exception(machine, &call);
    printf("status %" PRId32, call.rets[0]);
    if (call.rets[0] == RTAS_OUT_SUCCESS) {
        printf(" type %d action %d identifier %d index 0x%" PRIx32,
               event->type, event->action, event->identifier, event->index);
    }
    printf("\n");
}

/* -- lines -- */

typedef struct Command {
    const char *name;
    bool has_word;
    int least;                  /* numbers */
    int most;
    void (*run)(const Request *request);
} Command;

static const Command commands[] = {
    { "device_add", true, 1, 1, device_add },
    { "device_del", true, 0, 0, device_del },
    { "query_hotpluggable_cpus", false, 0, 0, query_hotpluggable_cpus },
    { "system_reset", false, 0, 0, system_reset },
    { "clock_step", false, 1, 1, clock_step },
    { "migrate", false, 0, SPAPR_MAX_CORES, migrate },
    { "set_indicator", false, 3, 3, set_indicator },
    { "get_sensor_state", false, 2, 2, get_sensor_state },
    { "configure_connector", false, 1, 2, configure_connector },
    { "check_exception", false, 1, 1, check_exception },
    { "rtas", true, 1, MAX_NUMBERS, raw_rtas },
};

static const Command *find_command(const char *name)
{
    size_t n;

    for (n = 0; n < sizeof(commands) / sizeof(commands[0]); n++) {
        if (strcmp(commands[n].name, name) == 0) {
            return &commands[n];
        }
    }
    return NULL;
}

static char *next_part(void)
{
    return strtok(NULL, " \t\r\n");
}

static bool read_numbers(Request *request, int most)
{
    char *part, *end;

    while ((part = next_part()) != NULL) {
        if (request->count == most) {
            return false;
        }
        request->numbers[request->count++] = strtoll(part, &end, 0);
        if (*end) {
            return false;
        }
    }
    return true;
}

static void answer(char *line)
{
    Request request = { .word = "" };
    const char *name = strtok(line, " \t\r\n");
    const Command *command;
    bool complete;

    if (!name || *name == '#') {
        return;
    }
    command = find_command(name);
    if (!command) {
        printf("bad request: README lists the requests\n");
        return;
    }
    if (command->has_word) {
        request.word = next_part();
    }
    complete = request.word && read_numbers(&request, command->most);
    if (!complete || request.count < command->least) {
        printf("bad request: %s takes other words or numbers\n", name);
        return;
    }
    command->run(&request);
}

int main(void)
{
    char line[MAX_LINE];

    machine = spapr_machine_new();
    while (fgets(line, sizeof(line), stdin)) {
        answer(line);
        fflush(stdout);
    }
    spapr_machine_free(machine);
    return EXIT_SUCCESS;
}
