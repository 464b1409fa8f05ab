/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Everything here is asked of both answers, and must come out the same. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/store.h"
#include "tap.h"

struct told {
    uint64_t last;
    unsigned int count, failed, disorder;
    char error[200];
};

static void done_cb (uint64_t batch, int ret, const char *error, void *arg)
{
    struct told *told = arg;

    told->disorder += batch != told->last + 1;
    told->last = batch;
    told->count++;
    if (ret < 0) {
        told->failed++;
        snprintf (told->error, sizeof (told->error), "%s", error);
    }
}

/* Commit, and turn the loop until it is told. */
static void commit (struct loop *loop, struct store *s, struct told *told)
{
    uint64_t n = store_commit (s);

    while (told->last < n)
        loop_turn (loop, true);
}

static struct store_job row (uint64_t id, int state)
{
    struct store_job job = {
        .id = id,
        .userid = 4294967294u,
        .urgency = 16,
        .flags = 2,
        .state = state,
        .priority = -1,
        .t_submit = 1700000000.1234567,
        .waitstatus = -1,
        .name = "app",
    };

    return job;
}

static int copy_cb (const struct store_job *job, void *arg)
{
    *(struct store_job *)arg = *job;
    return 0;
}

/* Collects "id id id". */
static int ids_cb (const struct store_job *job, void *arg)
{
    char *s = arg;

    sprintf (s + strlen (s), "%llu ", (unsigned long long)job->id);
    return 0;
}

/* Adds up the lengths of keys. */
static int keys_cb (const char *key, void *arg)
{
    *(int *)arg += strlen (key);
    return 0;
}

static int no_key_cb (const char *key, void *arg)
{
    errno = EDOM;
    return -1;
}

static int id_cb (uint64_t id, void *arg)
{
    struct store_job job = { .id = id };

    return ids_cb (&job, arg);
}

static const char *oldest (struct store *s,
                           double before,
                           uint64_t keep,
                           unsigned int max)
{
    static char ids[64];

    ids[0] = '\0';
    return store_each_oldest (s, before, keep, max, id_cb, ids) < 0 ? "failed"
                                                                    : ids;
}

static int stop_cb (const struct store_job *job, void *arg)
{
    (*(int *)arg)++;
    errno = EINTR;
    return -1;
}

static int active_cb (uint64_t id, const char *jobspec, void *arg)
{
    return id_cb (id, arg);
}

/* The first job's. */
static int spec_cb (uint64_t id, const char *jobspec, void *arg)
{
    strcpy (arg, jobspec ? jobspec : "none");
    return -1;
}

static int active_stop_cb (uint64_t id, const char *jobspec, void *arg)
{
    return stop_cb (NULL, arg);
}

