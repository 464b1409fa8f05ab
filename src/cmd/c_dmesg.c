/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include <flux/core.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/severity.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'C', "clear", NULL, "Clear the log." },
    { 'c', "read-clear", NULL, "Print the log, then clear it." },
    { 'f', "follow", NULL, "Wait for new records and print them." },
    { 'n', "new", NULL, "Print only new records; implies --follow." },
    { 'H', "human", NULL, "Show times for people." },
    { 'd', "delta", NULL, "With --human, show the time between records." },
    { 'L', "color", "[WHEN]", "Color: always, never or auto." },
    { 0 },
};

struct printer {
    bool human;
    bool delta;
    bool color;
    double last; /* the time offsets count from */
    double previous;
};

static double parse_time (const char *s)
{
    struct tm tm = { 0 };
    double frac = 0.;
    char *rest = strptime (s, "%Y-%m-%dT%H:%M:%S", &tm);

    if (!rest)
        return 0.;
    if (*rest == '.')
        frac = strtod (rest, NULL);
    return timegm (&tm) + frac;
}

static void print_time (struct printer *p, const char *timestamp)
{
    double t = parse_time (timestamp);
    time_t sec = t;
    struct tm tm;
    char buf[64];

    if (!p->human) {
        printf ("%s ", timestamp);
        return;
    }
    if (p->last == 0 || t - p->last >= 60. || t < p->last) {
        localtime_r (&sec, &tm);
        strftime (buf, sizeof (buf), "%b%d %H:%M", &tm);
        printf ("%s[%s]%s ",
                p->color ? "\033[1m\033[32m" : "",
                buf,
                p->color ? "\033[0m" : "");
        p->last = t;
    }
    else
        printf ("[%+11.6f] ", t - (p->delta ? p->previous : p->last));
    p->previous = t;
}

static void print_record (struct printer *p, const char *s, size_t len)
{
    static const char *const colors[] = {
        "\033[1m\033[31m",
        "\033[1m\033[31m",
        "\033[1m\033[31m",
        "\033[31m",
        "\033[33m",
        "\033[1m",
        "",
        "\033[2m",
    };
    struct record r;

    if (record_parse (s, len, &r) < 0) {
        printf ("%.*s\n", (int)len, s);
        return;
    }
    print_time (p, r.timestamp);
    printf ("%s.%s[%s]: %s%.*s%s\n",
            r.appname,
            severity_name (r.severity),
            r.rank,
            p->color ? colors[r.severity] : "",
            (int)r.len,
            r.text,
            p->color ? "\033[0m" : "");
}

static void print_log (flux_t *h, const struct opts *o)
{
    struct printer p = {
        .human = opt_count (o, "human") > 0,
        .delta = opt_count (o, "delta") > 0,
        .color = want_color (o),
    };
    bool follow = opt_count (o, "follow") || opt_count (o, "new");
    flux_future_t *f = flux_rpc_pack (h,
                                      "log.dmesg",
                                      FLUX_NODEID_ANY,
                                      FLUX_RPC_STREAMING,
                                      "{s:b s:b}",
                                      "follow",
                                      follow,
                                      "nobacklog",
                                      opt_count (o, "new") > 0);
    const char *s;

    if (!f)
        die ("%s", strerror (errno));
    /* records are text, not JSON */
    while (flux_rpc_get (f, &s) == 0) {
        if (s)
            print_record (&p, s, strlen (s));
        if (follow)
            fflush (stdout);
        flux_future_reset (f);
    }
    if (errno != ENODATA)
        die ("%s", future_text (f));
    flux_future_destroy (f);
}

static int run (struct opts *o)
{
    flux_t *h;

    if (o->argc > 0)
        die ("unexpected argument '%s'", o->argv[0]);
    if (opt_count (o, "delta") && !opt_count (o, "human"))
        die ("--delta requires --human");
    h = cmd_open ();
    if (!opt_count (o, "clear"))
        print_log (h, o);
    if (opt_count (o, "clear") || opt_count (o, "read-clear"))
        call (h, "log.clear", FLUX_NODEID_ANY, NULL);
    flux_close (h);
    return 0;
}

const struct command cmd_dmesg = {
    .name = "dmesg",
    .summary = "print or clear the instance's log",
    .usage = "[OPTIONS]",
    .options = { options },
    .section = "instance",
    .run = run,
};
