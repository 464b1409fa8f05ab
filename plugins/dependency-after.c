/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* .dependency-after: jobs that wait for another job to start or to end
 * (RFC 26: afterstart, afterany, afterok, afternotok, afterexcept).
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <flux/jobtap.h>
#include <jansson.h>
#include <uthash.h>
#include <utlist.h>

#include "after-list.h"
#include "builtins.h"

#define AUX "after"

static const char *const type_names[] = {
    [START] = "after-start",     [FINISH] = "after-finish",
    [SUCCESS] = "after-success", [FAILURE] = "after-failure",
    [EXCEPT] = "after-except",
};

static const struct {
    const char *name;
    enum after_type type;
} schemes[] = {
    { "afterstart", START },   { "after", START },
    { "afterany", FINISH },    { "afterok", SUCCESS },
    { "afternotok", FAILURE }, { "afterexcept", EXCEPT },
};

/* What an antecedent has come to. */
struct outcome {
    bool started;
    bool ended;
    bool success;
    bool exception; /* ended by one */
};

static bool is_met (enum after_type type, const struct outcome *o)
{
    switch (type) {
    case START:
        return o->started;
    case FINISH:
        return o->ended;
    case SUCCESS:
        return o->ended && o->success;
    case FAILURE:
        return o->ended && o->started && !o->success;
    case EXCEPT:
        return o->ended && o->started && o->exception;
    }
    return false;
}

static void tell (struct after *after,
                  flux_jobid_t depid,
                  enum after_type type,
                  const char *description,
                  const struct outcome *o)
{
    int rc;

    if (is_met (type, o))
        rc = flux_jobtap_dependency_remove (after->p, depid, description);
    else
        rc = flux_jobtap_raise_exception (after->p,
                                          depid,
                                          "dependency",
                                          0,
                                          o->started
                                              ? "dependency %s can never be "
                                                "satisfied"
                                              : "dependency %s job never "
                                                "started",
                                          description);
    if (rc < 0)
        flux_log_error (flux_jobtap_get_flux (after->p),
                        ".dependency-after: job %ju: %s",
                        (uintmax_t)depid,
                        description);
}

/* Each job told may end at once and take dependencies of this very list, or
 * the antecedent, with it: always look again.
 */
static void tell_all (struct after *after,
                      flux_jobid_t id,
                      const struct outcome *o)
{
    struct antecedent *a;
    struct dep *dep;

    while ((a = antecedent_find (after, id))
           && (dep = a->starts  ? a->starts
                     : o->ended ? a->ends
                                : NULL)) {
        flux_jobid_t depid = dep->depid;
        enum after_type type = dep->type;
        char *description = strdup (dep->description);

        dep_unlink (dep);
        (void)flux_jobtap_job_aux_delete_value (after->p, depid, dep);
        if (description)
            tell (after, depid, type, description, o);
        free (description);
    }
}

static bool has_started (flux_plugin_t *p, flux_jobid_t id)
{
    return flux_jobtap_job_event_posted (p, id, "start") == 1;
}

/* args as flux_jobtap_job_lookup() or a callback for the job gives them. */
static int get_outcome (flux_plugin_t *p,
                        flux_jobid_t id,
                        flux_plugin_arg_t *args,
                        struct outcome *o)
{
    flux_job_result_t result;
    const char *end = NULL;
    int state;

    memset (o, 0, sizeof (*o));
    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:i s?{s?s}}",
                                "state",
                                &state,
                                "end_event",
                                "name",
                                &end)
        < 0)
        return -1;
    o->started = has_started (p, id);
    o->ended = state == FLUX_JOB_STATE_INACTIVE;
    o->exception = end && !strcmp (end, "exception");
    if (o->ended && flux_jobtap_get_job_result (p, id, &result) == 0)
        o->success = result == FLUX_JOB_RESULT_COMPLETED;
    return 0;
}

