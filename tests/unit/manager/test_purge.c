/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Finished jobs are removed when they are too many or too old. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "router/router.h"
#include "store/store.h"
#include "tap.h"

static uint64_t inactive (struct inst *t)
{
    struct store_counts c;

    return store_counts (manager_store (t->m), &c) == 0 ? c.inactive : 9999;
}

/* The look at the limits comes again for ever: inst_run would not end. */
static void until_idle (struct inst *t)
{
    while (manager_active_count (t->m) > 0)
        loop_turn (t->loop, true);
    inst_settle (t);
}

static void run_jobs (struct inst *t, int n)
{
    char *spec = make_jobspec (1., 10., NULL);

    for (int i = 0; i < n; i++)
        inst_submit (t, spec, 16, 0);
    until_idle (t);
    free (spec);
}

static void test_requests (void)
{
    static const char two[] = "{\"age_limit\":-1.0,\"num_limit\":5,\"batch\":3,"
                              "\"force\":true}";
    struct inst *t = inst_create (&(struct inst_opt){ .cores = 4 });
    struct router_client *gone = inst_client (t, true);
    uint32_t tag1, tag2;
    struct answer *a;

    run_jobs (t, 12);
    a = inst_rpc (t,
                  "job-manager.purge",
                  "{\"age_limit\":0.0,\"num_limit\":2,\"batch\":1,"
                  "\"force\":false}");
    is_str (a->text, "{\"count\":10}", "all that match are counted");
    is_int (inactive (t), 12, "and left");
    tag1 = inst_send (t, t->owner, "job-manager.purge", two);
    inst_send (t, gone, "job-manager.purge", two);
    tag2 = inst_send (t, t->owner, "job-manager.purge", two);
    router_client_remove (gone);
    inst_settle (t);
    is_str (inst_answer (t, tag1)->text, "{\"count\":3}", "a batch");
    is_str (inst_answer (t, tag2)->text,
            "{\"count\":3}",
            "another asked for at the same time is another batch");
    is_int (inactive (t),
            6,
            "each counts what it removed, a client that left"
            " none");
    inst_destroy (t);
}

static void test_number (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .cores = 4 });

    manager_config_apply (t->m,
                          "{\"job-manager\":{\"inactive-num-limit\":10}}");
    run_jobs (t, 400);
    ok (inactive (t) < 10 + 100, "a limit of number holds while jobs end");
    manager_config_apply (t->m, "{\"job-manager\":{\"inactive-num-limit\":7}}");
    inst_settle (t);
    is_int (inactive (t), 7, "and at once when it is changed");
    inst_destroy (t);
}

static void test_age (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .cores = 1200 });
    char *spec = make_jobspec (200., 1000., NULL);

    run_jobs (t, 1100);
    manager_config_apply (t->m,
                          "{\"job-manager\":{\"inactive-age-limit\":\"1m\"}}");
    is_int (inactive (t), 1100, "young jobs stay");
    inst_submit (t, spec, 16, 0);
    until_idle (t);
    is_int (inactive (t), 1, "old ones go, however many");
    free (spec);
    inst_destroy (t);
}

int main (void)
{
    test_requests ();
    test_number ();
    test_age ();
    done_testing ();
}
