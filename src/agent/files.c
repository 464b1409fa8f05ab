/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Files of a job: its temporary directory, and redirected streams. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/rights.h"
#include "base/log.h"
#include "wire/guestlog.h"

/* ---- temporary directory ---- */

static int write_file (struct agent_job *job, const struct shell_file *f)
{
    const char *dir = job->tmpdir;
    char *path;
    int fd;
    int rc = -1;
    size_t done = 0;

    if (asprintf (&path, "%s/%s", dir, f->name) < 0)
        return -1;
    fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, f->mode);
    free (path);
    if (fd < 0)
        return -1;
    while (done < f->len) {
        ssize_t n = write (fd, f->data + done, f->len - done);

        if (n < 0 && errno != EINTR)
            break;
        done += n > 0 ? n : 0;
    }
    if (done == f->len && fchmod (fd, f->mode) == 0
        && (!job->become || fchown (fd, job->userid, job->gid) == 0))
        rc = 0;
    close (fd);
    return rc;
}

/* ---- spare ones ----
 *
 * A file system that keeps a journal takes longer to make a directory and to
 * remove it than all else that a short job needs here.  One that is as it was
 * made is given another name, and serves the next job.
 */

static char *spare_path (const struct agent *a, unsigned int n)
{
    char *path;

    if (asprintf (&path, "%s/jobtmp-%u-spare-%u", a->rundir, a->opt.rank, n)
        < 0)
        return NULL;
    return path;
}

static bool is_empty (int fd)
{
    union {
        struct dirent64 d;
        char buf[1024];
    } u;
    ssize_t n;

    while ((n = getdents64 (fd, u.buf, sizeof (u.buf))) > 0) {
        for (ssize_t pos = 0; pos < n;) {
            const struct dirent64 *d = (struct dirent64 *)(u.buf + pos);

            if (strcmp (d->d_name, ".") && strcmp (d->d_name, ".."))
                return false;
            pos += d->d_reclen;
        }
    }
    return n == 0;
}

/* Ours alone, and nothing in it? */
static bool as_made (const char *path)
{
    int fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    bool ok;

    if (fd < 0)
        return false;
    ok = fstat (fd, &st) == 0 && st.st_uid == geteuid ()
         && (st.st_mode & ALLPERMS) == S_IRWXU && is_empty (fd);
    close (fd);
    return ok;
}

static bool spare_add (struct agent *a, const char *path)
{
    char *spare;
    bool ok;

    if (a->nspares >= AGENT_SPARES_MAX || !as_made (path)
        || !(spare = spare_path (a, a->nspares)))
        return false;
    if ((ok = rename (path, spare) == 0))
        a->nspares++;
    free (spare);
    return ok;
}

static bool spare_take (struct agent *a, const char *path)
{
    char *spare;
    bool ok;

    if (a->nspares == 0 || !(spare = spare_path (a, a->nspares - 1)))
        return false;
    if ((ok = rename (spare, path) == 0))
        a->nspares--;
    free (spare);
    return ok;
}

void tmpdir_drop_spares (struct agent *a)
{
    while (a->nspares > 0) {
        char *path = spare_path (a, --a->nspares);

        if (path)
            (void)rmdir (path);
        free (path);
    }
}

/* ---- those of jobs ---- */

int tmpdir_make (struct agent_job *job, const char **where)
{
    const struct shell_options *o = &job->run->shell;

    *where = "job tmpdir";
    if (asprintf (&job->tmpdir,
                  "%s/jobtmp-%u-%s",
                  job->agent->rundir,
                  job->agent->opt.rank,
                  job->f58plain)
        < 0) {
        job->tmpdir = NULL;
        return -1;
    }
    if (!spare_take (job->agent, job->tmpdir) && mkdir (job->tmpdir, 0700) < 0
        && errno != EEXIST) {
        free (job->tmpdir);
        job->tmpdir = NULL;
        return -1;
    }
    for (size_t i = 0; i < o->nfiles; i++) {
        *where = o->files[i].name;
        if (write_file (job, &o->files[i]) < 0)
            return -1;
    }
    /* Last: so far nobody else could put anything in. */
    *where = "job tmpdir";
    return job->become ? chown (job->tmpdir, job->userid, job->gid) : 0;
}

static int remove_one (const char *path,
                       const struct stat *st,
                       int type,
                       struct FTW *ftw)
{
    remove (path);
    return 0;
}

