/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "fuzz.h"
#include "wire/eventlog.h"

static const char *const inputs[] = {
    "{\"timestamp\":1552593348.073045,\"name\":\"submit\",\"context\":"
    "{\"userid\":5588,\"urgency\":16,\"flags\":0,\"version\":1}}",
    "{\"timestamp\":1552593348.5,\"name\":\"validate\"}\n",
    "{\"timestamp\":1552593348.5,\"name\":\"set-flags\",\"context\":{\"flags\""
    ":[\"debug\",\"waitable\"]}}\n",
    "{\"timestamp\":1552593348.5,\"name\":\"jobspec-update\",\"context\":"
    "{\"attributes.system.duration\":5,\"attributes.user.a.b\":[]}}\n",
    "{\"timestamp\":1552593348.5,\"name\":\"annotations\",\"context\":"
    "{\"annotations\":{\"sched\":{\"a\":null,\"b\":{\"c\":1}},\"user\":null}}}",
    "{\"timestamp\":1552593348.5,\"name\":\"memo\",\"context\":{\"a\":{\"b\":"
    "null},\"uri\":\"x\"}}",
    "{\"timestamp\":1552593348.5,\"name\":\"exception\",\"context\":"
    "{\"type\":\"cancel\",\"severity\":0,\"note\":\"\",\"userid\":1}}\n",
    "{\"timestamp\":1552593348.5,\"name\":\"release\",\"context\":{\"ranks\":"
    "\"all\",\"final\":true}}\n",
    "{\"timestamp\":1552593348.5,\"name\":\"resource-update\",\"context\":"
    "{\"expiration\":1552593348.5}}\n",
    "{\"name\":\"debug.x\",\"context\":{\"a\":[{}]},\"timestamp\":1}",
};

static const char spec[] =
    "{\"resources\":[{\"type\":\"slot\",\"count\":1,\"label\":\"task\","
    "\"with\":[{\"type\":\"core\",\"count\":1}]}],\"tasks\":[{\"command\":"
    "[\"app\"],\"slot\":\"task\",\"count\":{\"per_slot\":1}}],\"attributes\":"
    "{\"system\":{\"duration\":0}},\"version\":1}";
static const char R[] = "{\"version\":1,\"execution\":{\"R_lite\":[]}}";
static const char annotations[] = "{\"user\":{\"a\":{\"b\":1}},\"sched\":{}}";

/* What was accepted is one line that is accepted again, as the same event. */
static void again (const struct event *ev, const struct job *job)
{
    struct wire_event w;
    size_t len;
    char *s = wire_event_encode (ev, &len), *s2;

    fuzz_assert (s && len > 0 && memchr (s, '\n', len) == s + len - 1);
    fuzz_assert (wire_event_decode (&w, job, s, len, NULL) == 0);
    fuzz_assert (w.ev.kind == ev->kind && w.ev.urgency == ev->urgency
                 && w.ev.userid == ev->userid && w.ev.priority == ev->priority);
    s2 = wire_event_encode (&w.ev, NULL);
    /* Times beyond any clock lose digits. */
    if (ev->kind != EVENT_ANNOTATIONS && ev->timestamp < 1e15
        && ev->expiration < 1e15)
        fuzz_assert (!strcmp (s, s2));
    wire_event_finish (&w);
    free (s);
    free (s2);
}

static void one (const char *s, size_t len)
{
    struct job *job = job_create (1, 0);
    struct wire_event w;
    const char *line;
    size_t pos = 0, n;

    job->spec = text_create (spec, sizeof (spec) - 1);
    job->R = text_create (R, sizeof (R) - 1);
    job->annotations = text_create (annotations, sizeof (annotations) - 1);
    while (eventlog_next (s, len, &pos, &line, &n)) {
        if (wire_event_decode (&w, job, line, n, NULL) < 0)
            continue;
        again (&w.ev, job);
        wire_event_finish (&w);
    }
    if (strlen (s) == len) {
        if (wire_event_make (&w, job, "memo", 1.5, s, NULL) == 0)
            again (&w.ev, job);
        wire_event_finish (&w);
        free (annotations_merge (annotations, s));
        free (annotations_merge (s, annotations));
    }
    job_destroy (job);
}

int main (int argc, char **argv)
{
    return fuzz_main (argc,
                      argv,
                      inputs,
                      sizeof (inputs) / sizeof (inputs[0]),
                      one);
}
