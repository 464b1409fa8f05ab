/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* EASY backfill: by example, and in random histories. */

#include <math.h>

#include "sched/sched.h"
#include "tap.h"

enum {
    NODES = 4,
    CORES = 4,
    JOBS = 1000,
};

static struct rset *all_resources (void)
{
    struct rset *all = rset_create ();

    for (int n = 0; n < NODES; n++) {
        for (int c = 0; c < CORES; c++)
            rset_add_core (all, n, c);
    }
    return all;
}

/* ---- by example ---- */

struct answers {
    char started[256];
    struct rset *R[64];
};

static void alloc_cb (void *arg, uint64_t id, struct rset *R)
{
    struct answers *a = arg;
    size_t len = strlen (a->started);

    snprintf (a->started + len, sizeof (a->started) - len, "%d ", (int)id);
    a->R[id] = R;
}

static void deny_cb (void *arg, uint64_t id, const char *note)
{
    struct answers *a = arg;
    size_t len = strlen (a->started);

    snprintf (a->started + len, sizeof (a->started) - len, "!%d ", (int)id);
}

struct head {
    uint64_t id;
    double t;
    char reason[160];
    int count;
};

static void head_cb (void *arg, uint64_t id, double t, const char *reason)
{
    struct head *h = arg;

    h->id = id;
    h->t = t;
    h->count++;
    snprintf (h->reason, sizeof (h->reason), "%s", reason);
}

static struct jobspec specs[64];

static void add (struct sched *s,
                 const char *queue,
                 int id,
                 unsigned int ncores,
                 double duration)
{
    struct sched_job job = {
        .id = id,
        .priority = 16,
        .t_submit = id,
        .spec = &specs[id],
        .queue = queue,
    };

    specs[id] = (struct jobspec){ .nslots = ncores,
                                  .cores_per_slot = 1,
                                  .duration = duration };
    if (sched_fifo.enqueue (s, &job) < 0)
        bail_out ("enqueue");
}

static const char *plan (struct sched *s, struct answers *a, double now)
{
    struct sched_answer answer = { alloc_cb, deny_cb, a };

    a->started[0] = '\0';
    sched_fifo.plan (s, now, 0, &answer);
    return a->started;
}

static void end (struct sched *s, struct answers *a, int id)
{
    sched_fifo.free (s, id);
    rset_destroy (a->R[id]);
    a->R[id] = NULL;
}

static void test_examples (void)
{
    struct sched *s = sched_fifo.create ();
    struct rset *all = all_resources ();
    struct answers a = { 0 };
    struct head h = { 0 };

    sched_fifo.resources (s, all);
    add (s, NULL, 1, 12, 100.);
    add (s, NULL, 2, 10, 50.);
    add (s, NULL, 3, 2, 90.);
    add (s, NULL, 4, 4, 300.);
    add (s, NULL, 5, 1, 300.);
    add (s, NULL, 6, 1, 0.);
    is_str (plan (s, &a, 0.), "1 ", "without backfill nothing overtakes");
    sched_fifo.heads (s, 0., head_cb, &h);
    ok (h.count == 1 && h.id == 2 && h.t == 100.,
        "the head starts when enough have ended");
    is_str (h.reason, "needs 10 core(s), 4 free", "and says what is missing");
    sched_fifo.set_backfill (s, 10);
    is_str (plan (s, &a, 10.),
            "3 5 6 ",
            "who ends before, or leaves room for the head, starts");
    is_str (plan (s, &a, 11.), "", "others wait");
    sched_fifo.expiration (s, 1, 200.);
    sched_fifo.heads (s, 12., head_cb, &h);
    ok (h.t == 200., "a job that may run longer keeps the head longer");
    end (s, &a, 3);
    is_str (plan (s, &a, 20.), "", "a job that is too long for the gap waits");
    add (s, NULL, 7, 2, 150.);
    is_str (plan (s, &a, 21.), "7 ", "a shorter one fills it");
    end (s, &a, 1);
    is_str (plan (s, &a, 22.), "2 ", "the head starts as soon as it fits");
    sched_fifo.heads (s, 23., head_cb, &h);
    ok (h.id == 4 && h.t == 72., "then there is another head");
    for (int i = 0; i < 64; i++) {
        if (a.R[i])
            end (s, &a, i);
    }
    sched_fifo.destroy (s);
    rset_destroy (all);
}

static void test_unknown (void)
{
    struct sched *s = sched_fifo.create ();
    struct rset *all = all_resources ();
    struct answers a = { 0 };
    struct head h = { 0 };

    sched_fifo.resources (s, all);
    sched_fifo.set_backfill (s, 2);
    add (s, NULL, 1, 8, 0.);
    add (s, NULL, 2, 16, 10.);
    add (s, NULL, 3, 1, 0.);
    add (s, NULL, 4, 1, 1e6);
    add (s, NULL, 5, 1, 10.);
    is_str (plan (s, &a, 0.),
            "1 4 ",
            "behind a job without end, only who has an end starts; at most "
            "so many are tried");
    sched_fifo.heads (s, 0., head_cb, &h);
    ok (h.id == 2 && h.t == 0., "when the head starts is not known");
    sched_fifo.set_backfill (s, 3);
    is_str (plan (s, &a, 1.), "5 ", "more are tried if it is told to");
    sched_fifo.dequeue (s, 2);
    is_str (plan (s, &a, 2.), "3 ", "without the head the next one starts");
    /* Another queue's head is protected, too. */
    add (s, "q", 6, 6, 10.);
    add (s, "q", 7, 4, 1000.);
    is_str (plan (s, &a, 3.), "", "a head of another queue waits");
    end (s, &a, 1);
    is_str (plan (s, &a, 3.), "6 7 ", "until there is room");
    for (int i = 0; i < 64; i++) {
        if (a.R[i])
            end (s, &a, i);
    }
    sched_fifo.destroy (s);
    rset_destroy (all);
}

