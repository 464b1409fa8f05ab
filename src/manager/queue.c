/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Queues as flux-config-queues(5) makes them and flux-queue(1) controls them:
 * the anonymous one, or those that have names.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manager/queue.h"
#include "manager/requests.h"

#define META_KEY "queue-status"

bool queues_named (const struct queues *q)
{
    return q->list[0].name != NULL;
}

static struct mqueue *lookup (struct mqueue *list,
                              size_t count,
                              const char *name)
{
    for (size_t i = 0; i < count; i++) {
        const char *s = list[i].name;

        if (name && s ? !strcmp (s, name) : name == s)
            return &list[i];
    }
    return NULL;
}

struct mqueue *queues_find (const struct queues *q,
                            const char *name,
                            flux_error_t *error)
{
    struct mqueue *mq = lookup (q->list, q->count, name);

    if (mq)
        return mq;
    if (!name)
        return err_null (error, EINVAL, "a named queue is required");
    return err_null (error, EINVAL, "'%s' is not a valid queue", name);
}

bool queues_has (const struct queues *q, const char *name)
{
    return lookup (q->list, q->count, name) != NULL;
}

bool queues_started (const struct queues *q, const char *name)
{
    const struct mqueue *mq = lookup (q->list, q->count, name);

    return mq && mqueue_started (mq);
}

bool mqueue_started (const struct mqueue *mq)
{
    return mq->start.on && (!mq->parent || mq->parent->start.on);
}

/* ---- state ---- */

static void replace (char **slot, const char *s)
{
    char *copy = s ? strdup (s) : NULL;

    free (*slot);
    *slot = copy;
}

void mqueue_set (struct queue_switch *sw,
                 bool on,
                 const char *reason,
                 bool nocheckpoint)
{
    sw->on = on;
    replace (&sw->reason, on ? NULL : reason);
    if (nocheckpoint)
        return;
    sw->saved_on = on;
    replace (&sw->saved_reason, sw->reason);
}

/* Queues with names start nothing until they are told to. */
static void mqueue_init (struct mqueue *mq)
{
    mqueue_set (&mq->enable, true, NULL, false);
    mqueue_set (&mq->start, mq->name == NULL, NULL, false);
}

static void list_destroy (struct mqueue *list, size_t count)
{
    for (size_t i = 0; list && i < count; i++) {
        free (list[i].name);
        free (list[i].enable.reason);
        free (list[i].enable.saved_reason);
        free (list[i].start.reason);
        free (list[i].start.saved_reason);
    }
    free (list);
}

void queues_checkpoint (struct queues *q)
{
    struct queue_saved *saved = calloc (q->count, sizeof (*saved));
    char *text;

    for (size_t i = 0; saved && i < q->count; i++) {
        const struct mqueue *mq = &q->list[i];

        saved[i] = (struct queue_saved){
            .name = mq->name,
            .enable = mq->enable.saved_on,
            .disable_reason = mq->enable.saved_reason,
            .start = mq->start.saved_on,
            .stop_reason = mq->start.saved_reason,
        };
    }
    text = saved ? queue_saved_encode (saved, q->count) : NULL;
    if (!text
        || store_meta_put (q->m->store, META_KEY, text, strlen (text)) < 0)
        log_errno (PART, "storing the state of queues");
    free (saved); /* the strings are the queues' */
    free (text);
}

static void restore_one (struct queues *q, const struct queue_saved *saved)
{
    struct mqueue *mq = lookup (q->list, q->count, saved->name);

    if (!mq)
        return;
    mqueue_set (&mq->enable, saved->enable, saved->disable_reason, false);
    mqueue_set (&mq->start, saved->start, saved->stop_reason, false);
}

static void stop_all (struct queues *q)
{
    static const char *why = "Automatically stopped due to restart";

    for (size_t i = 0; i < q->count; i++) {
        if (q->list[i].start.on)
            mqueue_set (&q->list[i].start, false, why, false);
    }
}

int queues_restore (struct queues *q, bool stop)
{
    struct queue_saved *list;
    size_t len, count;
    char *text;

    if (store_meta_get (q->m->store, META_KEY, &text, &len) == 0) {
        if (queue_saved_decode (text, &list, &count) < 0)
            log_msg (LOG_ERR, PART, "the stored state of queues is bad");
        else {
            for (size_t i = 0; i < count; i++)
                restore_one (q, &list[i]);
            queue_saved_destroy (list, count);
        }
        free (text);
        if (stop)
            stop_all (q);
    }
    queues_push (q);
    return 0;
}

void queues_push (struct queues *q)
{
    for (size_t i = 0; i < q->count; i++) {
        const struct mqueue *mq = &q->list[i];

        alloc_set_queue (q->m->alloc,
                         mq->name,
                         mq->parent ? mq->parent->name : NULL,
                         !mq->start.on);
    }
}

/* ---- configuration ---- */

