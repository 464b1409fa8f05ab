/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Housekeeping: what a job gave back is cleaned by a command on each of its
 * ranks before the scheduler has it again.  The job does not wait for it.
 *
 * What is being cleaned is kept in the store, in the batch of the job's free
 * event: after a restart it is held again, and the commands run once more.
 * Each piece has a slot there, the first that is not used, so that one change
 * writes one value however much is being cleaned.
 */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <utlist.h>

#include "manager/housekeeping.h"
#include "manager/resource_private.h"
#include "wire/rjson.h"

#define SLOTS_KEY "housekeeping.slots" /* as many as were ever used */

/* ---- in the store ---- */

static void slot_key (char *key, size_t size, unsigned int slot)
{
    snprintf (key, size, "housekeeping.%u", slot);
}

static char *encode_ids (const struct idset *ids)
{
    return idset_encode (ids, IDSET_FLAG_RANGE);
}

static void save (struct housekeeping_entry *e)
{
    struct store *store = e->hk->m->store;
    struct housekeeping_saved s = {
        .id = e->id,
        .userid = e->userid,
        .t_start = e->t_start,
        .ranks = encode_ids (e->allocated),
        .R = e->R,
    };
    char *text = s.ranks ? housekeeping_saved_encode (&s) : NULL;
    char key[40];

    slot_key (key, sizeof (key), e->slot);
    if (!text || store_meta_put (store, key, text, strlen (text)) < 0)
        log_errno (PART, "storing housekeeping of %s", e->name);
    e->batch = store_next_batch (store);
    outbox_wake (e->hk->m->outbox);
    free (text);
    free (s.ranks);
}

static void unsave (struct housekeeping_entry *e)
{
    char key[40];

    slot_key (key, sizeof (key), e->slot);
    if (store_meta_put (e->hk->m->store, key, NULL, 0) < 0)
        log_errno (PART, "storing housekeeping of %s", e->name);
    outbox_wake (e->hk->m->outbox);
}

static int take_slot (struct housekeeping *hk, unsigned int *slot)
{
    char text[16];

    *slot = 0;
    while (idset_test (hk->slots, *slot))
        (*slot)++;
    if (idset_set (hk->slots, *slot) < 0)
        return -1;
    if (*slot < hk->nslots)
        return 0;
    hk->nslots = *slot + 1;
    snprintf (text, sizeof (text), "%u", hk->nslots);
    return store_meta_put (hk->m->store, SLOTS_KEY, text, strlen (text));
}

/* ---- entries ---- */

/* Takes R. */
static struct housekeeping_entry *entry_create (struct housekeeping *hk,
                                                uint64_t id,
                                                struct rset *R)
{
    struct housekeeping_entry *e = calloc (1, sizeof (*e));

    if (!e || !R || !(e->allocated = rset_ranks (R))
        || !(e->pending = idset_copy (e->allocated))) {
        if (e)
            idset_destroy (e->allocated);
        free (e);
        rset_destroy (R);
        return NULL;
    }
    e->hk = hk;
    e->id = id;
    e->R = R;
    e->t_start = clock_now (hk->m->clock);
    (void)jobid_encode (id, JOBID_F58, e->name, sizeof (e->name));
    DL_APPEND (hk->entries, e);
    return e;
}

static void entry_destroy (struct housekeeping_entry *e)
{
    DL_DELETE (e->hk->entries, e);
    if (e->run)
        e->hk->runner.destroy (e->run);
    loop_source_destroy (e->timer);
    idset_destroy (e->allocated);
    idset_destroy (e->pending);
    rset_destroy (e->R);
    free (e);
}

/* ---- giving back ---- */

/* Where it is over, the scheduler has it again. */
static void release_done (struct housekeeping_entry *e)
{
    struct manager *m = e->hk->m;
    struct rset *rest;

    if (idset_equal (e->allocated, e->pending))
        return;
    idset_destroy (e->allocated);
    e->allocated = idset_copy (e->pending);
    rest = e->allocated ? rset_of_ranks (e->R, e->allocated) : NULL;
    if (!rest || alloc_shrink (m->alloc, e->id, rest) < 0)
        log_errno (PART, "housekeeping: freeing resources of %s", e->name);
    rset_destroy (rest);
    if (e->allocated && idset_count (e->allocated) > 0)
        save (e);
    else {
        unsave (e);
        log_msg (LOG_DEBUG, PART, "housekeeping: %s complete", e->name);
        loop_kick (e->hk->work); /* removes it */
    }
}

