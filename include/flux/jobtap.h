/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What jobtap plugins call.
 *
 * A jobtap plugin is a shared object that the job manager loads
 * (flux-jobtap(1)); its flux_plugin_init() registers callbacks for the topics
 * of flux-jobtap-plugins(7).  All functions here may be called from that
 * init, from callbacks, and from whatever the plugin runs later on the
 * handle's reactor: there is one thread.
 *
 * Common to all: p is the handle the plugin was given; NULL, or a handle
 * that is none of a loaded jobtap plugin, is EINVAL.  Functions that return
 * int return 0 and, on failure, -1 with errno set.  Where an id may be
 * FLUX_JOBTAP_CURRENT_JOB it means the job whose callback is running; outside
 * of callbacks there is none, and the call fails.
 */

#ifndef FLUX_JOBTAP_H
#define FLUX_JOBTAP_H

#include <flux/types.h>
#include <flux/core.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FLUX_JOBTAP_CURRENT_JOB FLUX_JOBID_ANY

/* The job manager's handle, for RPCs, timers, logging.  It is lent: never
 * close it.  A synchronous wait inside a callback keeps all other work on
 * jobs waiting; waiting so for an answer of the job manager itself fails
 * with EDEADLK.  NULL and EINVAL.
 */
flux_t *flux_jobtap_get_flux (flux_plugin_t *p);

/* Answer requests to job-manager.NAME.METHOD, NAME being the plugin's name (a
 * leading dot is left out).  cb gets each request of the instance owner and
 * answers it with flux_respond(3); it may keep a copy and answer later.  The
 * service goes when the plugin does.
 * EINVAL: no method, no cb, or the plugin has set no name yet.  EEXIST.
 */
int flux_jobtap_service_register (flux_plugin_t *p,
                                  const char *method,
                                  flux_msg_handler_f cb,
                                  void *arg);

/* The same for those whose role is in rolemask: FLUX_ROLE_USER adds guests. */
int flux_jobtap_service_register_ex (flux_plugin_t *p,
                                     const char *method,
                                     uint32_t rolemask,
                                     flux_msg_handler_f cb,
                                     void *arg);

/* In which order the plugin hears of the jobs there are when it is loaded;
 * called from flux_plugin_init().  "state": by state, those furthest from
 * running first, then by id; "-state": the reverse; NULL: any.
 * EINVAL for another mode.
 */
int flux_jobtap_set_load_sort_order (flux_plugin_t *p, const char *mode);

/* Begin to ask (job.priority.get) for the priority of each job in PRIORITY or
 * SCHED.  With many jobs this goes on after the call has returned.
 */
int flux_jobtap_reprioritize_all (flux_plugin_t *p);

/* Set the priority of one job, by its real id: in PRIORITY it moves on to
 * SCHED, in SCHED it gets another place in the queue; in other states nothing
 * happens.  An urgency of 0 or 31 has the last word.  ENOENT: no such active
 * job.
 */
int flux_jobtap_reprioritize_job (flux_plugin_t *p,
                                  flux_jobid_t id,
                                  unsigned int priority);

/* Say in a callback that the job has no priority yet: it stays in PRIORITY
 * until it gets one.  Meant as the callback's last line.  EINVAL: args NULL.
 */
int flux_jobtap_priority_unavail (flux_plugin_t *p, flux_plugin_arg_t *args);

/* Leave a sentence that says why the callback fails (conf.update,
 * job.update.KEY, job.dependency.SCHEME).  Always -1, to be returned.
 */
int flux_jobtap_error (flux_plugin_t *p,
                       flux_plugin_arg_t *args,
                       const char *fmt,
                       ...) __attribute__ ((format (printf, 3, 4)));

/* The same for a job that is not to be accepted (job.create, job.validate,
 * job.dependency.SCHEME): the sentence is what the submitter reads.  fmt may
 * be NULL.  Always -1.
 */
int flux_jobtap_reject_job (flux_plugin_t *p,
                            flux_plugin_arg_t *args,
                            const char *fmt,
                            ...) __attribute__ ((format (printf, 3, 4)));

/* Put a dependency on job id (its real id): it stays in DEPEND until all are
 * taken off.  No event is posted for one that is there already.
 * EINVAL: no description, or the job is past DEPEND.  ENOENT: no such job.
 * EEXIST: it was taken off before (a plugin that is loaded again may find so).
 */
int flux_jobtap_dependency_add (flux_plugin_t *p,
                                flux_jobid_t id,
                                const char *description);

/* Take it off.  If it was the last and the job is not in a callback, all that
 * follows, up to SCHED, happens before the call returns.
 * ENOENT: no such job, or it does not have this dependency.
 */
int flux_jobtap_dependency_remove (flux_plugin_t *p,
                                   flux_jobid_t id,
                                   const char *description);

/* Hang val on the job under name; the name is this plugin's own.  An older
 * value under it is destroyed; val NULL only does that.  A NULL name keeps a
 * value that cannot be found again but is destroyed with the others.
 * free_fn is called with val when the job becomes inactive or the plugin is
 * removed, the newest named value first, then nameless ones in their order.
 * EINVAL: nothing to keep or to remove, or free_fn without val.  ENOENT.
 */
