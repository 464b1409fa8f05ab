/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "wire/guestlog.h"

void report_touch (struct agent_job *job)
{
    if (!job->dirty)
        TAILQ_INSERT_TAIL (&job->agent->dirty, job, link);
    job->dirty = true;
    loop_kick (job->agent->flush);
}

static void gathered_cb (struct loop_source *src, int revents, void *arg)
{
    struct agent *a = arg;
    struct agent_job *job;

    TAILQ_FOREACH (job, &a->dirty, link)
    job->patient = false;
    loop_kick (a->flush);
}

/* Many jobs end, or have something to say, as soon as they have started: that
 * makes one report and not two.  Not with parts elsewhere, or a terminal: what
 * is said of them beside reports comes after the start.
 */
void report_started (struct agent_job *job)
{
    struct agent *a = job->agent;

    job->say_started = true;
    report_touch (job);
    if (job->layout.nnodes > 1 || job->pty)
        return;
    if (!a->gathered)
        a->gathered = loop_timer_create (a->loop,
                                         LOOP_ALWAYS | LOOP_STOPPED,
                                         AGENT_GATHER_SECONDS,
                                         0.,
                                         gathered_cb,
                                         a);
    if (!a->gathered)
        return;
    job->patient = true;
    if (!loop_source_is_active (a->gathered))
        loop_timer_set (a->gathered, AGENT_GATHER_SECONDS, 0.);
}

void report_exception (struct agent_job *job, const char *note)
{
    if (job->failed)
        return;
    job->failed = true;
    job->patient = false;
    job->type = strdup ("exec");
    job->note = strdup (note);
    report_touch (job);
}

void report_shell_log (struct agent_job *job, int level, const char *message)
{
    guestlog_log (&job->output,
                  loop_now (job->agent->loop),
                  level,
                  job->layout.index,
                  NULL,
                  message);
    job->patient = false;
    report_touch (job);
}

static void clear (struct agent_job *job)
{
    free (job->exec.s);
    free (job->output.s);
    free (job->type);
    free (job->note);
    memset (&job->exec, 0, sizeof (job->exec));
    memset (&job->output, 0, sizeof (job->output));
    job->type = job->note = NULL;
    job->say_started = false;
}

/* Into the backlog, which keeps it until the broker has made it durable. */
static int seal (struct agent_job *job)
{
    struct agent *a = job->agent;
    struct agent_report r = {
        .seq = a->backlog.seq + 1,
        .id = job->id,
        .started = job->say_started,
        .exec = job->exec.len ? job->exec.s : NULL,
        .exec_len = job->exec.len,
        .output = job->output.len ? job->output.s : NULL,
        .output_len = job->output.len,
        .type = job->type,
        .note = job->note,
        .over = job->over,
        .status = job->status,
    };
    flux_msg_t *msg = agent_report_encode (&r);

    if (!msg || backlog_add (a, job->id, msg) < 0) {
        flux_msg_destroy (msg);
        return -1;
    }
    clear (job);
    return 0;
}

/* Without a broker there is no hurry: reports grow. */
static bool ripe (const struct agent_job *job)
{
    if (job->patient && !job->over && !job->agent->leaving)
        return false;
    return job->agent->conn || job->exec.len + job->output.len > AGENT_GATHER;
}

/* What does not go into the backlog for want of memory stays where it is: the
 * next turn with something to say tries again.
 */
void report_flush_cb (struct loop_source *src, int revents, void *arg)
{
    struct agent *a = arg;
    struct agent_job *job, *next;

    for (job = TAILQ_FIRST (&a->dirty); job; job = next) {
        next = TAILQ_NEXT (job, link);
        if (!ripe (job))
            continue;
        if (seal (job) < 0)
            break;
        TAILQ_REMOVE (&a->dirty, job, link);
        job->dirty = false;
        if (job->over)
            job_destroy (job);
    }
    backlog_send (a);
    if (backlog_full (a))
        stream_throttle (a, true);
    agent_check_leave (a);
}
