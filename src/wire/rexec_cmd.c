/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/rexec_cmd.h"

/* ---- lists of strings ---- */

void strings_clear (struct strings *s)
{
    for (int i = 0; i < s->n; i++)
        free (s->v[i]);
    free (s->v);
    *s = (struct strings){ 0 };
}

int strings_insert (struct strings *s, int at, const char *text)
{
    char *copy = strdup (text);
    char **v = realloc (s->v, (s->n + 1) * sizeof (*v));

    if (v)
        s->v = v;
    if (!copy || !v) {
        free (copy);
        return -1;
    }
    memmove (&v[at + 1], &v[at], (s->n - at) * sizeof (*v));
    v[at] = copy;
    s->n++;
    return 0;
}

void strings_delete (struct strings *s, int at)
{
    free (s->v[at]);
    s->n--;
    memmove (&s->v[at], &s->v[at + 1], (s->n - at) * sizeof (*s->v));
}

int strings_append (struct strings *s, const char *text)
{
    return strings_insert (s, s->n, text);
}

int strings_copy (struct strings *to, const struct strings *from)
{
    for (int i = 0; i < from->n; i++) {
        if (strings_append (to, from->v[i]) < 0)
            return -1;
    }
    return 0;
}

int pair_find (const struct strings *s, const char *name)
{
    for (int i = 0; i < s->n; i += 2) {
        if (strcmp (s->v[i], name) == 0)
            return i;
    }
    return -1;
}

static int pair_append (struct strings *s, const char *name, const char *value)
{
    if (strings_append (s, name) < 0)
        return -1;
    if (strings_append (s, value) < 0) {
        strings_delete (s, s->n - 1);
        return -1;
    }
    return 0;
}

int pair_set (struct strings *s, const char *name, const char *value)
{
    int i = pair_find (s, name);
    char *copy;

    if (i < 0)
        return pair_append (s, name, value);
    if (!(copy = strdup (value)))
        return -1;
    free (s->v[i + 1]);
    s->v[i + 1] = copy;
    return 0;
}

void rexec_cmd_destroy (struct flux_command *cmd)
{
    int saved_errno = errno;

    if (!cmd)
        return;
    strings_clear (&cmd->argv);
    strings_clear (&cmd->env);
    strings_clear (&cmd->opts);
    strings_clear (&cmd->channels);
    strings_clear (&cmd->msgchans);
    free (cmd->cwd);
    free (cmd->label);
    free (cmd);
    errno = saved_errno;
}

/* ---- to JSON ---- */

static json_t *array_of (const struct strings *s)
{
    json_t *a = json_array ();

    for (int i = 0; a && i < s->n; i++) {
        if (json_array_append_new (a, json_string (s->v[i])) < 0) {
            json_decref (a);
            return NULL;
        }
    }
    return a;
}

static json_t *object_of (const struct strings *s)
{
    json_t *o = json_object ();

    for (int i = 0; o && i < s->n; i += 2) {
        if (json_object_set_new (o, s->v[i], json_string (s->v[i + 1])) < 0) {
            json_decref (o);
            return NULL;
        }
    }
    return o;
}

static json_t *msgchans_of (const struct strings *s)
{
    json_t *a = json_array ();

    for (int i = 0; a && i < s->n; i += 2) {
        json_t *o =
            json_pack ("{s:s s:s}", "name", s->v[i], "uri", s->v[i + 1]);

        if (json_array_append_new (a, o) < 0) {
            json_decref (a);
            return NULL;
        }
    }
    return a;
}

static int set_text (json_t *o, const char *key, const char *s)
{
    return s ? json_object_set_new (o, key, json_string (s)) : 0;
}

json_t *rexec_cmd_encode (const struct flux_command *cmd)
{
    json_t *o = json_object ();

    if (!o)
        return NULL;
    if (json_object_set_new (o, "cmdline", array_of (&cmd->argv)) < 0
        || json_object_set_new (o, "env", object_of (&cmd->env)) < 0
        || json_object_set_new (o, "opts", object_of (&cmd->opts)) < 0
        || json_object_set_new (o, "channels", array_of (&cmd->channels)) < 0
        || json_object_set_new (o, "msgchan", msgchans_of (&cmd->msgchans)) < 0
        || set_text (o, "cwd", cmd->cwd) < 0
        || set_text (o, "label", cmd->label) < 0) {
        json_decref (o);
        errno = EINVAL;
        return NULL;
    }
    return o;
}

