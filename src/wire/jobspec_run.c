/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "wire/jload.h"
#include "wire/jobspec_env.h"
#include "wire/jobspec_tree.h"

static void strv_free (char **v)
{
    for (char **p = v; p && *p; p++)
        free (*p);
    free (v);
}

void jobspec_run_destroy (struct jobspec_run *run)
{
    int saved_errno = errno;

    if (!run || --run->refs > 0)
        return;
    strv_free (run->argv);
    free (run->rest);
    free (run->cwd);
    free (run->output);
    free (run->error);
    free (run->input);
    shell_options_clear (&run->shell);
    free (run);
    errno = saved_errno;
}

/* An absent value is no failure. */
static int dup_string (char **dst, const json_t *value)
{
    if (!json_is_string (value))
        return 0;
    return (*dst = strdup (json_string_value (value))) ? 0 : -1;
}

static int set_argv (struct jobspec_run *run, json_t *o)
{
    json_t *task = json_array_get (json_object_get (o, "tasks"), 0);
    json_t *command = json_object_get (task, "command");
    size_t n = json_is_array (command) ? json_array_size (command) : 1;

    if (!(run->argv = calloc (n + 1, sizeof (*run->argv))))
        return -1;
    for (size_t i = 0; i < n; i++) {
        json_t *arg =
            json_is_array (command) ? json_array_get (command, i) : command;
        if (dup_string (&run->argv[i], arg) < 0)
            return -1;
    }
    return 0;
}

/* An environment that jobspec_env_find() does not find. */
static char **make_env (json_t *o)
{
    size_t size = (json_object_size (o) + 1) * sizeof (char *);
    const char *key;
    json_t *value;
    char **env, *p;
    size_t n = 0;

    json_object_foreach (o, key, value)
    {
        if (json_is_string (value))
            size += strlen (key) + strlen (json_string_value (value)) + 2;
    }
    if (!(env = malloc (size)))
        return NULL;
    p = (char *)(env + json_object_size (o) + 1);
    json_object_foreach (o, key, value)
    {
        if (!json_is_string (value))
            continue;
        env[n++] = p;
        p += sprintf (p, "%s=%s", key, json_string_value (value)) + 1;
    }
    env[n] = NULL;
    return env;
}

static bool is_string (const json_t *value, const char *s)
{
    return json_is_string (value) && !strcmp (json_string_value (value), s);
}

/* Options are switched on by -o NAME, which gives 1, or with true. */
static bool is_on (const json_t *value)
{
    return json_is_true (value)
           || (json_is_integer (value) && json_integer_value (value) != 0);
}

/* A type that is set for stdout alone holds for stderr too. */
static int set_streams (struct jobspec_run *run, json_t *options)
{
    json_t *out = jobspec_tree_get (options, "output", "stdout", NULL);
    json_t *err = jobspec_tree_get (options, "output", "stderr", NULL);
    json_t *in = jobspec_tree_get (options, "input", "stdin", NULL);
    json_t *out_type = json_object_get (out, "type");
    json_t *err_type = json_object_get (err, "type");
    json_t *err_path = json_object_get (err, "path");

    if (!err_type)
        err_type = out_type;
    if (!err_path)
        err_path = json_object_get (out, "path");
    if (is_string (out_type, "file")
        && dup_string (&run->output, json_object_get (out, "path")) < 0)
        return -1;
    if (is_string (err_type, "file") && dup_string (&run->error, err_path) < 0)
        return -1;
    if (is_string (json_object_get (in, "type"), "file")
        && dup_string (&run->input, json_object_get (in, "path")) < 0)
        return -1;
    run->label = is_on (json_object_get (out, "label"));
    run->append = is_string (jobspec_tree_get (options, "output", "mode", NULL),
                             "append");
    return 0;
}

char *jobspec_input_path (const char *text)
{
    char *path = NULL;
    json_t *o, *in;

    if (!strstr (text, "\"stdin\"")
        || !(o = jload_object (text, strlen (text), "jobspec", NULL)))
        return NULL;
    in = jobspec_tree_get (o,
                           "attributes",
                           "system",
                           "shell",
                           "options",
                           "input",
                           "stdin",
                           NULL);
    if (is_string (json_object_get (in, "type"), "file"))
        (void)dup_string (&path, json_object_get (in, "path"));
    json_decref (o);
    return path;
}

