/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Subprocesses: what local and remote ones have in common. */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <utlist.h>

#include "lib/subprocess_private.h"

static int invalid (void)
{
    errno = EINVAL;
    return -1;
}

/* ---- making one ---- */

/* "4M", "1.5k" */
static int parse_size (const char *s, size_t *size)
{
    static const char suffixes[] = "kKMG";
    static const double scales[] = { 1024., 1024., 1048576., 1073741824. };
    const char *suffix;
    char *end;
    double v = strtod (s, &end);

    if (end == s || !(v >= 1.))
        return invalid ();
    if (*end) {
        if (!(suffix = strchr (suffixes, *end)) || end[1])
            return invalid ();
        v *= scales[suffix - suffixes];
    }
    if (v > INT_MAX)
        return invalid ();
    *size = v;
    return 0;
}

static const char *option (flux_cmd_t *cmd, const char *stream, const char *opt)
{
    char name[256];

    if (strlen (stream) + strlen (opt) >= sizeof (name))
        return NULL;
    strcpy (name, stream);
    strcat (name, opt);
    return flux_cmd_getopt (cmd, name);
}

static void channel_destroy (struct sub_channel *ch)
{
    free (ch->name);
    free (ch->data);
    free (ch);
}

static int channel_add (flux_subprocess_t *p,
                        const char *name,
                        bool in,
                        flux_subprocess_output_f cb)
{
    struct sub_channel *ch = calloc (1, sizeof (*ch));
    const char *opt;

    if (!ch || !(ch->name = strdup (name))) {
        free (ch);
        return -1;
    }
    LL_APPEND (p->channels, ch);
    ch->p = p;
    ch->in = in;
    ch->out = cb != NULL;
    ch->cb = cb;
    ch->bufsize = SUB_BUFSIZE;
    ch->by_line = true;
    if ((opt = option (p->cmd, name, "_LINE_BUFFER"))) {
        if (strcasecmp (opt, "false") && strcasecmp (opt, "true"))
            return invalid ();
        ch->by_line = !strcasecmp (opt, "true");
    }
    if ((opt = option (p->cmd, name, "_BUFSIZE")))
        return parse_size (opt, &ch->bufsize);
    return 0;
}

int sub_add_channels (flux_subprocess_t *p)
{
    const struct strings *names = &p->cmd->channels;

    for (int i = 0; i < names->n; i++) {
        if (channel_add (p, names->v[i], true, p->ops.on_channel_out) < 0)
            return -1;
    }
    if (p->flags & FLUX_SUBPROCESS_FLAGS_STDIO_FALLTHROUGH)
        return 0;
    if (channel_add (p, "stdin", true, NULL) < 0
        || channel_add (p, "stdout", false, p->ops.on_stdout) < 0
        || channel_add (p, "stderr", false, p->ops.on_stderr) < 0)
        return -1;
    return 0;
}

flux_subprocess_t *sub_create (const struct sub_kind *kind,
                               flux_reactor_t *r,
                               int flags,
                               const flux_cmd_t *cmd,
                               const flux_subprocess_ops_t *ops)
{
    flux_subprocess_t *p = calloc (1, sizeof (*p));

    if (!p)
        return NULL;
    p->refs = 1;
    p->kind = kind;
    p->r = r;
    flux_reactor_incref (r);
    p->flags = flags;
    p->rank = -1;
    p->pid = -1;
    p->state = FLUX_SUBPROCESS_INIT;
    if (ops)
        p->ops = *ops;
    if (cmd && cmd->msgchans.n > 0)
        errno = ENOTSUP;
    else if (!cmd
             || ((p->cmd = flux_cmd_copy (cmd)) && sub_add_channels (p) == 0))
        return p;
    sub_decref (p);
    return NULL;
}

flux_subprocess_t *sub_incref (flux_subprocess_t *p)
{
    p->refs++;
    return p;
}

void sub_decref (flux_subprocess_t *p)
{
    struct sub_channel *ch, *next;
    int saved_errno = errno;

    if (--p->refs > 0)
        return;
    p->kind->destroy (p);
    LL_FOREACH_SAFE (p->channels, ch, next)
    {
        channel_destroy (ch);
    }
    auxlist_clear (&p->aux);
    flux_cmd_destroy (p->cmd);
    flux_reactor_decref (p->r);
    free (p->fail_text);
    free (p);
    errno = saved_errno;
}

/* Nothing more is told; a kind that is just telling lets go of the rest. */
void flux_subprocess_destroy (flux_subprocess_t *p)
{
    if (!p || p->dead)
        return;
    p->dead = true;
    sub_decref (p);
}

struct sub_channel *sub_channel (flux_subprocess_t *p, const char *name)
{
    struct sub_channel *ch;

    LL_FOREACH (p->channels, ch)
    {
        if (!strcmp (ch->name, name))
            return ch;
    }
    return NULL;
}

/* ---- telling the user ---- */

void sub_state (flux_subprocess_t *p, flux_subprocess_state_t state)
{
    p->state = state;
    if (p->ops.on_state_change && !p->dead)
        p->ops.on_state_change (p, state);
}

void sub_fail (flux_subprocess_t *p, int errnum, const char *text)
{
    if (p->state == FLUX_SUBPROCESS_FAILED || p->completed)
        return;
    p->fail_errno = errnum ? errnum : EINVAL;
    p->fail_text = text ? strdup (text) : NULL;
    sub_state (p, FLUX_SUBPROCESS_FAILED);
}

