/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Every (event, state) pair, and random lives. */

#include <errno.h>

#include "job/fsm.h"
#include "tap.h"

/* The law, written a second time, as RFC 21 reads: where each event leads
 * from each state.  '.' refused, '=' stays, a letter: the state's first one
 * (D, P, S, R, C, I).  Order of columns: NEW to INACTIVE.
 */
static const struct {
    enum event_kind kind;
    int severity;
    const char *law;
} laws[] = {
    { EVENT_SUBMIT, 0, "=......" },
    { EVENT_VALIDATE, 0, "D......" },
    { EVENT_INVALIDATE, 0, "=......" },
    { EVENT_SET_FLAGS, 0, "======." },
    { EVENT_DEPENDENCY_ADD, 0, "==....." },
    { EVENT_DEPENDENCY_REMOVE, 0, "==....." },
    { EVENT_DEPEND, 0, ".P....." },
    { EVENT_PRIORITY, 0, "..S===." },
    { EVENT_URGENCY, 0, "===P==." },
    { EVENT_JOBSPEC_UPDATE, 0, "===P=.." },
    { EVENT_RESOURCE_UPDATE, 0, "....==." },
    { EVENT_ANNOTATIONS, 0, "======." },
    { EVENT_MEMO, 0, "======." },
    { EVENT_ALLOC, 0, "...R..." },
    { EVENT_PROLOG_START, 0, "=====.." },
    { EVENT_PROLOG_FINISH, 0, "======." },
    { EVENT_START, 0, "....==." },
    { EVENT_EXCEPTION, 0, ".CCCC=." },
    { EVENT_EXCEPTION, 1, "======." },
    { EVENT_EXCEPTION, 7, "======." },
    { EVENT_FINISH, 0, "....C=." },
    { EVENT_EPILOG_START, 0, ".....=." },
    { EVENT_EPILOG_FINISH, 0, ".....=." },
    { EVENT_RELEASE, 0, "....==." },
    { EVENT_FREE, 0, ".....=." },
    { EVENT_CLEAN, 0, ".....I." },
    { EVENT_FLUX_RESTART, 0, "===P==." },
    { EVENT_OTHER, 0, "======." },
};

static int law_next (char c, int state)
{
    static const char letters[] = "NDPSRCI";

    if (c == '.')
        return 0;
    if (c == '=')
        return state;
    return 1 << (strchr (letters, c) - letters);
}

static void test_every_pair (void)
{
    bool seen[EVENT_MAX] = { false };
    int wrong = 0;

    for (size_t i = 0; i < sizeof (laws) / sizeof (laws[0]); i++) {
        struct event ev = { .kind = laws[i].kind,
                            .severity = laws[i].severity };
        seen[ev.kind] = true;
        for (int s = 0; s < FLUX_JOB_NR_STATES; s++) {
            int got = fsm_next (1 << s, &ev);
            int want = law_next (laws[i].law[s], 1 << s);
            if (got != want) {
                wrong++;
                diag ("%s in %s: got %d want %d",
                      event_kind_name (ev.kind) ? event_kind_name (ev.kind)
                                                : "other",
                      job_state_name (1 << s),
                      got,
                      want);
            }
        }
    }
    ok (wrong == 0, "every (event, state) pair leads where the law says");
    for (int k = 0; k < EVENT_MAX; k++) {
        if (!seen[k])
            fail ("no law is written for event %d", k);
    }
}

static struct event typical (enum event_kind kind, double t)
{
    return (struct event){
        .kind = kind,
        .timestamp = t,
        .name = event_kind_name (kind) ? event_kind_name (kind) : "debug.x",
        .userid = 100,
        .urgency = 16,
        .priority = 16,
        .description = "dep",
        .type = "cancel",
        .note = "a \"note\"\n",
        .ranks = "all",
        .final = true,
    };
}

static void apply_all (struct job *job, const enum event_kind *kinds, int n)
{
    for (int i = 0; i < n; i++) {
        struct event ev = typical (kinds[i], i + 1.);
        flux_error_t e;
        if (fsm_legal (job, &ev, &e) < 0)
            fail ("%s is legal: %s", event_kind_name (kinds[i]), e.text);
        else
            fsm_apply (job, &ev);
        if (job_check (job))
            fail ("after %s: %s", event_kind_name (kinds[i]), job_check (job));
    }
}

static const enum event_kind whole_life[] = {
    EVENT_SUBMIT, EVENT_VALIDATE, EVENT_DEPEND,  EVENT_PRIORITY, EVENT_ALLOC,
    EVENT_START,  EVENT_FINISH,   EVENT_RELEASE, EVENT_FREE,     EVENT_CLEAN,
};

