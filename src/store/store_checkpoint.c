/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/store_checkpoint.h"
#include "store/store_schema.h"

/* Pages of the log, of 8 KiB: when so many are not copied, the thread does. */
#define PAGES_MANY 1000
/* When no more than so many are left, the writer copies them. */
#define PAGES_FEW 32
/* While much is written, more are left each time, and a commit that has to
 * copy them waits for the disk for ten milliseconds or so.  That is put off
 * until the log has so many, and the thread has just done what it could.
 */
#define PAGES_MAX 20000
#define PAGES_LEFT 500

struct checkpointer {
    sqlite3 *db;     /* the thread's */
    sqlite3 *writer; /* borrowed */
    pthread_t thread;
    bool started;
    bool sync;

    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool asked; /* until it is done */
    bool stopping;
    int copied; /* pages of the log, by the last round */
};

/* SQLite waits for the disk when all is copied, and not before: then little
 * should be left to wait for.
 */
static void sync_db (struct checkpointer *cp)
{
    sqlite3_file *file = NULL;

    if (cp->sync
        && sqlite3_file_control (cp->db,
                                 "main",
                                 SQLITE_FCNTL_FILE_POINTER,
                                 &file)
               == SQLITE_OK
        && file && file->pMethods)
        (void)file->pMethods->xSync (file,
                                     SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
}

/* How many pages of the log are copied now.  What fails here fails again where
 * someone is told.
 */
static int copy (struct checkpointer *cp)
{
    int copied = 0;

    if (sqlite3_wal_checkpoint_v2 (cp->db,
                                   NULL,
                                   SQLITE_CHECKPOINT_PASSIVE,
                                   NULL,
                                   &copied)
        != SQLITE_OK)
        return 0;
    sync_db (cp);
    return copied;
}

static void *checkpoint_thread (void *arg)
{
    struct checkpointer *cp = arg;

    pthread_mutex_lock (&cp->lock);
    while (!cp->stopping) {
        int copied;

        if (!cp->asked) {
            pthread_cond_wait (&cp->wake, &cp->lock);
            continue;
        }
        pthread_mutex_unlock (&cp->lock);
        copied = copy (cp);
        pthread_mutex_lock (&cp->lock);
        cp->copied = copied;
        cp->asked = false;
    }
    pthread_mutex_unlock (&cp->lock);
    return NULL;
}

/* How many pages the thread has copied, or -1 while it does. */
static int copied (struct checkpointer *cp)
{
    int n;

    pthread_mutex_lock (&cp->lock);
    n = cp->asked ? -1 : cp->copied;
    pthread_mutex_unlock (&cp->lock);
    return n;
}

/* The log begins anew. */
static void forget (struct checkpointer *cp)
{
    pthread_mutex_lock (&cp->lock);
    cp->copied = 0;
    pthread_mutex_unlock (&cp->lock);
}

static void ask (struct checkpointer *cp)
{
    pthread_mutex_lock (&cp->lock);
    cp->asked = true;
    pthread_cond_signal (&cp->wake);
    pthread_mutex_unlock (&cp->lock);
}

/* After each commit, in the writer's thread: the log has so many pages. */
static int wal_cb (void *arg, sqlite3 *db, const char *name, int pages)
{
    struct checkpointer *cp = arg;
    int left;

    if (pages < PAGES_MANY || (left = pages - copied (cp)) > pages)
        return SQLITE_OK;
    if (left <= (pages < PAGES_MAX ? PAGES_FEW : PAGES_LEFT)) {
        forget (cp);
        (void)sqlite3_wal_checkpoint_v2 (cp->writer,
                                         NULL,
                                         SQLITE_CHECKPOINT_PASSIVE,
                                         NULL,
                                         NULL);
    }
    else if (left >= (pages < PAGES_MAX ? PAGES_MANY : PAGES_LEFT))
        ask (cp);
    return SQLITE_OK;
}

static int open_db (struct checkpointer *cp,
                    const char *dir,
                    const char *sync,
                    flux_error_t *error)
{
    char *path, *pragma;
    int rc;

    if (asprintf (&path, "%s/jobs.sqlite", dir) < 0)
        return err_set (error, ENOMEM, "store: out of memory");
    rc = sqlite3_open_v2 (path,
                          &cp->db,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                          NULL);
    free (path);
    pragma = sqlite3_mprintf ("PRAGMA synchronous = %s", sync ? sync : "full");
    if (rc == SQLITE_OK && pragma)
        rc = sqlite3_exec (cp->db, pragma, NULL, NULL, NULL);
    sqlite3_free (pragma);
    if (rc == SQLITE_OK && pragma)
        return 0;
    return err_set (error,
                    cp->db ? store_errno (cp->db) : ENOMEM,
                    "store: %s: %s",
                    dir,
                    cp->db ? sqlite3_errmsg (cp->db) : "out of memory");
}

/* Signals belong to the loop's thread. */
static int start_thread (struct checkpointer *cp, flux_error_t *error)
{
    sigset_t all, old;
    int rc;

    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, &old);
    rc = pthread_create (&cp->thread, NULL, checkpoint_thread, cp);
    pthread_sigmask (SIG_SETMASK, &old, NULL);
    cp->started = rc == 0;
    if (rc != 0)
        return err_set (error, rc, "store: thread: %s", strerror (rc));
    return 0;
}

struct checkpointer *checkpointer_create (sqlite3 *db,
                                          const char *dir,
                                          const char *sync,
                                          flux_error_t *error)
{
    struct checkpointer *cp = calloc (1, sizeof (*cp));

    if (!cp)
        return err_null (error, ENOMEM, "store: out of memory");
    cp->writer = db;
    cp->sync = !sync || strcmp (sync, "off");
    pthread_mutex_init (&cp->lock, NULL);
    pthread_cond_init (&cp->wake, NULL);
    if (open_db (cp, dir, sync, error) < 0 || start_thread (cp, error) < 0) {
        int saved_errno = errno;

        checkpointer_destroy (cp);
        errno = saved_errno;
        return NULL;
    }
    sqlite3_wal_hook (db, wal_cb, cp);
    /* A file that is long enough already is faster to write to. */
    (void)sqlite3_exec (db,
                        "PRAGMA journal_size_limit = 268435456",
                        NULL,
                        NULL,
                        NULL);
    return cp;
}

void checkpointer_destroy (struct checkpointer *cp)
{
    if (!cp)
        return;
    if (cp->started) {
        sqlite3_wal_hook (cp->writer, NULL, NULL);
        pthread_mutex_lock (&cp->lock);
        cp->stopping = true;
        pthread_cond_signal (&cp->wake);
        pthread_mutex_unlock (&cp->lock);
        pthread_join (cp->thread, NULL);
    }
    sqlite3_close (cp->db);
    pthread_mutex_destroy (&cp->lock);
    pthread_cond_destroy (&cp->wake);
    free (cp);
}
