/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The service "cron" (flux-cron(1)): commands at intervals, at times, and
 * after events.  Entries live as long as the broker.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/fsd.h"
#include "base/log.h"
#include "daemon/cron_private.h"
#include "daemon/module_private.h"
#include "daemon/parts.h"
#include "daemon/runner.h"
#include "jobtap/inproc.h"

/* The heart beats for all instances alike: what is due in between waits, so
 * that it disturbs jobs of many nodes at one time.
 */
#define SYNC_TOPIC "heartbeat.pulse"
#define SYNC_EPSILON 0.015 /* seconds */

bool cron_defers (const struct cron *cron)
{
    return cron->sync_topic
           && loop_now (cron->b->loop) - cron->t_sync > cron->sync_epsilon;
}

/* ---- events ---- */

static void subscribe (struct cron *cron, const char *topic, bool on)
{
    flux_future_t *f = on ? flux_event_subscribe_ex (cron->h, topic, 0)
                          : flux_event_unsubscribe_ex (cron->h, topic, 0);

    if (!f)
        log_errno (CRON, "subscribing to %s", topic);
    flux_future_destroy (f);
}

static void event_cb (flux_t *h,
                      flux_msg_handler_t *mh,
                      const flux_msg_t *msg,
                      void *arg)
{
    struct cron *cron = arg;
    struct cron_entry *e, *tmp;
    const char *topic;

    if (flux_msg_get_topic (msg, &topic) < 0)
        return;
    if (cron->sync_topic
        && !strncmp (topic, cron->sync_topic, strlen (cron->sync_topic))) {
        cron->t_sync = loop_now (cron->b->loop);
        DL_FOREACH_SAFE (cron->entries, e, tmp)
        {
            cron_entry_sync (e);
        }
    }
    DL_FOREACH_SAFE (cron->entries, e, tmp)
    {
        if (e->type->event)
            e->type->event (e->data, topic);
    }
}

static const char *topic_of (const struct cron_entry *e)
{
    return e->type->topic ? e->type->topic (e->data) : NULL;
}

/* ---- entries that go ---- */

static void work_cb (struct loop_source *src, int revents, void *arg)
{
    struct cron *cron = arg;
    struct cron_entry *e, *tmp;

    DL_FOREACH_SAFE (cron->leaving, e, tmp)
    {
        if (cron_entry_busy (e))
            continue;
        DL_DELETE (cron->leaving, e);
        cron_entry_destroy (e);
    }
}

void cron_entry_idle (struct cron_entry *e)
{
    if (e->cron->leaving)
        loop_kick (e->cron->work);
}

/* ---- requests ---- */

static struct cron_entry *named (struct cron *cron,
                                 const flux_msg_t *msg,
                                 flux_error_t *error)
{
    struct cron_entry *e;
    json_int_t id;

    if (flux_msg_unpack (msg, "{s:I}", "id", &id) < 0) {
        errno = EPROTO;
        return NULL;
    }
    DL_FOREACH (cron->entries, e)
    {
        if (e->id == id)
            return e;
    }
    return err_null (error, ENOENT, "cron-%jd: no such entry", (intmax_t)id);
}

static int respond (struct router *r, const flux_msg_t *msg, json_t *o)
{
    router_respond_pack (r, msg, "o", o);
    return REQUEST_DONE;
}

static int create_cb (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    struct cron *cron = arg;
    struct cron_entry *e;
    json_t *req;

    if (flux_msg_unpack (msg, "o", &req) < 0) {
        errno = EPROTO;
        return REQUEST_ERROR;
    }
    if (!(e = cron_entry_create (cron, cron->last_id + 1, req, error)))
        return REQUEST_ERROR;
    cron->last_id++;
    DL_APPEND (cron->entries, e);
    if (topic_of (e))
        subscribe (cron, topic_of (e), true);
    return respond (r, msg, cron_entry_json (e));
}

