/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "wire/jobspec.h"

#define CORE "{\"type\":\"core\",\"count\":1}"
#define GPU "{\"type\":\"gpu\",\"count\":2}"
#define SLOT(n, with)                                                        \
    "{\"type\":\"slot\",\"count\":" #n ",\"label\":\"task\",\"with\":[" with \
    "]}"
#define NODE(n, with) "{\"type\":\"node\",\"count\":" #n ",\"with\":[" with "]}"
#define TASK                                                         \
    "{\"command\":[\"/bin/app\",\"x\"],\"slot\":\"task\",\"count\":" \
    "{\"per_slot\":1}}"
#define SYSTEM "{\"system\":{\"duration\":0}}"

/* A jobspec of parts; NULL takes the ones above. */
static char *make (const char *res, const char *tasks, const char *attr)
{
    char *s;

    if (asprintf (&s,
                  "{\"resources\":[%s],\"tasks\":[%s],\"attributes\":%s,"
                  "\"version\":1}",
                  res ? res : SLOT (1, CORE),
                  tasks ? tasks : TASK,
                  attr ? attr : SYSTEM)
        < 0)
        bail_out ("no memory");
    return s;
}

static bool runs (const char *s)
{
    char **env = NULL;
    struct jobspec_run *run = jobspec_run_create (s, NULL, &env, NULL);

    free (env);
    jobspec_run_destroy (run);
    return run != NULL;
}

static void refuse (char *s, const char *expect)
{
    flux_error_t error = { { 0 } };
    struct text *t = text_create (s, strlen (s));

    errno = 0;
    ok (jobspec_check (s, strlen (s), &error) < 0 && errno == EINVAL
            && strstr (error.text, expect),
        "refused: %s (%s)",
        error.text,
        expect);
    ok (!jobspec_redact (s, strlen (s), NULL) && !jobspec_of (t) && !runs (s),
        "and by all others");
    text_unref (t);
    free (s);
}

static void test_resources (void)
{
    static const struct {
        const char *res;
        unsigned int nnodes, nslots, ncores, ngpus;
        bool exclusive;
    } good[] = {
        { SLOT (1, CORE), 0, 1, 1, 0, false },
        { SLOT (4, "{\"type\":\"core\",\"count\":3}"), 0, 4, 12, 0, false },
        { SLOT (2, CORE "," GPU), 0, 2, 2, 4, false },
        { SLOT (2, GPU "," CORE), 0, 2, 2, 4, false },
        { NODE (3, SLOT (2, CORE)), 3, 6, 6, 0, false },
        { NODE (3, SLOT (2, CORE "," GPU)), 3, 6, 6, 12, false },
        { "{\"type\":\"node\",\"count\":2,\"exclusive\":true,\"unit\":\"n\","
          "\"with\":[" SLOT (1, CORE) "]}",
          2,
          2,
          2,
          0,
          true },
        { "{\"type\":\"node\",\"count\":2,\"exclusive\":false,"
          "\"with\":[" SLOT (1, CORE) "]}",
          2,
          2,
          2,
          0,
          false },
    };
    static const char *const bad[][2] = {
        { "", "resources: expected 1" },
        { "1", "resources[0]: expected an object" },
        { SLOT (1, CORE) "," SLOT (1, CORE), "resources: expected 1" },
        { CORE, "resources[0].type: expected node or slot" },
        { "{\"type\":\"socket\",\"count\":1}", "resources[0].type: expected" },
        { "{\"count\":1}", "resources[0].type: expected a string" },
        { SLOT (0, CORE), "resources[0].count: expected an integer of 1" },
        { SLOT (-1, CORE), "got -1" },
        { SLOT (1.0, CORE), "resources[0].count" },
        { SLOT ("1-4", CORE), "resources[0].count" },
        { SLOT (2147483648, CORE), "resources[0].count" },
        { SLOT (99999999999999999999, CORE), "JSON" },
        { SLOT (65536, "{\"type\":\"core\",\"count\":65536}"), "in total" },
        { NODE (65536, SLOT (65536, CORE)), "in total" },
        { SLOT (1, ""), "expected a core, got none" },
        { SLOT (1, GPU), "expected a core, got none" },
        { SLOT (1, CORE "," CORE), "a second core" },
        { SLOT (1, CORE "," GPU "," GPU), "a second gpu" },
        { SLOT (1, SLOT (1, CORE)), "resources[0].with[0]: a slot holds" },
        { NODE (1, NODE (1, SLOT (1, CORE))), "expected slot, got \"node\"" },
        { NODE (1, ""), "resources[0].with: expected 1 slot, got 0" },
        { NODE (1, CORE), "resources[0].with[0].type" },
        { NODE (1, SLOT (1, CORE) "," CORE), "expected 1 slot, got 2" },
        { "{\"type\":\"node\",\"count\":1}", "expected 1 slot, got 0" },
        { "{\"type\":\"slot\",\"count\":1,\"with\":[" CORE "]}",
          "resources[0].label" },
        { "{\"type\":\"slot\",\"count\":1,\"label\":1,\"with\":[" CORE "]}",
          "resources[0].label" },
        { "{\"type\":\"slot\",\"count\":1,\"label\":\"task\"}",
          "expected a core" },
        { "{\"type\":\"slot\",\"count\":1,\"label\":\"task\",\"with\":1}",
          "resources[0].with: expected an array" },
        { "{\"type\":\"slot\",\"count\":1,\"label\":\"task\",\"id\":\"0\","
          "\"with\":[" CORE "]}",
          "unknown key \"id\"" },
        { "{\"type\":\"node\",\"count\":1,\"exclusive\":1,\"with\":"
          "[" SLOT (1, CORE) "]}",
          "exclusive: expected a boolean" },
        { SLOT (1, "{\"type\":\"core\",\"count\":1,\"with\":[" GPU "]}"),
          "with: expected nothing" },
        { SLOT (1, "{\"type\":\"core\",\"count\":1,\"exclusive\":true}"),
          "exclusive" },
        { SLOT (1, "{\"type\":\"core\",\"count\":1,\"unit\":1}"), "unit" },
    };

    for (size_t i = 0; i < sizeof (good) / sizeof (good[0]); i++) {
        char *s = make (good[i].res, NULL, NULL);
        struct text *t = text_create (s, strlen (s));
        const struct jobspec *js = jobspec_of (t);

        ok (js && js->nnodes == good[i].nnodes && js->nslots == good[i].nslots
                && js->ncores == good[i].ncores && js->ngpus == good[i].ngpus
                && js->exclusive == good[i].exclusive
                && js->ntasks == good[i].nslots,
            "%s",
            good[i].res);
        text_unref (t);
        free (s);
    }
    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++)
        refuse (make (bad[i][0], NULL, NULL), bad[i][1]);
}

