/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <flux/attr.h>
#include <flux/handle.h>
#include <flux/version.h>
#include "daemon/attrs.h"
#include "daemon/attrs_initial.h"
#include "daemon/options.h"

#define TEST_SIZE_MAX 4096

static const struct {
    const char *name;
    const char *value; /* NULL: listed, without a value */
    int flags;
} defaults[] = {
    { "broker.boot-method", "single", ATTR_IMMUTABLE },
    { "broker.cleanup-timeout", "none", 0 },
    { "broker.critical-ranks", "0", ATTR_IMMUTABLE },
    { "broker.exit-restart", NULL, ATTR_RUNTIME },
    { "broker.mapping", "[[0,1,1,1]]", ATTR_IMMUTABLE },
    { "broker.module-nopanic", NULL, ATTR_RUNTIME },
    { "broker.quorum", "1", 0 },
    { "broker.rc1_path", NULL, 0 },
    { "broker.rc3_path", NULL, 0 },
    { "conf.shell_initrc", NULL, ATTR_RUNTIME },
    { "conf.shell_pluginpath", NULL, ATTR_RUNTIME },
    { "config.path", NULL, ATTR_IMMUTABLE },
    { "content.backing-module", "content-sqlite", 0 },
    { "content.dump", NULL, ATTR_RUNTIME },
    { "content.hash", "sha1", ATTR_IMMUTABLE },
    { "content.restore", NULL, ATTR_RUNTIME },
    { "instance-level", "0", ATTR_IMMUTABLE },
    { "jobid-path", "/", ATTR_IMMUTABLE },
    { "log-critical-level", "2", ATTR_RUNTIME },
    { "log-filename", NULL, 0 },
    { "log-forward-level", "3", ATTR_RUNTIME },
    { "log-level", "7", ATTR_RUNTIME },
    { "log-ring-size", "1024", ATTR_RUNTIME },
    { "log-stderr-level", "3", ATTR_RUNTIME },
    { "log-stderr-mode", "leader", ATTR_RUNTIME },
    { "parent-uri", NULL, ATTR_IMMUTABLE },
    { "rundir-cleanup", NULL, 0 },
    { "statedir-cleanup", NULL, 0 },
    { "tbon.descendants", "0", ATTR_IMMUTABLE },
    { "tbon.level", "0", ATTR_IMMUTABLE },
    { "tbon.maxlevel", "0", ATTR_IMMUTABLE },
    { "tbon.topo", "kary:32", 0 },
    { "version", FLUX_CORE_VERSION_STRING, ATTR_IMMUTABLE },
    { NULL },
};

/* What only the broker knows. */
static const char *const readonly[] = {
    "broker.mapping",
    "broker.pid",
    "broker.starttime",
    "broker.uuid",
    "content.hash",
    "instance-level",
    "jobid",
    "jobid-path",
    "parent-uri",
    "rank",
    "security.owner",
    "size",
    "tbon.descendants",
    "tbon.level",
    "tbon.maxlevel",
    "version",
    NULL,
};

static int set_number (struct broker *b, const char *name, unsigned int n)
{
    char buf[32];

    snprintf (buf, sizeof (buf), "%u", n);
    return attrs_set (b, name, buf, ATTR_IMMUTABLE);
}

static int from_command_line (struct broker *b, flux_error_t *error)
{
    for (const struct setting *s = b->opt->attrs; s; s = s->next) {
        for (int i = 0; readonly[i]; i++) {
            if (strcmp (s->name, readonly[i]) == 0)
                return err_set (error,
                                EINVAL,
                                "%s: attribute may not be set on the command "
                                "line",
                                s->name);
        }
        if (attrs_set (b, s->name, s->value, 0) < 0)
            return err_set (error, ENOMEM, "out of memory");
    }
    return 0;
}

/* Depth and place, which only the enclosing instance knows.  If it cannot be
 * asked, it is taken for the outermost.
 */
