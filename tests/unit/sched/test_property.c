/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Random histories of a scheduler, checked against a plain model. */

#include <errno.h>

#include "sched/sched.h"
#include "tap.h"

enum {
    NODES = 5,
    CORES = 4,
    JOBS = 40,
    STEPS = 20000,
};

enum state {
    IDLE,
    PENDING,
    RUNNING,
};

struct model {
    enum state state[JOBS];
    int64_t priority[JOBS];
    double t_submit[JOBS];
    struct jobspec spec[JOBS];
    struct rset *R[JOBS];
    int user[NODES][CORES]; /* job + 1 */
    bool down[NODES];
    unsigned int seed;
    int wrong;
};

static unsigned int rnd (struct model *m, unsigned int n)
{
    m->seed = m->seed * 1103515245 + 12345;
    return (m->seed >> 16) % n;
}

static bool before (struct model *m, int a, int b)
{
    if (m->priority[a] != m->priority[b])
        return m->priority[a] > m->priority[b];
    if (m->t_submit[a] != m->t_submit[b])
        return m->t_submit[a] < m->t_submit[b];
    return a < b;
}

static unsigned int place (struct model *m, int id)
{
    unsigned int n = 1;

    for (int i = 0; i < JOBS; i++)
        n += m->state[i] == PENDING && i != id && before (m, i, id);
    return n;
}

static void use (struct model *m, int id, int value)
{
    const struct rset *R = m->R[id];

    for (size_t i = 0; i < R->count; i++) {
        const struct rset_node *n = &R->nodes[i];
        unsigned int c;

        for (c = idset_first (n->cores); c != IDSET_INVALID_ID;
             c = idset_next (n->cores, c)) {
            int *user = &m->user[n->rank][c];

            m->wrong +=
                value ? *user != 0 || m->down[n->rank] : *user != id + 1;
            *user = value;
        }
    }
}

static void alloc_cb (void *arg, uint64_t id, struct rset *R)
{
    struct model *m = arg;
    const struct jobspec *spec = &m->spec[id];

    m->wrong += m->state[id] != PENDING || m->priority[id] <= 0;
    m->wrong += place (m, id) != 1;
    m->wrong += rset_ncores (R) < spec->nslots * spec->cores_per_slot;
    m->wrong += spec->nnodes > 0 && rset_nnodes (R) != spec->nnodes;
    m->state[id] = RUNNING;
    m->R[id] = R;
    use (m, id, id + 1);
}

static void deny_cb (void *arg, uint64_t id, const char *note)
{
    struct model *m = arg;

    m->wrong += m->spec[id].nslots <= NODES * CORES;
    m->state[id] = IDLE;
}

/* Cores free on nodes that are up; a head of one-core slots that fits into
 * them must not be waiting.
 */
static bool head_starves (struct model *m)
{
    unsigned int ncores = 0;

    for (int n = 0; n < NODES; n++) {
        for (int c = 0; c < CORES; c++)
            ncores += !m->down[n] && !m->user[n][c];
    }
    for (int i = 0; i < JOBS; i++) {
        if (m->state[i] == PENDING && place (m, i) == 1 && m->priority[i] > 0
            && m->spec[i].nnodes == 0 && m->spec[i].cores_per_slot == 1
            && !m->spec[i].exclusive)
            return m->spec[i].nslots <= ncores;
    }
    return false;
}

static void random_spec (struct model *m, struct jobspec *spec)
{
    *spec = (struct jobspec){ .nslots = 1 + rnd (m, 6), .cores_per_slot = 1 };
    switch (rnd (m, 10)) {
    case 0:
        spec->nnodes = 1 + rnd (m, NODES);
        spec->nslots = spec->nnodes * (1 + rnd (m, CORES));
        break;
    case 1:
        spec->nnodes = spec->nslots = 1 + rnd (m, 2);
        spec->exclusive = true;
        break;
    case 2:
        spec->cores_per_slot = 1 + rnd (m, 3);
        spec->nslots = 1 + rnd (m, 2);
        break;
    case 3:
        if (rnd (m, 10) == 0)
            spec->nslots = 1000;
        break;
    }
}