#define COUNTED(c) "{\"command\":[\"app\"],\"slot\":\"task\",\"count\":" c "}"

static void test_tasks (void)
{
    static const char *const bad[][2] = {
        { "", "tasks: expected 1" },
        { TASK "," TASK, "tasks: expected 1 element, got 2" },
        { "1", "tasks[0]: expected an object" },
        { "{\"slot\":\"task\",\"count\":{\"per_slot\":1}}",
          "tasks[0].command" },
        { "{\"command\":[],\"slot\":\"task\",\"count\":{\"per_slot\":1}}",
          "tasks[0].command" },
        { "{\"command\":[\"a\",1],\"slot\":\"task\",\"count\":{\"per_slot\":1}"
          "}",
          "tasks[0].command[1]" },
        { "{\"command\":[\"a\"],\"count\":{\"per_slot\":1}}", "tasks[0].slot" },
        { "{\"command\":[\"a\"],\"slot\":\"x\",\"count\":{\"per_slot\":1}}",
          "no slot has the label" },
        { "{\"command\":[\"a\"],\"slot\":\"task\"}", "tasks[0].count" },
        { "{\"command\":[\"a\"],\"slot\":\"task\",\"count\":{\"per_slot\":1},"
          "\"x\":1}",
          "unknown key \"x\"" },
        { COUNTED ("1"), "tasks[0].count: expected an object" },
        { COUNTED ("{}"), "neither" },
        { COUNTED ("{\"per_slot\":1,\"total\":1}"), "both" },
        { COUNTED ("{\"per_slot\":2}"), "tasks[0].count.per_slot: expected 1" },
        { COUNTED ("{\"total\":0}"), "tasks[0].count.total" },
        { COUNTED ("{\"total\":1.5}"), "tasks[0].count.total" },
        { COUNTED ("{\"per_resource\":{}}"), "unknown key \"per_resource\"" },
    };
    struct text *t;
    char *s;

    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++)
        refuse (make (NULL, bad[i][0], NULL), bad[i][1]);
    refuse (make (NODE (4, SLOT (1, CORE)), COUNTED ("{\"total\":3}"), NULL),
            "3 tasks are fewer than 4 nodes");
    s = make (NODE (4, SLOT (1, CORE)), COUNTED ("{\"total\":5}"), NULL);
    t = text_create (s, strlen (s));
    is_int (jobspec_of (t)->ntasks, 5, "RFC 25 use case 2.1: total is taken");
    text_unref (t);
    free (s);
}