static int list_cb (struct router *r,
                    const flux_msg_t *msg,
                    void *arg,
                    flux_error_t *error)
{
    struct cron *cron = arg;
    json_t *list = json_array ();
    struct cron_entry *e;

    DL_FOREACH (cron->entries, e)
    {
        json_array_append_new (list, cron_entry_json (e));
    }
    return respond (r, msg, json_pack ("{s:o}", "entries", list));
}

static int change (struct router *r,
                   const flux_msg_t *msg,
                   struct cron *cron,
                   int (*verb) (struct cron_entry *e),
                   const char *done,
                   flux_error_t *error)
{
    struct cron_entry *e = named (cron, msg, error);

    if (!e)
        return REQUEST_ERROR;
    if (verb (e) < 0)
        return err_set (error,
                        EINVAL,
                        "cron-%jd is %s already",
                        (intmax_t)e->id,
                        done);
    return respond (r, msg, cron_entry_json (e));
}

static int start_cb (struct router *r,
                     const flux_msg_t *msg,
                     void *arg,
                     flux_error_t *error)
{
    return change (r, msg, arg, cron_entry_start, "started", error);
}

static int stop_cb (struct router *r,
                    const flux_msg_t *msg,
                    void *arg,
                    flux_error_t *error)
{
    return change (r, msg, arg, cron_entry_stop, "stopped", error);
}

/* A task that runs is left to its end, unless it is to be killed. */
static void entry_remove (struct cron *cron, struct cron_entry *e, bool kill)
{
    if (!e->stopped)
        (void)cron_entry_stop (e);
    if (topic_of (e))
        subscribe (cron, topic_of (e), false);
    DL_DELETE (cron->entries, e);
    if (cron_entry_busy (e) && !kill)
        DL_APPEND (cron->leaving, e);
    else
        cron_entry_destroy (e);
}

static int delete_cb (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    struct cron_entry *e = named (arg, msg, error);
    int kill = 0;
    json_t *o;

    if (!e)
        return REQUEST_ERROR;
    if (flux_msg_unpack (msg, "{s?b}", "kill", &kill) < 0) {
        errno = EPROTO;
        return REQUEST_ERROR;
    }
    o = cron_entry_json (e);
    entry_remove (arg, e, kill);
    return respond (r, msg, o);
}

/* What waits for an event that will not come runs now. */
static int set_sync (struct cron *cron, const char *topic)
{
    char *copy = topic ? strdup (topic) : NULL;
    struct cron_entry *e, *tmp;

    if (topic && !copy)
        return -1;
    if (copy)
        subscribe (cron, copy, true);
    if (cron->sync_topic)
        subscribe (cron, cron->sync_topic, false);
    free (cron->sync_topic);
    cron->sync_topic = copy;
    cron->t_sync = 0.;
    if (copy) {
        log_msg (LOG_INFO, CRON, "synchronizing cron tasks to event %s", copy);
        return 0;
    }
    DL_FOREACH_SAFE (cron->entries, e, tmp)
    {
        cron_entry_sync (e);
    }
    return 0;
}

static int sync_cb (struct router *r,
                    const flux_msg_t *msg,
                    void *arg,
                    flux_error_t *error)
{
    struct cron *cron = arg;
    const char *topic = NULL;
    double epsilon = cron->sync_epsilon;
    int disable = 0;

    if (flux_msg_unpack (msg,
                         "{s?s s?b s?F}",
                         "topic",
                         &topic,
                         "disable",
                         &disable,
                         "sync_epsilon",
                         &epsilon)
        < 0) {
        errno = EPROTO;
        return REQUEST_ERROR;
    }
    if (!(epsilon >= 0.))
        return err_set (error, EINVAL, "sync_epsilon is negative");
    if (topic && disable)
        return err_set (error, EINVAL, "a topic, and none at the same time");
    if ((topic || (disable && cron->sync_topic)) && set_sync (cron, topic) < 0)
        return REQUEST_ERROR;
    cron->sync_epsilon = epsilon;
    if (!cron->sync_topic)
        return respond (r, msg, json_pack ("{s:b}", "sync_disabled", 1));
    return respond (r,
                    msg,
                    json_pack ("{s:s s:f}",
                               "sync_event",
                               cron->sync_topic,
                               "sync_epsilon",
                               epsilon));
}