int flux_jobtap_job_aux_set (flux_plugin_t *p,
                             flux_jobid_t id,
                             const char *name,
                             void *val,
                             flux_free_f free_fn);

/* The value, or NULL and ENOENT (no such job, no such value) or EINVAL. */
void *flux_jobtap_job_aux_get (flux_plugin_t *p,
                               flux_jobid_t id,
                               const char *name);

/* The older name of flux_jobtap_job_aux_delete_value(). */
FLUX_DEPRECATED (int flux_jobtap_job_aux_delete (flux_plugin_t *p,
                                                 flux_jobid_t id,
                                                 void *val));

/* Remove and destroy by value.  0 also if it is not there.  ENOENT: no job. */
int flux_jobtap_job_aux_delete_value (flux_plugin_t *p,
                                      flux_jobid_t id,
                                      void *val);

/* Post set-flags: "debug", "immutable" (guests may not update the job any
 * more) or "alloc-bypass" (the plugin, not the scheduler, gives resources;
 * set it before SCHED).  EINVAL for another flag.  ENOENT.
 */
int flux_jobtap_job_set_flag (flux_plugin_t *p,
                              flux_jobid_t id,
                              const char *flag);

/* Raise an exception in the name of the instance owner; severity 0 ends the
 * job, 1 to 7 do not.  A note over 1023 bytes is cut and ends in "+".
 * EINVAL: bad type or severity, or fatal to a job in NEW.  ENOENT.
 */
int flux_jobtap_raise_exception (flux_plugin_t *p,
                                 flux_jobid_t id,
                                 const char *type,
                                 int severity,
                                 const char *fmt,
                                 ...);

/* Post an event (RFC 21) with a context in jansson's pack format, or without
 * one if fmt is NULL.  Events that drive the job do so here, too.  If the job
 * is in the middle of an event this one waits for its turn.
 * EINVAL: the event has no place in the job's state, or a bad context.
 * ENOENT: no such job.
 */
int flux_jobtap_event_post_pack (flux_plugin_t *p,
                                 flux_jobid_t id,
                                 const char *name,
                                 const char *fmt,
                                 ...);

/* Update the current job's jobspec: keys are "attributes", "resources" or
 * "tasks" with what follows after dots.  All updates of one callback become
 * one jobspec-update event when it returns.  job.validate is not asked.
 * EINVAL: no current job, one that runs or ran, or another key.
 */
int flux_jobtap_jobspec_update_pack (flux_plugin_t *p, const char *fmt, ...);

/* The same for a job that is not the current one, at once.  ENOENT. */
int flux_jobtap_jobspec_update_id_pack (flux_plugin_t *p,
                                        flux_jobid_t id,
                                        const char *fmt,
                                        ...);

/* What a callback for the job would get as arguments, as of now.  Finished
 * jobs are found, too, as long as they are kept.  The caller destroys it.
 * NULL and ENOENT.
 */
flux_plugin_arg_t *flux_jobtap_job_lookup (flux_plugin_t *p, flux_jobid_t id);

/* What became of a job in CLEANUP or INACTIVE.  EINVAL: it is in neither.
 * ENOENT.
 */
int flux_jobtap_get_job_result (flux_plugin_t *p,
                                flux_jobid_t id,
                                flux_job_result_t *resultp);

/* 1 if an event of this name was ever posted to the job, else 0.  ENOENT. */
int flux_jobtap_job_event_posted (flux_plugin_t *p,
                                  flux_jobid_t id,
                                  const char *name);

/* Hear of all events of the job as job.event.NAME, until it is inactive or
 * the plugin unsubscribes.  ENOENT.
 */
int flux_jobtap_job_subscribe (flux_plugin_t *p, flux_jobid_t id);

void flux_jobtap_job_unsubscribe (flux_plugin_t *p, flux_jobid_t id);

/* Keep the current job from starting, or (in CLEANUP) from giving back its
 * resources, until as many have finished as were started.  description and
 * status are for the eventlog.
 * EINVAL: no current job or description; a prolog once the start was
 * requested or the job is in CLEANUP; an epilog outside of CLEANUP.  ENOENT.
 */
int flux_jobtap_prolog_start (flux_plugin_t *p, const char *description);

int flux_jobtap_prolog_finish (flux_plugin_t *p,
                               flux_jobid_t id,
                               const char *description,
                               int status);

int flux_jobtap_epilog_start (flux_plugin_t *p, const char *description);

int flux_jobtap_epilog_finish (flux_plugin_t *p,
                               flux_jobid_t id,
                               const char *description,
                               int status);

/* Call all plugins that handle topic, with job id as the current one and args
 * as they are.  How many handled it, or -1 if one failed.
 * EINVAL: a topic that begins with "job.", or no args.  ENOENT.
 */
int flux_jobtap_call (flux_plugin_t *p,
                      flux_jobid_t id,
                      const char *topic,
                      flux_plugin_arg_t *args);

#ifdef __cplusplus
}
#endif

#endif
