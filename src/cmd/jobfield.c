/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <flux/core.h>

#include "cmd/jobfield.h"
#include "cmd/jobvalue.h"
#include "cmd/util.h"

const struct named_format job_formats[] = {
    { "default",
      "the columns most people want",
      "{id.f58:>12} ?:{queue:<8.8} +:{username:<8} {name:<10.10+} "
      "{status_abbrev:>2.2} {ntasks:>6} {nnodes:>6h} "
      "{contextual_time!F:>8h} {contextual_info}" },
    { "cute",
      "the default, with emoji for the status",
      "{id.f58:>12} ?:{queue:<8.8} +:{username:<8} {name:<10.10+} "
      "{status_emoji:>5.5} {ntasks:>6} {nnodes:>6h} "
      "{contextual_time!F:>8h} {contextual_info}" },
    { "long",
      "more columns, for wide terminals",
      "{id.f58:>12} ?:{queue:<8.8} +:{username:<8} {name:<10.10+} "
      "{status:>9.9} {ntasks:>6} {nnodes:>6h} "
      "{t_submit!d:%b%d %R::>12} {t_remaining!F:>12h} "
      "{contextual_time!F:>8h} {contextual_info}" },
    { "deps",
      "urgency, priority and what a job waits for",
      "{id.f58:>12} ?:{queue:<8.8} {name:<10.10+} {urgency:<3} "
      "{priority:<12} {state:<8.8} {dependencies}" },
    { "endreason",
      "when and why jobs ended",
      "{id.f58:>12} ?:{queue:<8.8} +:{username:<8} {name:<10.10+} "
      "{status_abbrev:>2.2} {t_inactive!d:%b%d %R::>12h} {inactive_reason}" },
    { 0 },
};

struct field {
    const char *name;
    const char *head;
    const char *attrs; /* separated by blanks */
    void (*get) (json_t *job, const char *name, struct value *v);
};

static const struct field fields[] = {
    { "id", "JOBID", "", get_id },
    { "id.f58", "JOBID", "", get_id },
    { "id.f58plain", "JOBID", "", get_id },
    { "id.dec", "JOBID", "", get_id },
    { "id.hex", "JOBID", "", get_id },
    { "id.dothex", "JOBID", "", get_id },
    { "id.kvs", "JOBID", "", get_id },
    { "id.words", "JOBID", "", get_id },
    { "id.emoji", "JOBID", "", get_id },
    { "userid", "UID", "userid", get_attr },
    { "username", "USER", "userid", get_username },
    { "urgency", "URG", "urgency", get_attr },
    { "priority", "PRI", "priority", get_attr },
    { "dependencies", "DEPENDENCIES", "dependencies", get_list },
    { "state", "STATE", "state", get_state },
    { "state_single", "S", "state", get_state },
    { "state_emoji", "STATE", "state", get_state },
    { "status", "STATUS", "state result", get_status },
    { "status_abbrev", "ST", "state result", get_status },
    { "status_emoji", "STATUS", "state result", get_status },
    { "name", "NAME", "name", get_attr },
    { "cwd", "CWD", "cwd", get_attr },
    { "queue", "QUEUE", "queue", get_attr },
    { "project", "PROJECT", "project", get_attr },
    { "bank", "BANK", "bank", get_attr },
    { "ntasks", "NTASKS", "ntasks", get_attr },
    { "ncores", "NCORES", "ncores", get_attr },
    { "duration", "DURATION", "duration", get_attr },
    { "nnodes", "NNODES", "nnodes state", get_attr },
    { "ranks", "RANKS", "ranks", get_attr },
    { "nodelist", "NODELIST", "nodelist", get_attr },
    { "result", "RESULT", "result state", get_result },
    { "result_abbrev", "RS", "result state", get_result },
    { "result_emoji", "RESULT", "result state", get_result },
    { "success", "SUCCESS", "success", get_attr },
    { "waitstatus", "WSTATUS", "waitstatus", get_attr },
    { "returncode", "RC", "waitstatus result state", get_returncode },
    { "exception.occurred",
      "EXCEPTION-OCCURRED",
      "exception_occurred",
      get_exception },
    { "exception.severity",
      "EXCEPTION-SEVERITY",
      "exception_severity",
      get_exception },
    { "exception.type", "EXCEPTION-TYPE", "exception_type", get_exception },
    { "exception.note", "EXCEPTION-NOTE", "exception_note", get_exception },
    { "t_submit", "T_SUBMIT", "t_submit", get_attr },
    { "t_depend", "T_DEPEND", "t_depend", get_attr },
    { "t_priority", "T_PRIORITY", "t_priority", get_attr },
    { "t_sched", "T_SCHED", "t_sched", get_attr },
    { "t_run", "T_RUN", "t_run", get_attr },
    { "t_cleanup", "T_CLEANUP", "t_cleanup", get_attr },
    { "t_inactive", "T_INACTIVE", "t_inactive", get_attr },
    { "runtime", "RUNTIME", "t_run t_cleanup state", get_runtime },
    { "expiration", "EXPIRATION", "expiration", get_attr },
    { "t_remaining", "T_REMAINING", "expiration state", get_remaining },
    { "contextual_info",
      "INFO",
      "state dependencies annotations nodelist priority urgency",
      get_info },
    { "contextual_time", "TIME", "state t_run t_cleanup duration", get_time },
    { "inactive_reason",
      "INACTIVE-REASON",
      "state result waitstatus exception_occurred exception_severity "
      "exception_type exception_note",
      get_reason },
    { "annotations", "ANNOTATIONS", "annotations", get_annotation },
    { "sched", "SCHED", "annotations", get_annotation },
    { "user", "USER", "annotations", get_annotation },
};