#define SYS(x) "{\"system\":{\"duration\":0," x "}}"

static void test_attributes (void)
{
    static const char *const bad[][2] = {
        { "1", "attributes: expected an object, got 1" },
        { "null", "attributes: expected an object, got null" },
        { "{}", "attributes.system: expected an object" },
        { "{\"system\":{}}", "attributes.system.duration" },
        { "{\"system\":{\"duration\":\"1m\"}}", "got \"1m\"" },
        { "{\"system\":{\"duration\":-0.5}}", "got -0.5" },
        { "{\"system\":{\"duration\":0},\"x\":{}}", "unknown key \"x\"" },
        { "{\"system\":{\"duration\":0},\"user\":1}", "attributes.user" },
        { SYS ("\"cwd\":1"), "attributes.system.cwd" },
        { SYS ("\"queue\":null"), "attributes.system.queue" },
        { SYS ("\"bank\":1"), "attributes.system.bank" },
        { SYS ("\"project\":[]"), "attributes.system.project" },
        { SYS ("\"environment\":[]"), "attributes.system.environment" },
        { SYS ("\"environment\":{\"A\":1}"),
          "attributes.system.environment.A" },
        { SYS ("\"environment\":{\"A=B\":\"1\"}"), "cannot name" },
        { SYS ("\"environment\":{\"\":\"1\"}"), "cannot name" },
        { SYS ("\"dependencies\":{}"), "attributes.system.dependencies" },
        { SYS ("\"dependencies\":[1]"), "dependencies[0]: expected an object" },
        { SYS ("\"dependencies\":[{\"scheme\":\"after\"}]"),
          "dependencies[0].value" },
        { SYS ("\"dependencies\":[{\"scheme\":1,\"value\":\"\"}]"),
          "dependencies[0].scheme" },
        { SYS ("\"constraints\":[]"), "attributes.system.constraints" },
        { SYS ("\"job\":{\"name\":1}"), "attributes.system.job.name" },
        { SYS ("\"job\":1"), "attributes.system.job" },
        { SYS ("\"shell\":1"), "attributes.system.shell" },
        { SYS ("\"shell\":{\"options\":1}"),
          "attributes.system.shell.options" },
        { SYS ("\"files\":1"), "attributes.system.files" },
        { SYS ("\"preemptible-after\":-1"), "preemptible-after" },
        { SYS ("\"shell\":{\"options\":{\"per-resource\":{\"type\":\"core\","
               "\"count\":2147483647}}}"),
          NULL },
    };
    const struct jobspec *js;
    struct text *t;
    char *s;

    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++) {
        if (bad[i][1])
            refuse (make (NULL, NULL, bad[i][0]), bad[i][1]);
        else
            refuse (make (SLOT (2, CORE), NULL, bad[i][0]), "per-resource");
    }
    s = make (NULL, NULL, SYSTEM);
    t = text_create (s, strlen (s));
    is_str (jobspec_of (t)->name, "app", "name is the command's");
    ok (!jobspec_of (t)->queue && !jobspec_of (t)->constraints
            && !jobspec_of (t)->dependencies && !jobspec_of (t)->cwd,
        "what is absent is NULL");
    ok (jobspec_of (t) == jobspec_of (t), "the typed form is kept");
    text_unref (t);
    free (s);

    s = make (NULL,
              NULL,
              "{\"user\":{\"x\":1},\"system\":{\"duration\":1.5,\"queue\":\"q"
              "\",\"cwd\":\"/\",\"bank\":\"b\",\"project\":\"p\",\"job\":"
              "{\"name\":\"n\"},\"constraints\":{\"properties\":[\"x\"]},"
              "\"dependencies\":[{\"scheme\":\"after\",\"value\":\"1\"}],"
              "\"exec\":{\"test\":{}},\"unknown\":1,\"shell\":{\"options\":"
              "{\"per-resource\":{\"type\":\"core\",\"count\":2}}}}}");
    t = text_create (s, strlen (s));
    js = jobspec_of (t);
    ok (js->duration == 1.5, "duration may be a real");
    is_str (js->name, "n", "name");
    is_str (js->queue, "q", "queue");
    is_str (js->cwd, "/", "cwd");
    is_str (js->bank, "b", "bank");
    is_str (js->project, "p", "project");
    is_str (js->constraints, "{\"properties\":[\"x\"]}", "constraints");
    is_str (js->dependencies,
            "[{\"scheme\":\"after\",\"value\":\"1\"}]",
            "dependencies");
    ok (js->waitable_test, "exec.test is noticed");
    is_int (js->ntasks, 2, "tasks per core");
    text_unref (t);
    free (s);
}

