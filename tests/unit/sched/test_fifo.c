/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <math.h>

#include "sched/sched.h"
#include "tap.h"

enum {
    MAX_LOG = 64,
};

struct log {
    int nalloc;
    int ndeny;
    uint64_t id[MAX_LOG];
    struct rset *R[MAX_LOG];
    char note[512];
};

static void alloc_cb (void *arg, uint64_t id, struct rset *R)
{
    struct log *log = arg;

    if (log->nalloc == MAX_LOG)
        bail_out ("more allocations than expected");
    log->id[log->nalloc] = id;
    log->R[log->nalloc++] = R;
}

static void deny_cb (void *arg, uint64_t id, const char *note)
{
    struct log *log = arg;

    log->ndeny++;
    snprintf (log->note, sizeof (log->note), "%s", note);
}

static void log_clear (struct log *log)
{
    for (int i = 0; i < log->nalloc; i++)
        rset_destroy (log->R[i]);
    memset (log, 0, sizeof (*log));
}

static int plan (struct sched *s, struct log *log, double now)
{
    struct sched_answer answer = { alloc_cb, deny_cb, log };

    log_clear (log);
    return sched_fifo.plan (s, now, 0, &answer);
}

/* n nodes of c cores and g GPUs; even ranks have property "even". */
static struct rset *make (int n, int c, int g)
{
    struct rset *r = rset_create ();
    struct idset *even = idset_create (0, IDSET_FLAG_AUTOGROW);
    char host[32];

    for (int i = 0; i < n; i++) {
        snprintf (host, sizeof (host), "node%d", i);
        rset_add (r, i, host, NULL, NULL);
        for (int j = 0; j < c; j++)
            rset_add_core (r, i, j);
        for (int j = 0; j < g; j++)
            rset_add_gpu (r, i, j);
        if (i % 2 == 0)
            idset_set (even, i);
    }
    rset_set_property (r, "even", even);
    idset_destroy (even);
    return r;
}

static struct sched *start (int n, int c, int g)
{
    struct sched *s = sched_fifo.create ();
    struct rset *all = make (n, c, g);

    if (!s || sched_fifo.resources (s, all) < 0)
        bail_out ("cannot make a scheduler");
    rset_destroy (all);
    return s;
}

static int enqueue (struct sched *s,
                    uint64_t id,
                    int64_t priority,
                    const struct jobspec *spec)
{
    struct sched_job job = { .id = id,
                             .priority = priority,
                             .t_submit = 100. + id,
                             .spec = spec };

    return sched_fifo.enqueue (s, &job);
}

static const struct jobspec core1 = { .nslots = 1,
                                      .cores_per_slot = 1,
                                      .ntasks = 1 };
static const struct jobspec core2 = { .nslots = 2, .cores_per_slot = 1 };
static const struct jobspec core4 = { .nslots = 4,
                                      .cores_per_slot = 1,
                                      .duration = 60. };
static const struct jobspec big = { .nslots = 1000, .cores_per_slot = 1 };

