/* SPDX-License-Identifier: LGPL-3.0-or-later */

#define NCURSES_WIDECHAR 1
#include <curses.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/top.h"
#include "cmd/uri.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 0, "color", "[WHEN]", "Color: always, never or auto." },
    { 'q', "queue", "NAME", "Show this queue only." },
    { 0 },
};

enum {
    KEY_CTRL_L = 'L' - 'A' + 1,
};

/* Two seconds are what the manual promises. */
static const double period = 2.;

struct screen {
    struct top top;
};

/* All of what follows sees keys and drawings of this instance only; an
 * instance below it is shown by a call of this from the key handler.
 */
static void show (const char *uri, const char *path, const struct opts *o);

static void open_job (struct screen *s, const struct opts *o)
{
    json_t *job = json_array_get (s->top.jobs, s->top.cursor);
    const char *uri =
        json_string_value (json_get_path (job, "annotations.user.uri"));
    char *local;
    char *path;

    if (!uri)
        return;
    local = uri_local (uri);
    path =
        xasprintf ("%s%s%s",
                   s->top.path,
                   strcmp (s->top.path, "/") ? "/" : "",
                   id_str (json_integer_value (json_object_get (job, "id"))));
    show (local, path, o);
    free (path);
    free (local);
}

/* false: leave this instance */
static bool on_key (struct screen *s, int key, const struct opts *o)
{
    struct top *t = &s->top;
    size_t queues = json_array_size (t->queues);

    switch (key) {
    case 'q':
        return false;
    case 'j':
    case KEY_DOWN:
        if (t->cursor + 1 < json_array_size (t->jobs))
            t->cursor++;
        break;
    case 'k':
    case KEY_UP:
        if (t->cursor > 0)
            t->cursor--;
        break;
    case 'l':
    case KEY_RIGHT:
    case 'h':
    case KEY_LEFT:
        t->queue += key == 'l' || key == KEY_RIGHT ? 1 : queues - 1;
        t->queue %= queues;
        top_update (t);
        break;
    case 'd':
        t->details = !t->details;
        break;
    case '\n':
    case KEY_ENTER:
        open_job (s, o);
        break;
    case KEY_CTRL_L:
        clear ();
        break;
    }
    return true;
}

static void choose_queue (struct top *t, const struct opts *o)
{
    const char *queue = opt_str (o, "queue", NULL);
    json_t *name;
    size_t i;

    if (!queue)
        return;
    json_array_foreach (t->queues, i, name)
    {
        if (!strcmp (json_string_value (name), queue)) {
            t->queue = i;
            return;
        }
    }
    endwin ();
    die ("queue %s unknown", queue);
}

static void show (const char *uri, const char *path, const struct opts *o)
{
    struct screen s = { .top = { .path = path, .details = true } };
    struct top *t = &s.top;
    double next;
    int key;

    if (!(t->h = flux_open (uri, 0)))
        return;
    t->color = want_color (o) && has_colors ();
    top_get_queues (t);
    choose_queue (t, o);
    top_update (t);
    next = flux_reactor_time () + period;
    top_draw (t);
    while ((key = getch ()) == ERR || on_key (&s, key, o)) {
        if (flux_reactor_time () >= next) {
            t->beat = !t->beat;
            top_update (t);
            next = flux_reactor_time () + period;
        }
        top_draw (t);
    }
    flux_close (t->h);
    top_clear (t);
}

static char *choose_uri (const struct opts *o)
{
    flux_error_t e;
    char *uri;
    char *local;

    if (o->argc == 0)
        return NULL;
    if (!(uri = uri_resolve (o->argv[0], false, &e)))
        die ("%s", e.text);
    local = uri_local (uri);
    free (uri);
    return local;
}

static int run (struct opts *o)
{
    char *uri;
    flux_error_t e;
    flux_t *h;

    if (o->argc > 1)
        die ("at most one target can be given");
    if (!isatty (STDIN_FILENO))
        die ("stdin is not a terminal");
    want_color (o);
    uri = choose_uri (o);
    /* what is wrong is told before the terminal is curses' */
    if (!(h = flux_open_ex (uri, 0, &e)))
        die ("%s", e.text);
    flux_close (h);
    if (!newterm (NULL, stdout, stdin))
        die ("this terminal (TERM=%s) cannot be used",
             getenv ("TERM") ? getenv ("TERM") : "");
    start_color ();
    use_default_colors ();
    noecho ();
    cbreak ();
    curs_set (0);
    keypad (stdscr, TRUE);
    timeout (250);
    show (uri, "/", o);
    endwin ();
    free (uri);
    return 0;
}

const struct command cmd_top = {
    .name = "top",
    .summary = "watch the instance and its running jobs",
    .usage = "[OPTIONS] [TARGET]",
    .options = { options },
    .section = "jobs",
    .run = run,
};
