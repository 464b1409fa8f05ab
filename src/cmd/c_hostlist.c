/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <flux/hostlist.h>
#include <flux/idset.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/hostset.h"
#include "cmd/joblist.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'e', "expand", NULL, "Print every host by itself." },
    { 'd', "delimiter", "S", "What to print between hosts (a blank)." },
    { 'c', "count", NULL, "Print how many hosts there are." },
    { 'n',
      "nth",
      "IDS",
      "Only the hosts at these indices (-IDS: from the end)." },
    { 'F', "find", "HOSTS", "Print the indices of HOSTS." },
    { 'L', "limit", "N", "At most N hosts (-N: the last)." },
    { 'S', "sort", NULL, "Sort." },
    { 'x', "exclude", "HOSTS|IDS", "Leave out these hosts or indices." },
    { 'u', "union", NULL, "Each host once, sorted." },
    { 0, "unique", NULL, "The same as --union." },
    { 'i', "intersect", NULL, "Only hosts that all sources have." },
    { 'm', "minus", NULL, "Take all other sources from the first." },
    { 'X', "xor", NULL, "Only hosts that one of two sources has." },
    { 'f', "fallback", NULL, "Take ids of unknown jobs for hosts." },
    { 'l', "local", NULL, "Read 'local' when there is no source." },
    { 'q', "quiet", NULL, "Print nothing; fail when no host is left." },
    { 0 },
};

/* A connection made when it is needed. */
static flux_t *connection (flux_t **h)
{
    if (!*h)
        *h = cmd_open ();
    return *h;
}

static struct hostlist *decode (const char *s)
{
    struct hostlist *hl = hostlist_decode (s);

    if (!hl)
        die ("Invalid jobid or hostlist %s", s);
    return hl;
}

static struct hostlist *instance_hosts (flux_t *h)
{
    const char *s = flux_attr_get (h, "hostlist");

    if (!s)
        die ("attribute hostlist: %s", strerror (errno));
    return decode (s);
}

/* Those of the instance that are neither offline nor drained. */
static struct hostlist *available_hosts (flux_t *h)
{
    struct hostlist *all = instance_hosts (h);
    struct idset *out = idset_create (0, IDSET_FLAG_AUTOGROW);
    json_t *r = call_json (h, "resource.status", 0, NULL);
    const char *offline = "";
    const char *ranks;
    struct hostlist *left;
    json_t *o;

    json_unpack (r, "{s?s}", "offline", &offline);
    hostset_add_ids (out, offline);
    json_object_foreach (json_object_get (r, "drain"), ranks, o)
        hostset_add_ids (out, ranks);
    left = hostset_at (all, out, false);
    idset_destroy (out);
    hostlist_destroy (all);
    json_decref (r);
    return left;
}

static struct hostlist *job_hosts (flux_t *h, const char *word, bool fallback)
{
    json_t *attrs = json_pack ("[s]", "nodelist");
    flux_jobid_t id;
    json_t *job;
    const char *s;
    struct hostlist *hl;

    if (flux_job_id_parse (word, &id) < 0) {
        json_decref (attrs);
        return NULL;
    }
    job = joblist_id (h, id, attrs);
    json_decref (attrs);
    if (!job) {
        if (errno != ENOENT)
            die ("%s: %s", word, strerror (errno));
        if (!fallback)
            die ("job %s not found", word);
        return NULL;
    }
    s = json_string_value (json_object_get (job, "nodelist"));
    hl = s && *s ? decode (s) : hostlist_create ();
    json_decref (job);
    return hl;
}

/* Words of hosts, on any number of lines. */
static struct hostlist *read_hosts (void)
{
    struct hostlist *hl = hostlist_create ();
    char *line = NULL;
    size_t size = 0;

    while (getline (&line, &size, stdin) > 0) {
        char *save = NULL;
        for (char *w = strtok_r (line, " \t\n", &save); w;
             w = strtok_r (NULL, " \t\n", &save)) {
            if (hostlist_append (hl, w) < 0)
                die ("Invalid jobid or hostlist %s", w);
        }
    }
    free (line);
    return hl;
}

static struct hostlist *read_source (flux_t **h,
                                     const char *word,
                                     const struct opts *o)
{
    const char *job = getenv ("FLUX_JOB_ID");
    bool fallback = opt_count (o, "fallback") > 0;
    struct hostlist *hl = NULL;
    flux_jobid_t id;

    if (!strcmp (word, "-") || !strcmp (word, "stdin"))
        return read_hosts ();
    if (!strcmp (word, "local"))
        return job ? job_hosts (connection (h), job, false)
                   : instance_hosts (connection (h));
    if (!strcmp (word, "instance"))
        return instance_hosts (connection (h));
    if (!strcmp (word, "avail") || !strcmp (word, "available"))
        return available_hosts (connection (h));
    if (!strpbrk (word, "[],") && *word && flux_job_id_parse (word, &id) == 0)
        hl = job_hosts (connection (h), word, fallback);
    return hl ? hl : decode (word);
}

static struct hostlist *combine (struct hostlist **lists,
                                 int count,
                                 const struct opts *o)
{
    struct hostlist *all = hostlist_create ();

    if (opt_count (o, "intersect"))
        return hostset_select (lists, count, HOSTSET_IN_ALL);
    if (opt_count (o, "minus"))
        return hostset_select (lists, count, HOSTSET_FIRST_ONLY);
    if (opt_count (o, "xor"))
        return hostset_select (lists, count, HOSTSET_ODD);
    for (int i = 0; i < count; i++)
        hostlist_append_list (all, lists[i]);
    return all;
}

static struct hostlist *replace (struct hostlist *old, struct hostlist *hl)
{
    hostlist_destroy (old);
    return hl;
}