static void test_order (void)
{
    struct sched *s = start (1, 4, 0);
    struct log log = { 0 };
    char buf[128];

    ok (enqueue (s, 1, 16, &core2) == 0 && enqueue (s, 2, 16, &core2) == 0
            && enqueue (s, 3, 31, &core1) == 0
            && enqueue (s, 4, 0, &core1) == 0,
        "jobs are queued");
    errno = 0;
    ok (enqueue (s, 2, 16, &core2) < 0 && errno == EEXIST, "but only once");
    is_int (sched_fifo.queue_length (s), 4, "the queue has all");
    is_int (sched_fifo.explain (s, 4, buf, sizeof (buf)),
            4,
            "held job is last");
    is_str (buf, "held by priority 0", "and is told why");
    is_int (sched_fifo.explain (s, 2, buf, sizeof (buf)), 3, "third");
    is_str (buf, "behind 2 job(s) in the queue", "and is told why");
    is_int (sched_fifo.explain (s, 77, buf, sizeof (buf)), 0, "no such job");

    is_int (plan (s, &log, 1000.), 2, "two jobs fit");
    ok (log.id[0] == 3 && log.id[1] == 1, "higher priority first, then older");
    char *sum = rset_summary (log.R[1]);
    is_str (sum, "rank0/core[1-2]", "cores are taken in order");
    free (sum);
    ok (log.R[0]->starttime == 1000. && log.R[0]->expiration == 0.
            && log.R[0]->nslots == 1,
        "R has a start, no end, and slots");
    is_str (log.R[0]->nodes[0].host, "node0", "and a host name");
    ok (rset_has_property (log.R[0], 0, "even"), "and properties");
    is_int (plan (s, &log, 1001.), 0, "nothing more to say");
    sched_fifo.explain (s, 2, buf, sizeof (buf));
    is_str (buf, "needs 2 core(s), 1 free", "the head knows what it needs");
    enqueue (s, 5, 16, &core1);
    is_int (plan (s, &log, 1001.), 0, "nothing overtakes the head");
    sched_fifo.prioritize (s, 5, 17);
    is_int (plan (s, &log, 1001.), 1, "but with more priority it is the head");
    is_int (log.id[0], 5, "that one");
    ok (sched_fifo.free (s, 1) == 0, "resources are given back");
    is_int (plan (s, &log, 1002.), 1, "and go to the next");
    is_int (log.id[0], 2, "that one");
    sched_fifo.free (s, 2);
    is_int (plan (s, &log, 1003.), 0, "the held job stays");
    ok (sched_fifo.prioritize (s, 4, 1) == 0, "until it gets a priority");
    is_int (plan (s, &log, 1003.), 1, "then it starts");
    errno = 0;
    ok (sched_fifo.prioritize (s, 4, 1) < 0 && errno == ENOENT,
        "a running job is not in the queue");
    ok (sched_fifo.dequeue (s, 4) < 0 && errno == ENOENT,
        "nor to be taken out");
    ok (sched_fifo.free (s, 99) < 0 && errno == ENOENT,
        "what is not held cannot be freed");
    ok (enqueue (s, 4, 1, &core1) < 0 && errno == EEXIST,
        "what is held cannot be queued");
    log_clear (&log);
    sched_fifo.destroy (s);
}

static void test_dequeue_head (void)
{
    struct sched *s = start (1, 2, 0);
    struct log log = { 0 };

    enqueue (s, 1, 16, &core1);
    enqueue (s, 2, 16, &core2);
    enqueue (s, 3, 16, &core1);
    is_int (plan (s, &log, 1.), 1, "head fits, second does not");
    ok (sched_fifo.dequeue (s, 2) == 0, "take the blocked one out");
    is_int (plan (s, &log, 1.), 1, "the one behind it starts");
    is_int (log.id[0], 3, "that one");
    log_clear (&log);
    sched_fifo.destroy (s);
}

static void test_max (void)
{
    struct sched *s = start (1, 4, 0);
    struct log log = { 0 };
    struct sched_answer answer = { alloc_cb, deny_cb, &log };

    for (int i = 1; i <= 3; i++)
        enqueue (s, i, 16, &core1);
    is_int (sched_fifo.plan (s, 1., 2, &answer), 2, "at most max answers");
    is_int (sched_fifo.plan (s, 1., 2, &answer), 1, "the rest next time");
    log_clear (&log);
    sched_fifo.destroy (s);
}

