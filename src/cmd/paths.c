/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/paths.h"
#include "cmd/util.h"

/* The directory of this program, without a final slash. */
static const char *exe_dir (void)
{
    static char dir[PATH_MAX];
    ssize_t n;
    char *slash;

    if (dir[0])
        return dir;
    n = readlink ("/proc/self/exe", dir, sizeof (dir) - 1);
    if (n < 0)
        die ("cannot read /proc/self/exe: %s", strerror (errno));
    dir[n] = '\0';
    if ((slash = strrchr (dir, '/')) && slash != dir)
        *slash = '\0';
    return dir;
}

char *prefix_path (const char *rest)
{
    return xasprintf ("%s/../%s", exe_dir (), rest);
}

static char *search (const char *path, const char *file)
{
    char *copy;
    char *save = NULL;
    char *found = NULL;

    if (!path)
        return NULL;
    copy = xstrdup (path);
    for (char *dir = strtok_r (copy, ":", &save); dir && !found;
         dir = strtok_r (NULL, ":", &save)) {
        found = xasprintf ("%s/%s", dir, file);
        if (access (found, X_OK) < 0) {
            free (found);
            found = NULL;
        }
    }
    free (copy);
    return found;
}

char *find_exec (const char *name)
{
    char *file = xasprintf ("flux-%s", name);
    char *own = xasprintf ("%1$s/../libexec/flux:%1$s/../daemon", exe_dir ());
    char *found = search (getenv ("FLUX_EXEC_PATH_PREPEND"), file);

    if (!found)
        found = search (getenv ("FLUX_EXEC_PATH"), file);
    if (!found)
        found = search (own, file);
    free (file);
    free (own);
    if (!found)
        errno = ENOENT;
    return found;
}

/* NAME = NAME_PREPEND : NAME : own, without saying own twice. */
static void extend (const char *name, const char *rest)
{
    char *prepend_name = xasprintf ("%s_PREPEND", name);
    const char *prepend = getenv (prepend_name);
    const char *old = getenv (name);
    char *rel = prefix_path (rest);
    char *own = realpath (rel, NULL);
    char *val;

    if (!own)
        own = xstrdup (rel);
    if (old && strstr (old, own))
        val = xstrdup (old);
    else
        val = xasprintf ("%s%s%s%s%s",
                         prepend ? prepend : "",
                         prepend ? ":" : "",
                         old ? old : "",
                         old ? ":" : "",
                         own);
    setenv (name, val, 1);
    free (val);
    free (own);
    free (rel);
    free (prepend_name);
}

void setup_environment (void)
{
    const char *path = getenv ("PATH");

    extend ("FLUX_EXEC_PATH", "libexec/flux");
    extend ("FLUX_MODULE_PATH", "lib/flux/modules");
    extend ("FLUX_CONNECTOR_PATH", "lib/flux/connectors");
    if (!path || strncmp (path, exe_dir (), strlen (exe_dir ())) != 0) {
        char *val =
            xasprintf ("%s:%s", exe_dir (), path ? path : "/bin:/usr/bin");
        setenv ("PATH", val, 1);
        free (val);
    }
}

void exec_or_die (const char *path, char **argv)
{
    int status;

    fflush (stdout);
    execvp (path, argv);
    status = errno == ENOENT ? 127 : 126;
    warn_msg ("%s: %s", path, strerror (errno));
    exit (status);
}
