/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Damaged messages: none may crash the decoder, and what it accepts has to
 * encode to the same bytes.  Usage: fuzz_msg ITERATIONS [SEED]
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/event.h>
#include <flux/request.h>
#include <flux/response.h>
#include "msg/frame.h"

#define SEEDS 4
#define SIZE_MAX_FUZZ 2048

static uint64_t next (uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static flux_msg_t *seed (int i)
{
    char topic[300];
    flux_msg_t *msg;

    switch (i) {
    case 0:
        msg = flux_request_encode ("attr.get", "{\"name\":\"rank\"}");
        flux_msg_route_push (msg, "3539bc00-6f1c-4b3b-8d5b-2b1f0a6d0c11");
        flux_msg_route_push (msg, "9a5b5910");
        return msg;
    case 1:
        return flux_response_encode_error ("a.b", EPERM, "not you");
    case 2:
        return flux_event_pack ("e", "{s:[i,i] s:{s:n}}", "a", 1, 2, "b", "c");
    default:
        memset (topic, 't', sizeof (topic) - 1);
        topic[sizeof (topic) - 1] = '\0';
        return flux_request_encode_raw (topic, topic, sizeof (topic));
    }
}

static size_t mutate (unsigned char *buf, size_t len, uint64_t *state)
{
    int n = 1 + next (state) % 4;

    while (n-- > 0 && len > 1) {
        size_t pos = next (state) % len;

        /* The header's end is where most decisions are made. */
        if (next (state) % 3 == 0)
            pos = len - 1 - next (state) % (len < 21 ? len : 21);
        switch (next (state) % 6) {
        case 0:
            buf[pos] ^= 1 << next (state) % 8;
            break;
        case 1:
            buf[pos] = next (state);
            break;
        case 2:
            buf[pos] = next (state) % 2 ? 0xff : 0;
            break;
        case 3:
            memmove (buf + pos, buf + pos + 1, len - pos - 1);
            len--;
            break;
        case 4:
            if (len < SIZE_MAX_FUZZ) {
                memmove (buf + pos + 1, buf + pos, len - pos);
                len++;
            }
            break;
        default:
            len = pos + 1;
            break;
        }
    }
    return len;
}

static void use (const flux_msg_t *msg)
{
    const char *s;
    const void *p;
    size_t n;
    char *route;

    flux_request_decode (msg, &s, &s);
    flux_response_decode (msg, &s, &s);
    flux_response_decode_error (msg, &s);
    flux_event_decode_raw (msg, &s, &p, &n);
    flux_msg_unpack (msg, "{s:s}", "name", &s);
    flux_msg_last_error (msg);
    flux_msg_route_first (msg);
    flux_msg_route_last (msg);
    route = flux_msg_route_string (msg);
    free (route);
}

/* Bytes in a block of their exact size, so that sanitizers see each step over
 * the end.
 */
static int check_body (const unsigned char *buf, size_t len)
{
    unsigned char *cpy = malloc (len);
    unsigned char *out;
    flux_msg_t *msg;
    int rc = 0;

    memcpy (cpy, buf, len);
    if ((msg = flux_msg_decode (cpy, len))) {
        out = malloc (len);
        if (flux_msg_encode_size (msg) != (ssize_t)len
            || flux_msg_encode (msg, out, len) < 0 || memcmp (out, cpy, len))
            rc = -1;
        free (out);
        use (msg);
        flux_msg_destroy (msg);
    }
    free (cpy);
    return rc;
}

static void check_stream (const unsigned char *buf, size_t len, uint64_t *state)
{
    struct frame_decoder *dec = frame_decoder_create (SIZE_MAX_FUZZ);

    while (len > 0) {
        size_t n = 1 + next (state) % len;
        flux_msg_t *msg;

        frame_decoder_feed (dec, buf, n);
        while ((msg = frame_decoder_next (dec))) {
            use (msg);
            flux_msg_destroy (msg);
        }
        buf += n;
        len -= n;
    }
    frame_decoder_destroy (dec);
}

int main (int argc, char **argv)
{
    long count = argc > 1 ? atol (argv[1]) : 1000;
    uint64_t state = argc > 2 ? strtoull (argv[2], NULL, 0) : 1;
    unsigned char buf[SIZE_MAX_FUZZ + 16];

    state = state ? state : 1;
    for (long i = 0; i < count; i++) {
        flux_msg_t *msg = seed (i % SEEDS);
        size_t len = frame_size (msg);

        frame_write (msg, buf, len);
        flux_msg_destroy (msg);
        if (next (&state) % 4 == 0)
            check_stream (buf, mutate (buf, len, &state), &state);
        else {
            memmove (buf, buf + FRAME_HEADER_SIZE, len - FRAME_HEADER_SIZE);
            len = mutate (buf, len - FRAME_HEADER_SIZE, &state);
            if (check_body (buf, len) < 0) {
                fprintf (stderr, "iteration %ld: other bytes\n", i);
                return 1;
            }
        }
    }
    return 0;
}
