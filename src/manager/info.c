/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the manager says of itself and of active jobs: getattr, getinfo, list,
 * stats-get, set-batch-timeout.
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

static uint64_t max_jobid (struct manager *m)
{
    struct store_counts counts;
    uint64_t max = 0;

    if (store_counts (m->store, &counts) == 0)
        max = counts.max_id;
    /* The youngest job was added last. */
    if (m->jobs.last && m->jobs.last->id > max)
        max = m->jobs.last->id;
    return max;
}

static int handle_getinfo (struct router *r,
                           const flux_msg_t *msg,
                           void *arg,
                           flux_error_t *error)
{
    struct manager *m = arg;
    char answer[48];

    if (!manager_may_see (m, msg, FLUX_USERID_UNKNOWN)) {
        errno = EPERM;
        return REQUEST_ERROR;
    }

    snprintf (answer,
              sizeof (answer),
              "{\"max_jobid\":%" PRIu64 "}",
              max_jobid (m));
    router_respond (r, msg, answer);
    return REQUEST_DONE;
}

static int print_attr (struct manager *m,
                       struct job *job,
                       const char *attr,
                       struct jbuf *b)
{
    char *log;
    size_t len;

    if (!strcmp (attr, "jobspec") && job->spec && text_str (job->spec))
        jbuf_lit (b, text_str (job->spec));
    else if (!strcmp (attr, "R") && job->R)
        jbuf_lit (b, job->R->s);
    else if (!strcmp (attr, "eventlog")
             && store_log_get (m->store, job->id, "eventlog", &log, &len)
                    == 0) {
        jbuf_string (b, log);
        free (log);
    }
    else {
        errno = ENOENT;
        return -1;
    }
    return 0;
}

static int handle_getattr (struct router *r,
                           const flux_msg_t *msg,
                           void *arg,
                           flux_error_t *error)
{
    struct manager *m = arg;
    struct jbuf b = { 0 };
    const char **attrs;
    struct job *job;
    char *answer;
    uint64_t id;
    int rc = -1;

    if (req_getattr_decode (msg, &id, &attrs, error) < 0)
        return REQUEST_ERROR;
    if (!(job = manager_job (m, id)))
        err_set (error, ENOENT, "unknown job id");
    else if (!router_may (msg, job->userid))
        err_set (error, EPERM, "guests can only access their own jobs");
    else
        rc = 0;
    jbuf_lit (&b, "{");
    for (int i = 0; rc == 0 && attrs[i]; i++) {
        if (i > 0)
            jbuf_lit (&b, ",");
        jbuf_string (&b, attrs[i]);
        jbuf_lit (&b, ":");
        if ((rc = print_attr (m, job, attrs[i], &b)) < 0)
            err_set (error, ENOENT, "attribute %s: not found", attrs[i]);
    }
    jbuf_lit (&b, "}");
    free (attrs);
    if ((answer = jbuf_take (&b, NULL)) && rc == 0)
        router_respond (r, msg, answer);
    free (answer);
    return rc < 0 ? REQUEST_ERROR : REQUEST_DONE;
}

static int handle_list (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct manager *m = arg;
    struct jbuf b = { 0 };
    struct job *job;
    char *answer;
    int max, n = 0;

    if (req_list_decode (msg, &max, error) < 0)
        return REQUEST_ERROR;
    if (max < 0)
        return err_set (error, EPROTO, "max_entries is negative");
    jbuf_lit (&b, "{\"jobs\":[");
    for (job = manager_jobs (m); job && (max == 0 || n < max);
         job = job_next (job)) {
        if (n++ > 0)
            jbuf_lit (&b, ",");
        wire_list_entry (&b, job);
    }
    jbuf_lit (&b, "]}");
    if (!(answer = jbuf_take (&b, NULL)))
        return REQUEST_ERROR;
    router_respond (r, msg, answer);
    free (answer);
    return REQUEST_DONE;
}

