/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The event loop: libev behind a small face.
 *
 * One loop, one thread.  A turn is: (1) wait for something to happen,
 * (2) run the sources that fired, (3) run the turn hooks, in the order they
 * were added, (4) run late work, (5) run one slice of bulk work, and the hooks
 * for it.  Commits are handed to the store in a turn hook, so everything that
 * happened in (2) becomes durable together, and does not wait for (5).
 *
 * Held sources.  A jobtap plugin may wait for a reply inside a callback.  The
 * loop then has to turn (the reply travels over it) while nothing may touch
 * the job that is in the middle of its event.  Sources are of two classes:
 * LOOP_ALWAYS ones run on every turn (sockets, the router, the store);
 * LOOP_HOLDABLE ones (plugin watchers, the manager's own timers, the agent's
 * reports) are set aside while loop_hold() is in force and run, once each,
 * after loop_release().
 *
 * A source may be destroyed in its own callback or in another's; it is not
 * called again.  All sources must be destroyed before the loop is.
 */

#ifndef SLUICE_LOOP_LOOP_H
#define SLUICE_LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/clock.h"

struct loop;
struct loop_source;

enum loop_class {
    LOOP_ALWAYS,
    LOOP_HOLDABLE,
    /* Bits to add to the class.  Create the source without starting it. */
    LOOP_STOPPED = 0x10,
    /* Work that ends a turn, after the hooks: what all that ran has gathered
     * is sent off.  Runs in the turn in which it was kicked. */
    LOOP_LATE = 0x20,
    /* A slice of work on many things, which nobody else should wait for: it
     * comes after all else, and each turn has one, whoever's turn it is. */
    LOOP_BULK = 0x40,
};

/* Bits of events for loop_io_create and its callback.  LOOP_ERROR is only
 * ever reported: the descriptor cannot be watched, and no longer is.
 */
enum {
    LOOP_READ = 1,
    LOOP_WRITE = 2,
    LOOP_ERROR = 4,
};

typedef void (*loop_f) (struct loop_source *src, int revents, void *arg);
typedef void (*loop_hook_f) (void *arg);

/* clock is borrowed and has to outlive the loop; NULL means the system's.
 * With a virtual clock a turn that has nothing ready moves the clock to the
 * next timer instead of sleeping.  NULL and errno on failure.
 */
struct loop *loop_create (struct clock *clock);
void loop_destroy (struct loop *loop);

/* Run until loop_stop().  Under a virtual clock also until nothing can
 * happen any more: no timer is set and no descriptor or signal is watched.
 */
void loop_run (struct loop *loop);
/* One turn; waits for something to happen only if wait is true.  May be
 * called from inside a callback.  True if anything was run; with wait, false
 * means stopped, or (virtual clock) that nothing can happen.
 */
bool loop_turn (struct loop *loop, bool wait);
/* End the innermost loop_run, or a turn that waits, after what now runs. */
void loop_stop (struct loop *loop);

/* The time of the current turn (seconds since the epoch), and the clock.
 * Timers count from the time of the turn; loop_now_update reads the clock
 * again after a long computation.
 */
double loop_now (struct loop *loop);
void loop_now_update (struct loop *loop);
struct clock *loop_clock (struct loop *loop);

/* Sources are created started, unless LOOP_STOPPED is added to their class.
 * NULL and errno on failure: EINVAL for a bad
 * descriptor, signal or time, ENOMEM.  cb may be NULL.
 *
 * repeat is 0 for a timer that fires once (it stays allocated; rearm it with
 * loop_timer_set).  Timers due at the same time fire in the order in which
 * they were started.
 */
struct loop_source *loop_io_create (struct loop *loop,
                                    enum loop_class cls,
                                    int fd,
                                    int events,
                                    loop_f cb,
                                    void *arg);
void loop_io_set (struct loop_source *src, int events); /* 0: paused */
struct loop_source *loop_timer_create (struct loop *loop,
                                       enum loop_class cls,
                                       double after,
                                       double repeat,
                                       loop_f cb,
                                       void *arg);
/* Restart a timer; after < 0 stops it. */
void loop_timer_set (struct loop_source *src, double after, double repeat);
struct loop_source *loop_signal_create (struct loop *loop,
                                        enum loop_class cls,
                                        int signum,
                                        loop_f cb,
                                        void *arg);
/* Work to be done on this or the next turn: runs once for each series of
 * loop_kick() calls, and the loop does not sleep before it has run.  Only work
 * may be LOOP_LATE or LOOP_BULK.
 */
struct loop_source *loop_work_create (struct loop *loop,
                                      enum loop_class cls,
                                      loop_f cb,
                                      void *arg);
