/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include <flux/core.h>
#include <flux/hostlist.h>
#include <flux/idset.h>

#include "base/err.h"
#include "base/fsd.h"
#include "cmd/constraint.h"
#include "cmd/fsd.h"
#include "cmd/jobspec_attr.h"
#include "cmd/jobspec_build.h"
#include "cmd/util.h"

static int set_text (json_t *o, const char *path, const char *s)
{
    return json_set_path (o, path, json_string (s));
}

static bool is_ranks (const char *s)
{
    struct idset *ids;

    if (!strcmp (s, "all"))
        return true;
    if (!(ids = idset_decode (s)))
        return false;
    idset_destroy (ids);
    return true;
}

int set_io (const struct opts *o, json_t *shell, long cc, flux_error_t *e)
{
    static const char *const names[][3] = {
        { "output", "output.stdout.type", "output.stdout.path" },
        { "error", "output.stderr.type", "output.stderr.path" },
    };
    const char *input = opt_str (o, "input", NULL);

    for (int i = 0; i < 2; i++) {
        const char *val = opt_str (o, names[i][0], NULL);
        char *path;

        if (!val || !strcmp (val, "none") || !strcmp (val, "kvs"))
            continue;
        path = replace_cc (val, cc);
        set_text (shell, names[i][1], "file");
        set_text (shell, names[i][2], path);
        free (path);
    }
    if (opt_count (o, "label-io")) {
        if (json_get_path (shell, "output.stdout"))
            json_set_path (shell, "output.stdout.label", json_true ());
        if (json_get_path (shell, "output.stderr"))
            json_set_path (shell, "output.stderr.label", json_true ());
    }
    if (opt_count (o, "unbuffered")) {
        set_text (shell, "output.stdout.buffer.type", "none");
        set_text (shell, "output.stderr.buffer.type", "none");
        json_set_path (shell, "output.batch-timeout", json_real (0.05));
    }
    /* flux-run reads ranks itself: they choose who gets standard input */
    if (input && !is_ranks (input)) {
        char *path = replace_cc (input, cc);
        set_text (shell, "input.stdin.type", "file");
        set_text (shell, "input.stdin.path", path);
        free (path);
    }
    return 0;
}

static const struct {
    const char *name;
    int resource;
    bool carried; /* by default */
} rlimits[] = {
    { "as", RLIMIT_AS, true },
    { "core", RLIMIT_CORE, true },
    { "cpu", RLIMIT_CPU, true },
    { "data", RLIMIT_DATA, true },
    { "fsize", RLIMIT_FSIZE, true },
    { "memlock", RLIMIT_MEMLOCK, false },
    { "msgqueue", RLIMIT_MSGQUEUE, false },
    { "nice", RLIMIT_NICE, false },
    { "nofile", RLIMIT_NOFILE, true },
    { "nproc", RLIMIT_NPROC, true },
    { "ofile", RLIMIT_OFILE, false },
    { "rss", RLIMIT_RSS, true },
    { "rtprio", RLIMIT_RTPRIO, false },
    { "rttime", RLIMIT_RTTIME, false },
    { "sigpending", RLIMIT_SIGPENDING, false },
    { "stack", RLIMIT_STACK, true },
};

#define NR_RLIMITS (sizeof (rlimits) / sizeof (rlimits[0]))

static void rlimit_carry (json_t *limits, size_t i)
{
    struct rlimit r;

    if (getrlimit (rlimits[i].resource, &r) == 0)
        json_object_set_new (limits,
                             rlimits[i].name,
                             json_integer (r.rlim_cur == RLIM_INFINITY
                                               ? -1
                                               : (json_int_t)r.rlim_cur));
}

static int rlimit_set (json_t *limits, const char *rule, flux_error_t *e)
{
    const char *val = strchr (rule, '=') + 1;
    char *end;
    long long v = -1;

    if (strcasecmp (val, "unlimited") && strcasecmp (val, "infinity")
        && strcasecmp (val, "inf")) {
        v = strtoll (val, &end, 10);
        if (end == val || *end || v < 0)
            return err_set (e, EINVAL, "--rlimit: '%s' is not a limit", rule);
    }
    for (size_t i = 0; i < NR_RLIMITS; i++) {
        if (strlen (rlimits[i].name) == (size_t)(val - 1 - rule)
            && !strncasecmp (rlimits[i].name, rule, val - 1 - rule)) {
            json_object_set_new (limits, rlimits[i].name, json_integer (v));
            return 0;
        }
    }
    return err_set (e, EINVAL, "--rlimit: unknown limit in '%s'", rule);
}

