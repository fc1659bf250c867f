/*
 * A re-enactment by the unplug kit, not QEMU's code.
 *
 * The machine: four CPU connectors, and a queue of events for the guest.
 */
#ifndef HW_SPAPR_H
#define HW_SPAPR_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/ppc/spapr_drc.h"
#include "monitor.h"

#define SPAPR_MAX_CORES 4

/* An entry of the hotplug event log, in the numbers that the guest reads. */
typedef struct SpaprEvent {
    int type;
    int action;
    int identifier;
    uint32_t index;
    struct SpaprEvent *next;
} SpaprEvent;

typedef struct SpaprMachineState {
    SpaprDrc drcs[SPAPR_MAX_CORES];
    SpaprEvent *pending_events; /* oldest first */
    SpaprEvent guest_buffer;    /* what check-exception wrote last */
} SpaprMachineState;

/* hw/ppc/spapr.c: the machine, and what its operator asks of it */
SpaprMachineState *spapr_machine_new(void);
void spapr_machine_free(SpaprMachineState *spapr);
void spapr_machine_reset(SpaprMachineState *spapr);
void spapr_core_cold_plug(SpaprMachineState *spapr, int core_id);
void spapr_core_release(SpaprCpuCore *core);
void qmp_device_add(SpaprMachineState *spapr, int64_t core_id, const char *id,
                    QmpError *error);
void qmp_device_del(SpaprMachineState *spapr, const char *name,
                    QmpError *error);
SpaprMachineState *spapr_machine_migrate(SpaprMachineState *source,
                                         SpaprMachineState *destination);

/* hw/ppc/spapr_events.c: events to the guest */
void spapr_hotplug_req_add_by_index(SpaprMachineState *spapr, uint32_t index);
void spapr_hotplug_req_remove_by_index(SpaprMachineState *spapr,
                                       uint32_t index);
void spapr_clear_pending_events(SpaprMachineState *spapr);

/* RTAS, the guest's calls: words in, words out, the first out a status. */
#define RTAS_MAX_WORDS 16

#define RTAS_OUT_SUCCESS 0
#define RTAS_OUT_NO_ERRORS_FOUND 1
#define RTAS_OUT_PARAM_ERROR (-3)
#define RTAS_OUT_NOT_SUPPORTED (-3)
#define RTAS_OUT_NO_SUCH_INDICATOR (-3)

typedef struct RtasCall {
    int nargs;
    uint32_t args[RTAS_MAX_WORDS];
    int nret;
    int32_t rets[RTAS_MAX_WORDS];
} RtasCall;

/* hw/ppc/spapr_drc.c */
void rtas_set_indicator(SpaprMachineState *spapr, RtasCall *call);
void rtas_get_sensor_state(SpaprMachineState *spapr, RtasCall *call);
void rtas_ibm_configure_connector(SpaprMachineState *spapr, RtasCall *call);

/* hw/ppc/spapr_events.c */
void rtas_check_exception(SpaprMachineState *spapr, RtasCall *call);

#endif