static void test_data (struct loop *loop, struct store *s, struct told *told)
{
    char *data;
    size_t len;
    int n;
    uint64_t next;

    ok (!store_dirty (s) && store_commit (s) == 0,
        "an empty batch is not committed");
    next = store_next_batch (s);
    store_log_append (s, 1, "eventlog", "a\n", 2);
    store_log_append (s, 1, "guest", "x", 1);
    store_log_append (s, 2, "eventlog", "other", 5);
    store_log_append (s, 1, "eventlog", "b\n", 2);
    store_log_append (s, 1, "eventlog", "", 0);
    store_value_put (s, 1, "J", "j\0j", 3);
    store_value_put (s, 1, "empty", "", 0);
    store_meta_put (s, "last", "42", 2);
    ok (store_dirty (s), "the open batch holds something");
    ok (store_log_get (s, 1, "eventlog", &data, &len) < 0 && errno == ENOENT,
        "which cannot be read");
    is_int (told->count, 0, "and of which nothing is told");
    is_int (store_commit (s), next, "the commit's number was foretold");
    is_int (told->count, 0, "done is not called by commit");
    while (told->count == 0)
        loop_turn (loop, true);
    is_int (told->failed, 0, "it becomes durable");

    ok (store_log_get (s, 1, "eventlog", &data, &len) == 0, "a log is read");
    is_str (data, "a\nb\n", "in the order of its appends");
    is_int (len, 4, "with its length");
    free (data);
    ok (store_value_get (s, 1, "J", &data, &len) == 0 && len == 3
            && !memcmp (data, "j\0j", 4),
        "a value may hold any bytes");
    free (data);
    n = 0;
    ok (store_each_value (s, 1, NULL, 0, keys_cb, &n) == 0 && n == 6,
        "the keys of a job's values are walked");
    ok (store_each_value (s, 3, NULL, 0, keys_cb, &n) == 0 && n == 6,
        "none for none");
    n = 0;
    ok (store_each_value (s, 1, NULL, 1, keys_cb, &n) == 0 && n == 1,
        "the first of them");
    ok (store_each_value (s, 1, "J", 0, keys_cb, &n) == 0 && n == 6,
        "and those after it");
    ok (store_each_value (s, 1, NULL, 0, no_key_cb, NULL) < 0 && errno == EDOM,
        "a callback ends the walk");
    ok (store_value_get (s, 1, "empty", &data, NULL) == 0 && !*data,
        "an empty value is there");
    free (data);
    ok (store_meta_get (s, "last", &data, &len) == 0 && !strcmp (data, "42"),
        "meta");
    free (data);

    store_log_append (s, 1, "eventlog", "c\n", 2);
    store_value_put (s, 1, "J", "new", 3);
    store_value_put (s, 1, "empty", NULL, 0);
    store_meta_put (s, "last", NULL, 0);
    commit (loop, s, told);
    ok (store_log_get (s, 1, "eventlog", &data, NULL) == 0
            && !strcmp (data, "a\nb\nc\n"),
        "appends of batches follow each other");
    free (data);
    ok (store_value_get (s, 1, "J", &data, NULL) == 0 && !strcmp (data, "new"),
        "a value is replaced");
    free (data);
    ok (store_value_get (s, 1, "empty", &data, NULL) < 0 && errno == ENOENT,
        "NULL deletes a value");
    ok (store_meta_get (s, "last", &data, NULL) < 0 && errno == ENOENT,
        "and meta");
    ok (store_meta_put (s, "store.schema", "9", 1) < 0 && errno == EINVAL,
        "the store's own keys are not for others");
    ok (store_value_get (s, 3, "J", &data, NULL) < 0 && errno == ENOENT
            && store_log_get (s, 1, "no", &data, NULL) < 0 && errno == ENOENT
            && store_meta_get (s, "no", &data, NULL) < 0 && errno == ENOENT,
        "what is not there is ENOENT");
}

struct of_queue {
    const char *queue;
    struct store_counts c;
    int rows;
};

static void queue_cb (const char *queue,
                      const struct store_counts *c,
                      void *arg)
{
    struct of_queue *q = arg;

    q->rows++;
    if (q->queue && queue ? !strcmp (q->queue, queue) : q->queue == queue)
        q->c = *c;
}

static struct store_counts counts_of (struct store *s,
                                      const char *queue,
                                      int *rows)
{
    struct of_queue q = { .queue = queue };

    store_queue_counts (s, queue_cb, &q);
    *rows = q.rows;
    return q.c;
}

