/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "job/fsm.h"
#include "tap.h"

static void test_names (void)
{
    for (int k = 0; k < EVENT_MAX; k++) {
        if (k != EVENT_OTHER)
            is_int (event_kind_parse (event_kind_name (k)),
                    k,
                    "%s names its kind",
                    event_kind_name (k));
    }
    is_int (event_kind_parse ("debug.foo"), EVENT_OTHER, "debug.foo has none");
    ok (event_name_valid ("a.b-c") && !event_name_valid ("")
            && !event_name_valid ("a b") && !event_name_valid ("a\"b")
            && !event_name_valid ("caf\xc3\xa9"),
        "names are printable, without space or quote");
    char name[80];
    memset (name, 'x', sizeof (name));
    name[64] = 0;
    ok (!event_name_valid (name), "64 characters are too many");
    name[63] = 0;
    ok (event_name_valid (name), "63 are not");
}

static void test_flags (void)
{
    is_int (job_flag_parse ("debug"), FLUX_JOB_DEBUG, "debug is a flag");
    ok (job_flag_parse ("nonesuch") < 0, "nonesuch is not");
    is_str (job_flag_name (JOB_FLAG_IMMUTABLE), "immutable", "and back");
}

static void test_result (void)
{
    struct job *job = job_create (1, 0);
    struct event ev = { .kind = EVENT_SUBMIT, .timestamp = 1., .urgency = 16 };

    is_int (job_result (job), 0, "no result before the end");
    fsm_apply (job, &ev);
    ev = (struct event){ .kind = EVENT_VALIDATE, .timestamp = 1. };
    fsm_apply (job, &ev);
    ev = (struct event){ .kind = EVENT_EXCEPTION,
                         .timestamp = 2.,
                         .severity = 3,
                         .type = "x" };
    fsm_apply (job, &ev);
    is_int (job->exception->severity, 3, "a lesser exception is kept");
    is_int (job_result (job), 0, "but ends nothing");
    ev.severity = 0;
    ev.type = "timeout";
    fsm_apply (job, &ev);
    is_str (job->exception->type, "timeout", "a more severe one replaces it");
    is_int (job_result (job), FLUX_JOB_RESULT_TIMEOUT, "and is the result");
    ev.type = "cancel";
    fsm_apply (job, &ev);
    is_str (job->exception->type, "timeout", "the first of a severity stays");
    job_destroy (job);
}

int main (void)
{
    test_names ();
    test_flags ();
    test_result ();
    ok (sizeof (struct job) <= 320,
        "struct job is small (%zu bytes)",
        sizeof (struct job));
    return done_testing ();
}
