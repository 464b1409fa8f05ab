/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The order of many pending jobs, through blocks that split and join. */

#include <errno.h>
#include <stdlib.h>

#include "sched/queue.h"
#include "tap.h"

enum {
    JOBS = 3000,
    STEPS = 30000,
};

static struct {
    struct sched_job job[JOBS];
    bool in[JOBS];
    unsigned int seed;
} model = { .seed = 7 };

static unsigned int rnd (unsigned int n)
{
    model.seed = model.seed * 1103515245 + 12345;
    return (model.seed >> 8) % n;
}

static int by_order (const void *a, const void *b)
{
    const struct sched_job *x = &model.job[*(const int *)a];
    const struct sched_job *y = &model.job[*(const int *)b];

    if (x->priority != y->priority)
        return x->priority > y->priority ? -1 : 1;
    if (x->t_submit != y->t_submit)
        return x->t_submit < y->t_submit ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* How many entries are not where the model has them. */
static int compare (struct queue *q)
{
    int list[JOBS], n = 0, wrong = 0;
    const struct pending *p = queue_first (q);

    for (int i = 0; i < JOBS; i++) {
        if (model.in[i])
            list[n++] = i;
    }
    qsort (list, n, sizeof (*list), by_order);
    for (int i = 0; i < n; i++) {
        wrong += !p || p->node.id != model.job[list[i]].id
                 || queue_place (q, p) != (unsigned int)i + 1;
        if (p)
            p = queue_next (q, p);
    }
    return wrong + (p != NULL) + (queue_count (q) != (unsigned int)n);
}

static void add (struct queue *q, int i, int64_t priority)
{
    model.job[i] = (struct sched_job){ .id = i + 1,
                                       .priority = priority,
                                       .t_submit = i / 10 };
    model.in[i] = queue_add (q, &model.job[i]) == 0;
}

static void step (struct queue *q, unsigned int spread)
{
    int i = rnd (JOBS);
    struct pending *p = queue_find (q, i + 1);

    if (!model.in[i])
        add (q, i, rnd (spread));
    else if (rnd (3) == 0) {
        queue_remove (q, p);
        model.in[i] = false;
    }
    else {
        model.job[i].priority = rnd (spread);
        queue_reorder (q, p, model.job[i].priority);
    }
}

static void test_random (unsigned int spread)
{
    struct queue q;
    int wrong = 0;

    queue_init (&q);
    memset (model.in, 0, sizeof (model.in));
    for (int i = 0; i < JOBS; i++)
        add (&q, i, 16);
    is_int (compare (&q), 0, "jobs of one priority stand as they came");
    ok (queue_add (&q, &model.job[5]) < 0 && errno == EEXIST,
        "none comes twice");
    for (int i = 0; i < STEPS; i++) {
        step (&q, spread);
        if (i % 1000 == 0)
            wrong += compare (&q);
    }
    is_int (wrong, 0, "random changes, %u priorities", spread);
    queue_clear (&q);
}

/* As a plugin asked anew for all of them does. */
static void test_walk (void)
{
    struct queue q;
    int missed = 0;

    queue_init (&q);
    memset (model.in, 0, sizeof (model.in));
    for (int i = 0; i < JOBS; i++)
        add (&q, i, 16);
    queue_find (&q, 1);
    for (int i = 1; i < JOBS; i++) {
        struct pending *p = queue_guess (&q, i + 1);

        missed += p == NULL;
        model.job[i].priority = JOBS - i;
        if (p)
            queue_reorder (&q, p, JOBS - i);
    }
    is_int (missed, 0, "a walk in the order of arrival is foreseen");
    is_int (compare (&q), 0, "and turns the order round");
    while (queue_first (&q)) {
        struct pending *p = queue_first (&q);

        model.in[p->node.id - 1] = false;
        queue_remove (&q, p);
    }
    is_int (compare (&q), 0, "until none is left");
    queue_clear (&q);
}

int main (void)
{
    test_random (1000000);
    test_random (3);
    test_walk ();
    return done_testing ();
}
