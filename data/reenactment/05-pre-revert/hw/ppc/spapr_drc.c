/*
 * A re-enactment by the unplug kit, not QEMU's code.
 *
 * The connector: what moves it from state to state.
 */
#include <stdlib.h>

#include "hw/ppc/spapr.h"
#include "hw/ppc/spapr_drc.h"

#define ISOLATION_STATE 9001
#define ALLOCATION_STATE 9003
#define DR_ENTITY_SENSE 9003    /* a sensor, not an indicator */

#define ISOLATED 0
#define UNISOLATED 1
#define UNUSABLE 0
#define USABLE 1

#define SENSE_PRESENT 1
#define SENSE_UNUSABLE 2

#define CC_CONFIGURED 0
#define CC_NEXT_CHILD 2
#define CC_NEXT_PROPERTY 3
#define CC_NOT_CONFIGURABLE (-9003)

#define CORE_PROPERTIES 30      /* of a core's node in the device tree */

/* The device goes; the state stays as the caller has set it. */
static void spapr_drc_release(SpaprDrc *drc)
{
    drc->class->release(drc->dev);
    drc->dev = NULL;
    drc->unplug_requested = false;
    timer_del(drc->unplug_timeout_timer);
    drc->ccs_offset = 0;
}

/* -- what the guest does to a connector: each returns an RTAS status -- */

static int drc_isolate_logical(SpaprDrc *drc)
{
    switch (drc->state) {
    case LOGICAL_UNUSABLE:
    case LOGICAL_AVAILABLE:
        break;
    case LOGICAL_UNISOLATE:
        return RTAS_OUT_PARAM_ERROR;
    case LOGICAL_CONFIGURED:
        drc->state = LOGICAL_AVAILABLE;
        break;
    }
    return RTAS_OUT_SUCCESS;
}

static int drc_unisolate_logical(SpaprDrc *drc)
{
    switch (drc->state) {
    case LOGICAL_UNUSABLE:
        return RTAS_OUT_NO_SUCH_INDICATOR;
    case LOGICAL_AVAILABLE:
        machine_assert(drc->dev);
        drc->state = LOGICAL_UNISOLATE;
        drc->ccs_offset = 0;
        break;
    case LOGICAL_UNISOLATE:
    case LOGICAL_CONFIGURED:
        break;
    }
    return RTAS_OUT_SUCCESS;
}

static int drc_set_usable(SpaprDrc *drc)
{
    if (drc->state == LOGICAL_UNUSABLE) {
        if (!drc->dev || drc->unplug_requested) {
            return RTAS_OUT_NO_SUCH_INDICATOR;
        }
        drc->state = LOGICAL_AVAILABLE;
    }
    return RTAS_OUT_SUCCESS;
}

static int drc_set_unusable(SpaprDrc *drc)
{
    switch (drc->state) {
    case LOGICAL_UNUSABLE:
        break;
    case LOGICAL_AVAILABLE:
        drc->state = LOGICAL_UNUSABLE;
        if (drc->unplug_requested) {
            spapr_drc_release(drc);
        }
        break;
    case LOGICAL_UNISOLATE:
    case LOGICAL_CONFIGURED:
        return RTAS_OUT_NO_SUCH_INDICATOR;
    }
    return RTAS_OUT_SUCCESS;
}

static int logical_entity_sense(const SpaprDrc *drc)
{
    if (drc->state == LOGICAL_UNUSABLE) {
        return SENSE_UNUSABLE;
    }
    machine_assert(drc->dev);
    return SENSE_PRESENT;
}

static bool drc_configurable(const SpaprDrc *drc)
{
    return drc->state == LOGICAL_UNISOLATE || drc->state == LOGICAL_CONFIGURED;
}

/* The next token of the device's node: its begin, its properties, its end. */
static int drc_configure(SpaprDrc *drc)
{
    uint32_t token = drc->ccs_offset++;

    if (token == 0) {
        return CC_NEXT_CHILD;
    }
    if (token <= CORE_PROPERTIES) {
        return CC_NEXT_PROPERTY;
    }
    drc->ccs_offset = 0;
    drc->state = drc->class->ready_state;
    return CC_CONFIGURED;
}

/* -- what QEMU does to a connector -- */

void spapr_drc_attach(SpaprDrc *drc, SpaprCpuCore *dev)
{
    machine_assert(!drc->dev);
    machine_assert(drc->state == drc->class->empty_state);
    drc->dev = dev;
}

static void spapr_drc_start_unplug_timeout_timer(SpaprDrc *drc)
{
    int64_t timeout_ms = drc->class->unplug_timeout_seconds * 1000;

    if (timeout_ms != 0) {
        timer_start_ms(drc->unplug_timeout_timer,
                       virtual_clock_ms() + timeout_ms);
    }
}

/* The guest's time is over: drop the request. */
static void drc_unplug_timeout_cb(void *opaque)
{
    SpaprDrc *drc = opaque;

    drc->unplug_requested = false;
}

