/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A table of reports that remembers what it was told, for tests. */

#ifndef SLUICE_TESTS_EXEC_REPORTS_H
#define SLUICE_TESTS_EXEC_REPORTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "exec/exec.h"

struct report {
    uint64_t id;
    char order[32]; /* a letter each: Log, Started, Exception, Finish,
                       Release; output is not in it */
    int started, finished, released;
    int status;
    char type[32];
    char note[256];
    char *exec_log; /* "" at least */
    char *output;
    char *input;
    size_t exec_len, output_len, input_len;
    UT_hash_handle hh;
};

struct reports {
    struct report *by_id;
    int nreleased;
};

static inline struct report *report_of (struct reports *all, uint64_t id)
{
    struct report *r;

    HASH_FIND (hh, all->by_id, &id, sizeof (id), r);
    if (!r) {
        r = calloc (1, sizeof (*r));
        r->id = id;
        r->exec_log = calloc (1, 1);
        r->output = calloc (1, 1);
        r->input = calloc (1, 1);
        HASH_ADD (hh, all->by_id, id, sizeof (r->id), r);
    }
    return r;
}

static inline void report_note (struct report *r, char c)
{
    size_t n = strlen (r->order);

    if (n + 1 < sizeof (r->order))
        r->order[n] = c;
}

static inline void report_started (void *arg, uint64_t id)
{
    struct report *r = report_of (arg, id);

    r->started++;
    report_note (r, 'S');
}

static inline void report_log (void *arg,
                               uint64_t id,
                               const char *path,
                               const char *data,
                               size_t len)
{
    struct report *r = report_of (arg, id);
    bool exec = !strcmp (path, "guest.exec.eventlog");
    bool input = !strcmp (path, "guest.input");
    char **s = exec ? &r->exec_log : input ? &r->input : &r->output;
    size_t *n = exec ? &r->exec_len : input ? &r->input_len : &r->output_len;

    *s = realloc (*s, *n + len + 1);
    memcpy (*s + *n, data, len);
    *n += len;
    (*s)[*n] = '\0';
    if (exec)
        report_note (r, 'L');
}

static inline void report_exception (void *arg,
                                     uint64_t id,
                                     int severity,
                                     const char *type,
                                     const char *note)
{
    struct report *r = report_of (arg, id);

    snprintf (r->type, sizeof (r->type), "%s", type);
    snprintf (r->note, sizeof (r->note), "%s", note);
    report_note (r, 'E');
}

static inline void report_finish (void *arg, uint64_t id, int status)
{
    struct report *r = report_of (arg, id);

    r->finished++;
    r->status = status;
    report_note (r, 'F');
}

static inline void report_release (void *arg, uint64_t id)
{
    struct reports *all = arg;
    struct report *r = report_of (arg, id);

    r->released++;
    all->nreleased++;
    report_note (r, 'R');
}

static inline struct exec_reports reports_table (struct reports *all)
{
    return (struct exec_reports){
        .started = report_started,
        .log = report_log,
        .exception = report_exception,
        .finish = report_finish,
        .release = report_release,
        .arg = all,
    };
}

static inline void reports_clear (struct reports *all)
{
    struct report *r, *next;

    HASH_ITER (hh, all->by_id, r, next)
    {
        HASH_DEL (all->by_id, r);
        free (r->exec_log);
        free (r->output);
        free (r->input);
        free (r);
    }
    all->nreleased = 0;
}

#endif
