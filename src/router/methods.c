/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The tables of methods and services. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "router/private.h"

struct method *method_find (struct router *r, const char *topic)
{
    struct method *m;

    HASH_FIND_STR (r->methods, topic, m);
    return m;
}

struct method *method_find_any (struct router *r,
                                const struct service *s,
                                const char *topic)
{
    char name[64];

    if (snprintf (name, sizeof (name), "*%s", topic + strlen (s->name))
        >= (int)sizeof (name))
        return NULL;
    return method_find (r, name);
}

static struct service *service_exact (struct router *r,
                                      const char *name,
                                      size_t len)
{
    struct service *s;

    HASH_FIND (hh, r->services, name, len, s);
    return s;
}

struct service *service_find (struct router *r, const char *topic)
{
    struct service *s;

    for (size_t len = strlen (topic); len > 0; len--) {
        if (topic[len] == '.' && (s = service_exact (r, topic, len)))
            return s;
    }
    return NULL;
}

struct service *service_create (struct router *r,
                                const char *name,
                                struct router_client *client)
{
    struct service *s;

    if (service_exact (r, name, strlen (name))) {
        errno = EEXIST;
        return NULL;
    }
    if (!(s = calloc (1, sizeof (*s))) || !(s->name = strdup (name))) {
        free (s);
        return NULL;
    }
    s->client = client;
    HASH_ADD_KEYPTR (hh, r->services, s->name, strlen (s->name), s);
    return s;
}

void service_destroy (struct router *r, struct service *s)
{
    HASH_DEL (r->services, s);
    free (s->name);
    free (s);
}

/* The broker's service before the last dot of topic, made at need. */
static struct service *service_of_method (struct router *r, const char *topic)
{
    const char *dot = strrchr (topic, '.');
    struct service *s;
    char *name;

    if (!dot || dot == topic) {
        errno = EINVAL;
        return NULL;
    }
    if ((s = service_exact (r, topic, dot - topic))) {
        if (!s->client)
            return s;
        errno = EEXIST;
        return NULL;
    }
    if (!(name = strndup (topic, dot - topic)))
        return NULL;
    s = service_create (r, name, NULL);
    free (name);
    return s;
}

int router_hold_service (struct router *r, const char *name)
{
    struct service *s = service_exact (r, name, strlen (name));

    if (!s || s->client) {
        errno = ENOENT;
        return -1;
    }
    s->held = true;
    return 0;
}

void method_destroy (struct router *r, struct method *m)
{
    HASH_DEL (r->methods, m);
    if (--m->service->methods == 0)
        service_destroy (r, m->service);
    free (m->topic);
    free (m);
}

int method_add (struct router *r,
                const struct request_row *row,
                void *arg,
                bool standard)
{
    struct method *m = method_find (r, row->topic);
    struct service *s;

    if (m && (standard || !m->standard)) {
        errno = EEXIST;
        return -1;
    }
    if (!m) {
        if (!(s = service_of_method (r, row->topic)))
            return -1;
        m = calloc (1, sizeof (*m));
        if (!m || !(m->topic = strdup (row->topic))) {
            free (m);
            if (s->methods == 0)
                service_destroy (r, s);
            return -1;
        }
        m->service = s;
        s->methods++;
        HASH_ADD_KEYPTR (hh, r->methods, m->topic, strlen (m->topic), m);
    }
    m->rolemask = row->rolemask | FLUX_ROLE_OWNER;
    m->flags = row->flags;
    m->cb = row->cb;
    m->arg = arg;
    m->standard = standard;
    return 0;
}

int router_methods_add (struct router *r,
                        const struct request_row *rows,
                        void *arg)
{
    int count = 0;

    for (; rows[count].topic; count++) {
        if (method_add (r, &rows[count], arg, false) < 0) {
            int saved_errno = errno;

            while (count-- > 0)
                router_method_remove (r, rows[count].topic);
            errno = saved_errno;
            return -1;
        }
    }
    return 0;
}

void router_methods_remove (struct router *r, const struct request_row *rows)
{
    for (; rows->topic; rows++)
        router_method_remove (r, rows->topic);
}

int router_method_add (struct router *r,
                       const char *topic,
                       uint32_t rolemask,
                       int flags,
                       request_f cb,
                       void *arg)
{
    struct request_row row = { topic, rolemask, flags, cb };

    return method_add (r, &row, arg, false);
}

void router_method_remove (struct router *r, const char *topic)
{
    struct method *m = method_find (r, topic);

    if (m)
        method_destroy (r, m);
}

void router_methods_each (struct router *r, router_method_f cb, void *arg)
{
    struct method *m, *tmp;

    HASH_ITER (hh, r->methods, m, tmp)
    cb (m->topic, m->rolemask, m->flags, arg);
}

/* ---- hidden services ---- */

static struct hidden **hidden_find (struct router *r, const char *name)
{
    struct hidden **hp = &r->hidden;

    while (*hp && strcmp ((*hp)->name, name) != 0)
        hp = &(*hp)->next;
    return hp;
}

static void hidden_drop (struct hidden **hp)
{
    struct hidden *h = *hp;

    *hp = h->next;
    free (h->name);
    free (h);
}

int router_service_hide (struct router *r, const char *name, bool hidden)
{
    struct hidden **hp = hidden_find (r, name);
    struct hidden *h;

    if (!hidden && *hp)
        hidden_drop (hp);
    if (!hidden || *hp)
        return 0;
    if (!(h = calloc (1, sizeof (*h))) || !(h->name = strdup (name))) {
        free (h);
        return -1;
    }
    *hp = h;
    return 0;
}

bool service_hidden (const struct router *r, const char *topic)
{
    const char *last = strrchr (topic, '.');

    if (last && !strcmp (last, ".disconnect"))
        return false;
    for (const struct hidden *h = r->hidden; h; h = h->next) {
        size_t len = strlen (h->name);

        if (strncmp (topic, h->name, len) == 0 && topic[len] == '.')
            return true;
    }
    return false;
}

void hidden_clear (struct router *r)
{
    while (r->hidden)
        hidden_drop (&r->hidden);
}
