/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* runat.push: commands that run one after the other when the initial program
 * has ended, while everything still runs (flux-admin(1)).
 */

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "daemon/parts.h"
#include "daemon/program.h"

struct cleanup {
    char *command;
    STAILQ_ENTRY (cleanup) link;
};

struct runat {
    struct broker *b;
    STAILQ_HEAD (, cleanup) list;
    int count; /* of those that were started */
    struct program *running;
    void (*done) (void *arg); /* the instance ends: when all have run */
    void *arg;
};

static void cleanup_free (struct cleanup *c)
{
    if (c)
        free (c->command);
    free (c);
}

static struct cleanup *pop (struct runat *ra)
{
    struct cleanup *c = STAILQ_FIRST (&ra->list);

    if (c)
        STAILQ_REMOVE_HEAD (&ra->list, link);
    return c;
}

/* ---- running them ---- */

static void next (struct runat *ra);

/* The first that fails says how the instance ended, if all was well. */
static void ended (struct broker *b, int code, void *arg)
{
    struct runat *ra = arg;

    ra->running = NULL;
    if (code != 0) {
        log_msg (LOG_ERR,
                 "broker",
                 "cleanup.%d: exited with %d",
                 ra->count - 1,
                 code);
        if (b->exit_status == 0)
            b->exit_status = code;
    }
    next (ra);
}

static void next (struct runat *ra)
{
    struct cleanup *c;
    flux_error_t error;

    while (!ra->running && (c = pop (ra))) {
        char *argv[] = { c->command, NULL };

        ra->running = program_start (ra->b, 1, argv, ended, ra, &error);
        if (!ra->running)
            log_msg (LOG_ERR,
                     "broker",
                     "cleanup.%d: %s",
                     ra->count,
                     error.text);
        ra->count++;
        cleanup_free (c);
    }
    if (!ra->running)
        ra->done (ra->arg);
}

void runat_finish (struct broker *b,
                   void *data,
                   void (*done) (void *arg),
                   void *arg)
{
    struct runat *ra = data;

    ra->done = done;
    ra->arg = arg;
    next (ra);
}

/* ---- requests ---- */

static struct cleanup *cleanup_create (json_t *command)
{
    struct cleanup *c = calloc (1, sizeof (*c));
    const char *s = json_string_value (command);

    if (!s)
        errno = EPROTO;
    if (c && s && (c->command = strdup (s)))
        return c;
    cleanup_free (c);
    return NULL;
}

/* The last of them is in front of the list. */
static int push_cb (struct router *r,
                    const flux_msg_t *msg,
                    void *arg,
                    flux_error_t *error)
{
    struct runat *ra = arg;
    const char *name;
    json_t *commands, *entry;
    size_t i;

    if (flux_msg_unpack (msg, "{s:s s:o}", "name", &name, "commands", &commands)
            < 0
        || !json_is_array (commands)) {
        errno = EPROTO;
        return REQUEST_ERROR;
    }
    if (strcmp (name, "cleanup") != 0)
        return err_set (error, EINVAL, "%s: only \"cleanup\" is known", name);
    if (ra->done)
        return err_set (error, EINVAL, "the instance ends already");
    if (json_array_size (commands) == 0)
        return err_set (error, EPROTO, "commands array is empty");
    json_array_foreach (commands, i, entry)
    {
        if (!json_is_string (entry))
            return err_set (error, EPROTO, "commands: not a string");
    }
    json_array_foreach (commands, i, entry)
    {
        struct cleanup *c = cleanup_create (entry);

        if (!c)
            return REQUEST_ERROR;
        STAILQ_INSERT_HEAD (&ra->list, c, link);
    }
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "runat.push", FLUX_ROLE_OWNER, 0, push_cb },
    { NULL },
};

int runat_start (struct broker *b, void **data, flux_error_t *error)
{
    struct runat *ra = calloc (1, sizeof (*ra));

    if (!ra)
        return err_set (error, ENOMEM, "out of memory");
    ra->b = b;
    STAILQ_INIT (&ra->list);
    if (router_methods_add (b->router, rows, ra) < 0) {
        free (ra);
        return err_set (error, errno, "cannot register runat.push");
    }
    *data = ra;
    return 0;
}

void runat_stop (struct broker *b, void *data)
{
    struct runat *ra = data;
    struct cleanup *c;

    router_methods_remove (b->router, rows);
    program_abandon (ra->running);
    while ((c = pop (ra)))
        cleanup_free (c);
    free (ra);
}