/* Is there something the user wants to hear of? */
static bool ready (struct sub_channel *ch)
{
    if (sub_held (ch) == 0)
        return false;
    return !ch->by_line || ch->eof || sub_held (ch) >= ch->bufsize
           || sub_has_line (ch);
}

/* Call as long as something is read of what is there.  Who reads nothing is
 * called again when more has come.
 */
static void tell (struct sub_channel *ch)
{
    size_t held = 0;

    while (!ch->p->dead && ready (ch) && sub_held (ch) != held) {
        held = sub_held (ch);
        ch->cb (ch->p, ch->name);
    }
}

int sub_data (struct sub_channel *ch, const char *data, size_t len)
{
    char *room;

    if (!ch->out || ch->ended || len == 0)
        return 0;
    if (ch->p->flags & FLUX_SUBPROCESS_FLAGS_LOCAL_UNBUF) {
        ch->now = data;
        ch->nnow = len;
        ch->cb (ch->p, ch->name);
        ch->now = NULL;
        ch->nnow = 0;
        return 0;
    }
    if (!(room = sub_room (ch, len)))
        return -1;
    if (data)
        memcpy (room, data, len);
    ch->len += len;
    tell (ch);
    return 0;
}

static void end_channel (struct sub_channel *ch)
{
    if (ch->eof || !ch->ended || ch->refs > 0)
        return;
    ch->eof = true;
    tell (ch);
    ch->head = ch->len; /* who did not read it now never does */
    ch->eof_told = true;
    if (!ch->p->dead)
        ch->cb (ch->p, ch->name);
}

void sub_eof (struct sub_channel *ch)
{
    if (!ch->out || ch->ended)
        return;
    ch->ended = true;
    end_channel (ch);
}

void sub_credit (struct sub_channel *ch, int bytes)
{
    if (ch->p->ops.on_credit && !ch->p->dead && bytes > 0)
        ch->p->ops.on_credit (ch->p, ch->name, bytes);
}

void sub_check_complete (flux_subprocess_t *p)
{
    struct sub_channel *ch;

    if (p->completed || p->dead || p->state != FLUX_SUBPROCESS_EXITED)
        return;
    LL_FOREACH (p->channels, ch)
    {
        if (ch->out && !ch->eof_told)
            return;
    }
    p->completed = true;
    if (p->ops.on_completion)
        p->ops.on_completion (p);
}

/* ---- what the user does ---- */

void flux_subprocess_channel_incref (flux_subprocess_t *p, const char *name)
{
    struct sub_channel *ch = p && name ? sub_channel (p, name) : NULL;

    if (ch)
        ch->refs++;
}

void flux_subprocess_channel_decref (flux_subprocess_t *p, const char *name)
{
    struct sub_channel *ch = p && name ? sub_channel (p, name) : NULL;

    if (!ch || ch->refs == 0)
        return;
    if (--ch->refs == 0 && ch->ended) {
        sub_incref (p);
        end_channel (ch);
        sub_check_complete (p);
        sub_decref (p);
    }
}

static void stream_set (flux_subprocess_t *p, const char *stream, bool on)
{
    struct sub_channel *ch = p && stream ? sub_channel (p, stream) : NULL;

    if (!ch || !ch->out || !p->kind->read)
        return;
    ch->stopped = !on;
    p->kind->read (ch, on);
}

void flux_subprocess_stream_start (flux_subprocess_t *p, const char *stream)
{
    stream_set (p, stream, true);
}

void flux_subprocess_stream_stop (flux_subprocess_t *p, const char *stream)
{
    stream_set (p, stream, false);
}

static struct sub_channel *writable (flux_subprocess_t *p, const char *stream)
{
    struct sub_channel *ch;

    if (!p || !stream || p->dead || !(ch = sub_channel (p, stream))
        || !ch->in) {
        errno = EINVAL;
        return NULL;
    }
    return ch;
}

static bool may_be_alive (const flux_subprocess_t *p)
{
    return p->state == FLUX_SUBPROCESS_INIT
           || p->state == FLUX_SUBPROCESS_RUNNING
           || p->state == FLUX_SUBPROCESS_STOPPED;
}

int flux_subprocess_write (flux_subprocess_t *p,
                           const char *stream,
                           const char *buf,
                           size_t len)
{
    struct sub_channel *ch = writable (p, stream);

    if (!ch)
        return -1;
    if ((len > 0 && !buf) || len > INT_MAX)
        return invalid ();
    if (ch->closed || !may_be_alive (p)) {
        errno = EPIPE;
        return -1;
    }
    if (len == 0)
        return 0;
    return p->kind->write (ch, buf, len) < 0 ? -1 : (int)len;
}

int flux_subprocess_close (flux_subprocess_t *p, const char *stream)
{
    struct sub_channel *ch = writable (p, stream);

    if (!ch)
        return -1;
    if (ch->closed)
        return 0;
    ch->closed = true;
    if (!may_be_alive (p))
        return 0;
    return p->kind->close (ch);
}

flux_future_t *flux_subprocess_kill (flux_subprocess_t *p, int signum)
{
    if (!p || signum <= 0 || signum > SIGRTMAX) {
        errno = EINVAL;
        return NULL;
    }
    if (p->pid <= 0
        || (p->state != FLUX_SUBPROCESS_RUNNING
            && p->state != FLUX_SUBPROCESS_STOPPED)) {
        errno = ESRCH;
        return NULL;
    }
    return p->kind->kill (p, signum);
}
