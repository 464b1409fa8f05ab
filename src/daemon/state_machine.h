/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The states a broker goes through, and what makes it leave each.
 *
 *   INIT      rc1 runs                         fails: FINALIZE
 *   QUORUM    broker.quorum ranks come           they are there
 *   RUN       the initial program runs         it ends, a signal, a request
 *   CLEANUP   parts finish what is going on
 *   SHUTDOWN  (other ranks leave)
 *   FINALIZE  rc3 runs
 *   GOODBYE   who waited for the end is told
 *   EXIT      the loop stops
 *
 * The other states of Flux are passed at once: one broker has nobody to wait
 * for.
 */

#ifndef SLUICE_DAEMON_STATE_MACHINE_H
#define SLUICE_DAEMON_STATE_MACHINE_H

#include "daemon/broker.h"

/* In this order and from 0: monitors see the numbers. */
enum broker_state {
    STATE_LOAD_BUILTINS,
    STATE_JOIN,
    STATE_CONFIG_SYNC,
    STATE_INIT,
    STATE_QUORUM,
    STATE_RUN,
    STATE_CLEANUP,
    STATE_SHUTDOWN,
    STATE_FINALIZE,
    STATE_GOODBYE,
    STATE_UNLOAD_BUILTINS,
    STATE_EXIT,
};

/* All parts are there: run rc1, then the initial program. */
void state_machine_begin (struct broker *b);

/* Leave RUN (or INIT) in an orderly way; why is for the log. */
void state_machine_end (struct broker *b, const char *why);

enum broker_state state_machine_state (struct broker *b);
/* Seconds in this state. */
double state_machine_duration (struct broker *b);

#endif
