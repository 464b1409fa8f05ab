/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view/private.h"
#include "view/view.h"

static int save_owner (const struct store_job *sj, void *arg)
{
    *(uint32_t *)arg = sj->userid;
    return 0;
}

int view_owner (struct view *v, uint64_t id, uint32_t *userid)
{
    struct job *job;

    if ((job = manager_job (v->m, id))) {
        *userid = job->userid;
        return 0;
    }
    return store_job_get (v->store, id, save_owner, userid);
}

json_t *view_payload (const flux_msg_t *msg, flux_error_t *error)
{
    const char *s;
    json_error_t jerror;
    json_t *o;

    if (flux_msg_get_string (msg, &s) < 0)
        return err_null (error, EPROTO, "invalid payload: not a string");
    if (!(o = json_loads (s ? s : "{}", 0, &jerror)) || !json_is_object (o)) {
        json_decref (o);
        return err_null (error,
                         EPROTO,
                         "invalid payload: %s",
                         s && !o ? jerror.text : "not a JSON object");
    }
    return o;
}

static int list_disconnect (struct router *r,
                            const flux_msg_t *msg,
                            void *arg,
                            flux_error_t *error)
{
    struct view *v = arg;

    list_view_disconnect (v->list, msg);
    stats_view_disconnect (v->stats, msg);
    return REQUEST_DONE;
}

static int info_disconnect (struct router *r,
                            const flux_msg_t *msg,
                            void *arg,
                            flux_error_t *error)
{
    struct view *v = arg;

    watch_view_disconnect (v->watch, msg);
    update_view_disconnect (v->update, msg);
    return REQUEST_DONE;
}

static char *list_stats (struct view *v)
{
    struct store_counts counts = { 0 };
    char *s;
    json_t *o;

    (void)store_counts (v->store, &counts);
    o = json_pack ("{s:{s:i s:i s:I} s:{s:i s:i} s:i}",
                   "jobs",
                   "pending",
                   manager_count_in (v->m, FLUX_JOB_STATE_PENDING),
                   "running",
                   manager_count_in (v->m, FLUX_JOB_STATE_RUNNING),
                   "inactive",
                   (json_int_t)counts.inactive,
                   "idsync",
                   "lookups",
                   0,
                   "waits",
                   list_view_waiting (v->list),
                   "stats_watchers",
                   stats_view_watching (v->stats));
    s = json_dumps (o, JSON_COMPACT);
    json_decref (o);
    return s;
}

static char *info_stats (struct view *v)
{
    json_t *o = json_pack ("{s:i s:i s:i s:i s:i}",
                           "lookups",
                           0,
                           "watchers",
                           watch_view_count (v->watch, false),
                           "guest_watchers",
                           watch_view_count (v->watch, true),
                           "update_lookups",
                           0,
                           "update_watchers",
                           0);
    char *s = json_dumps (o, JSON_COMPACT);

    json_decref (o);
    return s;
}

static int respond_stats (struct view *v, const flux_msg_t *msg, char *stats)
{
    if (!stats)
        return REQUEST_ERROR;
    router_respond (v->r, msg, stats);
    free (stats);
    return REQUEST_DONE;
}

static int handle_list_stats (struct router *r,
                              const flux_msg_t *msg,
                              void *arg,
                              flux_error_t *error)
{
    struct view *v = arg;

    if (!manager_may_see (v->m, msg, FLUX_USERID_UNKNOWN)) {
        errno = EPERM;
        return REQUEST_ERROR;
    }
    return respond_stats (v, msg, list_stats (v));
}

static int handle_info_stats (struct router *r,
                              const flux_msg_t *msg,
                              void *arg,
                              flux_error_t *error)
{
    return respond_stats (arg, msg, info_stats (arg));
}

static const struct request_row rows[] = {
    { "job-list.disconnect",
      FLUX_ROLE_OWNER | FLUX_ROLE_USER,
      0,
      list_disconnect },
    { "job-info.disconnect",
      FLUX_ROLE_OWNER | FLUX_ROLE_USER,
      0,
      info_disconnect },
    { "job-list.stats-get", FLUX_ROLE_USER, 0, handle_list_stats },
    { "job-info.stats-get", FLUX_ROLE_OWNER, 0, handle_info_stats },
    { NULL },
};

struct view *view_create (struct manager *m, flux_error_t *error)
{
    struct view *v;

    if (!(v = calloc (1, sizeof (*v))))
        return err_null (error, ENOMEM, "out of memory");
    v->m = m;
    v->r = manager_router (m);
    v->store = manager_store (m);
    if (!(v->list = list_view_create (v)) || !(v->stats = stats_view_create (v))
        || !(v->info = info_view_create (v))
        || !(v->watch = watch_view_create (v))
        || !(v->update = update_view_create (v))
        || router_methods_add (v->r, rows, v) < 0
        || router_standard_methods (v->r, "job-list", NULL, NULL) < 0
        || router_standard_methods (v->r, "job-info", NULL, NULL) < 0) {
        err_set (error,
                 errno,
                 "job-list, job-info: cannot serve: %s",
                 strerror (errno));
        view_destroy (v);
        return NULL;
    }
    return v;
}

void view_destroy (struct view *v)
{
    int saved_errno = errno;

    if (!v)
        return;
    router_methods_remove (v->r, rows);
    router_standard_remove (v->r, "job-list");
    router_standard_remove (v->r, "job-info");
    update_view_destroy (v->update);
    watch_view_destroy (v->watch);
    info_view_destroy (v->info);
    stats_view_destroy (v->stats);
    list_view_destroy (v->list);
    free (v);
    errno = saved_errno;
}
