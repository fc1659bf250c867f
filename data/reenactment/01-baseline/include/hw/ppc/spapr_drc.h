/*
 * A re-enactment by the unplug kit, not QEMU's code.
 *
 * The dynamic reconfiguration connector (DRC), into which a device is plugged.
 */
#ifndef HW_SPAPR_DRC_H
#define HW_SPAPR_DRC_H

#include <stdbool.h>
#include <stdint.h>

/* A device.  The core that is there from the start has no id. */
typedef struct SpaprCpuCore {
    int core_id;
    char id[32];
    char path[64];
} SpaprCpuCore;

typedef enum SpaprDrcState {
    LOGICAL_UNUSABLE = 1,
    LOGICAL_AVAILABLE = 2,
    LOGICAL_UNISOLATE = 3,
    LOGICAL_CONFIGURED = 4,
} SpaprDrcState;

/* What all connectors of a type have in common. */
typedef struct SpaprDrcClass {
    uint32_t typeshift;
    SpaprDrcState empty_state;
    SpaprDrcState ready_state;
    void (*release)(SpaprCpuCore *dev);
} SpaprDrcClass;

typedef struct SpaprDrc {
    const SpaprDrcClass *class;
    uint32_t id;
    SpaprDrcState state;
    SpaprCpuCore *dev;          /* NULL: nothing is plugged in */
    bool unplug_requested;      /* remove dev when the guest releases it */
    uint32_t ccs_offset;        /* the token configure-connector answers next */
} SpaprDrc;

extern const SpaprDrcClass spapr_drc_cpu_class;

void drc_realize(SpaprDrc *drc, const SpaprDrcClass *class, uint32_t id);
void drc_unrealize(SpaprDrc *drc);
uint32_t spapr_drc_index(const SpaprDrc *drc);

void spapr_drc_attach(SpaprDrc *drc, SpaprCpuCore *dev);
void spapr_drc_unplug_request(SpaprDrc *drc);
void spapr_drc_reset(SpaprDrc *drc);
void spapr_drc_migrate(const SpaprDrc *source, SpaprDrc *destination);

#endif
