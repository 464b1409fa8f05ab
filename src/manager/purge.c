/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Removing the records of finished jobs: job-manager.purge, purge-id, and
 * the limits of the configuration (flux-config-job-manager(5)).
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/jbuf.h"
#include "wire/requests_job.h"

#define CHECK_PERIOD 60. /* seconds between looks at the limits */
#define CHECK_SLICE 1000 /* jobs purged at a time by the limits */

struct purger {
    struct manager *m;
    double age_limit; /* < 0: none */
    int num_limit;    /* < 0: none */
    struct loop_source *timer;
};

/* Finished jobs come latest first; those to go are the last of them. */
struct selection {
    double before; /* t_inactive at most this */
    uint64_t skip; /* keep so many of the latest */
    uint64_t seen;
    uint64_t *ids; /* a ring of the oldest `max` */
    size_t max;
    size_t count; /* ever put in */
};

static int select_row (const struct store_job *row, void *arg)
{
    struct selection *sel = arg;

    if (sel->seen++ < sel->skip || row->t_inactive > sel->before)
        return 0;
    sel->ids[sel->count++ % sel->max] = row->id;
    return 0;
}

static void publish (struct manager *m, const uint64_t *ids, size_t count)
{
    struct jbuf b = { 0 };
    char *json;

    jbuf_lit (&b, "{\"jobs\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            jbuf_lit (&b, ",");
        jbuf_int (&b, ids[i]);
    }
    jbuf_lit (&b, "]}");
    if ((json = jbuf_take (&b, NULL)) && count > 0)
        outbox_publish (m->outbox, "job-purge-inactive", json);
    free (json);
}

static int remove_record (struct manager *m, uint64_t id)
{
    if (m->plugins && m->plugins->job_purge)
        m->plugins->job_purge (m->plugins->arg, id);
    return store_job_remove (m->store, id);
}

/* How many match, or with force how many of at most batch were removed. */
static int purge (struct purger *p, const struct req_purge *req)
{
    struct manager *m = p->m;
    double now = clock_now (m->clock);
    struct selection sel = {
        .before = req->age_limit >= 0. ? now - req->age_limit : now,
        .skip = req->num_limit >= 0 ? req->num_limit : 0,
        .max = req->batch,
    };
    size_t n;
    int rc;

    /* Without a limit nothing is too old or too much. */
    if (req->age_limit < 0. && req->num_limit < 0)
        return 0;
    if (!(sel.ids = calloc (sel.max, sizeof (*sel.ids))))
        return -1;
    rc = store_each_inactive (m->store, 0., 0, select_row, &sel);
    n = sel.count < sel.max ? sel.count : sel.max;
    for (size_t i = 0; rc >= 0 && req->force && i < n; i++)
        rc = remove_record (m, sel.ids[i]);
    if (rc >= 0 && req->force)
        publish (m, sel.ids, n);
    free (sel.ids);
    if (rc < 0)
        return -1;
    return req->force ? n : sel.count;
}

static int respond_count (struct manager *m, const flux_msg_t *msg, int count)
{
    char answer[32];

    snprintf (answer, sizeof (answer), "{\"count\":%d}", count);
    manager_respond (m, msg, 0, answer);
    return REQUEST_DONE;
}

static int handle_purge (struct router *r,
                         const flux_msg_t *msg,
                         void *arg,
                         flux_error_t *error)
{
    struct manager *m = arg;
    struct req_purge req;
    int count;

    if (req_purge_decode (msg, &req, error) < 0)
        return REQUEST_ERROR;
    if (req.age_limit != -1. && req.age_limit < 0.)
        return err_set (error, EINVAL, "age limit must be >= 0");
    if (req.num_limit < -1)
        return err_set (error, EINVAL, "num limit must be >= 0");
    if (req.batch < 1 || req.batch > 100)
        return err_set (error, EINVAL, "batch must be in the range 1 to 100");
    if ((count = purge (m->purger, &req)) < 0)
        return err_set (error, errno, "purging: %s", strerror (errno));
    return respond_count (m, msg, count);
}

static int note_state (const struct store_job *row, void *arg)
{
    *(int *)arg = row->state;
    return 0;
}

static int handle_purge_id (struct router *r,
                            const flux_msg_t *msg,
                            void *arg,
                            flux_error_t *error)
{
    struct manager *m = arg;
    int force, state = 0;
    uint64_t id;

    if (req_id_decode (msg, &id, "force", &force, error) < 0)
        return REQUEST_ERROR;
    if (manager_job (m, id))
        return err_set (error, EINVAL, "cannot purge active job");
    if (store_job_get (m->store, id, note_state, &state) < 0)
        return err_set (error, ENOENT, "id not found");
    if (force) {
        if (remove_record (m, id) < 0)
            return err_set (error, errno, "purging: %s", strerror (errno));
        publish (m, &id, 1);
    }
    return respond_count (m, msg, 1);
}

static const struct request_row rows[] = {
    { "job-manager.purge", FLUX_ROLE_OWNER, METHOD_HELD, handle_purge },
    { "job-manager.purge-id", FLUX_ROLE_OWNER, METHOD_HELD, handle_purge_id },
    { NULL },
};

const struct request_row *purge_requests (void)
{
    return rows;
}

/* Each limit alone is reason enough. */
static void enforce (struct loop_source *src, int revents, void *arg)
{
    struct purger *p = arg;
    struct req_purge req = {
        .age_limit = -1.,
        .num_limit = -1,
        .batch = CHECK_SLICE,
        .force = true,
    };
    int aged = 0, many = 0;

    if (p->age_limit >= 0.) {
        req.age_limit = p->age_limit;
        aged = purge (p, &req);
        req.age_limit = -1.;
    }
    if (p->num_limit >= 0 && aged == 0) {
        req.num_limit = p->num_limit;
        many = purge (p, &req);
    }
    if (aged < 0 || many < 0)
        log_errno (PART, "purging finished jobs");
    if (aged == CHECK_SLICE || many == CHECK_SLICE)
        loop_timer_set (p->timer, 0.1, CHECK_PERIOD);
}

void purger_set_limits (struct purger *p, double age, int num)
{
    p->age_limit = age;
    p->num_limit = num;
    if (age < 0. && num < 0) {
        if (p->timer)
            loop_source_destroy (p->timer);
        p->timer = NULL;
    }
    else if (!p->timer) {
        p->timer = loop_timer_create (p->m->loop,
                                      LOOP_HOLDABLE,
                                      1.,
                                      CHECK_PERIOD,
                                      enforce,
                                      p);
        if (p->timer)
            loop_source_set_counted (p->timer, false);
    }
}

struct purger *purger_create (struct manager *m)
{
    struct purger *p;

    if (!(p = calloc (1, sizeof (*p))))
        return NULL;
    p->m = m;
    p->age_limit = -1.;
    p->num_limit = -1;
    return p;
}

void purger_destroy (struct purger *p)
{
    if (!p)
        return;
    if (p->timer)
        loop_source_destroy (p->timer);
    free (p);
}
