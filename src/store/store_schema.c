/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The store is one SQLite database, DIR/jobs.sqlite, in WAL mode.  It may be
 * read with sqlite3(1) while the broker runs (sqlite3 -readonly); only the
 * broker may write to it.
 *
 *   jobs    one row a job: what it is now.  state and result are the numbers
 *           of RFC 21 (inactive is 64; completed 1, failed 2, canceled 4,
 *           timeout 8); times are seconds since the epoch, 0 if not reached;
 *           priority and waitstatus are -1 if there is none; extra is JSON
 *   specs   id, jobspec (as updated, without the environment), R if it was
 *           updated since it was given
 *   logs    seq, id, path ("eventlog", ...), data: what was appended (in one
 *           batch), in the order of seq; the log is all of it
 *   vals    id, key, data: other bytes of a job ("J", "R" as it was given,
 *           ...); with id -1, which
 *           no job has, those of the key-value service: "namespace.NAME" (JSON:
 *           owner, rootseq, rootref) and blobs by their name, "sha1-..."
 *   meta    key, value: of the instance; "store." keys are the store's own
 *   counts  one row a queue ('': none), of finished jobs, kept by triggers
 *   seen    one row: the greatest id of a job that was removed
 *
 * A broker refuses a file whose version (store.schema) it does not know. Who
 * changes the tables raises it, and teaches check_tables to bring the version
 * before to it.
 *
 * Pages of rows that were removed are used again: the file grows to what the
 * limits on finished jobs let gather, and no further. The log is copied into
 * the file beside the commits (store_checkpoint.c); readers hold that back only
 * while a query is stepped, which the loop never does across turns.
 *
 * A log's appends lie where they came, among those of other jobs, and an index
 * finds them: to put each beside the one before would be to write a page for
 * every few jobs again with each of their events.
 *
 * vals is a table with row ids because a signed request is longer than what a
 * page of an index keeps, and would spill; for its sake pages are of 8 KiB,
 * too, which doubled the rate of submission.
 *
 * Finished jobs of today that failed, for example:
 *
 *   SELECT id, name, waitstatus FROM jobs
 *    WHERE state = 64 AND result = 2 AND t_inactive > unixepoch () - 86400;
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store_schema.h"

#define SCHEMA_VERSION 3
#define STR1(x) #x
#define STR(x) STR1 (x)
#define SET_VERSION(n) \
    "UPDATE meta SET value = " STR (n) " WHERE key = 'store.schema';"

/* clang-format off */
#define COUNTS \
    "CREATE TABLE counts (queue TEXT PRIMARY KEY, inactive INTEGER," \
    " completed INTEGER, failed INTEGER, canceled INTEGER, timeout INTEGER," \
    " purged INTEGER) WITHOUT ROWID;"

#define LOGS \
    "CREATE TABLE logs (seq INTEGER PRIMARY KEY, id INTEGER, path TEXT," \
    " data TEXT);"
#define LOGS_INDEX "CREATE INDEX logs_of_job ON logs (id, path);"

/* Add a finished job to its queue's row, or take it away. */
#define COUNT(row, sign, purged) \
    "INSERT INTO counts VALUES (coalesce (" #row ".queue, ''), " \
    sign "1, " sign "(" #row ".result = 1), " sign "(" #row ".result = 2), " \
    sign "(" #row ".result = 4), " sign "(" #row ".result = 8), " purged ")" \
    " ON CONFLICT (queue) DO UPDATE SET" \
    "  inactive = inactive + excluded.inactive," \
    "  completed = completed + excluded.completed," \
    "  failed = failed + excluded.failed," \
    "  canceled = canceled + excluded.canceled," \
    "  timeout = timeout + excluded.timeout," \
    "  purged = purged + excluded.purged;"

/* A finished job that is put again is taken out, and counted anew. */
#define TRIGGERS \
    "CREATE TRIGGER jobs_insert AFTER INSERT ON jobs WHEN NEW.state = 64" \
    " BEGIN " COUNT (NEW, "", "0") " END;" \
    "CREATE TRIGGER jobs_update_old AFTER UPDATE ON jobs WHEN OLD.state = 64" \
    " BEGIN " COUNT (OLD, "-", "0") " END;" \
    "CREATE TRIGGER jobs_update_new AFTER UPDATE ON jobs WHEN NEW.state = 64" \
    " BEGIN " COUNT (NEW, "", "0") " END;" \
    "CREATE TRIGGER jobs_delete AFTER DELETE ON jobs WHEN OLD.state = 64" \
    " BEGIN " COUNT (OLD, "-", "1") " END;" \
    "CREATE TRIGGER jobs_delete_id AFTER DELETE ON jobs" \
    " BEGIN UPDATE seen SET max_id = max (max_id, OLD.id); END;"

