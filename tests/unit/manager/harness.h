/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* An instance in memory under a virtual clock: manager, fifo, mock executor,
 * a router with one client, and plugin_ops that record what is called.
 */

#ifndef SLUICE_TESTS_MANAGER_HARNESS_H
#define SLUICE_TESTS_MANAGER_HARNESS_H

#include <flux/job.h>
#include <flux/message.h>

#include "manager/manager.h"
#include "wire/eventlog.h"

struct answer {
    uint32_t matchtag;
    int errnum;
    char *text;
    struct answer *next;
};

struct inst {
    struct clock clock;
    struct loop *loop;
    struct router *router;
    struct router_client *owner;
    struct router_client *guest; /* uid 1001 */
    struct manager *m;
    struct rset *rset;
    struct plugin_ops ops;

    struct answer *answers;
    uint32_t matchtag;

    /* fake plugin */
    bool silent;        /* gives no priority */
    int64_t given;      /* the priority when asked anew; 0: the urgency */
    bool record;        /* keep calls */
    char *calls;        /* "create validate ..." */
    const char *reject; /* job_validate says this */
    void (*hook) (struct inst *t, struct job *job, const struct event *ev);
    int hold_state;

    /* listener */
    char *journal; /* names of told events, "ID:name " */
    bool keep_journal;
    unsigned int told;
    unsigned int inactive;
    unsigned int finished_ok;
};

/* Options; zero for the usual. */
struct inst_opt {
    unsigned int cores; /* of the one node; 0: 4 */
    bool silent;
    bool record;
    const char *statedir;
    const char *sync; /* NULL: off */
    bool real;        /* the system's clock: a store on disk has a thread */
    const struct exec_ops *exec; /* NULL: exec_mock */
};

struct inst *inst_create (const struct inst_opt *opt);
void inst_destroy (struct inst *t);

/* A jobspec of one core that lasts so many seconds of virtual time. */
char *make_jobspec (double run, double duration, const char *extra);
/* Submit by request; the id, or 0 with the error kept in *a. */
uint64_t inst_submit (struct inst *t, const char *spec, int urgency, int flags);
/* The same without waiting; the matchtag. */
uint32_t inst_send_submit (struct inst *t,
                           const char *spec,
                           int urgency,
                           int flags);
/* Send a request (JSON text), turn until answered.  NULL if not answered
 * while something can happen.
 */
struct answer *inst_rpc (struct inst *t, const char *topic, const char *json);
struct answer *inst_rpc_as (struct inst *t,
                            struct router_client *c,
                            const char *topic,
                            const char *json);
uint32_t inst_send (struct inst *t,
                    struct router_client *c,
                    const char *topic,
                    const char *json);
/* A request that asks for a stream; the matchtag. */
uint32_t inst_stream (struct inst *t, const char *topic, const char *json);
/* One more client. */
struct router_client *inst_client (struct inst *t, bool owner);
struct answer *inst_answer (struct inst *t, uint32_t matchtag);
/* Turn without waiting until nothing is ready. */
void inst_settle (struct inst *t);
/* Run until nothing can happen any more. */
void inst_run (struct inst *t);
/* Names of the job's events as stored, "submit validate ..."; static. */
const char *inst_events (struct inst *t, uint64_t id);
/* Until the job is in state, or nothing can happen. */
bool inst_until (struct inst *t, uint64_t id, int state);

#endif
