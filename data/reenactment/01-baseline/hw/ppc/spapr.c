/*
 * A re-enactment by the unplug kit, not QEMU's code.
 *
 * The machine: its start and end, and the cores that come and go.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/ppc/spapr.h"
#include "qemu/timer.h"

#define BOOT_CORE 0

static void core_path(char *path, size_t size, const char *id)
{
    if (*id) {
        snprintf(path, size, "/machine/peripheral/%s", id);
    } else {
        snprintf(path, size, "/machine/unattached/device[1]");
    }
}

static SpaprDrc *core_plug(SpaprMachineState *spapr, int core_id,
                           const char *id)
{
    SpaprCpuCore *core = calloc(1, sizeof(*core));

    if (!core) {
        abort();
    }
    core->core_id = core_id;
    snprintf(core->id, sizeof(core->id), "%s", id);
    core_path(core->path, sizeof(core->path), id);
    spapr_drc_attach(&spapr->drcs[core_id], core);
    return &spapr->drcs[core_id];
}

/* Plugs a core before the guest runs, which therefore finds it ready. */
void spapr_core_cold_plug(SpaprMachineState *spapr, int core_id)
{
    char id[16] = "";

    if (core_id != BOOT_CORE) {
        snprintf(id, sizeof(id), "core%d", core_id);
    }
    spapr_drc_reset(core_plug(spapr, core_id, id));
}

void spapr_core_release(SpaprCpuCore *core)
{
    qmp_event("DEVICE_DELETED", core->id);
    free(core);
}

/* -- QMP -- */

void qmp_device_add(SpaprMachineState *spapr, int64_t core_id, const char *id,
                    QmpError *error)
{
    SpaprDrc *drc;
    int n;

    for (n = 0; n < SPAPR_MAX_CORES; n++) {
        SpaprCpuCore *core = spapr->drcs[n].dev;

        if (core && strcmp(core->id, id) == 0) {
            qmp_fail(error, "GenericError", "Duplicate ID '%s' for device", id);
            return;
        }
    }
    if (core_id < 0 || core_id >= SPAPR_MAX_CORES) {
        qmp_fail(error, "GenericError", "core id %" PRId64 " out of range",
                 core_id);
        return;
    }
    if (spapr->drcs[core_id].dev) {
        qmp_fail(error, "GenericError", "core %" PRId64 " already populated",
                 core_id);
        return;
    }
    drc = core_plug(spapr, (int)core_id, id);
    spapr_hotplug_req_add_by_index(spapr, spapr_drc_index(drc));
}

static void spapr_core_unplug_request(SpaprMachineState *spapr,
                                      SpaprCpuCore *core, QmpError *error)
{
    SpaprDrc *drc = &spapr->drcs[core->core_id];

    if (core->core_id == BOOT_CORE) {
        qmp_fail(error, "GenericError", "Boot CPU core may not be unplugged");
        return;
    }
    if (!drc->unplug_requested) {
        spapr_drc_unplug_request(drc);
        spapr_hotplug_req_remove_by_index(spapr, spapr_drc_index(drc));
    }
}

/* A device is named by its id or its whole path. */
void qmp_device_del(SpaprMachineState *spapr, const char *name, QmpError *error)
{
    int n;

    for (n = 0; n < SPAPR_MAX_CORES; n++) {
        SpaprCpuCore *core = spapr->drcs[n].dev;

        if (!core) {
            continue;
        }
        if (strcmp(core->id, name) == 0 || strcmp(core->path, name) == 0) {
            spapr_core_unplug_request(spapr, core, error);
            return;
        }
    }
    qmp_fail(error, "DeviceNotFound", "Device '%s' not found", name);
}

/* -- the machine -- */

SpaprMachineState *spapr_machine_new(void)
{
    SpaprMachineState *spapr = calloc(1, sizeof(*spapr));
    uint32_t n;

    if (!spapr) {
        abort();
    }
    virtual_clock_restart();
    for (n = 0; n < SPAPR_MAX_CORES; n++) {
        drc_realize(&spapr->drcs[n], &spapr_drc_cpu_class, n);
    }
    spapr_core_cold_plug(spapr, BOOT_CORE);
    return spapr;
}

void spapr_machine_free(SpaprMachineState *spapr)
{
    int n;

    spapr_clear_pending_events(spapr);
    for (n = 0; n < SPAPR_MAX_CORES; n++) {
        drc_unrealize(&spapr->drcs[n]);
    }
    free(spapr);
}

/* The clock runs on; what was to be unplugged is gone afterwards. */
void spapr_machine_reset(SpaprMachineState *spapr)
{
    int n;

    for (n = 0; n < SPAPR_MAX_CORES; n++) {
        spapr_drc_reset(&spapr->drcs[n]);
    }
    spapr_clear_pending_events(spapr);
}

/*
 * The destination was just started with the cores that the source has.  It
 * takes over the connectors and the events, but not the clock.
 */
SpaprMachineState *spapr_machine_migrate(SpaprMachineState *source,
                                         SpaprMachineState *destination)
{
    int n;

    for (n = 0; n < SPAPR_MAX_CORES; n++) {
        spapr_drc_migrate(&source->drcs[n], &destination->drcs[n]);
    }
    destination->pending_events = source->pending_events;
    source->pending_events = NULL;
    spapr_machine_free(source);
    return destination;
}
