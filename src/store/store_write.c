/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/store_schema.h"
#include "store/store_write.h"

enum statement {
    S_BEGIN,
    S_COMMIT,
    S_ROLLBACK,
    S_JOB,
    S_SPEC,
    S_LOG,
    S_VALUE,
    S_VALUE_DELETE,
    S_META,
    S_META_DELETE,
    S_REMOVE_JOB,
    S_REMOVE_SPEC,
    S_REMOVE_LOGS,
    S_REMOVE_VALUES,
    S_SEQ,
    S_MAX,
};

static const char *const sql[S_MAX] = {
    [S_BEGIN] = "BEGIN IMMEDIATE",
    [S_COMMIT] = "COMMIT",
    [S_ROLLBACK] = "ROLLBACK",
    [S_JOB] =
        "INSERT INTO jobs VALUES"
        " (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18)"
        " ON CONFLICT (id) DO UPDATE SET userid=?2, urgency=?3, flags=?4,"
        " state=?5, result=?6, priority=?7, t_submit=?8, t_depend=?9,"
        " t_priority=?10, t_sched=?11, t_run=?12, t_cleanup=?13,"
        " t_inactive=?14, waitstatus=?15, name=?16, queue=?17, extra=?18",
    [S_SPEC] = "INSERT INTO specs VALUES (?1,?2,?3)"
               " ON CONFLICT (id) DO UPDATE SET"
               " jobspec=coalesce(?2,jobspec), R=coalesce(?3,R)",
    [S_LOG] = "INSERT INTO logs VALUES (?3,?1,?2,?4)",
    [S_VALUE] = "INSERT INTO vals VALUES (?1,?2,?4)"
                " ON CONFLICT (id, key) DO UPDATE SET data=?4",
    [S_VALUE_DELETE] = "DELETE FROM vals WHERE id=?1 AND key=?2",
    [S_META] = "INSERT INTO meta VALUES (?2,?4)"
               " ON CONFLICT (key) DO UPDATE SET value=?4",
    [S_META_DELETE] = "DELETE FROM meta WHERE key=?2",
    [S_REMOVE_JOB] = "DELETE FROM jobs WHERE id=?1",
    [S_REMOVE_SPEC] = "DELETE FROM specs WHERE id=?1",
    [S_REMOVE_LOGS] = "DELETE FROM logs WHERE id=?1",
    [S_REMOVE_VALUES] = "DELETE FROM vals WHERE id=?1",
    [S_SEQ] = "UPDATE meta SET value=?3 WHERE key='store.log_seq'",
};

/* Numbers of log rows are taken from the table that many at a time. */
#define SEQ_STEP 100000
/* What goes into one log row, unless it came so. */
#define MAX_LOG_ROW (1UL << 20)

/* An append that waits for others to the same log. */
struct pending {
    struct record r;
    size_t n; /* place in the order of appends */
};

struct writer {
    sqlite3 *db;
    sqlite3_stmt *st[S_MAX];
    int64_t seq;       /* of the last log row, committed or not: only ever up */
    int64_t seq_taken; /* in the table: no number beyond it is in use */
    struct pending *logs;
    size_t nlogs, max_logs;
    char *row; /* MAX_LOG_ROW bytes */
};

static int say (struct writer *w, flux_error_t *error)
{
    return err_set (error,
                    store_errno (w->db),
                    "store: %s",
                    sqlite3_errmsg (w->db));
}

static int read_seq (struct writer *w)
{
    sqlite3_stmt *st = NULL;
    int rc = -1;

    if (sqlite3_prepare_v2 (w->db,
                            "SELECT value FROM meta WHERE key="
                            "'store.log_seq'",
                            -1,
                            &st,
                            NULL)
            == SQLITE_OK
        && sqlite3_step (st) == SQLITE_ROW) {
        w->seq = w->seq_taken = sqlite3_column_int64 (st, 0);
        rc = 0;
    }
    sqlite3_finalize (st);
    return rc;
}

struct writer *writer_create (sqlite3 *db, flux_error_t *error)
{
    struct writer *w = calloc (1, sizeof (*w));

    if (!w) {
        sqlite3_close (db);
        return err_null (error, ENOMEM, "store: out of memory");
    }
    w->db = db;
    for (int i = 0; i < S_MAX; i++) {
        if (sqlite3_prepare_v3 (db,
                                sql[i],
                                -1,
                                SQLITE_PREPARE_PERSISTENT,
                                &w->st[i],
                                NULL)
            != SQLITE_OK)
            goto error;
    }
    if (read_seq (w) < 0)
        goto error;
    return w;
error:
    say (w, error);
    writer_destroy (w);
    return NULL;
}

