/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Shared by the files of src/loop.
 *
 * libev only tells what is ready: its callbacks put sources into a queue,
 * and the queue is run by loop_turn.  A source is in at most one queue: that
 * of its part of the turn (ready, late or bulk), or parked (fired while held).
 */

#ifndef SLUICE_LOOP_PRIVATE_H
#define SLUICE_LOOP_PRIVATE_H

#include <ev.h>
#include <stdatomic.h>
#include <stdint.h>

#include "loop/heap.h"
#include "loop/loop.h"

enum source_kind {
    KIND_IO,
    KIND_TIMER,
    KIND_PERIODIC,
    KIND_SIGNAL,
    KIND_WORK,
    KIND_STAT,
    KIND_PREPARE,
    KIND_CHECK,
    KIND_IDLE,
    KIND_COUNT,
};

enum source_queue {
    QUEUE_READY,
    QUEUE_LATE,
    QUEUE_BULK,
    QUEUE_PARKED,
    QUEUE_NONE,
};

enum {
    PRIORITY_MIN = -2,
    PRIORITY_MAX = 2,
};

struct loop_source {
    struct loop *loop;
    enum source_kind kind;
    enum loop_class cls;
    loop_f cb;
    void *arg;
    bool active;
    bool counted;
    bool destroyed; /* in a callback: freed when the last one returns */
    int running;    /* callbacks of this source on the stack */
    int priority;

    enum source_queue part;  /* of the turn that it runs in */
    enum source_queue queue; /* where it is */
    int revents;
    uint64_t pass; /* in which pass it was queued */
    struct loop_source *prev, *next;

    uint64_t mark; /* the last run of its kind it took part in */
    struct loop_source *kind_prev, *kind_next;

    struct heap_item due; /* timer, periodic */
    double after;         /* timer: delay; periodic: offset */
    double repeat;        /* timer: repeat; periodic: interval */
    loop_reschedule_f reschedule;

    atomic_bool kicked; /* work: by another thread */
    char *path;         /* stat */
    const char *name;   /* for the record; or NULL */
    union {
        ev_io io;
        ev_signal signal;
        ev_stat stat;
    };
};

struct loop_hook {
    loop_hook_f cb;
    void *arg;
};

/* Of the turn under way, and of the longest. */
struct record {
    int depth;    /* turns on the stack */
    bool nested;  /* one was made inside this one, or this one is */
    double begin; /* monotonic, as all but longest.when */
    double since; /* the end of the last callback */
    double part;
    const char *what;
    char note[64];  /* of the callback that runs */
    char noted[64]; /* of the one that took longest */
    struct loop_longest longest;
};

struct loop {
    struct ev_loop *ev;
    struct clock *clock;
    struct clock real; /* used when no clock was given */
    double now;        /* wall clock time of this turn */
    double mono;       /* monotonic time of this turn */
    int held;
    unsigned int stops;
    bool in_hooks;
    uint64_t pass;
    uint64_t mark;
    uint64_t serial;
    size_t nsources; /* allocated, to reserve places in the heaps */
    size_t nactive;  /* active and counted */
    size_t nwork;
    size_t nwatched; /* active io, signal and stat sources */

    struct loop_source *queues[QUEUE_NONE];
    struct loop_source *kinds[KIND_COUNT]; /* active prepare, check, idle;
                                              all work */
    struct heap timers;                    /* by monotonic time */
    struct heap periodics;                 /* by wall clock time */
    ev_timer timer_alarm;
    ev_periodic periodic_alarm;
    ev_async async;

    struct loop_hook *hooks;
    size_t nhooks;
    struct record record;
};

/* record.c: a turn begins to run something, a callback (NULL: the hooks) has
 * returned, the turn ends.
 */
void record_begin (struct loop *loop);
void record_part (struct loop *loop, const struct loop_source *src);
void record_end (struct loop *loop);

/* A new, stopped source; NULL and ENOMEM. */
struct loop_source *source_new (struct loop *loop,
                                enum source_kind kind,
                                enum loop_class cls,
                                loop_f cb,
                                void *arg);

/* Something happened to src: it is to be run, or set aside while held. */
void source_fire (struct loop_source *src, int revents);
/* Take back what has fired and not run. */
void source_unqueue (struct loop_source *src);

/* Put an io source that was set aside back under watch. */
void source_rearm (struct loop_source *src);

/* Timers and periodics: the parts of start, stop and of a turn. */
void timer_start (struct loop_source *src);
void timer_stop (struct loop_source *src);
/* Fire all that are due at the time of this turn. */
void timers_expire (struct loop *loop);
/* Let libev wake up for the first that is due; and no more. */
void timers_arm (struct loop *loop);
void timers_disarm (struct loop *loop);
/* Move a virtual clock to the first that is due; false if there is none. */
bool timers_advance_clock (struct loop *loop);

#endif
