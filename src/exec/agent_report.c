/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* From what agents say to what the manager is told. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/exec_agent.h"
#include "wire/guestlog.h"

static const char *const exec_path = "guest.exec.eventlog";
static const char *const output_path = "guest.output";

struct exec_job_state *exec_job_find (struct exec *x, uint64_t id)
{
    struct exec_job_state *job;

    HASH_FIND (hh, x->jobs, &id, sizeof (id), job);
    return job;
}

void exec_job_destroy (struct exec_job_state *job)
{
    service_unregister (job);
    HASH_DEL (job->x->jobs, job);
    flux_msg_decref (job->start);
    for (int i = 0; i < 2; i++) {
        free (job->held[i].exec.s);
        free (job->held[i].output.s);
    }
    free (job->infile);
    free (job->input.s);
    free (job->parts);
    free (job);
}

/* ---- logs ---- */

void exec_tell_log (struct exec_job_state *job,
                    const char *path,
                    const char *data,
                    size_t len)
{
    const struct exec_reports *r = job->x->env.reports;

    if (len > 0)
        r->log (r->arg, job->id, path, data, len);
}

/* An entry of the log that says the header comes first comes first: the
 * leader's lines go before those of others, however they arrived.
 */
static void take_logs (struct exec_job_state *job,
                       const struct part *part,
                       const struct agent_report *rep)
{
    struct agent_job_logs *held = &job->held[part != &job->parts[0]];

    if (job->started) {
        exec_tell_log (job, exec_path, rep->exec, rep->exec_len);
        exec_tell_log (job, output_path, rep->output, rep->output_len);
        return;
    }
    jbuf_raw (&held->exec, rep->exec ? rep->exec : "", rep->exec_len);
    jbuf_raw (&held->output, rep->output ? rep->output : "", rep->output_len);
}

static void tell_held (struct exec_job_state *job)
{
    struct jbuf exec = { 0 };
    struct jbuf output = { 0 };

    guestlog_event (&exec, job->t_start, "init", NULL);
    guestlog_event (&exec, job->t_start, "starting", NULL);
    for (int i = 0; i < 2; i++) {
        struct agent_job_logs *held = &job->held[i];

        jbuf_raw (&exec, held->exec.s ? held->exec.s : "", held->exec.len);
        jbuf_raw (&output,
                  held->output.s ? held->output.s : "",
                  held->output.len);
        free (held->exec.s);
        free (held->output.s);
        memset (held, 0, sizeof (*held));
    }
    exec_tell_log (job, exec_path, exec.s, exec.failed ? 0 : exec.len);
    exec_tell_log (job, output_path, output.s, output.failed ? 0 : output.len);
    free (exec.s);
    free (output.s);
    stdin_started (job);
}

/* ---- what becomes of a job ---- */

static void tell_exception (struct exec_job_state *job,
                            int severity,
                            const char *type,
                            const char *note)
{
    const struct exec_reports *r = job->x->env.reports;

    r->exception (r->arg, job->id, severity, type, note);
    if (severity == 0 && !job->failed) {
        job->failed = true;
        if (!job->started)
            exec_send_kill (job, SIGKILL);
    }
}

static void check_started (struct exec_job_state *job)
{
    const struct exec_reports *r = job->x->env.reports;

    if (job->started || job->nstarted < job->nparts)
        return;
    job->started = true;
    r->started (r->arg, job->id);
    tell_held (job);
    for (unsigned int i = 0; i < job->nparts; i++) {
        struct part *part = &job->parts[i];

        if (part->over || part->seen > part->first)
            exec_mark (job, part);
    }
}

static void tell_end (struct exec_job_state *job)
{
    double now = loop_now (job->x->env.loop);
    struct jbuf b = { 0 };
    char context[64];

    snprintf (context,
              sizeof (context),
              "{\"rank\":%u,\"wait_status\":%d}",
              job->parts[0].node->rank,
              job->status);
    guestlog_event (&b, now, "shell-exit", context);
    guestlog_event_int (&b, now, "complete", "status", job->status);
    guestlog_event (&b, now, "done", NULL);
    exec_tell_log (job, exec_path, b.s, b.failed ? 0 : b.len);
    free (b.s);
}

