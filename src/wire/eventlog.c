/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wire/eventfields.h"
#include "wire/eventline.h"
#include "wire/eventlog.h"
#include "wire/jload.h"
#include "wire/jobspec.h"
#include "wire/rjson.h"

/* What an event's strings point into. */
struct priv {
    json_t *context;
    char *text; /* rewritten context */
    char name[64];
};

static struct priv *get_priv (struct wire_event *w)
{
    if (!w->priv)
        w->priv = calloc (1, sizeof (struct priv));
    return w->priv;
}

void wire_event_finish (struct wire_event *w)
{
    struct priv *priv = w->priv;
    int saved_errno = errno;

    text_unref (w->ev.spec);
    text_unref (w->ev.annotations);
    text_unref (w->ev.R);
    if (priv) {
        json_decref (priv->context);
        free (priv->text);
        free (priv);
    }
    memset (w, 0, sizeof (*w));
    errno = saved_errno;
}

/* Replace the context's text, which w owns from then on. */
static int set_context (struct wire_event *w, char *text)
{
    struct priv *priv = get_priv (w);

    if (!text || !priv) {
        free (text);
        errno = ENOMEM;
        return -1;
    }
    free (priv->text);
    w->ev.context = priv->text = text;
    return 0;
}

/* Deep merge; null deletes, and an object that a deletion left empty goes. */
static int merge (json_t *o, json_t *patch)
{
    const char *key;
    json_t *value;

    json_object_foreach (patch, key, value)
    {
        json_t *old = json_object_get (o, key);

        if (json_is_null (value)) {
            json_object_del (o, key);
            continue;
        }
        if (!json_is_object (value)) {
            if (json_object_set (o, key, value) < 0)
                return -1;
            continue;
        }
        if (!json_is_object (old)) {
            if (json_object_set_new (o, key, json_object ()) < 0)
                return -1;
            old = json_object_get (o, key);
        }
        if (merge (old, value) < 0)
            return -1;
        if (json_object_size (old) == 0)
            json_object_del (o, key);
    }
    return 0;
}

static json_t *parse_or_empty (const char *text)
{
    return text ? jload_object (text, strlen (text), "annotations", NULL)
                : json_object ();
}

/* The text of object merged with patch, NULL and errno 0 if it is empty. */
static char *merged (const char *object, json_t *patch)
{
    json_t *o = parse_or_empty (object);
    char *s = NULL;

    if (!o)
        return NULL;
    if (merge (o, patch) < 0)
        errno = ENOMEM;
    else if (json_object_size (o) == 0)
        errno = 0;
    else if (!(s = json_dumps (o, JSON_COMPACT)))
        errno = ENOMEM;
    json_decref (o);
    return s;
}

char *annotations_merge (const char *object, const char *patch)
{
    json_t *p = parse_or_empty (patch);
    char *s;
    int saved_errno;

    if (!p)
        return NULL;
    s = merged (object, p);
    saved_errno = errno;
    json_decref (p);
    errno = saved_errno;
    return s;
}

/* Put the job's annotations with patch merged into the event. */
static int apply_annotations (struct wire_event *w,
                              const struct job *job,
                              json_t *patch)
{
    const struct text *old = job ? job->annotations : NULL;
    char *s;

    if (!patch)
        return 0;
    if (!(s = merged (old ? old->s : NULL, patch))) {
        if (errno != 0)
            return -1;
        w->ev.has_annotations = old != NULL;
        return 0;
    }
    if (old && !strcmp (old->s, s)) {
        free (s);
        return 0;
    }
    w->ev.annotations = text_create (s, strlen (s));
    free (s);
    if (!w->ev.annotations)
        return -1;
    w->ev.has_annotations = true;
    return 0;
}

/* The annotations event tells its listeners the whole dictionary, or null,
 * whatever the change was.
 */
static int make_annotations (struct wire_event *w, const struct job *job)
{
    struct priv *priv = w->priv;
    json_t *patch = json_object_get (priv->context, "annotations");
    const struct text *now;
    struct jbuf b = { 0 };

    if (json_is_null (patch))
        w->ev.has_annotations = job && job->annotations;
    else if (apply_annotations (w, job, patch) < 0)
        return -1;
    now = w->ev.has_annotations ? w->ev.annotations
          : job                 ? job->annotations
                                : NULL;
    jbuf_lit (&b, "{\"annotations\":");
    jbuf_lit (&b, now ? now->s : "null");
    jbuf_raw (&b, "}", 1);
    return set_context (w, jbuf_take (&b, NULL));
}