static void test_deny (void)
{
    struct sched *s = start (1, 2, 0);
    struct log log = { 0 };
    flux_error_t error;
    struct jobspec nodes = { .nnodes = 2, .nslots = 2, .cores_per_slot = 1 };
    struct jobspec whole = { .nnodes = 2,
                             .nslots = 2,
                             .cores_per_slot = 1,
                             .exclusive = true };
    struct jobspec gpu = { .nslots = 1,
                           .cores_per_slot = 1,
                           .gpus_per_slot = 1 };
    struct jobspec gpus = { .nnodes = 1,
                            .nslots = 2,
                            .cores_per_slot = 1,
                            .gpus_per_slot = 3 };
    struct jobspec bad = core1;

    enqueue (s, 1, 16, &core2);
    enqueue (s, 2, 16, &big);
    enqueue (s, 3, 16, &core1);
    is_int (plan (s, &log, 1.), 2, "one starts, one is denied");
    ok (log.nalloc == 1 && log.ndeny == 1, "one of each");
    is_str (log.note,
            "unsatisfiable request: need 1000 slot(s) of 1 core(s), only 2 "
            "such slot(s) available (total cores: 2)",
            "with the sentence clients know");
    is_int (sched_fifo.queue_length (s), 1, "the denied job left the queue");
    errno = 0;
    ok (sched_fifo.feasible (s, &big, &error) < 0 && errno == EOVERFLOW,
        "feasible says so too");
    ok (sched_fifo.feasible (s, &core2, &error) == 0, "used is not infeasible");
    ok (sched_fifo.feasible (s, &nodes, &error) < 0 && errno == EOVERFLOW,
        "too many nodes");
    is_str (error.text,
            "unsatisfiable request: need 2 node(s) with 1 cores each, only "
            "1 eligible",
            "with a sentence");
    ok (sched_fifo.feasible (s, &whole, &error) < 0 && errno == EOVERFLOW,
        "too many whole nodes");
    is_str (error.text,
            "unsatisfiable request: need 2 exclusive node(s), only 1 eligible",
            "what is on each does not matter");
    ok (sched_fifo.feasible (s, &gpus, &error) < 0 && errno == EOVERFLOW,
        "a node with GPUs");
    is_str (error.text,
            "unsatisfiable request: need 1 node(s) with 2 cores and 6 GPUs "
            "each, only 0 eligible",
            "has to have all of its slots");
    ok (sched_fifo.feasible (s, &gpu, &error) < 0 && errno == EOVERFLOW,
        "no GPUs");
    is_str (error.text,
            "unsatisfiable request: need 1 slot(s) with 1 GPU(s) each, only "
            "0 available (total GPUs: 0)",
            "GPUs are named");
    bad.constraints = "{\"nope\":[]}";
    ok (sched_fifo.feasible (s, &bad, &error) < 0 && errno == EINVAL,
        "a constraint that cannot be read");
    is_str (error.text, "unknown constraint operator: nope", "is named");
    enqueue (s, 4, 31, &bad);
    is_int (plan (s, &log, 1.), 1, "and denied");
    is_int (log.ndeny, 1, "once");
    sched_fifo.set_down (s, "0");
    ok (sched_fifo.feasible (s, &core2, &error) == 0, "down is not infeasible");
    log_clear (&log);
    sched_fifo.destroy (s);
}

static void test_nodes (void)
{
    struct sched *s = start (3, 4, 1);
    struct log log = { 0 };
    struct jobspec whole = { .nnodes = 2,
                             .nslots = 2,
                             .cores_per_slot = 1,
                             .exclusive = true };
    struct jobspec spread = { .nnodes = 2, .nslots = 4, .cores_per_slot = 1 };
    struct jobspec gpu = { .nslots = 2,
                           .cores_per_slot = 1,
                           .gpus_per_slot = 1 };
    char buf[128];
    char *sum;

    enqueue (s, 1, 16, &core1);
    enqueue (s, 2, 16, &whole);
    enqueue (s, 3, 16, &spread);
    is_int (plan (s, &log, 1.), 2, "two of three fit");
    sum = rset_summary (log.R[1]);
    is_str (sum, "rank[1-2]/core[0-3],gpu0", "whole nodes are wholly given");
    free (sum);
    sched_fifo.explain (s, 3, buf, sizeof (buf));
    is_str (buf,
            "needs 2 node(s) with 2 slot(s) of 1 core(s), 1 free",
            "the third waits for a node");
    sched_fifo.free (s, 2);
    is_int (plan (s, &log, 1.), 1, "and gets it");
    sum = rset_summary (log.R[0]);
    is_str (sum, "rank0/core[1-2] rank1/core[0-1]", "as many slots on each");
    free (sum);
    enqueue (s, 4, 16, &gpu);
    is_int (plan (s, &log, 1.), 1, "slots with a GPU");
    sum = rset_summary (log.R[0]);
    is_str (sum, "rank0/core3,gpu0 rank1/core2,gpu0", "one to each node");
    free (sum);
    log_clear (&log);
    sched_fifo.destroy (s);
}