#define NR_FIELDS (sizeof (fields) / sizeof (fields[0]))

static bool is_below (const char *name, const char *top)
{
    size_t n = strlen (top);

    return !strncmp (name, top, n) && name[n] == '.';
}

static const struct field *find (const char *name)
{
    for (size_t i = 0; i < NR_FIELDS; i++) {
        if (!strcmp (fields[i].name, name)
            || (fields[i].get == get_annotation
                && is_below (name, fields[i].name)))
            return &fields[i];
    }
    return NULL;
}

static const char *head (const char *name)
{
    static char upper[128];
    const struct field *f = find (name);

    if (!f)
        return NULL;
    if (!strcmp (f->name, name))
        return f->head;
    /* annotations.user.uri -> ANNOTATIONS.USER.URI; short forms USER.URI */
    size_t n = 0;
    for (; name[n] && n + 1 < sizeof (upper); n++)
        upper[n] =
            name[n] >= 'a' && name[n] <= 'z' ? name[n] - 'a' + 'A' : name[n];
    upper[n] = '\0';
    return upper;
}

static void get (const char *name, void *row, struct value *v)
{
    const struct field *f = find (name);

    value_none (v);
    if (f)
        f->get (row, name, v);
}

const struct format_ops job_format_ops = {
    .get = get,
    .head = head,
};

static void add_attrs (json_t *set, const char *name)
{
    const struct field *f = find (name);
    char *copy;
    char *save = NULL;

    if (!f)
        return;
    copy = xstrdup (f->attrs);
    for (char *w = strtok_r (copy, " ", &save); w;
         w = strtok_r (NULL, " ", &save))
        json_object_set_new (set, w, json_null ());
    free (copy);
}

static void add_sort (json_t *set, const char *keys)
{
    char *copy = xstrdup (keys);
    char *save = NULL;

    for (char *k = strtok_r (copy, ",", &save); k;
         k = strtok_r (NULL, ",", &save))
        add_attrs (set, k + (*k == '-'));
    free (copy);
}

json_t *job_attrs_for (const struct format *f, const char *sort)
{
    json_t *set = json_object ();
    json_t *list = json_array ();
    const char *name;
    json_t *val;

    /* colors go by the outcome */
    json_object_set_new (set, "state", json_null ());
    json_object_set_new (set, "result", json_null ());
    for (int i = 0; i < f->count; i++)
        add_attrs (set, f->fields[i].name);
    if (f->sort)
        add_sort (set, f->sort);
    if (sort)
        add_sort (set, sort);
    json_object_foreach (set, name, val)
        json_array_append_new (list, json_string (name));
    json_decref (set);
    return list;
}

static json_t *value_json (const struct value *v)
{
    switch (v->type) {
    case VAL_STR:
        return *v->s ? json_string (v->s) : NULL;
    case VAL_INT:
        return json_integer (v->i);
    case VAL_REAL:
        return json_real (v->d);
    case VAL_BOOL:
        return json_boolean (v->i);
    default:
        return NULL;
    }
}

static json_t *json_of_dependencies (json_t *job)
{
    json_t *out = json_array ();
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get (job, "dependencies"), i, o)
    {
        char *s = dependency_text (json_string_value (o));

        json_array_append_new (out, json_string (s));
        free (s);
    }
    return out;
}

json_t *job_to_json (json_t *job)
{
    json_t *o = json_object ();
    flux_jobid_t id;

    for (size_t i = 0; i < NR_FIELDS; i++) {
        const char *name = fields[i].name;
        struct value v = { 0 };
        json_t *val = NULL;

        if (!strncmp (name, "id.", 3) || strstr (name, "_emoji")
            || strstr (name, "contextual_") || !strcmp (name, "sched")
            || !strcmp (name, "user") || !strcmp (name, "inactive_reason")
            || !strcmp (name, "state_single") || strstr (name, "_abbrev"))
            continue;
        if (!strcmp (name, "dependencies"))
            val = json_of_dependencies (job);
        else if (!strcmp (name, "annotations"))
            val = json_object_get (job, name)
                      ? json_incref (json_object_get (job, name))
                      : json_object ();
        else if (!strcmp (name, "id"))
            val = json_incref (json_object_get (job, "id"));
        else {
            fields[i].get (job, name, &v);
            val = value_json (&v);
            value_clear (&v);
        }
        if (val && strcmp (name, "expiration") == 0
            && json_number_value (val) == 0.) {
            json_decref (val);
            val = NULL;
        }
        if (val)
            json_set_path (o, name, val);
    }
    if (!json_object_get (o, "exception"))
        json_object_set_new (o,
                             "exception",
                             json_pack ("{s:b}", "occurred", 0));
    id = json_integer_value (json_object_get (job, "id"));
    json_object_set_new (o, "jobid", json_string (id_str (id)));
    return o;
}