bool jobspec_pty_interactive (const char *text)
{
    json_t *o;
    bool yes;

    if (!strstr (text, "\"pty\"") || !strstr (text, "\"interactive\""))
        return false;
    if (!(o = jload_object (text, strlen (text), "jobspec", NULL)))
        return false;
    yes = is_on (jobspec_tree_get (o,
                                   "attributes",
                                   "system",
                                   "shell",
                                   "options",
                                   "pty",
                                   "interactive",
                                   NULL));
    json_decref (o);
    return yes;
}

static struct jobspec_run *run_of_tree (json_t *o, const struct jobspec *js)
{
    json_t *system = jobspec_tree_get (o, "attributes", "system", NULL);
    struct jobspec_run *run;

    if (!(run = calloc (1, sizeof (*run))))
        return NULL;
    run->refs = 1;
    run->ntasks = js->ntasks;
    if (set_argv (run, o) < 0
        || dup_string (&run->cwd, json_object_get (system, "cwd")) < 0
        || shell_options_read (&run->shell, system) < 0
        || set_streams (run,
                        jobspec_tree_get (system, "shell", "options", NULL))
               < 0) {
        jobspec_run_destroy (run);
        return NULL;
    }
    return run;
}

/* The whole text is parsed; env may be NULL. */
static struct jobspec_run *parse (const char *text,
                                  size_t len,
                                  char ***env,
                                  flux_error_t *error)
{
    struct jobspec js;
    struct jobspec_run *run;
    json_t *o = jobspec_tree_load (text, len, &js, error);
    json_t *system = jobspec_tree_get (o, "attributes", "system", NULL);

    if (!o)
        return NULL;
    if (!(run = run_of_tree (o, &js))
        || (env
            && !(*env = make_env (json_object_get (system, "environment"))))) {
        jobspec_run_destroy (run);
        run = NULL;
        err_set (error, ENOMEM, "jobspec: out of memory");
    }
    json_decref (o);
    return run;
}

enum {
    LIKE_MAX = 64 * 1024, /* bytes of text that are kept to compare with */
};

static bool is_like (const struct jobspec_run *run,
                     const char *text,
                     size_t len,
                     size_t start,
                     size_t end)
{
    return run && run->rest && run->env_at == start
           && run->nrest == len - (end - start) + 2
           && !memcmp (run->rest, text, start)
           && !memcmp (run->rest + start + 2, text + end, len - end);
}

/* Of a text whose environment is passed over. */
static struct jobspec_run *parse_rest (const char *text,
                                       size_t len,
                                       size_t start,
                                       size_t end,
                                       flux_error_t *error)
{
    size_t n = len - (end - start) + 2;
    struct jobspec_run *run;
    char *rest;

    if (!(rest = malloc (n)))
        return err_null (error, ENOMEM, "jobspec: out of memory");
    memcpy (rest, text, start);
    memcpy (rest + start, "{}", 2);
    memcpy (rest + start + 2, text + end, len - end);
    if (!(run = parse (rest, n, NULL, error)) || n > LIKE_MAX) {
        free (rest);
        return run;
    }
    run->rest = rest;
    run->nrest = n;
    run->env_at = start;
    return run;
}

struct jobspec_run *jobspec_run_ref (struct jobspec_run *run)
{
    run->refs++;
    return run;
}

struct jobspec_run *jobspec_run_create (const char *text,
                                        struct jobspec_run *last,
                                        char ***env,
                                        flux_error_t *error)
{
    size_t len = strlen (text);
    struct jobspec_run *run;
    size_t start, end;

    if (len > JOBSPEC_MAX_SIZE || !jobspec_env_find (text, len, &start, &end))
        return parse (text, len, env, error);
    if (is_like (last, text, len, start, end))
        run = jobspec_run_ref (last);
    else if (!(run = parse_rest (text, len, start, end, error)))
        return NULL;
    if (!(*env = jobspec_env_vector (text, start, end))) {
        jobspec_run_destroy (run);
        return err_null (error, ENOMEM, "jobspec: out of memory");
    }
    return run;
}
