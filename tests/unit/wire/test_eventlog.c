/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "wire/eventlog.h"
#include "wire/jbuf.h"
#include "wire/jobspec.h"

static const char spec[] =
    "{\"resources\":[{\"type\":\"slot\",\"count\":1,\"label\":\"task\","
    "\"with\":[{\"type\":\"core\",\"count\":1}]}],\"tasks\":[{\"command\":"
    "[\"/bin/true\"],\"slot\":\"task\",\"count\":{\"per_slot\":1}}],"
    "\"attributes\":{\"system\":{\"duration\":0}},\"version\":1}";

static const char R[] =
    "{\"version\":1,\"execution\":{\"R_lite\":[]},\"scheduling\":{}}";

/* Lines that come back as they are. */
static const char *const same[] = {
    "{\"timestamp\":1552593348.0730450,\"name\":\"submit\",\"context\":"
    "{\"userid\":5588,\"urgency\":16,\"flags\":0,\"version\":1}}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"validate\"}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"set-flags\",\"context\":"
    "{\"flags\":[\"debug\",\"waitable\"]}}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"dependency-add\","
    "\"context\":{\"description\":\"begin-time=1552594348\"}}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"dependency-remove\","
    "\"context\":{\"description\":\"x \\\"y\\\" \\\\ \\u0001\"}}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"priority\",\"context\":"
    "{\"priority\":4294967295}}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"urgency\",\"context\":"
    "{\"urgency\":0,\"userid\":5588}}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"resource-update\","
    "\"context\":{\"expiration\":1692206240.0000000}}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"prolog-start\",\"context\":"
    "{\"description\":\"p\"}}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"epilog-finish\","
    "\"context\":{\"description\":\"p\",\"status\":-1}}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"exception\",\"context\":"
    "{\"type\":\"oom\",\"severity\":0,\"note\":\"\",\"userid\":5588}}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"exception\",\"context\":"
    "{\"type\":\"oom\",\"severity\":7,\"note\":\"n\"}}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"finish\",\"context\":"
    "{\"status\":256}}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"release\",\"context\":"
    "{\"ranks\":\"all\",\"final\":true}}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"alloc\"}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"alloc\",\"context\":"
    "{\"annotations\":{\"sched\":{\"resource_summary\":\"rank0/core0\"}}}}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"annotations\",\"context\":"
    "{\"annotations\":null}}\n",
    "{\"timestamp\":1552593348.0730450,\"name\":\"debug.alloc-request\"}\n",
};

/* {name, context} that are refused, and what the error must name. */
static const char *const refused[][3] = {
    { "submit", NULL, "userid" },
    { "submit", "{\"userid\":1,\"urgency\":16,\"flags\":0}", "version" },
    { "submit",
      "{\"userid\":1,\"urgency\":32,\"flags\":0,\"version\":1}",
      "urgency" },
    { "submit",
      "{\"userid\":1,\"urgency\":16,\"flags\":0,\"version\":2}",
      "version" },
    { "submit",
      "{\"userid\":4294967296,\"urgency\":16,\"flags\":0,\"version\":1}",
      "userid" },
    { "submit",
      "{\"userid\":\"me\",\"urgency\":16,\"flags\":0,\"version\":1}",
      "userid" },
    { "submit",
      "{\"userid\":1,\"urgency\":1.5,\"flags\":0,\"version\":1}",
      "urgency" },
    { "set-flags", "{\"flags\":[\"nope\"]}", "flags" },
    { "set-flags", "{\"flags\":\"debug\"}", "flags" },
    { "dependency-add", "{}", "description" },
    { "dependency-add", "{\"description\":1}", "description" },
    { "priority", "{\"priority\":4294967296}", "priority" },
    { "priority", "{\"priority\":-1}", "priority" },
    { "urgency", "{\"urgency\":1}", "userid" },
    { "resource-update", "{\"expiration\":\"soon\"}", "expiration" },
    { "resource-update", "{\"expiration\":-1}", "expiration" },
    { "prolog-finish", "{\"description\":\"x\"}", "status" },
    { "exception", "{\"severity\":0}", "type" },
    { "exception", "{\"type\":\"x\",\"severity\":8}", "severity" },
    { "exception", "{\"type\":\"x\",\"severity\":0,\"note\":1}", "note" },
    { "exception",
      "{\"type\":\"x\",\"severity\":0,\"wait_status\":\"a\"}",
      "wait_status" },
    { "finish", "{\"status\":1e3}", "status" },
    { "release", "{\"ranks\":\"all\"}", "final" },
    { "release", "{\"ranks\":\"all\",\"final\":1}", "final" },
    { "alloc", "{\"annotations\":1}", "annotations" },
    { "memo", NULL, "context" },
    { "memo", "{}", "context" },
    { "jobspec-update", "{}", "context" },
    { "jobspec-update", "{\"version\":2}", "version" },
    { "jobspec-update", "{\"attributes.system.duration\":-1}", "duration" },
    { "clean", "[]", "object" },
    { "clean", "{", "JSON" },
    { "has space", NULL, "name" },
    { "", NULL, "name" },
};

