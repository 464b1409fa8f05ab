/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the files of this folder share.
 *
 *   host.c      creation, the list of plugins, configuration
 *   config.c    which plugins the configuration wants
 *   load.c      loading, removing, replaying jobs to a new plugin
 *   dso.c       shared objects: private copies
 *   stack.c     calling all plugins that match a topic; the current job
 *   stats.c     how often they were called, and how long that took
 *   known.c     which topics there are
 *   args.c      what callbacks unpack, and what is done with their answers
 *   topics.c    plugin_ops: what the manager tells, as topics
 *   update.c    job.update.KEY
 *   record.c    what plugins attached to a job
 *   requests.c  job-manager.jobtap, job-manager.jobtap-query
 *   service.c   job-manager.NAME.METHOD
 *   inproc.c    the handle that plugins get
 *   api_*.c     <flux/jobtap.h>
 */

#ifndef SLUICE_JOBTAP_PRIVATE_H
#define SLUICE_JOBTAP_PRIVATE_H

#include <jansson.h>
#include <stdbool.h>

#include <flux/core.h>

#include "jobtap/inproc.h"
#include "jobtap/jobtap.h"

/* flux_jobtap_* are resolved by plugins in the program that hosts them. */
#pragma GCC visibility push(default)
#include <flux/jobtap.h>
#pragma GCC visibility pop

#define TAP_PART "job-manager"

/* A flux_plugin_t is a jobtap one if it has this among its aux values. */
#define TAP_AUX "sluice::jobtap"

/* OUT priority of flux_jobtap_priority_unavail(3). */
#define TAP_PRIORITY_UNAVAIL (-2)

/* The topics that are called for every job: which plugins match is
 * remembered for these.  stack.c has their names in the same order.
 */
enum tap_topic {
    TOPIC_CREATE,
    TOPIC_VALIDATE,
    TOPIC_NEW,
    TOPIC_DESTROY,
    TOPIC_STATE_DEPEND,
    TOPIC_STATE_PRIORITY,
    TOPIC_STATE_SCHED,
    TOPIC_STATE_RUN,
    TOPIC_STATE_CLEANUP,
    TOPIC_STATE_INACTIVE,
    TOPIC_PRIORITY_GET,
    TOPIC_UPDATE,
    TOPIC_INACTIVE_ADD,
    TOPIC_INACTIVE_REMOVE,
    TOPIC_MAX,
};

/* What calls are counted by: the topics above and these. */
enum tap_stat_kind {
    TAP_STAT_EVENT = TOPIC_MAX,
    TAP_STAT_DEPENDENCY,
    TAP_STAT_UPDATE_KEY,
    TAP_STAT_CONF,
    TAP_STAT_QUERY,
    TAP_STAT_OTHER,
    TAP_STAT_MAX,
};

/* The keys of OUT that are acted upon after a stack. */
enum tap_out {
    TAP_OUT_PRIORITY,
    TAP_OUT_ANNOTATIONS,
    TAP_OUT_R,
    TAP_OUT_MAX,
};

struct tap_dso;
struct tap_stat;
struct tap_service;

/* One plugin.  It stays in memory after removal while a stack that holds it
 * is being walked, and its flux_plugin_t for as long as the host: a timer
 * that the plugin forgot may still be called with it.
 */
struct tap_plugin {
    struct jobtap *jt;
    flux_plugin_t *p;
    char *name; /* as listed: basename of the file, or .builtin */
    struct tap_dso *dso;
    struct tap_service *services;
    int refs;
    bool removed;
    bool configured; /* comes and goes with the configuration */
    bool leaving;    /* if the configuration being checked is applied */
    int order; /* of jobs replayed at load: 0 any, 1 "state", -1 "-state" */
    struct tap_stat *stats[TAP_STAT_MAX]; /* NULL: never called for it */
    struct tap_plugin *prev, *next;
};

/* A plugin and its handler for one topic, as long as the version of its
 * handlers is this one.
 */
