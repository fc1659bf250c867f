/*
 * A re-enactment by the unplug kit, not QEMU's code.
 *
 * The guest's clock (QEMU_CLOCK_VIRTUAL), and timers that run on it.
 */
#ifndef QEMU_TIMER_H
#define QEMU_TIMER_H

#include <stdbool.h>
#include <stdint.h>

/* The clock stands still until somebody steps it; a restart puts it to 0. */
int64_t virtual_clock_ns(void);
int64_t virtual_clock_ms(void);
void virtual_clock_step(int64_t ns);
void virtual_clock_restart(void);

typedef void TimerCallback(void *opaque);

typedef struct QEMUTimer {
    int64_t expire_time;        /* on the clock, in ns; -1: not running */
    TimerCallback *callback;
    void *opaque;               /* what the callback is given */
    struct QEMUTimer *next;
} QEMUTimer;

QEMUTimer *timer_new_ms(TimerCallback *callback, void *opaque);
void timer_free(QEMUTimer *timer);
void timer_start_ms(QEMUTimer *timer, int64_t expire_ms);
void timer_del(QEMUTimer *timer);
bool timer_pending(const QEMUTimer *timer);

/* How many ms until it fires; 0 if it is not running. */
int64_t timer_deadline_ms(const QEMUTimer *timer);

/* The length of a wait in ms, rounded up; INT32_MAX stands for longer ones. */
int qemu_timeout_ns_to_ms(int64_t ns);

#endif
