/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A parallel program that speaks PMI-1 (RFC 13) by itself.
 *
 * pmi1 [ROUNDS [THERE GO]]: in each round every task puts a key, all meet in
 * the barrier, and each reads all keys.  With files given, task 0 makes THERE
 * in the second round, in which the last task waits for GO.
 * pmi1 raw: copy lines from standard input to the server, and its answers to
 * standard output.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static FILE *server;
static char line[4096];

static void fail (const char *what)
{
    fprintf (stderr, "pmi1: %s: %s\n", what, line);
    exit (1);
}

static const char *ask (const char *what)
{
    fprintf (server, "%s\n", what);
    fflush (server);
    if (!fgets (line, sizeof (line), server))
        fail (what);
    line[strcspn (line, "\n")] = '\0';
    return line;
}

static const char *need (const char *what, const char *answer)
{
    if (strncmp (ask (what), answer, strlen (answer)))
        fail (what);
    return line + strlen (answer);
}

static int number (const char *name)
{
    const char *s = getenv (name);

    if (!s)
        fail (name);
    return atoi (s);
}

static void raw (void)
{
    char request[4096];

    while (fgets (request, sizeof (request), stdin)) {
        int more = strncmp (request, "mcmd=", 5) == 0;

        fputs (request, server);
        while (more && fgets (request, sizeof (request), stdin)) {
            fputs (request, server);
            more = strcmp (request, "endcmd\n") != 0;
        }
        fflush (server);
        if (!fgets (line, sizeof (line), server))
            exit (1);
        fputs (line, stdout);
    }
    exit (0);
}

static void touch (const char *path)
{
    FILE *f = fopen (path, "w");

    if (f)
        fclose (f);
}

static void exchange (int round, int rank, int size, const char *kvs)
{
    char request[256];
    char want[64];

    for (int i = 0; i < size; i++) {
        snprintf (request,
                  sizeof (request),
                  "cmd=get kvsname=%s key=k%d.%d",
                  kvs,
                  round,
                  i);
        snprintf (want, sizeof (want), "card = %d of %d", i, round);
        if (strcmp (need (request, "cmd=get_result rc=0 value="), want))
            fail (request);
    }
}

int main (int argc, char **argv)
{
    int fd = number ("PMI_FD");
    int rank = number ("PMI_RANK");
    int size = number ("PMI_SIZE");
    int rounds = argc > 1 ? atoi (argv[1]) : 1;
    char kvs[64];
    char request[256];

    if (!(server = fdopen (fd, "r+")))
        fail ("PMI_FD");
    setvbuf (server, NULL, _IOFBF, 8192);
    if (argc > 1 && !strcmp (argv[1], "raw"))
        raw ();
    need ("cmd=init pmi_version=1 pmi_subversion=1",
          "cmd=response_to_init rc=0 pmi_version=1 pmi_subversion=1");
    snprintf (kvs,
              sizeof (kvs),
              "%s",
              need ("cmd=get_my_kvsname", "cmd=my_kvsname rc=0 kvsname="));
    for (int round = 1; round <= rounds; round++) {
        snprintf (request,
                  sizeof (request),
                  "cmd=put kvsname=%s key=k%d.%d value=card = %d of %d",
                  kvs,
                  round,
                  rank,
                  rank,
                  round);
        need (request, "cmd=put_result rc=0");
        if (argc > 3 && round == 2) {
            if (rank == 0)
                touch (argv[2]);
            while (rank == size - 1 && access (argv[3], F_OK) < 0)
                usleep (20000);
        }
        need ("cmd=barrier_in", "cmd=barrier_out rc=0");
        exchange (round, rank, size, kvs);
    }
    snprintf (request,
              sizeof (request),
              "cmd=get kvsname=%s key=PMI_process_mapping",
              kvs);
    if (rank == 0)
        printf ("%s\n", need (request, "cmd=get_result rc=0 value="));
    need ("cmd=finalize", "cmd=finalize_ack");
    return 0;
}
