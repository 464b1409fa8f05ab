/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_read.h"
#include "store/store_schema.h"

#define JOB_COLUMNS                                                          \
    "SELECT j.id, j.userid, j.urgency, j.flags, j.state, j.result,"          \
    " j.priority, j.t_submit, j.t_depend, j.t_priority, j.t_sched, j.t_run," \
    " j.t_cleanup, j.t_inactive, j.waitstatus, j.name, j.queue, j.extra,"    \
    " s.jobspec, s.R FROM jobs j LEFT JOIN specs s ON s.id = j.id "

enum query {
    Q_VALUE,
    Q_LOG,
    Q_META,
    Q_KEYS,
    Q_NEXT,
    Q_JOB,
    Q_ACTIVE,
    Q_INACTIVE,
    Q_OLDEST,
    Q_COUNTS,
    Q_SEEN,
    Q_MAX,
};

static const char *const sql[Q_MAX] = {
    [Q_VALUE] = "SELECT data FROM vals WHERE id = ?1 AND key = ?2",
    [Q_LOG] = "SELECT data FROM logs WHERE id = ?1 AND path = ?2"
              " AND seq <= ?3 ORDER BY seq",
    [Q_META] = "SELECT value FROM meta WHERE key = ?2",
    [Q_KEYS] = "SELECT key FROM vals WHERE id = ?1 AND key > ?2"
               " ORDER BY key LIMIT ?3",
    [Q_NEXT] = "SELECT id FROM jobs WHERE id >= ?1 ORDER BY id LIMIT ?2",
    [Q_JOB] = JOB_COLUMNS "WHERE j.id = ?1",
    /* The index of active jobs has all of the table that is asked for. */
    [Q_ACTIVE] = "SELECT j.id, s.jobspec FROM jobs j LEFT JOIN specs s"
                 " ON s.id = j.id WHERE j.state <> 64 ORDER BY j.id",
    [Q_INACTIVE] =
        JOB_COLUMNS "WHERE j.state = 64 AND j.t_inactive > ?1"
                    " AND j.t_inactive <= ?3"
                    " AND (j.t_inactive < ?3 OR j.id < ?4)"
                    " ORDER BY j.t_inactive DESC, j.id DESC LIMIT ?2",
    /* Both limits name a beginning of this order. */
    [Q_OLDEST] = "SELECT id FROM jobs WHERE state = 64 AND t_inactive <= ?1"
                 " ORDER BY t_inactive, id LIMIT min (?2, max (0,"
                 " (SELECT sum (inactive) FROM counts) - ?3))",
    [Q_COUNTS] = "SELECT queue, inactive, completed, failed, canceled, timeout,"
                 " purged FROM counts",
    [Q_SEEN] = "SELECT max (max_id, coalesce ((SELECT max (id) FROM jobs), 0))"
               " FROM seen",
};

struct reader {
    sqlite3 *db;
    int64_t log_seq; /* logs are shown up to here */
    sqlite3_stmt *cached[Q_MAX];
};

struct reader *reader_create (sqlite3 *db)
{
    struct reader *r = calloc (1, sizeof (*r));

    if (r)
        r->db = db;
    return r;
}

void reader_show_logs (struct reader *r, int64_t seq)
{
    r->log_seq = seq;
}

void reader_destroy (struct reader *r)
{
    if (!r)
        return;
    for (int i = 0; i < Q_MAX; i++)
        sqlite3_finalize (r->cached[i]);
    sqlite3_close (r->db);
    free (r);
}

static int fail (struct reader *r)
{
    errno = store_errno (r->db);
    return -1;
}

/* A statement to step: the cached one, or another if that is being stepped
 * further up (a callback of a walk may read).
 */
static sqlite3_stmt *begin (struct reader *r, enum query q)
{
    sqlite3_stmt *st = r->cached[q];

    if (st && !sqlite3_stmt_busy (st))
        return st;
    if (sqlite3_prepare_v2 (r->db, sql[q], -1, &st, NULL) != SQLITE_OK) {
        fail (r);
        return NULL;
    }
    if (!r->cached[q])
        r->cached[q] = st;
    return st;
}

static void end (struct reader *r, enum query q, sqlite3_stmt *st)
{
    int saved_errno = errno;

    if (st == r->cached[q]) {
        sqlite3_reset (st);
        sqlite3_clear_bindings (st);
    }
    else
        sqlite3_finalize (st);
    errno = saved_errno;
}