static void test_round (void)
{
    for (size_t i = 0; i < sizeof (same) / sizeof (same[0]); i++) {
        struct wire_event w;
        flux_error_t error = { { 0 } };
        size_t len = 0;
        char *s;

        ok (wire_event_decode (&w, NULL, same[i], strlen (same[i]), &error)
                == 0,
            "decode %.70s %s",
            same[i],
            error.text);
        s = wire_event_encode (&w.ev, &len);
        is_str (s, same[i], "with its context text it comes back");
        is_int (len, strlen (same[i]), "and the length is told");
        free (s);
        if (w.ev.context)
            w.ev.context = NULL;
        s = wire_event_encode (&w.ev, NULL);
        is_str (s, same[i], "and from its fields");
        free (s);
        wire_event_finish (&w);
    }
}

static void test_refused (void)
{
    struct job *job = job_create (1, 0);

    job->spec = text_create (spec, strlen (spec));
    for (size_t i = 0; i < sizeof (refused) / sizeof (refused[0]); i++) {
        struct wire_event w;
        flux_error_t error = { { 0 } };

        errno = 0;
        ok (wire_event_make (&w, job, refused[i][0], 1.5, refused[i][1], &error)
                    < 0
                && errno == EINVAL && strstr (error.text, refused[i][2]),
            "refused: %s",
            error.text);
        ok (w.priv == NULL && w.ev.spec == NULL, "and nothing is held");
    }
    job_destroy (job);
}

static void test_decode (void)
{
    static const char *const good[] = {
        "{\"name\":\"clean\",\"timestamp\":1}",
        " { \"timestamp\" : 1e3 , \"name\":\"clean\" } ",
        "{\"timestamp\":12.5,\"name\":\"clean\",\"context\":{}}",
        "{\"timestamp\":12.5,\"name\":\"clean\",\"other\":1}",
        "{\"timestamp\":12.5,\"name\":\"cle\\u0061n\"}",
        "{\"timestamp\":12.5,\"name\":\"clean\",\"context\":{\"a\":\"}\"}}",
        "{\"timestamp\":12.5,\"name\":\"clean\",\"context\":{},\"other\":{}}",
    };
    static const char *const bad[] = {
        "",
        "\n",
        "{}",
        "[]",
        "{\"timestamp\":0,\"name\":\"clean\"}",
        "{\"timestamp\":-1,\"name\":\"clean\"}",
        "{\"timestamp\":\"1\",\"name\":\"clean\"}",
        "{\"timestamp\":1.,\"name\":\"clean\"}",
        "{\"timestamp\":01.5,\"name\":\"clean\"}",
        "{\"timestamp\":1.5.5,\"name\":\"clean\"}",
        "{\"timestamp\":1e999,\"name\":\"clean\"}",
        "{\"timestamp\":12.5}",
        "{\"timestamp\":12.5,\"name\":1}",
        "{\"timestamp\":12.5,\"name\":\"clean\"",
        "{\"timestamp\":12.5,\"name\":\"clean\"}x",
        "{\"timestamp\":12.5,\"name\":\"clean\",\"context\":null}",
        "{\"timestamp\":12.5,\"name\":\"clean\",\"context\":{}",
        "{\"timestamp\":12.5,\"name\":\"clean\",\"context\":{}}}",
        "{\"timestamp\":12.5,\"name\":\"clean\",\"context\":{\"a\":1,\"a\":2}}",
        "{\"timestamp\":12.5,\"name\":\"clean\",\"name\":\"start\"}",
        "{\"timestamp\":12.5,\n\"name\":\"clean\"}",
    };
    char deep[1000] = "{\"timestamp\":12.5,\"name\":\"x\",\"context\":{\"a\":";
    struct wire_event w;

    for (size_t i = 0; i < sizeof (good) / sizeof (good[0]); i++) {
        ok (wire_event_decode (&w, NULL, good[i], strlen (good[i]), NULL) == 0
                && w.ev.kind == EVENT_CLEAN,
            "accepted: %s",
            good[i]);
        wire_event_finish (&w);
    }
    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++) {
        flux_error_t error = { { 0 } };
        errno = 0;
        ok (wire_event_decode (&w, NULL, bad[i], strlen (bad[i]), &error) < 0
                && errno == EINVAL && error.text[0],
            "refused: %s: %s",
            bad[i],
            error.text);
    }
    ok (wire_event_decode (&w, NULL, "{\0}", 3, NULL) < 0, "NUL is refused");
    memset (deep + strlen (deep), '[', 300);
    ok (wire_event_decode (&w, NULL, deep, strlen (deep), NULL) < 0,
        "deep nesting is refused");
}