static void test_rows (struct loop *loop, struct store *s, struct told *told)
{
    uint64_t next[8];
    struct store_job job = row (1, 8), got;
    struct store_counts c;
    char ids[200] = "";
    int n = 0;
    int rows;
    char *data;

    ok (store_job_get (s, 1, copy_cb, &got) < 0 && errno == ENOENT,
        "logs and values make no row");
    job.jobspec = "{}";
    job.queue = "q";
    job.extra = "{\"a\":1}";
    job.t_depend = 1;
    job.t_priority = 2;
    job.t_sched = 3;
    job.t_run = 4;
    job.t_cleanup = 5;
    store_job_put (s, &job);
    commit (loop, s, told);
    memset (&got, 0xff, sizeof (got));
    ok (store_job_get (s, 1, copy_cb, &got) == 0, "a row is read");
    ok (got.id == 1 && got.userid == job.userid && got.urgency == 16
            && got.flags == 2 && got.state == 8 && got.result == 0
            && got.priority == -1 && got.t_submit == job.t_submit
            && got.t_depend == 1 && got.t_priority == 2 && got.t_sched == 3
            && got.t_run == 4 && got.t_cleanup == 5 && got.t_inactive == 0
            && got.waitstatus == -1,
        "and is what was put");

    job.R = "{R}";
    job.queue = NULL;
    job.state = 16;
    job.priority = 4294967295;
    store_job_put (s, &job);
    for (uint64_t id = 2; id <= 5; id++) {
        struct store_job other = row (id, 8);
        store_job_put (s, &other);
    }
    commit (loop, s, told);
    ok (store_next_jobs (s, 3, next, 1) == 1 && next[0] == 3,
        "a job by its id");
    ok (store_next_jobs (s, 2, next, 2) == 2 && next[0] == 2 && next[1] == 3,
        "several, ascending");
    ok (store_next_jobs (s, 4, next, 8) == 2 && next[0] == 4 && next[1] == 5,
        "those there are");
    ok (store_next_jobs (s, 1000, next, 8) == 0,
        "there is none after the last");
    store_each_active (s, active_cb, ids);
    is_str (ids, "1 2 3 4 5 ", "active jobs come by id");
    store_each_active (s, spec_cb, ids);
    is_str (ids, job.jobspec, "with their jobspecs");
    job.jobspec = NULL;
    ok (store_each_active (s, active_stop_cb, &n) < 0 && n == 1
            && errno == EINTR,
        "a callback ends the walk");
    store_job_get (s, 1, copy_cb, &got);
    ok (got.state == 16 && got.priority == 4294967295, "a row is replaced");

    for (int i = 1; i <= 4; i++) {
        struct store_job end = row (i, 64);
        end.result = 1 << (i - 1);
        end.t_inactive = i == 4 ? 103 : 100 + i;
        store_job_put (s, &end);
    }
    commit (loop, s, told);
    ids[0] = '\0';
    store_each_active (s, active_cb, ids);
    is_str (ids, "5 ", "finished jobs are not active");
    ids[0] = '\0';
    store_each_inactive (s, 0, 0, ids_cb, ids);
    is_str (ids, "4 3 2 1 ", "finished jobs come latest first");
    ids[0] = '\0';
    store_each_inactive (s, 0, 2, ids_cb, ids);
    is_str (ids, "4 3 ", "at most so many");
    ids[0] = '\0';
    store_each_inactive (s, 102, 0, ids_cb, ids);
    is_str (ids, "4 3 ", "after a time");
    struct store_place from = { .set = true, .t_inactive = 103, .id = 4 };
    ids[0] = '\0';
    store_each_inactive_from (s, &from, 101, 0, ids_cb, ids);
    is_str (ids, "3 2 ", "from a place on");
    from.id = 99;
    ids[0] = '\0';
    store_each_inactive_from (s, &from, 0, 2, ids_cb, ids);
    is_str (ids, "4 3 ", "whose own row is gone");
    n = 0;
    ok (store_each_inactive (s, 0, 0, stop_cb, &n) < 0 && n == 1,
        "a callback ends that walk too");
    is_str (oldest (s, 1000, 0, 10), "1 2 3 4 ", "the oldest come first");
    is_str (oldest (s, 1000, 0, 2), "1 2 ", "at most so many");
    is_str (oldest (s, 102, 0, 10), "1 2 ", "those that ended before a time");
    is_str (oldest (s, 1000, 1, 10), "1 2 3 ", "all but the latest");
    is_str (oldest (s, 102, 3, 10), "1 ", "both");
    is_str (oldest (s, 1000, 5, 10), "", "none beyond what is kept");
    store_counts (s, &c);
    ok (c.inactive == 4 && c.completed == 1 && c.failed == 1 && c.canceled == 1
            && c.timeout == 1 && c.purged == 0 && c.max_id == 5,
        "they are counted");

    job = row (2, 64);
    job.result = 8;
    job.t_inactive = 102;
    store_job_put (s, &job);
    commit (loop, s, told);
    store_counts (s, &c);
    ok (c.inactive == 4 && c.failed == 0 && c.timeout == 2,
        "one that is put again is counted anew");
    job.queue = "q";
    store_job_put (s, &job);
    commit (loop, s, told);
    c = counts_of (s, "q", &rows);
    ok (rows == 2 && c.inactive == 1 && c.timeout == 1, "queue by queue");
    c = counts_of (s, NULL, &rows);
    ok (c.inactive == 3 && c.timeout == 1, "and those without");
    job.result = 2;
    store_job_put (s, &job);
    store_job_remove (s, 1);
    store_job_remove (s, 5);
    store_job_remove (s, 77);
    commit (loop, s, told);
    store_counts (s, &c);
    ok (c.inactive == 3 && c.completed == 0 && c.failed == 1 && c.purged == 1
            && c.max_id == 5,
        "removal counts finished jobs as purged, and no id is forgotten");
    ok (store_job_get (s, 1, copy_cb, &got) < 0
            && store_value_get (s, 1, "J", &data, NULL) < 0
            && store_log_get (s, 1, "eventlog", &data, NULL) < 0,
        "nothing of a removed job is left");
    ok (store_log_get (s, 2, "eventlog", &data, NULL) == 0,
        "but of others all");
    free (data);
}

