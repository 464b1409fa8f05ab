/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Message handlers: which one a message is for, and whether its sender may. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "lib/dispatch.h"

typedef struct flux_msg_handler mh_t;

static bool is_glob (const char *s)
{
    return strpbrk (s, "*?[\\") != NULL;
}

static void mh_decref (mh_t *mh)
{
    int saved = errno;

    if (--mh->refcount > 0)
        return;
    dispatch_decref (mh->d);
    free (mh->topic);
    free (mh);
    errno = saved;
}

/* The list a handler belongs in. */
static mh_t **mh_list (mh_t *mh)
{
    if (mh->exact)
        return &mh->exact->handlers;
    if (mh->match.matchtag != FLUX_MATCHTAG_NONE)
        return &mh->d->tagged;
    return &mh->d->handlers;
}

static struct exact *exact_get (struct dispatch *d, const char *topic)
{
    struct exact *e;

    HASH_FIND_STR (d->exact, topic, e);
    if (!e && (e = calloc (1, sizeof (*e) + strlen (topic) + 1))) {
        strcpy (e->topic, topic);
        HASH_ADD_STR (d->exact, topic, e);
    }
    return e;
}

static int mh_link (mh_t *mh)
{
    mh_t **list;

    if (mh->match.typemask == FLUX_MSGTYPE_REQUEST && mh->topic && *mh->topic
        && !is_glob (mh->topic) && !(mh->exact = exact_get (mh->d, mh->topic)))
        return -1;
    list = mh_list (mh);
    DL_PREPEND (*list, mh);
    return 0;
}

static void mh_unlink (mh_t *mh)
{
    mh_t **list = mh_list (mh);

    DL_DELETE (*list, mh);
    if (mh->exact && !mh->exact->handlers) {
        HASH_DEL (mh->d->exact, mh->exact);
        free (mh->exact);
    }
    mh->exact = NULL;
}

flux_msg_handler_t *flux_msg_handler_create (flux_t *h,
                                             const struct flux_match match,
                                             flux_msg_handler_f cb,
                                             void *arg)
{
    struct dispatch *d;
    mh_t *mh;

    if (!h || !cb) {
        errno = EINVAL;
        return NULL;
    }
    if (!(d = dispatch_get (h)) || !(mh = calloc (1, sizeof (*mh))))
        return NULL;
    mh->refcount = 1;
    mh->d = dispatch_incref (d);
    mh->match = match;
    mh->rolemask = FLUX_ROLE_OWNER;
    mh->cb = cb;
    mh->arg = arg;
    if (match.topic_glob && !(mh->topic = strdup (match.topic_glob)))
        goto error;
    mh->match.topic_glob = mh->topic;
    if (mh_link (mh) < 0)
        goto error;
    return mh;
error:
    mh_decref (mh);
    return NULL;
}

void flux_msg_handler_start (flux_msg_handler_t *mh)
{
    if (mh && !mh->running && mh->d->h) {
        mh->running = true;
        dispatch_hold (mh->d);
    }
}

void flux_msg_handler_stop (flux_msg_handler_t *mh)
{
    if (mh && mh->running) {
        mh->running = false;
        dispatch_unhold (mh->d);
    }
}

void flux_msg_handler_destroy (flux_msg_handler_t *mh)
{
    int saved = errno;

    if (mh && !mh->destroyed) {
        mh->destroyed = true;
        flux_msg_handler_stop (mh);
        mh_unlink (mh);
        mh_decref (mh);
    }
    errno = saved;
}

void flux_msg_handler_allow_rolemask (flux_msg_handler_t *mh, uint32_t rolemask)
{
    if (mh)
        mh->rolemask |= rolemask;
}

void flux_msg_handler_deny_rolemask (flux_msg_handler_t *mh, uint32_t rolemask)
{
    if (mh) {
        mh->rolemask &= ~rolemask;
        mh->rolemask |= FLUX_ROLE_OWNER;
    }
}

static void refuse (flux_t *h, const flux_msg_t *msg, int errnum, const char *s)
{
    (void)flux_respond_error (h, msg, errnum, s);
}

/* Call mh if the sender has one of its roles; refuse a request that has
 * none.
 */
static void mh_call (mh_t *mh, const flux_msg_t *msg)
{
    flux_t *h = mh->d->h;
    uint32_t rolemask = FLUX_ROLE_NONE;
    int type;

    flux_msg_get_type (msg, &type);
    flux_msg_get_rolemask (msg, &rolemask);
    if ((rolemask & mh->rolemask)) {
        mh->refcount++;
        flux_incref (h);
        mh->cb (h, mh, msg, mh->arg);
        flux_decref (h);
        mh_decref (mh);
    }
    else if (type == FLUX_MSGTYPE_REQUEST)
        refuse (h,
                msg,
                EPERM,
                mh->rolemask == FLUX_ROLE_OWNER
                    ? "Request requires owner credentials"
                    : "Request rejected due to insufficient privilege");
}