/* Written otherwise than we do, it is the same. */
static void test_contexts (void)
{
    static const char *const submit[] = {
        "{\"userid\":7,\"urgency\":16,\"flags\":2,\"version\":1}",
        "{\"userid\":7, \"urgency\":16,\"flags\":2,\"version\":1}",
        "{\"urgency\":16,\"userid\":7,\"flags\":2,\"version\":1}",
        "{\"userid\":7,\"urgency\":16,\"flags\":2,\"version\":1,\"x\":\"y\"}",
    };
    static const char *const bad[] = {
        "{\"userid\":7,\"urgency\":16,\"flags\":2,\"version\":2}",
        "{\"userid\":7,\"urgency\":32,\"flags\":2,\"version\":1}",
        "{\"userid\":7,\"urgency\":016,\"flags\":2,\"version\":1}",
        "{\"userid\":-2,\"urgency\":16,\"flags\":2,\"version\":1}",
        "{\"userid\":7,\"urgency\":16,\"flags\":2,\"version\":1,}",
        "{\"userid\":7,\"urgency\":16,\"flags\":2,\"version\":1}}",
        "{\"userid\":7,\"urgency\":16,\"flags\":2,\"version\":"
        "99999999999999999999}",
        "{\"userid\":7,\"urgency\":16,\"flags\":2",
    };
    struct wire_event w;
    flux_error_t e;

    for (size_t i = 0; i < sizeof (submit) / sizeof (submit[0]); i++) {
        ok (wire_event_make (&w, NULL, "submit", 1.5, submit[i], NULL) == 0
                && w.ev.userid == 7 && w.ev.urgency == 16 && w.ev.flags == 2
                && !strcmp (w.ev.context, submit[i]),
            "read: %s",
            submit[i]);
        wire_event_finish (&w);
    }
    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++)
        ok (wire_event_make (&w, NULL, "submit", 1.5, bad[i], &e) < 0,
            "refused: %s",
            bad[i]);
}

static void test_control (void)
{
    struct wire_event w;
    char *s;
    size_t len;

    ok (wire_event_make (&w,
                         NULL,
                         "debug.x",
                         2.5,
                         "{\n\t\"a\": [1,\n2] }",
                         NULL)
            == 0,
        "a context of several lines is accepted");
    s = wire_event_encode (&w.ev, &len);
    is_str (s,
            "{\"timestamp\":2.5,\"name\":\"debug.x\",\"context\":{\"a\":[1,2]}"
            "}\n",
            "and becomes one");
    free (s);
    wire_event_finish (&w);
    ok (wire_event_make (&w, NULL, "clean", NAN, NULL, NULL) < 0,
        "a time that is none is refused");
    w.ev = (struct event){ .kind = EVENT_DEPENDENCY_ADD,
                           .timestamp = 2.5,
                           .description = "a\xff\xc3\xa9\xed\xa0\x80\n" };
    s = wire_event_encode (&w.ev, NULL);
    is_str (s,
            "{\"timestamp\":2.5,\"name\":\"dependency-add\",\"context\":"
            "{\"description\":\"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd"
            "\xef\xbf\xbd\\n\"}}\n",
            "bytes that are not UTF-8 are replaced");
    free (s);
    w.ev = (struct event){ .kind = EVENT_MEMO, .timestamp = 2.5 };
    ok (!wire_event_encode (&w.ev, NULL) && errno == EINVAL,
        "a memo cannot be written without its text");
}

static void make (struct wire_event *w,
                  struct job *job,
                  const char *name,
                  const char *context)
{
    flux_error_t error = { { 0 } };

    ok (wire_event_make (w, job, name, 1.5, context, &error) == 0,
        "%s %s %s",
        name,
        context,
        error.text);
}

