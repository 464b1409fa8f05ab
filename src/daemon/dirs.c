/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/dirs.h"
#include "daemon/options.h"

/* A new directory with a name of its own under base. */
static char *make_unique (const char *base, flux_error_t *error)
{
    char *path;

    if (asprintf (&path, "%s/flux-XXXXXX", base) < 0)
        return err_null (error, ENOMEM, "out of memory");
    if (!mkdtemp (path)) {
        err_set (error, errno, "%s: %s", path, strerror (errno));
        free (path);
        return NULL;
    }
    return path;
}

static const char *temporary_base (char *buf, size_t size)
{
    const char *tmpdir = getenv ("TMPDIR");

    if (tmpdir && *tmpdir)
        return tmpdir;
    snprintf (buf, size, "/run/user/%u", (unsigned int)getuid ());
    return access (buf, W_OK | X_OK) == 0 ? buf : "/tmp";
}

/* Use path as it is, make it, or, if it is like /tmp, make one in it.  *made
 * says whether it is ours.
 */
static char *use_dir (const char *path, bool *made, flux_error_t *error)
{
    struct stat st;

    *made = false;
    if (mkdir (path, 0700) == 0)
        *made = true;
    else if (errno != EEXIST)
        return err_null (error, errno, "%s: %s", path, strerror (errno));
    if (stat (path, &st) < 0)
        return err_null (error, errno, "%s: %s", path, strerror (errno));
    if (!S_ISDIR (st.st_mode))
        return err_null (error, ENOTDIR, "%s: not a directory", path);
    if ((st.st_mode & S_ISVTX)) {
        *made = true;
        return make_unique (path, error);
    }
    if (st.st_uid != getuid ())
        return err_null (error,
                         EPERM,
                         "%s: belongs to uid %u, not to the instance owner",
                         path,
                         (unsigned int)st.st_uid);
    return strdup (path);
}

static bool cleanup_wanted (struct broker *b, const char *attr, bool otherwise)
{
    const char *s = options_attr (b->opt, attr);

    return s ? strcmp (s, "0") != 0 : otherwise;
}

/* $statedir/rundir names the rundir of the broker that has the state.  Its
 * successor, should it die, takes that over, and finds there the agents that
 * still run jobs.
 */
static char *rundir_link (struct broker *b)
{
    char *path;

    return asprintf (&path, "%s/rundir", b->statedir) < 0 ? NULL : path;
}

/* The rundir of a broker that died, NULL if there is none (or none to be
 * trusted).
 */
static char *inherit_rundir (struct broker *b)
{
    char *path = rundir_link (b);
    char target[4096];
    struct stat st;
    ssize_t n = path ? readlink (path, target, sizeof (target) - 1) : -1;

    free (path);
    if (n <= 0)
        return NULL;
    target[n] = '\0';
    if (lstat (target, &st) < 0 || !S_ISDIR (st.st_mode)
        || st.st_uid != getuid () || (st.st_mode & 07777) != 0700)
        return NULL;
    return strdup (target);
}

static void remember_rundir (struct broker *b)
{
    char *path = rundir_link (b);

    if (path) {
        (void)unlink (path);
        (void)!symlink (b->rundir, path);
    }
    free (path);
}

static int make_rundir (struct broker *b, flux_error_t *error)
{
    const char *given = options_attr (b->opt, "rundir");
    char buf[64];
    bool made = true;

    if (given)
        b->rundir = use_dir (given, &made, error);
    else if (!b->keep_state || !(b->rundir = inherit_rundir (b)))
        b->rundir = make_unique (temporary_base (buf, sizeof (buf)), error);
    if (!b->rundir)
        return -1;
    if (b->keep_state && !given)
        remember_rundir (b);
    b->remove_rundir = cleanup_wanted (b, "rundir-cleanup", made);
    return 0;
}

/* Two brokers on the same state would destroy it. */
static int lock_statedir (struct broker *b, flux_error_t *error)
{
    b->statedir_lock = open (b->statedir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (b->statedir_lock < 0)
        return err_set (error, errno, "%s: %s", b->statedir, strerror (errno));
    if (flock (b->statedir_lock, LOCK_EX | LOCK_NB) < 0)
        return err_set (error,
                        errno,
                        "%s: another broker is using it",
                        b->statedir);
    return 0;
}

/* State that was asked for is kept unless its removal is asked for too:
 * a directory someone named is not thrown away with the jobs in it.
 */
static int use_statedir (struct broker *b, flux_error_t *error)
{
    const char *given = options_attr (b->opt, "statedir");
    bool made;

    if (!given)
        return 0;
    if (!(b->statedir = use_dir (given, &made, error))
        || lock_statedir (b, error) < 0)
        return -1;
    b->keep_state = true;
    b->remove_statedir = cleanup_wanted (b, "statedir-cleanup", false);
    return 0;
}

static int make_statedir (struct broker *b, flux_error_t *error)
{
    if (b->statedir)
        return 0;
    if (asprintf (&b->statedir, "%s/state", b->rundir) < 0)
        return err_set (error, ENOMEM, "out of memory");
    if (mkdir (b->statedir, 0700) < 0 && errno != EEXIST)
        return err_set (error, errno, "%s: %s", b->statedir, strerror (errno));
    b->remove_statedir = cleanup_wanted (b, "statedir-cleanup", true);
    return 0;
}

static int make_local_uri (struct broker *b, flux_error_t *error)
{
    const char *given = options_attr (b->opt, "local-uri");
    struct sockaddr_un addr;

    if (given && strncmp (given, "local://", 8) != 0)
        return err_set (error,
                        EINVAL,
                        "local-uri=%s: does not begin with local://",
                        given);
    if (given)
        b->local_uri = strdup (given);
    else if (asprintf (&b->local_uri, "local://%s/local-0", b->rundir) < 0)
        b->local_uri = NULL;
    if (!b->local_uri)
        return err_set (error, ENOMEM, "out of memory");
    if (strlen (b->local_uri + 8) >= sizeof (addr.sun_path))
        return err_set (error,
                        EINVAL,
                        "%s: socket path is longer than %zu bytes: choose a "
                        "shorter rundir",
                        b->local_uri,
                        sizeof (addr.sun_path) - 1);
    return 0;
}

int dirs_create (struct broker *b, flux_error_t *error)
{
    b->statedir_lock = -1;
    if (use_statedir (b, error) < 0 || make_rundir (b, error) < 0
        || make_statedir (b, error) < 0 || make_local_uri (b, error) < 0) {
        int saved_errno = errno;

        dirs_destroy (b);
        errno = saved_errno;
        return -1;
    }
    return 0;
}

static int remove_entry (const char *path,
                         const struct stat *st,
                         int type,
                         struct FTW *ftw)
{
    (void)remove (path);
    return 0;
}

static void remove_tree (const char *path)
{
    (void)nftw (path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void dirs_destroy (struct broker *b)
{
    if (b->rundir && b->remove_rundir) {
        char *path = b->keep_state ? rundir_link (b) : NULL;

        remove_tree (b->rundir);
        if (path)
            (void)unlink (path);
        free (path);
    }
    if (b->statedir && b->remove_statedir)
        remove_tree (b->statedir);
    if (b->statedir_lock >= 0)
        close (b->statedir_lock);
    free (b->statedir);
    free (b->rundir);
    free (b->local_uri);
    b->statedir = NULL;
    b->rundir = NULL;
    b->local_uri = NULL;
    b->statedir_lock = -1;
}
