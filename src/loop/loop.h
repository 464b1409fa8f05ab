/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The event loop: libev behind a small face.
 *
 * One loop, one thread.  A turn is: (1) wait for something to happen,
 * (2) run the sources that fired, (3) run the turn hooks, in the order they
 * were added.  Commits are handed to the store in a turn hook, so everything
 * that happened in one turn becomes durable together.
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

#include "base/clock.h"

struct ev_loop;
struct loop;
struct loop_source;

enum loop_class {
    LOOP_ALWAYS,
    LOOP_HOLDABLE,
};

/* Bits of events for loop_io_create and its callback. */
enum {
    LOOP_READ = 1,
    LOOP_WRITE = 2,
};

typedef void (*loop_f) (struct loop_source *src, int revents, void *arg);
typedef void (*loop_hook_f) (void *arg);

/* clock is borrowed and has to outlive the loop; NULL means the system's.
 * With a virtual clock a turn that has nothing ready moves the clock to the
 * next timer instead of sleeping.  NULL and errno on failure.
 */
struct loop *loop_create (struct clock *clock);
void loop_destroy (struct loop *loop);

/* Run until loop_stop(). */
void loop_run (struct loop *loop);
/* One turn; waits for something to happen only if wait is true.  May be
 * called from inside a callback.
 */
void loop_turn (struct loop *loop, bool wait);
void loop_stop (struct loop *loop);

/* The time of the current turn (seconds since the epoch), and the clock. */
double loop_now (struct loop *loop);
struct clock *loop_clock (struct loop *loop);

/* Sources are created started, and stopped by destroying them.  NULL and
 * errno on failure.  repeat is 0 for a timer that fires once (it stays
 * allocated; rearm it with loop_timer_set).
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
 * loop_kick() calls, and the loop does not sleep before it has run.
 */
struct loop_source *loop_work_create (struct loop *loop,
                                      enum loop_class cls,
                                      loop_f cb,
                                      void *arg);
void loop_kick (struct loop_source *work);
/* As loop_kick, from any thread. */
void loop_kick_async (struct loop_source *work);
void loop_source_destroy (struct loop_source *src);

/* End-of-turn hooks (phase 3), run on every turn that ran anything. */
int loop_hook_add (struct loop *loop, loop_hook_f cb, void *arg);

/* Set holdable sources aside, and let them go again; calls nest. */
void loop_hold (struct loop *loop);
void loop_release (struct loop *loop);
bool loop_held (const struct loop *loop);

/* For src/lib, which offers libev's watchers to clients: the loop inside. */
struct ev_loop *loop_ev (struct loop *loop);

#endif
