/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* .history: the ids of each user's jobs, newest first (flux-job(1), last).
 *
 * New jobs are noted as they come.  Those that had ended before the plugin
 * was loaded are asked for once, when a user first wants to know.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <flux/jobtap.h>
#include <jansson.h>
#include <uthash.h>

#include "builtins.h"
#include "idlist.h"
#include "slice.h"

#define AUX "history"

struct history {
    flux_t *h;
    struct user *users;
};

struct user {
    struct history *history;
    uint32_t userid;
    struct idlist ids;
    bool complete;        /* the ended ones are in */
    flux_future_t *list;  /* or being asked for */
    flux_msg_t **waiting; /* requests that wait for it */
    size_t nwaiting;
    UT_hash_handle hh;
};

static void user_destroy (struct user *u)
{
    for (size_t i = 0; i < u->nwaiting; i++)
        flux_msg_destroy (u->waiting[i]);
    free (u->waiting);
    flux_future_destroy (u->list);
    idlist_clear (&u->ids);
    free (u);
}

static void history_destroy (struct history *hist)
{
    struct user *u, *next;

    if (hist) {
        HASH_ITER (hh, hist->users, u, next)
        {
            HASH_DEL (hist->users, u);
            user_destroy (u);
        }
        free (hist);
    }
}

static struct user *user_get (struct history *hist, uint32_t userid)
{
    struct user *u;

    HASH_FIND (hh, hist->users, &userid, sizeof (userid), u);
    if (u || !(u = calloc (1, sizeof (*u))))
        return u;
    u->history = hist;
    u->userid = userid;
    HASH_ADD (hh, hist->users, userid, sizeof (u->userid), u);
    return u;
}

static int unpack_job (flux_plugin_arg_t *args,
                       flux_jobid_t *id,
                       uint32_t *userid)
{
    json_int_t uid;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:I s:I}",
                                "id",
                                id,
                                "userid",
                                &uid)
        < 0)
        return -1;
    *userid = uid;
    return 0;
}

static int new_cb (flux_plugin_t *p,
                   const char *topic,
                   flux_plugin_arg_t *args,
                   void *arg)
{
    struct user *u;
    flux_jobid_t id;
    uint32_t userid;

    if (unpack_job (args, &id, &userid) < 0
        || !(u = user_get (flux_plugin_aux_get (p, AUX), userid)))
        return -1;
    return idlist_add (&u->ids, id);
}

static int purged_cb (flux_plugin_t *p,
                      const char *topic,
                      flux_plugin_arg_t *args,
                      void *arg)
{
    struct user *u;
    flux_jobid_t id;
    uint32_t userid;

    if (unpack_job (args, &id, &userid) < 0
        || !(u = user_get (flux_plugin_aux_get (p, AUX), userid)))
        return -1;
    idlist_remove (&u->ids, id);
    return 0;
}

static json_t *slice_ids (struct idlist *ids, const struct slice *slice)
{
    json_t *a = json_array ();
    ssize_t n = idlist_count (ids);
    ssize_t start, stop;

    if (!a)
        return NULL;
    slice_fit (slice, n, &start, &stop);
    for (ssize_t i = start; slice->step > 0 ? i < stop : i > stop;
         i += slice->step) {
        json_int_t id = idlist_newest (ids, i);

        if (json_array_append_new (a, json_integer (id)) < 0) {
            json_decref (a);
            return NULL;
        }
    }
    return a;
}

static void answer (struct user *u, const flux_msg_t *msg)
{
    flux_t *h = u->history->h;
    struct slice slice;
    const char *s;
    json_t *ids;
    int rc;

    if (flux_request_unpack (msg, NULL, "{s:s}", "slice", &s) < 0)
        rc = flux_respond_error (h, msg, errno, NULL);
    else if (slice_parse (s, &slice) < 0)
        rc = flux_respond_error (h,
                                 msg,
                                 EINVAL,
                                 "could not parse python-style slice "
                                 "expression");
    else if (!(ids = slice_ids (&u->ids, &slice)))
        rc = flux_respond_error (h, msg, ENOMEM, NULL);
    else
        rc = flux_respond_pack (h, msg, "{s:o}", "jobs", ids);
    if (rc < 0)
        flux_log_error (h, ".history: respond");
}

