/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Output of a process between its coming and its being read. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/subprocess_private.h"

size_t sub_held (const struct sub_channel *ch)
{
    return ch->len - ch->head;
}

/* What was handed out last ended in a NUL; give the byte under it back. */
static void uncut (struct sub_channel *ch)
{
    if (ch->is_cut)
        ch->data[ch->cut_at] = ch->cut;
    ch->is_cut = false;
}

char *sub_room (struct sub_channel *ch, size_t len)
{
    size_t need = ch->len - ch->head + len + 1;
    char *p;

    uncut (ch);
    if (ch->head > 0 && (ch->head == ch->len || ch->head > ch->size / 2)) {
        memmove (ch->data, ch->data + ch->head, ch->len - ch->head);
        ch->len -= ch->head;
        ch->head = 0;
    }
    if (ch->len + len + 1 > ch->size) {
        size_t size = need * 2 > 4096 ? need * 2 : 4096;

        if (!(p = realloc (ch->data, ch->head + size)))
            return NULL;
        ch->data = p;
        ch->size = ch->head + size;
    }
    return ch->data + ch->len;
}

static size_t line_length (struct sub_channel *ch)
{
    const char *eol;

    if (sub_held (ch) == 0)
        return 0;
    uncut (ch);
    eol = memchr (ch->data + ch->head, '\n', sub_held (ch));
    return eol ? (size_t)(eol - (ch->data + ch->head)) + 1 : 0;
}

bool sub_has_line (struct sub_channel *ch)
{
    return line_length (ch) > 0;
}

/* Hand out len bytes, with a NUL at `end` (an offset from the first). */
static const char *take (struct sub_channel *ch, size_t len, size_t end)
{
    char *s = ch->data + ch->head;

    uncut (ch);
    ch->cut_at = ch->head + end;
    ch->cut = ch->data[ch->cut_at];
    ch->is_cut = true;
    s[end] = '\0';
    ch->head += len;
    return s;
}

static int nothing (const char **bufp)
{
    if (bufp)
        *bufp = "";
    return 0;
}

static struct sub_channel *readable (flux_subprocess_t *p, const char *stream)
{
    struct sub_channel *ch = p && stream ? sub_channel (p, stream) : NULL;

    if (!ch || !ch->out) {
        errno = EINVAL;
        return NULL;
    }
    return ch;
}

/* A pipe that was not read for want of room may be read again. */
static void read_on (struct sub_channel *ch)
{
    if (ch->p->kind->read && sub_held (ch) == 0 && !ch->stopped)
        ch->p->kind->read (ch, true);
}

int flux_subprocess_read (flux_subprocess_t *p,
                          const char *stream,
                          const char **bufp)
{
    struct sub_channel *ch = readable (p, stream);
    size_t len;

    if (!ch)
        return -1;
    if (p->flags & FLUX_SUBPROCESS_FLAGS_LOCAL_UNBUF) {
        if (bufp)
            *bufp = ch->now;
        return ch->nnow;
    }
    if ((len = sub_held (ch)) == 0)
        return nothing (bufp);
    if (bufp)
        *bufp = take (ch, len, len);
    else
        take (ch, len, len);
    read_on (ch);
    return len;
}

/* trim: without its newline.  Returns -1 if there is no whole line. */
static int get_line (struct sub_channel *ch, bool trim, const char **bufp)
{
    size_t len = line_length (ch);
    size_t held = sub_held (ch);
    size_t shown;
    const char *s;

    /* the last one, or one that is longer than what is held for it */
    if (len == 0 && held > 0 && (ch->eof || held >= ch->bufsize))
        len = held;
    if (len == 0)
        return nothing (bufp);
    shown = len;
    if (trim && ch->data[ch->head + len - 1] == '\n')
        shown--;
    s = take (ch, len, shown);
    if (bufp)
        *bufp = s;
    read_on (ch);
    return shown;
}

static int read_line (flux_subprocess_t *p,
                      const char *stream,
                      bool trim,
                      const char **bufp)
{
    struct sub_channel *ch = readable (p, stream);

    if (!ch)
        return -1;
    if (p->flags & FLUX_SUBPROCESS_FLAGS_LOCAL_UNBUF) {
        errno = EPERM;
        return -1;
    }
    return get_line (ch, trim, bufp);
}

int flux_subprocess_read_line (flux_subprocess_t *p,
                               const char *stream,
                               const char **bufp)
{
    return read_line (p, stream, false, bufp);
}

int flux_subprocess_read_trimmed_line (flux_subprocess_t *p,
                                       const char *stream,
                                       const char **bufp)
{
    return read_line (p, stream, true, bufp);
}

int flux_subprocess_getline (flux_subprocess_t *p,
                             const char *stream,
                             const char **bufp)
{
    struct sub_channel *ch = readable (p, stream);

    if (ch && !ch->by_line) {
        errno = EPERM;
        return -1;
    }
    return read_line (p, stream, false, bufp);
}

bool flux_subprocess_read_stream_closed (flux_subprocess_t *p,
                                         const char *stream)
{
    struct sub_channel *ch = readable (p, stream);

    return ch ? ch->eof : false;
}
