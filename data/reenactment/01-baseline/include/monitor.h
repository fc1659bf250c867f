/*
 * A re-enactment by the unplug kit, not QEMU's code.
 *
 * What the machine tells whoever manages it.
 */
#ifndef MONITOR_H
#define MONITOR_H

/* How a command fails; desc is empty while nothing has failed. */
typedef struct QmpError {
    const char *class_name;
    char desc[160];
} QmpError;

void qmp_fail(QmpError *error, const char *class_name, const char *format, ...);

/* Sends an event about the device that is called id. */
void qmp_event(const char *name, const char *id);

/* A line on stderr, for a person or a log; no program reads it. */
void error_report(const char *format, ...);

/* What cannot be otherwise; where it is, the program ends. */
#define machine_assert(condition) \
    ((condition) ? (void)0 : machine_abort(__func__, #condition))

void machine_abort(const char *function, const char *assertion);

#endif
