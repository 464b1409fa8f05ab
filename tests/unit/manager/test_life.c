/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The life of jobs in memory, start to end. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "job/fsm.h"
#include "tap.h"
#include "wire/sign.h"

#define NORMAL \
    "submit validate depend priority alloc start finish release free clean"

static void test_one (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .record = true });
    char *spec = make_jobspec (10., 60., NULL);
    uint64_t id;

    t->keep_journal = true;
    id = inst_submit (t, spec, 16, 0);
    ok (id != 0, "a job is submitted");
    ok (manager_job (t->m, id)->state == FLUX_JOB_STATE_SCHED
            || manager_job (t->m, id)->state == FLUX_JOB_STATE_RUN,
        "it is in SCHED or beyond when the submitter hears its id");
    inst_run (t);
    is_str (inst_events (t, id), NORMAL, "its events are those of RFC 21");
    is_str (t->journal, NORMAL " ", "and were told in that order");
    is_str (t->calls,
            "create validate dependencies new state.depend state.priority "
            "state.sched state.run state.cleanup state.inactive destroy ",
            "plugins were called in order");
    is_int (t->inactive, 1, "it left memory");
    is_int (manager_active_count (t->m), 0, "no job is active");
    free (spec);
    inst_destroy (t);
}

static void test_many (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .cores = 64 });
    char *spec = make_jobspec (1., 60., NULL);
    unsigned int n = 10000, submitted = 0;
    char *J = sign_none_wrap (spec, strlen (spec), getuid ());
    char *json;

    if (asprintf (&json, "{\"J\":\"%s\",\"urgency\":16,\"flags\":0}", J) < 0)
        abort ();
    for (unsigned int i = 0; i < n; i++)
        inst_send (t, t->owner, "job-ingest.submit", json);
    inst_run (t);
    for (struct answer *a = t->answers; a; a = a->next)
        submitted += a->errnum == 0;
    is_int (submitted, n, "ten thousand jobs are submitted");
    is_int (t->finished_ok, n, "all finish");
    is_int (t->inactive, n, "all leave memory");
    is_int (t->told, 10 * n, "each event was told once");
    free (J);
    free (json);
    free (spec);
    inst_destroy (t);
}

static struct run *no_start (void *arg, const struct run_command *cmd)
{
    ++*(int *)arg;
    errno = EMFILE;
    return NULL;
}

/* A command that cannot be started holds nothing back for ever. */
static void test_housekeeping_fails (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .cores = 1 });
    char *spec = make_jobspec (1., 10., NULL);
    int tried = 0;
    struct runner_ops runner = { .start = no_start, .arg = &tried };

    manager_set_runner (t->m, &runner);
    manager_config_apply (t->m,
                          "{\"job-manager\":{\"housekeeping\":{\"command\":"
                          "[\"clean\"]}}}");
    inst_submit (t, spec, 16, 0);
    inst_submit (t, spec, 16, 0);
    inst_run (t);
    is_int (t->finished_ok, 2, "two jobs run on one core");
    is_int (tried, 2, "after each its command was to be started");
    free (spec);
    inst_destroy (t);
}

int main (void)
{
    test_one ();
    test_many ();
    test_housekeeping_fails ();
    return done_testing ();
}
