/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire/jload.h"
#include "wire/jobspec_attr.h"
#include "wire/jobspec_tree.h"

#define POSITIVE "an integer of 1 or more"

int jobspec_bad (flux_error_t *error,
                 const char *path,
                 const char *expected,
                 const json_t *value)
{
    char buf[48];

    return err_set (error,
                    EINVAL,
                    "jobspec: %s: expected %s, got %s",
                    path,
                    expected,
                    jload_show (value, buf));
}

int jobspec_only_keys (json_t *o,
                       const char *path,
                       const char *const *allowed,
                       flux_error_t *error)
{
    const char *key;
    json_t *value;

    json_object_foreach (o, key, value)
    {
        const char *const *a = allowed;

        while (*a && strcmp (*a, key))
            a++;
        if (!*a)
            return err_set (error,
                            EINVAL,
                            "jobspec: %s: unknown key \"%.40s\"",
                            path,
                            key);
    }
    return 0;
}

bool jobspec_is_count (const json_t *value)
{
    return json_is_integer (value) && json_integer_value (value) >= 1
           && json_integer_value (value) <= INT_MAX;
}

json_t *jobspec_tree_get (json_t *o, ...)
{
    const char *key;
    va_list ap;

    va_start (ap, o);
    while (o && (key = va_arg (ap, const char *)))
        o = json_object_get (o, key);
    va_end (ap);
    return o;
}

/* ---- resources ---- */

struct vertex {
    const char *type;
    unsigned int count;
    const char *label;
    bool exclusive;
    json_t *with;
};

static bool type_is (const struct vertex *v, const char *type)
{
    return !strcmp (v->type, type);
}

static int read_vertex (json_t *o,
                        const char *path,
                        struct vertex *v,
                        flux_error_t *error)
{
    static const char *const keys[] = { "type",  "count",     "unit", "with",
                                        "label", "exclusive", NULL };
    char sub[80];
    json_t *value;

    memset (v, 0, sizeof (*v));
    if (!json_is_object (o))
        return jobspec_bad (error, path, "an object", o);
    if (jobspec_only_keys (o, path, keys, error) < 0)
        return -1;
    snprintf (sub, sizeof (sub), "%s.type", path);
    value = json_object_get (o, "type");
    if (!(v->type = json_string_value (value)))
        return jobspec_bad (error, sub, "a string", value);
    if (!type_is (v, "node") && !type_is (v, "slot") && !type_is (v, "core")
        && !type_is (v, "gpu"))
        return jobspec_bad (error, sub, "node, slot, core or gpu", value);
    snprintf (sub, sizeof (sub), "%s.count", path);
    value = json_object_get (o, "count");
    if (!jobspec_is_count (value))
        return jobspec_bad (error, sub, POSITIVE, value);
    v->count = json_integer_value (value);
    snprintf (sub, sizeof (sub), "%s.unit", path);
    if ((value = json_object_get (o, "unit")) && !json_is_string (value))
        return jobspec_bad (error, sub, "a string", value);
    snprintf (sub, sizeof (sub), "%s.label", path);
    if ((value = json_object_get (o, "label")) && !json_is_string (value))
        return jobspec_bad (error, sub, "a string", value);
    v->label = json_string_value (value);
    snprintf (sub, sizeof (sub), "%s.exclusive", path);
    if ((value = json_object_get (o, "exclusive")) && !json_is_boolean (value))
        return jobspec_bad (error, sub, "a boolean", value);
    v->exclusive = json_is_true (value);
    if (value && !type_is (v, "node") && !type_is (v, "slot"))
        return jobspec_bad (error, sub, "nothing in a core or gpu", value);
    snprintf (sub, sizeof (sub), "%s.with", path);
    v->with = json_object_get (o, "with");
    if (v->with && (type_is (v, "core") || type_is (v, "gpu")))
        return jobspec_bad (error, sub, "nothing below a core or gpu", v->with);
    if (v->with && !json_is_array (v->with))
        return jobspec_bad (error, sub, "an array", v->with);
    return 0;
}