struct strings {
    char jobspec[20], R[20], queue[20], extra[20];
};

static int strings_cb (const struct store_job *job, void *arg)
{
    struct strings *st = arg;

    snprintf (st->jobspec, 20, "%s", job->jobspec ? job->jobspec : "-");
    snprintf (st->R, 20, "%s", job->R ? job->R : "-");
    snprintf (st->queue, 20, "%s", job->queue ? job->queue : "-");
    snprintf (st->extra, 20, "%s", job->extra ? job->extra : "-");
    return 0;
}

static void test_strings (struct loop *loop, struct store *s, struct told *told)
{
    struct store_job job = row (10, 8);
    struct strings st;

    job.queue = "q";
    store_job_put (s, &job);
    commit (loop, s, told);
    store_job_get (s, 10, strings_cb, &st);
    ok (!strcmp (st.jobspec, "-") && !strcmp (st.R, "-")
            && !strcmp (st.queue, "q") && !strcmp (st.extra, "-"),
        "absent strings are NULL");
    job.jobspec = "spec";
    job.queue = NULL;
    store_job_put (s, &job);
    job.jobspec = NULL;
    job.R = "R";
    job.extra = "x";
    store_job_put (s, &job);
    commit (loop, s, told);
    store_job_get (s, 10, strings_cb, &st);
    ok (!strcmp (st.jobspec, "spec") && !strcmp (st.R, "R")
            && !strcmp (st.queue, "-") && !strcmp (st.extra, "x"),
        "NULL keeps the jobspec, and replaces the rest");
    job.R = NULL;
    job.jobspec = "new";
    store_job_put (s, &job);
    commit (loop, s, told);
    store_job_get (s, 10, strings_cb, &st);
    ok (!strcmp (st.jobspec, "new") && !strcmp (st.R, "R"), "and keeps R");
}

struct nested {
    struct store *s;
    char ids[100];
};

static int inner_cb (const struct store_job *job, void *arg)
{
    struct nested *n = arg;
    char *data;

    ids_cb (job, n->ids);
    if (store_value_get (n->s, job->id, "k", &data, NULL) == 0) {
        strcat (n->ids, data);
        strcat (n->ids, " ");
        free (data);
    }
    return 0;
}

static int inner_active_cb (uint64_t id, const char *jobspec, void *arg)
{
    struct store_job job = { .id = id };

    return inner_cb (&job, arg);
}

static int outer_cb (uint64_t id, const char *jobspec, void *arg)
{
    struct nested *n = arg;

    strcat (n->ids, "(");
    store_each_active (n->s, inner_active_cb, n);
    store_job_get (n->s, id, inner_cb, n);
    strcat (n->ids, ")");
    return 0;
}

static void test_nested (struct loop *loop, struct store *s, struct told *told)
{
    struct nested n = { .s = s };
    struct store_job a = row (20, 8), b = row (21, 8);

    store_job_remove (s, 10);
    store_job_put (s, &a);
    store_job_put (s, &b);
    store_value_put (s, 20, "k", "v", 1);
    commit (loop, s, told);
    store_each_active (s, outer_cb, &n);
    is_str (n.ids,
            "(20 v 21 20 v )(20 v 21 21 )",
            "reads may be made in the callbacks of reads");
}

