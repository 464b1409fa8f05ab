/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "wire/jobspec_attr.h"
#include "wire/jobspec_tree.h"

static int read_environment (json_t *o, flux_error_t *error)
{
    const char *path = "attributes.system.environment";
    const char *key;
    json_t *value;
    char sub[100];

    if (o && !json_is_object (o))
        return jobspec_bad (error, path, "an object", o);
    json_object_foreach (o, key, value)
    {
        if (*key == '\0' || strchr (key, '='))
            return err_set (error,
                            EINVAL,
                            "jobspec: %s: \"%.40s\" cannot name a variable",
                            path,
                            key);
        if (json_is_string (value) || json_is_null (value))
            continue;
        snprintf (sub, sizeof (sub), "%s.%.40s", path, key);
        return jobspec_bad (error, sub, "a string or null", value);
    }
    return 0;
}

static int read_dependencies (json_t *a, flux_error_t *error)
{
    const char *path = "attributes.system.dependencies";
    char sub[64];
    size_t i;
    json_t *o;

    if (a && !json_is_array (a))
        return jobspec_bad (error, path, "an array", a);
    json_array_foreach (a, i, o)
    {
        static const char *const keys[] = { "scheme", "value" };

        snprintf (sub, sizeof (sub), "%s[%zu]", path, i);
        if (!json_is_object (o))
            return jobspec_bad (error, sub, "an object", o);
        for (int k = 0; k < 2; k++) {
            json_t *value = json_object_get (o, keys[k]);

            snprintf (sub, sizeof (sub), "%s[%zu].%s", path, i, keys[k]);
            if (!json_is_string (value))
                return jobspec_bad (error, sub, "a string", value);
        }
    }
    return 0;
}

/* Tasks by what R turns out to be (shell option per-resource). */
static int read_per_resource (json_t *system, struct jobspec *js)
{
    json_t *o =
        jobspec_tree_get (system, "shell", "options", "per-resource", NULL);
    const char *type = json_string_value (json_object_get (o, "type"));
    json_t *count = json_object_get (o, "count");
    uint64_t n = count ? json_integer_value (count) : 1;
    uint64_t total;

    if (!type || (count && !jobspec_is_count (count)))
        return 0; /* the shell's to refuse */
    if (!strcmp (type, "node")) {
        js->tasks_per_node = n;
        total = n * (js->nnodes ? js->nnodes : 1);
    }
    else if (!strcmp (type, "core")) {
        js->tasks_per_core = n;
        total = n * js->ncores;
    }
    else
        return 0;
    if (total > INT_MAX)
        return -1;
    js->ntasks = total;
    return 0;
}

/* Types of keys of attributes.system that are no more than that. */
static const struct {
    const char *key;
    json_type type;
    const char *expected;
} system_keys[] = {
    { "cwd", JSON_STRING, "a string" },
    { "queue", JSON_STRING, "a string" },
    { "project", JSON_STRING, "a string" },
    { "bank", JSON_STRING, "a string" },
    { "constraints", JSON_OBJECT, "an object" },
    { "job", JSON_OBJECT, "an object" },
    { "shell", JSON_OBJECT, "an object" },
    { "files", JSON_OBJECT, "an object" },
};

static int check_system (json_t *o, flux_error_t *error)
{
    char path[64];
    json_t *value;

    for (size_t i = 0; i < sizeof (system_keys) / sizeof (*system_keys); i++) {
        value = json_object_get (o, system_keys[i].key);
        if (!value || json_typeof (value) == system_keys[i].type)
            continue;
        snprintf (path,
                  sizeof (path),
                  "attributes.system.%s",
                  system_keys[i].key);
        return jobspec_bad (error, path, system_keys[i].expected, value);
    }
    value = jobspec_tree_get (o, "job", "name", NULL);
    if (value && !json_is_string (value))
        return jobspec_bad (error,
                            "attributes.system.job.name",
                            "a string",
                            value);
    value = jobspec_tree_get (o, "shell", "options", NULL);
    if (value && !json_is_object (value))
        return jobspec_bad (error,
                            "attributes.system.shell.options",
                            "an object",
                            value);
    value = json_object_get (o, "preemptible-after");
    if (value && (!json_is_number (value) || json_number_value (value) < 0))
        return jobspec_bad (error,
                            "attributes.system.preemptible-after",
                            "a number of 0 or more",
                            value);
    return 0;
}

static int read_system (json_t *o, struct jobspec *js, flux_error_t *error)
{
    json_t *duration;

    if (!json_is_object (o))
        return jobspec_bad (error, "attributes.system", "an object", o);
    duration = json_object_get (o, "duration");
    if (!json_is_number (duration) || json_number_value (duration) < 0)
        return jobspec_bad (error,
                            "attributes.system.duration",
                            "a number of 0 or more",
                            duration);
    js->duration = json_number_value (duration);
    if (read_environment (json_object_get (o, "environment"), error) < 0
        || read_dependencies (json_object_get (o, "dependencies"), error) < 0
        || check_system (o, error) < 0)
        return -1;
    js->cwd = json_string_value (json_object_get (o, "cwd"));
    js->queue = json_string_value (json_object_get (o, "queue"));
    js->project = json_string_value (json_object_get (o, "project"));
    js->bank = json_string_value (json_object_get (o, "bank"));
    js->name = json_string_value (jobspec_tree_get (o, "job", "name", NULL));
    js->waitable_test = jobspec_tree_get (o, "exec", "test", NULL) != NULL;
    if (read_per_resource (o, js) < 0)
        return err_set (error,
                        EINVAL,
                        "jobspec: attributes.system.shell.options.per-resource:"
                        " more than %d tasks",
                        INT_MAX);
    return 0;
}

int jobspec_attr_read (json_t *o, struct jobspec *js, flux_error_t *error)
{
    static const char *const keys[] = { "system", "user", NULL };
    json_t *user;

    if (!json_is_object (o))
        return jobspec_bad (error, "attributes", "an object", o);
    if (jobspec_only_keys (o, "attributes", keys, error) < 0)
        return -1;
    if ((user = json_object_get (o, "user")) && !json_is_object (user))
        return jobspec_bad (error, "attributes.user", "an object", user);
    return read_system (json_object_get (o, "system"), js, error);
}