static void test_bounds (void)
{
    char *s = malloc (JOBSPEC_MAX_SIZE + 2);
    struct text *t;

    memset (s, ' ', JOBSPEC_MAX_SIZE + 1);
    s[JOBSPEC_MAX_SIZE + 1] = '\0';
    refuse (s, "bytes, at most");
    s = calloc (1, 100000);
    memset (s, '[', 99999);
    refuse (s, "nested");
    s = calloc (1, 2000001);
    for (int i = 0; i < 1000000; i++)
        memcpy (s + 2 * i, i ? ",1" : "[1", 2);
    refuse (s, "values");
    refuse (strdup (""), "JSON");
    refuse (strdup ("[]"), "an object");
    refuse (strdup ("{\"version\":1,\"version\":1}"), "JSON");
    refuse (strdup ("{\"version\":2}"), "version: expected 1, got 2");
    refuse (strdup ("{\"version\":1}"), "resources");
    ok (jobspec_check ("{}\0", 3, NULL) < 0, "NUL is refused");
    s = make (NULL, NULL, NULL);
    t = text_create (s, strlen (s));
    t->aux = strdup ("x");
    t->aux_free = free;
    ok (!jobspec_of (t) && errno == EINVAL, "another's aux is left alone");
    text_unref (t);
    free (s);
}

static void test_change (void)
{
    char *s =
        make (NULL, NULL, SYS ("\"environment\":{\"A\":\"1\"},\"cwd\":\"/\""));
    char *want = make (NULL, NULL, SYS ("\"cwd\":\"/\""));
    static const char *const bad[][2] = {
        { "{\"version\":1}", "does not start" },
        { "{\"attributesx\":1}", "does not start" },
        { "{\"attributes..x\":1}", "dotted" },
        { "{\"attributes.\":1}", "dotted" },
        { "{\"tasks.0\":1}", "an array" },
        { "{\"attributes.system.cwd.x\":1}", "a string, not an object" },
        { "[]", "object" },
    };
    char *r;

    r = jobspec_redact (s, strlen (s), NULL);
    is_str (r, want, "the environment is removed, order is kept");
    free (r);
    r = jobspec_update (want,
                        "{\"attributes.system.duration\":5,"
                        "\"attributes.user.a.b\":\"c\",\"tasks\":[]}",
                        NULL);
    is_str (
        r,
        "{\"resources\":[" SLOT (
            1,
            CORE) "],\"tasks\":[],\"attributes\":"
                  "{\"system\":{\"duration\":5,\"cwd\":\"/\"},\"user\":{\"a\":"
                  "{\"b\":\"c\"}}},\"version\":1}",
        "updates replace and create");
    free (r);
    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++) {
        flux_error_t error = { { 0 } };

        ok (!jobspec_update (want, bad[i][0], &error) && errno == EINVAL
                && strstr (error.text, bad[i][1]),
            "refused: %s",
            error.text);
    }
    free (s);
    free (want);
}

static struct text *named (struct text_pool *pool,
                           const char *command,
                           const char *cwd,
                           int duration)
{
    struct text *t;
    char *s;

    if (asprintf (&s,
                  "{\"resources\":[{\"type\":\"slot\",\"count\":1,\"label\":"
                  "\"task\",\"with\":[{\"type\":\"core\",\"count\":1}]}],"
                  "\"tasks\":[{\"command\":[\"%s\"],\"slot\":\"task\","
                  "\"count\":{\"per_slot\":1}}],\"attributes\":{\"system\":{"
                  "\"duration\":%d%s%s%s}},\"version\":1}",
                  command,
                  duration,
                  cwd ? ",\"cwd\":\"" : "",
                  cwd ? cwd : "",
                  cwd ? "\"" : "")
        < 0)
        return NULL;
    t = text_intern (pool, s, strlen (s));
    free (s);
    return t;
}

