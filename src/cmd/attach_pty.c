/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <jansson.h>

#include "cmd/attach_pty.h"
#include "cmd/util.h"
#include "wire/base64.h"

struct attach_pty {
    flux_t *h;
    char *topic;
    int leader;
    bool read_only;
    const struct attach_pty_ops *ops;
    void *arg;
    flux_future_t *f; /* the stream; NULL: over */
    flux_watcher_t *keys;
    flux_watcher_t *size;
    struct pty_escape escape;
};

/* ---- our terminal ---- */

/* How it was; kept here because the process may end anywhere. */
static struct termios saved;
static bool is_raw;

static void restore (void)
{
    if (is_raw)
        tcsetattr (STDIN_FILENO, TCSADRAIN, &saved);
    is_raw = false;
}

/* One that belongs to someone else is let be. */
static bool may_read (void)
{
    return !isatty (STDIN_FILENO) || tcgetpgrp (STDIN_FILENO) == getpgrp ();
}

static void make_raw (void)
{
    static bool registered;
    struct termios t;

    if (!isatty (STDIN_FILENO) || tcgetattr (STDIN_FILENO, &saved) < 0)
        return;
    if (!registered)
        atexit (restore);
    registered = true;
    t = saved;
    cfmakeraw (&t);
    is_raw = tcsetattr (STDIN_FILENO, TCSADRAIN, &t) == 0;
}

/* NULL: there is no terminal to measure. */
static json_t *window_size (void)
{
    struct winsize w;

    if ((ioctl (STDOUT_FILENO, TIOCGWINSZ, &w) < 0
         && ioctl (STDIN_FILENO, TIOCGWINSZ, &w) < 0)
        || w.ws_row == 0 || w.ws_col == 0)
        return NULL;
    return json_pack ("{s:i s:i}", "rows", w.ws_row, "cols", w.ws_col);
}

static void write_all (const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write (STDOUT_FILENO, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        data += n;
        len -= n;
    }
}

/* ---- requests ---- */

enum {
    ESCAPE_MIDDLE = 0, /* of a line, as at first: "~" is nothing special */
    ESCAPE_BEGIN,      /* of a line */
    ESCAPE_TILDE,      /* it began with one */
};

size_t pty_escape_filter (struct pty_escape *e, char *buf, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        char c = buf[i];

        if (e->state == ESCAPE_TILDE && c == '.') {
            e->leave = true;
            return n;
        }
        if (e->state == ESCAPE_BEGIN && c == '~') {
            e->state = ESCAPE_TILDE;
            continue;
        }
        /* A "~" held back that turns out to be nothing special: its place in
         * buf may have been the end of the piece before this one. */
        if (e->state == ESCAPE_TILDE && c != '~') {
            memmove (buf + n + 1, buf + i, len - i);
            buf[n++] = '~';
            len = len - i + n;
            i = n;
            c = buf[i];
        }
        e->state = c == '\r' || c == '\n' ? ESCAPE_BEGIN : ESCAPE_MIDDLE;
        buf[n++] = c;
    }
    return n;
}

static void done_cb (flux_future_t *f, void *arg)
{
    flux_future_destroy (f);
}

/* Takes o.  What became of it shows on the terminal. */
static void request (struct attach_pty *p, json_t *o)
{
    char *s = o ? json_dumps (o, JSON_COMPACT) : NULL;
    flux_future_t *f = s ? flux_rpc (p->h, p->topic, s, p->leader, 0) : NULL;

    if (!f || flux_future_then (f, -1., done_cb, p) < 0)
        flux_future_destroy (f);
    json_decref (o);
    free (s);
}

static void send_keys (struct attach_pty *p, const char *data, size_t len)
{
    json_t *text = json_stringn (data, len);
    char *s;

    if (len == 0) {
        json_decref (text);
        return;
    }
    if (text) {
        request (p, json_pack ("{s:s s:o}", "type", "data", "data", text));
        return;
    }
    s = base64_encode (data, len);
    request (p,
             json_pack ("{s:s s:s s:s}",
                        "type",
                        "data",
                        "encoding",
                        "base64",
                        "data",
                        s ? s : ""));
    free (s);
}

static void over (struct attach_pty *p, bool detached)
{
    flux_watcher_stop (p->keys);
    flux_watcher_stop (p->size);
    restore ();
    p->ops->ended (detached, p->arg);
}

