/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <signal.h>
#include <syslog.h>

#include <jansson.h>

#include "cmd/progress.h"
#include "cmd/queuelist.h"
#include "cmd/severity.h"
#include "cmd/util.h"
#include "tap.h"

static void test_record (void)
{
    const char *s = "<24>1 2024-01-02T03:04:05.5Z 3 job-manager - - - a b\n";
    const char *empty = "<48>1 2024-01-02T03:04:05Z 0 x - - -";
    struct record r;

    ok (record_parse (s, strlen (s), &r) == 0, "a log record");
    is_int (r.severity, LOG_ERR, "its severity");
    is_str (r.rank, "3", "its rank");
    is_str (r.appname, "job-manager", "its part");
    ok (r.len == 3 && !memcmp (r.text, "a b", 3), "its text, no newline");
    ok (record_parse (empty, strlen (empty), &r) == 0 && r.len == 0,
        "one without text");
    ok (record_parse ("hello", 5, &r) < 0, "something else");
    is_int (severity_parse ("warning"), LOG_WARNING, "a name");
    ok (severity_parse ("loud") < 0, "no name");
}

static void test_paths (void)
{
    json_t *o = json_object ();

    ok (json_set_path (o, "a.b.c", json_integer (1)) == 0, "dots nest");
    ok (json_set_path (o, "a.b.d", json_integer (2)) == 0, "and meet");
    is_int (json_integer_value (json_get_path (o, "a.b.d")), 2, "found again");
    ok (json_set_path (o, "a.b.c.x", json_integer (1)) < 0,
        "not through a number");
    ok (json_set_path (o, "a..x", json_integer (1)) < 0, "no empty part");
    ok (json_set_path (o, "a.", json_integer (1)) < 0, "nor at the end");
    ok (json_get_path (o, "a.x") == NULL, "what is not there");
    json_decref (o);
    o = json_or_string ("{\"a\":1}");
    ok (json_is_object (o), "valid JSON is JSON");
    json_decref (o);
    o = json_or_string ("hello");
    ok (json_is_string (o), "the rest is text");
    json_decref (o);
}

static void test_words (void)
{
    is_int (parse_signal ("SIGTERM"), SIGTERM, "with SIG");
    is_int (parse_signal ("usr1"), SIGUSR1, "without, in any case");
    is_int (parse_signal ("9"), 9, "a number");
    is_int (parse_signal ("0"), -1, "none of the numbers");
    is_int (parse_signal ("SIGNOPE"), -1, "no name");
    is_int (parse_states ("sched,running"), 8 | 16 | 32, "states");
    is_int (parse_urgency ("expedite"), 31, "an urgency by name");
}

static void test_progress (void)
{
    struct progress p = { .total = 4,
                          .completed = 2,
                          .running = 1,
                          .failed = 1,
                          .start = 0 };
    char buf[200];

    progress_format (&p, 60., 60, buf, sizeof (buf));
    is_int (strlen (buf), 60, "a bar fills the line");
    ok (strstr (buf, "R:1") && strstr (buf, "F:1") && strstr (buf, " 75%")
            && strstr (buf, "0:01:00"),
        "it has counts, part and time");
    p.jps = true;
    progress_format (&p, 60., 60, buf, sizeof (buf));
    ok (strstr (buf, "job/s"), "or jobs per second");
}

static void test_limits (void)
{
    json_t *config = json_pack ("{s:{s:{s:s s:{s:{s:i}}}} s:{s:{s:{s:{s:s}}}}}",
                                "policy",
                                "limits",
                                "duration",
                                "2h",
                                "job-size",
                                "max",
                                "nnodes",
                                8,
                                "queues",
                                "fast",
                                "policy",
                                "limits",
                                "duration",
                                "10m");
    json_t *row = json_object ();

    queue_limits (row, config, "fast");
    ok (json_number_value (json_object_get (row, "limits.timelimit")) == 600.,
        "a queue's own limit");
    is_str (json_string_value (json_object_get (row, "limits.range.nnodes")),
            "0-8",
            "the general one where it has none");
    is_str (json_string_value (json_object_get (row, "defaults.timelimit")),
            "inf",
            "none at all");
    json_decref (row);
    json_decref (config);
}

int main (void)
{
    test_record ();
    test_paths ();
    test_words ();
    test_progress ();
    test_limits ();
    return done_testing ();
}
