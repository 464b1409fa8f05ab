/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <flux/core.h>
#include <flux/hostlist.h>
#include <flux/idset.h>
#include <jansson.h>

#include "cmd/jobspec_build.h"
#include "cmd/submit.h"
#include "cmd/submit_wait.h"
#include "cmd/util.h"

const struct option_def submit_options[] = {
    { 0, "cc", "IDSET", "Submit once for each id, as FLUX_JOB_CC and {cc}." },
    { 0, "bcc", "IDSET", "As --cc, without setting FLUX_JOB_CC." },
    { 0, "quiet", NULL, "Do not print job ids." },
    { 0, "log", "FILE", "Write ids and output to FILE." },
    { 0, "log-stderr", "FILE", "Write standard error of jobs to FILE." },
    { 0, "wait", NULL, "Wait until all jobs are over." },
    { 0, "wait-event", "NAME", "Wait until all jobs have had this event." },
    { 0, "watch", NULL, "Show the output of all jobs; implies --wait." },
    { 0, "progress", NULL, "Show a progress bar." },
    { 0, "jps", NULL, "With --progress, show jobs per second." },
    { 0 },
};

enum {
    /* Enough submissions on their way to hide the round trip; more would
     * only make both sides hold more memory.
     */
    WINDOW = 256,
};

struct source {
    const struct opts *o;
    json_t *env;
    struct idset *ids; /* NULL: one job */
    unsigned int next;
    int flags;
    int urgency;
    bool set_cc;
    bool uses_cc;  /* {cc} or FLUX_JOB_CC: each jobspec differs */
    char *jobspec; /* the one for all, when they do not */
};

static bool mentions_cc (const struct opts *o)
{
    for (int i = 0; i < o->argc; i++) {
        if (strstr (o->argv[i], "{cc}"))
            return true;
    }
    for (size_t i = 0; i < o->nuses; i++) {
        if (o->uses[i].value && strstr (o->uses[i].value, "{cc}"))
            return true;
    }
    return false;
}

static void source_init (struct source *s, const struct opts *o)
{
    const char *cc = opt_str (o, "cc", NULL);
    const char *bcc = opt_str (o, "bcc", NULL);
    const char *set = cc ? cc : bcc;
    flux_error_t e;

    memset (s, 0, sizeof (*s));
    s->o = o;
    if (cc && bcc)
        die ("--cc and --bcc exclude each other");
    if (set) {
        s->ids = idset_decode (set);
        if (!s->ids || idset_empty (s->ids))
            die ("--%s: '%s' is not a set of ids", cc ? "cc" : "bcc", set);
        s->next = idset_first (s->ids);
    }
    s->set_cc = cc != NULL;
    s->uses_cc = set && (cc || mentions_cc (o));
    if (!(s->env = jobspec_env (o, &e)))
        die ("--env: %s", e.text);
    if ((s->flags = jobspec_flags (o, &e)) < 0)
        die ("%s", e.text);
    s->urgency = parse_urgency (opt_str (o, "urgency", "default"));
}

static void source_clear (struct source *s)
{
    json_decref (s->env);
    idset_destroy (s->ids);
    free (s->jobspec);
}

static char *encode (struct source *s, long cc)
{
    flux_error_t e;
    json_t *jobspec;
    char *text;

    if (s->set_cc) {
        char value[32];
        snprintf (value, sizeof (value), "%ld", cc);
        json_object_set_new (s->env, "FLUX_JOB_CC", json_string (value));
    }
    jobspec = jobspec_build (s->o, s->o->argc, s->o->argv, s->env, cc, &e);
    if (!jobspec)
        die ("%s", e.text);
    if (!(text = json_dumps (jobspec, JSON_COMPACT)))
        die ("out of memory");
    json_decref (jobspec);
    return text;
}

/* The text of the next jobspec, or NULL after the last; *cc is its id. */
static const char *source_next (struct source *s, long *cc)
{
    *cc = s->ids ? (long)s->next : -1;
    if (s->next == IDSET_INVALID_ID)
        return NULL;
    s->next = s->ids ? idset_next (s->ids, s->next) : IDSET_INVALID_ID;
    if (!s->jobspec || s->uses_cc) {
        free (s->jobspec);
        s->jobspec = encode (s, *cc);
    }
    return s->jobspec;
}