void writer_destroy (struct writer *w)
{
    int saved_errno = errno;

    if (!w)
        return;
    for (int i = 0; i < S_MAX; i++)
        sqlite3_finalize (w->st[i]);
    sqlite3_close (w->db);
    free (w->logs);
    free (w->row);
    free (w);
    errno = saved_errno;
}

/* Step a statement that gives no rows, and make it ready for the next time;
 * what is bound stays, and is bound anew before it is used again.
 */
static int run (struct writer *w, enum statement s)
{
    int rc = sqlite3_step (w->st[s]);

    sqlite3_reset (w->st[s]);
    return rc == SQLITE_DONE ? 0 : -1;
}

static int run_id (struct writer *w, enum statement s, uint64_t id)
{
    sqlite3_bind_int64 (w->st[s], 1, id);
    return run (w, s);
}

static void bind_string (sqlite3_stmt *st, int n, const char *s)
{
    sqlite3_bind_text (st, n, s, -1, SQLITE_STATIC); /* NULL is NULL */
}

static int apply_job (struct writer *w, const struct store_job *job)
{
    sqlite3_stmt *st = w->st[S_JOB];
    const double t[] = { job->t_submit,  job->t_depend, job->t_priority,
                         job->t_sched,   job->t_run,    job->t_cleanup,
                         job->t_inactive };

    sqlite3_bind_int64 (st, 1, job->id);
    sqlite3_bind_int64 (st, 2, job->userid);
    sqlite3_bind_int (st, 3, job->urgency);
    sqlite3_bind_int (st, 4, job->flags);
    sqlite3_bind_int (st, 5, job->state);
    sqlite3_bind_int (st, 6, job->result);
    sqlite3_bind_int64 (st, 7, job->priority);
    for (int i = 0; i < 7; i++)
        sqlite3_bind_double (st, 8 + i, t[i]);
    sqlite3_bind_int (st, 15, job->waitstatus);
    bind_string (st, 16, job->name);
    bind_string (st, 17, job->queue);
    bind_string (st, 18, job->extra);
    if (run (w, S_JOB) < 0)
        return -1;
    if (!job->jobspec && !job->R)
        return 0;
    st = w->st[S_SPEC];
    sqlite3_bind_int64 (st, 1, job->id);
    bind_string (st, 2, job->jobspec);
    bind_string (st, 3, job->R);
    return run (w, S_SPEC);
}

static int put_log (struct writer *w,
                    const struct record *log,
                    const char *data,
                    size_t len)
{
    sqlite3_stmt *st = w->st[S_LOG];

    sqlite3_bind_int64 (st, 1, log->id);
    bind_string (st, 2, log->key);
    sqlite3_bind_int64 (st, 3, ++w->seq);
    sqlite3_bind_text64 (st, 4, data, len, SQLITE_STATIC, SQLITE_UTF8);
    return run (w, S_LOG);
}

/* ---- appends of a batch to one log are one row ---- */

static int compare_pending (const void *a, const void *b)
{
    const struct pending *x = a;
    const struct pending *y = b;
    int rc;

    if (x->r.id != y->r.id)
        return x->r.id < y->r.id ? -1 : 1;
    if ((rc = strcmp (x->r.key, y->r.key)) != 0)
        return rc;
    return x->n < y->n ? -1 : 1;
}

/* Write the first of n, and those after it that have room in its row: how
 * many, or -1.
 */
static ssize_t put_row (struct writer *w, const struct pending *p, size_t n)
{
    const struct record *first = &p->r;
    size_t len = 0;
    size_t i = 0;

    while (w->row && i < n && p[i].r.id == first->id
           && !strcmp (p[i].r.key, first->key)
           && p[i].r.len <= MAX_LOG_ROW - len) {
        memcpy (w->row + len, p[i].r.data, p[i].r.len);
        len += p[i++].r.len;
    }
    if (i < 2)
        return put_log (w, first, first->data, first->len) < 0 ? -1 : 1;
    return put_log (w, first, w->row, len) < 0 ? -1 : (ssize_t)i;
}