/* A memo's keys are annotations of the user. */
static int make_memo (struct wire_event *w, const struct job *job)
{
    struct priv *priv = w->priv;
    json_t *patch = json_pack ("{s:O}", "user", priv->context);
    int rc;

    if (!patch) {
        errno = ENOMEM;
        return -1;
    }
    rc = apply_annotations (w, job, patch);
    json_decref (patch);
    return rc;
}

static int make_jobspec_update (struct wire_event *w,
                                const struct job *job,
                                flux_error_t *error)
{
    const char *was;
    char *s;
    int rc = 0;

    if (!job || !job->spec)
        return 0;
    if (!(was = text_str (job->spec)))
        return err_set (error, errno, "the job's jobspec: out of memory");
    if (!(s = jobspec_update (was, w->ev.context, error)))
        return -1;
    /* A jobspec that was admitted unchecked may stay as odd as it was. */
    if (jobspec_of (job->spec) && jobspec_check (s, strlen (s), error) < 0)
        rc = -1;
    else if (!(w->ev.spec = job->spec->pool
                                ? text_intern (job->spec->pool, s, strlen (s))
                                : text_create (s, strlen (s))))
        rc = -1;
    free (s);
    return rc;
}

static int make_resource_update (struct wire_event *w,
                                 const struct job *job,
                                 flux_error_t *error)
{
    char *s;

    if (!job || !job->R)
        return 0;
    if (!(s = rjson_set_expiration (job->R->s, w->ev.expiration, error)))
        return -1;
    w->ev.R = text_create (s, strlen (s));
    free (s);
    return w->ev.R ? 0 : -1;
}

static int need_context (const struct wire_event *w, flux_error_t *error)
{
    struct priv *priv = w->priv;

    if (priv && priv->context && json_object_size (priv->context) > 0)
        return 0;
    return err_set (error,
                    EINVAL,
                    "event %s: the context is missing or empty",
                    w->ev.name);
}

static int make_by_kind (struct wire_event *w,
                         const struct job *job,
                         flux_error_t *error)
{
    struct priv *priv = w->priv;

    switch (w->ev.kind) {
    case EVENT_ANNOTATIONS:
        return make_annotations (w, job);
    case EVENT_ALLOC: {
        json_t *o =
            priv ? json_object_get (priv->context, "annotations") : NULL;
        return apply_annotations (w, job, json_is_object (o) ? o : NULL);
    }
    case EVENT_MEMO:
        if (need_context (w, error) < 0)
            return -1;
        return make_memo (w, job);
    case EVENT_JOBSPEC_UPDATE:
        if (need_context (w, error) < 0)
            return -1;
        return make_jobspec_update (w, job, error);
    case EVENT_RESOURCE_UPDATE:
        return make_resource_update (w, job, error);
    default:
        return 0;
    }
}

static int set_name (struct wire_event *w, const char *name, flux_error_t *e)
{
    struct priv *priv;

    w->ev.kind = event_kind_parse (name);
    if (w->ev.kind != EVENT_OTHER) {
        w->ev.name = event_kind_name (w->ev.kind);
        return 0;
    }
    if (!event_name_valid (name))
        return err_set (e,
                        EINVAL,
                        "\"%.32s\" is not fit to name an event",
                        name);
    if (!(priv = get_priv (w)))
        return -1;
    strncpy (priv->name, name, sizeof (priv->name) - 1);
    w->ev.name = priv->name;
    return 0;
}

/* One line must stay one line. */
static bool has_control (const char *s)
{
    for (; *s; s++) {
        if ((unsigned char)*s < 0x20)
            return true;
    }
    return false;
}

static int load_context (struct wire_event *w,
                         const char *context,
                         flux_error_t *error)
{
    char what[80] = "event ";
    struct priv *priv;
    json_t *o;

    strncat (what, w->ev.name, sizeof (what) - 7);
    if (!(o = jload_object (context, strlen (context), what, error)))
        return -1;
    if (!(priv = get_priv (w))) {
        json_decref (o);
        return -1;
    }
    priv->context = o;
    if (has_control (context))
        return set_context (w, json_dumps (o, JSON_COMPACT));
    w->ev.context = context;
    return 0;
}

