/*
 * A re-enactment by the unplug kit, not QEMU's code.
 *
 * The guest's clock, and timers that run on it.
 */
#include <stdlib.h>

#include "qemu/timer.h"

#define NS_PER_MS 1000000

static int64_t now_ns;
static QEMUTimer *running;      /* the one that fires first stands first */

int64_t virtual_clock_ns(void)
{
    return now_ns;
}

int64_t virtual_clock_ms(void)
{
    return now_ns / NS_PER_MS;
}

void virtual_clock_step(int64_t ns)
{
    now_ns += ns;
    while (running && running->expire_time <= now_ns) {
        QEMUTimer *due = running;

        timer_del(due);
        due->callback(due->opaque);
    }
}

void virtual_clock_restart(void)
{
    now_ns = 0;
}

QEMUTimer *timer_new_ms(TimerCallback *callback, void *opaque)
{
    QEMUTimer *timer = calloc(1, sizeof(*timer));

    if (!timer) {
        abort();
    }
    timer->expire_time = -1;
    timer->callback = callback;
    timer->opaque = opaque;
    return timer;
}

void timer_free(QEMUTimer *timer)
{
    timer_del(timer);
    free(timer);
}

void timer_start_ms(QEMUTimer *timer, int64_t expire_ms)
{
    QEMUTimer **place = &running;

    timer_del(timer);
    timer->expire_time = expire_ms * NS_PER_MS;
    while (*place && (*place)->expire_time <= timer->expire_time) {
        place = &(*place)->next;
    }
    timer->next = *place;
    *place = timer;
}

void timer_del(QEMUTimer *timer)
{
    QEMUTimer **place = &running;

    while (*place && *place != timer) {
        place = &(*place)->next;
    }
    if (*place) {
        *place = timer->next;
    }
    timer->expire_time = -1;
}

bool timer_pending(const QEMUTimer *timer)
{
    return timer->expire_time >= 0;
}

int qemu_timeout_ns_to_ms(int64_t ns)
{
    int64_t ms = (ns + NS_PER_MS - 1) / NS_PER_MS;

    return ms < INT32_MAX ? (int)ms : INT32_MAX;
}
