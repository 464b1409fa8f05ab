/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* One agent a rank, and nothing left of one that died.  Its tasks died with
 * it; what they had started themselves did not, and would go on with the
 * cores of other jobs.
 */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/log.h"

enum {
    ENVIRON_MAX = 1024 * 1024,
};

/* A lock of fcntl(2): the broker can ask who holds it, and it goes with the
 * process.
 */
static char *lock_path (struct agent *a)
{
    char *path;

    if (asprintf (&path, "%s/agent-%u.lock", a->rundir, a->opt.rank) < 0)
        return NULL;
    return path;
}

int stale_lock (struct agent *a)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char *path = lock_path (a);

    if (path)
        a->lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free (path);
    if (a->lock < 0)
        return -1;
    if (fcntl (a->lock, F_SETLK, &lock) == 0)
        return 0;
    if (errno == EACCES || errno == EAGAIN)
        errno = EEXIST;
    close (a->lock);
    a->lock = -1;
    return -1;
}

void stale_unlock (struct agent *a)
{
    char *path = a->lock >= 0 ? lock_path (a) : NULL;

    if (path)
        (void)unlink (path);
    free (path);
    if (a->lock >= 0)
        close (a->lock);
    a->lock = -1;
}

/* Does the process have this variable (with its value's beginning)? */
static bool has_variable (int pid, const char *want, char *buf)
{
    size_t wlen = strlen (want);
    char path[32];
    size_t len = 0;
    ssize_t n = 0;
    int fd;

    snprintf (path, sizeof (path), "/proc/%d/environ", pid);
    if ((fd = open (path, O_RDONLY | O_CLOEXEC)) < 0)
        return false;
    while (len < ENVIRON_MAX
           && (n = read (fd, buf + len, ENVIRON_MAX - len)) > 0)
        len += n;
    close (fd);
    for (char *s = buf; s + wlen <= buf + len;
         s += strnlen (s, buf + len - s) + 1) {
        if (memcmp (s, want, wlen) == 0)
            return true;
    }
    return false;
}

static unsigned int kill_leftovers (const char *want, char *buf)
{
    DIR *dir = opendir ("/proc");
    struct dirent *d;
    unsigned int n = 0;

    while (dir && (d = readdir (dir))) {
        int pid = isdigit (d->d_name[0]) ? atoi (d->d_name) : 0;

        if (pid > 1 && pid != getpid () && has_variable (pid, want, buf)
            && kill (pid, SIGKILL) == 0)
            n++;
    }
    if (dir)
        closedir (dir);
    return n;
}

void stale_clean (struct agent *a)
{
    char *want, *buf;
    unsigned int n;

    if (tmpdir_remove_stale (a) == 0)
        return;
    if (asprintf (&want,
                  "FLUX_JOB_TMPDIR=%s/jobtmp-%u-",
                  a->rundir,
                  a->opt.rank)
        < 0)
        return;
    if ((buf = malloc (ENVIRON_MAX)) && (n = kill_leftovers (want, buf)) > 0)
        log_msg (LOG_WARNING,
                 "flux-agent",
                 "ended %u processes of jobs of an agent that died",
                 n);
    free (buf);
    free (want);
}
