/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* How many active jobs of each named queue are in which state. */

#include <stdlib.h>
#include <string.h>

#include "manager/manager_private.h"
#include "wire/jobspec.h"

#define TALLIES_MAX UINT16_MAX

struct tally {
    char *queue;
    unsigned int in_state[FLUX_JOB_NR_STATES];
};

/* A job has the number of its tally, from 1 on; 0: its queue has no name. */
struct tallies {
    struct tally *list;
    unsigned int count;
};

static void count (struct manager *m, const struct job *job, int state, int n)
{
    unsigned int number = host_of (job)->tally;

    if (number > 0)
        m->tallies->list[number - 1].in_state[__builtin_ctz (state)] += n;
}

/* 0: no memory. */
static unsigned int number_of (struct tallies *all, const char *queue)
{
    struct tally *grown;

    for (unsigned int i = 0; i < all->count; i++) {
        if (!strcmp (all->list[i].queue, queue))
            return i + 1;
    }
    if (all->count == TALLIES_MAX)
        return 0;
    grown = realloc (all->list, (all->count + 1) * sizeof (*grown));
    if (!grown)
        return 0;
    all->list = grown;
    grown += all->count;
    memset (grown, 0, sizeof (*grown));
    if (!(grown->queue = strdup (queue)))
        return 0;
    return ++all->count;
}

void tally_enter (struct manager *m, struct job *job)
{
    const struct jobspec *js = job->spec ? jobspec_of (job->spec) : NULL;

    tally_leave (m, job);
    if (js && js->queue)
        host_of (job)->tally = number_of (m->tallies, js->queue);
    count (m, job, job->state, 1);
}

void tally_leave (struct manager *m, struct job *job)
{
    count (m, job, job->state, -1);
    host_of (job)->tally = 0;
}

void tally_move (struct manager *m, const struct job *job, int prev)
{
    count (m, job, prev, -1);
    count (m, job, job->state, 1);
}

void manager_each_queue (struct manager *m,
                         void (*cb) (const char *queue,
                                     const unsigned int in_state[],
                                     void *arg),
                         void *arg)
{
    const struct tallies *all = m->tallies;

    for (unsigned int i = 0; i < all->count; i++)
        cb (all->list[i].queue, all->list[i].in_state, arg);
}

struct tallies *tallies_create (void)
{
    return calloc (1, sizeof (struct tallies));
}

void tallies_destroy (struct tallies *all)
{
    if (!all)
        return;
    for (unsigned int i = 0; i < all->count; i++)
        free (all->list[i].queue);
    free (all->list);
    free (all);
}
