/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the files about modules share: modules.c has their table and the
 * requests, module_verbs.c what removing and loading means where it is more
 * than to be seen or not, module_trace.c who watches their messages.
 */

#ifndef SLUICE_DAEMON_MODULE_PRIVATE_H
#define SLUICE_DAEMON_MODULE_PRIVATE_H

#include "daemon/broker.h"

/* The states of module.list. */
enum {
    FLUX_MODSTATE_INIT,
    FLUX_MODSTATE_RUNNING,
    FLUX_MODSTATE_FINALIZING,
    FLUX_MODSTATE_EXITED,
};

/* Services a module has beside the one of its name. */
#define MODULE_SERVICES 2

/* Either may be NULL: there is nothing to do, and no arguments are known. */
struct module_ops {
    /* -1, errno and a sentence: nothing changed. */
    int (*load) (struct broker *b,
                 int argc,
                 const char **argv,
                 flux_error_t *error);
    int (*remove) (struct broker *b, flux_error_t *error);
};

struct module {
    const char *name;
    const char *services[MODULE_SERVICES];
    const struct module_ops *ops;
    const char *refusal; /* why it cannot be removed; NULL: it can */
};

extern const struct module_ops module_cron;
extern const struct module_ops module_heartbeat;
extern const struct module_ops module_job_exec;
extern const struct module_ops module_job_ingest;
extern const struct module_ops module_job_manager;
extern const struct module_ops module_resource;
extern const struct module_ops module_sched_simple;

/* Which module a service belongs to; NULL: none. */
const char *module_of_service (const char *service);
bool module_removed (struct broker *b, const char *name);
/* It is gone, though nobody asked: from now on it is as if removed. */
void module_gone (struct broker *b, const char *name);

/* ---- module_verbs.c ---- */

/* Another job manager comes, with those of its parts that are not removed. */
int module_restart_jobs (struct broker *b, flux_error_t *error);

/* ---- module_trace.c ---- */

struct module_trace *module_trace_create (struct broker *b);
/* Who still watches is answered ENODATA. */
void module_trace_destroy (struct module_trace *t);
/* A request_f's work for module.trace: REQUEST_LATER, or -1 and EPROTO. */
int module_trace_add (struct module_trace *t,
                      const flux_msg_t *msg,
                      flux_error_t *error);
/* The client of a disconnect is gone, or a cancel names its request. */
void module_trace_gone (struct module_trace *t, const flux_msg_t *msg);

#endif
