/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Shared objects of plugins.
 *
 * A plugin may be removed while a timer or a future of its own is pending,
 * one that it hung on nothing that goes with it.  Were its code unmapped,
 * that would end the broker; so code once mapped stays.  But a plugin that
 * is loaded again, perhaps rebuilt, has to begin anew, and the linker would
 * hand out the mapping it has.  Therefore each load maps a private copy of
 * the file under a name of its own.  This also means that a file may be
 * written over while its plugin is loaded.
 *
 * The exception: an object that finds others by $ORIGIN must be mapped where
 * it is.  It is unmapped when removed, as everybody expects.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jobtap/private.h"

struct tap_dso {
    void *handle;
    bool in_place;
    char copy[]; /* path of the private copy */
};

static int write_all (int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write (fd, data, size);

        if (n < 0)
            return -1;
        data += n;
        size -= n;
    }
    return 0;
}

/* Copy data to a new file <dir>/<basename>.XXXXXX: debuggers, profilers and
 * dladdr(3) still show which plugin it is.
 */
static struct tap_dso *copy_create (const char *dir,
                                    const char *path,
                                    const char *data,
                                    size_t size)
{
    const char *base = strrchr (path, '/');
    size_t len;
    struct tap_dso *dso;
    int fd;

    base = base ? base + 1 : path;
    len = strlen (dir) + strlen (base) + 9;
    if (!(dso = calloc (1, sizeof (*dso) + len)))
        return NULL;
    snprintf (dso->copy, len, "%s/%s.XXXXXX", dir, base);
    if ((fd = mkostemp (dso->copy, O_CLOEXEC)) < 0) {
        free (dso);
        return NULL;
    }
    if (write_all (fd, data, size) < 0) {
        close (fd);
        unlink (dso->copy);
        free (dso);
        return NULL;
    }
    close (fd);
    return dso;
}

static struct tap_dso *in_place (void)
{
    struct tap_dso *dso = calloc (1, sizeof (*dso) + 1);

    if (dso)
        dso->in_place = true;
    return dso;
}

/* A copy of the file, or a mark that it is to be used where it is. */
static struct tap_dso *dso_create (const char *dir,
                                   const char *path,
                                   flux_error_t *error)
{
    struct tap_dso *dso = NULL;
    struct stat st;
    char *data = MAP_FAILED;
    int fd;

    if ((fd = open (path, O_RDONLY | O_CLOEXEC)) < 0 || fstat (fd, &st) < 0)
        goto error;
    if (!S_ISREG (st.st_mode)) {
        errno = EINVAL;
        goto error;
    }
    if (st.st_size > 0
        && (data = mmap (NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0))
               == MAP_FAILED)
        goto error;
    if (st.st_size == 0 || memmem (data, st.st_size, "$ORIGIN", 7)
        || !(dso = copy_create (dir, path, data, st.st_size)))
        dso = in_place ();
    if (!dso)
        goto error;
    if (data != MAP_FAILED)
        munmap (data, st.st_size);
    close (fd);
    return dso;
error:
    err_set (error, errno, "%s: %s", path, strerror (errno));
    if (fd >= 0)
        close (fd);
    return NULL;
}

struct tap_dso *tap_dso_open (struct jobtap *jt,
                              const char *path,
                              flux_error_t *error)
{
    struct tap_dso *dso = dso_create (jt->rundir, path, error);
    const char *why;

    if (!dso)
        return NULL;
    dlerror ();
    if (!dso->in_place
        && !(dso->handle = dlopen (dso->copy, RTLD_NOW | RTLD_LOCAL))) {
        /* Perhaps the directory is mounted noexec.  Else the error is said
         * again, with the name the caller knows.
         */
        unlink (dso->copy);
        dso->in_place = true;
    }
    if (!dso->handle && !(dso->handle = dlopen (path, RTLD_NOW | RTLD_LOCAL))) {
        why = dlerror ();
        err_set (error, EINVAL, "%s", why ? why : path);
        free (dso);
        errno = EINVAL;
        return NULL;
    }
    return dso;
}

flux_plugin_init_f tap_dso_init (struct tap_dso *dso)
{
    return (flux_plugin_init_f)dlsym (dso->handle, "flux_plugin_init");
}

void tap_dso_close (struct tap_dso *dso)
{
    if (!dso)
        return;
    if (dso->in_place)
        dlclose (dso->handle);
    else
        unlink (dso->copy);
    free (dso);
}