static void test_order (struct loop *loop, struct store *s, struct told *told)
{
    struct store_stats before, after;
    char *data, want[2000] = "";
    uint64_t last = 0;

    store_stats (s, &before);
    for (int i = 0; i < 200; i++) {
        char line[16];

        sprintf (line, "%d\n", i);
        strcat (want, line);
        store_log_append (s, 30, "eventlog", line, strlen (line));
        last = store_commit (s);
    }
    store_stats (s, &after);
    ok (after.queued > 0, "batches are queued");
    while (told->last < last)
        loop_turn (loop, true);
    store_stats (s, &after);
    is_int (told->disorder, 0, "each is told of once, in order");
    ok (after.queued == 0 && after.batches == before.batches + 200
            && after.records == before.records + 200
            && after.bytes > before.bytes,
        "and counted");
    store_log_get (s, 30, "eventlog", &data, NULL);
    is_str (data, want, "and they are durable in order");
    free (data);
}

static struct store *open_or_bail (struct loop *loop,
                                   const char *dir,
                                   const char *sync,
                                   struct told *told)
{
    flux_error_t error;
    struct store *s;

    memset (told, 0, sizeof (*told));
    if (!(s = store_open (loop, dir, sync, done_cb, told, &error)))
        bail_out ("%s", error.text);
    return s;
}

/* In one batch: appends to two logs of two jobs in turn, one larger than what
 * is gathered, and jobs that are removed among them.
 */
static void test_gathered (struct loop *loop,
                           struct store *s,
                           struct told *told)
{
    static const char *const paths[] = { "eventlog", "guest.output" };
    size_t size = 3 << 20;
    char *big = malloc (size);
    char *data, want[2000] = "";
    size_t len;

    memset (big, 'x', size);
    store_log_append (s, 42, "eventlog", "before", 6);
    store_job_remove (s, 42);
    store_log_append (s, 42, "eventlog", "after", 5);
    for (int i = 0; i < 300; i++) {
        char line[16];

        sprintf (line, "%d\n", i / 4);
        if (i % 4 == 0)
            strcat (want, line);
        store_log_append (s, 41 - i % 2, paths[i / 2 % 2], line, strlen (line));
    }
    store_log_append (s, 43, "eventlog", "a", 1);
    store_log_append (s, 43, "eventlog", big, size);
    store_log_append (s, 43, "eventlog", "b", 1);
    store_log_append (s, 43, "eventlog", "c", 1);
    commit (loop, s, told);
    for (int i = 0; i < 4; i++) {
        store_log_get (s, 40 + i % 2, paths[i / 2], &data, NULL);
        is_str (data, want, "a log is its appends in order");
        free (data);
    }
    store_log_get (s, 42, "eventlog", &data, NULL);
    is_str (data, "after", "what was removed stays so");
    free (data);
    store_log_get (s, 43, "eventlog", &data, &len);
    ok (len == size + 3 && data[0] == 'a' && data[1] == 'x'
            && !strcmp (data + size, "xbc"),
        "large ones too");
    free (data);
    free (big);
}

static void test_common (struct loop *loop, const char *dir)
{
    struct told told;
    struct store *s = open_or_bail (loop, dir, NULL, &told);

    diag ("%s", dir ? "SQLite" : "memory");
    test_data (loop, s, &told);
    test_rows (loop, s, &told);
    test_strings (loop, s, &told);
    test_nested (loop, s, &told);
    test_order (loop, s, &told);
    test_gathered (loop, s, &told);
    is_int (told.failed, 0, "no batch failed");
    store_meta_put (s, "closing", "1", 1);
    store_commit (s);
    store_meta_put (s, "open", "1", 1);
    store_close (s);
    is_int (told.last, told.count, "close tells of every batch");
    ok (told.disorder == 0 && told.failed == 0, "and commits the open one");
}

/* ---- SQLite alone ---- */

static void test_reopen (struct loop *loop, const char *dir)
{
    struct told told;
    struct store *s = open_or_bail (loop, dir, "normal", &told);
    struct store_counts c;
    char *data;
    char ids[100] = "";

    ok (store_meta_get (s, "open", &data, NULL) == 0,
        "data outlives the store");
    free (data);
    store_each_active (s, active_cb, ids);
    is_str (ids, "20 21 ", "so do jobs");
    store_counts (s, &c);
    ok (c.inactive == 3 && c.purged == 1 && c.max_id == 21, "and counts");
    store_log_append (s, 30, "eventlog", "end", 3);
    commit (loop, s, &told);
    store_log_get (s, 30, "eventlog", &data, NULL);
    ok (strlen (data) > 3 && !strcmp (data + strlen (data) - 3, "end"),
        "appends go after those of an earlier life");
    free (data);
    store_close (s);
}

