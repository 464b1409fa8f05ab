/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Events that wait for their turn while the job is busy with another. */

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "manager/manager_private.h"
#include "manager/post_queue.h"

/* Kinds whose data is in numbers alone. */
static bool is_plain (const struct event *ev)
{
    switch (ev->kind) {
    case EVENT_SUBMIT:
    case EVENT_VALIDATE:
    case EVENT_SET_FLAGS:
    case EVENT_DEPEND:
    case EVENT_PRIORITY:
    case EVENT_URGENCY:
    case EVENT_START:
    case EVENT_FINISH:
    case EVENT_FREE:
    case EVENT_CLEAN:
    case EVENT_FLUX_RESTART:
        return !ev->context;
    default:
        return false;
    }
}

int post_queue_push (struct job_host *host, const struct event *ev)
{
    struct queued_event *q;
    struct event dated = *ev;
    char *line = NULL;
    size_t len = 0;

    if (dated.timestamp == 0.)
        dated.timestamp = clock_now (host->m->clock);
    if (!is_plain (ev) && !(line = wire_event_encode (&dated, &len)))
        return -1;
    if (!(q = calloc (1, sizeof (*q) + len + 1))) {
        free (line);
        return -1;
    }
    q->ev = dated;
    q->ev.name = NULL;
    q->R = ev->kind == EVENT_ALLOC ? text_ref (ev->R) : NULL;
    if (line)
        memcpy (q->line, line, len);
    q->len = len;
    free (line);
    DL_APPEND (host->queue, q);
    return 0;
}

void post_queue_free (struct queued_event *q)
{
    text_unref (q->R);
    free (q);
}

void post_queue_drop (struct job_host *host)
{
    struct queued_event *q;

    while ((q = host->queue)) {
        DL_DELETE (host->queue, q);
        post_queue_free (q);
    }
}

static bool queued (const struct job_host *host, enum event_kind kind)
{
    const struct queued_event *q;

    DL_FOREACH (host->queue, q)
    {
        if (q->ev.kind == kind)
            return true;
    }
    return false;
}

bool manager_event_queued (struct manager *m,
                           struct job *job,
                           enum event_kind kind)
{
    return queued (host_of (job), kind);
}

bool manager_job_busy (struct manager *m, struct job *job)
{
    return host_of (job)->busy;
}

bool manager_start_requested (struct manager *m, struct job *job)
{
    return host_of (job)->start;
}

struct job_inflight post_inflight (const struct job *job)
{
    const struct job_host *host = host_of (job);
    struct job_inflight f = {
        .alloc = host->alloc,
        .start = host->start,
    };

    if (host->queue) {
        f.depend_adds = queued (host, EVENT_DEPENDENCY_ADD);
        f.prologs = queued (host, EVENT_PROLOG_START);
        f.epilogs = queued (host, EVENT_EPILOG_START);
        f.depend = queued (host, EVENT_DEPEND);
        f.free = queued (host, EVENT_FREE);
        f.clean = queued (host, EVENT_CLEAN);
    }
    return f;
}
