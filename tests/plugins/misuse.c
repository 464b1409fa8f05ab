/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Does everything a plugin should not do.  In each callback it calls each
 * function with arguments that are wrong in some way; all calls have to fail.
 * A job may ask for more by its name:
 *
 *   post:TOPIC:EVENT    post EVENT in TOPIC, legal or not
 *   remove:TOPIC        ask for the removal of this plugin in TOPIC
 *   load:TOPIC          load another in TOPIC
 *   handlers:TOPIC      remove its own handlers in TOPIC and add them again
 *
 * job-manager.misuse.get tells how often a call that had to fail did not.
 */

#include <flux/core.h>
#include <flux/jobtap.h>
#include <jansson.h>

static char huge[70000];
static int succeeded;
static int calls;
static char which[128];

/* A call that is to fail. */
#define BAD(call)                                                     \
    do {                                                              \
        calls++;                                                      \
        if ((call) >= 0 && succeeded++ == 0)                          \
            snprintf (which, sizeof (which), "%s: %s", topic, #call); \
    } while (0)
#define BAD_NULL(call) BAD ((call) ? 0 : -1)

static void handler (flux_t *h,
                     flux_msg_handler_t *mh,
                     const flux_msg_t *msg,
                     void *arg)
{
}

/* No such job, or no such plugin. */
static void bad_target (flux_plugin_t *p,
                        const char *topic,
                        flux_plugin_arg_t *args,
                        flux_jobid_t id)
{
    flux_job_result_t result;

    BAD (flux_jobtap_dependency_add (p, id, "x"));
    BAD (flux_jobtap_dependency_remove (p, id, "x"));
    BAD (flux_jobtap_job_aux_set (p, id, "x", huge, NULL));
    BAD_NULL (flux_jobtap_job_aux_get (p, id, "x"));
    BAD (flux_jobtap_job_aux_delete_value (p, id, huge));
    BAD (flux_jobtap_job_set_flag (p, id, "debug"));
    BAD (flux_jobtap_raise_exception (p, id, "x", 0, "y"));
    BAD (flux_jobtap_event_post_pack (p, id, "x", NULL));
    BAD (flux_jobtap_jobspec_update_id_pack (p, id, "{s:i}", "tasks", 1));
    BAD_NULL (flux_jobtap_job_lookup (p, id));
    BAD (flux_jobtap_get_job_result (p, id, &result));
    BAD (flux_jobtap_job_event_posted (p, id, "submit"));
    BAD (flux_jobtap_job_subscribe (p, id));
    flux_jobtap_job_unsubscribe (p, id);
    BAD (flux_jobtap_prolog_finish (p, id, "x", 0));
    BAD (flux_jobtap_epilog_finish (p, id, "x", 0));
    BAD (flux_jobtap_reprioritize_job (p, id, 1));
    BAD (flux_jobtap_call (p, id, "x.y", args));
}

static void no_plugin (const char *topic, flux_plugin_arg_t *args)
{
    BAD_NULL (flux_jobtap_get_flux (NULL));
    BAD (flux_jobtap_service_register (NULL, "x", handler, NULL));
    BAD (flux_jobtap_service_register_ex (NULL, "x", 0, handler, NULL));
    BAD (flux_jobtap_set_load_sort_order (NULL, "state"));
    BAD (flux_jobtap_reprioritize_all (NULL));
    BAD (flux_jobtap_priority_unavail (NULL, args));
    BAD (flux_jobtap_error (NULL, args, "x"));
    BAD (flux_jobtap_reject_job (NULL, NULL, "x"));
    BAD (flux_jobtap_prolog_start (NULL, "x"));
    BAD (flux_jobtap_epilog_start (NULL, "x"));
    BAD (flux_jobtap_jobspec_update_pack (NULL, "{s:i}", "tasks", 1));
}

/* The job is there; what else is said of it is nonsense. */
static void bad_values (flux_plugin_t *p,
                        const char *topic,
                        flux_plugin_arg_t *args,
                        flux_jobid_t id)
{
    const char *s;
    int i;

    BAD (flux_jobtap_dependency_add (p, id, NULL));
    BAD (flux_jobtap_dependency_remove (p, id, NULL));
    /* Of a busy job this is found out when its turn comes. */
    flux_jobtap_dependency_remove (p, id, huge);
    BAD (flux_jobtap_job_aux_set (p, id, NULL, NULL, NULL));
    BAD (flux_jobtap_job_aux_set (p, id, "x", NULL, free));
    BAD_NULL (flux_jobtap_job_aux_get (p, id, NULL));
    BAD_NULL (flux_jobtap_job_aux_get (p, id, huge));
    BAD (flux_jobtap_job_aux_delete_value (p, id, NULL));
    BAD (flux_jobtap_job_set_flag (p, id, NULL));
    BAD (flux_jobtap_job_set_flag (p, id, huge));
    BAD (flux_jobtap_job_set_flag (p, id, "waitable"));
    BAD (flux_jobtap_raise_exception (p, id, NULL, 0, "x"));
    BAD (flux_jobtap_raise_exception (p, id, "a b", 7, "x"));
    BAD (flux_jobtap_raise_exception (p, id, "", 7, "x"));
    BAD (flux_jobtap_raise_exception (p, id, "x", 8, "x"));
    BAD (flux_jobtap_raise_exception (p, id, "x", -1, "x"));
    BAD (flux_jobtap_event_post_pack (p, id, NULL, NULL));
    BAD (flux_jobtap_event_post_pack (p, id, "", NULL));
    BAD (flux_jobtap_event_post_pack (p, id, "memo", "[i]", 1));
    BAD (flux_jobtap_event_post_pack (p, id, "memo", "{s:", "a"));
    BAD (flux_jobtap_event_post_pack (p, id, "memo", "{s:s}", "a", NULL));
    BAD (flux_jobtap_event_post_pack (p, id, "memo", "{s:s}", "a", "\xff\xfe"));
    BAD (flux_jobtap_event_post_pack (p, id, "priority", "{s:s}", "a", "b"));
    BAD (flux_jobtap_event_post_pack (p, id, "alloc", "s", "x"));
    BAD (flux_jobtap_jobspec_update_pack (p, NULL));
    BAD (flux_jobtap_jobspec_update_pack (p, "[]"));
    BAD (flux_jobtap_jobspec_update_pack (p, "{s:i}", "version", 2));
    BAD (flux_jobtap_jobspec_update_pack (p, "{s:i}", huge, 2));
    BAD (flux_jobtap_jobspec_update_id_pack (p, id, "{s:i}", "tasks", 1));
    BAD (flux_jobtap_job_event_posted (p, id, NULL));
    BAD (flux_jobtap_get_job_result (p, id, NULL));
    BAD (flux_jobtap_prolog_start (p, NULL));
    BAD (flux_jobtap_epilog_start (p, NULL));
    BAD (flux_jobtap_prolog_finish (p, id, NULL, 0));
    BAD (flux_jobtap_epilog_finish (p, id, NULL, 0));
    BAD (flux_jobtap_call (p, id, NULL, args));
    BAD (flux_jobtap_call (p, id, topic, args));
    BAD (flux_jobtap_call (p, id, "x.y", NULL));
    BAD (flux_jobtap_set_load_sort_order (p, huge));
    BAD (flux_jobtap_service_register (p, NULL, handler, NULL));
    BAD (flux_jobtap_service_register (p, huge, handler, NULL));
    BAD (flux_jobtap_service_register (p, "get", NULL, NULL));
    BAD (flux_jobtap_service_register (p, "get", handler, NULL));
    BAD (flux_jobtap_priority_unavail (p, NULL));
    BAD (flux_jobtap_error (p, NULL, "x"));
    BAD (flux_plugin_arg_unpack (args, FLUX_PLUGIN_ARG_IN, "{s:s}", "no", &s));
    BAD (flux_plugin_arg_unpack (args, FLUX_PLUGIN_ARG_IN, "{s:s}", "id", &s));
    BAD (flux_plugin_arg_unpack (args, FLUX_PLUGIN_ARG_IN, "{s", "id"));
    BAD (flux_plugin_arg_unpack (args, 77, "{s:i}", "no", &i));
    BAD (flux_plugin_arg_unpack (NULL, 0, "{s:i}", "id", &i));
    BAD (flux_plugin_arg_pack (args, FLUX_PLUGIN_ARG_OUT, "{s:s}", "x", NULL));
    BAD (flux_plugin_arg_set (args, FLUX_PLUGIN_ARG_OUT, "{"));
}

static int misuse_cb (flux_plugin_t *p,
                      const char *topic,
                      flux_plugin_arg_t *args,
                      void *arg);

static void remove_by_request (flux_plugin_t *p, const char *key, const char *s)
{
    flux_t *h = flux_jobtap_get_flux (p);
    flux_future_t *f;

    /* Once waiting for it, which cannot be; once not. */
    f = flux_rpc_pack (h, "job-manager.jobtap", 0, 0, "{s:s}", key, "nosuch");
    if (flux_rpc_get (f, NULL) == 0)
        succeeded++;
    flux_future_destroy (f);
    f = flux_rpc_pack (h,
                       "job-manager.jobtap",
                       0,
                       FLUX_RPC_NORESPONSE,
                       "{s:s}",
                       key,
                       s);
    flux_future_destroy (f);
}

static void by_name (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     flux_jobid_t id)
{
    const char *name = "";
    const char *rest;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:{s:{s:{s?{s?s}}}}}",
                                "jobspec",
                                "attributes",
                                "system",
                                "job",
                                "name",
                                &name)
            < 0
        || !(rest = strchr (name, ':'))
        || strncmp (rest + 1, topic, strlen (topic)))
        return;
    rest += 1 + strlen (topic);
    /* Once: an event may lead to this topic again. */
    if (flux_jobtap_job_aux_get (p, id, "done"))
        return;
    flux_jobtap_job_aux_set (p, id, "done", p, NULL);
    if (!strncmp (name, "post:", 5) && *rest == ':') {
        flux_jobtap_event_post_pack (p, id, rest + 1, NULL);
        flux_jobtap_event_post_pack (p, id, rest + 1, "{s:i}", "status", 0);
    }
    else if (!strncmp (name, "remove:", 7))
        remove_by_request (p, "remove", "misuse.so");
    else if (!strncmp (name, "load:", 5))
        remove_by_request (p, "load", "noinit.so");
    else if (!strncmp (name, "handlers:", 9)) {
        flux_plugin_remove_handler (p, "*");
        flux_plugin_add_handler (p, "*", misuse_cb, NULL);
    }
}

