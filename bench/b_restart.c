/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Starting on a state directory with many jobs in it, until the first answer;
 * and listing all the pending ones.  The directory is made by running one job
 * to its end and one not, and copying what the store then has of them.
 */

#include <errno.h>
#include <flux/core.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench.h"
#include "inproc.h"
#include "outside.h"

#define BATCH 5000
#define ID_STEP (1ULL << 24)

struct copy {
    struct store_job row;
    char *strings[5];
    char *J, *R, *log;
    size_t J_len, R_len, log_len;
};

static char *keep (const char *s)
{
    return s ? strdup (s) : NULL;
}

static int keep_row (const struct store_job *row, void *arg)
{
    struct copy *c = arg;

    c->row = *row;
    c->row.name = c->strings[0] = keep (row->name);
    c->row.queue = c->strings[1] = keep (row->queue);
    c->row.jobspec = c->strings[2] = keep (row->jobspec);
    c->row.R = c->strings[3] = keep (row->R);
    c->row.extra = c->strings[4] = keep (row->extra);
    return 0;
}

static void copy_finish (struct copy *c)
{
    for (int i = 0; i < 5; i++)
        free (c->strings[i]);
    free (c->J);
    free (c->R);
    free (c->log);
}

static void copy_get (struct store *s, uint64_t id, struct copy *c)
{
    *c = (struct copy){ 0 };
    if (store_job_get (s, id, keep_row, c) < 0
        || store_log_get (s, id, "eventlog", &c->log, &c->log_len) < 0
        || store_value_get (s, id, "J", &c->J, &c->J_len) < 0)
        die ("job %llu is not in the store", (unsigned long long)id);
    (void)store_value_get (s, id, "R", &c->R, &c->R_len);
}

static void copy_put (struct store *s, const struct copy *c, uint64_t id)
{
    struct store_job row = c->row;

    row.id = id;
    if (store_job_put (s, &row) < 0
        || store_log_append (s, id, "eventlog", c->log, c->log_len) < 0
        || store_value_put (s, id, "J", c->J, c->J_len) < 0
        || (c->R && store_value_put (s, id, "R", c->R, c->R_len) < 0))
        die ("writing to the store: %m");
}

static void on_done (uint64_t batch, int ret, const char *error, void *arg)
{
    if (ret < 0)
        die ("the store: %s", error);
    *(uint64_t *)arg = batch;
}

static void put_many (struct store *s,
                      struct loop *loop,
                      const uint64_t *done,
                      const struct copy *c,
                      long n,
                      uint64_t *id)
{
    for (long i = 0; i < n; i += BATCH) {
        uint64_t batch;

        for (long k = i; k < n && k < i + BATCH; k++, *id += ID_STEP)
            copy_put (s, c, *id);
        batch = store_commit (s);
        while (*done < batch)
            loop_turn (loop, true);
    }
}

/* A job that ended and one that waits, in dir; their ids. */
static void run_two (const char *dir, uint64_t *ended, uint64_t *pending)
{
    struct inproc *in = inproc_create (
        &(struct inproc_opt){ .cores = 1, .statedir = dir, .sync = "off" });

    inproc_submit (in, 1, 1, false);
    *ended = in->last_id;
    inproc_until_active (in, 0);
    inproc_settle (in);
    inproc_destroy (in);
    in = inproc_create (&(struct inproc_opt){ .cores = 1,
                                              .statedir = dir,
                                              .sync = "off",
                                              .run = 1e6 });
    inproc_submit (in, 2, 1, false);
    *pending = in->last_id;
    inproc_settle (in);
    inproc_destroy (in);
}

static void make_state (const char *dir, long ninactive, long npending)
{
    char small[4300];
    struct loop *loop = loop_create (NULL);
    uint64_t ended, pending, done = 0, id;
    struct copy a, b;
    struct store *s;
    flux_error_t error;

    snprintf (small, sizeof (small), "%s-small", dir);
    run_two (small, &ended, &pending);
    if (!(s = store_open (loop, small, "off", on_done, &done, &error)))
        die ("%s: %s", small, error.text);
    copy_get (s, ended, &a);
    copy_get (s, pending, &b);
    store_close (s);
    done = 0;
    if (mkdir (dir, 0700) < 0
        || !(s = store_open (loop, dir, "off", on_done, &done, &error)))
        die ("%s: %s", dir, error.text);
    id = ended;
    put_many (s, loop, &done, &a, ninactive, &id);
    put_many (s, loop, &done, &b, npending, &id);
    store_close (s);
    copy_finish (&a);
    copy_finish (&b);
    loop_destroy (loop);
}

static double list (struct outside *o, long *jobs)
{
    double t = now ();
    const char *s;
    flux_future_t *f = flux_rpc (o->h,
                                 "job-list.list",
                                 "{\"max_entries\":0,\"attrs\":[\"all\"],"
                                 "\"constraint\":{\"states\":[\"pending\"]}}",
                                 0,
                                 FLUX_RPC_STREAMING);

    *jobs = 0;
    if (!f)
        die ("job-list.list: %m");
    while (flux_rpc_get (f, &s) == 0) {
        for (const char *p = s; (p = strstr (p, "\"id\":")); p++)
            (*jobs)++;
        flux_future_reset (f);
    }
    if (errno != ENODATA)
        die ("job-list.list: %m");
    flux_future_destroy (f);
    return now () - t;
}

static void measure (long ninactive, long npending, bool listing)
{
    char dir[4200], name[128], label[128];
    struct subject s;
    struct figure f = {
        .name = name,
        .size = npending,
        .unit = "s",
        .target = "2 with 1 million inactive, 100 thousand pending",
    };
    struct figure l = {
        .name = label,
        .size = npending,
        .unit = "s",
        .target = "0.5 for 100 thousand",
    };
    long jobs = 0;

    snprintf (dir, sizeof (dir), "%s/restart%ld", scratch (), ninactive);
    snprintf (name, sizeof (name), "restart, %ld inactive", ninactive);
    snprintf (label, sizeof (label), "list of pending jobs, all attributes");
    make_state (dir, ninactive, npending);
    subject_get (0, &s);
    for (int i = 0; i < runs (); i++) {
        struct outside o;
        double t = now ();

        outside_start (&o, &s, dir);
        series_add (&f.s, now () - t);
        if (listing)
            series_add (&l.s, list (&o, &jobs));
        /* as after a crash: jobs stay as they are */
        outside_kill (&o);
    }
    figure_print (&f);
    l.size = jobs;
    if (listing)
        figure_print (&l);
}

int main (int argc, char **argv)
{
    measure (10000, 10000, false);
    measure (100000, size_max () < 100000 ? 1000 : 100000, true);
    if (size_max () >= 1000000)
        measure (1000000, 100000, false);
    return 0;
}