/* What is in a slot: core, or core and gpu. */
static int read_slot_with (const struct vertex *slot,
                           const char *path,
                           struct jobspec *js,
                           flux_error_t *error)
{
    char sub[64];
    struct vertex v;
    size_t i;
    json_t *o;

    json_array_foreach (slot->with, i, o)
    {
        unsigned int *count;

        snprintf (sub, sizeof (sub), "%s.with[%zu]", path, i);
        if (read_vertex (o, sub, &v, error) < 0)
            return -1;
        if (!type_is (&v, "core") && !type_is (&v, "gpu"))
            return err_set (error,
                            EINVAL,
                            "jobspec: %s: a slot holds core and gpu, not %s",
                            sub,
                            v.type);
        count = type_is (&v, "core") ? &js->cores_per_slot : &js->gpus_per_slot;
        if (*count > 0)
            return err_set (error,
                            EINVAL,
                            "jobspec: %s: a second %s in one slot",
                            sub,
                            v.type);
        *count = v.count;
    }
    if (js->cores_per_slot == 0)
        return err_set (error,
                        EINVAL,
                        "jobspec: %s.with: expected a core, got none",
                        path);
    return 0;
}

static int set_totals (struct jobspec *js, flux_error_t *error)
{
    uint64_t nslots = (uint64_t)js->nslots * (js->nnodes ? js->nnodes : 1);
    uint64_t most = js->cores_per_slot > js->gpus_per_slot ? js->cores_per_slot
                                                           : js->gpus_per_slot;

    if (nslots > INT_MAX || nslots * most > INT_MAX)
        return err_set (error,
                        EINVAL,
                        "jobspec: resources: more than %d in total",
                        INT_MAX);
    js->nslots = nslots;
    js->ncores = nslots * js->cores_per_slot;
    js->ngpus = nslots * js->gpus_per_slot;
    return 0;
}

/* Sets *label to the slot's. */
static int read_resources (json_t *a,
                           struct jobspec *js,
                           const char **label,
                           flux_error_t *error)
{
    const char *path = "resources[0]";
    struct vertex v;

    if (!json_is_array (a))
        return jobspec_bad (error, "resources", "an array", a);
    if (json_array_size (a) != 1)
        return err_set (error,
                        EINVAL,
                        "jobspec: resources: expected 1 element, got %zu",
                        json_array_size (a));
    if (read_vertex (json_array_get (a, 0), path, &v, error) < 0)
        return -1;
    if (type_is (&v, "node")) {
        js->nnodes = v.count;
        js->exclusive = v.exclusive;
        if (json_array_size (v.with) != 1)
            return err_set (error,
                            EINVAL,
                            "jobspec: %s.with: expected 1 slot, got %zu "
                            "elements",
                            path,
                            json_array_size (v.with));
        path = "resources[0].with[0]";
        if (read_vertex (json_array_get (v.with, 0), path, &v, error) < 0)
            return -1;
    }
    if (!type_is (&v, "slot"))
        return err_set (error,
                        EINVAL,
                        "jobspec: %s.type: expected %s, got \"%s\"",
                        path,
                        js->nnodes ? "slot" : "node or slot",
                        v.type);
    if (!v.label)
        return err_set (error,
                        EINVAL,
                        "jobspec: %s.label: expected a string, got nothing",
                        path);
    *label = v.label;
    js->nslots = v.count;
    if (read_slot_with (&v, path, js, error) < 0)
        return -1;
    return set_totals (js, error);
}

/* ---- tasks ---- */

static int read_command (json_t *a, const char **command, flux_error_t *error)
{
    size_t i;
    json_t *o;
    char path[48];

    if (json_is_string (a)) {
        *command = json_string_value (a);
        return 0;
    }
    if (!json_is_array (a) || json_array_size (a) == 0)
        return jobspec_bad (error,
                            "tasks[0].command",
                            "an array of strings",
                            a);
    json_array_foreach (a, i, o)
    {
        if (json_is_string (o))
            continue;
        snprintf (path, sizeof (path), "tasks[0].command[%zu]", i);
        return jobspec_bad (error, path, "a string", o);
    }
    *command = json_string_value (json_array_get (a, 0));
    return 0;
}

