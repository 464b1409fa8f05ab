/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* An instance inside the measuring process: manager, plugin host, views and
 * the mock executor on one loop, with clients that submit by turns.
 */

#ifndef SLUICE_BENCH_INPROC_H
#define SLUICE_BENCH_INPROC_H

#include "jobtap/jobtap.h"
#include "manager/manager.h"
#include "view/view.h"

enum { INPROC_CLIENTS = 100 };

struct inproc {
    struct clock clock;
    struct loop *loop;
    struct router *router;
    struct router_client *clients[INPROC_CLIENTS]; /* NULL: none */
    struct manager *m;
    struct jobtap *jt;
    struct view *view;
    char *spec;              /* jobspec of inproc_submit */
    unsigned long sent;      /* requests */
    unsigned long answered;  /* requests */
    unsigned long completed; /* jobs: left memory */
    double longest_submit;   /* seconds that one submission took at most */
    uint64_t last_id;        /* of the last answered submit */
    unsigned int nclients;
};

struct inproc_opt {
    const char *statedir; /* NULL: in memory */
    const char *sync;     /* NULL: "full" */
    unsigned int cores;
    const struct jobtap_builtin *plugins; /* beside .priority-default */
    double run;                           /* seconds a job lasts */
    unsigned int clients;                 /* 0: one */
};

/* All of these end the program when something fails. */
struct inproc *inproc_create (const struct inproc_opt *opt);
void inproc_destroy (struct inproc *in);
/* Submit n jobs, with `window` of them unanswered at a time; until all are
 * answered.  With distinct each has a jobspec of its own.
 */
void inproc_submit (struct inproc *in, long n, long window, bool distinct);
/* Send one submit request. */
void inproc_send_submit (struct inproc *in, const char *spec);
/* Turn until no more than n jobs are active. */
void inproc_until_active (struct inproc *in, unsigned int n);
/* Turn until nothing is ready and all that was posted is durable. */
void inproc_settle (struct inproc *in);

#endif
