/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <locale.h>

#include "agent/agent.h"
#include "tap.h"

static const struct {
    const char *in;
    const char *out;
} cases[] = {
    { "plain", "plain" },
    { "{{id.dec}}", "1234" },
    { "a-{{id}}-b", "a-fNH-b" },
    { "{{jobid.hex}}", "0x4d2" },
    { "{{id.nope}}", "{{id.nope}}" },
    { "{{name}}.out", "prog.out" },
    { "{{size}}/{{ntasks}}/{{nnodes}}", "6/6/2" },
    { "{{taskid}}.{{task.id}}.{{task.rank}}", "5.5.5" },
    { "{{task.index}}{{task.localid}}", "11" },
    { "{{node.id}},{{node.name}},{{node.broker_rank}}", "1,host7,7" },
    { "{{node.cores}}:{{node.ncores}}:{{node.gpus}}", "0-2:3:" },
    { "{{tmpdir}}/x", "/t/x" },
    { "{{unknown}} {{", "{{unknown}} {{" },
    { "{{}}", "{{}}" },
};

int main (void)
{
    struct agent a = { 0 };
    char prog[] = "/usr/bin/prog";
    char tmpdir[] = "/t";
    char *argv[] = { prog, NULL };
    struct jobspec_run run = { .argv = argv };
    struct rset *R = rset_create ();
    struct agent_job job = {
        .agent = &a,
        .id = 1234,
        .run = &run,
        .tmpdir = tmpdir,
        .layout = { .nnodes = 2, .ntasks = 6, .index = 1 }
    };
    struct task task = { .job = &job, .rank = 5, .index = 1 };
    char *s;

    setlocale (LC_ALL, "C");
    rset_add (R, 7, "host7", NULL, NULL);
    for (int i = 0; i < 3; i++)
        rset_add_core (R, 7, i);
    job.node = rset_find (R, 7);
    for (size_t i = 0; i < sizeof (cases) / sizeof (cases[0]); i++) {
        s = names_expand (&job, &task, cases[i].in);
        is_str (s, cases[i].out, "%s", cases[i].in);
        free (s);
    }
    s = names_expand (&job, NULL, "{{taskid}}");
    is_str (s, "{{taskid}}", "no task, no id");
    free (s);
    ok (names_per_task ("x{{task.id}}") && names_per_task ("{{taskid}}")
            && !names_per_task ("{{node.id}}"),
        "names that differ by task are known");
    rset_destroy (R);
    return done_testing ();
}
