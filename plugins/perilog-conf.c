/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fsd.h"
#include "perilog.h"

#define PROLOG_TIMEOUT 1800.
#define KILL_TIMEOUT 60.

const char
    *const perilog_names[] = { [PROLOG] = "prolog", [EPILOG] = "epilog" };

static int bad (flux_error_t *error, const char *table, const char *why)
{
    snprintf (error->text,
              sizeof (error->text),
              "[job-manager.%.10s]: %.120s",
              table,
              why);
    return -1;
}

static char **copy_command (json_t *command)
{
    size_t n = json_array_size (command);
    char **argv = calloc (n + 1, sizeof (*argv));

    for (size_t i = 0; argv && i < n; i++) {
        const char *s = json_string_value (json_array_get (command, i));

        if (!s || !(argv[i] = strdup (s))) {
            for (size_t j = 0; j < i; j++)
                free (argv[j]);
            free (argv);
            return NULL;
        }
    }
    return argv;
}

/* Without a command of its own the IMP runs that of the site. */
static int parse_command (struct perilog_table *t,
                          const char *name,
                          json_t *command,
                          const char *imp,
                          flux_error_t *error)
{
    char why[64];
    json_t *run;

    if (!command && imp && (run = json_pack ("[s,s,s]", imp, "run", name))) {
        t->argv = copy_command (run);
        json_decref (run);
        return t->argv ? 0 : bad (error, name, "out of memory");
    }
    if (!command)
        return bad (error,
                    name,
                    "no command specified and exec.imp not defined");
    if (!json_is_array (command))
        return bad (error, name, "command must be an array");
    snprintf (why, sizeof (why), "malformed %s command", name);
    if (json_array_size (command) == 0 || !(t->argv = copy_command (command)))
        return bad (error, name, why);
    return 0;
}

static int parse_table (struct perilog_table *t,
                        int which,
                        json_t *table,
                        const char *imp,
                        flux_error_t *error)
{
    const char *name = perilog_names[which];
    const char *timeout = NULL;
    json_t *command = NULL;
    int per_rank = 0;
    int cancel = which == PROLOG;
    int first_error = 0;
    json_error_t je;
    char why[64];

    t->timeout = which == PROLOG ? PROLOG_TIMEOUT : 0.;
    t->kill_timeout = KILL_TIMEOUT;
    if (json_unpack_ex (table,
                        &je,
                        0,
                        "{s?o s?b s?s s?F s?b s?b !}",
                        "command",
                        &command,
                        "per-rank",
                        &per_rank,
                        "timeout",
                        &timeout,
                        "kill-timeout",
                        &t->kill_timeout,
                        "cancel-on-exception",
                        &cancel,
                        "exit-on-first-error",
                        &first_error)
        < 0)
        return bad (error, name, je.text);
    snprintf (why, sizeof (why), "invalid %s timeout", name);
    if (timeout && plugin_fsd_parse (timeout, &t->timeout) < 0)
        return bad (error, name, why);
    if (isinf (t->timeout))
        t->timeout = 0.;
    if (!(t->kill_timeout >= 0.))
        return bad (error, name, "kill-timeout must not be negative");
    t->per_rank = per_rank;
    t->cancel_on_exception = cancel;
    return parse_command (t, name, command, imp, error);
}

static int parse_ignore (struct perilog_conf *conf,
                         json_t *list,
                         flux_error_t *error)
{
    json_t *entry;
    size_t i;
    char why[120];

    if (!list)
        return 0;
    if (!json_is_array (list))
        return bad (error, "perilog", "error parsing log-ignore: not an array");
    if (!(conf->ignore = calloc (json_array_size (list) + 1, sizeof (regex_t))))
        return bad (error, "perilog", "out of memory");
    json_array_foreach (list, i, entry)
    {
        const char *s = json_string_value (entry);

        if (!s
            || regcomp (&conf->ignore[i], s, REG_EXTENDED | REG_NOSUB) != 0) {
            snprintf (why,
                      sizeof (why),
                      "error parsing log-ignore: Failed to compile regex: "
                      "%.50s",
                      s ? s : "not a string");
            return bad (error, "perilog", why);
        }
        conf->nignore++;
    }
    return 0;
}

void perilog_conf_destroy (struct perilog_conf *conf)
{
    if (!conf)
        return;
    for (int i = 0; i < 2; i++) {
        char **argv = conf->table[i].argv;

        for (size_t j = 0; argv && argv[j]; j++)
            free (argv[j]);
        free (argv);
    }
    for (size_t i = 0; i < conf->nignore; i++)
        regfree (&conf->ignore[i]);
    free (conf->ignore);
    free (conf);
}

struct perilog_conf *perilog_conf_create (json_t *config, flux_error_t *error)
{
    struct perilog_conf *conf = calloc (1, sizeof (*conf));
    json_t *table[2] = { NULL, NULL };
    json_t *ignore = NULL;
    const char *imp = NULL;
    json_error_t je;

    if (!conf) {
        bad (error, "perilog", "out of memory");
        return NULL;
    }
    if (json_unpack_ex (config,
                        &je,
                        0,
                        "{s?{s?o s?o s?{s?o}} s?{s?s}}",
                        "job-manager",
                        "prolog",
                        &table[PROLOG],
                        "epilog",
                        &table[EPILOG],
                        "perilog",
                        "log-ignore",
                        &ignore,
                        "exec",
                        "imp",
                        &imp)
        < 0) {
        bad (error, "perilog", je.text);
        goto error;
    }
    for (int i = 0; i < 2; i++)
        if (table[i]
            && parse_table (&conf->table[i], i, table[i], imp, error) < 0)
            goto error;
    if (parse_ignore (conf, ignore, error) < 0)
        goto error;
    return conf;
error:
    perilog_conf_destroy (conf);
    return NULL;
}

static json_t *describe_table (const struct perilog_table *t)
{
    json_t *command = json_array ();

    for (size_t i = 0; command && t->argv[i]; i++) {
        if (json_array_append_new (command, json_string (t->argv[i])) < 0) {
            json_decref (command);
            return NULL;
        }
    }
    return json_pack ("{s:o s:b s:b s:f s:f}",
                      "command",
                      command,
                      "per_rank",
                      t->per_rank,
                      "cancel_on_exception",
                      t->cancel_on_exception,
                      "timeout",
                      t->timeout,
                      "kill-timeout",
                      t->kill_timeout);
}

json_t *perilog_conf_describe (const struct perilog_conf *conf)
{
    json_t *o = json_object ();

    for (int i = 0; o && conf && i < 2; i++) {
        if (conf->table[i].argv
            && json_object_set_new (o,
                                    perilog_names[i],
                                    describe_table (&conf->table[i]))
                   < 0) {
            json_decref (o);
            return NULL;
        }
    }
    return o;
}

bool perilog_conf_ignores (const struct perilog_conf *conf, const char *line)
{
    for (size_t i = 0; i < conf->nignore; i++)
        if (regexec (&conf->ignore[i], line, 0, NULL, 0) == 0)
            return true;
    return false;
}
