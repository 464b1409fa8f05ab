/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>

#include "tap.h"
#include "wire/jobmatch.h"

static const struct jobrow row = {
    .id = 1,
    .userid = 42,
    .state = FLUX_JOB_STATE_INACTIVE,
    .result = FLUX_JOB_RESULT_FAILED,
    .name = "sleep",
    .queue = "batch",
    .t_submit = 100.,
    .t = { [JOB_T_RUN] = 200. },
    .ranks = "0-3",
    .nodelist = "foo[1-4]",
};

static const struct {
    const char *constraint;
    bool matches;
} cases[] = {
    { "{}", true },
    { "{\"and\":[]}", true },
    { "{\"or\":[]}", true },
    { "{\"userid\":[42]}", true },
    { "{\"userid\":[1,2]}", false },
    { "{\"userid\":[-1]}", true },
    { "{\"userid\":[4294967295]}", true },
    { "{\"name\":[\"a\",\"sleep\"]}", true },
    { "{\"queue\":[\"debug\"]}", false },
    { "{\"states\":[\"inactive\"]}", true },
    { "{\"states\":[\"PENDING\",\"running\"]}", false },
    { "{\"states\":[64]}", true },
    { "{\"states\":[0]}", false },
    { "{\"results\":[\"failed\"]}", true },
    { "{\"results\":[1]}", false },
    { "{\"hostlist\":[\"foo2\"]}", true },
    { "{\"hostlist\":[\"bar\"]}", false },
    { "{\"ranks\":[\"3-9\"]}", true },
    { "{\"ranks\":[\"4-9\"]}", false },
    { "{\"t_submit\":[\">=100\"]}", true },
    { "{\"t_submit\":[\">100.0\"]}", false },
    { "{\"t_run\":[\"<=200\"]}", true },
    { "{\"t_run\":[\"<200\"]}", false },
    { "{\"t_cleanup\":[\">0\"]}", false },
    { "{\"not\":[{\"userid\":[42]}]}", false },
    { "{\"not\":[{\"userid\":[42]},{\"userid\":[7]}]}", true },
    { "{\"or\":[{\"userid\":[7]},{\"name\":[\"sleep\"]}]}", true },
    { "{\"and\":[{\"userid\":[42]},{\"name\":[\"x\"]}]}", false },
};

static const struct {
    const char *constraint;
    const char *error;
} refused[] = {
    { "{\"foo\":[]}",
      "constraint object invalid: unknown constraint operator: foo" },
    { "{\"states\":[\"foo\"]}",
      "constraint object invalid: invalid states value 'foo' specified" },
    { "{\"t_submit\":[\"12\"]}",
      "constraint object invalid: timestamp comparison operator not "
      "specified" },
    { "{\"t_submit\":[\">x\"]}",
      "constraint object invalid: invalid timestamp value 'x'" },
    { "{\"userid\":[\"me\"]}",
      "constraint object invalid: invalid userid value 'me' specified" },
    { "{\"userid\":42}",
      "constraint object invalid: operator userid values not an array" },
    { "{\"userid\":[1],\"name\":[\"x\"]}",
      "constraint object invalid: constraint must only contain 1 element" },
    { "[]", "constraint object invalid: constraint is not an object" },
    { "{\"and\":[3]}",
      "constraint object invalid: constraint is not an object" },
    { "{\"ranks\":[\"x\"]}",
      "constraint object invalid: invalid ranks value 'x' specified" },
};

static void test_depth (void)
{
    char s[4096] = "";
    flux_error_t error;
    json_t *o;

    for (int i = 0; i < 100; i++)
        strcat (s, "{\"not\":[");
    strcat (s, "{}");
    for (int i = 0; i < 100; i++)
        strcat (s, "]}");
    o = json_loads (s, 0, NULL);
    ok (!jobmatch_create (o, &error) && errno == EINVAL,
        "deep nesting is refused: %s",
        error.text);
    json_decref (o);
}

static void test_bounds (void)
{
    json_t *o = json_loads ("{\"and\":[{\"states\":[\"run\",\"sched\"]},"
                            "{\"not\":[{\"states\":[\"run\"]}]},"
                            "{\"hostlist\":[\"a\"]}]}",
                            0,
                            NULL);
    struct jobmatch *m = jobmatch_create (o, NULL);

    is_int (jobmatch_states (m),
            FLUX_JOB_STATE_RUN | FLUX_JOB_STATE_SCHED,
            "the states a match can be in are bounded");
    is_int (jobmatch_attrs (m),
            JOBROW_BIT (JOBROW_NODELIST),
            "what the test needs is known");
    jobmatch_destroy (m);
    json_decref (o);
}

int main (void)
{
    flux_error_t error;

    for (size_t i = 0; i < sizeof (cases) / sizeof (cases[0]); i++) {
        json_t *o = json_loads (cases[i].constraint, 0, NULL);
        struct jobmatch *m = jobmatch_create (o, &error);
        ok (m && jobmatch_test (m, &row) == cases[i].matches,
            "%s %s",
            cases[i].constraint,
            cases[i].matches ? "matches" : "does not match");
        jobmatch_destroy (m);
        json_decref (o);
    }
    for (size_t i = 0; i < sizeof (refused) / sizeof (refused[0]); i++) {
        json_t *o = json_loads (refused[i].constraint, 0, NULL);
        ok (!jobmatch_create (o, &error),
            "%s is refused",
            refused[i].constraint);
        is_str (error.text, refused[i].error, "and why is said");
        json_decref (o);
    }
    test_depth ();
    test_bounds ();
    jobmatch_destroy (NULL);
    return done_testing ();
}
