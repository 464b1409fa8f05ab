/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/envrules.h"
#include "cmd/util.h"

extern char **environ;

enum {
    MAX_FILE_DEPTH = 8,
};

/* These speak of this process's own connection, and mean nothing in a job. */
static bool is_private (const char *name)
{
    return !strcmp (name, "FLUX_PROXY_REMOTE")
           || !strcmp (name, "FLUX_KVS_NAMESPACE");
}

json_t *env_current (void)
{
    json_t *env = json_object ();

    for (char **v = environ; *v; v++) {
        char *eq = strchr (*v, '=');
        char *name;

        if (!eq || eq == *v)
            continue;
        name = xasprintf ("%.*s", (int)(eq - *v), *v);
        /* a value that is not UTF-8 cannot be carried, and is left out */
        if (!is_private (name))
            json_object_set_new (env, name, json_string (eq + 1));
        free (name);
    }
    return env;
}

struct pattern {
    bool is_regex;
    regex_t re;
    const char *glob;
};

static int pattern_init (struct pattern *p, const char *s, flux_error_t *e)
{
    char *expr;
    size_t len;
    int rc;

    p->glob = s;
    p->is_regex = *s == '/';
    if (!p->is_regex)
        return 0;
    expr = xasprintf ("^(%s", s + 1);
    len = strlen (expr);
    if (len > 2 && expr[len - 1] == '/')
        expr[len - 1] = '\0';
    s = xasprintf ("%s)", expr);
    free (expr);
    rc = regcomp (&p->re, s, REG_EXTENDED | REG_NOSUB);
    free ((char *)s);
    if (rc)
        return err_set (e, EINVAL, "'%s' is not a valid pattern", p->glob);
    return 0;
}

static bool pattern_match (struct pattern *p, const char *name)
{
    if (p->is_regex)
        return regexec (&p->re, name, 0, NULL, 0) == 0;
    return fnmatch (p->glob, name, 0) == 0;
}

static void pattern_clear (struct pattern *p)
{
    if (p->is_regex)
        regfree (&p->re);
}

static int env_remove (json_t *env, const char *s, flux_error_t *e)
{
    struct pattern p;
    const char *name;
    json_t *val;
    void *tmp;

    if (pattern_init (&p, s, e) < 0)
        return -1;
    json_object_foreach_safe (env, tmp, name, val)
    {
        if (pattern_match (&p, name))
            json_object_del (env, name);
    }
    pattern_clear (&p);
    return 0;
}

static int env_restore (json_t *env, const char *s, flux_error_t *e)
{
    struct pattern p;
    json_t *all;
    const char *name;
    json_t *val;

    if (pattern_init (&p, s, e) < 0)
        return -1;
    all = env_current ();
    json_object_foreach (all, name, val)
    {
        if (!json_object_get (env, name) && pattern_match (&p, name))
            json_object_set (env, name, val);
    }
    json_decref (all);
    pattern_clear (&p);
    return 0;
}

/* The variable named by s[0..len), from env, else from this process. */
static const char *lookup (json_t *env, const char *s, size_t len)
{
    char *name = xasprintf ("%.*s", (int)len, s);
    const char *val = json_string_value (json_object_get (env, name));

    if (!val)
        val = getenv (name);
    free (name);
    return val;
}

static bool is_name (const char *s, size_t len)
{
    if (len == 0 || isdigit ((unsigned char)*s))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!isalnum ((unsigned char)s[i]) && s[i] != '_')
            return false;
    }
    return true;
}

/* Replace $$, $name and ${name}; to be freed. */
static char *expand (json_t *env, const char *val, flux_error_t *e)
{
    char *out = NULL;
    size_t size;
    FILE *f = open_memstream (&out, &size);

    if (!f)
        die ("out of memory");
    while (*val) {
        const char *start;
        const char *got;
        size_t len;
        bool braces;

        if (*val != '$') {
            fputc (*val++, f);
            continue;
        }
        if (val[1] == '$') {
            fputc ('$', f);
            val += 2;
            continue;
        }
        braces = val[1] == '{';
        start = val + 1 + braces;
        len = 0;
        while (isalnum ((unsigned char)start[len]) || start[len] == '_')
            len++;
        if (!is_name (start, len) || (braces && start[len] != '}')) {
            err_set (e, EINVAL, "'%s' is not a substitution", val);
            goto error;
        }
        if (!(got = lookup (env, start, len))) {
            err_set (e,
                     EINVAL,
                     "environment variable '%.*s' is not set",
                     (int)len,
                     start);
            goto error;
        }
        fputs (got, f);
        val = start + len + braces;
    }
    fclose (f);
    return out;
error:
    fclose (f);
    free (out);
    errno = EINVAL;
    return NULL;
}

static int env_set (json_t *env, const char *rule, flux_error_t *e)
{
    const char *eq = strchr (rule, '=');
    char *name = xasprintf ("%.*s", (int)(eq - rule), rule);
    char *val;
    json_t *o;

    if (!(val = expand (env, eq + 1, e))) {
        free (name);
        return -1;
    }
    o = json_string (val);
    free (val);
    if (!o || json_object_set_new (env, name, o) < 0) {
        free (name);
        return err_set (e, EINVAL, "'%s' is not UTF-8 text", rule);
    }
    free (name);
    return 0;
}

static int apply (json_t *env, const char *rule, int depth, flux_error_t *e);

static int apply_file (json_t *env,
                       const char *path,
                       int depth,
                       flux_error_t *e)
{
    const char *home = getenv ("HOME");
    char *full = *path == '~' && home ? xasprintf ("%s%s", home, path + 1)
                                      : xstrdup (path);
    char *line = NULL;
    size_t size = 0;
    FILE *f;
    int rc = 0;

    if (depth > MAX_FILE_DEPTH) {
        free (full);
        return err_set (e, ELOOP, "%s: files of rules nest too deep", path);
    }
    if (!(f = fopen (full, "r"))) {
        err_set (e, errno, "%s: %s", full, strerror (errno));
        free (full);
        return -1;
    }
    while (rc == 0 && getline (&line, &size, f) >= 0) {
        char *s = line + strspn (line, " \t");
        s[strcspn (s, "\n")] = '\0';
        if (*s && *s != '#')
            rc = apply (env, s, depth, e);
    }
    free (line);
    fclose (f);
    free (full);
    return rc;
}

static int apply (json_t *env, const char *rule, int depth, flux_error_t *e)
{
    if (*rule == '-')
        return env_remove (env, rule + 1, e);
    if (*rule == '^')
        return apply_file (env, rule + 1, depth + 1, e);
    if (*rule != '/' && strchr (rule, '='))
        return env_set (env, rule, e);
    return env_restore (env, rule, e);
}

int env_apply (json_t *env, const char *rule, flux_error_t *e)
{
    return apply (env, rule, 0, e);
}

int env_apply_file (json_t *env, const char *path, flux_error_t *e)
{
    return apply_file (env, path, 0, e);
}