static struct hostlist *exclude (struct hostlist *hl, const char *what)
{
    struct idset *ids = idset_decode (what);
    struct hostlist *out;
    struct hostlist *list[2];

    if (ids)
        out = hostset_at (hl, ids, false);
    else {
        list[0] = hl;
        list[1] = decode (what);
        out = hostset_select (list, 2, HOSTSET_FIRST_ONLY);
        hostlist_destroy (list[1]);
    }
    idset_destroy (ids);
    return replace (hl, out);
}

static struct hostlist *nth (struct hostlist *hl, const char *arg)
{
    bool back = *arg == '-';
    struct idset *ids = idset_decode (arg + back);
    struct idset *at = idset_create (0, IDSET_FLAG_AUTOGROW);
    int count = hostlist_count (hl);
    struct hostlist *out;
    unsigned int i;

    if (!ids || idset_empty (ids))
        die ("--nth: '%s' is not a set of indices", arg);
    for (i = idset_first (ids); i != IDSET_INVALID_ID;
         i = idset_next (ids, i)) {
        if (back ? i == 0 || i > (unsigned)count : i >= (unsigned)count)
            die ("Hostlist index out of range");
        idset_set (at, back ? (unsigned)count - i : i);
    }
    out = hostset_at (hl, at, true);
    idset_destroy (ids);
    idset_destroy (at);
    return replace (hl, out);
}

static struct hostlist *limit (struct hostlist *hl, long n)
{
    int count = hostlist_count (hl);
    struct idset *at = idset_create (0, IDSET_FLAG_AUTOGROW);
    struct hostlist *out;

    for (int i = 0; i < count; i++) {
        if (n >= 0 ? i < n : i >= count + n)
            idset_set (at, i);
    }
    out = hostset_at (hl, at, true);
    idset_destroy (at);
    return replace (hl, out);
}

static struct hostlist *shape (struct hostlist *hl, const struct opts *o)
{
    const char *arg;
    bool set = opt_count (o, "union") || opt_count (o, "unique");

    if (set)
        hostlist_uniq (hl);
    else if (opt_count (o, "sort"))
        hostlist_sort (hl);
    if ((arg = opt_str (o, "exclude", NULL)))
        hl = exclude (hl, arg);
    if (opt_count (o, "limit"))
        hl = limit (hl, opt_int (o, "limit", 0, -(1L << 30), 1L << 30));
    if ((arg = opt_str (o, "nth", NULL)))
        hl = nth (hl, arg);
    return hl;
}

static void print_found (struct hostlist *hl, const char *what)
{
    struct hostlist *want = decode (what);
    bool first = true;

    for (const char *host = hostlist_first (want); host;
         host = hostlist_next (want)) {
        int i = hostlist_find (hl, host);
        if (i < 0)
            die ("host '%s' not found", host);
        printf ("%s%d", first ? "" : " ", i);
        first = false;
    }
    printf ("\n");
    hostlist_destroy (want);
}

/* A delimiter with "\n" and "\t" read as people mean them; to be freed. */
static char *unescape (const char *s)
{
    char *out = xcalloc (1, strlen (s) + 1);
    size_t n = 0;

    for (; *s; s++) {
        if (*s == '\\' && (s[1] == 'n' || s[1] == 't'))
            out[n++] = *++s == 'n' ? '\n' : '\t';
        else
            out[n++] = *s;
    }
    return out;
}

static void print_hosts (struct hostlist *hl, const struct opts *o)
{
    char *delimiter = unescape (opt_str (o, "delimiter", " "));
    const char *between = "";
    char *s;

    if (opt_count (o, "count"))
        printf ("%d\n", hostlist_count (hl));
    else if (opt_count (o, "find"))
        print_found (hl, opt_str (o, "find", ""));
    else if (hostlist_count (hl) == 0)
        ;
    else if (opt_count (o, "expand")) {
        for (const char *host = hostlist_first (hl); host;
             host = hostlist_next (hl)) {
            printf ("%s%s", between, host);
            between = delimiter;
        }
        printf ("\n");
    }
    else {
        if (!(s = hostlist_encode (hl)))
            die ("%s", strerror (errno));
        printf ("%s\n", s);
        free (s);
    }
    free (delimiter);
}

static int run (struct opts *o)
{
    static char *stdin_word[] = { "-" };
    static char *local_word[] = { "local" };
    char **words = o->argc > 0              ? o->argv
                   : opt_count (o, "local") ? local_word
                                            : stdin_word;
    int count = o->argc > 0 ? o->argc : 1;
    struct hostlist **lists = xcalloc (count, sizeof (*lists));
    struct hostlist *hl;
    flux_t *h = NULL;
    int status = 0;

    if (opt_count (o, "intersect") + opt_count (o, "minus")
            + opt_count (o, "xor")
        > 1)
        die_usage ("--intersect, --minus and --xor exclude each other");
    for (int i = 0; i < count; i++)
        lists[i] = read_source (&h, words[i], o);
    hl = shape (combine (lists, count, o), o);
    if (!opt_count (o, "quiet"))
        print_hosts (hl, o);
    else if (hostlist_count (hl) == 0)
        status = 1;
    for (int i = 0; i < count; i++)
        hostlist_destroy (lists[i]);
    free (lists);
    hostlist_destroy (hl);
    if (h)
        flux_close (h);
    return status;
}

const struct command cmd_hostlist = {
    .name = "hostlist",
    .summary = "print and combine lists of hosts",
    .usage = "[OPTIONS] [SOURCE...]",
    .options = { options },
    .usage_status = 2,
    .section = "other",
    .run = run,
};