struct tap_entry {
    struct tap_plugin *plugin;
    flux_plugin_f cb;
    void *data;
    uint32_t version;
};

/* Plugins that handle one topic, in order.  Counted, because a callback may
 * change the list while it is walked.
 */
struct tap_stack {
    int refs;
    int stat; /* what its calls are counted by */
    size_t count;
    struct tap_entry entries[];
};

/* What one walk of a stack is about: the provider of its arguments.  If the
 * job is destroyed meanwhile (a callback ended it and waited) job becomes
 * NULL, so look at it again after a call.
 */
struct tap_call {
    struct jobtap *jt;
    struct job *job;
    int prev_state;    /* 0: none */
    const char *line;  /* eventlog entry without newline, or NULL */
    struct text *spec; /* instead of the job's (updates being checked) */
    bool verdict;      /* a negative return is an answer, not a failure */
    bool past;         /* the job is finished and left memory: only looked at */
    /* Who is to blame for what is in OUT, and the values by which a change is
     * noticed.
     */
    int64_t priority;
    const struct tap_plugin *setter[TAP_OUT_MAX];
    const json_t *seen[TAP_OUT_MAX];
};

/* A level of the stack of current jobs. */
struct tap_frame {
    struct tap_call *call;
    json_t *updates; /* flux_jobtap_jobspec_update_pack(3) of the callback
                        that runs now */
    struct tap_frame *up;
};

/* What plugins attached to a job; made when the first does. */
struct tap_attached {
    struct tap_plugin *plugin;
    bool subscribed;
    uint64_t seq; /* order of subscription */
    struct auxitem *aux;
    struct tap_attached *next;
};
struct tap_record {
    struct idnode node;
    struct tap_attached *attached;
};

struct jobtap {
    struct loop *loop;
    struct router *router;
    struct manager *manager;
    char *searchpath;
    char *rundir;
    const struct jobtap_builtin *builtins;
    json_t *config;            /* the whole instance's, never NULL */
    json_t *applied;           /* the one whose plugins are loaded, or NULL */
    struct tap_plugin *staged; /* prepared, to be enlisted or abandoned */
    struct tap_plugin *plugins;
    struct tap_plugin *removed;          /* see struct tap_plugin */
    struct tap_stack *stacks[TOPIC_MAX]; /* NULL: not looked up yet */
    uint32_t version;                    /* of all handlers, at that time */
    struct tap_frame *frame;             /* innermost, or NULL */
    struct idtable records;
    uint64_t subscriptions;
    struct tap_json_cache *cache;
    flux_plugin_arg_t *spare; /* arguments to be used again, or NULL */
    struct tap_inproc *inproc;
    flux_t *h;
    bool requests; /* registered */
    struct plugin_ops ops;
};

/* ---- host.c ---- */

/* The plugin behind a handle that a plugin passed: NULL and EINVAL if p is
 * NULL, is no jobtap plugin, or was removed.
 */
struct tap_plugin *tap_plugin_of (flux_plugin_t *p);
struct tap_plugin *tap_find (struct jobtap *jt, const char *name);
void tap_ref (struct tap_plugin *t);
void tap_unref (struct tap_plugin *t);
/* conf.update of one plugin with this configuration. */
int tap_conf_update (struct tap_plugin *t, json_t *conf, flux_error_t *error);

/* ---- load.c ---- */

/* Make the plugin of that name or path, up to its init and conf.update with
 * config: it is in no list yet and hears of no job.  Next comes tap_enlist or
 * tap_abandon.  NULL, errno and a sentence.
 */
struct tap_plugin *tap_prepare (struct jobtap *jt,
                                const char *load,
                                const char *conf,
                                json_t *config,
                                flux_error_t *error);
/* It joins the others, and hears of the jobs there are. */
void tap_enlist (struct tap_plugin *t);
void tap_abandon (struct tap_plugin *t);
/* Remove one plugin that is in the list. */
void tap_remove (struct tap_plugin *t);

/* ---- config.c ---- */

