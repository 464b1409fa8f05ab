/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The attributes content.restore and content.dump: an archive that the
 * instance begins with, and one that it leaves (flux-broker-attributes(7)).
 * flux-kvs-archive reads and writes them; the broker does without the library
 * for archives.
 */

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/attrs.h"
#include "daemon/parts.h"
#include "daemon/program.h"

struct snapshot {
    struct broker *b;
    char *program;
    char *path; /* of the archive being written */
    struct program *running;
    void (*done) (void *arg);
    void *done_arg;
};

/* ---- restore ---- */

static bool has_state (struct broker *b)
{
    char *path;
    bool has;

    if (asprintf (&path, "%s/jobs.sqlite", b->statedir) < 0)
        return true;
    has = access (path, F_OK) == 0;
    free (path);
    return has;
}

/* The archive to begin with, malloced; NULL with errno 0 if there is none. */
static char *find_restore (struct broker *b)
{
    const char *attr = attrs_get (b, "content.restore");
    char *path;

    errno = 0;
    if (!attr || !*attr)
        return NULL;
    if (strcmp (attr, "auto") != 0)
        return strdup (attr);
    if (asprintf (&path, "%s/dump/RESTORE", b->statedir) < 0)
        return NULL;
    if (access (path, F_OK) == 0 && !has_state (b))
        return path;
    log_msg (LOG_INFO,
             "broker",
             "content.restore: %s",
             has_state (b) ? "the state is there" : "there is no dump");
    free (path);
    errno = 0;
    return NULL;
}

/* Nothing else goes on yet: wait for it. */
static int restore (struct snapshot *s, const char *path, flux_error_t *error)
{
    char *dir = NULL;
    int status, rc;
    pid_t pid;

    if (asprintf (&dir, "--statedir=%s", s->b->statedir) < 0)
        return err_set (error, ENOMEM, "out of memory");
    char *argv[] = { s->program, "restore",    "--quiet", dir,
                     "--",       (char *)path, NULL };
    rc = posix_spawn (&pid, s->program, NULL, NULL, argv, environ);
    free (dir);
    if (rc != 0)
        return err_set (error, rc, "%s: %s", s->program, strerror (rc));
    while (waitpid (pid, &status, 0) < 0) {
        if (errno != EINTR)
            return err_set (error, errno, "%s: no status", s->program);
    }
    if (status != 0)
        return err_set (error,
                        EIO,
                        "content.restore: %s was not restored",
                        path);
    log_msg (LOG_INFO, "broker", "restored %s", path);
    return 0;
}

int snapshot_start (struct broker *b, void **data, flux_error_t *error)
{
    struct snapshot *s = calloc (1, sizeof (*s));
    char *path = NULL;
    int rc = -1;

    if (!s
        || asprintf (&s->program, "%s/flux-kvs-archive", b->libexecdir) < 0) {
        free (s);
        return err_set (error, ENOMEM, "out of memory");
    }
    s->b = b;
    if ((path = find_restore (b)))
        rc = restore (s, path, error);
    else if (errno == 0)
        rc = 0;
    free (path);
    if (rc < 0) {
        int saved_errno = errno;
        snapshot_stop (b, s);
        errno = saved_errno;
        return -1;
    }
    *data = s;
    return 0;
}

/* ---- dump ---- */

/* Where "auto" puts it, and what RESTORE is to name. */
static char *auto_path (struct broker *b)
{
    time_t now = loop_now (b->loop);
    char date[32], *path = NULL;
    struct tm tm;

    strftime (date, sizeof (date), "%Y%m%d_%H%M%S", localtime_r (&now, &tm));
    if (!b->keep_state)
        return asprintf (&path, "flux-dump-%s.tgz", date) < 0 ? NULL : path;
    if (asprintf (&path, "%s/dump", b->statedir) < 0)
        return NULL;
    if (mkdir (path, 0700) < 0 && errno != EEXIST)
        log_errno ("broker", "content.dump: %s", path);
    free (path);
    return asprintf (&path, "%s/dump/%s.tgz", b->statedir, date) < 0 ? NULL
                                                                     : path;
}

static void link_auto (struct broker *b, const char *path)
{
    char *link;

    if (!b->keep_state || strcmp (attrs_get (b, "content.dump"), "auto") != 0
        || asprintf (&link, "%s/dump/RESTORE", b->statedir) < 0)
        return;
    (void)unlink (link);
    if (symlink (strrchr (path, '/') + 1, link) < 0)
        log_errno ("broker", "content.dump: %s", link);
    free (link);
}

static void dump_done (struct broker *b, int code, void *arg)
{
    struct snapshot *s = arg;

    s->running = NULL;
    if (code == 0)
        link_auto (b, s->path);
    else {
        log_msg (LOG_ERR,
                 "broker",
                 "content.dump: %s was not written",
                 s->path);
        if (b->exit_status == 0)
            b->exit_status = 1;
    }
    s->done (s->done_arg);
}

void snapshot_finish (struct broker *b,
                      void *data,
                      void (*done) (void *arg),
                      void *arg)
{
    struct snapshot *s = data;
    const char *attr = attrs_get (b, "content.dump");
    flux_error_t error;

    s->done = done;
    s->done_arg = arg;
    if (attr && *attr) {
        s->path = !strcmp (attr, "auto") ? auto_path (b) : strdup (attr);
        char *argv[] = { s->program, "dump", "--quiet", "--", s->path, NULL };
        if (s->path
            && (s->running = program_start (b, 5, argv, dump_done, s, &error)))
            return;
        log_msg (LOG_ERR, "broker", "content.dump: %s", error.text);
        b->exit_status = 1;
    }
    done (arg);
}

void snapshot_stop (struct broker *b, void *data)
{
    struct snapshot *s = data;

    program_abandon (s->running);
    free (s->program);
    free (s->path);
    free (s);
}
