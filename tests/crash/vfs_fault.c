/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vfs_fault.h"

/* What the file had where an unsynced write went: undone if it is lost. */
struct undo {
    struct undo *next;
    char *path;
    sqlite3_int64 offset;
    sqlite3_int64 size; /* of the file before */
    int len;
    int had; /* bytes of before that exist */
    char *before;
    char *after;
};

struct fault_file {
    sqlite3_file base;
    const char *path; /* borrowed: SQLite keeps it while the file is open */
    sqlite3_file *real;
};

static struct {
    pthread_mutex_t lock;
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    struct undo *undos; /* latest first */
    uint64_t count;
    uint64_t die_at;
    uint32_t seed;
    bool dead;
    bool full;
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct fault_file *of (sqlite3_file *f)
{
    return (struct fault_file *)f;
}

static uint32_t chance (void)
{
    disk.seed = disk.seed * 1664525u + 1013904223u;
    return disk.seed >> 8;
}

/* One more write or sync; false: the machine is dead. */
static bool alive (void)
{
    if (!disk.dead && ++disk.count == disk.die_at)
        disk.dead = true;
    return !disk.dead;
}

static void undo_free (struct undo *u)
{
    free (u->path);
    free (u->before);
    free (u->after);
    free (u);
}

static void remember (struct fault_file *f,
                      const void *data,
                      int len,
                      sqlite3_int64 offset)
{
    struct undo *u = calloc (1, sizeof (*u));

    u->path = strdup (f->path ? f->path : "");
    u->offset = offset;
    u->len = len;
    u->before = calloc (1, len + 1);
    u->after = malloc (len + 1);
    memcpy (u->after, data, len);
    f->real->pMethods->xFileSize (f->real, &u->size);
    u->had = u->size > offset
                 ? (u->size - offset < len ? u->size - offset : len)
                 : 0;
    if (u->had > 0)
        f->real->pMethods->xRead (f->real, u->before, u->had, offset);
    u->next = disk.undos;
    disk.undos = u;
}

/* ---- methods of files ---- */

static int x_close (sqlite3_file *f)
{
    int rc = of (f)->real->pMethods->xClose (of (f)->real);

    sqlite3_free (of (f)->real);
    return rc;
}

static int x_read (sqlite3_file *f, void *buf, int n, sqlite3_int64 offset)
{
    return of (f)->real->pMethods->xRead (of (f)->real, buf, n, offset);
}

static int x_write (sqlite3_file *f,
                    const void *buf,
                    int n,
                    sqlite3_int64 offset)
{
    sqlite3_int64 size = 0;
    int rc = SQLITE_OK;

    pthread_mutex_lock (&disk.lock);
    of (f)->real->pMethods->xFileSize (of (f)->real, &size);
    if (disk.full && offset + n > size)
        rc = SQLITE_FULL;
    else if (!alive ())
        rc = SQLITE_IOERR_WRITE;
    else {
        remember (of (f), buf, n, offset);
        rc = of (f)->real->pMethods->xWrite (of (f)->real, buf, n, offset);
    }
    pthread_mutex_unlock (&disk.lock);
    return rc;
}

static int x_truncate (sqlite3_file *f, sqlite3_int64 size)
{
    if (disk.dead)
        return SQLITE_IOERR_TRUNCATE;
    return of (f)->real->pMethods->xTruncate (of (f)->real, size);
}

/* What is synced stays. */
static int x_sync (sqlite3_file *f, int flags)
{
    struct undo **p = &disk.undos, *u;
    bool ok;

    pthread_mutex_lock (&disk.lock);
    ok = alive ();
    while (ok && (u = *p)) {
        if (strcmp (u->path, of (f)->path ? of (f)->path : "")) {
            p = &u->next;
            continue;
        }
        *p = u->next;
        undo_free (u);
    }
    pthread_mutex_unlock (&disk.lock);
    return ok ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int x_size (sqlite3_file *f, sqlite3_int64 *size)
{
    return of (f)->real->pMethods->xFileSize (of (f)->real, size);
}

static int x_lock (sqlite3_file *f, int n)
{
    return of (f)->real->pMethods->xLock (of (f)->real, n);
}

static int x_unlock (sqlite3_file *f, int n)
{
    return of (f)->real->pMethods->xUnlock (of (f)->real, n);
}

static int x_reserved (sqlite3_file *f, int *out)
{
    return of (f)->real->pMethods->xCheckReservedLock (of (f)->real, out);
}

static int x_control (sqlite3_file *f, int op, void *arg)
{
    return of (f)->real->pMethods->xFileControl (of (f)->real, op, arg);
}

static int x_sector (sqlite3_file *f)
{
    return of (f)->real->pMethods->xSectorSize (of (f)->real);
}

/* No promises: no atomic writes, no order. */
static int x_traits (sqlite3_file *f)
{
    return 0;
}

static int x_shm_map (sqlite3_file *f, int i, int n, int w, void volatile **p)
{
    return of (f)->real->pMethods->xShmMap (of (f)->real, i, n, w, p);
}

static int x_shm_lock (sqlite3_file *f, int offset, int n, int flags)
{
    return of (f)->real->pMethods->xShmLock (of (f)->real, offset, n, flags);
}

static void x_shm_barrier (sqlite3_file *f)
{
    of (f)->real->pMethods->xShmBarrier (of (f)->real);
}

static int x_shm_unmap (sqlite3_file *f, int del)
{
    return of (f)->real->pMethods->xShmUnmap (of (f)->real, del);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = x_close,
    .xRead = x_read,
    .xWrite = x_write,
    .xTruncate = x_truncate,
    .xSync = x_sync,
    .xFileSize = x_size,
    .xLock = x_lock,
    .xUnlock = x_unlock,
    .xCheckReservedLock = x_reserved,
    .xFileControl = x_control,
    .xSectorSize = x_sector,
    .xDeviceCharacteristics = x_traits,
    .xShmMap = x_shm_map,
    .xShmLock = x_shm_lock,
    .xShmBarrier = x_shm_barrier,
    .xShmUnmap = x_shm_unmap,
};

static int x_open (sqlite3_vfs *vfs,
                   const char *path,
                   sqlite3_file *f,
                   int flags,
                   int *out)
{
    struct fault_file *ff = of (f);
    int rc;

    memset (ff, 0, sizeof (*ff));
    if (!(ff->real = sqlite3_malloc (disk.real->szOsFile)))
        return SQLITE_NOMEM;
    memset (ff->real, 0, disk.real->szOsFile);
    rc = disk.real->xOpen (disk.real, path, ff->real, flags, out);
    if (rc != SQLITE_OK) {
        sqlite3_free (ff->real);
        return rc;
    }
    ff->path = path;
    ff->base.pMethods = &methods;
    return SQLITE_OK;
}

static int x_delete (sqlite3_vfs *vfs, const char *path, int sync)
{
    if (disk.dead)
        return SQLITE_IOERR_DELETE;
    return disk.real->xDelete (disk.real, path, sync);
}

/* ---- what tests call ---- */

int vfs_fault_install (void)
{
    disk.real = sqlite3_vfs_find (NULL);
    disk.vfs = *disk.real;
    disk.vfs.zName = "fault";
    disk.vfs.szOsFile = sizeof (struct fault_file);
    disk.vfs.pNext = NULL;
    disk.vfs.xOpen = x_open;
    disk.vfs.xDelete = x_delete;
    return sqlite3_vfs_register (&disk.vfs, 1) == SQLITE_OK ? 0 : -1;
}

void vfs_fault_die_at (uint64_t n, uint32_t seed)
{
    disk.count = 0;
    disk.die_at = n;
    disk.seed = seed;
    disk.dead = false;
}

uint64_t vfs_fault_count (void)
{
    return disk.count;
}

bool vfs_fault_dead (void)
{
    return disk.dead;
}

void vfs_fault_full (bool full)
{
    pthread_mutex_lock (&disk.lock);
    disk.full = full;
    pthread_mutex_unlock (&disk.lock);
}

static void put (FILE *f, sqlite3_int64 offset, const char *data, int len)
{
    if (fseek (f, offset, SEEK_SET) == 0)
        (void)!fwrite (data, 1, len, f);
}

/* Back to what was synced, then, from the first on, those writes that the
 * disk had the time for, whole or in part.
 */
void vfs_fault_revive (void)
{
    struct undo *u, *forward = NULL;
    FILE *f;

    while ((u = disk.undos)) {
        disk.undos = u->next;
        if ((f = fopen (u->path, "r+"))) {
            put (f, u->offset, u->before, u->had);
            fflush (f);
            if (u->size < u->offset + u->len)
                (void)!ftruncate (fileno (f), u->size);
            fclose (f);
        }
        u->next = forward;
        forward = u;
    }
    while ((u = forward)) {
        uint32_t fate = chance () % 3;

        forward = u->next;
        if (fate > 0 && (f = fopen (u->path, "r+"))) {
            put (f,
                 u->offset,
                 u->after,
                 fate == 1 ? u->len : (int)(chance () % (u->len + 1)));
            fclose (f);
        }
        undo_free (u);
    }
    disk.dead = false;
    disk.die_at = 0;
    disk.count = 0;
}