static const struct request_row rows[] = {
    { "cron.create", FLUX_ROLE_OWNER, 0, create_cb },
    { "cron.list", FLUX_ROLE_OWNER, 0, list_cb },
    { "cron.start", FLUX_ROLE_OWNER, 0, start_cb },
    { "cron.stop", FLUX_ROLE_OWNER, 0, stop_cb },
    { "cron.delete", FLUX_ROLE_OWNER, 0, delete_cb },
    { "cron.sync", FLUX_ROLE_OWNER, 0, sync_cb },
    { NULL },
};

/* ---- life ---- */

static int start_events (struct cron *cron)
{
    struct flux_match match = FLUX_MATCH_EVENT;

    if (!(cron->events =
              flux_msg_handler_create (cron->h, match, event_cb, cron)))
        return -1;
    flux_msg_handler_start (cron->events);
    return set_sync (cron, SYNC_TOPIC);
}

/* Removed: all entries go. */
static int module_unload (struct broker *b, flux_error_t *error)
{
    struct cron *cron = broker_part (b, "cron");

    while (cron && cron->entries)
        entry_remove (cron, cron->entries, true);
    return 0;
}

/* "sync=TOPIC", "sync_epsilon=FSD": without, nothing waits. */
static int module_load (struct broker *b,
                        int argc,
                        const char **argv,
                        flux_error_t *error)
{
    struct cron *cron = broker_part (b, "cron");
    const char *topic = NULL;
    double epsilon = SYNC_EPSILON;

    for (int i = 0; i < argc; i++) {
        if (!strncmp (argv[i], "sync=", 5))
            topic = argv[i] + 5;
        else if (strncmp (argv[i], "sync_epsilon=", 13) != 0)
            return err_set (error, EINVAL, "unknown option: %s", argv[i]);
        else if (fsd_decode (argv[i] + 13, &epsilon) < 0)
            return err_set (error, EINVAL, "%s: not a duration", argv[i]);
    }
    if (!cron)
        return 0;
    cron->sync_epsilon = epsilon;
    return set_sync (cron, topic);
}

const struct module_ops module_cron = { module_load, module_unload };

void cron_stop (struct broker *b, void *data)
{
    struct cron *cron = data;
    struct cron_entry *e, *tmp;

    router_methods_remove (b->router, rows);
    DL_FOREACH_SAFE (cron->entries, e, tmp)
    {
        cron_entry_destroy (e);
    }
    DL_FOREACH_SAFE (cron->leaving, e, tmp)
    {
        cron_entry_destroy (e);
    }
    flux_msg_handler_destroy (cron->events);
    tap_inproc_destroy (cron->inproc);
    loop_source_destroy (cron->work);
    free (cron->sync_topic);
    free (cron);
}

int cron_start (struct broker *b, void **data, flux_error_t *error)
{
    struct cron *cron = calloc (1, sizeof (*cron));
    int saved_errno;

    if (!cron)
        return err_set (error, ENOMEM, "out of memory");
    cron->b = b;
    cron->sync_epsilon = SYNC_EPSILON;
    if ((cron->inproc = tap_inproc_create (b->loop, b->router, NULL, &cron->h))
        && (cron->work = loop_work_create (b->loop, LOOP_ALWAYS, work_cb, cron))
        && start_events (cron) == 0
        && router_methods_add (b->router, rows, cron) == 0) {
        cron->runner = runner_make (cron->h);
        *data = cron;
        return 0;
    }
    saved_errno = errno;
    cron_stop (b, cron);
    return err_set (error, saved_errno, "%s", strerror (saved_errno));
}
