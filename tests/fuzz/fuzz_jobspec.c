/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "fuzz.h"
#include "wire/jobspec.h"

static const char *const inputs[] = {
    "{\"resources\":[{\"type\":\"slot\",\"count\":2,\"label\":\"task\","
    "\"with\":[{\"type\":\"core\",\"count\":1},{\"type\":\"gpu\",\"count\":1}]"
    "}],\"tasks\":[{\"command\":[\"/bin/app\",\"a\"],\"slot\":\"task\","
    "\"count\":{\"per_slot\":1}}],\"attributes\":{\"system\":{\"duration\":0}}"
    ",\"version\":1}",
    "{\"resources\":[{\"type\":\"node\",\"count\":2,\"exclusive\":true,"
    "\"with\":[{\"type\":\"slot\",\"count\":1,\"label\":\"task\",\"with\":"
    "[{\"type\":\"core\",\"count\":1}]}]}],\"tasks\":[{\"command\":[\"app\"],"
    "\"slot\":\"task\",\"count\":{\"total\":5}}],\"attributes\":{\"user\":{},"
    "\"system\":{\"duration\":60.5,\"cwd\":\"/tmp\",\"queue\":\"q\",\"job\":"
    "{\"name\":\"n\"},\"environment\":{\"A\":\"1\",\"B\":null},"
    "\"constraints\":{\"and\":[{\"properties\":[\"x\"]}]},\"dependencies\":"
    "[{\"scheme\":\"after\",\"value\":\"f1\"}],\"shell\":{\"options\":"
    "{\"output\":{\"stdout\":{\"type\":\"file\",\"path\":\"o\"}},"
    "\"per-resource\":{\"type\":\"node\",\"count\":2},\"pty\":{\"interactive\""
    ":1}}}}},\"version\":1}",
};

static void one (const char *s, size_t len)
{
    int accepted = jobspec_check (s, len, NULL) == 0;
    char *redacted = jobspec_redact (s, len, NULL);
    struct text *t = text_create (s, len);
    const struct jobspec *js = jobspec_of (t);

    int good = js != NULL;

    /* What is accepted can be read; what was accepted by others, too. */
    fuzz_assert (!accepted || good);
    fuzz_assert (good == (redacted != NULL));
    if (js) {
        fuzz_assert (js->nslots > 0 && js->cores_per_slot > 0 && js->name);
        fuzz_assert (!accepted
                     || jobspec_check (redacted, strlen (redacted), NULL) == 0);
    }
    if (good || strlen (s) == len) {
        char **env = NULL, **again = NULL;
        struct jobspec_run *run = jobspec_run_create (s, NULL, &env, NULL);
        struct jobspec_run *like =
            run ? jobspec_run_create (s, run, &again, NULL) : NULL;

        fuzz_assert (good == (run != NULL));
        if (run)
            fuzz_assert (run->argv[0] != NULL && like);
        for (size_t i = 0; run && (env[i] || again[i]); i++)
            fuzz_assert (env[i] && again[i] && !strcmp (env[i], again[i]));
        free (env);
        free (again);
        jobspec_run_destroy (like);
        jobspec_run_destroy (run);
        free (jobspec_update (s, "{\"attributes.system.duration\":1}", NULL));
        free (jobspec_update (inputs[0], s, NULL));
    }
    text_unref (t);
    free (redacted);
}

int main (int argc, char **argv)
{
    return fuzz_main (argc,
                      argv,
                      inputs,
                      sizeof (inputs) / sizeof (inputs[0]),
                      one);
}
