/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Those who ask about the broker's state or for its end: state-machine.get,
 * wait and monitor, shutdown.start.
 */

#ifndef SLUICE_DAEMON_STATE_WATCH_H
#define SLUICE_DAEMON_STATE_WATCH_H

#include "daemon/state_machine.h"

struct state_watch;

struct state_watch *state_watch_create (struct broker *b);
void state_watch_destroy (struct state_watch *w);

void state_watch_changed (struct state_watch *w, enum broker_state state);
/* The end: nobody is left without an answer.  done is called when those who
 * asked for it have read theirs and left, or a second later: clients of Flux
 * take a connection that is closed already for an error.
 */
void state_watch_end (struct state_watch *w,
                      void (*done) (void *arg),
                      void *arg);

const char *state_name (enum broker_state state);

#endif
