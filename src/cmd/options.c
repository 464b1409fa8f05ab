/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fsd.h"
#include "cmd/fsd.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def help_option = { 'h',
                                               "help",
                                               NULL,
                                               "Show this help and exit." };

enum {
    MAX_OPTIONS = 100,
    LONG_BASE = 1000, /* getopt values of options found by their long name */
};

struct table {
    struct option longs[MAX_OPTIONS + 1];
    const struct option_def *defs[MAX_OPTIONS];
    char shorts[3 * MAX_OPTIONS + 3];
    int n;
};

static int arg_kind (const struct option_def *d)
{
    if (!d->arg)
        return no_argument;
    return d->arg[0] == '[' ? optional_argument : required_argument;
}

static void table_add (struct table *t, const struct option_def *d)
{
    int kind = arg_kind (d);
    size_t len = strlen (t->shorts);

    if (t->n == MAX_OPTIONS)
        return;
    t->defs[t->n] = d;
    t->longs[t->n] = (struct option){
        .name = d->name ? d->name : "",
        .has_arg = kind,
        .val = LONG_BASE + t->n,
    };
    t->n++;
    if (d->letter) {
        t->shorts[len++] = d->letter;
        if (kind != no_argument)
            t->shorts[len++] = ':';
        if (kind == optional_argument)
            t->shorts[len++] = ':';
    }
}

static void table_build (struct table *t, const struct command *c)
{
    memset (t, 0, sizeof (*t));
    /* "+": stop at the first other word; ":": tell a missing value apart. */
    strcpy (t->shorts, "+:");
    for (int i = 0; i < OPTION_TABLES && c->options[i]; i++) {
        for (const struct option_def *d = c->options[i]; d->name || d->letter;
             d++)
            table_add (t, d);
    }
    if (!strchr (t->shorts, 'h'))
        table_add (t, &help_option);
    else {
        static const struct option_def
            long_help = { 0, "help", NULL, "Show this help and exit." };
        table_add (t, &long_help);
    }
}

static const struct option_def *find_short (struct table *t, int letter)
{
    for (int i = 0; i < t->n; i++) {
        if (t->defs[i]->letter == letter)
            return t->defs[i];
    }
    return NULL;
}

/* getopt_long takes any unique beginning of a name; we do not. */
static bool is_known_long (struct table *t, const char *word)
{
    size_t len = strcspn (word + 2, "=");

    for (int i = 0; i < t->n; i++) {
        const char *name = t->defs[i]->name;
        if (name && strlen (name) == len && !strncmp (name, word + 2, len))
            return true;
    }
    return false;
}

static int bad_option (struct table *t,
                       int c,
                       const char *word,
                       flux_error_t *e)
{
    if (c == ':') {
        if (optopt >= LONG_BASE)
            return err_set (e,
                            EINVAL,
                            "option --%s requires an argument",
                            t->defs[optopt - LONG_BASE]->name);
        return err_set (e, EINVAL, "option -%c requires an argument", optopt);
    }
    if (optopt >= LONG_BASE)
        return err_set (e,
                        EINVAL,
                        "option --%s takes no argument",
                        t->defs[optopt - LONG_BASE]->name);
    if (optopt)
        return err_set (e, EINVAL, "unknown option -%c", optopt);
    return err_set (e, EINVAL, "unknown option %s", word);
}

/* A word that is no option, or all that are left; false if there may be more.
 */
static bool take_words (struct opts *o, int argc, char **argv, bool all)
{
    while (optind < argc) {
        o->argv[o->argc++] = argv[optind++];
        if (!all)
            return false;
    }
    return true;
}

int opts_parse (struct opts *o,
                const struct command *c,
                int argc,
                char **argv,
                flux_error_t *e)
{
    struct table t;
    size_t letters = 0;
    int kind;

    memset (o, 0, sizeof (*o));
    o->cmd = c;
    /* "-abc" is three; one more is left for the command to add */
    for (int i = 1; i < argc; i++)
        letters += strlen (argv[i]);
    o->uses = calloc (argc + letters + 1, sizeof (*o->uses));
    o->argv = calloc (argc + 1, sizeof (*o->argv));
    if (!o->uses || !o->argv)
        goto nomem;
    table_build (&t, c);
    optind = 0;
    opterr = 0;
    while (true) {
        int at = optind ? optind : 1;
        const char *word = at < argc ? argv[at] : NULL;

        if (word && !strncmp (word, "--", 2) && word[2]
            && !is_known_long (&t, word)) {
            err_set (e,
                     EINVAL,
                     "unknown option %.*s",
                     (int)strcspn (word, "="),
                     word);
            goto error;
        }
        kind = getopt_long (argc, argv, t.shorts, t.longs, NULL);
        if (kind == -1) {
            bool ended = word && !strcmp (word, "--");
            if (take_words (o, argc, argv, ended || c->verbatim))
                break;
            continue;
        }
        if (kind == '?' || kind == ':') {
            bad_option (&t, kind, word, e);
            goto error;
        }
        o->uses[o->nuses].def = kind >= LONG_BASE ? t.defs[kind - LONG_BASE]
                                                  : find_short (&t, kind);
        o->uses[o->nuses++].value = optarg;
    }
    return 0;
nomem:
    err_set (e, ENOMEM, "out of memory");
error:
    opts_free (o);
    errno = EINVAL;
    return -1;
}

void opts_free (struct opts *o)
{
    free (o->uses);
    free (o->argv);
    memset (o, 0, sizeof (*o));
}

static bool use_is (const struct opt_use *u, const char *name)
{
    if (u->def->name)
        return !strcmp (u->def->name, name);
    return name[0] == u->def->letter && !name[1];
}

int opt_count (const struct opts *o, const char *name)
{
    int n = 0;

    for (size_t i = 0; i < o->nuses; i++)
        n += use_is (&o->uses[i], name);
    return n;
}

const char *opt_str (const struct opts *o, const char *name, const char *def)
{
    for (size_t i = o->nuses; i > 0; i--) {
        if (use_is (&o->uses[i - 1], name))
            return o->uses[i - 1].value ? o->uses[i - 1].value : def;
    }
    return def;
}

const char *opt_nth (const struct opts *o, const char *name, int n)
{
    for (size_t i = 0; i < o->nuses; i++) {
        if (use_is (&o->uses[i], name) && n-- == 0)
            return o->uses[i].value ? o->uses[i].value : "";
    }
    return NULL;
}

long opt_int (const struct opts *o,
              const char *name,
              long def,
              long min,
              long max)
{
    const char *s = opt_str (o, name, NULL);
    char *end;
    long v;

    if (!s)
        return def;
    errno = 0;
    v = strtol (s, &end, 10);
    if (errno || end == s || *end || v < min || v > max) {
        if (max < 1000000)
            die ("--%s: '%s' is not an integer from %ld to %ld",
                 name,
                 s,
                 min,
                 max);
        die ("--%s: '%s' is not an integer of %ld or more", name, s, min);
    }
    return v;
}

double opt_fsd (const struct opts *o, const char *name, double def)
{
    const char *s = opt_str (o, name, NULL);
    double d;

    if (!s)
        return def;
    if (fsd_decode (s, &d) < 0)
        die ("--%s: '%s' is not a duration (for example 90s, 1.5h)", name, s);
    return d;
}