/* The queues of settings, each in the state it had. */
static struct mqueue *make_list (struct queues *q,
                                 const struct queue_settings *s,
                                 size_t *count)
{
    struct mqueue *list;

    *count = s->count > 0 ? s->count : 1;
    if (!(list = calloc (*count, sizeof (*list))))
        return NULL;
    for (size_t i = 0; i < s->count; i++) {
        if (!(list[i].name = strdup (s->queues[i].name))) {
            list_destroy (list, *count);
            return NULL;
        }
    }
    for (size_t i = 0; i < *count; i++) {
        struct mqueue *old = lookup (q->list, q->count, list[i].name);

        if (old) {
            list[i].enable = old->enable;
            list[i].start = old->start;
            memset (&old->enable, 0, sizeof (old->enable));
            memset (&old->start, 0, sizeof (old->start));
        }
        else
            mqueue_init (&list[i]);
        if (i < s->count && s->queues[i].parent)
            list[i].parent = lookup (list, *count, s->queues[i].parent);
    }
    return list;
}

int queues_check (const char *json, flux_error_t *error)
{
    struct queue_settings s;

    if (queue_settings_decode (json, &s, error) < 0)
        return -1;
    queue_settings_clear (&s);
    return 0;
}

/* Jobs of a queue that is there no more wait for it to come back. */
static void stop_removed (struct queues *q,
                          const struct mqueue *list,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!queues_has (q, list[i].name))
            alloc_set_queue (q->m->alloc, list[i].name, NULL, true);
    }
}

void queues_configure (struct queues *q, const char *json)
{
    struct queue_settings s;
    struct mqueue *old = q->list;
    size_t old_count = q->count;
    struct mqueue *list;
    size_t count;

    if (queue_settings_decode (json, &s, NULL) < 0)
        return;
    if (!(list = make_list (q, &s, &count))) {
        queue_settings_clear (&s);
        log_msg (LOG_ERR, PART, "queues: out of memory");
        return;
    }
    queue_settings_clear (&q->settings);
    q->settings = s;
    q->list = list;
    q->count = count;
    stop_removed (q, old, old_count);
    list_destroy (old, old_count);
    queues_push (q);
}

const char *manager_queue_name (struct manager *m, size_t i)
{
    const struct queues *q = m->queues;

    return i < q->count ? q->list[i].name : NULL;
}

bool manager_virtual_queue (struct manager *m,
                            size_t n,
                            const char **name,
                            const char **parent)
{
    const struct queues *q = m->queues;

    for (size_t i = 0; i < q->count; i++) {
        if (!q->list[i].parent || n-- > 0)
            continue;
        *name = q->list[i].name;
        *parent = q->list[i].parent->name;
        return true;
    }
    return false;
}

/* ---- submission ---- */

bool queues_have_defaults (const struct queues *q)
{
    return queues_named (q) || q->settings.duration >= 0.;
}

int queues_defaults (const struct queues *q,
                     const struct jobspec *spec,
                     struct jobspec_defaults *d,
                     flux_error_t *error)
{
    const char *name =
        spec && spec->queue ? spec->queue : q->settings.default_queue;
    const struct queue_setting *qs, *parent;

    *d = (struct jobspec_defaults){ .duration = q->settings.duration };
    if (!queues_find (q, name, error))
        return -1;
    if (!(qs = queue_settings_find (&q->settings, name)))
        return 0;
    parent = queue_settings_find (&q->settings, qs->parent);
    d->queue = name;
    d->requires = qs->requires;
    if (parent) {
        d->requires = parent->requires;
        if (parent->duration >= 0.)
            d->duration = parent->duration;
    }
    if (qs->duration >= 0.)
        d->duration = qs->duration;
    return 0;
}

int queues_accept (struct queues *q,
                   const struct jobspec *spec,
                   flux_error_t *error)
{
    const struct mqueue *mq = queues_find (q, spec ? spec->queue : NULL, error);

    if (!mq)
        return -1;
    if (!mq->enable.on)
        return err_set (error,
                        EINVAL,
                        "job submission%s%s is disabled%s%s",
                        mq->name ? " to " : "",
                        mq->name ? mq->name : "",
                        mq->enable.reason ? ": " : "",
                        mq->enable.reason ? mq->enable.reason : "");
    return 0;
}

int queues_accept_move (struct queues *q, const char *name, flux_error_t *error)
{
    const struct mqueue *mq = queues_find (q, name, error);

    if (!mq)
        return -1;
    if (!mq->enable.on)
        return err_set (error, EINVAL, "queue %s is currently disabled", name);
    return 0;
}

/* ---- life ---- */

struct queues *queues_create (struct manager *m)
{
    struct queues *q;

    if (!(q = calloc (1, sizeof (*q))))
        return NULL;
    q->m = m;
    q->settings.duration = -1.;
    q->count = 1;
    if (!(q->list = calloc (1, sizeof (*q->list)))) {
        free (q);
        return NULL;
    }
    mqueue_init (&q->list[0]);
    return q;
}

void queues_destroy (struct queues *q)
{
    if (!q)
        return;
    list_destroy (q->list, q->count);
    queue_settings_clear (&q->settings);
    free (q);
}
