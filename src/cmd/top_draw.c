/* SPDX-License-Identifier: LGPL-3.0-or-later */

#define NCURSES_WIDECHAR 1
#include <curses.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/fsd.h"
#include "cmd/jobfield.h"
#include "cmd/top.h"
#include "cmd/util.h"

enum {
    PAIR_USED = 1,
    PAIR_DOWN,
    PAIR_INSTANCE,
};

/* One line of a bar, width columns: used from the left as '|', down from the
 * right as 'x', the count at its end.
 */
static void top_bar (char *buf, size_t size, const struct top_use *u, int width)
{
    char count[48];
    int room;
    int used;
    int down;

    snprintf (count, sizeof (count), "%zu/%zu", u->used, u->total);
    room = width - 2;
    if (room < 0 || (size_t)width >= size) {
        *buf = '\0';
        return;
    }
    used = u->total ? (int)(u->used * room / u->total) : 0;
    down = u->total ? (int)(u->down * room / u->total) : 0;
    buf[0] = '[';
    for (int i = 0; i < room; i++)
        buf[i + 1] = i < used ? '|' : i >= room - down ? 'x' : ' ';
    if ((int)strlen (count) <= room)
        memcpy (buf + 1 + room - strlen (count), count, strlen (count));
    buf[room + 1] = ']';
    buf[room + 2] = '\0';
}

static void color (const struct top *t, int pair, bool on)
{
    if (t->color)
        on ? attron (COLOR_PAIR (pair)) : attroff (COLOR_PAIR (pair));
}

static void draw_bar (const struct top *t,
                      int line,
                      const char *name,
                      const struct top_use *u)
{
    char buf[512];
    int width = COLS - 8 < 60 ? COLS - 8 : 60;

    mvprintw (line, 0, "%6s ", name);
    top_bar (buf, sizeof (buf), u, width);
    for (char *s = buf; *s; s++) {
        int pair = *s == '|' ? PAIR_USED : *s == 'x' ? PAIR_DOWN : 0;
        if (pair)
            color (t, pair, true);
        addch ((unsigned char)*s);
        if (pair)
            color (t, pair, false);
    }
}

static const char *attr (const struct top *t, const char *name)
{
    const char *s = flux_attr_get (t->h, name);

    return s ? s : "";
}

static void draw_summary (const struct top *t)
{
    double now = flux_reactor_time ();
    const char *queue =
        json_string_value (json_array_get (t->queues, t->queue));
    const char *level = attr (t, "instance-level");
    char up[32];
    char left[32] = "∞";

    fsd_format (up, sizeof (up), now - t->start);
    if (t->expiration > now)
        fsd_format (left, sizeof (left), t->expiration - now);
    mvprintw (0, 0, "%s%s%s", t->path, *queue ? "  queue " : "", queue);
    mvprintw (0, COLS > 20 ? COLS - 12 : 0, "%s left", left);
    draw_bar (t, 1, "nodes", &t->nodes);
    draw_bar (t, 2, "cores", &t->cores);
    draw_bar (t, 3, "gpus", &t->gpus);
    move (4, 0);
    if (t->details)
        printw ("%d pending, %d running, %d completed, %d failed",
                t->pending,
                t->running,
                t->completed,
                t->failed);
    else
        printw ("%d pending, %d running, %d inactive",
                t->pending,
                t->running,
                t->completed + t->failed);
    mvprintw (5, 0, "%s size %s", t->beat ? "♡" : " ", attr (t, "size"));
    if (*level && strcmp (level, "0") != 0)
        printw (" depth %s", level);
    printw (" up %s  %s", up, attr (t, "version"));
}

static const char columns[] =
    "{id.f58:>12} {queue:<8.8} {username:<8.8} {name:<15.15+} "
    "{status_abbrev:>2.2} {ntasks:>6} {nnodes:>6} {runtime!F:>8h} {nodelist}";

static void draw_line (int line, const char *s)
{
    move (line, 0);
    addnstr (s, -1);
    clrtoeol ();
}

static void draw_jobs (const struct top *t)
{
    int room = LINES - TOP_SUMMARY_LINES - 1;
    size_t first =
        room > 0 && (int)t->cursor >= room ? t->cursor - room + 1 : 0;
    struct format f;
    flux_error_t e;
    char *s;

    if (room < 1)
        return;
    if (format_parse (&f, columns, &job_format_ops, &e) < 0)
        die ("%s", e.text);
    s = format_text (&f, NULL);
    attron (A_REVERSE);
    draw_line (TOP_SUMMARY_LINES, s);
    attroff (A_REVERSE);
    free (s);
    for (int i = 0; i < room && first + i < json_array_size (t->jobs); i++) {
        json_t *job = json_array_get (t->jobs, first + i);
        bool here = first + i == t->cursor;
        bool blue = json_get_path (job, "annotations.user.uri") != NULL;

        s = format_text (&f, job);
        if (here)
            attron (A_BOLD);
        if (blue)
            color (t, PAIR_INSTANCE, true);
        draw_line (TOP_SUMMARY_LINES + 1 + i, s);
        if (blue)
            color (t, PAIR_INSTANCE, false);
        if (here)
            attroff (A_BOLD);
        free (s);
    }
    format_clear (&f);
}

void top_draw (const struct top *t)
{
    if (t->color) {
        init_pair (PAIR_USED, COLOR_YELLOW, -1);
        init_pair (PAIR_DOWN, COLOR_RED, -1);
        init_pair (PAIR_INSTANCE, COLOR_BLUE, -1);
    }
    erase ();
    draw_summary (t);
    draw_jobs (t);
    refresh ();
}
