/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A person at a terminal: typist SCRIPT COMMAND...
 *
 * COMMAND runs on a terminal of 30 rows and 90 columns.  SCRIPT has lines
 * "expect TEXT", "type TEXT" (with \n, \r and \xNN), "size ROWS COLUMNS"
 * and "kill SIGNAL".
 * What the command writes is copied to standard output.  Exits as it does; a
 * text that does not come in ten seconds is an error, 99.
 */

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int term;
static pid_t child;
static char seen[1 << 20];
static size_t nseen;
static size_t from; /* what was expected is before it */

/* False: the command has closed the terminal. */
static int take (int timeout)
{
    struct pollfd pfd = { .fd = term, .events = POLLIN };
    ssize_t n;

    if (poll (&pfd, 1, timeout) <= 0)
        return 1;
    if (nseen >= sizeof (seen) - 4096)
        nseen = from = 0;
    n = read (term, seen + nseen, 4096);
    if (n <= 0)
        return 0;
    fwrite (seen + nseen, 1, n, stdout);
    nseen += n;
    seen[nseen] = '\0';
    return 1;
}

static void expect (const char *text)
{
    time_t end = time (NULL) + 10;
    char *s;

    while (!(s = memmem (seen + from, nseen - from, text, strlen (text)))) {
        if (time (NULL) > end || !take (100)) {
            fprintf (stderr, "typist: '%s' did not come\n", text);
            kill (child, SIGKILL);
            exit (99);
        }
    }
    from = s + strlen (text) - seen;
}

static void type (const char *s)
{
    char buf[1024];
    size_t n = 0;
    unsigned int c;

    for (; *s && n < sizeof (buf); s++) {
        if (s[0] != '\\')
            buf[n++] = *s;
        else if (*++s == 'n')
            buf[n++] = '\n';
        else if (*s == 'r')
            buf[n++] = '\r';
        else if (sscanf (s, "x%2x", &c) == 1) {
            buf[n++] = c;
            s += 2;
        }
    }
    if (write (term, buf, n) < 0)
        exit (98);
}

static void size (const char *s)
{
    struct winsize w = { 0 };

    sscanf (s, "%hu %hu", &w.ws_row, &w.ws_col);
    ioctl (term, TIOCSWINSZ, &w);
}

static void play (const char *path)
{
    FILE *f = fopen (path, "r");
    char line[1024];

    while (f && fgets (line, sizeof (line), f)) {
        line[strcspn (line, "\n")] = '\0';
        if (!strncmp (line, "expect ", 7))
            expect (line + 7);
        else if (!strncmp (line, "type ", 5))
            type (line + 5);
        else if (!strncmp (line, "size ", 5))
            size (line + 5);
        else if (!strncmp (line, "kill ", 5))
            kill (child, atoi (line + 5));
    }
    if (f)
        fclose (f);
}

int main (int argc, char **argv)
{
    struct winsize w = { .ws_row = 30, .ws_col = 90 };
    int status;

    if (argc < 3)
        return 97;
    child = forkpty (&term, NULL, NULL, &w);
    if (child == 0) {
        execvp (argv[2], argv + 2);
        _exit (127);
    }
    play (argv[1]);
    while (take (-1))
        ;
    fflush (stdout);
    while (waitpid (child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFSIGNALED (status) ? 128 + WTERMSIG (status)
                                : WEXITSTATUS (status);
}