/* Copying the log into the file is not left to commits: it begins anew while
 * they go on.
 */
static void test_checkpoint (struct loop *loop, const char *dir)
{
    const size_t size = 1 << 20;
    struct told told;
    struct store *s = open_or_bail (loop, dir, "off", &told);
    char *data = calloc (1, size), *back = NULL;
    char path[200];
    struct store_stats stats;
    struct stat sb;
    size_t len;

    for (int i = 0; i < 400; i++) {
        memset (data, 'a' + i % 26, size);
        store_value_put (s, 1, "large", data, size);
        commit (loop, s, &told);
    }
    snprintf (path, sizeof (path), "%s/jobs.sqlite-wal", dir);
    ok (stat (path, &sb) == 0 && sb.st_size < 200 << 20,
        "of 400 MiB written the log has no more than some (%ju)",
        (uintmax_t)sb.st_size);
    ok (store_value_get (s, 1, "large", &back, &len) == 0 && len == size
            && !memcmp (back, data, size),
        "and what was put last is there");
    store_stats (s, &stats);
    ok (stats.applying > 0. && stats.committing > 0.,
        "the store says how long transactions took");
    is_int (store_pending (s), 0, "nothing is under way");
    store_value_put (s, 1, "large", NULL, 0);
    is_int (store_pending (s), 1, "now something is");
    free (back);
    free (data);
    store_close (s);
    ok (stat (path, &sb) < 0, "at the end there is no log");
}

static void test_lock (struct loop *loop, const char *dir)
{
    struct told told, other;
    struct store *s = open_or_bail (loop, dir, NULL, &told);
    flux_error_t error = { { 0 } };

    errno = 0;
    ok (!store_open (loop, dir, NULL, done_cb, &other, &error) && errno == EBUSY
            && strstr (error.text, dir),
        "a second open is refused: %s",
        error.text);
    store_close (s);
    s = open_or_bail (loop, dir, NULL, &told);
    ok (s != NULL, "after close it is free");
    store_close (s);
}

static void exec_sql (const char *dir, const char *sql)
{
    char path[300];
    sqlite3 *db;

    snprintf (path, sizeof (path), "%s/jobs.sqlite", dir);
    if (sqlite3_open (path, &db) != SQLITE_OK
        || sqlite3_exec (db, sql, NULL, NULL, NULL) != SQLITE_OK)
        bail_out ("%s: %s", path, sqlite3_errmsg (db));
    sqlite3_close (db);
}

static int64_t count_sql (const char *dir, const char *sql)
{
    char path[300];
    sqlite3 *db;
    sqlite3_stmt *st;
    int64_t n;

    snprintf (path, sizeof (path), "%s/jobs.sqlite", dir);
    if (sqlite3_open (path, &db) != SQLITE_OK
        || sqlite3_prepare_v2 (db, sql, -1, &st, NULL) != SQLITE_OK
        || sqlite3_step (st) != SQLITE_ROW)
        bail_out ("%s: %s", path, sqlite3_errmsg (db));
    n = sqlite3_column_int64 (st, 0);
    sqlite3_finalize (st);
    sqlite3_close (db);
    return n;
}

/* Rows of logs: few, and numbered beyond none that the next process takes. */
static void test_log_rows (const char *dir)
{
    is_int (count_sql (dir, "SELECT count (*) FROM logs WHERE id IN (40, 41)"),
            4,
            "appends of a batch to a log are one row");
    is_int (count_sql (dir, "SELECT count (*) FROM logs WHERE id = 43"),
            3,
            "but for large ones");
    ok (count_sql (dir,
                   "SELECT value >= (SELECT max (seq) FROM logs) FROM meta "
                   "WHERE key = 'store.log_seq'"),
        "numbers are taken before they are used");
}

