/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsd.h"
#include "wire/housekeeping.h"
#include "wire/jbuf.h"
#include "wire/jload.h"
#include "wire/rjson.h"

static int bad (flux_error_t *error, const char *why)
{
    return err_set (error, EINVAL, "[job-manager.housekeeping]: %s", why);
}

static char **copy_argv (json_t *command)
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
static int get_command (struct housekeeping_settings *s,
                        json_t *command,
                        const char *imp,
                        flux_error_t *error)
{
    json_t *run = NULL;

    if (!command && !imp)
        return bad (error,
                    "no command specified, and no exec.imp to run that of "
                    "the site");
    if (command && !json_is_array (command))
        return bad (error, "command must be an array of strings");
    if (!command)
        command = run = json_pack ("[s,s,s]", imp, "run", "housekeeping");
    if (json_array_size (command) == 0 || !(s->argv = copy_argv (command)))
        bad (error, "command must be an array of strings, not empty");
    json_decref (run);
    return s->argv ? 0 : -1;
}

static int get_table (struct housekeeping_settings *s,
                      json_t *table,
                      const char *imp,
                      flux_error_t *error)
{
    json_t *command = NULL;
    const char *after = NULL;
    int first_error = 0;
    json_error_t je;

    if (json_unpack_ex (table,
                        &je,
                        0,
                        "{s?o s?s s?b !}",
                        "command",
                        &command,
                        "release-after",
                        &after,
                        "exit-on-first-error",
                        &first_error)
        < 0)
        return bad (error, je.text);
    if (after && fsd_decode (after, &s->release_after) < 0)
        return bad (error, "release-after is not a duration");
    if (isinf (s->release_after))
        s->release_after = -1.;
    return get_command (s, command, imp, error);
}

int housekeeping_settings_decode (const char *json,
                                  struct housekeeping_settings *s,
                                  flux_error_t *error)
{
    json_t *o, *table;
    int rc = 0;

    *s = (struct housekeeping_settings){ .release_after = -1. };
    if (!json)
        return 0;
    if (!(o = jload_object (json, strlen (json), "configuration", error)))
        return -1;
    table =
        json_object_get (json_object_get (o, "job-manager"), "housekeeping");
    if (table)
        rc = get_table (
            s,
            table,
            json_string_value (
                json_object_get (json_object_get (o, "exec"), "imp")),
            error);
    json_decref (o);
    return rc;
}

void housekeeping_settings_clear (struct housekeeping_settings *s)
{
    for (size_t i = 0; s->argv && s->argv[i]; i++)
        free (s->argv[i]);
    free (s->argv);
    s->argv = NULL;
}

char *housekeeping_saved_encode (const struct housekeeping_saved *s)
{
    char *R = rjson_encode (s->R, 0);
    struct jbuf b = { 0 };

    jbuf_lit (&b, "{\"id\":");
    jbuf_int (&b, (int64_t)s->id);
    jbuf_lit (&b, ",\"userid\":");
    jbuf_int (&b, s->userid);
    jbuf_lit (&b, ",\"t_start\":");
    jbuf_real (&b, s->t_start);
    jbuf_lit (&b, ",\"ranks\":");
    jbuf_string (&b, s->ranks);
    jbuf_lit (&b, ",\"R\":");
    jbuf_lit (&b, R ? R : "");
    jbuf_lit (&b, "}");
    if (!R)
        b.failed = true;
    free (R);
    return jbuf_take (&b, NULL);
}

int housekeeping_saved_decode (const char *text, struct housekeeping_saved *s)
{
    json_t *o = jload_object (text, strlen (text), "housekeeping", NULL);
    json_int_t id, userid;
    const char *ranks;
    json_t *R;
    char *R_text = NULL;

    memset (s, 0, sizeof (*s));
    if (o
        && json_unpack (o,
                        "{s:I s:I s:F s:s s:o}",
                        "id",
                        &id,
                        "userid",
                        &userid,
                        "t_start",
                        &s->t_start,
                        "ranks",
                        &ranks,
                        "R",
                        &R)
               == 0
        && (R_text = json_dumps (R, JSON_COMPACT))
        && (s->R = rjson_decode (R_text, NULL))
        && (s->ranks = strdup (ranks))) {
        s->id = (uint64_t)id;
        s->userid = (uint32_t)userid;
    }
    free (R_text);
    json_decref (o);
    if (s->ranks)
        return 0;
    housekeeping_saved_clear (s);
    errno = EINVAL;
    return -1;
}

void housekeeping_saved_clear (struct housekeeping_saved *s)
{
    free (s->ranks);
    rset_destroy (s->R);
    s->ranks = NULL;
    s->R = NULL;
}
