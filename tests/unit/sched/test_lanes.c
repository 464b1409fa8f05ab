/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Named queues in the scheduler. */

#include "sched/sched.h"
#include "tap.h"

static const struct sched_ops *const ops = &sched_fifo;

static const struct jobspec core1 = { .nslots = 1, .cores_per_slot = 1 };
static const struct jobspec core4 = { .nslots = 4, .cores_per_slot = 1 };

static char started[128];

static void alloc_cb (void *arg, uint64_t id, struct rset *R)
{
    size_t n = strlen (started);

    snprintf (started + n, sizeof (started) - n, "%d ", (int)id);
    rset_destroy (R);
}

static void deny_cb (void *arg, uint64_t id, const char *note)
{
    bail_out ("job %d was denied: %s", (int)id, note);
}

/* The ids of jobs that start now. */
static const char *plan (struct sched *s)
{
    struct sched_answer answer = { alloc_cb, deny_cb, NULL };

    started[0] = '\0';
    ops->plan (s, 1., 0, &answer);
    return started;
}

static struct sched *start (int cores)
{
    struct sched *s = ops->create ();
    struct rset *all = rset_create ();

    for (int i = 0; i < cores; i++)
        rset_add_core (all, 0, i);
    if (!s || ops->resources (s, all) < 0)
        bail_out ("cannot make a scheduler");
    rset_destroy (all);
    return s;
}

static void add (struct sched *s,
                 uint64_t id,
                 const char *queue,
                 int64_t priority,
                 const struct jobspec *spec)
{
    struct sched_job job = { .id = id,
                             .priority = priority,
                             .t_submit = id,
                             .spec = spec,
                             .queue = queue };

    if (ops->enqueue (s, &job) < 0)
        bail_out ("cannot add job %d", (int)id);
}

static void test_separate (void)
{
    struct sched *s = start (4);
    char why[128];

    add (s, 1, "a", 16, &core1);
    add (s, 2, "a", 16, &core4);
    add (s, 3, "a", 16, &core1);
    add (s, 4, "b", 16, &core1);
    is_str (plan (s), "1 4 ", "a job that waits holds up its own queue only");
    is_int (ops->explain (s, 3, why, sizeof (why)),
            2,
            "places are counted in the queue");
    ops->free (s, 1);
    ops->free (s, 4);
    is_str (plan (s), "2 ", "it is tried again when something is free");
    ops->destroy (s);

    s = start (1);
    add (s, 1, "a", 16, &core1);
    add (s, 2, "b", 20, &core1);
    is_str (plan (s), "2 ", "between queues priority decides");
    ops->destroy (s);
}

static void test_stop (void)
{
    struct sched *s = start (4);
    char why[128];

    ok (ops->set_queue (s, "a", NULL, true) == 0, "a queue is stopped");
    add (s, 1, "a", 16, &core1);
    add (s, 2, NULL, 16, &core1);
    is_str (plan (s), "2 ", "its jobs do not start, others do");
    is_int (ops->queue_length (s), 1, "they stay in the queue");
    is_int (ops->ready_length (s), 0, "but are not ready");
    ops->explain (s, 1, why, sizeof (why));
    is_str (why, "the queue is stopped", "the reason is told");
    ops->set_queue (s, "a", NULL, false);
    is_int (ops->ready_length (s), 1, "started again they are");
    is_str (plan (s), "1 ", "and start");
    ok (ops->set_queue (s, NULL, NULL, true) == 0,
        "the anonymous queue can be stopped, too");
    add (s, 3, NULL, 16, &core1);
    is_str (plan (s), "", "with the same effect");
    ok (ops->dequeue (s, 3) == 0 && ops->queue_length (s) == 0,
        "a job can leave a stopped queue");
    ops->destroy (s);
}

static void test_virtual (void)
{
    struct sched *s = start (2);

    ops->set_queue (s, "v", "p", false);
    add (s, 1, "p", 16, &core1);
    add (s, 2, "v", 16, &core4);
    add (s, 3, "p", 16, &core1);
    add (s, 4, "v", 20, &core1);
    ops->dequeue (s, 2);
    is_str (plan (s), "4 1 ", "jobs of both stand in one order");
    ops->free (s, 4);
    ops->free (s, 1);
    add (s, 5, "v", 16, &core1);
    ops->set_queue (s, "v", "p", true);
    is_str (plan (s), "3 ", "a virtual queue is stopped alone");
    ops->set_queue (s, "v", "p", false);
    ops->set_queue (s, "p", NULL, true);
    is_str (plan (s), "", "and with its parent");
    ops->set_queue (s, "p", NULL, false);
    is_str (plan (s), "5 ", "and started again");
    ops->destroy (s);
}

static void test_virtual_waits (void)
{
    static const struct jobspec core2 = { .nslots = 2, .cores_per_slot = 1 };
    struct sched *s = start (2);

    ops->set_queue (s, "v", "p", false);
    add (s, 1, "p", 16, &core1);
    add (s, 2, "v", 16, &core2);
    add (s, 3, "p", 16, &core1);
    is_str (plan (s), "1 ", "a job of the virtual queue is not overtaken");
    ops->dequeue (s, 2);
    is_str (plan (s), "3 ", "once it is gone the next one starts");
    ops->destroy (s);
}

int main (void)
{
    test_separate ();
    test_stop ();
    test_virtual ();
    test_virtual_waits ();
    done_testing ();
}
