/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Standard input, read as fast as the slowest target takes it. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/exec.h"
#include "cmd/util.h"

enum {
    PIECE = 64 * 1024,
};

/* How much all that still run take now. */
static long room (struct exec_run *run)
{
    long least = PIECE;

    for (size_t i = 0; i < run->ntargets; i++) {
        struct exec_target *t = &run->targets[i];

        if (!t->over && t->credit < least)
            least = t->credit;
    }
    return least;
}

static void close_all (struct exec_run *run)
{
    for (size_t i = 0; i < run->ntargets; i++) {
        if (!run->targets[i].over)
            (void)flux_subprocess_close (run->targets[i].p, "stdin");
    }
}

static void write_all (struct exec_run *run, const char *data, size_t len)
{
    for (size_t i = 0; i < run->ntargets; i++) {
        struct exec_target *t = &run->targets[i];

        if (!t->over && flux_subprocess_write (t->p, "stdin", data, len) >= 0)
            t->credit -= len;
    }
}

static void readable_cb (flux_reactor_t *r,
                         flux_watcher_t *w,
                         int revents,
                         void *arg)
{
    struct exec_run *run = arg;
    char buf[PIECE];
    long max = room (run);
    ssize_t n;

    if (max <= 0) {
        flux_watcher_stop (w);
        return;
    }
    n = read (STDIN_FILENO, buf, max);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0) {
        write_all (run, buf, n);
        exec_input_check (run);
        return;
    }
    flux_watcher_destroy (run->input);
    run->input = NULL;
    close_all (run);
}

void exec_input_check (struct exec_run *run)
{
    if (!run->input)
        return;
    if (room (run) > 0 && run->nover < run->ntargets)
        flux_watcher_start (run->input);
    else
        flux_watcher_stop (run->input);
}

/* A terminal that belongs to someone else must not be read from. */
static bool in_background (void)
{
    return isatty (STDIN_FILENO) && tcgetpgrp (STDIN_FILENO) != getpgrp ();
}

void exec_input_start (struct exec_run *run)
{
    if (run->attach)
        return;
    if (run->no_input) {
        close_all (run);
        return;
    }
    if (in_background ())
        return;
    run->input = flux_fd_watcher_create (flux_get_reactor (run->h),
                                         STDIN_FILENO,
                                         FLUX_POLLIN,
                                         readable_cb,
                                         run);
    /* a file cannot be waited for, and is always readable */
    if (!run->input)
        die ("cannot watch standard input: %s", strerror (errno));
}
