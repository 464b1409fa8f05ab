/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cmd/options.h"
#include "cmd/util.h"

/* The name of this program for people; it has one value a run. */
static const char *prefix = "flux";

/* What bad command lines exit with; set with the prefix. */
static int usage_status = 1;

void set_prefix (const char *name)
{
    prefix = name;
}

const char *get_prefix (void)
{
    return prefix;
}

static void vwarn (const char *fmt, va_list ap)
{
    char line[4096];

    vsnprintf (line, sizeof (line), fmt, ap);
    fflush (stdout);
    fprintf (stderr, "%s: ERROR: %s\n", prefix, line);
}

void warn_msg (const char *fmt, ...)
{
    va_list ap;

    va_start (ap, fmt);
    vwarn (fmt, ap);
    va_end (ap);
}

void die (const char *fmt, ...)
{
    va_list ap;

    va_start (ap, fmt);
    vwarn (fmt, ap);
    va_end (ap);
    exit (1);
}

void set_usage_status (int status)
{
    usage_status = status;
}

void die_usage (const char *fmt, ...)
{
    va_list ap;

    va_start (ap, fmt);
    vwarn (fmt, ap);
    va_end (ap);
    exit (usage_status);
}

void info_msg (const char *fmt, ...)
{
    char line[4096];
    va_list ap;

    va_start (ap, fmt);
    vsnprintf (line, sizeof (line), fmt, ap);
    va_end (ap);
    fflush (stdout);
    fprintf (stderr, "%s: INFO: %s\n", prefix, line);
}

void *xcalloc (size_t n, size_t size)
{
    void *p = calloc (n, size);

    if (!p)
        die ("out of memory");
    return p;
}

char *xstrdup (const char *s)
{
    char *p = strdup (s);

    if (!p)
        die ("out of memory");
    return p;
}

char *xasprintf (const char *fmt, ...)
{
    va_list ap;
    char *s;

    va_start (ap, fmt);
    if (vasprintf (&s, fmt, ap) < 0)
        die ("out of memory");
    va_end (ap);
    return s;
}

flux_t *cmd_open (void)
{
    flux_error_t error = { { 0 } };
    flux_t *h = flux_open_ex (NULL, 0, &error);

    if (!h)
        die ("%s", error.text[0] ? error.text : strerror (errno));
    return h;
}

flux_jobid_t parse_id (const char *s)
{
    flux_jobid_t id;

    if (!*s || flux_job_id_parse (s, &id) < 0)
        die_usage ("'%s' is not a valid job id", s);
    return id;
}

const char *format_id (flux_jobid_t id, const char *form)
{
    static char bufs[4][128];
    static int next;
    char *buf = bufs[next++ % 4];

    if (flux_job_id_encode (id, form, buf, sizeof (bufs[0])) < 0)
        die ("'%s' is not a form of job ids", form);
    return buf;
}

const char *id_str (flux_jobid_t id)
{
    return format_id (id, "f58");
}

const char *future_text (flux_future_t *f)
{
    int saved = errno;

    if (flux_future_has_error (f)) {
        const char *s = flux_future_error_string (f);
        if (s && *s)
            return s;
    }
    return strerror (saved);
}

static void die_of (flux_future_t *f, const char *what)
{
    const char *text = future_text (f);

    if (what)
        die ("%s: %s", what, text);
    die ("%s", text);
}

const char *get_or_die (flux_future_t *f, const char *what)
{
    const char *s = NULL;

    if (!f)
        die ("%s%s%s", what ? what : "", what ? ": " : "", strerror (errno));
    if (flux_rpc_get (f, &s) < 0)
        die_of (f, what);
    return s ? s : "";
}

json_t *get_json_or_die (flux_future_t *f, const char *what)
{
    const char *s = get_or_die (f, what);
    json_t *o = *s ? json_loads (s, JSON_DECODE_ANY, NULL) : json_object ();

    if (!o)
        die ("%s: response is not JSON", what ? what : "instance");
    return o;
}

static flux_future_t *send_payload (flux_t *h,
                                    const char *topic,
                                    uint32_t nodeid,
                                    json_t *payload)
{
    char *s = payload ? json_dumps (payload, JSON_COMPACT) : NULL;
    flux_future_t *f = flux_rpc (h, topic, s, nodeid, 0);

    free (s);
    json_decref (payload);
    return f;
}

void call (flux_t *h, const char *topic, uint32_t nodeid, json_t *payload)
{
    flux_future_t *f = send_payload (h, topic, nodeid, payload);

    get_or_die (f, NULL);
    flux_future_destroy (f);
}

json_t *call_json (flux_t *h,
                   const char *topic,
                   uint32_t nodeid,
                   json_t *payload)
{
    flux_future_t *f = send_payload (h, topic, nodeid, payload);
    json_t *o = get_json_or_die (f, NULL);

    flux_future_destroy (f);
    return o;
}

json_t *lookup_job (flux_t *h, flux_jobid_t id, const char *key, int flags)
{
    return call_json (h,
                      "job-info.lookup",
                      FLUX_NODEID_ANY,
                      json_pack ("{s:I s:[s] s:i}",
                                 "id",
                                 (json_int_t)id,
                                 "keys",
                                 key,
                                 "flags",
                                 flags));
}

