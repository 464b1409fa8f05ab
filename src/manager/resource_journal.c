/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* resource.journal: the events of RFC 44, those so far and those to come. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "manager/resource_private.h"
#include "wire/rjson.h"

struct entry {
    char *line; /* without newline */
    bool define;
    struct entry *next;
    struct entry *prev;
};

struct watcher {
    const flux_msg_t *msg;
    struct watcher *next;
    struct watcher *prev;
};

struct journal {
    struct resources *res;
    struct entry *entries;
    struct watcher *watchers;
};

static void tell (struct journal *j,
                  const flux_msg_t *msg,
                  const struct entry *e)
{
    char *R = e && e->define ? rjson_encode (j->res->all, 0) : NULL;
    struct jbuf b = { 0 };
    char *s;

    jbuf_lit (&b, "{\"events\":[");
    if (e)
        jbuf_lit (&b, e->line);
    jbuf_lit (&b, "]");
    if (R) {
        jbuf_lit (&b, ",\"R\":");
        jbuf_lit (&b, R);
    }
    jbuf_lit (&b, "}");
    if ((s = jbuf_take (&b, NULL)))
        router_respond (j->res->m->router, msg, s);
    free (s);
    free (R);
}

/* What is to be known after a restart. */
static bool lasting (const char *name)
{
    static const char *const names[] = {
        "resource-define",
        "resource-update",
        "drain",
        "undrain",
    };

    for (size_t i = 0; i < sizeof (names) / sizeof (names[0]); i++) {
        if (!strcmp (name, names[i]))
            return true;
    }
    return false;
}

const char *journal_post (struct journal *j,
                          double timestamp,
                          const char *name,
                          const char *context)
{
    struct event ev = {
        .kind = EVENT_OTHER,
        .timestamp = timestamp,
        .name = name,
        .context = context,
    };
    struct watcher *w;
    struct entry *e;
    size_t len;

    if (!(e = calloc (1, sizeof (*e)))
        || !(e->line = wire_event_encode (&ev, &len))) {
        free (e);
        return NULL;
    }
    if (!j->res->replaying && j->res->m->resource_event && lasting (name))
        j->res->m->resource_event (j->res->m->failed_arg, e->line);
    e->line[len - 1] = '\0';
    e->define = !strcmp (name, "resource-define");
    DL_APPEND (j->entries, e);
    DL_FOREACH (j->watchers, w)
    tell (j, w->msg, e);
    return e->line;
}

static int handle_journal (struct router *r,
                           const flux_msg_t *msg,
                           void *arg,
                           flux_error_t *error)
{
    struct resources *res = arg;
    struct journal *j = res->journal;
    struct watcher *w;
    struct entry *e;

    if (!(w = calloc (1, sizeof (*w))))
        return REQUEST_ERROR;
    w->msg = flux_msg_incref (msg);
    DL_APPEND (j->watchers, w);
    DL_FOREACH (j->entries, e)
    tell (j, msg, e);
    tell (j, msg, NULL);
    return REQUEST_LATER;
}

static void watcher_remove (struct journal *j, struct watcher *w)
{
    DL_DELETE (j->watchers, w);
    flux_msg_decref (w->msg);
    free (w);
}

static int handle_gone (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct resources *res = arg;
    struct journal *j = res->journal;
    struct watcher *w, *tmp;

    DL_FOREACH_SAFE (j->watchers, w, tmp)
    {
        if (!router_same_client (w->msg, msg))
            continue;
        router_respond_error (r, w->msg, ENODATA, NULL);
        watcher_remove (j, w);
    }
    return REQUEST_DONE;
}

static int handle_disconnect (struct router *r,
                              const flux_msg_t *msg,
                              void *arg,
                              flux_error_t *error)
{
    acquire_disconnect (arg, msg);
    return handle_gone (r, msg, arg, error);
}

static const struct request_row rows[] = {
    { "resource.journal", FLUX_ROLE_OWNER, METHOD_STREAMING, handle_journal },
    { "resource.journal-cancel", FLUX_ROLE_OWNER, 0, handle_gone },
    { "resource.disconnect", FLUX_ROLE_USER, 0, handle_disconnect },
    { NULL },
};

const struct request_row *journal_rows (void)
{
    return rows;
}

struct journal *journal_create (struct resources *res)
{
    struct journal *j;

    if ((j = calloc (1, sizeof (*j))))
        j->res = res;
    return j;
}

void journal_destroy (struct journal *j)
{
    struct entry *e;

    if (!j)
        return;
    while (j->watchers) {
        if (j->res->m->router)
            router_respond_error (j->res->m->router,
                                  j->watchers->msg,
                                  ENODATA,
                                  NULL);
        watcher_remove (j, j->watchers);
    }
    while ((e = j->entries)) {
        DL_DELETE (j->entries, e);
        free (e->line);
        free (e);
    }
    free (j);
}