static int rlimit_rule (json_t *limits, const char *rule, flux_error_t *e)
{
    bool removes = *rule == '-';
    const char *pattern = rule + removes;
    bool found = false;

    if (!removes && strchr (rule, '='))
        return rlimit_set (limits, rule, e);
    for (size_t i = 0; i < NR_RLIMITS; i++) {
        if (fnmatch (pattern, rlimits[i].name, FNM_CASEFOLD))
            continue;
        found = true;
        if (removes)
            json_object_del (limits, rlimits[i].name);
        else
            rlimit_carry (limits, i);
    }
    if (!found)
        return err_set (e, EINVAL, "--rlimit: '%s' matches no limit", rule);
    return 0;
}

int set_rlimits (const struct opts *o, json_t *shell, flux_error_t *e)
{
    json_t *limits = json_object ();
    const char *val;

    for (size_t i = 0; i < NR_RLIMITS; i++) {
        if (rlimits[i].carried)
            rlimit_carry (limits, i);
    }
    for (int i = 0; (val = opt_nth (o, "rlimit", i)); i++) {
        char *copy = xstrdup (val);
        char *save = NULL;
        for (char *w = strtok_r (copy, ",", &save); w;
             w = strtok_r (NULL, ",", &save)) {
            if (rlimit_rule (limits, w, e) < 0) {
                free (copy);
                json_decref (limits);
                return -1;
            }
        }
        free (copy);
    }
    if (json_object_size (limits) > 0)
        json_object_set (shell, "rlimit", limits);
    json_decref (limits);
    return 0;
}

int set_constraints (const struct opts *o, json_t *sys, flux_error_t *e)
{
    json_t *all = json_array ();
    const char *val;
    flux_error_t why;

    for (int i = 0; (val = opt_nth (o, "requires", i)); i++) {
        json_t *c = constraint_parse (val, &why);
        if (!c) {
            json_decref (all);
            return err_set (e, EINVAL, "--requires: %s", why.text);
        }
        json_array_append_new (all, c);
    }
    if (json_array_size (all) == 1)
        json_object_set (sys, "constraints", json_array_get (all, 0));
    else if (json_array_size (all) > 1)
        json_object_set_new (sys,
                             "constraints",
                             json_pack ("{s:O}", "and", all));
    json_decref (all);
    return 0;
}

/* SCHEME:VALUE[?key=val[&key=val...]] (RFC 26) */
static json_t *dependency_parse (const char *uri, flux_error_t *e)
{
    char *copy = xstrdup (uri);
    char *query = strchr (copy, '?');
    char *value;
    char *save = NULL;
    json_t *dep;

    if (query)
        *query++ = '\0';
    if (!(value = strchr (copy, ':')))
        value = copy + strlen (copy);
    else
        *value++ = '\0';
    if (!*copy || (!*value && strcmp (copy, "singleton"))) {
        free (copy);
        return err_null (e,
                         EINVAL,
                         "--dependency: '%s' is not of the form SCHEME:VALUE",
                         uri);
    }
    dep = json_pack ("{s:s s:s}", "scheme", copy, "value", value);
    for (char *kv = query ? strtok_r (query, "&", &save) : NULL; kv;
         kv = strtok_r (NULL, "&", &save)) {
        char *eq = strchr (kv, '=');
        if (eq)
            *eq++ = '\0';
        json_object_set_new (dep, kv, json_string (eq ? eq : ""));
    }
    free (copy);
    return dep;
}

int set_dependencies (const struct opts *o,
                      json_t *sys,
                      long cc,
                      flux_error_t *e)
{
    json_t *deps = json_array ();
    const char *begin = opt_str (o, "begin-time", NULL);
    const char *val;

    for (int i = 0; (val = opt_nth (o, "dependency", i)); i++) {
        char *uri = replace_cc (val, cc);
        json_t *dep = dependency_parse (uri, e);
        free (uri);
        if (!dep) {
            json_decref (deps);
            return -1;
        }
        json_array_append_new (deps, dep);
    }
    if (begin) {
        char text[32];
        double t;

        if (when_parse (begin, flux_reactor_time (), &t) < 0) {
            json_decref (deps);
            return err_set (e,
                            EINVAL,
                            "--begin-time: '%s' is not a time",
                            begin);
        }
        snprintf (text, sizeof (text), "%.3f", t);
        json_array_append_new (
            deps,
            json_pack ("{s:s s:s}", "scheme", "begin-time", "value", text));
    }
    if (json_array_size (deps) > 0)
        json_object_set (sys, "dependencies", deps);
    json_decref (deps);
    return 0;
}