static void timer_cb (struct loop_source *src, int revents, void *arg)
{
    struct housekeeping_entry *e = arg;

    e->released_some = true;
    release_done (e);
}

static void one_over (struct housekeeping_entry *e, unsigned int rank)
{
    double after = e->hk->conf.release_after;

    idset_clear (e->pending, rank);
    if (idset_count (e->pending) == 0 || after == 0. || e->released_some)
        release_done (e);
    else if (after > 0. && !e->timer
             && !(e->timer = loop_timer_create (e->hk->m->loop,
                                                LOOP_HOLDABLE,
                                                after,
                                                0.,
                                                timer_cb,
                                                e)))
        log_errno (PART, "housekeeping: release-after");
}

/* ---- reports ---- */

static void say (struct housekeeping_entry *e,
                 int severity,
                 unsigned int rank,
                 const char *s)
{
    struct resources *res = e->hk->m->resources;
    const struct rset_node *n = rset_find (e->R, rank);
    struct idset *one = idset_create (0, IDSET_FLAG_AUTOGROW);
    char *hosts = NULL;

    if (one && idset_set (one, rank) == 0)
        hosts = resources_hosts (res, one);
    log_msg (severity,
             PART,
             "housekeeping: %s (rank %u) %s: %s",
             hosts ? hosts : (n && n->host ? n->host : "?"),
             rank,
             e->name,
             s);
    free (hosts);
    idset_destroy (one);
}

static void line_cb (void *arg, unsigned int rank, bool err, const char *line)
{
    say (arg, err ? LOG_ERR : LOG_INFO, rank, line);
}

static void over_cb (void *arg, unsigned int rank, int status, const char *why)
{
    struct housekeeping_entry *e = arg;

    if (why)
        say (e, LOG_ERR, rank, why);
    else if (WIFSIGNALED (status))
        say (e, LOG_ERR, rank, strsignal (WTERMSIG (status)));
    else if (status != 0)
        say (e, LOG_ERR, rank, "nonzero exit code");
    one_over (e, rank);
}

/* ---- starting, after the commit ---- */

static void all_over (struct housekeeping_entry *e)
{
    unsigned int rank;

    while ((rank = idset_first (e->pending)) != IDSET_INVALID_ID)
        one_over (e, rank);
}

static void start (struct housekeeping_entry *e)
{
    struct housekeeping *hk = e->hk;
    struct run_report report = { line_cb, over_cb, e };
    struct run_command cmd = { .ranks = e->pending,
                               .argv = hk->conf.argv,
                               .report = &report };
    struct idset *all = rset_ranks (e->R);
    char *ranks = all ? encode_ids (all) : NULL;
    char id[40], userid[40];
    char *of = NULL;
    const char *env[] = { id, userid, NULL, NULL };

    snprintf (id, sizeof (id), "FLUX_JOB_ID=%" PRIu64, e->id);
    snprintf (userid, sizeof (userid), "FLUX_JOB_USERID=%u", e->userid);
    if (ranks && asprintf (&of, "FLUX_JOB_RANKS=%s", ranks) >= 0)
        env[2] = of;
    cmd.env = env;
    e->started = true;
    /* Nothing to be run any more: the configuration was taken away. */
    if (cmd.argv && hk->runner.start) {
        log_msg (LOG_DEBUG, PART, "housekeeping: %s started", e->name);
        if (!(e->run = hk->runner.start (hk->runner.arg, &cmd)))
            log_errno (PART, "housekeeping: %s: starting the command", e->name);
    }
    if (!e->run)
        all_over (e);
    free (of);
    free (ranks);
    idset_destroy (all);
}