/* Prepare the plugins that config wants and the present one does not; -1,
 * errno and a sentence: all is as it was.  Then apply (after jt->config was
 * replaced) or drop.
 */
int tap_plan (struct jobtap *jt, json_t *config, flux_error_t *error);
void tap_plan_apply (struct jobtap *jt);
void tap_plan_drop (struct jobtap *jt);

/* ---- dso.c ---- */

/* Map the object file at path.  NULL, errno and a sentence. */
struct tap_dso *tap_dso_open (struct jobtap *jt,
                              const char *path,
                              flux_error_t *error);
/* Its flux_plugin_init, or NULL if it has none (which is no error). */
flux_plugin_init_f tap_dso_init (struct tap_dso *dso);
/* The code stays mapped; what can be given back is. */
void tap_dso_close (struct tap_dso *dso);

/* ---- stack.c ---- */

const char *tap_topic_name (enum tap_topic topic);
/* Look matching plugins up anew from now on. */
void tap_stacks_forget (struct jobtap *jt);
/* The TOPIC_STATE_ of a state bit; TOPIC_MAX for NEW. */
enum tap_topic tap_state_topic (int state);
/* An empty stack with room for size entries, counted by stat; NULL and ENOMEM.
 */
struct tap_stack *tap_stack_new (size_t size, int stat);
/* Plugins that match topic, with a reference to be dropped by
 * tap_stack_unref; NULL and ENOMEM.
 */
struct tap_stack *tap_stack_of (struct jobtap *jt, enum tap_topic topic);
struct tap_stack *tap_stack_match (struct jobtap *jt, const char *topic);
void tap_stack_unref (struct tap_stack *s);
/* Call each in turn with call's job as the current one, until one returns
 * < 0 (it is logged): how many handled the topic, or -1.
 */
int tap_stack_call (struct jobtap *jt,
                    struct tap_stack *s,
                    struct tap_call *call,
                    const char *topic,
                    flux_plugin_arg_t *args);
/* The same for one plugin: 0 if it has no handler, 1 if it has, -1. */
int tap_call_one (struct tap_plugin *t,
                  struct tap_call *call,
                  const char *topic,
                  flux_plugin_arg_t *args);
/* The job goes: calls that are under way no longer have one. */
void tap_forget_job (struct jobtap *jt, const struct job *job);
/* The job that id names, as plugins may name it: the current job for
 * FLUX_JOBTAP_CURRENT_JOB or its own id, else an active one.  ENOENT.
 */
struct job *tap_job (struct jobtap *jt, flux_jobid_t id);
/* The current job; NULL if there is none, or it is only looked at. */
struct job *tap_current (struct jobtap *jt);
/* As tap_job, but FLUX_JOBTAP_CURRENT_JOB is no id. */
struct job *tap_job_by_id (struct jobtap *jt, flux_jobid_t id);
/* As tap_job, and finished jobs, too: those are read from the store into
 * *old, which the caller destroys (NULL is fine).
 */
struct job *tap_job_any (struct jobtap *jt, flux_jobid_t id, struct job **old);

/* ---- stats.c, known.c ---- */

int tap_stat_of (const char *topic);
void tap_stat_add (struct tap_plugin *t, int stat, double seconds, bool failed);
void tap_stats_free (struct tap_plugin *t);
/* {"name", "topics": {TOPIC: {"calls", "failures", and in seconds "total",
 * "max", "p50", "p99"}}}; NULL: out of memory.
 */
json_t *tap_stats_json (struct tap_plugin *t);
/* May a handler of this name (a glob) ever be called? */
bool tap_topic_exists (const char *handler);
/* Log which handlers of the plugin never will. */
void tap_warn_topics (const struct tap_plugin *t);

/* ---- args.c ---- */

/* Arguments that answer from call, which has to outlive them; OUT is an empty
 * object.  Further values are packed into IN by the caller.
 */