static void test_refused (struct loop *loop, const char *dir)
{
    flux_error_t error = { { 0 } };
    char path[300];
    int fd;

    errno = 0;
    ok (!store_open (loop, dir, "sometimes", NULL, NULL, &error)
            && errno == EINVAL && strstr (error.text, "sometimes"),
        "refused: %s",
        error.text);
    ok (!store_open (loop, "/nonexistent/x/y", NULL, NULL, NULL, &error)
            && errno == ENOENT,
        "refused: %s",
        error.text);
    exec_sql (dir, "UPDATE meta SET value=7 WHERE key='store.schema'");
    ok (!store_open (loop, dir, NULL, NULL, NULL, &error) && errno == EINVAL
            && strstr (error.text, "version 7"),
        "refused: %s",
        error.text);
    exec_sql (dir, "UPDATE meta SET value=1 WHERE key='store.schema'");

    snprintf (path, sizeof (path), "%s/jobs.sqlite", dir);
    unlink (path);
    fd = open (path, O_WRONLY | O_CREAT, 0600);
    for (int i = 0; i < 1000; i++) {
        if (write (fd, "not a database\n", 15) < 0)
            bail_out ("cannot write %s", path);
    }
    close (fd);
    ok (!store_open (loop, dir, NULL, NULL, NULL, &error) && errno == EIO,
        "refused: %s",
        error.text);
    unlink (path);
}