/* ---- random histories ---- */

struct run {
    struct sched *s;
    struct jobspec spec[JOBS];
    struct rset *R[JOBS];
    double promised[JOBS]; /* start, as said first; 0: not said */
    double ends[JOBS];
    int user[NODES][CORES];
    int last_started;
    int started;
    int overtakes;
    int late;
    int wrong;
    double now;
    unsigned int seed;
};

static unsigned int rnd (struct run *r, unsigned int n)
{
    r->seed = r->seed * 1103515245 + 12345;
    return (r->seed >> 16) % n;
}

static void use (struct run *r, int id, int value)
{
    for (size_t i = 0; i < r->R[id]->count; i++) {
        const struct rset_node *n = &r->R[id]->nodes[i];
        unsigned int c;

        for (c = idset_first (n->cores); c != IDSET_INVALID_ID;
             c = idset_next (n->cores, c)) {
            int *user = &r->user[n->rank][c];

            r->wrong += value ? *user != 0 : *user != id + 1;
            *user = value;
        }
    }
}

static void run_alloc (void *arg, uint64_t id, struct rset *R)
{
    struct run *r = arg;
    double duration = r->spec[id].duration;

    r->R[id] = R;
    use (r, id, id + 1);
    r->started++;
    r->overtakes += (int)id < r->last_started;
    if ((int)id > r->last_started)
        r->last_started = id;
    r->late += r->promised[id] > 0. && r->now > r->promised[id];
    /* Most end when they have to, some earlier, some need no end. */
    if (duration == 0.)
        duration = 1 + rnd (r, 60);
    else if (rnd (r, 3) == 0)
        duration = 1 + rnd (r, duration);
    r->ends[id] = r->now + duration;
}

static void run_deny (void *arg, uint64_t id, const char *note)
{
    struct run *r = arg;

    r->wrong++;
}

static void run_head (void *arg, uint64_t id, double t, const char *reason)
{
    struct run *r = arg;

    if (t > 0. && r->promised[id] == 0.)
        r->promised[id] = t;
    r->wrong += t > 0. && t < r->now;
}

static void submit (struct run *r, int id, bool queues)
{
    static const char *const names[] = { NULL, "a", "b" };
    struct jobspec *spec = &r->spec[id];
    struct sched_job job = {
        .id = id,
        .priority = 16,
        .t_submit = id,
        .spec = spec,
        .queue = queues ? names[rnd (r, 3)] : NULL,
    };

    *spec = (struct jobspec){ .nslots = 1 + rnd (r, 3), .cores_per_slot = 1 };
    switch (rnd (r, 6)) {
    case 0:
        spec->nslots = 8 + rnd (r, 9);
        break;
    case 1:
        spec->nnodes = spec->nslots = 1 + rnd (r, NODES);
        spec->exclusive = true;
        break;
    case 2:
        spec->nnodes = 1 + rnd (r, NODES);
        spec->nslots = spec->nnodes * 2;
        break;
    }
    spec->duration = rnd (r, 20) ? 1 + rnd (r, 40) : 0;
    r->wrong += sched_fifo.enqueue (r->s, &job) != 0;
}

static void step (struct run *r, int *next, bool queues)
{
    struct sched_answer answer = { run_alloc, run_deny, r };
    int n;

    for (int id = 0; id < *next; id++) {
        if (r->R[id] && r->ends[id] <= r->now) {
            use (r, id, 0);
            r->wrong += sched_fifo.free (r->s, id) != 0;
            rset_destroy (r->R[id]);
            r->R[id] = NULL;
        }
    }
    for (n = rnd (r, 2); n > 0 && *next < JOBS; n--)
        submit (r, (*next)++, queues);
    while (sched_fifo.plan (r->s, r->now, 1 + rnd (r, 3), &answer) > 0)
        ;
    sched_fifo.heads (r->s, r->now, run_head, r);
    r->now += 1.;
}

static void test_random (bool queues, unsigned int depth)
{
    struct run *r = calloc (1, sizeof (*r));
    struct rset *all = all_resources ();
    struct rset *held;
    int next = 0;

    r->seed = 7;
    r->now = 1.;
    r->s = sched_fifo.create ();
    sched_fifo.resources (r->s, all);
    sched_fifo.set_backfill (r->s, depth);
    for (int i = 0; i < 100000 && (r->started < JOBS || next < JOBS); i++)
        step (r, &next, queues);
    is_int (r->started, JOBS, "each job starts (depth %u)", depth);
    is_int (r->wrong, 0, "nothing is given twice");
    if (!queues) {
        is_int (r->late, 0, "no head starts later than it was promised");
        ok (depth > 0 ? r->overtakes > JOBS / 10 : r->overtakes == 0,
            "%d jobs overtook others",
            r->overtakes);
        diag ("all started at %.0f", r->now);
    }
    for (r->now += 100.; next > 0; next--) {
        if (r->R[next - 1]) {
            use (r, next - 1, 0);
            sched_fifo.free (r->s, next - 1);
            rset_destroy (r->R[next - 1]);
        }
    }
    held = sched_fifo.allocated (r->s);
    is_int (rset_nnodes (held), 0, "nothing is held at the end");
    rset_destroy (held);
    sched_fifo.destroy (r->s);
    rset_destroy (all);
    free (r);
}

int main (void)
{
    test_examples ();
    test_unknown ();
    test_random (false, 0);
    test_random (false, 1);
    test_random (false, 100);
    test_random (true, 100);
    return done_testing ();
}