static void finish (struct model *m, struct sched *s, int id)
{
    m->wrong += sched_fifo.free (s, id) != 0;
    use (m, id, 0);
    rset_destroy (m->R[id]);
    m->R[id] = NULL;
    m->state[id] = IDLE;
}

static void set_down (struct model *m, struct sched *s)
{
    char ranks[64] = "";

    for (int n = 0; n < NODES; n++) {
        m->down[n] = rnd (m, 4) == 0;
        if (m->down[n])
            sprintf (ranks + strlen (ranks), "%s%d", *ranks ? "," : "", n);
    }
    m->wrong += sched_fifo.set_down (s, ranks) != 0;
}

static void step (struct model *m, struct sched *s, double now)
{
    int id = rnd (m, JOBS);
    struct sched_job job = { .id = id, .spec = &m->spec[id] };
    char buf[128];

    switch (rnd (m, 12)) {
    case 0:
        if (m->state[id] == PENDING) {
            m->wrong += sched_fifo.dequeue (s, id) != 0;
            m->state[id] = IDLE;
        }
        return;
    case 1:
        set_down (m, s);
        return;
    }
    switch (m->state[id]) {
    case IDLE:
        random_spec (m, &m->spec[id]);
        job.priority = m->priority[id] = rnd (m, 4);
        job.t_submit = m->t_submit[id] = now;
        m->state[id] = PENDING;
        m->wrong += sched_fifo.enqueue (s, &job) != 0;
        break;
    case PENDING:
        m->priority[id] = rnd (m, 5);
        m->wrong += sched_fifo.prioritize (s, id, m->priority[id]) != 0;
        m->wrong +=
            sched_fifo.explain (s, id, buf, sizeof (buf)) != place (m, id);
        break;
    case RUNNING:
        finish (m, s, id);
        break;
    }
}

static struct rset *all_resources (void)
{
    struct rset *all = rset_create ();

    for (int n = 0; n < NODES; n++) {
        for (int c = 0; c < CORES; c++)
            rset_add_core (all, n, c);
    }
    return all;
}

int main (void)
{
    struct model *m = calloc (1, sizeof (*m));
    struct sched_answer answer = { alloc_cb, deny_cb, m };
    struct sched *s = sched_fifo.create ();
    struct rset *all = all_resources ();
    struct rset *held;
    int starved = 0;

    m->seed = 42;
    sched_fifo.resources (s, all);
    for (int i = 0; i < STEPS; i++) {
        step (m, s, i / 3);
        if (rnd (m, 2)) {
            sched_fifo.plan (s, i, rnd (m, 3), &answer);
            while (sched_fifo.plan (s, i, 2, &answer) == 2)
                ;
            starved += head_starves (m);
        }
    }
    is_int (m->wrong, 0, "every answer agrees with the model (seed 42)");
    is_int (starved, 0, "a head that fits is never left waiting");
    for (int i = 0; i < JOBS; i++) {
        if (m->state[i] == RUNNING)
            finish (m, s, i);
    }
    held = sched_fifo.allocated (s);
    is_int (rset_nnodes (held), 0, "nothing is held at the end");
    struct jobspec full = { .nnodes = NODES,
                            .nslots = NODES * CORES,
                            .cores_per_slot = 1 };
    struct sched_job job = { .id = 0, .priority = 1000, .spec = &full };
    sched_fifo.set_down (s, "");
    memset (m->down, 0, sizeof (m->down));
    sched_fifo.dequeue (s, 0);
    m->spec[0] = full;
    m->priority[0] = 1000;
    m->state[0] = PENDING;
    sched_fifo.enqueue (s, &job);
    is_int (sched_fifo.plan (s, 0., 1, &answer), 1, "a job for all of it fits");
    ok (m->R[0] && rset_equal (m->R[0], all), "and gets all of it");
    is_int (m->wrong, 0, "as the model says");

    rset_destroy (m->R[0]);
    rset_destroy (held);
    rset_destroy (all);
    sched_fifo.destroy (s);
    free (m);
    return done_testing ();
}