/* A disk that is full, by way of the limit on the size of files. */
static void test_failure (struct loop *loop, const char *dir)
{
    struct told told;
    struct store *s = open_or_bail (loop, dir, NULL, &told);
    struct rlimit old, small;
    flux_error_t error = { { 0 } };
    char *big = calloc (1, 1 << 20), *data;

    signal (SIGXFSZ, SIG_IGN);
    memset (big, 'x', 1 << 20);
    store_meta_put (s, "before", "1", 1);
    commit (loop, s, &told);
    getrlimit (RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 300000;
    setrlimit (RLIMIT_FSIZE, &small);
    store_meta_put (s, "small", "1", 1);
    store_value_put (s, 1, "big", big, 1 << 20);
    commit (loop, s, &told);
    ok (told.failed == 1 && told.error[0], "a batch fails: %s", told.error);
    store_meta_put (s, "after", "1", 1);
    commit (loop, s, &told);
    is_int (told.failed, 2, "and those after it");
    setrlimit (RLIMIT_FSIZE, &old);
    store_meta_put (s, "later", "1", 1);
    commit (loop, s, &told);
    is_int (told.failed, 3, "even when there is room again");
    ok (store_meta_get (s, "before", &data, NULL) == 0,
        "what is durable stays");
    free (data);
    ok (store_meta_get (s, "small", &data, NULL) < 0
            && store_meta_get (s, "after", &data, NULL) < 0,
        "a failed batch left nothing");
    ok (store_retry (s, &error) == 0, "retry finds the room %s", error.text);
    store_value_put (s, 1, "big", big, 1 << 20);
    commit (loop, s, &told);
    is_int (told.failed, 3, "and all is well");
    is_int (told.disorder, 0, "everything was told of in order");
    ok (store_value_get (s, 1, "big", &data, NULL) == 0, "the value is there");
    free (data);
    free (big);
    store_close (s);
}

/* Tables as version 1 had them, with what their triggers left. */
static const char version_1[] =
    "CREATE TABLE jobs ("
    " id INTEGER PRIMARY KEY, userid INTEGER, urgency INTEGER,"
    " flags INTEGER, state INTEGER, result INTEGER, priority INTEGER,"
    " t_submit REAL, t_depend REAL, t_priority REAL, t_sched REAL,"
    " t_run REAL, t_cleanup REAL, t_inactive REAL,"
    " waitstatus INTEGER, name TEXT, queue TEXT, extra TEXT);"
    "CREATE INDEX jobs_active ON jobs (id) WHERE state <> 64;"
    "CREATE INDEX jobs_inactive ON jobs (t_inactive) WHERE state = 64;"
    "CREATE TABLE specs (id INTEGER PRIMARY KEY, jobspec TEXT, R TEXT);"
    "CREATE TABLE logs (id INTEGER, path TEXT, seq INTEGER, data TEXT,"
    " PRIMARY KEY (id, path, seq)) WITHOUT ROWID;"
    "CREATE TABLE vals (id INTEGER, key TEXT, data BLOB, UNIQUE (id, key));"
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('store.schema', 1), ('store.log_seq', 0);"
    "CREATE TABLE counts (inactive INTEGER, completed INTEGER,"
    " failed INTEGER, canceled INTEGER, timeout INTEGER, purged INTEGER,"
    " max_id INTEGER);"
    "INSERT INTO counts VALUES (3, 2, 1, 0, 0, 7, 99);"
    "INSERT INTO jobs (id, state, result, t_inactive, queue) VALUES"
    " (1, 64, 1, 5, 'q'), (2, 64, 2, 6, NULL), (3, 64, 1, 7, 'q'),"
    " (4, 16, 0, 0, 'q');"
    "INSERT INTO logs VALUES (4, 'eventlog', 9, 'c'), (4, 'eventlog', 2, 'a'),"
    " (3, 'eventlog', 5, 'x'), (4, 'eventlog', 7, 'b');"
    "UPDATE meta SET value = 9 WHERE key = 'store.log_seq';"
    "CREATE TRIGGER jobs_insert AFTER INSERT ON jobs BEGIN SELECT 1; END;"
    "CREATE TRIGGER jobs_update_old AFTER UPDATE ON jobs BEGIN SELECT 1; END;"
    "CREATE TRIGGER jobs_update_new AFTER UPDATE ON jobs BEGIN SELECT 1; END;"
    "CREATE TRIGGER jobs_delete AFTER DELETE ON jobs BEGIN SELECT 1; END;"
    "CREATE TRIGGER jobs_delete_id AFTER DELETE ON jobs BEGIN SELECT 1; END;";

static void test_version_1 (struct loop *loop, const char *dir)
{
    struct store_job job = row (4, 64);
    struct store_counts c;
    struct told told;
    struct store *s;
    char *log;
    int rows;

    if (mkdir (dir, 0700) < 0)
        bail_out ("%s: %s", dir, strerror (errno));
    exec_sql (dir, version_1);
    s = open_or_bail (loop, dir, "normal", &told);
    store_counts (s, &c);
    ok (c.inactive == 3 && c.completed == 2 && c.failed == 1 && c.purged == 7
            && c.max_id == 99,
        "tables of version 1 are taken over");
    c = counts_of (s, "q", &rows);
    ok (rows == 2 && c.inactive == 2 && c.completed == 2 && c.purged == 0,
        "their jobs are counted queue by queue");
    job.queue = "q";
    job.result = 8;
    job.t_inactive = 8;
    store_job_put (s, &job);
    store_log_append (s, 4, "eventlog", "d", 1);
    store_job_remove (s, 2);
    commit (loop, s, &told);
    ok (store_log_get (s, 4, "eventlog", &log, NULL) == 0
            && !strcmp (log, "abcd"),
        "logs are as they were, and go on");
    free (log);
    c = counts_of (s, "q", &rows);
    ok (c.inactive == 3 && c.timeout == 1, "and so are new ones");
    store_counts (s, &c);
    ok (c.inactive == 3 && c.failed == 0 && c.purged == 8, "together, too");
    store_close (s);
    s = open_or_bail (loop, dir, "normal", &told);
    store_close (s);
}

static void remove_dir (const char *dir)
{
    static const char *const names[] = { "lock",
                                         "jobs.sqlite",
                                         "jobs.sqlite-wal",
                                         "jobs.sqlite-shm" };
    char path[300];

    for (int i = 0; i < 4; i++) {
        snprintf (path, sizeof (path), "%s/%s", dir, names[i]);
        unlink (path);
    }
    rmdir (dir);
}

int main (void)
{
    struct loop *loop = loop_create (NULL);
    char tmp[] = "/tmp/test-store-XXXXXX";
    char dir[100];
    struct stat sb;

    if (!loop || !mkdtemp (tmp))
        bail_out ("cannot start");
    snprintf (dir, sizeof (dir), "%s/store", tmp);
    test_common (loop, NULL);
    test_common (loop, dir);
    ok (stat (dir, &sb) == 0 && (sb.st_mode & 0777) == 0700,
        "the directory is for nobody else");
    test_log_rows (dir);
    test_reopen (loop, dir);
    test_checkpoint (loop, dir);
    test_lock (loop, dir);
    test_failure (loop, dir);
    test_refused (loop, dir);
    remove_dir (dir);
    test_version_1 (loop, dir);
    remove_dir (dir);
    rmdir (tmp);
    loop_destroy (loop);
    return done_testing ();
}
