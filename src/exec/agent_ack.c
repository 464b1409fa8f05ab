/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What was told and is durable need not be kept by agents; what was told and
 * comes again, to a broker that returned, must not be told twice.
 *
 * The start event of a job is durable together with the first report of each
 * part.  Only for what comes later is the number of the report stored, as a
 * mark of the part; a job that ends takes its marks with it.  So short jobs
 * have none.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "exec/exec_agent.h"

void exec_mark (struct exec_job_state *job, struct part *part)
{
    const struct exec_reports *r = job->x->env.reports;
    char s[64];

    if (!r->mark)
        return;
    snprintf (s,
              sizeof (s),
              "%" PRIu64 " %d %d",
              part->seen,
              part->over,
              part->status);
    r->mark (r->arg, job->id, part->node->rank, s);
    part->marked = true;
}

void exec_mark_read (struct exec_job_state *job, struct part *part)
{
    const struct exec_reports *r = job->x->env.reports;
    char *s = r->marked ? r->marked (r->arg, job->id, part->node->rank) : NULL;
    uint64_t seen;
    int over, status;

    if (s && sscanf (s, "%" SCNu64 " %d %d", &seen, &over, &status) == 3) {
        part->marked = true;
        part->seen = seen;
        if (over)
            exec_part_over (job, part, status);
    }
    free (s);
}

void exec_marks_drop (struct exec_job_state *job)
{
    const struct exec_reports *r = job->x->env.reports;

    for (unsigned int i = 0; i < job->nparts; i++) {
        struct part *part = &job->parts[i];

        if (part->marked)
            r->mark (r->arg, job->id, part->node->rank, NULL);
        part->marked = false;
    }
}

/* Reports of a job that waits for its other parts to start are only in this
 * process.
 */
static uint64_t told_up_to (struct node *node)
{
    struct exec_job_state *job, *next;
    uint64_t seq = node->seen;

    if (node->x->nnodes == 1)
        return seq;
    HASH_ITER (hh, node->x->jobs, job, next)
    {
        struct part *part = exec_part_of (job, node);

        if (part && !job->started && part->first > 0 && part->first <= seq)
            seq = part->first - 1;
    }
    return seq;
}

static void send_ack (struct node *node, uint64_t seq)
{
    struct agent_ack ack = { .seq = seq };
    flux_msg_t *msg = agent_ack_encode (&ack);

    if (msg)
        node_send (node, msg);
    flux_msg_destroy (msg);
}

void exec_ack_note (struct node *node)
{
    const struct exec_reports *r = node->x->env.reports;
    struct exec_ack ack = { .seq = told_up_to (node) };

    if (!r->batch) {
        send_ack (node, ack.seq);
        return;
    }
    ack.batch = r->batch (r->arg);
    if (node->ack.batch == 0 || node->ack.batch == ack.batch)
        node->ack = ack;
    else
        node->next_ack = ack;
}

void exec_durable (struct exec *x, uint64_t batch)
{
    for (unsigned int i = 0; i < x->nnodes; i++) {
        struct node *node = &x->nodes[i];
        uint64_t seq = 0;

        while (node->ack.batch > 0 && node->ack.batch <= batch) {
            seq = node->ack.seq;
            node->ack = node->next_ack;
            node->next_ack = (struct exec_ack){ 0 };
        }
        if (seq > 0)
            send_ack (node, seq);
    }
}