static const char schema[] =
    "CREATE TABLE jobs ("
    " id INTEGER PRIMARY KEY, userid INTEGER, urgency INTEGER,"
    " flags INTEGER, state INTEGER, result INTEGER, priority INTEGER,"
    " t_submit REAL, t_depend REAL, t_priority REAL, t_sched REAL,"
    " t_run REAL, t_cleanup REAL, t_inactive REAL,"
    " waitstatus INTEGER, name TEXT, queue TEXT, extra TEXT);"
    "CREATE INDEX jobs_active ON jobs (id) WHERE state <> 64;"
    "CREATE INDEX jobs_inactive ON jobs (t_inactive) WHERE state = 64;"
    "CREATE TABLE specs (id INTEGER PRIMARY KEY, jobspec TEXT, R TEXT);"
    LOGS LOGS_INDEX
    "CREATE TABLE vals (id INTEGER, key TEXT, data BLOB, UNIQUE (id, key));"
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('store.schema', " STR (SCHEMA_VERSION) "),"
    " ('store.log_seq', 0);"

    COUNTS "CREATE TABLE seen (max_id INTEGER); INSERT INTO seen VALUES (0);"
    TRIGGERS;

/* Tables of version 1 counted all queues together. */
static const char from_version_1[] =
    "BEGIN IMMEDIATE;"
    "DROP TRIGGER jobs_insert; DROP TRIGGER jobs_update_old;"
    "DROP TRIGGER jobs_update_new; DROP TRIGGER jobs_delete;"
    "DROP TRIGGER jobs_delete_id; ALTER TABLE counts RENAME TO counts_1;"
    COUNTS "CREATE TABLE seen (max_id INTEGER);"
    "INSERT INTO seen SELECT max_id FROM counts_1;"
    "INSERT INTO counts SELECT coalesce (queue, ''), count (*),"
    " sum (result = 1), sum (result = 2), sum (result = 4), sum (result = 8),"
    " 0 FROM jobs WHERE state = 64 GROUP BY 1;"
    "INSERT INTO counts SELECT '', 0, 0, 0, 0, 0, purged FROM counts_1 WHERE 1"
    " ON CONFLICT (queue) DO UPDATE SET purged = excluded.purged;"
    "DROP TABLE counts_1;" TRIGGERS
    SET_VERSION (2) "COMMIT;";

/* Tables of version 2 kept a log's appends beside each other. */
static const char from_version_2[] =
    "BEGIN IMMEDIATE; ALTER TABLE logs RENAME TO logs_2;"
    LOGS "INSERT INTO logs SELECT seq, id, path, data FROM logs_2 ORDER BY seq;"
    "DROP TABLE logs_2;" LOGS_INDEX SET_VERSION (3) "COMMIT;";

static const char *const migrations[SCHEMA_VERSION] = {
    [1] = from_version_1,
    [2] = from_version_2,
};
/* clang-format on */

static int make_dir (const char *dir, flux_error_t *error)
{
    char *copy, *slash;
    int fd;

    if (mkdir (dir, 0700) < 0) {
        if (errno == EEXIST)
            return 0;
        return err_set (error, errno, "store: %s: %s", dir, strerror (errno));
    }
    /* The directory itself has to survive a power loss, too. */
    if (!(copy = strdup (dir)))
        return err_set (error, ENOMEM, "store: out of memory");
    while ((slash = strrchr (copy, '/')) && slash > copy && slash[1] == '\0')
        *slash = '\0';
    if (slash)
        slash[slash == copy] = '\0';
    fd = open (slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync (fd);
        close (fd);
    }
    free (copy);
    return 0;
}

static char *path_of (const char *dir, const char *name, flux_error_t *error)
{
    char *path;

    if (asprintf (&path, "%s/%s", dir, name) < 0)
        return err_null (error, ENOMEM, "store: out of memory");
    return path;
}

static int lock_refused (int fd, const char *dir, flux_error_t *error)
{
    char pid[16] = "";
    ssize_t n =
        errno == EWOULDBLOCK ? pread (fd, pid, sizeof (pid) - 1, 0) : -1;

    if (n < 0)
        return err_set (error,
                        errno,
                        "store: lock %s: %s",
                        dir,
                        strerror (errno));
    pid[strcspn (pid, "\n")] = '\0';
    return err_set (error,
                    EBUSY,
                    "store: %s is in use by another process (pid %s)",
                    dir,
                    *pid ? pid : "unknown");
}