static void test_shared (void)
{
    struct text_pool *pool = text_pool_create (true);
    struct text *a = named (pool, "/bin/a", "/tmp", 5);
    struct text *b = named (pool, "/opt/a", "/tmp", 5);
    struct text *c = named (pool, "/bin/c", "/home", 5);
    struct text *d = named (pool, "/bin/a", NULL, 5);
    struct text *e = named (pool, "/bin/a", "/tmp", 6);
    const char *name, *cwd;

    ok (b->packed && c->packed, "like texts are packed");
    ok (jobspec_of (a) == jobspec_of (b) && jobspec_of (b) == jobspec_of (c)
            && jobspec_of (c) == jobspec_of (d),
        "texts that ask for the same share the typed form");
    ok (jobspec_of (e) != jobspec_of (a) && jobspec_of (e)->duration == 6.
            && jobspec_of (a)->duration == 5.,
        "others do not");
    jobspec_names (b, &name, &cwd);
    ok (!strcmp (name, "a") && !strcmp (cwd, "/tmp"), "names are shared");
    jobspec_names (c, &name, &cwd);
    ok (!strcmp (name, "c") && !strcmp (cwd, "/home"), "or a text's own");
    jobspec_names (d, &name, &cwd);
    ok (!strcmp (name, "a") && !cwd, "or missing");
    text_unref (a);
    text_unref (b);
    text_unref (e);
    text_pool_destroy (pool);
    ok (jobspec_of (c)->duration == 5., "a form outlives text and pool");
    text_unref (c);
    text_unref (d);
}

/* The quick way around the environment must not differ from the parser. */
/* The environment is what the parser says it is, in any order. */
static void check_vector (const char *s)
{
    json_t *o = json_loads (s, 0, NULL);
    json_t *vars = NULL, *value;
    char **env = NULL;
    struct jobspec_run *run = jobspec_run_create (s, NULL, &env, NULL);
    size_t n = 0, found = 0;
    const char *key;

    json_unpack (o,
                 "{s:{s:{s:o}}}",
                 "attributes",
                 "system",
                 "environment",
                 &vars);
    json_object_foreach (vars, key, value)
    {
        char want[64];

        if (!json_is_string (value))
            continue;
        n++;
        snprintf (want, sizeof (want), "%s=%s", key, json_string_value (value));
        for (size_t i = 0; env[i]; i++)
            found += !strcmp (env[i], want);
    }
    ok (run && found == n && !env[n], "and given to tasks");
    free (env);
    jobspec_run_destroy (run);
    json_decref (o);
}

static void test_environment (void)
{
    static const char *const envs[] = {
        "{}",
        " { } ",
        "{\"A\":\"1\"}",
        "{ \"A\" : \"1\" , \"B\" : null }",
        "{\"A\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t{}[],:\"}",
        "{\"A\":\"\\u0041\"}",
        "{\"\\u0041\":\"1\"}",
        "{\"A\":\"\xc3\xa9\"}",
        "{\"A\":\"\xff\"}",
        "{\"A\":\"1\",\"A\":\"2\"}",
        "{\"A\":\"1\",\"\\u0041\":\"2\"}",
        "{\"A\":\"1\",}",
        "{,\"A\":\"1\"}",
        "{\"A\":\"1\" \"B\":\"1\"}",
        "{\"A\"}",
        "{\"A\":}",
        "{\"A\":nul}",
        "{\"A\":nullx}",
        "{\"A\":1}",
        "{\"A\":\"\\x\"}",
        "{\"A\":\"\n\"}",
        "{\"A\":\"1}",
        "{\"A=B\":\"1\"}",
        "{\"\":\"1\"}",
        "{\"A\":\"1\"]",
        "{\"A\":\"1\"}}",
        "null",
        "[]",
        "{}{}",
        "{},\"environment\":{}",
        "{\"A\":\"1\"},\"x\":{\"environment\":1}",
    };
    char *want = make (NULL, NULL, SYS ("\"cwd\":\"/\""));

    for (size_t i = 0; i < sizeof (envs) / sizeof (envs[0]); i++) {
        char sys[300], *s, *r;
        bool good;

        snprintf (sys,
                  sizeof (sys),
                  "{\"system\":{\"duration\":0,\"environment\":%s,\"cwd\":"
                  "\"/\"}}",
                  envs[i]);
        s = make (NULL, NULL, sys);
        good = jobspec_check (s, strlen (s), NULL) == 0;
        r = jobspec_redact (s, strlen (s), NULL);
        ok (good == (r != NULL), "environment %s is %d", envs[i], good);
        if (r && !strstr (envs[i], "\"x\""))
            is_str (r, want, "and removed");
        if (r)
            check_vector (s);
        free (r);
        free (s);
    }
    free (want);
}

