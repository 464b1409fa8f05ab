/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux-broker(1): the life of the daemon. */

#include <errno.h>
#include <libgen.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/boot.h"
#include "daemon/dirs.h"
#include "daemon/options.h"
#include "daemon/parts.h"
#include "daemon/pmi.h"
#include "daemon/state_machine.h"

/* Started from top to bottom, stopped from bottom to top. */
static const struct part parts[] = {
    { "attrs", attrs_start, NULL, attrs_stop },
    { "log", logring_start, NULL, logring_stop },
    { "config", config_start, NULL, config_stop },
    { "services", services_start, NULL, services_stop },
    { "topology", topology_start, NULL, topology_stop },
    { "heartbeat", heartbeat_start, NULL, heartbeat_stop },
    { "snapshot", snapshot_start, snapshot_finish, snapshot_stop },
    { "startlog", NULL, startlog_finish, NULL },
    { "jobs", jobs_start, jobs_finish, jobs_stop },
    { "cron", cron_start, NULL, cron_stop },
    { "modules", modules_start, NULL, modules_stop },
    { "resource-reload", resource_reload_start, NULL, resource_reload_stop },
    { "state-machine", state_machine_start, NULL, state_machine_stop },
    { "local-connector", local_connector_start, NULL, local_connector_stop },
    { "runat", runat_start, runat_finish, runat_stop },
    { NULL },
};

/* Where this program is, the others are. */
static char *own_directory (void)
{
    char path[4096];
    ssize_t n = readlink ("/proc/self/exe", path, sizeof (path) - 1);

    if (n < 0)
        return strdup (".");
    path[n] = '\0';
    return strdup (dirname (path));
}

/* -1, errno and a sentence: broker_destroy is called all the same. */
static int broker_create (struct broker *b,
                          const struct options *opt,
                          flux_error_t *error)
{
    b->opt = opt;
    b->parts = parts;
    b->statedir_lock = -1;
    b->owner = getuid ();
    b->size = 1;
    if (!(b->libexecdir = own_directory ()))
        return err_set (error, ENOMEM, "out of memory");
    if (boot_begin (b, error) < 0
        || (b->rank > 0 && boot_follow (b, error) < 0))
        return -1;
    b->launched = b->pmi != NULL;
    if (gethostname (b->hostname, sizeof (b->hostname) - 1) < 0)
        strcpy (b->hostname, "localhost");
    if (!(b->loop = loop_create (NULL))
        || !(b->router = router_create (b->loop, b->owner, b->rank, b->size)))
        return err_set (error, errno, "event loop: %s", strerror (errno));
    b->starttime = loop_now (b->loop);
    return dirs_create (b, error);
}

static void broker_destroy (struct broker *b)
{
    pmi_close (b->pmi);
    dirs_destroy (b);
    router_destroy (b->router);
    if (b->loop)
        loop_destroy (b->loop);
    free (b->libexecdir);
}

/* 0 when it has come to its end, or -1, errno and a sentence. */
static int broker_run (struct broker *b, flux_error_t *error)
{
    if (parts_start (b, error) < 0)
        return -1;
    if (boot_lead (b, error) < 0) {
        parts_stop (b);
        return -1;
    }
    state_machine_begin (b);
    if (state_machine_state (b) < STATE_EXIT)
        loop_run (b->loop);
    parts_stop (b);
    return 0;
}

/* From the first to the last; the exit status. */
static int broker_live (const struct options *opt)
{
    struct broker broker = { 0 };
    flux_error_t error = { .text = "" };
    int status = 1;

    if (broker_create (&broker, opt, &error) == 0
        && broker_run (&broker, &error) == 0)
        status = broker.exit_status;
    else
        fprintf (stderr, "flux-broker: %s\n", error.text);
    broker_destroy (&broker);
    return status;
}

static void process_init (void)
{
    /* The store's thread would give memory back to the system at each commit
     * and ask for it again. */
    mallopt (M_TRIM_THRESHOLD, 16 * 1024 * 1024);
    /* Job ids in events and errors look as in the commands of the user. */
    setlocale (LC_CTYPE, "");
    signal (SIGPIPE, SIG_IGN);
    signal (SIGHUP, SIG_IGN);
}

int main (int argc, char **argv)
{
    struct options opt;
    int status = 1;

    process_init ();
    if (options_parse (&opt, argc, argv) < 0)
        fputs ("Try 'flux broker --help'.\n", stderr);
    else if (opt.help) {
        options_usage ();
        status = 0;
    }
    else
        status = broker_live (&opt);
    options_clear (&opt);
    return status;
}