/* ---- from JSON ---- */

static int bad (flux_error_t *error, const char *key, const char *what)
{
    return err_set (error, EPROTO, "cmd: %s: expected %s", key, what);
}

static int read_array (json_t *o,
                       const char *key,
                       struct strings *s,
                       flux_error_t *error)
{
    json_t *a = json_object_get (o, key);
    json_t *value;
    size_t i;

    if (!json_is_array (a))
        return bad (error, key, "an array of strings");
    json_array_foreach (a, i, value)
    {
        if (!json_is_string (value))
            return bad (error, key, "an array of strings");
        if (strings_append (s, json_string_value (value)) < 0)
            return err_set (error, ENOMEM, "out of memory");
    }
    return 0;
}

/* Keys of an object differ, so nothing is looked up here. */
static int read_object (json_t *o,
                        const char *key,
                        struct strings *s,
                        flux_error_t *error)
{
    json_t *pairs = json_object_get (o, key);
    json_t *value;
    const char *name;

    if (!json_is_object (pairs))
        return bad (error, key, "an object of strings");
    json_object_foreach (pairs, name, value)
    {
        if (!json_is_string (value))
            return bad (error, key, "an object of strings");
        if (pair_append (s, name, json_string_value (value)) < 0)
            return err_set (error, ENOMEM, "out of memory");
    }
    return 0;
}

static int read_msgchans (json_t *o, struct strings *s, flux_error_t *error)
{
    json_t *a = json_object_get (o, "msgchan");
    json_t *entry;
    const char *name, *uri;
    size_t i;

    if (!a)
        a = json_object_get (o, "msgchans");
    if (a && !json_is_array (a))
        return bad (error, "msgchan", "an array of objects");
    json_array_foreach (a, i, entry)
    {
        if (json_unpack (entry, "{s:s s:s}", "name", &name, "uri", &uri) < 0)
            return bad (error, "msgchan", "objects with a name and a uri");
        if (pair_append (s, name, uri) < 0)
            return err_set (error, ENOMEM, "out of memory");
    }
    return 0;
}

static int read_text (json_t *o,
                      const char *key,
                      char **text,
                      flux_error_t *error)
{
    json_t *value = json_object_get (o, key);

    if (!value || json_is_null (value))
        return 0;
    if (!json_is_string (value))
        return bad (error, key, "a string");
    if (!(*text = strdup (json_string_value (value))))
        return err_set (error, ENOMEM, "out of memory");
    return 0;
}

static int read_cmd (json_t *o, struct flux_command *cmd, flux_error_t *error)
{
    if (!json_is_object (o))
        return err_set (error, EPROTO, "cmd: expected an object");
    if (read_array (o, "cmdline", &cmd->argv, error) < 0
        || read_object (o, "env", &cmd->env, error) < 0
        || read_object (o, "opts", &cmd->opts, error) < 0
        || read_array (o, "channels", &cmd->channels, error) < 0
        || read_msgchans (o, &cmd->msgchans, error) < 0
        || read_text (o, "cwd", &cmd->cwd, error) < 0
        || read_text (o, "label", &cmd->label, error) < 0)
        return -1;
    if (cmd->argv.n == 0)
        return bad (error, "cmdline", "at least one element");
    if (cmd->label && !*cmd->label)
        return bad (error, "label", "a string that is not empty");
    return 0;
}

struct flux_command *rexec_cmd_decode (json_t *o, flux_error_t *error)
{
    struct flux_command *cmd = calloc (1, sizeof (*cmd));

    if (!cmd)
        return err_null (error, ENOMEM, "out of memory");
    if (read_cmd (o, cmd, error) < 0) {
        rexec_cmd_destroy (cmd);
        return NULL;
    }
    return cmd;
}
