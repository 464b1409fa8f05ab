/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux module trace: a line for each message. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'f', "full", NULL, "Print payloads too." },
    { 'T', "topic", "GLOB", "Only these topics." },
    { 't', "type", "TYPE,...", "Only these types of messages." },
    { 'H', "human", NULL, "Print times as offsets." },
    { 'd', "delta", NULL, "With --human: since the message before." },
    { 'L', "color", "[WHEN]", "Accepted; output has no colors." },
    { 0 },
};

static const struct {
    const char *name;
    int type;
    char arrow;
} types[] = {
    { "request", FLUX_MSGTYPE_REQUEST, '>' },
    { "response", FLUX_MSGTYPE_RESPONSE, '<' },
    { "event", FLUX_MSGTYPE_EVENT, 'e' },
    { "control", FLUX_MSGTYPE_CONTROL, 'c' },
};

enum { TYPES = sizeof (types) / sizeof (types[0]) };

static int typemask (const char *list)
{
    char *copy = xasprintf ("%s", list);
    char *save = NULL;
    int mask = 0;

    for (char *s = strtok_r (copy, ",", &save); s;
         s = strtok_r (NULL, ",", &save)) {
        int i = 0;

        while (i < TYPES && strcmp (types[i].name, s) != 0)
            i++;
        if (i == TYPES)
            die ("--type: '%s' is not request, response, event or control", s);
        mask |= types[i].type;
    }
    free (copy);
    return mask;
}

static char arrow (int type)
{
    for (int i = 0; i < TYPES; i++) {
        if (types[i].type == type)
            return types[i].arrow;
    }
    return '?';
}

/* Absolute, or as an offset to the first message, or to the one before. */
static void print_time (const struct opts *o, double t, double *base)
{
    time_t sec = (time_t)t;
    struct tm tm;
    char buf[32];

    if (opt_count (o, "human")) {
        if (*base == 0.)
            *base = t;
        printf ("[%+11.6f] ", t - *base);
        if (opt_count (o, "delta"))
            *base = t;
        return;
    }
    localtime_r (&sec, &tm);
    strftime (buf, sizeof (buf), "%FT%T", &tm);
    printf ("%s.%03d ", buf, (int)((t - (double)sec) * 1e3));
}

static void print_message (const struct opts *o,
                           json_t *m,
                           int width,
                           double *base)
{
    const char *prefix, *name, *topic;
    const char *errstr = "";
    int type, size;
    json_t *payload = NULL;
    double t;

    if (json_unpack (m,
                     "{s:F s:s s:s s:i s:s s:i s?s s?o}",
                     "timestamp",
                     &t,
                     "prefix",
                     &prefix,
                     "name",
                     &name,
                     "type",
                     &type,
                     "topic",
                     &topic,
                     "payload_size",
                     &size,
                     "errstr",
                     &errstr,
                     "payload",
                     &payload)
        < 0)
        die ("trace: the broker's answer is not understood");
    print_time (o, t, base);
    printf ("%*s %s %c %s [%d]",
            width,
            name,
            prefix,
            arrow (type),
            topic,
            size);
    if (*errstr)
        printf (" %s", errstr);
    printf ("\n");
    if (payload) {
        char *s = json_dumps (payload, JSON_INDENT (2) | JSON_ENCODE_ANY);
        printf ("%s\n", s ? s : "");
        free (s);
    }
    fflush (stdout);
}

static int run_trace (struct opts *o)
{
    const char *list = opt_str (o, "type", NULL);
    json_t *names = json_array ();
    double base = 0.;
    int width = 0;
    flux_future_t *f;
    json_t *m;
    flux_t *h;

    for (int i = 0; i < o->argc; i++) {
        int len = (int)strlen (o->argv[i]);

        json_array_append_new (names, json_string (o->argv[i]));
        width = len > width ? len : width;
    }
    h = cmd_open ();
    f = flux_rpc_pack (h,
                       "module.trace",
                       FLUX_NODEID_ANY,
                       FLUX_RPC_STREAMING,
                       "{s:o s:i s:s s:b}",
                       "names",
                       names,
                       "typemask",
                       list ? typemask (list) : FLUX_MSGTYPE_ANY,
                       "topic_glob",
                       opt_str (o, "topic", "*"),
                       "full",
                       opt_count (o, "full") > 0);
    while (f && flux_rpc_get_unpack (f, "o", &m) == 0) {
        print_message (o, m, width, &base);
        flux_future_reset (f);
    }
    if (!f || errno != ENODATA)
        die ("trace: %s", f ? future_text (f) : strerror (errno));
    flux_future_destroy (f);
    flux_close (h);
    return 0;
}

const struct command cmd_module_trace = {
    .name = "trace",
    .summary = "print the messages of modules",
    .usage = "[OPTIONS] [MODULE...]",
    .options = { options },
    .run = run_trace,
};
