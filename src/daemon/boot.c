/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/boot.h"
#include "daemon/options.h"
#include "daemon/pmi.h"

int boot_begin (struct broker *b, flux_error_t *error)
{
    if (!(b->pmi = pmi_open (error)))
        return errno == 0 ? 0 : -1;
    if (options_attr (b->opt, "broker.test-size"))
        return err_set (error,
                        EINVAL,
                        "broker.test-size is for one broker, and PMI says "
                        "there are %d",
                        pmi_size (b->pmi));
    b->rank = (uint32_t)pmi_rank (b->pmi);
    b->size = (uint32_t)pmi_size (b->pmi);
    return 0;
}

static void own_host (char *host, size_t size)
{
    host[0] = '\0';
    if (gethostname (host, size - 1) < 0 || host[0] == '\0')
        snprintf (host, size, "localhost");
    host[size - 1] = '\0';
}

static void host_key (char *key, size_t size, uint32_t rank)
{
    snprintf (key, size, "sluice.host.%u", (unsigned int)rank);
}

static int put_host (struct broker *b, flux_error_t *error)
{
    char host[256];
    char key[64];

    own_host (host, sizeof (host));
    host_key (key, sizeof (key), b->rank);
    return pmi_put (b->pmi, key, host, error);
}

/* Does this rank run on our machine? */
static int check_host (struct broker *b, uint32_t rank, flux_error_t *error)
{
    char host[256];
    char key[64];
    char *other;
    int rc = 0;

    own_host (host, sizeof (host));
    host_key (key, sizeof (key), rank);
    if (!(other = pmi_get (b->pmi, key, error)))
        return -1;
    if (strcmp (host, other) != 0)
        rc = err_set (error,
                      EHOSTUNREACH,
                      "rank %u is on %s and rank %u on %s: all brokers of an "
                      "instance have to be on one machine",
                      (unsigned int)b->rank,
                      host,
                      (unsigned int)rank,
                      other);
    free (other);
    return rc;
}

int boot_lead (struct broker *b, flux_error_t *error)
{
    int rc = 0;

    if (!b->pmi)
        return 0;
    if (put_host (b, error) < 0
        || pmi_put (b->pmi, "sluice.rundir", b->rundir, error) < 0
        || pmi_put (b->pmi, "sluice.uri", b->local_uri, error) < 0
        || pmi_barrier (b->pmi, error) < 0)
        rc = -1;
    for (uint32_t rank = 1; rc == 0 && rank < b->size; rank++)
        rc = check_host (b, rank, error);
    pmi_close (b->pmi);
    b->pmi = NULL;
    return rc;
}

/* Whatever launched this process has the agent from now on, as its child. */
static int become_agent (struct broker *b,
                         const char *rundir,
                         const char *uri,
                         flux_error_t *error)
{
    char *argv[] = { NULL, NULL, NULL, NULL, (char *)"--stay", NULL };

    if (asprintf (&argv[0], "%s/flux-agent", b->libexecdir) < 0
        || asprintf (&argv[1], "--rank=%u", (unsigned int)b->rank) < 0
        || asprintf (&argv[2], "--socket=%s/agent", rundir) < 0
        || asprintf (&argv[3], "--uri=%s", uri) < 0)
        return err_set (error, ENOMEM, "out of memory");
    execv (argv[0], argv);
    return err_set (error, errno, "%s: %s", argv[0], strerror (errno));
}

int boot_follow (struct broker *b, flux_error_t *error)
{
    char *rundir = NULL;
    char *uri = NULL;
    int rc = -1;

    if (put_host (b, error) == 0 && pmi_barrier (b->pmi, error) == 0
        && check_host (b, 0, error) == 0
        && (rundir = pmi_get (b->pmi, "sluice.rundir", error))
        && (uri = pmi_get (b->pmi, "sluice.uri", error)))
        rc = 0;
    pmi_close (b->pmi);
    b->pmi = NULL;
    if (rc == 0)
        rc = become_agent (b, rundir, uri, error);
    free (rundir);
    free (uri);
    return rc;
}
