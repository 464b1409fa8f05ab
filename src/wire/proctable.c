/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/jbuf.h"
#include "wire/jload.h"
#include "wire/proctable.h"

enum {
    /* A short text must not ask for more. */
    MAX_TASKS = 1 << 22,
};

static struct proctable_task *add_task (struct proctable *t)
{
    if (t->count == t->size) {
        size_t size = t->size ? t->size * 2 : 16;
        struct proctable_task *tasks =
            realloc (t->tasks, size * sizeof (*tasks));

        if (!tasks) {
            t->failed = true;
            return NULL;
        }
        t->tasks = tasks;
        t->size = size;
    }
    memset (&t->tasks[t->count], 0, sizeof (*t->tasks));
    return &t->tasks[t->count++];
}

static const char *next_line (const char *s, const char *end, char **line)
{
    const char *eol = memchr (s, '\n', end - s);

    *line = NULL;
    if (!eol)
        return NULL;
    *line = strndup (s, eol - s);
    return *line ? eol + 1 : NULL;
}

void proctable_add (struct proctable *t,
                    unsigned int rank,
                    const char *text,
                    size_t len)
{
    const char *end = text + len;
    char *host = NULL;
    char *executable = NULL;
    bool first = true;
    char *line;

    if (!(text = next_line (text, end, &host))
        || !(text = next_line (text, end, &executable))) {
        free (host);
        free (executable);
        return;
    }
    while ((text = next_line (text, end, &line))) {
        struct proctable_task *task;
        long long id, pid;

        if (sscanf (line, "%lld %lld", &id, &pid) == 2
            && (task = add_task (t))) {
            *task = (struct proctable_task){ host, executable, first,
                                             id,   pid,        rank };
            first = false;
        }
        free (line);
    }
    if (first) {
        free (host);
        free (executable);
    }
}

void proctable_clear (struct proctable *t)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->tasks[i].first) {
            free (t->tasks[i].host);
            free (t->tasks[i].executable);
        }
    }
    free (t->tasks);
    memset (t, 0, sizeof (*t));
}

/* ---- to text ---- */

static int64_t get_id (const struct proctable_task *task)
{
    return task->id;
}

static int64_t get_pid (const struct proctable_task *task)
{
    return task->pid;
}

static int64_t get_rank (const struct proctable_task *task)
{
    return task->rank;
}

static const char *get_host (const struct proctable_task *task)
{
    return task->host;
}

static const char *get_executable (const struct proctable_task *task)
{
    return task->executable ? task->executable : "";
}

/* How many elements after the i-th go on by step. */
static size_t run_of (const struct proctable *t,
                      size_t i,
                      int64_t (*get) (const struct proctable_task *),
                      int64_t step)
{
    size_t n = 0;

    while (i + n + 1 < t->count
           && get (&t->tasks[i + n + 1]) == get (&t->tasks[i + n]) + step)
        n++;
    return n;
}

static void put_numbers (struct jbuf *b,
                         const struct proctable *t,
                         int64_t (*get) (const struct proctable_task *))
{
    int64_t before = 0;
    size_t i = 0;

    jbuf_lit (b, "[");
    while (i < t->count) {
        int64_t delta = get (&t->tasks[i]) - before;
        size_t up = run_of (t, i, get, 1);
        size_t same = up > 0 ? 0 : run_of (t, i, get, 0);

        jbuf_lit (b, i > 0 ? "," : "");
        jbuf_lit (b, up + same > 0 ? "[" : "");
        jbuf_int (b, delta);
        if (up + same > 0) {
            jbuf_lit (b, ",");
            jbuf_int (b, up > 0 ? (int64_t)up : -(int64_t)same);
            jbuf_lit (b, "]");
        }
        i += up + same;
        before = get (&t->tasks[i++]);
    }
    jbuf_lit (b, "]");
}

static void put_strings (struct jbuf *b,
                         const struct proctable *t,
                         const char *(*get) (const struct proctable_task *))
{
    size_t i = 0;
    size_t n;

    jbuf_lit (b, "[");
    while (i < t->count) {
        const char *s = get (&t->tasks[i]);

        for (n = 1; i + n < t->count && !strcmp (get (&t->tasks[i + n]), s);)
            n++;
        jbuf_lit (b, i > 0 ? "," : "");
        jbuf_lit (b, n > 1 ? "[" : "");
        jbuf_string (b, s);
        if (n > 1) {
            jbuf_lit (b, ",[[-1,");
            jbuf_int (b, -(int64_t)(n - 1));
            jbuf_lit (b, "]]]");
        }
        i += n;
    }
    jbuf_lit (b, "]");
}