void loop_kick (struct loop_source *work);
/* Was it kicked, and has not run, and is not set aside (loop_hold)? */
bool loop_kicked (const struct loop_source *work);
/* As loop_kick, from any thread. */
void loop_kick_async (struct loop_source *work);
void loop_source_destroy (struct loop_source *src);

/* Stop and start again without losing the settings.  Stopping also takes
 * back what has fired and not yet run.  A stopped timer starts over with the
 * delay it was given last.
 */
void loop_source_start (struct loop_source *src);
void loop_source_stop (struct loop_source *src);
/* A timer that fires once is stopped before its callback runs. */
bool loop_source_is_active (const struct loop_source *src);

/* The kinds that only clients of the library need; as libev's of the same
 * name.  Prepare runs before the wait, check after it (priorities 2 to -2,
 * those below 0 after all others), idle when nothing else fired; while an
 * idle source is active the loop does not sleep.
 */
struct loop_source *loop_prepare_create (struct loop *loop,
                                         enum loop_class cls,
                                         loop_f cb,
                                         void *arg);
struct loop_source *loop_check_create (struct loop *loop,
                                       enum loop_class cls,
                                       loop_f cb,
                                       void *arg);
struct loop_source *loop_idle_create (struct loop *loop,
                                      enum loop_class cls,
                                      loop_f cb,
                                      void *arg);
/* Only checks have a priority; values out of range are brought into it. */
void loop_check_set_priority (struct loop_source *src, int priority);

/* Fires at points of wall clock time.  With reschedule: at the time it
 * returns when asked with the present time (one before that stops the
 * source).  Else with interval > 0: at each time offset + N * interval.
 * Else: once, at offset.
 */
typedef double (*loop_reschedule_f) (struct loop_source *src,
                                     double now,
                                     void *arg);
struct loop_source *loop_periodic_create (struct loop *loop,
                                          enum loop_class cls,
                                          double offset,
                                          double interval,
                                          loop_reschedule_f reschedule,
                                          loop_f cb,
                                          void *arg);
/* Change the settings and start again. */
void loop_periodic_set (struct loop_source *src,
                        double offset,
                        double interval,
                        loop_reschedule_f reschedule);
/* Restart a timer with its repeat as the delay; without repeat, stop it. */
void loop_timer_again (struct loop_source *src);
/* When a timer or periodic fires next (or would, if started now), in seconds
 * since the epoch; < 0 and EINVAL for other kinds.
 */
double loop_source_wakeup (struct loop_source *src);

/* Fires when the status of path changes.  interval (seconds) is how often to
 * look where the system does not tell; 0 for a default.  Runs in real time
 * whatever the clock.  path is copied.
 */
struct loop_source *loop_stat_create (struct loop *loop,
                                      enum loop_class cls,
                                      const char *path,
                                      double interval,
                                      loop_f cb,
                                      void *arg);
/* The status now and before the last change; either may be NULL.  A missing
 * file has st_nlink 0.
 */
void loop_stat_get (struct loop_source *src,
                    struct stat *now,
                    struct stat *prev);

/* The number of active sources that count (a reactor ends when it reaches
 * 0).  All but work sources count unless told otherwise.
 */
size_t loop_active (const struct loop *loop);
void loop_source_set_counted (struct loop_source *src, bool counted);

/* End-of-turn hooks (phase 3), run on every turn that ran anything. */
int loop_hook_add (struct loop *loop, loop_hook_f cb, void *arg);
/* Take back what was added with the same cb and arg; not from inside a hook. */
void loop_hook_remove (struct loop *loop, loop_hook_f cb, void *arg);

/* Set holdable sources aside, and let them go again; calls nest. */
void loop_hold (struct loop *loop);
void loop_release (struct loop *loop);
bool loop_held (const struct loop *loop);

/* The longest turn since the loop was made or this was cleared: what keeps
 * everyone else waiting.  Time spent waiting for something to happen does not
 * count, nor do turns around one that a callback made.
 */
struct loop_longest {
    double seconds;
    double part;   /* seconds of these in what took most of them: */
    char what[64]; /* a note, the name of a source, or its kind */
    double when;   /* seconds since the epoch: its begin */
    unsigned long turns;
};
void loop_longest (const struct loop *loop, struct loop_longest *longest);
void loop_longest_clear (struct loop *loop);
/* Say what the callback that runs is about ("job-list.list"); copied. */
void loop_note (struct loop *loop, const char *what);
/* What the source does ("plan"); a string that stays. */
void loop_source_set_name (struct loop_source *src, const char *name);

#endif