/* All rows' first column, one after another; ENOENT if there is no row. */
static int get_bytes (struct reader *r,
                      enum query q,
                      uint64_t id,
                      const char *key,
                      char **data,
                      size_t *len)
{
    sqlite3_stmt *st = begin (r, q);
    char *buf = NULL;
    size_t n = 0, size = 0;
    int rc;

    if (!st)
        return -1;
    if (q != Q_META)
        sqlite3_bind_int64 (st, 1, id);
    sqlite3_bind_text (st, 2, key, -1, SQLITE_STATIC);
    if (q == Q_LOG)
        sqlite3_bind_int64 (st, 3, r->log_seq);
    while ((rc = sqlite3_step (st)) == SQLITE_ROW) {
        const void *p = sqlite3_column_blob (st, 0);
        size_t add = sqlite3_column_bytes (st, 0);
        char *tmp = buf;

        /* logs have a row for each append */
        if (n + add + 1 > size) {
            size = 2 * n + add + 1;
            tmp = realloc (buf, size);
        }
        if (!tmp) {
            rc = SQLITE_NOMEM;
            break;
        }
        buf = tmp;
        if (add > 0)
            memcpy (buf + n, p, add);
        n += add;
        buf[n] = '\0';
    }
    if (rc != SQLITE_DONE || !buf) {
        errno = rc == SQLITE_NOMEM  ? ENOMEM
                : rc == SQLITE_DONE ? ENOENT
                                    : store_errno (r->db);
        end (r, q, st);
        free (buf);
        return -1;
    }
    end (r, q, st);
    *data = buf;
    if (len)
        *len = n;
    return 0;
}

int reader_value_get (struct reader *r,
                      uint64_t id,
                      const char *key,
                      char **data,
                      size_t *len)
{
    return get_bytes (r, Q_VALUE, id, key, data, len);
}

int reader_log_get (struct reader *r,
                    uint64_t id,
                    const char *path,
                    char **data,
                    size_t *len)
{
    return get_bytes (r, Q_LOG, id, path, data, len);
}

int reader_meta_get (struct reader *r,
                     const char *key,
                     char **data,
                     size_t *len)
{
    return get_bytes (r, Q_META, 0, key, data, len);
}

static const char *text (sqlite3_stmt *st, int column)
{
    return (const char *)sqlite3_column_text (st, column);
}

static void read_row (sqlite3_stmt *st, struct store_job *job)
{
    *job = (struct store_job){
        .id = sqlite3_column_int64 (st, 0),
        .userid = sqlite3_column_int64 (st, 1),
        .urgency = sqlite3_column_int (st, 2),
        .flags = sqlite3_column_int (st, 3),
        .state = sqlite3_column_int (st, 4),
        .result = sqlite3_column_int (st, 5),
        .priority = sqlite3_column_int64 (st, 6),
        .t_submit = sqlite3_column_double (st, 7),
        .t_depend = sqlite3_column_double (st, 8),
        .t_priority = sqlite3_column_double (st, 9),
        .t_sched = sqlite3_column_double (st, 10),
        .t_run = sqlite3_column_double (st, 11),
        .t_cleanup = sqlite3_column_double (st, 12),
        .t_inactive = sqlite3_column_double (st, 13),
        .waitstatus = sqlite3_column_int (st, 14),
        .name = text (st, 15),
        .queue = text (st, 16),
        .extra = text (st, 17),
        .jobspec = text (st, 18),
        .R = text (st, 19),
    };
}

/* Step through the rows of a bound statement; *count is how many. */
static int walk (struct reader *r,
                 enum query q,
                 sqlite3_stmt *st,
                 store_job_f cb,
                 void *arg,
                 size_t *count)
{
    struct store_job job;
    int rc;

    *count = 0;
    while ((rc = sqlite3_step (st)) == SQLITE_ROW) {
        (*count)++;
        read_row (st, &job);
        if (cb (&job, arg) < 0) {
            end (r, q, st);
            return -1;
        }
    }
    if (rc != SQLITE_DONE)
        fail (r);
    end (r, q, st);
    return rc == SQLITE_DONE ? 0 : -1;
}