static void test_life (void)
{
    struct job *job = job_create (1, 0);

    apply_all (job, whole_life, 10);
    is_int (job->state, FLUX_JOB_STATE_INACTIVE, "a whole life ends INACTIVE");
    is_int (job_result (job), FLUX_JOB_RESULT_COMPLETED, "and COMPLETED");
    is_int (job->t[JOB_T_RUN], 5, "t_run is the time of alloc");
    is_str (job->end_event->s,
            "{\"timestamp\":7.000000,\"name\":\"finish\",\"context\":"
            "{\"status\":0}}",
            "the end event is finish");
    ok (job_event_posted (job, "alloc") && !job_event_posted (job, "memo"),
        "what was posted is known, what was not is not");
    job_destroy (job);
}

static void test_exception_ends_each_state (void)
{
    for (int n = 2; n <= 6; n++) {
        struct job *job = job_create (1, 0);
        struct event ev = typical (EVENT_EXCEPTION, 50.);

        apply_all (job, whole_life, n);
        is_int (fsm_legal (job, &ev, NULL),
                0,
                "exception 0 is legal in %s",
                job_state_name (job->state));
        fsm_apply (job, &ev);
        is_int (job->state, FLUX_JOB_STATE_CLEANUP, "and leads to CLEANUP");
        is_int (job_result (job), FLUX_JOB_RESULT_CANCELED, "canceled");
        ok (strstr (job->end_event->s, "a \\\"note\\\"\\u000a") != NULL,
            "the end event is valid JSON");
        job_destroy (job);
    }
}

static void test_refusals (void)
{
    struct job *job = job_create (1, 0);
    struct event ev = typical (EVENT_VALIDATE, 1.);
    flux_error_t e;

    ok (fsm_legal (job, &ev, &e) < 0 && errno == EINVAL,
        "validate before submit is refused: %s",
        e.text);
    apply_all (job, whole_life, 2);
    ev = typical (EVENT_DEPENDENCY_REMOVE, 1.);
    ok (fsm_legal (job, &ev, &e) < 0 && errno == ENOENT,
        "an unknown dependency is ENOENT: %s",
        e.text);
    ev = typical (EVENT_DEPENDENCY_ADD, 1.);
    fsm_apply (job, &ev);
    fsm_apply (job, &ev);
    is_int (job->ndeps, 1, "a dependency held twice counts once");
    ev = typical (EVENT_DEPEND, 1.);
    ok (fsm_legal (job, &ev, &e) < 0 && errno == EINVAL,
        "depend waits for dependencies: %s",
        e.text);
    ev = typical (EVENT_DEPENDENCY_REMOVE, 1.);
    fsm_apply (job, &ev);
    ok (job->ndeps == 0 && job_had_dependency (job, "dep"),
        "a removed dependency is remembered");
    ev = typical (EVENT_PROLOG_FINISH, 1.);
    ok (fsm_legal (job, &ev, &e) < 0, "prolog-finish without one: %s", e.text);
    ev = typical (EVENT_OTHER, 1.);
    fsm_apply (job, &ev);
    ok (job_event_posted (job, "debug.x"), "names without a kind are kept");
    job_destroy (job);
}

/* Random events at random jobs: whatever is legal keeps the facts, and the
 * same events applied again to a new job make the same job.
 */
static void test_random_lives (void)
{
    unsigned int seed = 20240607;
    int bad = 0;
    int reached[8] = { 0 };

    for (int life = 0; life < 5000; life++) {
        struct job *job = job_create (life + 1, 0);
        struct job *again = job_create (life + 1, 0);
        for (int step = 1; step < 60; step++) {
            struct event ev = typical (rand_r (&seed) % EVENT_MAX, step);
            ev.severity = rand_r (&seed) % 4;
            ev.priority = rand_r (&seed) % 100;
            ev.status = rand_r (&seed) % 2;
            /* most steps follow the straight road, so that lives get far */
            if (step <= 10 && rand_r (&seed) % 8) {
                ev = typical (whole_life[step - 1], step);
            }
            if (fsm_legal (job, &ev, NULL) < 0)
                continue;
            fsm_apply (job, &ev);
            fsm_apply (again, &ev);
            if (job_check (job)) {
                if (bad++ < 5)
                    diag ("life %d step %d %s: %s",
                          life,
                          step,
                          ev.name,
                          job_check (job));
            }
        }
        reached[__builtin_ctz (job->state)]++;
        if (again->state != job->state || again->priority != job->priority
            || again->ndeps != job->ndeps || again->posted != job->posted
            || again->perilogs != job->perilogs
            || memcmp (again->t, job->t, sizeof (job->t)))
            bad++;
        job_destroy (job);
        job_destroy (again);
    }
    is_int (bad, 0, "5000 random lives keep every fact, and replay the same");
    ok (reached[6] > 500, "many of them reached the end (%d)", reached[6]);
}

int main (void)
{
    test_every_pair ();
    test_life ();
    test_exception_ends_each_state ();
    test_refusals ();
    test_random_lives ();
    return done_testing ();
}