static int misuse_cb (flux_plugin_t *p,
                      const char *topic,
                      flux_plugin_arg_t *args,
                      void *arg)
{
    flux_plugin_t *other = flux_plugin_create ();
    flux_jobid_t id;

    no_plugin (topic, args);
    bad_target (NULL, topic, args, 1);
    bad_target (other, topic, args, FLUX_JOBTAP_CURRENT_JOB);
    bad_target (p, topic, args, 0);
    bad_target (p, topic, args, 1234567);
    bad_target (p, topic, args, UINT64_MAX - 1);
    if (!strncmp (topic, "job.", 4)
        && flux_plugin_arg_unpack (args, FLUX_PLUGIN_ARG_IN, "{s:I}", "id", &id)
               == 0) {
        bad_values (p, topic, args, id);
        by_name (p, topic, args, id);
    }
    else
        bad_target (p, topic, args, FLUX_JOBTAP_CURRENT_JOB);
    flux_plugin_destroy (other);
    return 0;
}

static void get_cb (flux_t *h,
                    flux_msg_handler_t *mh,
                    const flux_msg_t *msg,
                    void *arg)
{
    flux_respond_pack (h,
                       msg,
                       "{s:i s:i s:s}",
                       "calls",
                       calls,
                       "succeeded",
                       succeeded,
                       "first",
                       which);
}

int flux_plugin_init (flux_plugin_t *p)
{
    memset (huge, 'x', sizeof (huge) - 1);
    if (flux_plugin_set_name (p, "misuse") < 0
        || flux_jobtap_service_register (p, "get", get_cb, NULL) < 0
        || flux_plugin_add_handler (p, "*", misuse_cb, NULL) < 0)
        return -1;
    return 0;
}
