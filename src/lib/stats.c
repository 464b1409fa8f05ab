/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Statistics to a statsd, over UDP: "PREFIX.NAME:VALUE|TYPE", a line each.
 *
 * Off unless the environment says FLUX_FRIPP_STATSD=HOST:PORT.  Values are
 * gathered for a period and sent together; the datagrams may get lost.
 */

#include <errno.h>
#include <flux/core.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uthash.h>

enum { PREFIX_MAX = 128, PACKET_MAX = 1400 };

struct metric {
    char *name;
    const char *type; /* what statsd calls it: "C", "g", "ms" */
    bool changed;
    double value;
    UT_hash_handle hh;
};

struct stats {
    flux_t *h;
    int fd; /* -1: off */
    char prefix[PREFIX_MAX];
    double period;
    struct metric *metrics;
    flux_watcher_t *timer;
};

static void stats_destroy (void *arg)
{
    struct stats *s = arg;
    struct metric *m, *next;
    int saved_errno = errno;

    HASH_ITER (hh, s->metrics, m, next)
    {
        HASH_DEL (s->metrics, m);
        free (m->name);
        free (m);
    }
    flux_watcher_destroy (s->timer);
    if (s->fd >= 0)
        close (s->fd);
    free (s);
    errno = saved_errno;
}

static int open_socket (const char *address)
{
    const char *colon = strrchr (address, ':');
    struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
    struct addrinfo *info;
    char *host;
    int fd = -1;

    if (!colon || !(host = strndup (address, colon - address)))
        return -1;
    if (getaddrinfo (host, colon + 1, &hints, &info) == 0) {
        fd = socket (info->ai_family,
                     SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                     0);
        if (fd >= 0 && connect (fd, info->ai_addr, info->ai_addrlen) < 0) {
            close (fd);
            fd = -1;
        }
        freeaddrinfo (info);
    }
    free (host);
    return fd;
}

static struct stats *get_stats (flux_t *h)
{
    static const char *key = "flux::stats";
    const char *address = getenv ("FLUX_FRIPP_STATSD");
    struct stats *s;
    uint32_t rank;

    if (!h)
        return NULL;
    if ((s = flux_aux_get (h, key)))
        return s->fd >= 0 ? s : NULL;
    if (!address || !(s = calloc (1, sizeof (*s))))
        return NULL;
    s->h = h;
    s->period = 1.;
    s->fd = open_socket (address);
    if (s->fd >= 0 && flux_get_rank (h, &rank) == 0)
        snprintf (s->prefix, sizeof (s->prefix), "flux.%u", rank);
    else
        snprintf (s->prefix, sizeof (s->prefix), "flux");
    if (flux_aux_set (h, key, s, stats_destroy) < 0) {
        stats_destroy (s);
        return NULL;
    }
    return s->fd >= 0 ? s : NULL;
}

static int put_metric (struct stats *s,
                       struct metric *m,
                       char *buf,
                       size_t size)
{
    m->changed = false;
    return snprintf (buf,
                     size,
                     "%s.%s:%.15g|%s\n",
                     s->prefix,
                     m->name,
                     m->value,
                     m->type);
}

static void flush (struct stats *s)
{
    char packet[PACKET_MAX];
    struct metric *m, *next;
    size_t len = 0;

    HASH_ITER (hh, s->metrics, m, next)
    {
        char line[2 * PREFIX_MAX + 64];
        int n;

        if (!m->changed)
            continue;
        n = put_metric (s, m, line, sizeof (line));
        if (n < 0 || (size_t)n >= sizeof (line))
            continue;
        if (len + n > sizeof (packet)) {
            (void)!send (s->fd, packet, len, 0);
            len = 0;
        }
        memcpy (packet + len, line, n);
        len += n;
    }
    if (len > 0)
        (void)!send (s->fd, packet, len, 0);
}

static void timer_cb (flux_reactor_t *r,
                      flux_watcher_t *w,
                      int revents,
                      void *arg)
{
    flush (arg);
}

/* Statistics alone do not keep a reactor running. */
static void flush_later (struct stats *s)
{
    flux_reactor_t *r;

    if (s->period == 0.) {
        flush (s);
        return;
    }
    if (!s->timer && (r = flux_get_reactor (s->h))) {
        s->timer = flux_timer_watcher_create (r, s->period, 0., timer_cb, s);
        flux_watcher_unref (s->timer);
    }
    if (s->timer && !flux_watcher_is_active (s->timer)) {
        flux_timer_watcher_reset (s->timer, s->period, 0.);
        flux_watcher_start (s->timer);
    }
}

static void update (flux_t *h,
                    const char *name,
                    const char *type,
                    bool add,
                    double value)
{
    struct stats *s = get_stats (h);
    struct metric *m;

    if (!s || !name)
        return;
    HASH_FIND_STR (s->metrics, name, m);
    if (!m) {
        if (!(m = calloc (1, sizeof (*m))) || !(m->name = strdup (name))) {
            free (m);
            return;
        }
        HASH_ADD_KEYPTR (hh, s->metrics, m->name, strlen (m->name), m);
    }
    m->type = type;
    m->value = add ? m->value + value : value;
    m->changed = true;
    flush_later (s);
}

void flux_stats_count (flux_t *h, const char *name, ssize_t count)
{
    update (h, name, "C", false, count);
}

void flux_stats_gauge_set (flux_t *h, const char *name, ssize_t value)
{
    update (h, name, "g", false, value);
}

/* The sum is kept here, so that a lost datagram is made up for. */
void flux_stats_gauge_inc (flux_t *h, const char *name, ssize_t inc)
{
    update (h, name, "g", true, inc);
}

void flux_stats_timing (flux_t *h, const char *name, double ms)
{
    update (h, name, "ms", false, ms);
}

void flux_stats_set_period (flux_t *h, double period)
{
    struct stats *s = get_stats (h);

    if (!s || !(period >= 0.))
        return;
    s->period = period;
    flux_watcher_stop (s->timer);
    flush (s);
}

void flux_stats_set_prefix (flux_t *h, const char *fmt, ...)
{
    struct stats *s = get_stats (h);
    va_list ap;

    if (!s || !fmt)
        return;
    va_start (ap, fmt);
    vsnprintf (s->prefix, sizeof (s->prefix), fmt, ap);
    va_end (ap);
}

bool flux_stats_enabled (flux_t *h, const char *metric)
{
    struct stats *s = get_stats (h);
    struct metric *m;

    if (!s || !metric)
        return s != NULL;
    HASH_FIND_STR (s->metrics, metric, m);
    return m != NULL;
}