static void ask_enclosing (const char *uri,
                           int *level,
                           char *path,
                           size_t pathsize)
{
    const char *s;
    flux_t *h;

    *level = 0;
    path[0] = '\0';
    if (!(h = flux_open (uri, 0)))
        return;
    if ((s = flux_attr_get (h, "instance-level")))
        *level = (int)strtol (s, NULL, 10);
    if ((s = flux_attr_get (h, "jobid-path")) && strcmp (s, "/") != 0)
        snprintf (path, pathsize, "%s", s);
    flux_close (h);
}

/* An instance inside another one, as one of its jobs. */
static int from_enclosing (struct broker *b)
{
    const char *uri = getenv ("FLUX_URI");
    const char *id = getenv ("FLUX_JOB_ID");
    char above[1024];
    char path[1200];
    char depth[16];
    int level;

    if (!uri || !id)
        return 0;
    ask_enclosing (uri, &level, above, sizeof (above));
    snprintf (depth, sizeof (depth), "%d", level + 1);
    snprintf (path, sizeof (path), "%s/%.128s", above, id);
    if (attrs_set (b, "jobid-path", path, 0) < 0
        || attrs_set (b, "jobid", id, ATTR_IMMUTABLE) < 0
        || attrs_set (b, "parent-uri", uri, 0) < 0
        || attrs_set (b, "instance-level", depth, 0) < 0)
        return -1;
    return 0;
}

/* Nodes that this one broker pretends to be, for tests. */
static int set_size (struct broker *b, flux_error_t *error)
{
    const char *s = options_attr (b->opt, "broker.test-size");
    unsigned long n;
    char *end;

    if (!s)
        return 0;
    n = strtoul (s, &end, 10);
    if (end == s || *end || n < 1 || n > TEST_SIZE_MAX)
        return err_set (error,
                        EINVAL,
                        "broker.test-size: %s is not a number between 1 and "
                        "%d",
                        s,
                        TEST_SIZE_MAX);
    b->size = n;
    router_set_size (b->router, b->size);
    return 0;
}

static int from_broker (struct broker *b)
{
    char starttime[32];
    const char *hostname = options_attr (b->opt, "hostname");
    const char *hostlist = options_attr (b->opt, "hostlist");

    if (hostname)
        snprintf (b->hostname, sizeof (b->hostname), "%s", hostname);
    snprintf (starttime, sizeof (starttime), "%.3f", b->starttime);
    if (set_number (b, "rank", b->rank) < 0
        || set_number (b, "size", b->size) < 0
        || set_number (b, "security.owner", b->owner) < 0
        || set_number (b, "broker.pid", getpid ()) < 0
        || attrs_set (b, "broker.starttime", starttime, ATTR_IMMUTABLE) < 0
        || attrs_set (b, "broker.uuid", router_uuid (b->router), ATTR_IMMUTABLE)
               < 0
        || attrs_set (b, "hostname", b->hostname, ATTR_IMMUTABLE) < 0
        || attrs_set (b,
                      "hostlist",
                      hostlist ? hostlist : b->hostname,
                      ATTR_IMMUTABLE)
               < 0
        || attrs_set (b, "rundir", b->rundir, ATTR_IMMUTABLE) < 0
        || attrs_set (b, "statedir", b->statedir, ATTR_IMMUTABLE) < 0
        || attrs_set (b, "local-uri", b->local_uri, ATTR_IMMUTABLE) < 0
        || (b->opt->config_path
            && attrs_set (b, "config.path", b->opt->config_path, 0) < 0))
        return -1;
    return 0;
}

int attrs_initial (struct broker *b, flux_error_t *error)
{
    for (int i = 0; defaults[i].name; i++) {
        if (attrs_set (b,
                       defaults[i].name,
                       defaults[i].value,
                       defaults[i].flags)
            < 0)
            return err_set (error, ENOMEM, "out of memory");
    }
    if (b->launched
        && (set_number (b, "broker.quorum", b->size) < 0
            || attrs_set (b, "broker.boot-method", "pmi", 0) < 0))
        return err_set (error, ENOMEM, "out of memory");
    if (from_command_line (b, error) < 0 || set_size (b, error) < 0)
        return -1;
    if (from_broker (b) < 0 || from_enclosing (b) < 0)
        return err_set (error, ENOMEM, "out of memory");
    return 0;
}
