/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"

static const struct option options[] = {
    { "rank", required_argument, NULL, 'r' },
    { "socket", required_argument, NULL, 's' },
    { "uri", required_argument, NULL, 'u' },
    { "grace", required_argument, NULL, 'g' },
    { "stay", no_argument, NULL, 'S' },
    { NULL },
};

static void usage (void)
{
    fprintf (stderr,
             "Usage: flux-agent --rank=N --socket=PATH [--uri=URI] "
             "[--grace=SECONDS] [--stay]\n");
    exit (1);
}

static void parse (int argc, char **argv, struct agent_options *opt)
{
    int c;

    while ((c = getopt_long (argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'r':
            opt->rank = strtoul (optarg, NULL, 10);
            break;
        case 's':
            opt->socket = optarg;
            break;
        case 'u':
            opt->uri = optarg;
            break;
        case 'g':
            opt->grace = strtod (optarg, NULL);
            break;
        case 'S':
            opt->stay = true;
            break;
        default:
            usage ();
        }
    }
    if (optind < argc || !opt->socket)
        usage ();
}

/* What the broker's parents left open is nobody's here, least of all tasks'.
 * The ends of pipes must not get the numbers they are to be copied to. */
static void set_descriptors (void)
{
    int fd;

    close_range (3, ~0U, 0);
    do {
        fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
    } while (fd >= 0 && fd < 3);
    if (fd >= 0)
        close (fd);
}

/* The broker sends SIGTERM after its word to end: one that comes when all is
 * done must not become the exit status.
 */
static void be_done (void)
{
    sigset_t set;

    sigemptyset (&set);
    sigaddset (&set, SIGTERM);
    sigprocmask (SIG_BLOCK, &set, NULL);
}

int main (int argc, char **argv)
{
    struct agent_options opt = { .grace = 10. };
    struct agent *a;

    setlocale (LC_CTYPE, "");
    parse (argc, argv, &opt);
    set_descriptors ();
    if (!(a = agent_create (&opt))) {
        fprintf (stderr, "flux-agent: %s: %s\n", opt.socket, strerror (errno));
        return 1;
    }
    loop_run (a->loop);
    be_done ();
    agent_destroy (a);
    return 0;
}
