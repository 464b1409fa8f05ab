/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux_open(3): from a name to a connection. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "lib/handle_impl.h"

#define DEFAULT_URI "local:///run/flux/local"
#define OPEN_FLAGS                                                     \
    (FLUX_O_TRACE | FLUX_O_CLONE | FLUX_O_NONBLOCK | FLUX_O_MATCHDEBUG \
     | FLUX_O_TEST_NOSUB | FLUX_O_RPCTRACK | FLUX_O_NOREQUEUE)

static const struct {
    const char *scheme;
    connector_init_f *init;
} connectors[] = {
    { "local", connector_local_init },
    { "fd", connector_fd_init },
    { "loop", connector_loop_init },
};

static flux_t *open_uri (const char *uri, int flags, flux_error_t *errp)
{
    const char *sep = strstr (uri, "://");
    int len;

    if (!sep || sep == uri)
        return err_null (errp, EINVAL, "'%s' is not a URI", uri);
    len = sep - uri;
    for (size_t i = 0; i < sizeof (connectors) / sizeof (connectors[0]); i++) {
        if ((int)strlen (connectors[i].scheme) == len
            && !strncmp (connectors[i].scheme, uri, len))
            return connectors[i].init (sep + 3, flags, errp);
    }
    return err_null (errp,
                     ENOSYS,
                     "%s: there is no connector for %.*s://",
                     uri,
                     len,
                     uri);
}

static int set_u32_opt (flux_t *h,
                        const char *env,
                        const char *option,
                        flux_error_t *errp)
{
    const char *s = getenv (env);
    uint32_t val;
    char *end;

    if (!s)
        return 0;
    val = strtoul (s, &end, 0);
    if (!*s || *end != '\0')
        return err_set (errp, EINVAL, "%s is not a number: '%s'", env, s);
    if (flux_opt_set (h, option, &val, sizeof (val)) < 0)
        return err_set (errp, errno, "%s: %s", env, strerror (errno));
    return 0;
}

/* Settings for tests and debugging that come from the environment. */
static int apply_env (flux_t *h, flux_error_t *errp)
{
    if (getenv ("FLUX_HANDLE_TRACE"))
        flux_flags_set (h, FLUX_O_TRACE);
    if (getenv ("FLUX_HANDLE_MATCHDEBUG"))
        flux_flags_set (h, FLUX_O_MATCHDEBUG);
    if (set_u32_opt (h, "FLUX_HANDLE_USERID", FLUX_OPT_TESTING_USERID, errp) < 0
        || set_u32_opt (h,
                        "FLUX_HANDLE_ROLEMASK",
                        FLUX_OPT_TESTING_ROLEMASK,
                        errp)
               < 0)
        return -1;
    return 0;
}

static const char *default_uri (void)
{
    const char *uri = getenv ("FLUX_URI");

    return uri ? uri : DEFAULT_URI;
}

static flux_t *connect_to (const char *uri, int flags, flux_error_t *errp)
{
    flux_t *h;

    if (!(h = open_uri (uri, flags, errp)))
        return NULL;
    if (apply_env (h, errp) < 0) {
        flux_close (h);
        return NULL;
    }
    return h;
}

/* How many generations up a path leads: "." 0, "../.." 2, "/" all (-1); -2 if
 * it is no such path.
 */
static int path_depth (const char *path)
{
    int depth = 0;
    const char *p = path;

    if (!strcmp (path, "/"))
        return -1;
    while (*p) {
        size_t n = strcspn (p, "/");

        if (n == 2 && !strncmp (p, "..", 2))
            depth++;
        else if (!(n == 1 && *p == '.') && n != 0)
            return -2;
        p += n;
        if (*p == '/')
            p++;
    }
    return depth;
}

/* The parent of h, which is closed; h itself at the root. */
static flux_t *open_parent (flux_t *h, int flags, flux_error_t *errp)
{
    const char *uri;
    flux_t *parent;

    if (!(uri = flux_attr_get (h, "parent-uri")))
        return h;
    parent = connect_to (uri, flags, errp);
    flux_close (h);
    return parent;
}

static int instance_level (flux_t *h)
{
    const char *s = flux_attr_get (h, "instance-level");

    return s ? atoi (s) : 0;
}

static flux_t *open_ancestor (const char *path, int flags, flux_error_t *errp)
{
    int depth = path_depth (path);
    int level;
    flux_t *h;

    if (depth == -2)
        return err_null (errp,
                         EINVAL,
                         "'%s' is neither a URI nor a path of an instance",
                         path);
    if (!(h = connect_to (default_uri (), flags, errp)))
        return NULL;
    level = instance_level (h);
    if (depth < 0 || depth > level)
        depth = level;
    while (depth-- > 0) {
        if (!(h = open_parent (h, flags, errp)))
            return NULL;
    }
    return h;
}

flux_t *flux_open_ex (const char *uri, int flags, flux_error_t *errp)
{
    if (errp)
        errp->text[0] = '\0';
    if ((flags & ~OPEN_FLAGS))
        return err_null (errp, EINVAL, "unknown flags: 0x%x", flags);
    if (uri && (*uri == '.' || *uri == '/'))
        return open_ancestor (uri, flags, errp);
    return connect_to (uri ? uri : default_uri (), flags, errp);
}

flux_t *flux_open (const char *uri, int flags)
{
    flux_error_t error;
    flux_t *h;

    if (!(h = flux_open_ex (uri, flags, &error))) {
        int saved = errno;

        fprintf (stderr, "flux_open: %s\n", error.text);
        errno = saved;
    }
    return h;
}
