/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <flux/core.h>
#include <flux/hostlist.h>
#include <flux/idset.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'r', "rank", "N", "Ask this rank: a number, any or upstream." },
    { 'p', "pad", "N", "Add N bytes to each request (k, M, G)." },
    { 'i', "interval", "SECONDS", "Wait between requests (default 1)." },
    { 'c', "count", "N", "Stop after N requests." },
    { 'b', "batch", NULL, "Send all requests first; requires --count." },
    { 'u', "userid", NULL, "Show the user and roles of the request." },
    { 0 },
};

struct ping {
    flux_t *h;
    flux_reactor_t *r;
    char *topic;
    char *name;
    uint32_t nodeid;
    char *pad;
    bool userid;
    long count;
    long sent;
    long received;
    int status;
    double interval;
    flux_watcher_t *timer;
};

static size_t parse_size (const char *s)
{
    char *end;
    double v = strtod (s, &end);

    if (end == s || v < 0)
        die ("--pad: '%s' is not a size", s);
    if (*end == 'k' || *end == 'K')
        v *= 1024.;
    else if (*end == 'M')
        v *= 1024. * 1024.;
    else if (*end == 'G')
        v *= 1024. * 1024. * 1024.;
    if (*end && end[1])
        die ("--pad: '%s' is not a size", s);
    return v;
}

static uint32_t parse_rank (const char *s)
{
    char *end;
    long v;

    if (!strcmp (s, "any"))
        return FLUX_NODEID_ANY;
    if (!strcmp (s, "upstream"))
        return FLUX_NODEID_UPSTREAM;
    v = strtol (s, &end, 10);
    if (end == s || *end || v < 0)
        return FLUX_NODEID_UPSTREAM - 1;
    return v;
}

static uint32_t parse_host (struct ping *p, const char *s)
{
    const char *hosts;
    struct hostlist *hl;
    uint32_t rank = parse_rank (s);
    int n;

    if (rank != FLUX_NODEID_UPSTREAM - 1)
        return rank;
    hosts = flux_attr_get (p->h, "hostlist");
    hl = hosts ? hostlist_decode (hosts) : NULL;
    n = hl ? hostlist_find (hl, s) : -1;
    hostlist_destroy (hl);
    return n < 0 ? FLUX_NODEID_UPSTREAM - 1 : (uint32_t)n;
}

/* SERVICE, RANK, HOST, RANK!SERVICE or HOST!SERVICE */
static void parse_target (struct ping *p, const char *target, const char *rank)
{
    char *copy = xstrdup (target);
    char *bang = strchr (copy, '!');
    char *service = copy;

    p->nodeid = FLUX_NODEID_ANY;
    if (bang) {
        *bang = '\0';
        rank = copy;
        service = bang + 1;
    }
    else if (!rank && parse_host (p, target) != FLUX_NODEID_UPSTREAM - 1) {
        rank = copy;
        service = "broker";
    }
    if (rank) {
        p->nodeid = parse_host (p, rank);
        if (p->nodeid == FLUX_NODEID_UPSTREAM - 1)
            die ("'%s' is neither a rank nor a host", rank);
        p->name = xasprintf ("%s!%s", rank, service);
    }
    else
        p->name = xstrdup (service);
    p->topic = xasprintf ("%s.ping", service);
    printf ("flux-ping %s%s\n", rank ? "" : "any!", p->name);
    free (copy);
}

static double now_ms (void)
{
    struct timespec ts;

    clock_gettime (CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1E3 + ts.tv_nsec / 1E6;
}

static void answer_cb (flux_future_t *f, void *arg)
{
    struct ping *p = arg;
    const char *s;
    json_t *o;
    const char *route = "";
    json_int_t sec = 0;
    json_int_t nsec = 0;
    json_int_t userid = 0;
    json_int_t roles = 0;
    int seq = 0;
    int rank = 0;

    if (flux_rpc_get (f, &s) < 0) {
        warn_msg ("%s.ping: %s", p->name, future_text (f));
        p->status = 1;
        flux_future_destroy (f);
        flux_reactor_stop (p->r);
        return;
    }
    o = json_loads (s ? s : "{}", 0, NULL);
    json_unpack (o,
                 "{s?i s?I s?I s?s s?I s?I s?i}",
                 "seq",
                 &seq,
                 "time.tv_sec",
                 &sec,
                 "time.tv_nsec",
                 &nsec,
                 "route",
                 &route,
                 "userid",
                 &userid,
                 "rolemask",
                 &roles,
                 "rank",
                 &rank);
    printf ("%d!%s pad=%zu", rank, p->topic, strlen (p->pad));
    if (p->userid)
        printf (" userid=%lld rolemask=0x%llx",
                (long long)userid,
                (long long)roles);
    printf (" seq=%d time=%.3f ms (%s)\n",
            seq,
            now_ms () - (sec * 1E3 + nsec / 1E6),
            route);
    fflush (stdout);
    json_decref (o);
    flux_future_destroy (f);
    if (++p->received == p->count)
        flux_reactor_stop (p->r);
}

static flux_future_t *send_one (struct ping *p)
{
    double ms = now_ms ();
    json_int_t sec = ms / 1E3;
    flux_future_t *f = flux_rpc_pack (p->h,
                                      p->topic,
                                      p->nodeid,
                                      0,
                                      "{s:i s:I s:I s:s}",
                                      "seq",
                                      (int)p->sent++,
                                      "time.tv_sec",
                                      sec,
                                      "time.tv_nsec",
                                      (json_int_t)((ms - sec * 1E3) * 1E6),
                                      "pad",
                                      p->pad);

    if (!f)
        die ("%s: %s", p->topic, strerror (errno));
    return f;
}

static void timer_cb (flux_reactor_t *r,
                      flux_watcher_t *w,
                      int revents,
                      void *arg)
{
    struct ping *p = arg;

    if (flux_future_then (send_one (p), -1., answer_cb, p) < 0)
        die ("%s", strerror (errno));
    if (p->count > 0 && p->sent == p->count)
        flux_watcher_stop (w);
}

static int run (struct opts *o)
{
    struct ping p = { .h = NULL };
    size_t pad = parse_size (opt_str (o, "pad", "0"));

    if (o->argc != 1)
        die ("one target is required");
    p.count = opt_int (o, "count", 0, 1, 1L << 30);
    p.interval = opt_fsd (o, "interval", 1.);
    p.userid = opt_count (o, "userid") > 0;
    if (opt_count (o, "batch") && !p.count)
        die ("--batch requires --count");
    if (opt_count (o, "batch"))
        p.interval = 0.;
    p.pad = xcalloc (1, pad + 1);
    memset (p.pad, 'p', pad);
    p.h = cmd_open ();
    p.r = flux_get_reactor (p.h);
    parse_target (&p, o->argv[0], opt_str (o, "rank", NULL));
    p.timer = flux_timer_watcher_create (p.r,
                                         0.,
                                         p.interval > 0 ? p.interval : 1E-6,
                                         timer_cb,
                                         &p);
    if (!p.timer)
        die ("%s", strerror (errno));
    flux_watcher_start (p.timer);
    if (flux_reactor_run (p.r, 0) < 0 && errno)
        die ("%s", strerror (errno));
    flux_watcher_destroy (p.timer);
    free (p.pad);
    free (p.topic);
    free (p.name);
    flux_close (p.h);
    return p.status;
}

const struct command cmd_ping = {
    .name = "ping",
    .summary = "measure the time a service takes to answer",
    .usage = "[OPTIONS] TARGET",
    .options = { options },
    .section = "instance",
    .run = run,
};