static void work_cb (struct loop_source *src, int revents, void *arg)
{
    struct housekeeping *hk = arg;
    uint64_t durable = outbox_durable (hk->m->outbox);
    struct housekeeping_entry *e, *tmp;

    DL_FOREACH_SAFE (hk->entries, e, tmp)
    {
        if (!e->started && !hk->m->exec_offline && e->batch <= durable)
            start (e);
        if (idset_count (e->allocated) == 0) {
            idset_clear (hk->slots, e->slot);
            entry_destroy (e);
        }
    }
}

void housekeeping_durable (struct housekeeping *hk)
{
    if (hk && hk->entries)
        loop_kick (hk->work);
}

bool housekeeping_take (struct housekeeping *hk, struct job *job)
{
    const struct rset *R = job->R ? rjson_of (job->R) : NULL;
    struct housekeeping_entry *e;

    if (!hk->conf.argv || !R || (job->flags & JOB_FLAG_ALLOC_BYPASS)
        || !(e = entry_create (hk, job->id, rset_copy (R))))
        return false;
    e->userid = job->userid;
    if (take_slot (hk, &e->slot) < 0) {
        log_errno (PART, "housekeeping of %s", e->name);
        entry_destroy (e);
        return false;
    }
    save (e);
    return true;
}

/* ---- coming back ---- */

static void restore (struct housekeeping *hk, unsigned int slot)
{
    struct housekeeping_saved s;
    struct idset *ranks = NULL;
    struct housekeeping_entry *e = NULL;
    struct rset *held;
    char key[40];
    char *text;

    slot_key (key, sizeof (key), slot);
    if (store_meta_get (hk->m->store, key, &text, NULL) < 0)
        return;
    if (housekeeping_saved_decode (text, &s) == 0
        && (ranks = idset_decode (s.ranks))
        && (e = entry_create (hk, s.id, s.R))) {
        e->userid = s.userid;
        e->t_start = s.t_start;
        e->slot = slot;
        (void)idset_set (hk->slots, slot);
        idset_destroy (e->allocated);
        idset_destroy (e->pending);
        e->allocated = ranks;
        e->pending = idset_copy (ranks);
        held = rset_of_ranks (e->R, ranks);
        if (!held || alloc_hold (hk->m->alloc, e->id, held) < 0)
            log_errno (PART, "housekeeping: resources of %s", e->name);
        rset_destroy (held);
    }
    else {
        log_msg (LOG_ERR, PART, "%s: what is stored is not readable", key);
        idset_destroy (ranks);
    }
    free (s.ranks);
    free (text);
}

int housekeeping_restore (struct housekeeping *hk)
{
    char *text;

    if (store_meta_get (hk->m->store, SLOTS_KEY, &text, NULL) < 0)
        return errno == ENOENT ? 0 : -1;
    hk->nslots = strtoul (text, NULL, 10);
    free (text);
    for (unsigned int i = 0; i < hk->nslots; i++)
        restore (hk, i);
    loop_kick (hk->work);
    return 0;
}

/* ---- life ---- */

void manager_set_runner (struct manager *m, const struct runner_ops *ops)
{
    m->housekeeping->runner = *ops;
}

void housekeeping_configure (struct housekeeping *hk, const char *json)
{
    struct housekeeping_settings s;

    if (housekeeping_settings_decode (json, &s, NULL) < 0)
        return;
    housekeeping_settings_clear (&hk->conf);
    hk->conf = s;
}

struct housekeeping *housekeeping_create (struct manager *m)
{
    struct housekeeping *hk = calloc (1, sizeof (*hk));

    if (!hk)
        return NULL;
    hk->m = m;
    hk->conf.release_after = -1.;
    hk->slots = idset_create (0, IDSET_FLAG_AUTOGROW);
    hk->work = loop_work_create (m->loop, LOOP_HOLDABLE, work_cb, hk);
    if (!hk->slots || !hk->work) {
        housekeeping_destroy (hk);
        return NULL;
    }
    loop_source_set_name (hk->work, "housekeeping");
    return hk;
}

void housekeeping_destroy (struct housekeeping *hk)
{
    if (!hk)
        return;
    while (hk->entries)
        entry_destroy (hk->entries);
    loop_source_destroy (hk->work);
    idset_destroy (hk->slots);
    housekeeping_settings_clear (&hk->conf);
    free (hk);
}