static void test_updates (void)
{
    struct job *job = job_create (1, 0);
    struct wire_event w;

    job->spec = text_create (spec, strlen (spec));
    make (&w, job, "jobspec-update", "{\"attributes.system.duration\":60}");
    ok (w.ev.spec && strstr (w.ev.spec->s, "\"duration\":60"),
        "a jobspec-update brings the jobspec as updated");
    is_int (jobspec_of (w.ev.spec)->duration, 60, "which has the new value");
    wire_event_finish (&w);

    make (&w, job, "memo", "{\"uri\":\"x\"}");
    ok (w.ev.has_annotations, "a memo changes the annotations");
    is_str (w.ev.annotations->s, "{\"user\":{\"uri\":\"x\"}}", "of the user");
    job->annotations = text_ref (w.ev.annotations);
    wire_event_finish (&w);

    make (&w, job, "memo", "{\"uri\":\"x\"}");
    ok (!w.ev.has_annotations, "the same again changes nothing");
    wire_event_finish (&w);

    make (&w, job, "annotations", "{\"annotations\":{\"sched\":{\"a\":1}}}");
    is_str (w.ev.context,
            "{\"annotations\":{\"user\":{\"uri\":\"x\"},\"sched\":{\"a\":1}}}",
            "the annotations event tells all of them");
    wire_event_finish (&w);

    make (&w, job, "memo", "{\"uri\":null}");
    ok (w.ev.has_annotations && !w.ev.annotations, "null deletes the last");
    wire_event_finish (&w);

    make (&w, job, "annotations", "{\"annotations\":null}");
    ok (w.ev.has_annotations && !w.ev.annotations, "null deletes all");
    is_str (w.ev.context, "{\"annotations\":null}", "and says so");
    wire_event_finish (&w);

    job->R = text_create (R, strlen (R));
    make (&w, job, "resource-update", "{\"expiration\":1700000000}");
    is_str (w.ev.R->s,
            "{\"version\":1,\"execution\":{\"R_lite\":[],\"expiration\":"
            "1700000000.0},\"scheduling\":{}}",
            "a resource-update brings R as updated");
    wire_event_finish (&w);
    job_destroy (job);
}

static void test_merge (void)
{
    static const char *const cases[][3] = {
        { NULL, NULL, NULL },
        { NULL, "{\"a\":1}", "{\"a\":1}" },
        { "{\"a\":1}", NULL, "{\"a\":1}" },
        { "{\"a\":{\"b\":1,\"c\":2}}",
          "{\"a\":{\"b\":null}}",
          "{\"a\":{\"c\":2}}" },
        { "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":null}}", NULL },
        { "{\"a\":1}", "{\"a\":{\"b\":2}}", "{\"a\":{\"b\":2}}" },
        { "{\"a\":{\"b\":2}}", "{\"a\":[null]}", "{\"a\":[null]}" },
        { NULL, "{\"a\":{\"b\":null}}", NULL },
    };

    for (size_t i = 0; i < sizeof (cases) / sizeof (cases[0]); i++) {
        char *s;

        errno = 1;
        s = annotations_merge (cases[i][0], cases[i][1]);
        if (cases[i][2])
            is_str (s, cases[i][2], "merge %zu", i);
        else
            ok (!s && errno == 0, "merge %zu gives nothing", i);
        free (s);
    }
    ok (!annotations_merge ("[]", NULL) && errno == EINVAL,
        "what is no object is refused");
}

static void test_iterate (void)
{
    const char *log = "one\ntwo\n\nthree", *line;
    size_t pos = 0, len;
    char got[64] = "";

    while (eventlog_next (log, strlen (log), &pos, &line, &len)) {
        strncat (got, line, len);
        strcat (got, "|");
    }
    is_str (got, "one|two||three|", "a log is walked line by line");
    pos = 0;
    ok (!eventlog_next (NULL, 0, &pos, &line, &len), "an empty log has none");
}

static const char *real_text (double d)
{
    static char buf[64];
    struct jbuf b = { 0 };
    char *s;

    jbuf_real (&b, d);
    s = jbuf_take (&b, NULL);
    snprintf (buf, sizeof (buf), "%s", s);
    free (s);
    return buf;
}

static void test_whole_reals (void)
{
    is_str (real_text (0.), "0.0", "zero is a real");
    is_str (real_text (-0.), "-0.0", "and keeps its sign");
    is_str (real_text (-3.), "-3.0", "a negative one");
    is_str (real_text (536870911.), "536870911.0", "the largest short one");
    is_str (real_text (1e18), "1e+18", "beyond what integers hold");
}

static void test_reals (void)
{
    unsigned int seed = 1, bad = 0;
    double t[] = { 0., 1., 1e-9, 0.1, 536870911.9999999, 1e15, 1e300, -2.5 };

    for (int i = 0; i < 100000; i++) {
        struct jbuf b = { 0 };
        double d = i < 8 ? t[i]
                         : 536870912. + rand_r (&seed)
                               + rand_r (&seed) / (RAND_MAX + 1.0);
        char *s;

        jbuf_real (&b, d);
        s = jbuf_take (&b, NULL);
        bad += strtod (s, NULL) != d || !strpbrk (s, ".e");
        free (s);
    }
    is_int (bad, 0, "times read back as they were");
}

int main (void)
{
    test_round ();
    test_refused ();
    test_decode ();
    test_contexts ();
    test_control ();
    test_updates ();
    test_merge ();
    test_iterate ();
    test_whole_reals ();
    test_reals ();
    return done_testing ();
}
