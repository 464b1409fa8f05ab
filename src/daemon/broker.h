/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the parts of the daemon share. */

#ifndef SLUICE_DAEMON_BROKER_H
#define SLUICE_DAEMON_BROKER_H

#include "base/err.h"
#include "loop/loop.h"
#include "router/router.h"

struct attrs;
struct config;
struct logring;
struct state_machine;
struct options;
struct pmi;
struct part;

struct broker {
    /* Made before the parts are started, gone after they are stopped. */
    const struct options *opt;
    struct loop *loop;
    struct router *router;
    struct attrs *attrs;
    struct config *config;
    uint32_t owner;
    uint32_t rank;
    uint32_t size;
    struct pmi *pmi; /* until the other ranks know this one; NULL: no others */
    bool launched;   /* ranks above 0 were started by who started this one */
    double starttime;
    char hostname[256];

    /* Directories (dirs.c).  statedir always is one; it lasts from one run to
     * the next if keep_state, i.e. if it was asked for.
     */
    char *rundir;
    char *statedir;
    bool keep_state;
    int statedir_lock; /* -1: none; one broker at a time */
    bool remove_rundir;
    bool remove_statedir;
    char *libexecdir; /* where the programs of this package are */

    /* "local://" and the path of the socket. */
    char *local_uri;

    struct state_machine *state;
    bool will_return; /* it ends to be started again: jobs go on */
    bool norestart;   /* who asked for its end means that it stays away */
    int exit_status;

    /* The table of main.c, and what each part made of itself. */
    const struct part *parts;
    int parts_started;
    void *part_data[32];
};

/* What the part of this name keeps (part_data), NULL if it keeps nothing. */
void *broker_part (struct broker *b, const char *name);

#endif