/* Batches end with the turn of the loop: there is no timeout to set. */
static int handle_batch_timeout (struct router *r,
                                 const flux_msg_t *msg,
                                 void *arg,
                                 flux_error_t *error)
{
    double timeout;

    if (req_number_decode (msg, "timeout", &timeout, error) < 0)
        return REQUEST_ERROR;
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

/* One batch a turn that wrote something; transactions may hold several. */
static void print_store (struct manager *m, struct jbuf *b)
{
    struct store_stats stats;

    store_stats (m->store, &stats);
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {
        { "{\"turns\":", outbox_turns (m->outbox) },
        { ",\"batches\":", stats.batches },
        { ",\"transactions\":", stats.transactions },
        { ",\"records\":", stats.records },
        { ",\"bytes\":", stats.bytes },
        { ",\"queued\":", stats.queued },
    };

    for (size_t i = 0; i < sizeof (numbers) / sizeof (numbers[0]); i++) {
        jbuf_lit (b, numbers[i].key);
        jbuf_int (b, numbers[i].value);
    }
    jbuf_lit (b,
              store_full (m->store, NULL) ? ",\"full\":true}"
                                          : ",\"full\":false}");
}

static char *stats_text (struct manager *m)
{
    struct store_counts counts = { 0 };
    struct loop_longest turn;
    char *aside = aside_json (m);
    char *housekeeping = housekeeping_stats (m->housekeeping);
    struct jbuf b = { 0 };
    char buf[512];

    loop_longest (m->loop, &turn);
    store_counts (m->store, &counts);
    snprintf (buf,
              sizeof (buf),
              "{\"journal\":{\"listeners\":%u,\"events\":%u},"
              "\"active_jobs\":%u,\"inactive_jobs\":%" PRIu64
              ",\"max_jobid\":%" PRIu64 ",\"unreplayable_jobs\":%u,"
              "\"set_aside\":",
              evjournal_listeners (m->journal),
              evjournal_events (m->journal),
              m->active_count,
              counts.inactive,
              max_jobid (m),
              aside_count (m));
    jbuf_lit (&b, buf);
    jbuf_lit (&b, aside ? aside : "[]");
    jbuf_lit (&b, ",\"store\":");
    print_store (m, &b);
    snprintf (buf,
              sizeof (buf),
              ",\"loop\":{\"turns\":%lu,\"longest\":{\"seconds\":%.6f,"
              "\"when\":%.6f,\"most\":{\"seconds\":%.6f,\"what\":\"%s\"}}}",
              turn.turns,
              turn.seconds,
              turn.when,
              turn.part,
              turn.what);
    jbuf_lit (&b, buf);
    jbuf_lit (&b, ",\"housekeeping\":");
    jbuf_lit (&b, housekeeping ? housekeeping : "{}");
    jbuf_lit (&b, "}");
    free (housekeeping);
    free (aside);
    return jbuf_take (&b, NULL);
}

static int handle_stats (struct router *r,
                         const flux_msg_t *msg,
                         void *arg,
                         flux_error_t *error)
{
    struct manager *m = arg;
    char *s;

    if (!manager_may_see (m, msg, FLUX_USERID_UNKNOWN)) {
        errno = EPERM;
        return REQUEST_ERROR;
    }
    if (!(s = stats_text (m)))
        return REQUEST_ERROR;
    router_respond (r, msg, s);
    free (s);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "job-manager.getinfo", FLUX_ROLE_USER, 0, handle_getinfo },
    { "job-manager.stats-get", FLUX_ROLE_USER, 0, handle_stats },
    { "job-manager.getattr", FLUX_ROLE_USER, 0, handle_getattr },
    { "job-manager.list", FLUX_ROLE_OWNER, 0, handle_list },
    { "job-manager.set-batch-timeout",
      FLUX_ROLE_OWNER,
      0,
      handle_batch_timeout },
    { NULL },
};

const struct request_row *info_requests (void)
{
    return rows;
}
