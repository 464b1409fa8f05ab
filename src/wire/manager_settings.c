/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the manager reads of the configuration (flux-config-job-manager(5),
 * flux-config-exec(5), flux-config-resource(5), flux-config-access(5)).
 */

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsd.h"
#include "wire/jload.h"
#include "wire/requests_job.h"

/* Jobs behind the head that are tried by default. */
#define BACKFILL_DEPTH 100

/* The value at a dotted path, or NULL. */
static json_t *lookup (json_t *o, const char *path)
{
    const char *dot;

    while (o && (dot = strchr (path, '.'))) {
        char key[64];

        if ((size_t)(dot - path) >= sizeof (key))
            return NULL;
        memcpy (key, path, dot - path);
        key[dot - path] = '\0';
        o = json_object_get (o, key);
        path = dot + 1;
    }
    return json_object_get (o, path);
}

static int get_duration (json_t *o,
                         const char *path,
                         double *value,
                         flux_error_t *error)
{
    json_t *v = lookup (o, path);
    char buf[48];

    if (!v)
        return 0;
    if (json_is_number (v) && json_number_value (v) >= 0.)
        *value = json_number_value (v);
    else if (!json_is_string (v)
             || fsd_decode (json_string_value (v), value) < 0)
        return err_set (error,
                        EINVAL,
                        "%s: expected a duration like \"1h\", got %s",
                        path,
                        jload_show (v, buf));
    return 0;
}

static int get_string (json_t *o,
                       const char *path,
                       char **value,
                       flux_error_t *error)
{
    json_t *v = lookup (o, path);

    if (!v)
        return 0;
    if (!json_is_string (v))
        return err_set (error,
                        EINVAL,
                        "%s: expected a string, got %s",
                        path,
                        jload_type (v));
    if (!(*value = strdup (json_string_value (v))))
        return err_set (error, ENOMEM, "out of memory");
    return 0;
}

static int get_limit (json_t *o,
                      const char *path,
                      int *value,
                      flux_error_t *error)
{
    json_t *v = lookup (o, path);

    if (!v)
        return 0;
    if (!json_is_integer (v) || json_integer_value (v) < 0
        || json_integer_value (v) > INT32_MAX)
        return err_set (error,
                        EINVAL,
                        "%s: expected an integer of 0 or more",
                        path);
    *value = json_integer_value (v);
    return 0;
}

static int get_bool (json_t *o,
                     const char *path,
                     bool *value,
                     flux_error_t *error)
{
    json_t *v = lookup (o, path);

    if (!v)
        return 0;
    if (!json_is_boolean (v))
        return err_set (error, EINVAL, "%s: expected a boolean", path);
    *value = json_is_true (v);
    return 0;
}

/* sched-simple.queue-policy and backfill-depth. */
static int get_policy (json_t *o, unsigned int *depth, flux_error_t *error)
{
    char *policy = NULL;
    int n = BACKFILL_DEPTH;
    int rc = 0;

    if (get_string (o, "sched-simple.queue-policy", &policy, error) < 0
        || get_limit (o, "sched-simple.backfill-depth", &n, error) < 0)
        rc = -1;
    else if (policy && !strcmp (policy, "easy"))
        *depth = (unsigned int)n;
    else if (policy && strcmp (policy, "fcfs") != 0)
        rc = err_set (error,
                      EINVAL,
                      "sched-simple.queue-policy: \"%.32s\" is not \"fcfs\" "
                      "or \"easy\"",
                      policy);
    free (policy);
    return rc;
}

int manager_settings_decode (const char *json,
                             struct manager_settings *s,
                             flux_error_t *error)
{
    json_t *o;
    int rc = -1;

    *s = (struct manager_settings){
        .kill_timeout = -1.,
        .agent_grace = -1.,
        .inactive_age_limit = -1.,
        .inactive_num_limit = -1,
    };
    if (!json)
        return 0;
    if (!(o = jload_object (json, strlen (json), "configuration", error)))
        return -1;
    if (get_duration (o, "exec.kill-timeout", &s->kill_timeout, error) == 0
        && get_duration (o, "exec.agent-grace", &s->agent_grace, error) == 0
        && get_duration (o,
                         "job-manager.inactive-age-limit",
                         &s->inactive_age_limit,
                         error)
               == 0
        && get_limit (o,
                      "job-manager.inactive-num-limit",
                      &s->inactive_num_limit,
                      error)
               == 0
        && get_bool (o,
                     "job-manager.stop-queues-on-restart",
                     &s->stop_queues_on_restart,
                     error)
               == 0
        && get_bool (o, "access.private-mode", &s->private_mode, error) == 0
        && get_bool (o, "exec.testexec.allow-guests", &s->guest_tests, error)
               == 0
        && get_policy (o, &s->backfill_depth, error) == 0
        && get_string (o, "resource.exclude", &s->exclude, error) == 0)
        rc = 0;
    json_decref (o);
    if (rc < 0)
        manager_settings_clear (s);
    return rc;
}

void manager_settings_clear (struct manager_settings *s)
{
    free (s->exclude);
    s->exclude = NULL;
}