static void answer_all (struct user *u)
{
    for (size_t i = 0; i < u->nwaiting; i++) {
        answer (u, u->waiting[i]);
        flux_msg_destroy (u->waiting[i]);
    }
    u->nwaiting = 0;
}

/* Parts of the list come until ENODATA; any other error is an end, too: what
 * is known is better than nothing.
 */
static void list_cb (flux_future_t *f, void *arg)
{
    struct user *u = arg;
    json_t *jobs;
    json_t *job;
    size_t i;

    if (flux_rpc_get_unpack (f, "{s:o}", "jobs", &jobs) == 0) {
        json_array_foreach (jobs, i, job)
        {
            json_t *id = json_object_get (job, "id");

            if (json_is_integer (id))
                (void)idlist_add (&u->ids, json_integer_value (id));
        }
        flux_future_reset (f);
        return;
    }
    if (errno != ENODATA)
        flux_log_error (u->history->h, ".history: listing ended jobs");
    u->complete = errno == ENODATA;
    flux_future_destroy (f);
    u->list = NULL;
    answer_all (u);
}

static int list_ended (struct user *u)
{
    if (u->list)
        return 0;
    u->list = flux_rpc_pack (u->history->h,
                             "job-list.list",
                             FLUX_NODEID_ANY,
                             FLUX_RPC_STREAMING,
                             "{s:i s:[] s:{s:[{s:[I]} {s:[s]}]}}",
                             "max_entries",
                             0,
                             "attrs",
                             "constraint",
                             "and",
                             "userid",
                             (json_int_t)u->userid,
                             "states",
                             "inactive");
    if (!u->list || flux_future_then (u->list, -1., list_cb, u) < 0) {
        flux_future_destroy (u->list);
        u->list = NULL;
        return -1;
    }
    return 0;
}

static int wait_for_list (struct user *u, const flux_msg_t *msg)
{
    flux_msg_t **waiting =
        realloc (u->waiting, (u->nwaiting + 1) * sizeof (*waiting));

    if (!waiting)
        return -1;
    u->waiting = waiting;
    if (list_ended (u) < 0
        || !(u->waiting[u->nwaiting] = flux_msg_copy (msg, true)))
        return -1;
    u->nwaiting++;
    return 0;
}

static void get_cb (flux_t *h,
                    flux_msg_handler_t *mh,
                    const flux_msg_t *msg,
                    void *arg)
{
    struct history *hist = arg;
    struct flux_msg_cred cred;
    struct user *u;

    if (flux_msg_get_cred (msg, &cred) == 0
        && (u = user_get (hist, cred.userid))) {
        if (u->complete)
            answer (u, msg);
        else if (wait_for_list (u, msg) < 0)
            goto error;
        return;
    }
error:
    if (flux_respond_error (h, msg, errno, NULL) < 0)
        flux_log_error (h, ".history: respond");
}

static const struct flux_plugin_handler handlers[] = {
    { "job.new", new_cb, NULL },
    { "job.inactive-remove", purged_cb, NULL },
    { NULL, NULL, NULL },
};

int history_init (flux_plugin_t *p)
{
    struct history *hist = calloc (1, sizeof (*hist));

    if (!hist)
        return -1;
    hist->h = flux_jobtap_get_flux (p);
    if (flux_plugin_aux_set (p, AUX, hist, (flux_free_f)history_destroy) < 0) {
        history_destroy (hist);
        return -1;
    }
    if (flux_plugin_register (p, ".history", handlers) < 0)
        return -1;
    return flux_jobtap_service_register_ex (p,
                                            "get",
                                            FLUX_ROLE_USER,
                                            get_cb,
                                            hist);
}