#define OPTIONS(x) SYS ("\"shell\":{\"options\":{" x "}}")

static void test_run (void)
{
    char *s = make (SLOT (2, CORE),
                    NULL,
                    OPTIONS ("\"output\":{\"stdout\":{\"type\":\"file\","
                             "\"path\":\"o\",\"label\":true},\"mode\":"
                             "\"append\"},\"input\":{\"stdin\":{\"type\":"
                             "\"file\",\"path\":\"i\"}},\"pty\":"
                             "{\"interactive\":1}"));
    char **env;
    struct jobspec_run *run = jobspec_run_create (s, NULL, &env, NULL);

    is_str (run->argv[0], "/bin/app", "argv[0]");
    is_str (run->argv[1], "x", "argv[1]");
    ok (!run->argv[2], "argv ends");
    ok (env && !env[0], "no environment is an empty one");
    free (env);
    ok (!run->cwd, "no cwd");
    is_int (run->ntasks, 2, "ntasks");
    is_str (run->output, "o", "output");
    is_str (run->error, "o", "error follows output");
    is_str (run->input, "i", "input");
    ok (run->label && run->append && run->shell.pty_interactive, "switches");
    jobspec_run_destroy (run);
    free (s);

    s = make (NULL,
              "{\"command\":\"app\",\"slot\":\"task\",\"count\":{\"total\":3}}",
              "{\"system\":{\"duration\":0,\"cwd\":\"/tmp\",\"environment\":"
              "{\"A\":\"1=2\",\"B\":null,\"C\":\"\"},\"shell\":{\"options\":"
              "{\"output\":{\"stdout\":{\"type\":\"kvs\",\"path\":\"o\"},"
              "\"stderr\":{\"type\":\"file\",\"path\":\"e\"}}}}}}");
    run = jobspec_run_create (s, NULL, &env, NULL);
    is_str (run->argv[0], "app", "a command may be one string");
    is_str (env[0], "A=1=2", "env[0]");
    is_str (env[1], "C=", "null is left out");
    ok (!env[2], "env ends");
    free (env);
    is_str (run->cwd, "/tmp", "cwd");
    is_int (run->ntasks, 3, "ntasks");
    ok (!run->output, "a path counts only with type file");
    is_str (run->error, "e", "error");
    ok (!run->label && !run->append && !run->shell.pty_interactive, "switches");
    jobspec_run_destroy (run);
    jobspec_run_destroy (NULL);
    free (s);
}

static void test_like (void)
{
    static const struct {
        const char *env;
        const char *cwd;
        bool shared;
    } jobs[] = {
        { "{\"A\":\"2\",\"B\":\"3\"}", "/", true },
        { "{}", "/", true },
        { "{\"A\":\"1\"}", "/x", false },
        { "{\"\\u0041\":\"1\"}", "/", false },
    };
    char **env;
    struct jobspec_run *last, *run;
    char *s =
        make (NULL, NULL, SYS ("\"environment\":{\"A\":\"1\"},\"cwd\":\"/\""));

    last = jobspec_run_create (s, NULL, &env, NULL);
    is_str (env[0], "A=1", "environment of the first");
    free (env);
    free (s);
    for (size_t i = 0; i < sizeof (jobs) / sizeof (jobs[0]); i++) {
        char sys[200];

        snprintf (sys,
                  sizeof (sys),
                  "{\"system\":{\"duration\":0,\"environment\":%s,"
                  "\"cwd\":\"%s\"}}",
                  jobs[i].env,
                  jobs[i].cwd);
        s = make (NULL, NULL, sys);
        run = jobspec_run_create (s, last, &env, NULL);
        ok ((run == last) == jobs[i].shared, "shared is %d", jobs[i].shared);
        is_str (run->cwd, jobs[i].cwd, "cwd");
        ok (strstr (jobs[i].env, "1") == NULL
                || (env[0] && !strcmp (env[0], "A=1")),
            "environment of its own");
        free (env);
        jobspec_run_destroy (run);
        free (s);
    }
    jobspec_run_destroy (last);
}

int main (void)
{
    test_resources ();
    test_tasks ();
    test_attributes ();
    test_bounds ();
    test_change ();
    test_environment ();
    test_shared ();
    test_run ();
    test_like ();
    return done_testing ();
}