int set_signal (const struct opts *o, json_t *shell, flux_error_t *e)
{
    const char *val = opt_str (o, "signal", NULL);
    char *copy;
    char *at;
    int signum = SIGUSR1;
    double left = 60.;
    int rc = 0;

    if (!val)
        return 0;
    copy = xstrdup (val);
    if ((at = strchr (copy, '@')))
        *at++ = '\0';
    if (*copy && (signum = parse_signal (copy)) < 0)
        rc = err_set (e, EINVAL, "--signal: '%s' is not a signal", copy);
    else if (at && *at && fsd_decode (at, &left) < 0)
        rc = err_set (e, EINVAL, "--signal: '%s' is not a duration", at);
    else
        json_object_set_new (
            shell,
            "signal",
            json_pack ("{s:i s:f}", "signum", signum, "timeleft", left));
    free (copy);
    return rc;
}

/* KEY[=VAL]: VAL is JSON or text, 1 when there is none. */
static int set_keyval (json_t *o,
                       const char *key,
                       const char *val,
                       const char *option,
                       flux_error_t *e)
{
    json_t *v = val ? json_or_string (val) : json_integer (1);

    if (json_set_path (o, key, v) < 0)
        return err_set (e,
                        EINVAL,
                        "--%s: cannot set '%s' to '%s'",
                        option,
                        key,
                        val ? val : "1");
    return 0;
}

int set_shell_options (const struct opts *o,
                       json_t *shell,
                       long cc,
                       flux_error_t *e)
{
    const char *map = opt_str (o, "taskmap", NULL);
    const char *val;
    int rc = 0;

    if (map) {
        const char *colon = strchr (map, ':');
        char *scheme = xasprintf ("%.*s", (int)strcspn (map, ":"), map);
        json_object_set_new (shell,
                             "taskmap",
                             json_pack ("{s:s s:s}",
                                        "scheme",
                                        scheme,
                                        "value",
                                        colon ? colon + 1 : ""));
        free (scheme);
    }
    for (int i = 0; rc == 0 && (val = opt_nth (o, "setopt", i)); i++) {
        char *copy = replace_cc (val, cc);
        char *eq = strchr (copy, '=');
        if (eq)
            *eq++ = '\0';
        rc = set_keyval (shell, copy, eq, "setopt", e);
        free (copy);
    }
    return rc;
}

static int set_attr_file (json_t *o,
                          const char *key,
                          const char *path,
                          flux_error_t *e)
{
    json_error_t why;
    json_t *v;

    if (!path)
        return err_set (e, EINVAL, "--setattr: ^%s needs =FILE", key);
    if (!(v = json_load_file (path, JSON_DECODE_ANY, &why)))
        return err_set (e, EINVAL, "--setattr: %s: %s", path, why.text);
    if (json_set_path (o, key, v) < 0)
        return err_set (e, EINVAL, "--setattr: cannot set '%s'", key);
    return 0;
}

int set_attributes (const struct opts *o,
                    json_t *attributes,
                    long cc,
                    flux_error_t *e)
{
    const char *val;
    int rc = 0;

    for (int i = 0; rc == 0 && (val = opt_nth (o, "setattr", i)); i++) {
        char *copy = replace_cc (val, cc);
        char *key = copy;
        char *eq = strchr (copy, '=');
        bool from_file = *key == '^';
        char *full;

        if (eq)
            *eq++ = '\0';
        key += from_file;
        if (*key == '.')
            full = xstrdup (key + 1);
        else if (!strncmp (key, "system.", 7) || !strncmp (key, "user.", 5))
            full = xstrdup (key);
        else
            full = xasprintf ("system.%s", key);
        rc = from_file ? set_attr_file (attributes, full, eq, e)
                       : set_keyval (attributes, full, eq, "setattr", e);
        free (full);
        free (copy);
    }
    return rc;
}