static int flush_logs (struct writer *w)
{
    size_t n = w->nlogs;

    w->nlogs = 0;
    if (n > 1)
        qsort (w->logs, n, sizeof (*w->logs), compare_pending);
    if (n > 1 && !w->row)
        w->row = malloc (MAX_LOG_ROW);
    for (size_t i = 0; i < n;) {
        ssize_t rc = put_row (w, &w->logs[i], n - i);

        if (rc < 0)
            return -1;
        i += rc;
    }
    return 0;
}

static int apply_log (struct writer *w, const struct record *r)
{
    if (w->nlogs == w->max_logs) {
        size_t max = w->max_logs ? 2 * w->max_logs : 64;
        struct pending *logs = realloc (w->logs, max * sizeof (*logs));

        if (!logs)
            return flush_logs (w) < 0 ? -1 : put_log (w, r, r->data, r->len);
        w->logs = logs;
        w->max_logs = max;
    }
    w->logs[w->nlogs] = (struct pending){ *r, w->nlogs };
    w->nlogs++;
    return 0;
}

static int apply_data (struct writer *w,
                       enum statement put,
                       enum statement del,
                       const struct record *r)
{
    enum statement s = r->data ? put : del;
    sqlite3_stmt *st = w->st[s];

    sqlite3_bind_int64 (st, 1, r->id); /* no harm where there is none */
    bind_string (st, 2, r->key);
    if (r->data)
        sqlite3_bind_blob64 (st, 4, r->data, r->len, SQLITE_STATIC);
    return run (w, s);
}

static int apply_record (struct writer *w, const struct record *r)
{
    switch (r->type) {
    case RECORD_JOB:
        return apply_job (w, &r->job);
    case RECORD_LOG:
        return apply_log (w, r);
    case RECORD_VALUE:
        return apply_data (w, S_VALUE, S_VALUE_DELETE, r);
    case RECORD_META:
        return apply_data (w, S_META, S_META_DELETE, r);
    case RECORD_REMOVE:
        if (flush_logs (w) < 0 || run_id (w, S_REMOVE_JOB, r->id) < 0
            || run_id (w, S_REMOVE_SPEC, r->id) < 0
            || run_id (w, S_REMOVE_LOGS, r->id) < 0
            || run_id (w, S_REMOVE_VALUES, r->id) < 0)
            return -1;
        return 0;
    }
    return -1;
}

/* Not with each commit: it would be a page more. */
static int take_seq (struct writer *w)
{
    if (w->seq <= w->seq_taken)
        return 0;
    sqlite3_bind_int64 (w->st[S_SEQ], 3, w->seq + SEQ_STEP);
    return run (w, S_SEQ);
}

static int apply_list (struct writer *w, struct batch *list)
{
    w->nlogs = 0;
    for (struct batch *b = list; b; b = b->next) {
        struct record r;
        size_t pos = 0;

        while (batch_next (b, &pos, &r)) {
            if (apply_record (w, &r) < 0)
                return -1;
        }
        if (flush_logs (w) < 0)
            return -1;
        b->log_seq = w->seq;
    }
    return take_seq (w);
}

int writer_apply (struct writer *w, struct batch *list, flux_error_t *error)
{
    if (run (w, S_BEGIN) < 0)
        return say (w, error);
    if (apply_list (w, list) == 0 && run (w, S_COMMIT) == 0) {
        if (w->seq > w->seq_taken)
            w->seq_taken = w->seq + SEQ_STEP;
        return 0;
    }
    say (w, error);
    int saved_errno = errno;
    if (!sqlite3_get_autocommit (w->db))
        run (w, S_ROLLBACK);
    errno = saved_errno;
    return -1;
}

int64_t writer_log_seq (const struct writer *w)
{
    return w->seq;
}

int writer_probe (struct writer *w, flux_error_t *error)
{
    int64_t seq = (w->seq > w->seq_taken ? w->seq : w->seq_taken) + 1;

    /* + 1 so that the page really changes and is written */
    sqlite3_bind_int64 (w->st[S_SEQ], 3, seq);
    if (run (w, S_BEGIN) < 0)
        return say (w, error);
    if (run (w, S_SEQ) == 0 && run (w, S_COMMIT) == 0) {
        w->seq_taken = seq;
        return 0;
    }
    say (w, error);
    int saved_errno = errno;
    if (!sqlite3_get_autocommit (w->db))
        run (w, S_ROLLBACK);
    errno = saved_errno;
    return -1;
}
