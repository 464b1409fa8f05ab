/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Jobs outlive the executor that started them: the next one is told what the
 * last one was not, once.
 */

#include "agent_run.h"

/* ---- what a manager keeps ---- */

struct mark {
    uint64_t id;
    unsigned int rank;
    char text[64];
};
static struct mark marks[64];
static size_t nmarks;
static uint64_t batch = 1;

static struct mark *mark_find (uint64_t id, unsigned int rank)
{
    for (size_t i = 0; i < nmarks; i++) {
        if (marks[i].id == id && marks[i].rank == rank)
            return &marks[i];
    }
    return NULL;
}

static void mark (void *arg, uint64_t id, unsigned int rank, const char *text)
{
    struct mark *m = mark_find (id, rank);

    if (!m && nmarks < 64) {
        m = &marks[nmarks++];
        m->id = id;
        m->rank = rank;
    }
    snprintf (m->text, sizeof (m->text), "%s", text ? text : "");
}

static char *marked (void *arg, uint64_t id, unsigned int rank)
{
    struct mark *m = mark_find (id, rank);

    return m && m->text[0] ? strdup (m->text) : NULL;
}

static uint64_t the_batch (void *arg)
{
    return batch;
}

/* ---- brokers that come and go ---- */

static void die (void)
{
    exec_agent.destroy (x, true);
    x = NULL;
}

static void come_back (void)
{
    flux_error_t error;

    if (!(x = exec_agent.create (&env, &error)))
        bail_out ("create: %s", error.text);
}

static uint64_t script (const char *text, unsigned int nranks, bool again)
{
    char command[1024];
    struct ask ask = { .command = command, .ntasks = nranks, .nranks = nranks };

    reattach = again;
    if (again)
        last_id--;
    snprintf (command, sizeof (command), "[\"sh\",\"-c\",\"%s\"]", text);
    return start (&ask);
}

/* Something that happens without the loop. */
static bool appears (const char *name)
{
    char path[256];

    snprintf (path, sizeof (path), "%s/%s", dir, name);
    for (int i = 0; i < 1000; i++) {
        if (access (path, F_OK) == 0)
            return unlink (path) == 0;
        usleep (10000);
    }
    return false;
}

static void touch (const char *name)
{
    char path[256];
    FILE *f;

    snprintf (path, sizeof (path), "%s/%s", dir, name);
    if ((f = fopen (path, "w")))
        fclose (f);
}

static void until_output (uint64_t id, const char *what)
{
    while (!strstr (report_of (&reports, id)->output, what))
        loop_turn (loop, true);
}

static const char two_words[] = "echo one; until test -e go; do sleep 0.02; "
                                "done; rm go; echo two; touch said; "
                                "until test -e go2; do sleep 0.02; done; "
                                "rm go2; exit 3";

static void test_running (void)
{
    uint64_t id = script (two_words, 1, false);
    struct report *r = report_of (&reports, id);

    until_output (id, "one");
    die ();
    touch ("go");
    ok (appears ("said"), "a job runs on without a broker");
    come_back ();
    script (two_words, 1, true);
    until_output (id, "two");
    is_int (r->started, 2, "found again");
    touch ("go2");
    await (id);
    is_int (count (r->output, "\"one"), 1, "what was told is not told again");
    is_int (count (r->output, "\"two"), 1, "what was not is told once");
    is_int (count (r->output, "\"header\""), 1, "one header");
    is_int (count (r->exec_log, "shell.start"), 1, "one start");
    ok (r->finished == 1 && r->released == 1 && r->status == 3 << 8,
        "and how it ended");
    ok (!r->type[0], "no exception");
    ok (!marked (NULL, id, 0), "no mark is left");
}

static void test_ended (void)
{
    uint64_t id = script (two_words, 1, false);
    struct report *r = report_of (&reports, id);

    until_output (id, "one");
    die ();
    touch ("go");
    appears ("said");
    touch ("go2");
    usleep (300000);
    come_back ();
    script (two_words, 1, true);
    await (id);
    is_int (count (r->output, "\"two"), 1, "ended without broker: output");
    ok (r->finished == 1 && r->status == 3 << 8, "and status");
}

/* Nothing of what was told was durable: all of it comes again. */
static void test_forgotten (void)
{
    uint64_t id = script (two_words, 1, false);
    struct report *r;

    until_output (id, "one");
    die ();
    reports_clear (&reports);
    nmarks = 0;
    come_back ();
    last_id--;
    is_int (script (two_words, 1, false), id, "a start is owed again");
    touch ("go");
    appears ("said");
    touch ("go2");
    r = await (id);
    is_int (count (r->output, "\"one"), 1, "told from the beginning");
    is_int (count (r->exec_log, "shell.start"), 1, "it was started once");
    ok (r->started == 1 && r->finished == 1 && r->status == 3 << 8, "ended");
}