uint32_t parse_user (const char *s)
{
    struct passwd *pw;
    char *end;
    unsigned long v;

    if (!strcmp (s, "all"))
        return FLUX_USERID_UNKNOWN;
    if ((pw = getpwnam (s)))
        return pw->pw_uid;
    v = strtoul (s, &end, 10);
    if (!isdigit ((unsigned char)*s) || *end || v > UINT32_MAX)
        die ("no such user '%s'", s);
    return v;
}

int parse_signal (const char *s)
{
    char *end;
    long n;

    if (isdigit ((unsigned char)*s)) {
        n = strtol (s, &end, 10);
        return *end || n < 1 || n >= NSIG ? -1 : (int)n;
    }
    if (!strncasecmp (s, "SIG", 3))
        s += 3;
    for (int i = 1; i < NSIG; i++) {
        const char *name = sigabbrev_np (i);
        if (name && !strcasecmp (name, s))
            return i;
    }
    return -1;
}

int parse_urgency (const char *s)
{
    char *end;
    long n;

    if (!strcmp (s, "hold"))
        return FLUX_JOB_URGENCY_HOLD;
    if (!strcmp (s, "default"))
        return FLUX_JOB_URGENCY_DEFAULT;
    if (!strcmp (s, "expedite"))
        return FLUX_JOB_URGENCY_EXPEDITE;
    n = strtol (s, &end, 10);
    if (end == s || *end || n < FLUX_JOB_URGENCY_MIN
        || n > FLUX_JOB_URGENCY_MAX)
        die ("'%s' is not an urgency (0 to 31, hold, default or expedite)", s);
    return n;
}

static const struct {
    const char *name;
    int bits;
} state_names[] = {
    { "depend", FLUX_JOB_STATE_DEPEND },
    { "priority", FLUX_JOB_STATE_PRIORITY },
    { "sched", FLUX_JOB_STATE_SCHED },
    { "run", FLUX_JOB_STATE_RUN },
    { "cleanup", FLUX_JOB_STATE_CLEANUP },
    { "pending", FLUX_JOB_STATE_PENDING },
    { "running", FLUX_JOB_STATE_RUNNING },
    { "active", FLUX_JOB_STATE_ACTIVE },
};

int parse_states (const char *s)
{
    char *copy = xstrdup (s);
    char *save = NULL;
    int bits = 0;

    for (char *w = strtok_r (copy, ",", &save); w;
         w = strtok_r (NULL, ",", &save)) {
        int found = 0;
        for (size_t i = 0; i < sizeof (state_names) / sizeof (state_names[0]);
             i++) {
            if (!strcasecmp (w, state_names[i].name))
                found = state_names[i].bits;
        }
        if (!found)
            die ("'%s' is not a state of active jobs", w);
        bits |= found;
    }
    free (copy);
    if (!bits)
        die ("no job state given");
    return bits;
}

char *join_words (int argc, char **argv)
{
    size_t len = 1;
    char *s;

    for (int i = 0; i < argc; i++)
        len += strlen (argv[i]) + 1;
    s = xcalloc (1, len);
    for (int i = 0; i < argc; i++) {
        if (i > 0)
            strcat (s, " ");
        strcat (s, argv[i]);
    }
    return s;
}

int json_set_path (json_t *o, const char *path, json_t *value)
{
    char *copy = xstrdup (path);
    char *key = copy;
    char *dot;

    while ((dot = strchr (key, '.'))) {
        json_t *next;

        *dot = '\0';
        if (!*key)
            goto inval;
        if (!(next = json_object_get (o, key))) {
            next = json_object ();
            json_object_set_new (o, key, next);
        }
        if (!json_is_object (next))
            goto inval;
        o = next;
        key = dot + 1;
    }
    if (!*key || !value || json_object_set_new (o, key, value) < 0) {
        value = *key ? NULL : value;
        goto inval;
    }
    free (copy);
    return 0;
inval:
    json_decref (value);
    free (copy);
    errno = EINVAL;
    return -1;
}

json_t *json_get_path (json_t *o, const char *path)
{
    char *copy = xstrdup (path);
    char *save = NULL;

    for (char *key = strtok_r (copy, ".", &save); key && o;
         key = strtok_r (NULL, ".", &save))
        o = json_object_get (o, key);
    free (copy);
    return o;
}

json_t *json_or_string (const char *s)
{
    json_t *o = json_loads (s, JSON_DECODE_ANY, NULL);

    return o ? o : json_string (s);
}

bool want_color (const struct opts *o)
{
    const char *when =
        opt_str (o, "color", opt_count (o, "color") ? "always" : "auto");
    const char *no = getenv ("NO_COLOR");

    if (!opt_count (o, "color") && no && *no)
        return false;
    if (!strcmp (when, "always"))
        return true;
    if (!strcmp (when, "never"))
        return false;
    if (strcmp (when, "auto"))
        die_usage ("--color: '%s' is not always, never or auto", when);
    return isatty (STDOUT_FILENO);
}
