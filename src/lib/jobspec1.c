/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Building and changing jobspec version 1 (RFC 14, RFC 25). */

#include <errno.h>
#include <flux/core.h>
#include <jansson.h>

#include "base/err.h"
#include "lib/jobspec1.h"

static int invalid (void)
{
    errno = EINVAL;
    return -1;
}

static flux_jobspec1_t *wrap (json_t *obj)
{
    flux_jobspec1_t *jobspec = obj ? calloc (1, sizeof (*jobspec)) : NULL;

    if (!jobspec) {
        json_decref (obj);
        errno = ENOMEM;
        return NULL;
    }
    jobspec->obj = obj;
    return jobspec;
}

void flux_jobspec1_destroy (flux_jobspec1_t *jobspec)
{
    int saved_errno = errno;

    if (!jobspec)
        return;
    json_decref (jobspec->obj);
    free (jobspec);
    errno = saved_errno;
}

/* Walk a dotted path below object o; the last name goes to last, a buffer of
 * strlen (path) + 1.  Missing objects are made if create.  NULL and ENOENT,
 * or EINVAL if something on the way is no object.
 */
static json_t *walk (json_t *o, const char *path, bool create, char *last)
{
    while (o) {
        size_t len = strcspn (path, ".");
        json_t *next;

        memcpy (last, path, len);
        last[len] = '\0';
        if (!json_is_object (o) || len == 0) {
            errno = EINVAL;
            return NULL;
        }
        if (!path[len])
            return o;
        if (!(next = json_object_get (o, last))) {
            if (!create) {
                errno = ENOENT;
                return NULL;
            }
            next = json_object ();
            if (json_object_set_new (o, last, next) < 0) {
                errno = ENOMEM;
                return NULL;
            }
        }
        o = next;
        path += len + 1;
    }
    errno = ENOENT;
    return NULL;
}

json_t *jobspec1_attributes (flux_jobspec1_t *jobspec, bool create)
{
    json_t *o = json_object_get (jobspec->obj, "attributes");

    if (!o && create) {
        o = json_object ();
        if (json_object_set_new (jobspec->obj, "attributes", o) < 0)
            return NULL;
    }
    return o;
}

/* Takes over value. */
static int attr_set (flux_jobspec1_t *jobspec, const char *path, json_t *value)
{
    char *last = malloc (strlen (path) + 1);
    json_t *o = NULL;
    int rc = -1;

    if (last && value
        && (o = walk (jobspec1_attributes (jobspec, true), path, true, last)))
        rc = json_object_set (o, last, value);
    if (o && rc < 0)
        errno = ENOMEM;
    json_decref (value);
    free (last);
    return rc;
}

static json_t *attr_get (flux_jobspec1_t *jobspec, const char *path)
{
    char *last = malloc (strlen (path) + 1);
    json_t *o =
        last ? walk (jobspec1_attributes (jobspec, false), path, false, last)
             : NULL;
    json_t *value = o ? json_object_get (o, last) : NULL;

    if (o && !value)
        errno = ENOENT;
    free (last);
    return value;
}

int flux_jobspec1_attr_del (flux_jobspec1_t *jobspec, const char *path)
{
    char *last;
    json_t *o;

    if (!jobspec || !path)
        return invalid ();
    if (!(last = malloc (strlen (path) + 1)))
        return -1;
    if ((o = walk (jobspec1_attributes (jobspec, false), path, false, last)))
        (void)json_object_del (o, last);
    free (last);
    return o || errno == ENOENT ? 0 : -1;
}

int flux_jobspec1_attr_pack (flux_jobspec1_t *jobspec,
                             const char *path,
                             const char *fmt,
                             ...)
{
    json_t *value;
    va_list ap;

    if (!jobspec || !path || !fmt)
        return invalid ();
    va_start (ap, fmt);
    value = json_vpack_ex (NULL, 0, fmt, ap);
    va_end (ap);
    return value ? attr_set (jobspec, path, value) : invalid ();
}

int flux_jobspec1_attr_unpack (flux_jobspec1_t *jobspec,
                               const char *path,
                               const char *fmt,
                               ...)
{
    json_t *value;
    va_list ap;
    int rc;

    if (!jobspec || !path || !fmt)
        return invalid ();
    if (!(value = attr_get (jobspec, path)))
        return -1;
    va_start (ap, fmt);
    rc = json_vunpack_ex (value, NULL, 0, fmt, ap);
    va_end (ap);
    return rc < 0 ? invalid () : 0;
}

static json_t *environment (flux_jobspec1_t *jobspec)
{
    json_t *env = attr_get (jobspec, "system.environment");

    if (!env && errno == ENOENT
        && attr_set (jobspec, "system.environment", json_object ()) == 0)
        env = attr_get (jobspec, "system.environment");
    return env;
}

int flux_jobspec1_unsetenv (flux_jobspec1_t *jobspec, const char *name)
{
    json_t *env;

    if (!jobspec || !name)
        return invalid ();
    if (!(env = environment (jobspec)))
        return -1;
    (void)json_object_del (env, name);
    return 0;
}