static void test_down (void)
{
    struct sched *s = start (2, 1, 0);
    struct log log = { 0 };
    struct rset *all = make (4, 1, 0);

    ok (sched_fifo.set_down (s, "0,7") == 0, "ranks are taken down");
    errno = 0;
    ok (sched_fifo.set_down (s, "x") < 0 && errno != 0, "not a set of ranks");
    enqueue (s, 1, 16, &core2);
    is_int (plan (s, &log, 1.), 0, "a job waits for them");
    sched_fifo.set_down (s, "");
    is_int (plan (s, &log, 1.), 1, "and starts when they are back");
    enqueue (s, 2, 16, &core2);
    is_int (plan (s, &log, 1.), 0, "full again");
    ok (sched_fifo.resources (s, all) == 0, "more nodes come");
    is_int (plan (s, &log, 1.), 1, "and are used");
    ok (log.R[0]->nodes[0].rank == 2 && log.R[0]->nodes[1].rank == 3,
        "the others are still held");
    rset_destroy (all);
    all = make (1, 1, 0);
    ok (sched_fifo.resources (s, all) == 0, "most go away");
    ok (sched_fifo.free (s, 1) == 0 && sched_fifo.free (s, 2) == 0,
        "what was held there is freed without harm");
    enqueue (s, 3, 16, &core1);
    is_int (plan (s, &log, 1.), 1, "and what is left is used");
    rset_destroy (all);
    log_clear (&log);
    sched_fifo.destroy (s);
}

static void test_hello (void)
{
    struct sched *s = start (2, 2, 0);
    struct log log = { 0 };
    struct rset *R = make (1, 2, 0);
    struct rset *held;

    ok (sched_fifo.hello (s, 9, R) == 0, "a job holds R already");
    errno = 0;
    ok (sched_fifo.hello (s, 9, R) < 0 && errno == EEXIST, "once");
    ok (sched_fifo.hello (s, 10, R) < 0 && errno == EBUSY, "and alone");
    held = sched_fifo.allocated (s);
    ok (rset_equal (held, R), "it is listed as allocated");
    rset_destroy (held);
    enqueue (s, 1, 16, &core4);
    is_int (plan (s, &log, 1.), 0, "others wait");
    sched_fifo.free (s, 9);
    is_int (plan (s, &log, 50.), 1, "until it is done");
    ok (log.R[0]->expiration == 110., "R ends after the duration");
    rset_destroy (R);
    log_clear (&log);
    sched_fifo.destroy (s);
}

static void test_constraints (void)
{
    static const struct {
        const char *json;
        unsigned int rank;
    } cases[] = {
        { "{}", 0 },
        { "{\"properties\":[\"^even\"]}", 1 },
        { "{\"not\":[{\"properties\":[\"even\"]}]}", 1 },
        { "{\"ranks\":[\"2-3\"]}", 2 },
        { "{\"hostlist\":[\"node[3-4]\"]}", 3 },
        { "{\"and\":[{\"ranks\":[\"1-3\"]},{\"properties\":[\"even\"]}]}", 2 },
        { "{\"or\":[{\"ranks\":[\"3\"]},{\"hostlist\":[\"node1\"]}]}", 1 },
        { "{\"and\":[]}", 0 },
        { "{\"or\":[]}", 0 },
    };
    struct sched *s = start (4, 1, 0);
    struct log log = { 0 };
    flux_error_t error;
    struct jobspec spec = core1;

    for (size_t i = 0; i < sizeof (cases) / sizeof (cases[0]); i++) {
        spec.constraints = cases[i].json;
        enqueue (s, 1, 16, &spec);
        is_int (plan (s, &log, 1.), 1, "%s fits", cases[i].json);
        is_int (log.R[0]->nodes[0].rank, cases[i].rank, "where it should");
        sched_fifo.free (s, 1);
    }
    spec.constraints = "{\"not\":[]}";
    ok (sched_fifo.feasible (s, &spec, &error) < 0 && errno == EOVERFLOW,
        "nothing matches the empty not");
    log_clear (&log);
    sched_fifo.destroy (s);
}

int main (void)
{
    test_order ();
    test_dequeue_head ();
    test_max ();
    test_deny ();
    test_nodes ();
    test_down ();
    test_hello ();
    test_constraints ();
    return done_testing ();
}