/* Refuse bad options before there is a connection: build the first jobspec.
 * It is kept when it will do for all.
 */
static void source_check (struct source *s)
{
    s->jobspec = encode (s, s->ids ? (long)s->next : -1);
    if (s->uses_cc) {
        free (s->jobspec);
        s->jobspec = NULL;
    }
}

flux_t *submit_one (const struct opts *o, flux_jobid_t *id)
{
    struct source s;
    flux_future_t *f;
    flux_t *h;
    long cc;

    source_init (&s, o);
    source_check (&s);
    h = cmd_open ();
    f = flux_job_submit (h, source_next (&s, &cc), s.urgency, s.flags);
    if (!f)
        die ("%s", strerror (errno));
    if (flux_job_submit_get_id (f, id) < 0)
        die ("%s", future_text (f));
    flux_future_destroy (f);
    source_clear (&s);
    return h;
}

int submit_dry_run (const struct opts *o)
{
    struct source s;
    const char *jobspec;
    long cc;

    source_init (&s, o);
    while ((jobspec = source_next (&s, &cc)))
        printf ("%s\n", jobspec);
    source_clear (&s);
    return 0;
}

struct pending {
    flux_future_t *f;
    long cc;
};

/* Take the answer to the oldest request; false when it was refused. */
static bool take (struct waiter *w, struct pending *p)
{
    flux_jobid_t id;
    bool good = true;

    if (flux_job_submit_get_id (p->f, &id) < 0) {
        waiter_refused (w);
        warn_msg ("%s", future_text (p->f));
        good = false;
    }
    else
        waiter_submitted (w, id, p->cc);
    flux_future_destroy (p->f);
    p->f = NULL;
    return good;
}

/* All jobs of a list of command lines, one source after the other. */
struct batch {
    const struct opts *list;
    size_t count;
    size_t at; /* the one that source is for */
    struct source source;
};

static const char *batch_next (struct batch *b, long *cc)
{
    const char *jobspec;

    while (!(jobspec = source_next (&b->source, cc)) && b->at + 1 < b->count) {
        source_clear (&b->source);
        source_init (&b->source, &b->list[++b->at]);
    }
    return jobspec;
}

/* Refuse what is bad in any of them before there is a connection. */
static int batch_check (struct batch *b)
{
    size_t total = 0;

    for (size_t i = 0; i < b->count; i++) {
        struct source s;
        source_init (&s, &b->list[i]);
        source_check (&s);
        total += s.ids ? idset_count (s.ids) : 1;
        source_clear (&s);
    }
    return (int)total;
}

/* Requests go out ahead of the answers, up to WINDOW; answers are taken in
 * order, so that ids are printed in the order of the set.
 */
static int submit_all (flux_t *h, struct batch *b, struct waiter *w)
{
    struct pending ring[WINDOW];
    unsigned sent = 0;
    unsigned taken = 0;
    const char *jobspec;
    long cc;
    int failed = 0;

    while ((jobspec = batch_next (b, &cc))) {
        struct pending *p = &ring[sent % WINDOW];

        if (sent - taken == WINDOW)
            failed |= !take (w, &ring[taken++ % WINDOW]);
        p->cc = cc;
        p->f = flux_job_submit (h, jobspec, b->source.urgency, b->source.flags);
        if (!p->f)
            die ("%s", strerror (errno));
        sent++;
    }
    while (taken < sent)
        failed |= !take (w, &ring[taken++ % WINDOW]);
    return failed;
}

int submit_list (const struct opts *o, const struct opts *list, size_t count)
{
    struct batch b = { .list = list, .count = count };
    struct waiter *w;
    flux_t *h;
    int total;
    int status;

    total = batch_check (&b);
    h = cmd_open ();
    w = waiter_create (h, o, total);
    source_init (&b.source, &list[0]);
    status = submit_all (h, &b, w);
    source_clear (&b.source);
    if (waiter_run (w) > status)
        status = waiter_status (w);
    waiter_destroy (w);
    flux_close (h);
    return status;
}

int submit_run (const struct opts *o)
{
    return submit_list (o, o, 1);
}
