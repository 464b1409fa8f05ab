/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* loop://: what is sent comes back.  For tests of code that serves and asks
 * on one handle.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"
#include "lib/handle_impl.h"

struct looped {
    struct msgq q;
    int fd; /* readable while q is not empty */
    struct flux_msg_cred cred;
};

static int fail (int errnum)
{
    errno = errnum;
    return -1;
}

static void loop_impl_destroy (void *impl)
{
    struct looped *l = impl;

    if (l) {
        msgq_clear (&l->q);
        if (l->fd >= 0)
            close (l->fd);
        free (l);
    }
}

static int loop_pollfd (void *impl)
{
    return ((struct looped *)impl)->fd;
}

static int loop_pollevents (void *impl)
{
    struct looped *l = impl;

    return FLUX_POLLOUT | (l->q.count > 0 ? FLUX_POLLIN : 0);
}

static int loop_send (void *impl, const flux_msg_t *msg, int flags)
{
    struct looped *l = impl;
    struct flux_msg_cred cred;
    flux_msg_t *cpy;
    uint64_t one = 1;
    int rc;

    if (!(cpy = flux_msg_copy (msg, true)))
        return -1;
    flux_msg_get_cred (cpy, &cred);
    if (cred.userid == FLUX_USERID_UNKNOWN)
        cred.userid = l->cred.userid;
    if (cred.rolemask == FLUX_ROLE_NONE)
        cred.rolemask = l->cred.rolemask;
    flux_msg_set_cred (cpy, cred);
    rc = msgq_append (&l->q, cpy);
    flux_msg_destroy (cpy);
    if (rc == 0 && l->q.count == 1 && write (l->fd, &one, sizeof (one)) < 0)
        return -1;
    return rc;
}

static flux_msg_t *loop_recv (void *impl, int flags)
{
    struct looped *l = impl;
    const flux_msg_t *msg;
    uint64_t val;

    if (l->q.count == 0) {
        /* Nobody else could send: to block would be for ever. */
        errno = (flags & FLUX_O_NONBLOCK) ? EAGAIN : EDEADLK;
        return NULL;
    }
    msg = msgq_remove (&l->q, l->q.head);
    if (l->q.count == 0 && read (l->fd, &val, sizeof (val)) < 0
        && errno != EAGAIN) {
        flux_msg_decref (msg);
        return NULL;
    }
    return (flux_msg_t *)msg;
}

static int loop_setopt (void *impl, const char *name, const void *val, size_t n)
{
    struct looped *l = impl;

    if (!val || n != sizeof (uint32_t))
        return fail (EINVAL);
    if (!strcmp (name, FLUX_OPT_TESTING_USERID))
        memcpy (&l->cred.userid, val, n);
    else if (!strcmp (name, FLUX_OPT_TESTING_ROLEMASK))
        memcpy (&l->cred.rolemask, val, n);
    else
        return fail (EINVAL);
    return 0;
}

static int loop_getopt (void *impl, const char *name, void *val, size_t n)
{
    struct looped *l = impl;

    if (val && n == sizeof (uint32_t)) {
        if (!strcmp (name, FLUX_OPT_TESTING_USERID)) {
            memcpy (val, &l->cred.userid, n);
            return 0;
        }
        if (!strcmp (name, FLUX_OPT_TESTING_ROLEMASK)) {
            memcpy (val, &l->cred.rolemask, n);
            return 0;
        }
    }
    return fail (EINVAL);
}

static const struct flux_handle_ops loop_ops = {
    .setopt = loop_setopt,
    .getopt = loop_getopt,
    .pollfd = loop_pollfd,
    .pollevents = loop_pollevents,
    .send = loop_send,
    .recv = loop_recv,
    .impl_destroy = loop_impl_destroy,
};

flux_t *connector_loop_init (const char *path, int flags, flux_error_t *errp)
{
    struct looped *l;
    flux_t *h;

    if (!(l = calloc (1, sizeof (*l))))
        return err_null (errp, ENOMEM, "out of memory");
    l->cred.userid = getuid ();
    l->cred.rolemask = FLUX_ROLE_OWNER | FLUX_ROLE_LOCAL;
    if ((l->fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0
        || !(h = flux_handle_create (l, &loop_ops, flags))) {
        int saved = errno;

        loop_impl_destroy (l);
        return err_null (errp, saved, "loop: %s", strerror (saved));
    }
    return h;
}