static mh_t *find (mh_t *list, const flux_msg_t *msg)
{
    mh_t *mh;

    DL_FOREACH (list, mh)
    {
        if (mh->running && flux_msg_cmp (msg, mh->match))
            return mh;
    }
    return NULL;
}

static mh_t *find_exact (struct dispatch *d, const flux_msg_t *msg)
{
    const char *topic;
    struct exact *e;

    if (!d->exact || flux_msg_get_topic (msg, &topic) < 0)
        return NULL;
    HASH_FIND_STR (d->exact, topic, e);
    return e ? find (e->handlers, msg) : NULL;
}

static void unmatched (struct dispatch *d, const flux_msg_t *msg, int type)
{
    const char *topic = "";
    char text[160];

    if ((d->h->flags & FLUX_O_CLONE))
        (void)msgq_append (&d->unmatched, msg);
    else if (type == FLUX_MSGTYPE_REQUEST) {
        (void)flux_msg_get_topic (msg, &topic);
        snprintf (text, sizeof (text), "Unknown service method '%s'", topic);
        refuse (d->h, msg, ENOSYS, text);
    }
}

/* All handlers that match get an event.  A callback may destroy any of
 * them, so what is to be called is noted, and held, before.
 */
static void dispatch_event (struct dispatch *d, const flux_msg_t *msg)
{
    mh_t *mh;
    mh_t **todo;
    int count = 0;
    int n = 0;

    DL_COUNT (d->handlers, mh, count);
    if (!(todo = calloc (count + 1, sizeof (*todo))))
        return;
    DL_FOREACH (d->handlers, mh)
    {
        if (mh->running && flux_msg_cmp (msg, mh->match)) {
            mh->refcount++;
            todo[n++] = mh;
        }
    }
    if (n == 0)
        unmatched (d, msg, FLUX_MSGTYPE_EVENT);
    for (int i = 0; i < n; i++) {
        if (todo[i]->running && d->h)
            mh_call (todo[i], msg);
        mh_decref (todo[i]);
    }
    free (todo);
}

void dispatch_message (struct dispatch *d, const flux_msg_t *msg)
{
    mh_t *mh = NULL;
    int type;

    flux_msg_get_type (msg, &type);
    if (type == FLUX_MSGTYPE_EVENT) {
        dispatch_event (d, msg);
        return;
    }
    if (type == FLUX_MSGTYPE_REQUEST)
        mh = find_exact (d, msg);
    else if (type == FLUX_MSGTYPE_RESPONSE && flux_msg_route_count (msg) <= 0)
        mh = find (d->tagged, msg);
    if (!mh)
        mh = find (d->handlers, msg);
    if (mh)
        mh_call (mh, msg);
    else
        unmatched (d, msg, type);
}

static mh_t *create_spec (flux_t *h,
                          const char *service_name,
                          const struct flux_msg_handler_spec *spec,
                          void *arg)
{
    struct flux_match match = FLUX_MATCH_ANY;
    char *topic = NULL;
    mh_t *mh;

    match.typemask = spec->typemask;
    match.topic_glob = spec->topic_glob;
    if (service_name && spec->topic_glob) {
        if (asprintf (&topic, "%s.%s", service_name, spec->topic_glob) < 0) {
            errno = ENOMEM;
            return NULL;
        }
        match.topic_glob = topic;
    }
    if ((mh = flux_msg_handler_create (h, match, spec->cb, arg))) {
        flux_msg_handler_allow_rolemask (mh, spec->rolemask);
        flux_msg_handler_start (mh);
    }
    free (topic);
    return mh;
}

static bool is_end (const struct flux_msg_handler_spec *spec)
{
    return !spec->typemask && !spec->topic_glob && !spec->cb;
}

int flux_msg_handler_addvec_ex (flux_t *h,
                                const char *service_name,
                                const struct flux_msg_handler_spec tab[],
                                void *arg,
                                flux_msg_handler_t **hp[])
{
    flux_msg_handler_t **handlers;
    size_t count = 0;

    if (!h || !tab || !hp) {
        errno = EINVAL;
        return -1;
    }
    while (!is_end (&tab[count]))
        count++;
    if (!(handlers = calloc (count + 1, sizeof (*handlers))))
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!(handlers[i] = create_spec (h, service_name, &tab[i], arg))) {
            flux_msg_handler_delvec (handlers);
            return -1;
        }
    }
    *hp = handlers;
    return 0;
}

int flux_msg_handler_addvec (flux_t *h,
                             const struct flux_msg_handler_spec tab[],
                             void *arg,
                             flux_msg_handler_t **msg_handlers[])
{
    return flux_msg_handler_addvec_ex (h, NULL, tab, arg, msg_handlers);
}

void flux_msg_handler_delvec (flux_msg_handler_t *handlers[])
{
    int saved = errno;

    if (handlers) {
        for (int i = 0; handlers[i]; i++)
            flux_msg_handler_destroy (handlers[i]);
        free (handlers);
    }
    errno = saved;
}