static int event_cb (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     void *arg)
{
    struct after *after = flux_plugin_aux_get (p, AUX);
    struct outcome o;
    flux_jobid_t id;

    if (flux_plugin_arg_unpack (args, FLUX_PLUGIN_ARG_IN, "{s:I}", "id", &id)
            < 0
        || get_outcome (p, id, args, &o) < 0)
        return -1;
    tell_all (after, id, &o);
    return 0;
}

/* The antecedent has ended in a way that never satisfies: why. */
static int reject_hopeless (flux_plugin_t *p,
                            flux_plugin_arg_t *args,
                            const char *scheme,
                            enum after_type type,
                            const char *name,
                            const struct outcome *o)
{
    if (!o->started)
        return flux_jobtap_reject_job (p,
                                       args,
                                       "dependency: after: %s never started",
                                       name);
    return flux_jobtap_reject_job (p,
                                   args,
                                   "dependency: %s: job %s%s",
                                   scheme,
                                   name,
                                   type == SUCCESS   ? " failed or was canceled"
                                   : type == FAILURE ? " succeeded"
                                                     : ": no exception");
}

static int lookup (flux_plugin_t *p,
                   flux_plugin_arg_t *args,
                   const char *scheme,
                   const char *value,
                   flux_jobid_t *id,
                   struct outcome *o)
{
    flux_plugin_arg_t *job;
    int rc;

    if (flux_job_id_parse (value, id) < 0)
        return flux_jobtap_reject_job (p,
                                       args,
                                       "dependency: %s: \"%s\" is not a valid "
                                       "jobid",
                                       scheme,
                                       value);
    if (!(job = flux_jobtap_job_lookup (p, *id)))
        return flux_jobtap_reject_job (p,
                                       args,
                                       "dependency: %s: id %s: %s",
                                       scheme,
                                       value,
                                       errno == ENOENT ? "job not found"
                                                       : strerror (errno));
    rc = get_outcome (p, *id, job, o);
    flux_plugin_arg_destroy (job);
    return rc < 0 ? flux_jobtap_reject_job (p,
                                            args,
                                            "dependency: %s: id %s: unusable",
                                            scheme,
                                            value)
                  : 0;
}

static void warn_of_old_name (flux_plugin_t *p,
                              flux_jobid_t depid,
                              const char *scheme)
{
    if (!strcmp (scheme, "after"))
        (void)flux_jobtap_raise_exception (p,
                                           depid,
                                           "dependency",
                                           3,
                                           "dependency scheme 'after' is "
                                           "deprecated, use 'afterstart'");
}

static int add (struct after *after,
                flux_plugin_arg_t *args,
                flux_jobid_t id,
                flux_jobid_t depid,
                enum after_type type,
                const struct outcome *o)
{
    char name[64];
    char description[128];

    if (flux_job_id_encode (id, "f58", name, sizeof (name)) < 0)
        return flux_jobtap_reject_job (after->p, args, "dependency: bad id");
    snprintf (description,
              sizeof (description),
              "%s=%s",
              type_names[type],
              name);
    if (flux_jobtap_dependency_add (after->p, depid, description) < 0) {
        /* EEXIST: loaded again, and this one was met before. */
        return errno == EEXIST ? 0
                               : flux_jobtap_reject_job (after->p,
                                                         args,
                                                         "dependency: %s: %s",
                                                         description,
                                                         strerror (errno));
    }
    if (is_met (type, o) || o->ended)
        tell (after, depid, type, description, o);
    else if (dep_add (after, id, depid, type, description) < 0)
        return flux_jobtap_reject_job (after->p,
                                       args,
                                       "dependency: %s: %s",
                                       description,
                                       strerror (errno));
    return 0;
}

