/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Keys of parallel programs go round (RFC 13): each agent of a job says what
 * its tasks have put when all of them are in the barrier; when all agents
 * have, all of it goes to each.  An agent counts the rounds, and says the
 * last two again to a broker that is new: who was told twice does no harm.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exec/exec_agent.h"

enum {
    /* Bytes that a round may bring together. */
    ROUND_MAX = 64 * 1024 * 1024,
};

struct round {
    int64_t number; /* 0: none */
    bool done;
    unsigned int ncame;
    bool *came; /* by part */
    struct jbuf keys;
};

struct exec_pmi {
    struct round rounds[2]; /* by number modulo 2 */
};

static void round_clear (struct round *r)
{
    free (r->came);
    free (r->keys.s);
    memset (r, 0, sizeof (*r));
}

static struct round *round_of (struct exec_job_state *job, int64_t number)
{
    struct round *r;

    if (!job->pmi && !(job->pmi = calloc (1, sizeof (*job->pmi))))
        return NULL;
    r = &job->pmi->rounds[number % 2];
    if (r->number < number) {
        round_clear (r);
        if (!(r->came = calloc (job->nparts, sizeof (*r->came))))
            return NULL;
        r->number = number;
    }
    return r->number == number ? r : NULL;
}

static void finish (struct exec_job_state *job, struct round *r)
{
    struct agent_talk talk = { .kind = TALK_PMI,
                               .n = r->number,
                               .text = r->keys.s,
                               .len = r->keys.len };

    if (r->keys.failed) {
        exec_fail (job, "PMI: out of memory");
        return;
    }
    service_say (job, NULL, &talk);
    free (r->keys.s);
    memset (&r->keys, 0, sizeof (r->keys));
    r->done = true;
}

void pmi_talk (struct exec_job_state *job,
               struct part *part,
               const struct agent_talk *talk)
{
    struct round *r = talk->n > 0 ? round_of (job, talk->n) : NULL;
    size_t i = part - job->parts;

    if (!r || r->done || r->came[i])
        return;
    if (r->keys.len + talk->len > ROUND_MAX) {
        exec_fail (job, "PMI: the tasks put too many keys");
        return;
    }
    r->came[i] = true;
    r->ncame++;
    jbuf_raw (&r->keys, talk->text, talk->len);
    if (r->ncame == talk->m)
        finish (job, r);
}

void pmi_end (struct exec_job_state *job)
{
    if (!job->pmi)
        return;
    round_clear (&job->pmi->rounds[0]);
    round_clear (&job->pmi->rounds[1]);
    free (job->pmi);
    job->pmi = NULL;
}