/* w is zeroed but for what its context text is kept in. */
static int event_make (struct wire_event *w,
                       const struct job *job,
                       const char *name,
                       double timestamp,
                       const char *context,
                       flux_error_t *error)
{
    struct priv *priv;

    if (set_name (w, name, error) < 0)
        return -1;
    if (!isfinite (timestamp) || timestamp <= 0)
        return err_set (error,
                        EINVAL,
                        "event %s: timestamp %g is not greater than 0",
                        w->ev.name,
                        timestamp);
    w->ev.timestamp = timestamp;
    if (context && eventfields_scan (&w->ev, context)) {
        w->ev.context = context;
        return 0;
    }
    if (context && load_context (w, context, error) < 0)
        return -1;
    priv = w->priv;
    if (eventfields_read (&w->ev, priv ? priv->context : NULL, error) < 0)
        return -1;
    if (make_by_kind (w, job, error) == 0)
        return 0;
    if (errno == ENOMEM)
        err_set (error, ENOMEM, "event %s: out of memory", w->ev.name);
    return -1;
}

int wire_event_make (struct wire_event *w,
                     const struct job *job,
                     const char *name,
                     double timestamp,
                     const char *context,
                     flux_error_t *error)
{
    memset (w, 0, sizeof (*w));
    if (!name)
        return err_set (error, EINVAL, "an event without a name");
    if (event_make (w, job, name, timestamp, context, error) < 0) {
        wire_event_finish (w);
        return -1;
    }
    return 0;
}

/* Takes text, the context that parts has or NULL. */
static int make_of_parts (struct wire_event *w,
                          const struct job *job,
                          const struct eventline *parts,
                          char *text,
                          flux_error_t *error)
{
    memset (w, 0, sizeof (*w));
    if (text && set_context (w, text) < 0)
        return err_set (error, ENOMEM, "event: out of memory");
    if (event_make (w, job, parts->name, parts->timestamp, text, error) < 0) {
        wire_event_finish (w);
        return -1;
    }
    return 0;
}

int wire_event_decode (struct wire_event *w,
                       const struct job *job,
                       const char *line,
                       size_t len,
                       flux_error_t *error)
{
    struct eventline parts;
    char *text = NULL;

    memset (w, 0, sizeof (*w));
    if (len > 0 && line[len - 1] == '\n')
        len--;
    if (memchr (line, '\n', len) || memchr (line, '\0', len))
        return err_set (error, EINVAL, "event: more than one line");
    if (eventline_scan (line, len, &parts)) {
        if (parts.context
            && !(text = strndup (parts.context, parts.context_len)))
            return err_set (error, ENOMEM, "event: out of memory");
        if (make_of_parts (w, job, &parts, text, error) == 0)
            return 0;
        /* perhaps other keys follow the context */
        text = NULL;
    }
    if (eventline_parse (line, len, &parts, &text, error) < 0)
        return -1;
    return make_of_parts (w, job, &parts, text, error);
}

char *wire_event_encode (const struct event *ev, size_t *len)
{
    struct jbuf b = { 0 };

    if (!ev->context
        && (ev->kind == EVENT_JOBSPEC_UPDATE || ev->kind == EVENT_MEMO)) {
        errno = EINVAL; /* their keys are nowhere else */
        return NULL;
    }
    jbuf_lit (&b, "{\"timestamp\":");
    jbuf_real (&b, ev->timestamp);
    jbuf_lit (&b, ",\"name\":");
    jbuf_string (&b, ev->name ? ev->name : event_kind_name (ev->kind));
    if (ev->context) {
        jbuf_lit (&b, ",\"context\":");
        jbuf_lit (&b, ev->context);
    }
    else
        eventfields_write (ev, &b);
    jbuf_raw (&b, "}\n", 2);
    return jbuf_take (&b, len);
}

bool eventlog_next (const char *log,
                    size_t size,
                    size_t *pos,
                    const char **line,
                    size_t *len)
{
    const char *p, *nl;

    if (!log || *pos >= size)
        return false;
    p = log + *pos;
    nl = memchr (p, '\n', size - *pos);
    *line = p;
    *len = nl ? (size_t)(nl - p) : size - *pos;
    *pos += *len + (nl ? 1 : 0);
    return true;
}
