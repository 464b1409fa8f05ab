/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The other direction of requests_job.h: answers, and contexts of events. */

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "wire/eventlog.h"
#include "wire/jbuf.h"
#include "wire/requests_job.h"

/* {"KEY":TEXT} */
static char *wrapped (const char *key, const char *text)
{
    struct jbuf b = { 0 };

    jbuf_lit (&b, "{");
    jbuf_string (&b, key);
    jbuf_lit (&b, ":");
    jbuf_lit (&b, text);
    jbuf_lit (&b, "}");
    return jbuf_take (&b, NULL);
}

char *wire_annotations_context (const char *patch)
{
    return wrapped ("annotations", patch);
}

char *wire_updates_queue (const char *updates)
{
    json_t *o = json_loads (updates, 0, NULL);
    const char *s =
        json_string_value (json_object_get (o, "attributes.system.queue"));
    char *queue = s ? strdup (s) : NULL;

    json_decref (o);
    return queue;
}

char *wire_memo_patch (const char *memo)
{
    return wrapped ("user", memo);
}

static char *sched_annotation (const char *summary)
{
    struct jbuf b = { 0 };

    jbuf_lit (&b, "{\"sched\":{\"resource_summary\":");
    jbuf_string (&b, summary);
    jbuf_lit (&b, "}}");
    return jbuf_take (&b, NULL);
}

char *wire_pending_patch (double t_estimate, const char *reason)
{
    struct jbuf b = { 0 };

    jbuf_lit (&b, "{\"sched\":{\"t_estimate\":");
    if (t_estimate > 0.)
        jbuf_real (&b, t_estimate);
    else
        jbuf_lit (&b, "null");
    jbuf_lit (&b, ",\"reason_pending\":");
    if (reason)
        jbuf_string (&b, reason);
    else
        jbuf_lit (&b, "null");
    jbuf_lit (&b, "}}");
    return jbuf_take (&b, NULL);
}

char *wire_alloc_context (const struct text *annotations, const char *summary)
{
    char *patch = sched_annotation (summary);
    char *all, *context;

    if (!patch || !annotations)
        all = patch;
    else {
        all = annotations_merge (annotations->s, patch);
        free (patch);
    }
    if (!all)
        return NULL;
    context = wire_annotations_context (all);
    free (all);
    return context;
}

char *wire_job_exception_encode (uint64_t id, const struct event *ev)
{
    struct jbuf b = { 0 };

    jbuf_lit (&b, "{\"id\":");
    jbuf_int (&b, id);
    jbuf_lit (&b, ",\"type\":");
    jbuf_string (&b, ev->type);
    jbuf_lit (&b, ",\"severity\":");
    jbuf_int (&b, ev->severity);
    jbuf_lit (&b, "}");
    return jbuf_take (&b, NULL);
}

char *wire_wait_encode (uint64_t id, bool success, const char *errstr)
{
    struct jbuf b = { 0 };

    jbuf_lit (&b, "{\"id\":");
    jbuf_int (&b, id);
    jbuf_lit (&b, success ? ",\"success\":true" : ",\"success\":false");
    jbuf_lit (&b, ",\"errstr\":");
    jbuf_string (&b, errstr);
    jbuf_lit (&b, "}");
    return jbuf_take (&b, NULL);
}

static void optional (struct jbuf *b, const char *key, const char *value)
{
    if (!value)
        return;
    jbuf_lit (b, ",");
    jbuf_string (b, key);
    jbuf_lit (b, ":");
    jbuf_string (b, value);
}

char *wire_queue_status_encode (const struct queue_status *q)
{
    struct jbuf b = { 0 };

    jbuf_lit (&b, q->enable ? "{\"enable\":true" : "{\"enable\":false");
    jbuf_lit (&b, q->start ? ",\"start\":true" : ",\"start\":false");
    optional (&b, "parent", q->parent);
    optional (&b, "blocked", q->blocked);
    optional (&b, "disable_reason", q->disable_reason);
    optional (&b, "stop_reason", q->stop_reason);
    jbuf_lit (&b, "}");
    return jbuf_take (&b, NULL);
}

void wire_list_entry (struct jbuf *b, const struct job *job)
{
    static const char *const keys[] = {
        "{\"id\":",       ",\"userid\":", ",\"urgency\":",
        ",\"priority\":", ",\"state\":",
    };
    const int64_t values[] = {
        job->id, job->userid, job->urgency, job->priority, job->state,
    };

    for (size_t i = 0; i < sizeof (keys) / sizeof (keys[0]); i++) {
        jbuf_lit (b, keys[i]);
        jbuf_int (b, values[i]);
    }
    jbuf_lit (b, ",\"t_submit\":");
    jbuf_real (b, job->t_submit);
    if (job->annotations) {
        jbuf_lit (b, ",\"annotations\":");
        jbuf_lit (b, job->annotations->s);
    }
    for (unsigned int i = 0; i < job->ndeps; i++) {
        jbuf_lit (b, i == 0 ? ",\"dependencies\":[" : ",");
        jbuf_string (b, job->deps[i]);
    }
    jbuf_lit (b, job->ndeps > 0 ? "]}" : "}");
}