static void remove_contents (int fd)
{
    int here = open (".", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (here < 0 || fchdir (fd) < 0) {
        close (here);
        return;
    }
    nftw (".", remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    if (fchdir (here) < 0)
        log_errno ("flux-agent", "cannot go back to the working directory");
    close (here);
}

/* A user whose directory it is may still have processes in it, which could
 * put a link in our way: what is in it is removed with their rights.
 */
static void remove_dir (const char *path)
{
    struct rights own;
    struct stat st;
    int fd;

    if (rmdir (path) == 0)
        return;
    if (errno == ENOTDIR) /* the job has put something else there */
        (void)unlink (path);
    if (errno != ENOTEMPTY && errno != EEXIST)
        return;
    if ((fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
        return;
    if (fstat (fd, &st) < 0)
        ;
    else if (st.st_uid == geteuid ())
        remove_contents (fd);
    else if (rights_take (&own, st.st_uid, st.st_gid, NULL, 0) == 0) {
        remove_contents (fd);
        rights_return (&own);
    }
    close (fd);
    if (rmdir (path) < 0)
        log_errno ("flux-agent", "%s", path);
}

void tmpdir_remove (struct agent_job *job)
{
    if (!job->tmpdir)
        return;
    if (!spare_add (job->agent, job->tmpdir))
        remove_dir (job->tmpdir);
    free (job->tmpdir);
    job->tmpdir = NULL;
}

unsigned int tmpdir_remove_stale (struct agent *a)
{
    unsigned int n = 0;
    char prefix[32];
    DIR *dir = opendir (a->rundir);
    struct dirent *d;
    char *path;

    snprintf (prefix, sizeof (prefix), "jobtmp-%u-", a->opt.rank);
    while (dir && (d = readdir (dir))) {
        if (strncmp (d->d_name, prefix, strlen (prefix)) != 0
            || asprintf (&path, "%s/%s", a->rundir, d->d_name) < 0)
            continue;
        remove_dir (path);
        free (path);
        n++;
    }
    if (dir)
        closedir (dir);
    return n;
}

/* ---- streams ---- */

/* Names are relative to the job's working directory. */
static char *path_of (struct agent_job *job, const char *name)
{
    char *path = NULL;

    if (*name == '/' || !job->run->cwd)
        return strdup (name);
    if (asprintf (&path, "%s/%s", job->run->cwd, name) < 0)
        path = NULL;
    return path;
}

static void say_redirect (struct agent_job *job,
                          const struct task *task,
                          bool per_task,
                          const char *stream,
                          const char *path)
{
    char *ranks;

    if (!per_task && task->index > 0)
        return;
    if (!per_task)
        ranks = layout_ranks (&job->layout);
    else if (asprintf (&ranks, "%u", task->rank) < 0)
        ranks = NULL;
    if (!ranks)
        return;
    guestlog_redirect (&job->output,
                       loop_now (job->agent->loop),
                       stream,
                       ranks,
                       path);
    free (ranks);
    report_touch (job);
}

/* As the job's user.  A pipe that nobody has open must not stop the agent. */
static int open_file (struct agent_job *job, const char *path, int flags)
{
    struct rights own;
    int fd;

    if (job->become
        && rights_take (&own, job->userid, job->gid, job->groups, job->ngroups)
               < 0)
        return -1;
    fd = open (path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
    if (job->become)
        rights_return (&own);
    if (fd >= 0 && fcntl (fd, F_SETFL, flags & O_APPEND) < 0) {
        close (fd);
        return -1;
    }
    return fd;
}

static int file_add (struct agent_job *job, char *path, bool truncate)
{
    struct outfile *files;
    int flags = O_WRONLY | O_CREAT | O_APPEND;
    int fd;

    files = realloc (job->files, (job->nfiles + 1) * sizeof (*files));
    if (!files)
        return -1;
    job->files = files;
    if ((fd = open_file (job, path, flags | (truncate ? O_TRUNC : 0))) < 0)
        return -1;
    files[job->nfiles++] = (struct outfile){ path, fd };
    return fd;
}

int outfile_open (struct agent_job *job,
                  const struct task *task,
                  const char *template,
                  const char *stream)
{
    bool per_task = names_per_task (template);
    bool truncate;
    char *name = names_expand (job, task, template);
    char *path = name ? path_of (job, name) : NULL;
    int fd;

    if (path)
        say_redirect (job, task, per_task, stream, name);
    free (name);
    if (!path)
        return -1;
    for (size_t i = 0; i < job->nfiles; i++) {
        if (!strcmp (job->files[i].path, path)) {
            free (path);
            return job->files[i].fd;
        }
    }
    /* One file of a job on several nodes is emptied by the first of them. */
    truncate =
        !job->run->append
        && (per_task || strstr (template, "{{node") || job->layout.index == 0);
    if ((fd = file_add (job, path, truncate)) < 0) {
        int saved = errno;

        free (path);
        errno = saved;
    }
    return fd;
}

void outfiles_close (struct agent_job *job)
{
    for (size_t i = 0; i < job->nfiles; i++) {
        free (job->files[i].path);
        close (job->files[i].fd);
    }
    free (job->files);
    job->files = NULL;
    job->nfiles = 0;
}

int infile_open (struct agent_job *job,
                 const struct task *task,
                 const char *template)
{
    char *name = names_expand (job, task, template);
    char *path = name ? path_of (job, name) : NULL;
    int fd, saved;

    free (name);
    if (!path)
        return -1;
    fd = open_file (job, path, O_RDONLY);
    saved = errno;
    free (path);
    errno = saved;
    return fd;
}
