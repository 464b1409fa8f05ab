/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <arpa/inet.h>
#include <errno.h>

#include <flux/request.h>
#include "msg/frame.h"
#include "tap.h"

static flux_msg_t *numbered (int i)
{
    flux_msg_t *msg = flux_request_encode ("test.frame", "{}");

    flux_msg_set_matchtag (msg, i);
    return msg;
}

static void test_burst (void)
{
    struct frame_buf buf = { 0 };
    struct frame_decoder *dec = frame_decoder_create (0);
    uint32_t magic;
    int good = 0;
    int n = 0;

    for (int i = 0; i < 1000; i++) {
        flux_msg_t *msg = numbered (i);

        frame_encode (msg, &buf);
        if (i == 0) {
            uint32_t len;

            memcpy (&magic, buf.data, 4);
            memcpy (&len, buf.data + 4, 4);
            ok (magic == FRAME_MAGIC, "the magic is in host order");
            is_int (ntohl (len),
                    flux_msg_encode_size (msg),
                    "the length is that of the body, big-endian");
            is_int (frame_size (msg), buf.len, "frame_size counts both");
        }
        flux_msg_destroy (msg);
    }
    errno = 0;
    ok (!frame_decoder_next (dec) && errno == EAGAIN, "nothing yet: EAGAIN");
    /* pieces of all sizes */
    for (size_t piece = 1; frame_buf_pending (&buf) > 0; piece = piece * 2) {
        size_t take = frame_buf_pending (&buf);
        flux_msg_t *msg;

        if (take > piece % 4097)
            take = piece % 4097 + 1;
        if (take > frame_buf_pending (&buf))
            take = frame_buf_pending (&buf);
        frame_decoder_feed (dec, frame_buf_data (&buf), take);
        frame_buf_consume (&buf, take);
        while ((msg = frame_decoder_next (dec))) {
            good += flux_msg_cmp_matchtag (msg, n++);
            flux_msg_destroy (msg);
        }
        if (piece > 1 << 20)
            piece = 1;
    }
    is_int (good, 1000, "all come out, in order");
    is_int (frame_decoder_pending (dec), 0, "nothing is left");
    is_str (frame_decoder_error (dec), "", "no error");
    frame_decoder_destroy (dec);
    frame_buf_clear (&buf);
}

static void test_refused (void)
{
    struct frame_decoder *dec = frame_decoder_create (100);
    uint32_t header[2] = { htonl (FRAME_MAGIC), 0 };
    char junk[100] = { 0 };

    frame_decoder_feed (dec, header, sizeof (header));
    errno = 0;
    ok (!frame_decoder_next (dec) && errno == EPROTO, "bad magic: EPROTO");
    ok (strstr (frame_decoder_error (dec), "0x1200eeff") != NULL,
        "the error says which");
    header[0] = FRAME_MAGIC;
    frame_decoder_feed (dec, header, sizeof (header));
    errno = 0;
    ok (!frame_decoder_next (dec) && errno == EPROTO, "and it stays");
    frame_decoder_destroy (dec);

    dec = frame_decoder_create (100);
    header[1] = htonl (101);
    frame_decoder_feed (dec, header, sizeof (header));
    errno = 0;
    ok (!frame_decoder_next (dec) && errno == EMSGSIZE,
        "over the limit: EMSGSIZE, before the body comes");
    frame_decoder_destroy (dec);

    dec = frame_decoder_create (0);
    header[1] = 0xffffffff;
    frame_decoder_feed (dec, header, sizeof (header));
    errno = 0;
    ok (!frame_decoder_next (dec) && errno == EAGAIN,
        "a great promise takes no memory");
    frame_decoder_destroy (dec);

    dec = frame_decoder_create (100);
    header[1] = htonl (100);
    frame_decoder_feed (dec, header, sizeof (header));
    frame_decoder_feed (dec, junk, sizeof (junk));
    errno = 0;
    ok (!frame_decoder_next (dec) && errno == EPROTO,
        "a body that is no message: EPROTO");
    frame_decoder_destroy (dec);
}

/* A buffer that is never quite empty must not grow for ever. */
static void test_steady (void)
{
    struct frame_buf buf = { 0 };
    flux_msg_t *msg = numbered (1);
    size_t size = frame_size (msg);

    frame_encode (msg, &buf);
    for (int i = 0; i < 10000; i++) {
        frame_encode (msg, &buf);
        frame_buf_consume (&buf, size);
    }
    ok (buf.cap <= 8192, "the room of written bytes is used again");
    is_int (frame_buf_pending (&buf), size, "one waits");
    frame_buf_clear (&buf);
    flux_msg_destroy (msg);
}

int main (void)
{
    test_burst ();
    test_refused ();
    test_steady ();
    return done_testing ();
}