int store_lock (const char *dir, flux_error_t *error)
{
    char *path;
    int fd;

    if (make_dir (dir, error) < 0 || !(path = path_of (dir, "lock", error)))
        return -1;
    if ((fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0) {
        err_set (error, errno, "store: open %s: %s", path, strerror (errno));
        free (path);
        return -1;
    }
    free (path);
    if (flock (fd, LOCK_EX | LOCK_NB) < 0) {
        lock_refused (fd, dir, error);
        int saved_errno = errno;
        close (fd);
        errno = saved_errno;
        return -1;
    }
    /* The number is for people; the lock does not depend on it. */
    if (ftruncate (fd, 0) == 0)
        dprintf (fd, "%d\n", (int)getpid ());
    return fd;
}

int store_errno (sqlite3 *db)
{
    switch (sqlite3_errcode (db) & 0xff) {
    case SQLITE_NOMEM:
        return ENOMEM;
    case SQLITE_FULL:
        return ENOSPC;
    case SQLITE_READONLY:
        return EROFS;
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return EACCES;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return EBUSY;
    default:
        return EIO;
    }
}

static void *refuse (sqlite3 *db, const char *dir, flux_error_t *error)
{
    int errnum = store_errno (db);

    err_set (error, errnum, "store: %s: %s", dir, sqlite3_errmsg (db));
    sqlite3_close (db);
    errno = errnum;
    return NULL;
}

static sqlite3 *open_file (const char *dir, int flags, flux_error_t *error)
{
    char *path = path_of (dir, "jobs.sqlite", error);
    sqlite3 *db = NULL;
    int rc;

    if (!path)
        return NULL;
    rc = sqlite3_open_v2 (path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    free (path);
    if (!db)
        return err_null (error, ENOMEM, "store: out of memory");
    if (rc != SQLITE_OK)
        return refuse (db, dir, error);
    /* Another process may read, and a reader may keep the writer for as long
     * as it takes to recover the log. */
    sqlite3_busy_timeout (db, 10000);
    return db;
}

/* The first number that a query gives; 0 if it gives none, or asks for a table
 * that is not there.  -1 if the file cannot be read.
 */
static int query_int (sqlite3 *db, const char *sql, int64_t *n)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2 (db, sql, -1, &st, NULL);

    *n = 0;
    if (rc == SQLITE_OK && (rc = sqlite3_step (st)) == SQLITE_ROW)
        *n = sqlite3_column_int64 (st, 0);
    sqlite3_finalize (st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE || rc == SQLITE_ERROR ? 0 : -1;
}

static int create_tables (sqlite3 *db)
{
    if (sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return -1;
    if (sqlite3_exec (db, schema, NULL, NULL, NULL) != SQLITE_OK
        || sqlite3_exec (db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return -1;
    return 0;
}

/* 0, or -1 and db has the error, or -1 and EINVAL with the error set. */
static int check_tables (sqlite3 *db, const char *dir, flux_error_t *error)
{
    int64_t tables, version;

    if (query_int (db, "SELECT count (*) FROM sqlite_master", &tables) < 0
        || (tables == 0 && create_tables (db) < 0)
        || query_int (db,
                      "SELECT value FROM meta WHERE key = 'store.schema'",
                      &version)
               < 0) {
        errno = 0;
        return -1;
    }
    for (; version > 0 && version < SCHEMA_VERSION; version++) {
        if (sqlite3_exec (db, migrations[version], NULL, NULL, NULL)
            != SQLITE_OK) {
            errno = 0;
            return -1;
        }
    }
    if (version == SCHEMA_VERSION)
        return 0;
    return err_set (error,
                    EINVAL,
                    "store: %s/jobs.sqlite has tables of version %lld, and "
                    "this program knows version %d",
                    dir,
                    (long long)version,
                    SCHEMA_VERSION);
}

sqlite3 *store_open_writer (const char *dir,
                            const char *sync,
                            flux_error_t *error)
{
    char pragmas[256];
    sqlite3 *db;

    if (!sync)
        sync = "full";
    if (strcmp (sync, "full") && strcmp (sync, "normal")
        && strcmp (sync, "off"))
        return err_null (error,
                         EINVAL,
                         "store: sync is \"%.32s\", expected full, normal or "
                         "off",
                         sync);
    if (!(db = open_file (dir,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                          error)))
        return NULL;
    snprintf (pragmas,
              sizeof (pragmas),
              "PRAGMA page_size = 8192;"
              "PRAGMA journal_mode = WAL; PRAGMA synchronous = %s;"
              "PRAGMA wal_autocheckpoint = 4000;"
              "PRAGMA journal_size_limit = 67108864;"
              "PRAGMA cache_size = -16384;",
              sync);
    if (sqlite3_exec (db, pragmas, NULL, NULL, NULL) != SQLITE_OK)
        return refuse (db, dir, error);
    if (check_tables (db, dir, error) < 0) {
        if (errno != EINVAL)
            return refuse (db, dir, error);
        sqlite3_close (db);
        errno = EINVAL;
        return NULL;
    }
    return db;
}

sqlite3 *store_open_reader (const char *dir, flux_error_t *error)
{
    sqlite3 *db = open_file (dir, SQLITE_OPEN_READONLY, error);

    if (db
        && sqlite3_exec (db, "PRAGMA cache_size = -8192", NULL, NULL, NULL)
               != SQLITE_OK)
        return refuse (db, dir, error);
    return db;
}
