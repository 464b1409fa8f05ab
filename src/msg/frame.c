/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "msg/frame.h"

/* A buffer that has grown over this gives the memory back when empty. */
#define BUF_KEEP 65536
#define BUF_MIN 4096

size_t frame_size (const flux_msg_t *msg)
{
    ssize_t size = flux_msg_encode_size (msg);

    return size < 0 ? 0 : (size_t)size + FRAME_HEADER_SIZE;
}

void frame_write (const flux_msg_t *msg, void *buf, size_t size)
{
    uint32_t header[2] = { FRAME_MAGIC, htonl (size - FRAME_HEADER_SIZE) };

    memcpy (buf, header, sizeof (header));
    (void)flux_msg_encode (msg,
                           (char *)buf + FRAME_HEADER_SIZE,
                           size - FRAME_HEADER_SIZE);
}

/* Make room for n bytes at the end of buf, first by closing the gap at the
 * start if that is at least half of the buffer (so bytes move once each on
 * average), else by growing.
 */
static int buf_reserve (struct frame_buf *buf, size_t n)
{
    size_t pending = frame_buf_pending (buf);
    size_t cap = buf->cap ? buf->cap : BUF_MIN;
    unsigned char *data;

    if (n <= buf->cap - buf->len)
        return 0;
    if (buf->head >= buf->cap / 2 && n <= buf->cap - pending) {
        memmove (buf->data, buf->data + buf->head, pending);
        buf->head = 0;
        buf->len = pending;
        return 0;
    }
    while (cap - buf->len < n || cap < buf->len)
        cap *= 2;
    if (!(data = realloc (buf->data, cap)))
        return -1;
    buf->data = data;
    buf->cap = cap;
    return 0;
}

int frame_encode (const flux_msg_t *msg, struct frame_buf *buf)
{
    size_t size = frame_size (msg);

    if (size == 0 || buf_reserve (buf, size) < 0)
        return -1;
    frame_write (msg, buf->data + buf->len, size);
    buf->len += size;
    return 0;
}

void frame_buf_consume (struct frame_buf *buf, size_t n)
{
    buf->head += n;
    if (buf->head < buf->len)
        return;
    buf->head = buf->len = 0;
    if (buf->cap > BUF_KEEP)
        frame_buf_clear (buf);
}

void frame_buf_clear (struct frame_buf *buf)
{
    int saved = errno;

    free (buf->data);
    memset (buf, 0, sizeof (*buf));
    errno = saved;
}

struct frame_decoder {
    struct frame_buf buf;
    size_t max_body;
    int errnum; /* the stream is lost */
    flux_error_t error;
};

struct frame_decoder *frame_decoder_create (size_t max_body)
{
    struct frame_decoder *dec;

    if (!(dec = calloc (1, sizeof (*dec))))
        return NULL;
    dec->max_body = max_body;
    return dec;
}

void frame_decoder_destroy (struct frame_decoder *dec)
{
    if (dec) {
        frame_buf_clear (&dec->buf);
        free (dec);
    }
}

void *frame_decoder_space (struct frame_decoder *dec,
                           size_t want,
                           size_t *avail)
{
    if (buf_reserve (&dec->buf, want) < 0)
        return NULL;
    if (avail)
        *avail = dec->buf.cap - dec->buf.len;
    return dec->buf.data + dec->buf.len;
}

void frame_decoder_filled (struct frame_decoder *dec, size_t n)
{
    dec->buf.len += n;
}

int frame_decoder_feed (struct frame_decoder *dec, const void *data, size_t len)
{
    void *space;

    if (len == 0)
        return 0;
    if (!(space = frame_decoder_space (dec, len, NULL)))
        return -1;
    memcpy (space, data, len);
    frame_decoder_filled (dec, len);
    return 0;
}

/* Look at the header: 0 and the length of the body, or -1 and errno. */
static int header_check (struct frame_decoder *dec, size_t *body)
{
    uint32_t header[2];
    size_t len;

    memcpy (header, frame_buf_data (&dec->buf), sizeof (header));
    if (header[0] != FRAME_MAGIC) {
        dec->errnum = EPROTO;
        return err_set (&dec->error,
                        EPROTO,
                        "frame starts with 0x%08x, expected 0x%08x",
                        header[0],
                        FRAME_MAGIC);
    }
    len = ntohl (header[1]);
    if (dec->max_body > 0 && len > dec->max_body) {
        dec->errnum = EMSGSIZE;
        return err_set (&dec->error,
                        EMSGSIZE,
                        "message of %zu bytes is over the limit of %zu",
                        len,
                        dec->max_body);
    }
    *body = len;
    return 0;
}

flux_msg_t *frame_decoder_next (struct frame_decoder *dec)
{
    flux_msg_t *msg;
    size_t len = 0;
    const unsigned char *body;

    if (dec->errnum) {
        errno = dec->errnum;
        return NULL;
    }
    if (frame_buf_pending (&dec->buf) < FRAME_HEADER_SIZE) {
        errno = EAGAIN;
        return NULL;
    }
    if (header_check (dec, &len) < 0)
        return NULL;
    if (frame_buf_pending (&dec->buf) - FRAME_HEADER_SIZE < len) {
        errno = EAGAIN;
        return NULL;
    }
    body =
        (const unsigned char *)frame_buf_data (&dec->buf) + FRAME_HEADER_SIZE;
    if (!(msg = flux_msg_decode (body, len))) {
        if (errno == EPROTO) {
            dec->errnum = EPROTO;
            return err_null (&dec->error,
                             EPROTO,
                             "%zu bytes are not a message (RFC 3)",
                             len);
        }
        return NULL;
    }
    frame_buf_consume (&dec->buf, FRAME_HEADER_SIZE + len);
    return msg;
}

const char *frame_decoder_error (const struct frame_decoder *dec)
{
    return dec->error.text;
}

size_t frame_decoder_pending (const struct frame_decoder *dec)
{
    return frame_buf_pending (&dec->buf);
}