flux_plugin_arg_t *tap_args_create (struct tap_call *call);
void tap_args_destroy (struct jobtap *jt, flux_plugin_arg_t *args);
/* Arguments that hold copies of all there is to know about job; destroyed
 * with flux_plugin_arg_destroy(3).
 */
flux_plugin_arg_t *tap_args_snapshot (struct jobtap *jt, struct job *job);
/* A callback has returned: note which of its answers are t's. */
void tap_args_note (struct tap_call *call,
                    struct tap_plugin *t,
                    flux_plugin_arg_t *args);
/* The error text a callback left in OUT, or NULL; belongs to args. */
const char *tap_args_errmsg (flux_plugin_arg_t *args);
/* The error text, or fallback, into error; -1 and EINVAL. */
int tap_args_error (flux_plugin_arg_t *args,
                    flux_error_t *error,
                    const char *fallback);
/* Do what the answers of a finished stack ask for: R, annotations, priority.
 */
void tap_args_apply (struct tap_call *call,
                     const char *topic,
                     flux_plugin_arg_t *args);
/* The priority in OUT: 1 and *priority; 0 if there is none; -1 if it is no
 * integer (an exception was raised).
 */
int tap_args_priority (struct tap_call *call,
                       const char *topic,
                       flux_plugin_arg_t *args,
                       int64_t *priority);
/* Parsed JSON of a text, remembered for the texts used last; borrowed. */
json_t *tap_json_of (struct jobtap *jt, struct text *text);
void tap_json_cache_destroy (struct jobtap *jt);

/* ---- topics.c, update.c ---- */

void tap_topics_init (struct jobtap *jt);
/* Log that a callback failed (severity LOG_ERR) or said no; who, job and
 * reason may be NULL.
 */
void tap_log_refusal (int severity,
                      const struct tap_plugin *who,
                      const char *topic,
                      const struct job *job,
                      const char *reason);
void tap_log_failure (struct jobtap *jt,
                      const struct tap_plugin *who,
                      const char *topic,
                      const struct job *job,
                      const char *reason);
/* job.dependency.SCHEME of each dependency, to all plugins or to one.
 * restored: a refusal raises an exception and the others go on.
 */
int tap_dependencies (struct jobtap *jt,
                      struct job *job,
                      bool restored,
                      flux_error_t *error);
/* The entries a newly loaded plugin has handlers for. */
void tap_replay_dependencies (struct tap_plugin *t,
                              struct tap_call *call,
                              flux_plugin_arg_t *args);
int tap_job_update (void *arg,
                    struct job *job,
                    uint32_t userid,
                    uint32_t rolemask,
                    const char *asked,
                    char **updates,
                    flux_error_t *error);

/* ---- record.c ---- */

/* What plugin attached to the job; with create, made if there is nothing yet
 * (NULL: ENOMEM), else NULL.
 */
struct tap_attached *tap_attached (struct tap_plugin *t,
                                   uint64_t id,
                                   bool create);
/* Forget what all plugins attached to the job, or one plugin to all jobs. */
void tap_record_drop (struct jobtap *jt, uint64_t id);
void tap_record_drop_plugin (struct tap_plugin *t);
bool tap_is_watched (struct jobtap *jt, uint64_t id);
/* Subscribers in the order in which they subscribed, NULL if none. */
struct tap_stack *tap_subscribers (struct jobtap *jt, uint64_t id);

/* ---- api_update.c ---- */

/* JSON text of a jansson format, malloced; NULL, EINVAL or ENOMEM. */
char *tap_vpack (const char *fmt, va_list ap);

/* ---- requests.c, service.c ---- */

int tap_requests_register (struct jobtap *jt);
void tap_requests_unregister (struct jobtap *jt);
int tap_service_add (struct tap_plugin *t,
                     const char *method,
                     uint32_t rolemask,
                     flux_msg_handler_f cb,
                     void *arg);
void tap_services_drop (struct tap_plugin *t);
/* Requests are not answered for a while: a successor may take the names. */
void tap_services_suspend (struct tap_plugin *t);
void tap_services_resume (struct tap_plugin *t);

#endif