static void test_acknowledged (void)
{
    uint64_t id = script (two_words, 1, false);
    struct report *r = report_of (&reports, id);

    until_output (id, "one");
    exec_agent.durable (x, batch++);
    touch ("go");
    until_output (id, "two");
    exec_agent.durable (x, batch++);
    appears ("said");
    die ();
    come_back ();
    touch ("go2");
    script (two_words, 1, true);
    await (id);
    ok (count (r->output, "\"one") == 1 && count (r->output, "\"two") == 1
            && r->finished == 1,
        "acknowledged reports are not sent again");
}

static void test_unwanted (void)
{
    uint64_t id = script ("trap '' TERM; echo $$; sleep 300", 1, false);
    struct report *r = report_of (&reports, id);
    int pid = 0;

    until_output (id, "\"data\":\"");
    sscanf (strstr (r->output, "\"data\":\"") + 8, "%d", &pid);
    die ();
    come_back ();
    while (pid > 0 && kill (pid, 0) == 0)
        loop_turn (loop, false);
    ok (pid > 0 && errno == ESRCH, "a job nobody knows is ended");
}

static void test_signal (void)
{
    uint64_t id = script ("echo one; exec sleep 300", 1, false);
    struct report *r = report_of (&reports, id);

    until_output (id, "one");
    die ();
    come_back ();
    script ("echo one; exec sleep 300", 1, true);
    exec_agent.kill (x, id, SIGTERM);
    await (id);
    ok (r->finished == 1 && r->status == (128 + SIGTERM) << 8,
        "a signal waits for the agent");
}

/* One node's part is over before, the other's after. */
static void test_two_nodes (void)
{
    static const char text[] =
        "test $FLUX_TASK_RANK = 0 && exit 7; until test -e go; do sleep "
        "0.02; done; rm go; exit 1";
    uint64_t id = script (text, 2, false);
    struct report *r = report_of (&reports, id);

    while (!strstr (r->exec_log, "shell.task-exit"))
        loop_turn (loop, true);
    exec_agent.durable (x, batch++);
    die ();
    come_back ();
    script (text, 2, true);
    touch ("go");
    await (id);
    ok (r->finished == 1 && r->status == 7 << 8 && !r->type[0],
        "parts of two nodes: the end of each counts");
    is_int (count (r->exec_log, "shell.task-exit"), 2, "each is told once");
}

static void test_agent_died (void)
{
    uint64_t id = script ("echo one; sleep 300 & wait", 1, false);
    struct report *r = report_of (&reports, id);
    int nchildren = 0;

    until_output (id, "one");
    die ();
    for (pid_t pid; (pid = find_agent ()) > 0; nchildren++) {
        kill (pid, SIGKILL);
        waitpid (pid, NULL, 0);
    }
    is_int (nchildren, 2, "both agents killed");
    come_back ();
    script ("echo one; sleep 300 & wait", 1, true);
    await (id);
    ok (!strcmp (r->type, "exec") && strstr (r->note, "lost"),
        "agent and broker died: an exception says so");
    ok (r->finished == 1 && r->released == 1, "and the job ends");
    /* Agents clean up what those before them have left. */
    r = await (script ("true", 2, false));
    ok (r->finished == 1, "the next agents run jobs");
}

static void test_much (void)
{
    static const char text[] =
        "echo one; until test -e go; do sleep 0.02; done; rm go; seq 1 "
        "4000000; touch said; until test -e go2; do sleep 0.02; done; rm go2";
    uint64_t id = script (text, 1, false);
    struct report *r = report_of (&reports, id);

    until_output (id, "one");
    die ();
    touch ("go");
    ok (appears ("said"), "much output does not stop a job without broker");
    come_back ();
    script (text, 1, true);
    touch ("go2");
    while (!r->released) {
        loop_turn (loop, true);
        exec_agent.durable (x, batch++);
    }
    ok (r->output_len > 30000000 && strstr (r->output, "\\n4000000\\n"),
        "and all of it is there afterwards");
    is_int (count (r->output, "\\n3999999\\n"), 1, "once");
}

int main (void)
{
    begin ();
    table.mark = mark;
    table.marked = marked;
    table.batch = the_batch;
    test_running ();
    test_ended ();
    test_forgotten ();
    test_acknowledged ();
    test_unwanted ();
    test_signal ();
    test_two_nodes ();
    test_agent_died ();
    test_much ();
    end ();
    done_testing ();
}