char *proctable_encode (const struct proctable *t)
{
    struct jbuf b = { .failed = t->failed };

    jbuf_lit (&b, "{\"hosts\":");
    put_strings (&b, t, get_host);
    jbuf_lit (&b, ",\"executables\":");
    put_strings (&b, t, get_executable);
    jbuf_lit (&b, ",\"ids\":");
    put_numbers (&b, t, get_id);
    jbuf_lit (&b, ",\"pids\":");
    put_numbers (&b, t, get_pid);
    jbuf_lit (&b, ",\"ranks\":");
    put_numbers (&b, t, get_rank);
    jbuf_lit (&b, "}");
    return jbuf_take (&b, NULL);
}

/* ---- from text ---- */

struct numbers {
    int64_t *v;
    size_t count;
    size_t size;
};

static int add_number (struct numbers *n, int64_t value)
{
    if (n->count == n->size) {
        size_t size = n->size ? n->size * 2 : 64;
        int64_t *v =
            size > MAX_TASKS ? NULL : realloc (n->v, size * sizeof (*v));

        if (!v)
            return -1;
        n->v = v;
        n->size = size;
    }
    n->v[n->count++] = value;
    return 0;
}

static int read_run (struct numbers *n, json_t *entry, int64_t *before)
{
    json_int_t delta;
    json_int_t run = 0;
    json_int_t again = 0;

    if (json_is_integer (entry))
        delta = json_integer_value (entry);
    else if (json_unpack (entry, "[I,I!]", &delta, &run) < 0
             && json_unpack (entry, "[I,I,I!]", &delta, &run, &again) < 0)
        return -1;
    if (again < 0 || again > MAX_TASKS || run > MAX_TASKS || run < -MAX_TASKS)
        return -1;
    for (; again >= 0; again--) {
        *before += delta;
        for (json_int_t i = 0; i <= llabs (run); i++) {
            if (i > 0)
                *before += run > 0;
            if (add_number (n, *before) < 0)
                return -1;
        }
    }
    return 0;
}

static int read_numbers (json_t *list, struct numbers *n)
{
    int64_t before = 0;
    json_t *entry;
    size_t i;

    if (!json_is_array (list))
        return -1;
    json_array_foreach (list, i, entry)
    {
        if (read_run (n, entry, &before) < 0)
            return -1;
    }
    return 0;
}

/* Hosts, one for each task. */
static int read_hosts (json_t *list, struct proctable *t)
{
    size_t at = 0;
    json_t *entry;
    size_t i;

    json_array_foreach (list, i, entry)
    {
        json_t *array = json_is_array (entry) ? entry : NULL;
        const char *prefix =
            json_string_value (array ? json_array_get (array, 0) : entry);
        struct numbers n = { 0 };
        int rc = prefix ? 0 : -1;

        if (rc == 0)
            rc = array ? read_numbers (json_array_get (array, 1), &n)
                       : add_number (&n, -1);
        for (size_t k = 0; rc == 0 && k < n.count; k++, at++) {
            struct proctable_task *task = at < t->count ? &t->tasks[at] : NULL;

            if (!task
                || (n.v[k] < 0 ? asprintf (&task->host, "%s", prefix)
                               : asprintf (&task->host,
                                           "%s%lld",
                                           prefix,
                                           (long long)n.v[k]))
                       < 0)
                rc = -1;
            else
                task->first = true;
        }
        free (n.v);
        if (rc < 0)
            return -1;
    }
    return at == t->count ? 0 : -1;
}

static int read_tasks (json_t *o, struct proctable *t)
{
    struct numbers ids = { 0 };
    struct numbers pids = { 0 };
    int rc = -1;

    if (read_numbers (json_object_get (o, "ids"), &ids) == 0
        && read_numbers (json_object_get (o, "pids"), &pids) == 0
        && ids.count == pids.count)
        rc = 0;
    for (size_t i = 0; rc == 0 && i < ids.count; i++) {
        struct proctable_task *task = add_task (t);

        if (!task)
            rc = -1;
        else {
            task->id = ids.v[i];
            task->pid = pids.v[i];
        }
    }
    free (ids.v);
    free (pids.v);
    return rc;
}

int proctable_decode (const char *json,
                      struct proctable *t,
                      flux_error_t *error)
{
    json_t *o = jload_object (json, strlen (json), "proctable", error);
    int rc;

    if (!o)
        return -1;
    rc = read_tasks (o, t);
    if (rc == 0)
        rc = read_hosts (json_object_get (o, "hosts"), t);
    json_decref (o);
    if (rc < 0) {
        proctable_clear (t);
        return err_set (error, EPROTO, "proctable: malformed");
    }
    return 0;
}
