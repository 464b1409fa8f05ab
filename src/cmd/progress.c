/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <flux/core.h>

#include "cmd/progress.h"

void progress_format (const struct progress *p,
                      double now,
                      int width,
                      char *buf,
                      size_t size)
{
    int done = p->completed + p->failed;
    double part = p->total > 0 ? (double)done / p->total : 0.;
    double elapsed = now - p->start;
    char left[64];
    char right[64];
    int room;
    size_t n;

    snprintf (left,
              sizeof (left),
              "PD:%-4d R:%-4d CD:%-4d F:%-4d ",
              p->pending,
              p->running,
              p->completed,
              p->failed);
    if (p->jps)
        snprintf (right,
                  sizeof (right),
                  " %3d%% %6.1f job/s",
                  (int)(part * 100.),
                  elapsed > 0 ? done / elapsed : 0.);
    else
        snprintf (right,
                  sizeof (right),
                  " %3d%% %d:%02d:%02d",
                  (int)(part * 100.),
                  (int)elapsed / 3600,
                  (int)elapsed / 60 % 60,
                  (int)elapsed % 60);
    room = width - (int)strlen (left) - (int)strlen (right) - 2;
    if (room < 5)
        room = 5;
    n = snprintf (buf, size, "%s|", left);
    for (int i = 0; i < room && n + 1 < size; i++)
        buf[n++] = i < (int)(part * room) ? '#' : ' ';
    snprintf (buf + n, size - n, "|%s", right);
}

static int terminal_width (void)
{
    struct winsize ws;

    if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0)
        return ws.ws_col - 1;
    return 79;
}

void progress_draw (struct progress *p, bool force)
{
    double now = flux_reactor_time ();
    char buf[512];

    if (!p->on || (!force && now - p->last < 0.1))
        return;
    p->last = now;
    progress_format (p, now, terminal_width (), buf, sizeof (buf));
    printf ("\r%s", buf);
    fflush (stdout);
}

void progress_clear (struct progress *p)
{
    if (p->on) {
        printf ("\r\033[K");
        fflush (stdout);
    }
}