int flux_jobspec1_setenv (flux_jobspec1_t *jobspec,
                          const char *name,
                          const char *value,
                          int overwrite)
{
    json_t *env;

    if (!jobspec || !name || !value)
        return invalid ();
    if (!(env = environment (jobspec)))
        return -1;
    if (!overwrite && json_object_get (env, name))
        return 0;
    if (json_object_set_new (env, name, json_string (value)) < 0)
        return invalid ();
    return 0;
}

static int redirect (flux_jobspec1_t *jobspec,
                     const char *stream,
                     const char *path)
{
    char key[64];

    if (!jobspec || !path)
        return invalid ();
    snprintf (key, sizeof (key), "system.shell.options.%s", stream);
    return flux_jobspec1_attr_pack (jobspec,
                                    key,
                                    "{s:s s:s}",
                                    "type",
                                    "file",
                                    "path",
                                    path);
}

int flux_jobspec1_set_stdin (flux_jobspec1_t *jobspec, const char *path)
{
    return redirect (jobspec, "input.stdin", path);
}

int flux_jobspec1_set_stdout (flux_jobspec1_t *jobspec, const char *path)
{
    return redirect (jobspec, "output.stdout", path);
}

int flux_jobspec1_set_stderr (flux_jobspec1_t *jobspec, const char *path)
{
    return redirect (jobspec, "output.stderr", path);
}

int flux_jobspec1_set_cwd (flux_jobspec1_t *jobspec, const char *cwd)
{
    if (!jobspec || !cwd)
        return invalid ();
    return attr_set (jobspec, "system.cwd", json_string (cwd));
}

char *flux_jobspec1_encode (flux_jobspec1_t *jobspec, size_t flags)
{
    char *s;

    if (!jobspec || flags != 0) {
        errno = EINVAL;
        return NULL;
    }
    if (!(s = json_dumps (jobspec->obj, JSON_COMPACT)))
        errno = ENOMEM;
    return s;
}

flux_jobspec1_t *flux_jobspec1_decode (const char *s,
                                       flux_jobspec1_error_t *error)
{
    json_error_t e;
    json_t *o;

    if (!s)
        return err_null (error, EINVAL, "no text given");
    if (!(o = json_loads (s, 0, &e)))
        return err_null (error, EINVAL, "line %d: %s", e.line, e.text);
    return wrap (o);
}

static json_t *make_slot (int count, int cores, int gpus)
{
    json_t *with = json_pack ("[{s:s s:i}]", "type", "core", "count", cores);

    if (with && gpus > 0)
        json_array_append_new (
            with,
            json_pack ("{s:s s:i}", "type", "gpu", "count", gpus));
    return json_pack ("{s:s s:i s:s s:o}",
                      "type",
                      "slot",
                      "count",
                      count,
                      "label",
                      "task",
                      "with",
                      with);
}

static json_t *make_resources (int ntasks, int cores, int gpus, int nnodes)
{
    int per_node = nnodes ? (ntasks + nnodes - 1) / nnodes : ntasks;
    json_t *slot = make_slot (per_node, cores, gpus);

    if (nnodes == 0)
        return json_pack ("[o]", slot);
    return json_pack ("[{s:s s:i s:[o]}]",
                      "type",
                      "node",
                      "count",
                      nnodes,
                      "with",
                      slot);
}

static json_t *make_command (int argc, char **argv)
{
    json_t *a = json_array ();

    for (int i = 0; i < argc; i++) {
        if (json_array_append_new (a, json_string (argv[i])) < 0) {
            json_decref (a);
            return NULL;
        }
    }
    return a;
}

/* Slots may be more than tasks when tasks do not divide among the nodes. */
static json_t *make_count (int ntasks, int nnodes)
{
    if (nnodes > 0 && ntasks % nnodes != 0)
        return json_pack ("{s:i}", "total", ntasks);
    return json_pack ("{s:i}", "per_slot", 1);
}

static json_t *make_environment (char **env)
{
    json_t *o = json_object ();

    for (; env && *env; env++) {
        const char *eq = strchr (*env, '=');
        json_t *value = eq ? json_string (eq + 1) : NULL;
        char *name = eq ? strndup (*env, eq - *env) : NULL;

        /* what is not UTF-8 has no JSON form and is left out */
        if (value && name)
            (void)json_object_set (o, name, value);
        json_decref (value);
        free (name);
    }
    return o;
}

flux_jobspec1_t *flux_jobspec1_from_command (int argc,
                                             char **argv,
                                             char **env,
                                             int ntasks,
                                             int cores_per_task,
                                             int gpus_per_task,
                                             int nnodes,
                                             double duration)
{
    json_t *o;

    if (argc < 1 || !argv || ntasks < 1 || cores_per_task < 1
        || gpus_per_task < 0 || nnodes < 0 || nnodes > ntasks
        || !(duration >= 0.)) {
        errno = EINVAL;
        return NULL;
    }
    o = json_pack (
        "{s:o s:[{s:o s:s s:o}] s:{s:{s:f s:o}} s:i}",
        "resources",
        make_resources (ntasks, cores_per_task, gpus_per_task, nnodes),
        "tasks",
        "command",
        make_command (argc, argv),
        "slot",
        "task",
        "count",
        make_count (ntasks, nnodes),
        "attributes",
        "system",
        "duration",
        duration,
        "environment",
        make_environment (env),
        "version",
        1);
    return wrap (o);
}
