/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Conversations with a broker, recorded in files and held again to the byte.
 *
 *   test_conversations BROKER FILE...          with a broker of its own
 *   test_conversations --socket PATH FILE...   with one that runs already,
 *                                              whoever made it
 * script.h says what is in a file.
 */

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "script.h"
#include "tap.h"

/* Two cores, and guests may come. */
static const char conf[] = "{\"access\":{\"allow-guest-user\":true}}";

static pid_t start (const char *broker, const char *dir)
{
    char uri[128], state[128];
    pid_t pid;

    snprintf (uri, sizeof (uri), "-Slocal-uri=local://%s/sock", dir);
    snprintf (state, sizeof (state), "-Sstatedir=%s/state", dir);
    setenv ("TMPDIR", dir, 1);
    if ((pid = fork ()) == 0) {
        /* A test that bails out leaves no broker. */
        prctl (PR_SET_PDEATHSIG, SIGTERM);
        execl (broker,
               broker,
               uri,
               state,
               "-Sstatedir-cleanup=1",
               "-Sresource.cores=2",
               "--conf",
               conf,
               NULL);
        _exit (99);
    }
    return pid;
}

static void script_init (struct script *s, const char *path, pid_t pid)
{
    memset (s, 0, sizeof (*s));
    s->path = path;
    s->is_ours = pid != 0;
    s->vars =
        json_pack ("{s:o s:o s:o}",
                   "uid",
                   json_sprintf ("%u", getuid ()),
                   "uidhex",
                   json_sprintf ("%08x", getuid ()),
                   "guest",
                   json_sprintf ("%u", getuid () ? getuid () + 1 : 65534));
    strcpy (s->conns[0].name, "main");
    talk_open (&s->conns[0].talk, path, getuid (), pid);
}

static void script_clear (struct script *s)
{
    for (size_t i = 0; i < 8; i++) {
        if (s->conns[i].name[0])
            talk_close (&s->conns[i].talk);
    }
    json_decref (s->vars);
}

int main (int argc, char **argv)
{
    char dir[] = "/tmp/test-talk-XXXXXX", sock[64];
    bool is_ours = argc > 2 && strcmp (argv[1], "--socket") != 0;
    bool is_over = false;
    pid_t pid = 0;

    if (argc < 3)
        bail_out ("usage: test_conversations BROKER|--socket PATH FILE...");
    signal (SIGPIPE, SIG_IGN);
    if (is_ours) {
        if (!mkdtemp (dir) || chmod (dir, 0755) < 0)
            bail_out ("mkdtemp");
        snprintf (sock, sizeof (sock), "%s/sock", dir);
        pid = start (argv[1], dir);
    }
    for (int i = is_ours ? 2 : 3; i < argc; i++) {
        struct script s;

        script_init (&s, is_ours ? sock : argv[2], pid);
        script_run (&s, argv[i]);
        is_over = s.is_over;
        script_clear (&s);
    }
    if (is_ours) {
        int status;

        if (!is_over)
            kill (pid, SIGTERM);
        waitpid (pid, &status, 0);
        hear_check (status == 0, "the broker ends well");
        hear_check (rmdir (dir) == 0, "and leaves nothing");
    }
    return hear_done ();
}