int reader_each_value (struct reader *r,
                       uint64_t id,
                       const char *after,
                       unsigned int max,
                       store_key_f cb,
                       void *arg)
{
    sqlite3_stmt *st = begin (r, Q_KEYS);
    int rc;

    if (!st)
        return -1;
    sqlite3_bind_int64 (st, 1, id);
    sqlite3_bind_text (st, 2, after, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64 (st, 3, max > 0 ? (int64_t)max : -1);
    while ((rc = sqlite3_step (st)) == SQLITE_ROW) {
        if (cb (text (st, 0), arg) < 0) {
            end (r, Q_KEYS, st);
            return -1;
        }
    }
    if (rc != SQLITE_DONE)
        fail (r);
    end (r, Q_KEYS, st);
    return rc == SQLITE_DONE ? 0 : -1;
}

int reader_next_jobs (struct reader *r,
                      uint64_t from,
                      uint64_t *ids,
                      unsigned int max)
{
    sqlite3_stmt *st = begin (r, Q_NEXT);
    int n = 0, rc;

    if (!st)
        return -1;
    sqlite3_bind_int64 (st, 1, from);
    sqlite3_bind_int64 (st, 2, max);
    while ((rc = sqlite3_step (st)) == SQLITE_ROW)
        ids[n++] = sqlite3_column_int64 (st, 0);
    if (rc != SQLITE_DONE)
        fail (r);
    end (r, Q_NEXT, st);
    return rc == SQLITE_DONE ? n : -1;
}

int reader_job_get (struct reader *r, uint64_t id, store_job_f cb, void *arg)
{
    sqlite3_stmt *st = begin (r, Q_JOB);
    size_t count;

    if (!st)
        return -1;
    sqlite3_bind_int64 (st, 1, id);
    if (walk (r, Q_JOB, st, cb, arg, &count) < 0)
        return -1;
    if (count > 0)
        return 0;
    errno = ENOENT;
    return -1;
}

int reader_each_active (struct reader *r, store_active_f cb, void *arg)
{
    sqlite3_stmt *st = begin (r, Q_ACTIVE);
    int rc;

    if (!st)
        return -1;
    while ((rc = sqlite3_step (st)) == SQLITE_ROW) {
        if (cb (sqlite3_column_int64 (st, 0), text (st, 1), arg) < 0) {
            end (r, Q_ACTIVE, st);
            return -1;
        }
    }
    if (rc != SQLITE_DONE)
        fail (r);
    end (r, Q_ACTIVE, st);
    return rc == SQLITE_DONE ? 0 : -1;
}

int reader_each_inactive (struct reader *r,
                          const struct store_place *from,
                          double since,
                          unsigned int max,
                          store_job_f cb,
                          void *arg)
{
    sqlite3_stmt *st = begin (r, Q_INACTIVE);
    size_t count;

    if (!st)
        return -1;
    sqlite3_bind_double (st, 1, since);
    sqlite3_bind_int64 (st, 2, max > 0 ? (int64_t)max : -1);
    sqlite3_bind_double (st, 3, from->set ? from->t_inactive : INFINITY);
    sqlite3_bind_int64 (st, 4, from->set ? (int64_t)from->id : INT64_MAX);
    return walk (r, Q_INACTIVE, st, cb, arg, &count);
}

int reader_each_oldest (struct reader *r,
                        double before,
                        uint64_t keep,
                        unsigned int max,
                        store_id_f cb,
                        void *arg)
{
    sqlite3_stmt *st = begin (r, Q_OLDEST);
    int rc;

    if (!st)
        return -1;
    sqlite3_bind_double (st, 1, before);
    sqlite3_bind_int64 (st, 2, max);
    sqlite3_bind_int64 (st, 3, keep < INT64_MAX ? (int64_t)keep : INT64_MAX);
    while ((rc = sqlite3_step (st)) == SQLITE_ROW) {
        if (cb (sqlite3_column_int64 (st, 0), arg) < 0) {
            end (r, Q_OLDEST, st);
            return -1;
        }
    }
    if (rc != SQLITE_DONE)
        fail (r);
    end (r, Q_OLDEST, st);
    return rc == SQLITE_DONE ? 0 : -1;
}

int reader_queue_counts (struct reader *r, store_counts_f cb, void *arg)
{
    sqlite3_stmt *st = begin (r, Q_COUNTS);
    int rc;

    if (!st)
        return -1;
    while ((rc = sqlite3_step (st)) == SQLITE_ROW) {
        const char *queue = (const char *)sqlite3_column_text (st, 0);
        struct store_counts c = {
            .inactive = sqlite3_column_int64 (st, 1),
            .completed = sqlite3_column_int64 (st, 2),
            .failed = sqlite3_column_int64 (st, 3),
            .canceled = sqlite3_column_int64 (st, 4),
            .timeout = sqlite3_column_int64 (st, 5),
            .purged = sqlite3_column_int64 (st, 6),
        };
        cb (queue && *queue ? queue : NULL, &c, arg);
    }
    if (rc != SQLITE_DONE)
        fail (r);
    end (r, Q_COUNTS, st);
    return rc == SQLITE_DONE ? 0 : -1;
}

int reader_max_id (struct reader *r, uint64_t *max_id)
{
    sqlite3_stmt *st = begin (r, Q_SEEN);
    int rc;

    if (!st)
        return -1;
    if ((rc = sqlite3_step (st)) == SQLITE_ROW)
        *max_id = sqlite3_column_int64 (st, 0);
    else
        fail (r);
    end (r, Q_SEEN, st);
    return rc == SQLITE_ROW ? 0 : -1;
}
