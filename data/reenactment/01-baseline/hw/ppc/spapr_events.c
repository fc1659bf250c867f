/*
 * A re-enactment by the unplug kit, not QEMU's code.
 *
 * The hotplug event log: which devices the guest is to take or to release.
 */
#include <stdlib.h>

#include "hw/ppc/spapr.h"

#define HOTPLUG_EVENTS 0x10000000

#define TYPE_CPU 1
#define ACTION_ADD 1
#define ACTION_REMOVE 2
#define IDENTIFIER_DRC_INDEX 2

/* Nothing is merged or withdrawn: each event waits until the guest takes it. */
static void queue_event(SpaprMachineState *spapr, int action, uint32_t index)
{
    SpaprEvent **end = &spapr->pending_events;
    SpaprEvent *event = calloc(1, sizeof(*event));

    if (!event) {
        abort();
    }
    event->type = TYPE_CPU;
    event->action = action;
    event->identifier = IDENTIFIER_DRC_INDEX;
    event->index = index;
    while (*end) {
        end = &(*end)->next;
    }
    *end = event;
}

void spapr_hotplug_req_add_by_index(SpaprMachineState *spapr, uint32_t index)
{
    queue_event(spapr, ACTION_ADD, index);
}

void spapr_hotplug_req_remove_by_index(SpaprMachineState *spapr, uint32_t index)
{
    queue_event(spapr, ACTION_REMOVE, index);
}

static void take_event(SpaprMachineState *spapr)
{
    SpaprEvent *oldest = spapr->pending_events;

    spapr->guest_buffer = *oldest;
    spapr->pending_events = oldest->next;
    free(oldest);
}

void spapr_clear_pending_events(SpaprMachineState *spapr)
{
    while (spapr->pending_events) {
        take_event(spapr);
    }
}

/* The third word names the classes of events that the guest asks for. */
void rtas_check_exception(SpaprMachineState *spapr, RtasCall *call)
{
    if (call->nargs < 6 || call->nargs > 7 || call->nret != 1) {
        call->rets[0] = RTAS_OUT_PARAM_ERROR;
    } else if (!spapr->pending_events || !(call->args[2] & HOTPLUG_EVENTS)) {
        call->rets[0] = RTAS_OUT_NO_ERRORS_FOUND;
    } else {
        take_event(spapr);
        call->rets[0] = RTAS_OUT_SUCCESS;
    }
}