void spapr_drc_unplug_request(SpaprDrc *drc)
{
    machine_assert(drc->dev);
    drc->unplug_requested = true;
    spapr_drc_start_unplug_timeout_timer(drc);

    /* Otherwise the guest has the device, and must release it first. */
    if (drc->state == drc->class->empty_state) {
        spapr_drc_release(drc);
    }
}

int spapr_drc_unplug_timeout_remaining_sec(const SpaprDrc *drc)
{
    return timer_deadline_ms(drc->unplug_timeout_timer) / 1000;
}

void spapr_drc_reset(SpaprDrc *drc)
{
    if (drc->unplug_requested) {
        spapr_drc_release(drc);
    }
    drc->state = drc->dev ? drc->class->ready_state : drc->class->empty_state;
    drc->ccs_offset = 0;
}

/* The destination has the devices: does it need anything else? */
static bool spapr_drc_needed(const SpaprDrc *drc)
{
    if (!drc->dev) {
        return false;
    }
    return drc->state != drc->class->ready_state || drc->unplug_requested;
}

/* The time left is not sent: the destination waits the full time again. */
static void spapr_drc_post_load(SpaprDrc *drc)
{
    if (drc->unplug_requested) {
        spapr_drc_start_unplug_timeout_timer(drc);
    }
}

void spapr_drc_migrate(const SpaprDrc *source, SpaprDrc *destination)
{
    if (!spapr_drc_needed(source)) {
        return;
    }
    destination->state = source->state;
    destination->unplug_requested = source->unplug_requested;
    spapr_drc_post_load(destination);
}

void drc_realize(SpaprDrc *drc, const SpaprDrcClass *class, uint32_t id)
{
    drc->class = class;
    drc->id = id;
    drc->state = class->empty_state;
    drc->unplug_timeout_timer = timer_new_ms(drc_unplug_timeout_cb, drc);
}

void drc_unrealize(SpaprDrc *drc)
{
    free(drc->dev);
    drc->dev = NULL;
    timer_free(drc->unplug_timeout_timer);
}

const SpaprDrcClass spapr_drc_cpu_class = {
    .typeshift = 1,
    .empty_state = LOGICAL_UNUSABLE,
    .ready_state = LOGICAL_CONFIGURED,
    .release = spapr_core_release,
    .unplug_timeout_seconds = 15,
};

/* -- RTAS -- */

uint32_t spapr_drc_index(const SpaprDrc *drc)
{
    return drc->class->typeshift << 28 | drc->id;
}

static SpaprDrc *find_drc(SpaprMachineState *spapr, uint32_t index)
{
    int n;

    for (n = 0; n < SPAPR_MAX_CORES; n++) {
        if (spapr_drc_index(&spapr->drcs[n]) == index) {
            return &spapr->drcs[n];
        }
    }
    return NULL;
}

void rtas_set_indicator(SpaprMachineState *spapr, RtasCall *call)
{
    uint32_t indicator = call->args[0], value = call->args[2];
    SpaprDrc *drc = find_drc(spapr, call->args[1]);

    if (call->nargs != 3 || call->nret != 1 || !drc) {
        call->rets[0] = RTAS_OUT_PARAM_ERROR;
    } else if (indicator == ISOLATION_STATE && value == ISOLATED) {
        call->rets[0] = drc_isolate_logical(drc);
    } else if (indicator == ISOLATION_STATE && value == UNISOLATED) {
        call->rets[0] = drc_unisolate_logical(drc);
    } else if (indicator == ALLOCATION_STATE && value == USABLE) {
        call->rets[0] = drc_set_usable(drc);
    } else if (indicator == ALLOCATION_STATE && value == UNUSABLE) {
        call->rets[0] = drc_set_unusable(drc);
    } else {
        call->rets[0] = RTAS_OUT_NOT_SUPPORTED;
    }
}

void rtas_get_sensor_state(SpaprMachineState *spapr, RtasCall *call)
{
    SpaprDrc *drc = find_drc(spapr, call->args[1]);

    if (call->nargs != 2 || call->nret != 2 || !drc) {
        call->rets[0] = RTAS_OUT_PARAM_ERROR;
    } else if (call->args[0] != DR_ENTITY_SENSE) {
        call->rets[0] = RTAS_OUT_NOT_SUPPORTED;
    } else {
        call->rets[0] = RTAS_OUT_SUCCESS;
        call->rets[1] = logical_entity_sense(drc);
    }
}

/* A guest passes the address of a work area with the index; here, the index. */
void rtas_ibm_configure_connector(SpaprMachineState *spapr, RtasCall *call)
{
    SpaprDrc *drc = find_drc(spapr, call->args[0]);

    if (call->nargs != 2 || call->nret != 1 || !drc) {
        call->rets[0] = RTAS_OUT_PARAM_ERROR;
    } else if (!drc_configurable(drc)) {
        call->rets[0] = CC_NOT_CONFIGURABLE;
    } else {
        call->rets[0] = drc_configure(drc);
    }
}
