/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "wire/queue_settings.h"

static void test_decode (void)
{
    struct queue_settings s;
    const struct queue_setting *q;

    ok (queue_settings_decode (NULL, &s, NULL) == 0 && s.count == 0
            && s.duration < 0. && !s.default_queue,
        "without configuration there is nothing");
    ok (queue_settings_decode (
            "{\"queues\":{\"a\":{\"requires\":[\"x\",\"y\"],\"policy\":{"
            "\"jobspec\":{\"defaults\":{\"system\":{\"duration\":\"1h\"}}},"
            "\"limits\":{}}},\"v\":{\"parent\":\"a\"}},\"policy\":{\"jobspec\":"
            "{\"defaults\":{\"system\":{\"duration\":\"5m\",\"queue\":\"v\"}}}"
            "}}",
            &s,
            NULL)
                == 0
            && s.count == 2,
        "queues are read");
    is_str (s.default_queue, "v", "the default queue");
    ok (s.duration == 300., "the default duration");
    q = queue_settings_find (&s, "a");
    ok (q && q->duration == 3600., "that of a queue");
    is_str (q->requires, "[\"x\",\"y\"]", "its properties");
    q = queue_settings_find (&s, "v");
    is_str (q->parent, "a", "a virtual queue");
    ok (!queue_settings_find (&s, "w"), "there is no other");
    queue_settings_clear (&s);
}

static void test_refused (void)
{
    static const char *const bad[][2] = {
        { "{\"queues\":1}", "queues: expected a table" },
        { "{\"queues\":{\"a\":1}}", "queues.a: expected a table" },
        { "{\"queues\":{\"a\":{\"b\":1}}}", "left unpacked: b" },
        { "{\"queues\":{\"a\":{\"requires\":\"x\"}}}", "'requires'" },
        { "{\"queues\":{\"a\":{\"requires\":[\"x y\"]}}}", "'requires'" },
        { "{\"queues\":{\"a\":{\"requires\":[1]}}}", "'requires'" },
        { "{\"queues\":{\"a\":{\"parent\":1}}}", "expected a string" },
        { "{\"queues\":{\"a\":{\"parent\":\"b\"}}}", "not a configured" },
        { "{\"queues\":{\"a\":{\"parent\":\"a\"}}}", "virtual queue itself" },
        { "{\"queues\":{\"a\":{\"parent\":\"b\",\"requires\":[]},\"b\":{}}}",
          "neither requires" },
        { "{\"queues\":{\"a\":{\"policy\":{\"jobspec\":1}}}}", "a table" },
        { "{\"queues\":{\"a\":{\"policy\":{\"jobspec\":{\"defaults\":{"
          "\"system\":{\"duration\":\"x\"}}}}}}}",
          "expected a duration" },
        { "{\"queues\":{\"a\":{\"policy\":{\"jobspec\":{\"defaults\":{"
          "\"system\":{\"queue\":\"a\"}}}}}}}",
          "cannot have a default queue" },
        { "{\"policy\":{\"jobspec\":{\"defaults\":{\"system\":{\"queue\":"
          "\"a\"}}}}}",
          "default queue a that is not in [queues]" },
    };

    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++) {
        struct queue_settings s;
        flux_error_t error = { "" };

        errno = 0;
        ok (queue_settings_decode (bad[i][0], &s, &error) < 0 && errno == EINVAL
                && strstr (error.text, bad[i][1]) && s.count == 0,
            "refused: %s",
            error.text);
    }
}

#define SPEC(system) "{\"attributes\":{\"system\":{" system "}}}"

static void test_apply (void)
{
    static const struct {
        struct jobspec_defaults d;
        const char *in;
        const char *out;
        const char *name;
    } cases[] = {
        { { 60., "a", NULL },
          SPEC ("\"duration\":0"),
          SPEC ("\"duration\":60.0,\"queue\":\"a\""),
          "duration and queue" },
        { { 60., "a", NULL },
          SPEC ("\"duration\":5,\"queue\":\"b\""),
          SPEC ("\"duration\":5,\"queue\":\"b\""),
          "what is there stays" },
        { { -1., "a", "[\"x\"]" },
          SPEC ("\"queue\":\"a\""),
          SPEC ("\"queue\":\"a\",\"constraints\":{\"properties\":[\"x\"]}"),
          "properties of the queue" },
        { { -1., NULL, "[\"x\"]" },
          SPEC ("\"constraints\":{\"properties\":[\"y\"]}"),
          SPEC ("\"constraints\":{\"properties\":[\"y\",\"x\"]}"),
          "properties join properties" },
        { { -1., NULL, "[\"x\"]" },
          SPEC ("\"constraints\":{\"ranks\":[\"0\"]}"),
          SPEC ("\"constraints\":{\"and\":[{\"ranks\":[\"0\"]},{\"properties\""
                ":[\"x\"]}]}"),
          "and stand beside anything else" },
        { { 1., NULL, NULL },
          "{}",
          SPEC ("\"duration\":1.0"),
          "tables are made" },
    };
    struct jobspec_defaults d = { .duration = 1. };

    for (size_t i = 0; i < sizeof (cases) / sizeof (cases[0]); i++) {
        char *s = jobspec_apply_defaults (cases[i].in, &cases[i].d, NULL);

        is_str (s, cases[i].out, "%s", cases[i].name);
        free (s);
    }
    ok (!jobspec_apply_defaults ("{\"attributes\":1}", &d, NULL)
            && errno == EINVAL,
        "what is no jobspec is refused");
}

static void test_saved (void)
{
    struct queue_saved list[] = {
        { "a", true, NULL, false, "why \"so\"" },
        { NULL, false, "no", true, NULL },
    };
    char *s = queue_saved_encode (list, 2);
    struct queue_saved *back;
    size_t count;

    ok (s && queue_saved_decode (s, &back, &count) == 0 && count == 2,
        "the state of queues is kept as text");
    is_str (back[0].name, "a", "with names");
    ok (back[0].enable && !back[0].start && !back[0].disable_reason,
        "and switches");
    is_str (back[0].stop_reason, "why \"so\"", "and reasons");
    ok (!back[1].name && !back[1].enable && back[1].start,
        "also that of the anonymous one");
    queue_saved_destroy (back, count);
    free (s);
    ok (queue_saved_decode ("{\"queues\":[{}]}", &back, &count) < 0
            && queue_saved_decode ("x", &back, &count) < 0,
        "other text is refused");
}

int main (void)
{
    test_decode ();
    test_refused ();
    test_apply ();
    test_saved ();
    done_testing ();
}
