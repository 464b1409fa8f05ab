/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Logging: RFC 5424 records to the broker's log.append. */

#include <errno.h>
#include <flux/core.h>
#include <math.h>
#include <time.h>
#include <unistd.h>

/* The limits of RFC 5424, and a NUL. */
struct log {
    char hostname[256];
    char appname[49];
    char procid[129];
    flux_log_f redirect;
    void *arg;
};

static void put (char *to, size_t size, const char *s)
{
    snprintf (to, size, "%s", s ? s : "");
}

static struct log *get_log (flux_t *h)
{
    static const char *key = "flux::log";
    struct log *log = flux_aux_get (h, key);

    if (!log && (log = calloc (1, sizeof (*log)))) {
        put (log->appname,
             sizeof (log->appname),
             program_invocation_short_name);
        snprintf (log->procid, sizeof (log->procid), "%d", (int)getpid ());
        if (flux_aux_set (h, key, log, free) < 0) {
            free (log);
            return NULL;
        }
    }
    return log;
}

void flux_log_set_appname (flux_t *h, const char *s)
{
    struct log *log = h ? get_log (h) : NULL;

    if (log)
        put (log->appname, sizeof (log->appname), s);
}

void flux_log_set_procid (flux_t *h, const char *s)
{
    struct log *log = h ? get_log (h) : NULL;

    if (log)
        put (log->procid, sizeof (log->procid), s);
}

void flux_log_set_hostname (flux_t *h, const char *s)
{
    struct log *log = h ? get_log (h) : NULL;

    if (log)
        put (log->hostname, sizeof (log->hostname), s);
}

void flux_log_set_redirect (flux_t *h, flux_log_f fun, void *arg)
{
    struct log *log = h ? get_log (h) : NULL;

    if (log) {
        log->redirect = fun;
        log->arg = arg;
    }
}

const char *flux_strerror (int errnum)
{
    return strerror (errnum);
}

static void put_timestamp (char *buf, size_t size)
{
    double now = flux_reactor_time ();
    time_t seconds = (time_t)now;
    struct tm tm;
    char date[32];

    gmtime_r (&seconds, &tm);
    strftime (date, sizeof (date), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf (buf,
              size,
              "%s.%06dZ",
              date,
              (int)((now - floor (now)) * 1000000.));
}

/* An empty field is written as "-". */
static const char *field (const char *s)
{
    return s[0] ? s : "-";
}

static int send (flux_t *h, struct log *log, int level, const char *text)
{
    char timestamp[64], rank[16] = "";
    flux_future_t *f;
    uint32_t n;
    char *record;
    int len, rc = 0;

    if (!log->hostname[0] && !log->redirect && flux_get_rank (h, &n) == 0)
        snprintf (rank, sizeof (rank), "%u", n);
    put_timestamp (timestamp, sizeof (timestamp));
    len = asprintf (&record,
                    "<%d>1 %s %s %s %s - - %s",
                    LOG_PRI (level) << 3, /* where Flux has it, not RFC 5424 */
                    timestamp,
                    field (log->hostname[0] ? log->hostname : rank),
                    field (log->appname),
                    field (log->procid),
                    text);
    if (len < 0)
        return -1;
    if (log->redirect)
        log->redirect (record, len, log->arg);
    else if ((f = flux_rpc_raw (h,
                                "log.append",
                                record,
                                len,
                                FLUX_NODEID_ANY,
                                FLUX_RPC_NORESPONSE)))
        flux_future_destroy (f);
    else
        rc = -1;
    free (record);
    return rc;
}

int flux_vlog (flux_t *h, int level, const char *fmt, va_list ap)
{
    int saved_errno = errno;
    struct log *log;
    char *text;
    size_t len;
    int rc = 0;

    if (!fmt) {
        errno = EINVAL;
        return -1;
    }
    if (vasprintf (&text, fmt, ap) < 0)
        return -1;
    len = strlen (text);
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    if (!h)
        fprintf (stderr, "%s\n", text);
    else if (!(log = get_log (h)))
        rc = -1;
    else
        rc = send (h, log, level, text);
    free (text);
    if (rc == 0)
        errno = saved_errno;
    return rc;
}

int flux_log (flux_t *h, int level, const char *fmt, ...)
{
    va_list ap;
    int rc;

    va_start (ap, fmt);
    rc = flux_vlog (h, level, fmt, ap);
    va_end (ap);
    return rc;
}

void flux_log_verror (flux_t *h, const char *fmt, va_list ap)
{
    int saved_errno = errno;
    char *text;

    if (vasprintf (&text, fmt, ap) >= 0) {
        flux_log (h, LOG_ERR, "%s: %s", text, flux_strerror (saved_errno));
        free (text);
    }
    errno = saved_errno;
}

void flux_log_error (flux_t *h, const char *fmt, ...)
{
    va_list ap;

    va_start (ap, fmt);
    flux_log_verror (h, fmt, ap);
    va_end (ap);
}

void flux_llog (void *arg,
                const char *file,
                int line,
                const char *func,
                const char *subsys,
                int level,
                const char *fmt,
                va_list ap)
{
    (void)flux_vlog (arg, level, fmt, ap);
}
