/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Messages on a stream socket (RFC 3, "Message Framing and Security").
 *
 * A frame is an 8-byte header (magic, in the byte order of the host; length
 * of the body, big-endian) and the body: what flux_msg_encode() makes.
 * Both ends of the local socket use this: src/net and the local connector.
 *
 * Sending: frame_encode() appends to a buffer, so that many messages leave
 * in one write.  Receiving: read straight into frame_decoder_space(), say
 * frame_decoder_filled(), and take messages with frame_decoder_next() until
 * it answers EAGAIN.
 */

#ifndef SLUICE_MSG_FRAME_H
#define SLUICE_MSG_FRAME_H

#include <stddef.h>

#include <flux/message.h>

#define FRAME_MAGIC 0xffee0012u
#define FRAME_HEADER_SIZE 8

/* Bytes waiting to be written: data[head .. len) of cap allocated.  All
 * zero is an empty buffer.
 */
struct frame_buf {
    unsigned char *data;
    size_t head;
    size_t len;
    size_t cap;
};

/* Header and body together; 0 and errno if msg cannot be encoded (EOVERFLOW:
 * the length does not fit in 32 bits).
 */
size_t frame_size (const flux_msg_t *msg);

/* Write the frame of msg to buf, which has room for size bytes, where size
 * is what frame_size (msg) said.
 */
void frame_write (const flux_msg_t *msg, void *buf, size_t size);

/* Append the frame of msg to buf.  0, or -1 and errno (ENOMEM, EOVERFLOW),
 * with buf unchanged.
 */
int frame_encode (const flux_msg_t *msg, struct frame_buf *buf);

/* The bytes that wait (their number), and: the first n were written. */
static inline size_t frame_buf_pending (const struct frame_buf *buf)
{
    return buf->len - buf->head;
}
static inline const void *frame_buf_data (const struct frame_buf *buf)
{
    return buf->data + buf->head;
}
/* A buffer that has become empty gives memory over 64 KiB back. */
void frame_buf_consume (struct frame_buf *buf, size_t n);
/* Free what buf holds and leave it empty. */
void frame_buf_clear (struct frame_buf *buf);

struct frame_decoder;

/* A decoder that refuses messages whose body is longer than max_body bytes
 * (0: no limit but that of the format).  NULL and ENOMEM.  Memory is taken
 * for bytes that have come, never for what a header promises.
 */
struct frame_decoder *frame_decoder_create (size_t max_body);
void frame_decoder_destroy (struct frame_decoder *dec);

/* Room for at least want more bytes, to read into; *avail (if not NULL) is
 * how much there is.  NULL and ENOMEM.  Say how much was used with
 * frame_decoder_filled() before any other call.
 */
void *frame_decoder_space (struct frame_decoder *dec,
                           size_t want,
                           size_t *avail);
void frame_decoder_filled (struct frame_decoder *dec, size_t n);

/* Both in one, for bytes that are elsewhere.  0, or -1 and ENOMEM. */
int frame_decoder_feed (struct frame_decoder *dec,
                        const void *data,
                        size_t len);

/* The next whole message, the caller's to destroy.  NULL and errno:
 * EAGAIN  more bytes are needed
 * EPROTO  not a frame or not a message: the stream is lost, every later call
 *         answers the same, and frame_decoder_error() says what was wrong
 * EMSGSIZE  longer than max_body; lost likewise
 * ENOMEM  may be tried again
 */
flux_msg_t *frame_decoder_next (struct frame_decoder *dec);

/* What was wrong, in a sentence; "" if nothing was. */
const char *frame_decoder_error (const struct frame_decoder *dec);

/* Bytes fed and not yet taken as messages (> 0 at end of file: the peer
 * died in the middle of a message).
 */
size_t frame_decoder_pending (const struct frame_decoder *dec);

#endif
