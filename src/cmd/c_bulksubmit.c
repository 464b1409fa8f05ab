/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "cmd/bulkinput.h"
#include "cmd/bulktemplate.h"
#include "cmd/cmd.h"
#include "cmd/jobspec_build.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/submit.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 0, "sep", "STRING", "What separates inputs in files (none: blanks)." },
    { 0, "define", "NAME=CODE", "Add method NAME, a Python expression of x." },
    { 0, "shuffle", NULL, "Submit in random order." },
    { 0 },
};

struct bulk {
    const struct opts *o;
    struct bulk_inputs in;
    json_t *defined;
    int argc; /* of the command template */
    char **argv;
    struct opts *list; /* one for each combination */
};

static bool is_own (const struct opt_use *u)
{
    for (const struct option_def *d = options; d->name; d++) {
        if (d == u->def)
            return true;
    }
    return false;
}

static json_t *define_all (const struct bulk *b)
{
    json_t *defined = json_object ();
    json_t *inputs = json_array ();
    const char *s;

    for (int i = 0; i < b->in.nlists; i++) {
        for (size_t k = 0; k < b->in.lists[i].count; k++)
            json_array_append_new (inputs,
                                   json_string (b->in.lists[i].words[k]));
    }
    for (int i = 0; (s = opt_nth (b->o, "define", i)); i++) {
        char *name = xasprintf ("%.*s", (int)strcspn (s, "="), s);

        if (!s[strlen (name)] || !*name)
            die_usage ("--define: '%s' is not of the form NAME=CODE", s);
        json_object_set_new (defined,
                             name,
                             bulk_define (name, s + strlen (name) + 1, inputs));
        free (name);
    }
    json_decref (inputs);
    return defined;
}

static char *expand (const struct bulk_row *row, const char *s)
{
    flux_error_t e;
    char *out = bulk_expand (row, s, &e);

    if (!out)
        die ("%s", e.text);
    return out;
}

/* The command line that one combination makes. */
static void make_opts (struct bulk *b, size_t seq, size_t n, struct opts *o)
{
    const char **words = xcalloc (b->in.nlists, sizeof (*words));
    struct bulk_row row = {
        .words = words,
        .count = b->in.nlists,
        .seq = seq,
        .defined = b->defined,
    };

    bulk_combination (&b->in, n, words);
    *o = *b->o;
    o->argc = b->argc;
    o->argv = xcalloc (b->argc + 1, sizeof (*o->argv));
    for (int i = 0; i < b->argc; i++)
        o->argv[i] = expand (&row, b->argv[i]);
    o->uses = xcalloc (o->nuses + 1, sizeof (*o->uses));
    for (size_t i = 0; i < o->nuses; i++) {
        o->uses[i] = b->o->uses[i];
        if (o->uses[i].value && !is_own (&o->uses[i]))
            o->uses[i].value = expand (&row, o->uses[i].value);
    }
    free (words);
}

static void free_opts (struct opts *o)
{
    for (int i = 0; i < o->argc; i++)
        free (o->argv[i]);
    for (size_t i = 0; i < o->nuses; i++) {
        if (o->uses[i].value && !is_own (&o->uses[i]))
            free ((char *)o->uses[i].value);
    }
    opts_free (o);
}

static size_t *order (size_t total, bool shuffle)
{
    size_t *a = xcalloc (total + 1, sizeof (*a));

    for (size_t i = 0; i < total; i++)
        a[i] = i;
    if (shuffle)
        srandom (time (NULL) ^ getpid ());
    for (size_t i = total; shuffle && i > 1; i--) {
        size_t k = random () % i;
        size_t t = a[k];
        a[k] = a[i - 1];
        a[i - 1] = t;
    }
    return a;
}

/* Only what differs from job to job, and the command. */
static void print_opts (const struct bulk *b, const struct opts *o)
{
    char *words = join_words (o->argc, o->argv);

    printf ("bulksubmit: submit");
    for (size_t i = 0; i < o->nuses; i++) {
        const struct opt_use *u = &o->uses[i];

        if (!u->value || is_own (u) || !strchr (b->o->uses[i].value, '{'))
            continue;
        if (u->def->letter)
            printf (" -%c%s", u->def->letter, u->value);
        else
            printf (" --%s=%s", u->def->name, u->value);
    }
    printf ("%s%s\n", *words ? " " : "", words);
    free (words);
}

/* "{cc}" without --cc is nothing. */
static void drop_cc (struct opts *o)
{
    for (int i = 0; i < o->argc; i++) {
        char *at;
        while ((at = strstr (o->argv[i], "{cc}")))
            memmove (at, at + 4, strlen (at + 4) + 1);
    }
}

static void bulk_init (struct bulk *b, const struct opts *o)
{
    static char *all[] = { "{}" };
    size_t *a;

    b->o = o;
    b->argv = o->argv;
    b->argc = bulk_split (o->argc, o->argv);
    bulk_read (&b->in,
               o->argc - b->argc,
               o->argv + b->argc,
               opt_str (o, "sep", "\n"));
    if (b->argc == 0) {
        b->argv = all;
        b->argc = 1;
    }
    if (b->in.total == 0)
        die ("no jobs provided for bulk submission");
    b->defined = define_all (b);
    b->list = xcalloc (b->in.total, sizeof (*b->list));
    a = order (b->in.total, opt_count (o, "shuffle") > 0);
    for (size_t i = 0; i < b->in.total; i++)
        make_opts (b, a[i], a[i], &b->list[i]);
    free (a);
}

static int run (struct opts *o)
{
    struct bulk b;
    bool has_cc = opt_count (o, "cc") || opt_count (o, "bcc");
    int status = 0;

    if (opt_count (o, "sep") && !*opt_str (o, "sep", ""))
        die_usage ("--sep: the separator is empty");
    bulk_init (&b, o);
    for (size_t i = 0; i < b.in.total; i++) {
        if (opt_count (o, "dry-run"))
            print_opts (&b, &b.list[i]);
        else if (!has_cc)
            drop_cc (&b.list[i]);
    }
    if (!opt_count (o, "dry-run"))
        status = submit_list (o, b.list, b.in.total);
    for (size_t i = 0; i < b.in.total; i++)
        free_opts (&b.list[i]);
    free (b.list);
    json_decref (b.defined);
    bulk_clear (&b.in);
    return status;
}

const struct command cmd_bulksubmit = {
    .name = "bulksubmit",
    .summary = "enqueue a job for each of many inputs",
    .usage = "[OPTIONS] COMMAND... [::: INPUTS...]",
    .options = { resource_options,
                 job_options,
                 io_options,
                 submit_options,
                 options },
    .verbatim = true,
    .usage_status = 2,
    .section = "submission",
    .run = run,
};
