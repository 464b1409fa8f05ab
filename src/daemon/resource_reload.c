/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* resource.reload: other resources, by request (flux-resource(1)).  The job
 * manager comes again with them, as after a restart of the broker.
 */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hardware.h"
#include "daemon/jobs.h"
#include "daemon/module_private.h"
#include "daemon/parts.h"
#include "daemon/resource_config.h"

/* The rank that a file "<rank>.xml" is of; -1: it is none. */
static long xml_rank (const char *name)
{
    char *end;
    long rank = strtol (name, &end, 10);

    return end > name && *name >= '0' && *name <= '9' && !strcmp (end, ".xml")
                   && rank <= RSET_MAX_RANK
               ? rank
               : -1;
}

static int add_xml (struct rset *r,
                    const char *dir,
                    const char *name,
                    flux_error_t *error)
{
    long rank = xml_rank (name);
    char *path;
    int rc;

    if (rank < 0)
        return 0;
    if (asprintf (&path, "%s/%s", dir, name) < 0)
        return err_set (error, ENOMEM, "out of memory");
    rc = hardware_add_xml (r, rank, path, error);
    free (path);
    return rc;
}

static struct rset *from_xml (const char *dir, flux_error_t *error)
{
    DIR *d = opendir (dir);
    struct rset *r = rset_create ();
    struct dirent *e;
    int rc = 0;

    if (!d || !r) {
        rset_destroy (r);
        return err_null (error, errno, "%s: %s", dir, strerror (errno));
    }
    while (rc == 0 && (e = readdir (d)))
        rc = add_xml (r, dir, e->d_name, error);
    closedir (d);
    if (rc == 0 && r->count == 0)
        rc = err_set (error,
                      EINVAL,
                      "%s: invalid directory: no XML input files found",
                      dir);
    if (rc == 0)
        return r;
    rset_destroy (r);
    return NULL;
}

/* Ranks that are processes somewhere cannot be made up. */
static int check_ranks (struct broker *b,
                        const struct rset *r,
                        bool force,
                        flux_error_t *error)
{
    unsigned int last = r->nodes[r->count - 1].rank;

    if (last < b->size || (force && !b->launched))
        return 0;
    return err_set (error,
                    EINVAL,
                    "resource object contains ranks exceeding size=%u%s",
                    b->size,
                    b->launched ? "" : " (override with -f)");
}

static int reload_cb (struct router *router,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    struct broker *b = arg;
    int xml = 0, force = 0;
    const char *path;
    struct rset *r;

    if (flux_msg_unpack (msg,
                         "{s:s s?b s?b}",
                         "path",
                         &path,
                         "xml",
                         &xml,
                         "force",
                         &force)
        < 0)
        return err_set (error, EPROTO, "invalid payload: path, xml, force");
    if (!module_removed (b, "sched-simple"))
        return err_set (error, EBUSY, "resources are busy (unload scheduler?)");
    if (module_removed (b, "job-manager"))
        return err_set (error, EBUSY, "the job manager is not loaded");
    r = xml ? from_xml (path, error) : resource_file_load ("R", path, error);
    if (!r)
        return REQUEST_ERROR;
    if (check_ranks (b, r, force, error) < 0 || jobs_leave (b, error) < 0) {
        int saved_errno = errno;

        rset_destroy (r);
        errno = saved_errno;
        return REQUEST_ERROR;
    }
    jobs_set_resources (b, r);
    if (module_restart_jobs (b, error) < 0)
        return REQUEST_ERROR;
    router_respond (router, msg, NULL);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "resource.reload", FLUX_ROLE_OWNER, 0, reload_cb },
    { NULL },
};

int resource_reload_start (struct broker *b, void **data, flux_error_t *error)
{
    if (router_methods_add (b->router, rows, b) < 0)
        return err_set (error, errno, "cannot serve: %s", strerror (errno));
    return 0;
}

void resource_reload_stop (struct broker *b, void *data)
{
    router_methods_remove (b->router, rows);
}