static int dependency_cb (flux_plugin_t *p,
                          const char *topic,
                          flux_plugin_arg_t *args,
                          void *arg)
{
    struct after *after = flux_plugin_aux_get (p, AUX);
    size_t i = (size_t)(uintptr_t)arg;
    const char *scheme = schemes[i].name;
    enum after_type type = schemes[i].type;
    struct outcome o;
    flux_jobid_t id, depid;
    const char *value;
    int state;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:I s:i s:{s:s}}",
                                "id",
                                &depid,
                                "state",
                                &state,
                                "dependency",
                                "value",
                                &value)
        < 0)
        return flux_jobtap_reject_job (p,
                                       args,
                                       "dependency: %s: %s",
                                       scheme,
                                       flux_plugin_arg_strerror (args));
    if (state != FLUX_JOB_STATE_NEW && state != FLUX_JOB_STATE_DEPEND)
        return 0;
    if (lookup (p, args, scheme, value, &id, &o) < 0) {
        if (state == FLUX_JOB_STATE_DEPEND)
            (void)flux_jobtap_raise_exception (p,
                                               depid,
                                               "dependency",
                                               0,
                                               "dependency: %s: id %s: "
                                               "job not found",
                                               scheme,
                                               value);
        return -1;
    }
    if (state == FLUX_JOB_STATE_NEW) {
        if (o.ended && !is_met (type, &o)) {
            char name[64] = "";
            (void)flux_job_id_encode (id, "f58", name, sizeof (name));
            return reject_hopeless (p, args, scheme, type, name, &o);
        }
        warn_of_old_name (p, depid, scheme);
    }
    return add (after, args, id, depid, type, &o);
}

static int add_to_answer (json_t *array, flux_jobid_t id, struct dep *list)
{
    struct dep *dep;

    DL_FOREACH (list, dep)
    {
        json_t *o = json_pack ("{s:I s:I s:s s:s}",
                               "id",
                               (json_int_t)id,
                               "depid",
                               (json_int_t)dep->depid,
                               "type",
                               type_names[dep->type],
                               "description",
                               dep->description);
        if (!o || json_array_append_new (array, o) < 0)
            return -1;
    }
    return 0;
}

static int query_cb (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     void *arg)
{
    struct after *after = flux_plugin_aux_get (p, AUX);
    json_t *array = json_array ();
    struct antecedent *a, *next;

    if (!array)
        return -1;
    HASH_ITER (hh, after->antecedents, a, next)
    {
        if (add_to_answer (array, a->id, a->starts) < 0
            || add_to_answer (array, a->id, a->ends) < 0) {
            json_decref (array);
            return -1;
        }
    }
    return flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_OUT,
                                 "{s:o}",
                                 "dependencies",
                                 array);
}

static void after_destroy (struct after *after)
{
    struct antecedent *a, *next;

    if (after) {
        HASH_ITER (hh, after->antecedents, a, next)
        {
            HASH_DEL (after->antecedents, a);
            free (a);
        }
        free (after);
    }
}

static const struct flux_plugin_handler handlers[] = {
    { "job.event.start", event_cb, NULL },
    { "job.event.clean", event_cb, NULL },
    { "plugin.query", query_cb, NULL },
    { NULL, NULL, NULL },
};

static int add_schemes (flux_plugin_t *p)
{
    char topic[64];

    for (size_t i = 0; i < sizeof (schemes) / sizeof (schemes[0]); i++) {
        snprintf (topic, sizeof (topic), "job.dependency.%s", schemes[i].name);
        if (flux_plugin_add_handler (p,
                                     topic,
                                     dependency_cb,
                                     (void *)(uintptr_t)i)
            < 0)
            return -1;
    }
    return 0;
}

int dependency_after_init (flux_plugin_t *p)
{
    struct after *after = calloc (1, sizeof (*after));

    if (!after)
        return -1;
    after->p = p;
    if (flux_plugin_aux_set (p, AUX, after, (flux_free_f)after_destroy) < 0) {
        after_destroy (after);
        return -1;
    }
    if (flux_plugin_register (p, ".dependency-after", handlers) < 0)
        return -1;
    return add_schemes (p);
}