static void keys_cb (flux_reactor_t *r,
                     flux_watcher_t *w,
                     int revents,
                     void *arg)
{
    struct attach_pty *p = arg;
    char buf[4096 + 1]; /* room for a "~" that was held back */
    ssize_t n = read (STDIN_FILENO, buf, sizeof (buf) - 1);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        flux_watcher_stop (w);
        send_keys (p, "\004", 1);
        return;
    }
    if (is_raw)
        n = pty_escape_filter (&p->escape, buf, n);
    send_keys (p, buf, n);
    if (p->escape.leave) {
        request (p, json_pack ("{s:s}", "type", "detach"));
        over (p, true);
    }
}

static void size_cb (flux_reactor_t *r,
                     flux_watcher_t *w,
                     int revents,
                     void *arg)
{
    json_t *size = window_size ();

    if (size)
        request (arg,
                 json_pack ("{s:s s:o}", "type", "resize", "winsize", size));
}

/* ---- the stream ---- */

static void start_keys (struct attach_pty *p)
{
    flux_reactor_t *r = flux_get_reactor (p->h);

    p->size = flux_signal_watcher_create (r, SIGWINCH, size_cb, p);
    flux_watcher_start (p->size);
    if (p->read_only || !may_read ())
        return;
    make_raw ();
    p->keys = flux_fd_watcher_create (r, STDIN_FILENO, FLUX_POLLIN, keys_cb, p);
    flux_watcher_start (p->keys);
}

static void show (json_t *o)
{
    const char *data = NULL;
    const char *encoding = NULL;
    char *raw = NULL;
    size_t len = 0;

    if (json_unpack (o,
                     "{s:s% s?s}",
                     "data",
                     &data,
                     &len,
                     "encoding",
                     &encoding)
        < 0)
        return;
    if (encoding && !strcmp (encoding, "base64"))
        data = raw = base64_decode (data, len, &len);
    if (data)
        write_all (data, len);
    free (raw);
}

static void answer_cb (flux_future_t *f, void *arg)
{
    struct attach_pty *p = arg;
    const char *s;
    const char *type = "";
    json_t *o;

    if (flux_rpc_get (f, &s) < 0) {
        bool was_attached = p->size != NULL;
        const char *why = future_text (f);

        if (errno != ENODATA && errno != ENOSYS)
            warn_msg ("terminal: %s", why);
        flux_future_destroy (f);
        p->f = NULL;
        if (was_attached)
            over (p, false);
        else
            p->ops->decided (false, p->arg);
        return;
    }
    o = s ? json_loads (s, JSON_ALLOW_NUL, NULL) : NULL;
    json_unpack (o, "{s:s}", "type", &type);
    if (!strcmp (type, "attach") && !p->size) {
        start_keys (p);
        p->ops->decided (true, p->arg);
    }
    else if (!strcmp (type, "data"))
        show (o);
    json_decref (o);
    flux_future_reset (f);
}

struct attach_pty *attach_pty_start (flux_t *h,
                                     const char *service,
                                     const char *name,
                                     int leader,
                                     bool read_only,
                                     const struct attach_pty_ops *ops,
                                     void *arg)
{
    struct attach_pty *p = xcalloc (1, sizeof (*p));
    json_t *size = window_size ();
    json_t *o = json_pack ("{s:s s:s}",
                           "type",
                           "attach",
                           "mode",
                           read_only ? "ro" : "rw");
    char *s;

    p->h = h;
    p->topic = xasprintf ("%s.%s", service, name);
    p->leader = leader;
    p->read_only = read_only;
    p->ops = ops;
    p->arg = arg;
    p->escape.state = ESCAPE_BEGIN;
    if (size)
        json_object_set_new (o, "winsize", size);
    s = json_dumps (o, JSON_COMPACT);
    json_decref (o);
    p->f = flux_rpc (h, p->topic, s, leader, FLUX_RPC_STREAMING);
    free (s);
    if (!p->f || flux_future_then (p->f, -1., answer_cb, p) < 0)
        die ("cannot ask for the terminal: %s", strerror (errno));
    return p;
}

void attach_pty_destroy (struct attach_pty *p)
{
    if (!p)
        return;
    restore ();
    flux_watcher_destroy (p->keys);
    flux_watcher_destroy (p->size);
    flux_future_destroy (p->f);
    free (p->topic);
    free (p);
}