static void check_over (struct exec_job_state *job)
{
    struct exec *x = job->x;
    const struct exec_reports *r = x->env.reports;
    uint64_t id = job->id;
    int status = job->status;
    bool started = job->started;

    if (job->tell_again) {
        job->tell_again = false;
        r->started (r->arg, id);
    }
    if (job->fatal) {
        tell_exception (job, 0, "exec", job->fatal);
        job->fatal = NULL;
    }
    if (job->lost) {
        job->lost = false;
        tell_exception (job, 0, "exec", "lost: its flux-agent is gone");
    }
    if (job->nover < job->nparts)
        return;
    if (started)
        tell_end (job);
    exec_marks_drop (job);
    exec_job_destroy (job);
    if (started)
        r->finish (r->arg, id, status);
    r->release (r->arg, id);
}

void exec_fail (struct exec_job_state *job, const char *why)
{
    job->fatal = why;
    exec_queue (job->x, NULL, NULL, job->id);
}

void exec_part_over (struct exec_job_state *job, struct part *part, int status)
{
    if (part->over)
        return;
    part->over = true;
    proctable_lost (job, part);
    part->status = status;
    job->nover++;
    if (status > job->status)
        job->status = status;
}

/* Of a part that was found again without a mark, all that is known is that
 * the report that it started was told.
 */
static bool told_before (const struct part *part,
                         const struct agent_report *rep)
{
    if (part->over || rep->seq <= part->seen)
        return true;
    return rep->started && part->started;
}

static void tell_report (struct exec_job_state *job,
                         struct part *part,
                         const struct agent_report *rep)
{
    part->seen = rep->seq;
    if (rep->started) {
        part->started = true;
        part->first = rep->seq;
        job->nstarted++;
    }
    take_logs (job, part, rep);
    check_started (job);
    if (rep->type)
        tell_exception (job, rep->severity, rep->type, rep->note);
    if (rep->over)
        exec_part_over (job, part, rep->status);
    if (job->started && !(rep->started && !rep->over)
        && job->nover < job->nparts)
        exec_mark (job, part);
    if (rep->over)
        check_over (job);
}

static void report_cb (struct node *node, const flux_msg_t *msg)
{
    struct exec_job_state *job;
    struct agent_report rep;
    struct part *part;

    if (agent_report_decode (msg, &rep, NULL) < 0)
        return;
    if (rep.seq > node->seen)
        node->seen = rep.seq;
    if ((job = exec_job_find (node->x, rep.id))
        && (part = exec_part_of (job, node)) && !told_before (part, &rep))
        tell_report (job, part, &rep);
    exec_ack_note (node);
}

static void node_died (struct node *node)
{
    struct exec_job_state *job, *next;
    char note[64];

    snprintf (note, sizeof (note), "flux-agent on rank %u died", node->rank);
    node->seen = 0;
    node->ack = node->next_ack = (struct exec_ack){ 0 };
    HASH_ITER (hh, node->x->jobs, job, next)
    {
        struct part *part = exec_part_of (job, node);

        if (!part || !part->sent || part->over)
            continue;
        exec_part_over (job, part, SIGKILL);
        tell_exception (job, 0, "exec", note);
        exec_queue (node->x, NULL, NULL, job->id);
    }
}

void exec_work_cb (struct loop_source *src, int revents, void *arg)
{
    struct exec *x = arg;
    struct exec_job_state *job;
    struct item *item;

    while ((item = STAILQ_FIRST (&x->items))) {
        STAILQ_REMOVE_HEAD (&x->items, link);
        if (item->msg)
            report_cb (item->node, item->msg);
        else if (item->node)
            node_died (item->node);
        else if ((job = exec_job_find (x, item->id)))
            check_over (job);
        flux_msg_decref (item->msg);
        free (item);
    }
}
