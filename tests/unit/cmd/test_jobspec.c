/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <jansson.h>

#include "cmd/constraint.h"
#include "cmd/envrules.h"
#include "cmd/jobspec_build.h"
#include "cmd/util.h"
#include "tap.h"

static const struct command submit = {
    .name = "submit",
    .options = { resource_options, job_options, io_options },
    .verbatim = true,
};

/* A part of the jobspec for a line of words, as JSON text, or the error. */
static const char *part (const char *path, const char *line)
{
    static char out[2048];
    char *copy = xstrdup (line);
    char *argv[32] = { "submit" };
    char *save = NULL;
    int argc = 1;
    struct opts o;
    flux_error_t e;
    json_t *env = json_object ();
    json_t *j = NULL;

    for (char *w = strtok_r (copy, " ", &save); w;
         w = strtok_r (NULL, " ", &save))
        argv[argc++] = w;
    if (opts_parse (&o, &submit, argc, argv, &e) < 0
        || !(j = jobspec_build (&o, o.argc, o.argv, env, 7, &e)))
        snprintf (out, sizeof (out), "error: %s", e.text);
    else {
        char *s = json_dumps (json_get_path (j, path),
                              JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
        snprintf (out, sizeof (out), "%s", s ? s : "(null)");
        free (s);
    }
    opts_free (&o);
    json_decref (j);
    json_decref (env);
    free (copy);
    return out;
}

#define SLOT(n, c, more)                                                \
    "{\"count\":" #n ",\"label\":\"task\",\"type\":\"slot\",\"with\":[" \
    "{\"count\":" #c ",\"type\":\"core\"}" more "]}"

static void test_resources (void)
{
    is_str (part ("resources", "true"), "[" SLOT (1, 1, "") "]", "one task");
    is_str (part ("resources", "-n4 -c2 true"),
            "[" SLOT (4, 2, "") "]",
            "tasks and cores");
    is_str (part ("resources", "-g1 true"),
            "[" SLOT (1, 1, ",{\"count\":1,\"type\":\"gpu\"}") "]",
            "a GPU");
    is_str (part ("resources", "-N2 -n5 true"),
            "[{\"count\":2,\"type\":\"node\",\"with\":[" SLOT (3, 1, "") "]}]",
            "uneven tasks: slots for the fullest node");
    is_str (
        part ("resources", "-N2 true"),
        "[{\"count\":2,\"exclusive\":true,\"type\":\"node\",\"with\":[" SLOT (
            1,
            1,
            "") "]}]",
        "nodes alone are exclusive");
    is_str (part ("resources", "-N2 -n1 true"),
            "error: --nodes=2 is more than the number of tasks (1)",
            "more nodes than tasks");
    is_str (part ("resources", "-x true"),
            "error: --exclusive requires --nodes",
            "-x alone");
    is_str (part ("resources", "-n2 --cores=3 true"),
            "error: --ntasks cannot be used with --cores",
            "the two families exclude each other");
    is_str (part ("resources", ""),
            "error: a command is required",
            "no command");
}

static void test_attributes (void)
{
    is_str (part ("attributes.system.duration", "-t 2 true"),
            "120",
            "a time limit counts minutes");
    is_str (part ("attributes.system.duration", "-t 90s true"),
            "90",
            "unless it has a unit");
    is_str (part ("attributes.system.job.name", "--job-name=j{cc} true"),
            "\"j7\"",
            "{cc} is replaced in options");
    is_str (part ("tasks", "echo {cc} x"),
            "[{\"command\":[\"echo\",\"7\",\"x\"],\"count\":{\"per_slot\":1},"
            "\"slot\":\"task\"}]",
            "{cc} is replaced in the command");
    is_str (part ("attributes.system.a", "-S a.b=[1] -S a.c true"),
            "{\"b\":[1],\"c\":1}",
            "attributes nest; the default is 1");
    is_str (part ("attributes.user", "-S user.x=text true"),
            "{\"x\":\"text\"}",
            "user attributes");
    is_str (part ("attributes.system.shell.options.mpi", "-o mpi=none true"),
            "\"none\"",
            "a shell option");
    is_str (part ("attributes.system.shell.options.output",
                  "--output=f{{id}} -l true"),
            "{\"stdout\":{\"label\":true,\"path\":\"f{{id}}\",\"type\":\"file\""
            "}}",
            "output to a file, labeled; other braces stay");
    is_str (part ("attributes.system.dependencies",
                  "--dependency=afterok:f1?a=b true"),
            "[{\"a\":\"b\",\"scheme\":\"afterok\",\"value\":\"f1\"}]",
            "a dependency");
    is_str (part ("version", "--dependency=x true"),
            "error: --dependency: 'x' is not of the form SCHEME:VALUE",
            "a bad one");
    is_str (part ("version", "-t soon true"),
            "error: --time-limit: 'soon' is neither minutes nor a duration",
            "a bad limit");
    is_str (part ("attributes.system.shell.options.signal",
                  "--signal=USR2@2m true"),
            "{\"signum\":12,\"timeleft\":120.0}",
            "a warning signal");
    is_str (part ("version", "--rlimit=foo=1 true"),
            "error: --rlimit: unknown limit in 'foo=1'",
            "a bad limit");
}

static const char *constraint (const char *s)
{
    static char out[512];
    flux_error_t e;
    json_t *o = constraint_parse (s, &e);
    char *text;

    if (!o) {
        snprintf (out, sizeof (out), "error: %s", e.text);
        return out;
    }
    text = json_dumps (o, JSON_COMPACT);
    snprintf (out, sizeof (out), "%s", text);
    free (text);
    json_decref (o);
    return out;
}

static void test_constraint (void)
{
    is_str (constraint ("a,b"), "{\"properties\":[\"a\",\"b\"]}", "a list");
    is_str (constraint ("a|b&c"),
            "{\"or\":[{\"properties\":[\"a\"]},{\"and\":[{\"properties\":"
            "[\"b\"]},{\"properties\":[\"c\"]}]}]}",
            "and binds tighter than or");
    is_str (constraint ("(a or b) c"),
            "{\"and\":[{\"or\":[{\"properties\":[\"a\"]},{\"properties\":"
            "[\"b\"]}]},{\"properties\":[\"c\"]}]}",
            "words, parentheses, and by default");
    is_str (constraint ("not host:n[1-3]"),
            "{\"not\":[{\"hostlist\":[\"n[1-3]\"]}]}",
            "not, and hosts");
    is_str (constraint ("-rank:0"),
            "{\"not\":[{\"ranks\":[\"0\"]}]}",
            "a minus before a term");
    is_str (constraint ("'a b'"), "{\"properties\":[\"a b\"]}", "quotes");
    is_str (constraint ("x:1"),
            "error: unknown constraint operator 'x'",
            "an unknown operator");
    is_str (constraint ("-(a|b)"),
            "error: '-(a|b)': '-' must stand before a term",
            "a minus before an expression");
    is_str (constraint ("(a"), "error: '(a': missing ')'", "unbalanced");
    is_str (constraint ("a)"),
            "error: 'a)': unexpected text at the end",
            "unbalanced the other way");
    is_str (constraint ("a &"), "error: 'a &': a term is missing", "half");
    is_str (constraint ("'a"), "error: ''a': unclosed quote", "open quote");
}

static void test_env (void)
{
    flux_error_t e;
    json_t *env;

    setenv ("SL_ONE", "1", 1);
    setenv ("SL_TWO", "2", 1);
    setenv ("FLUX_KVS_NAMESPACE", "x", 1);
    env = env_current ();
    is_str (json_string_value (json_object_get (env, "SL_ONE")),
            "1",
            "the environment is taken");
    ok (!json_object_get (env, "FLUX_KVS_NAMESPACE"),
        "what concerns only this process is not");
    ok (env_apply (env, "-*", &e) == 0 && json_object_size (env) == 0,
        "-* removes all");
    ok (env_apply (env, "SL_*", &e) == 0 && json_object_size (env) == 2,
        "a glob brings back");
    ok (env_apply (env, "-/.*_ONE/", &e) == 0 && json_object_size (env) == 1,
        "a regex removes");
    ok (env_apply (env, "X=${SL_TWO}/$SL_ONE$$", &e) == 0, "a variable is set");
    is_str (json_string_value (json_object_get (env, "X")),
            "2/1$",
            "from this environment, then the process's");
    ok (env_apply (env, "Y=$SL_NOPE", &e) < 0, "an unknown variable");
    is_str (e.text, "environment variable 'SL_NOPE' is not set", "is named");
    ok (env_apply (env, "Y=${SL_ONE:-x}", &e) < 0, "no shell tricks");
    ok (env_apply (env, "-/(/", &e) < 0, "a bad regex");
    ok (env_apply (env, "^/nonexistent", &e) < 0, "a missing file");
    is_int (json_object_size (env), 2, "errors change nothing");
    json_decref (env);
}

int main (void)
{
    test_resources ();
    test_attributes ();
    test_constraint ();
    test_env ();
    return done_testing ();
}