static int read_task_count (json_t *o, struct jobspec *js, flux_error_t *error)
{
    static const char *const keys[] = { "per_slot", "total", NULL };
    json_t *per_slot, *total;

    if (!json_is_object (o))
        return jobspec_bad (error, "tasks[0].count", "an object", o);
    if (jobspec_only_keys (o, "tasks[0].count", keys, error) < 0)
        return -1;
    per_slot = json_object_get (o, "per_slot");
    total = json_object_get (o, "total");
    if (json_object_size (o) != 1)
        return err_set (error,
                        EINVAL,
                        "jobspec: tasks[0].count: expected either per_slot or "
                        "total, got %s",
                        total ? "both" : "neither");
    if (total) {
        if (!jobspec_is_count (total))
            return jobspec_bad (error, "tasks[0].count.total", POSITIVE, total);
        js->ntasks = json_integer_value (total);
        return 0;
    }
    if (!json_is_integer (per_slot) || json_integer_value (per_slot) != 1)
        return jobspec_bad (error, "tasks[0].count.per_slot", "1", per_slot);
    js->ntasks = js->nslots;
    return 0;
}

static int read_tasks (json_t *a,
                       struct jobspec *js,
                       const char *label,
                       const char **command,
                       flux_error_t *error)
{
    static const char *const keys[] = { "command", "slot", "count", NULL };
    json_t *o, *slot;

    if (!json_is_array (a))
        return jobspec_bad (error, "tasks", "an array", a);
    if (json_array_size (a) != 1)
        return err_set (error,
                        EINVAL,
                        "jobspec: tasks: expected 1 element, got %zu",
                        json_array_size (a));
    o = json_array_get (a, 0);
    if (!json_is_object (o))
        return jobspec_bad (error, "tasks[0]", "an object", o);
    if (jobspec_only_keys (o, "tasks[0]", keys, error) < 0
        || read_command (json_object_get (o, "command"), command, error) < 0)
        return -1;
    slot = json_object_get (o, "slot");
    if (!json_is_string (slot))
        return jobspec_bad (error, "tasks[0].slot", "a string", slot);
    if (strcmp (json_string_value (slot), label) != 0)
        return err_set (error,
                        EINVAL,
                        "jobspec: tasks[0].slot: no slot has the label "
                        "\"%.40s\"",
                        json_string_value (slot));
    return read_task_count (json_object_get (o, "count"), js, error);
}

static int jobspec_tree_read (json_t *o,
                              struct jobspec *js,
                              flux_error_t *error)
{
    json_t *version = json_object_get (o, "version");
    const char *label = NULL, *command = NULL;

    memset (js, 0, sizeof (*js));
    if (!json_is_integer (version) || json_integer_value (version) != 1)
        return jobspec_bad (error, "version", "1", version);
    if (read_resources (json_object_get (o, "resources"), js, &label, error) < 0
        || read_tasks (json_object_get (o, "tasks"), js, label, &command, error)
               < 0
        || jobspec_attr_read (json_object_get (o, "attributes"), js, error) < 0)
        return -1;
    if (js->ntasks < js->nnodes)
        return err_set (error,
                        EINVAL,
                        "jobspec: tasks[0].count.total: %u tasks are fewer "
                        "than %u nodes",
                        js->ntasks,
                        js->nnodes);
    if (!js->name)
        js->name =
            strrchr (command, '/') ? strrchr (command, '/') + 1 : command;
    return 0;
}

json_t *jobspec_tree_load (const char *text,
                           size_t len,
                           struct jobspec *js,
                           flux_error_t *error)
{
    json_t *o;

    if (len > JOBSPEC_MAX_SIZE)
        return err_null (error,
                         EINVAL,
                         "jobspec: %zu bytes, at most %d are accepted",
                         len,
                         JOBSPEC_MAX_SIZE);
    if (!(o = jload_object (text, len, "jobspec", error)))
        return NULL;
    if (jobspec_tree_read (o, js, error) < 0) {
        json_decref (o);
        return NULL;
    }
    return o;
}
