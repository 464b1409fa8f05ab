/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "wire/guestlog.h"

void report_touch (struct agent_job *job)
{
    if (job->dirty)
        return;
    job->dirty = true;
    TAILQ_INSERT_TAIL (&job->agent->dirty, job, link);
    loop_kick (job->agent->flush);
}

void report_exception (struct agent_job *job, const char *note)
{
    if (job->failed)
        return;
    job->failed = true;
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

static int send_report (struct agent_job *job)
{
    struct agent_report r = {
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

    int rc = msg ? net_conn_send (job->agent->conn, msg) : -1;

    flux_msg_destroy (msg);
    if (rc == 0)
        clear (job);
    return rc;
}

/* Without a broker reports stay where they are, and so they do if memory is
 * short: the next turn with something to say tries again.
 */
void report_flush_cb (struct loop_source *src, int revents, void *arg)
{
    struct agent *a = arg;
    struct agent_job *job;

    while (a->conn && (job = TAILQ_FIRST (&a->dirty))) {
        if (send_report (job) < 0)
            break;
        TAILQ_REMOVE (&a->dirty, job, link);
        job->dirty = false;
        if (job->over)
            job_destroy (job);
    }
    if (a->conn && net_conn_queued (a->conn) > AGENT_QUEUE_MAX)
        stream_throttle (a, true);
    agent_check_leave (a);
}
