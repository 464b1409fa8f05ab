/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Is it jobspec version 1 (RFC 14, RFC 25)? */

#include <errno.h>

#include "base/err.h"
#include "lib/jobspec1.h"

static int check_environment (json_t *env, flux_jobspec1_error_t *error)
{
    const char *name;
    json_t *value;

    if (env && !json_is_object (env))
        return err_set (error,
                        EINVAL,
                        "attributes.system.environment is not a dictionary");
    json_object_foreach (env, name, value)
    {
        if (!json_is_string (value))
            return err_set (error,
                            EINVAL,
                            "attributes.system.environment.%s is not a string",
                            name);
    }
    return 0;
}

int flux_jobspec1_attr_check (flux_jobspec1_t *jobspec,
                              flux_jobspec1_error_t *error)
{
    json_t *attrs, *user = NULL, *system = NULL, *env = NULL;
    json_t *shell = NULL, *options = NULL, *cwd = NULL;
    json_error_t e;
    double duration;

    if (!jobspec)
        return err_set (error, EINVAL, "no jobspec given");
    if (!(attrs = jobspec1_attributes (jobspec, false)))
        return err_set (error, EINVAL, "attributes is missing");
    if (json_unpack_ex (attrs,
                        &e,
                        0,
                        "{s?o s:o !}",
                        "user",
                        &user,
                        "system",
                        &system)
        < 0)
        return err_set (error, EINVAL, "attributes: %s", e.text);
    if (user && !json_is_object (user))
        return err_set (error, EINVAL, "attributes.user is not a dictionary");
    if (json_unpack_ex (system,
                        &e,
                        0,
                        "{s:F s?o s?o s?o}",
                        "duration",
                        &duration,
                        "environment",
                        &env,
                        "shell",
                        &shell,
                        "cwd",
                        &cwd)
        < 0)
        return err_set (error, EINVAL, "attributes.system: %s", e.text);
    if (duration < 0.)
        return err_set (error,
                        EINVAL,
                        "attributes.system.duration %g is negative",
                        duration);
    if (cwd && !json_is_string (cwd))
        return err_set (error, EINVAL, "attributes.system.cwd is not a string");
    if (shell && json_unpack (shell, "{s?o}", "options", &options) < 0)
        return err_set (error,
                        EINVAL,
                        "attributes.system.shell is not a dictionary");
    if (options && !json_is_object (options))
        return err_set (error,
                        EINVAL,
                        "attributes.system.shell.options is not a dictionary");
    return check_environment (env, error);
}

static int check_tasks (json_t *tasks, flux_jobspec1_error_t *error)
{
    json_t *command, *arg, *count;
    const char *slot;
    json_error_t e;
    size_t i;

    if (json_unpack_ex (tasks,
                        &e,
                        0,
                        "[{s:o s:s s:o}!]",
                        "command",
                        &command,
                        "slot",
                        &slot,
                        "count",
                        &count)
        < 0)
        return err_set (error, EINVAL, "tasks: %s", e.text);
    if (!json_is_array (command) || json_array_size (command) == 0)
        return err_set (error, EINVAL, "tasks: command has no arguments");
    json_array_foreach (command, i, arg)
    {
        if (!json_is_string (arg))
            return err_set (error,
                            EINVAL,
                            "tasks: argument %zu of command is not a string",
                            i);
    }
    if (!json_is_object (count))
        return err_set (error, EINVAL, "tasks: count is not a dictionary");
    return 0;
}

static int check_resources (json_t *array,
                            int depth,
                            flux_jobspec1_error_t *error)
{
    json_t *vertex, *count, *with;
    const char *type;
    json_error_t e;
    size_t i;

    if (!json_is_array (array) || json_array_size (array) == 0 || depth > 16)
        return err_set (error, EINVAL, "resources: no list of resources");
    json_array_foreach (array, i, vertex)
    {
        with = NULL;
        if (json_unpack_ex (vertex,
                            &e,
                            0,
                            "{s:s s:o s?o}",
                            "type",
                            &type,
                            "count",
                            &count,
                            "with",
                            &with)
            < 0)
            return err_set (error, EINVAL, "resources: %s", e.text);
        if (json_is_integer (count) && json_integer_value (count) < 1)
            return err_set (error,
                            EINVAL,
                            "resources: count of %s is less than 1",
                            type);
        if (with && check_resources (with, depth + 1, error) < 0)
            return -1;
    }
    return 0;
}

int flux_jobspec1_check (flux_jobspec1_t *jobspec, flux_jobspec1_error_t *error)
{
    json_t *resources, *tasks, *attrs;
    json_error_t e;
    int version;

    if (!jobspec)
        return err_set (error, EINVAL, "no jobspec given");
    if (json_unpack_ex (jobspec->obj,
                        &e,
                        0,
                        "{s:i s:o s:o s:o !}",
                        "version",
                        &version,
                        "resources",
                        &resources,
                        "tasks",
                        &tasks,
                        "attributes",
                        &attrs)
        < 0)
        return err_set (error, EINVAL, "%s", e.text);
    if (version != 1)
        return err_set (error, EINVAL, "version %d is not 1", version);
    if (check_resources (resources, 0, error) < 0
        || check_tasks (tasks, error) < 0)
        return -1;
    return flux_jobspec1_attr_check (jobspec, error);
}
