/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdlib.h>
#include <string.h>

#include "wire/base64.h"
#include "wire/guestlog.h"

static void begin (struct jbuf *b, double t, const char *name)
{
    jbuf_lit (b, "{\"timestamp\":");
    jbuf_real (b, t);
    jbuf_lit (b, ",\"name\":");
    jbuf_string (b, name);
}

static void begin_context (struct jbuf *b, double t, const char *name)
{
    begin (b, t, name);
    jbuf_lit (b, ",\"context\":{");
}

static void end_context (struct jbuf *b)
{
    jbuf_lit (b, "}}\n");
}

void guestlog_event (struct jbuf *b,
                     double t,
                     const char *name,
                     const char *context)
{
    begin (b, t, name);
    if (context) {
        jbuf_lit (b, ",\"context\":");
        jbuf_lit (b, context);
    }
    jbuf_lit (b, "}\n");
}

void guestlog_event_int (struct jbuf *b,
                         double t,
                         const char *name,
                         const char *key,
                         int64_t value)
{
    begin_context (b, t, name);
    jbuf_string (b, key);
    jbuf_lit (b, ":");
    jbuf_int (b, value);
    end_context (b);
}

void guestlog_header (struct jbuf *b, double t, unsigned int ntasks)
{
    begin_context (b, t, "header");
    jbuf_lit (b,
              "\"version\":1,\"encoding\":{\"stdout\":\"UTF-8\","
              "\"stderr\":\"UTF-8\"},\"count\":{\"stdout\":");
    jbuf_int (b, ntasks);
    jbuf_lit (b, ",\"stderr\":");
    jbuf_int (b, ntasks);
    jbuf_lit (b, "},\"options\":{}");
    end_context (b);
}

/* Length of the UTF-8 sequence at s, by its first byte; 0: no such byte. */
static unsigned int sequence (unsigned char c)
{
    return c < 0x80                ? 1
           : c >= 0xc2 && c < 0xe0 ? 2
           : c >= 0xe0 && c < 0xf0 ? 3
           : c >= 0xf0 && c < 0xf5 ? 4
                                   : 0;
}

static bool sequence_valid (const unsigned char *s, unsigned int n)
{
    for (unsigned int i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return false;
    }
    if (n == 3)
        return !(s[0] == 0xe0 && s[1] < 0xa0) && !(s[0] == 0xed && s[1] > 0x9f);
    if (n == 4)
        return !(s[0] == 0xf0 && s[1] < 0x90) && !(s[0] == 0xf4 && s[1] > 0x8f);
    return true;
}

static bool is_text (const char *data, size_t len)
{
    const unsigned char *s = (const unsigned char *)data;

    for (size_t i = 0; i < len;) {
        unsigned int n = sequence (s[i]);

        if (n == 0 || s[i] == 0 || n > len - i || !sequence_valid (s + i, n))
            return false;
        i += n;
    }
    return true;
}

size_t guestlog_whole (const char *data, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        unsigned char c = data[len - back];

        if ((c & 0xc0) == 0x80)
            continue;
        return sequence (c) > back ? len - back : len;
    }
    return len;
}

/* Text comes in two forms: jbuf_string wants a terminated one. */
static void put_text (struct jbuf *b, const char *data, size_t len)
{
    char small[512];
    char *s = len < sizeof (small) ? small : malloc (len + 1);

    if (!s) {
        b->failed = true;
        return;
    }
    memcpy (s, data, len);
    s[len] = '\0';
    jbuf_lit (b, ",\"data\":");
    jbuf_string (b, s);
    if (s != small)
        free (s);
}

static void put_binary (struct jbuf *b, const char *data, size_t len)
{
    char *s = base64_encode (data, len);

    if (!s) {
        b->failed = true;
        return;
    }
    jbuf_lit (b, ",\"encoding\":\"base64\",\"data\":\"");
    jbuf_lit (b, s);
    jbuf_lit (b, "\"");
    free (s);
}

void guestlog_put (struct jbuf *b, const char *data, size_t len)
{
    if (len > 0 && is_text (data, len))
        put_text (b, data, len);
    else if (len > 0)
        put_binary (b, data, len);
}

static void put_stream (struct jbuf *b, const char *stream)
{
    jbuf_lit (b, "\"stream\":");
    jbuf_string (b, stream);
}

void guestlog_data (struct jbuf *b,
                    double t,
                    const char *stream,
                    unsigned int rank,
                    const char *data,
                    size_t len,
                    bool eof)
{
    begin_context (b, t, "data");
    put_stream (b, stream);
    jbuf_lit (b, ",\"rank\":\"");
    jbuf_int (b, rank);
    jbuf_lit (b, "\"");
    guestlog_put (b, data, len);
    if (eof)
        jbuf_lit (b, ",\"eof\":true");
    end_context (b);
}

void guestlog_input_header (struct jbuf *b, double t)
{
    begin_context (b, t, "header");
    jbuf_lit (b,
              "\"version\":1,\"encoding\":{\"stdin\":\"UTF-8\"},"
              "\"count\":{\"stdin\":1},\"options\":{}");
    end_context (b);
}

void guestlog_input (struct jbuf *b,
                     double t,
                     const char *ranks,
                     const char *data,
                     size_t len,
                     bool eof)
{
    begin_context (b, t, "data");
    put_stream (b, "stdin");
    jbuf_lit (b, ",\"rank\":");
    jbuf_string (b, ranks);
    guestlog_put (b, data, len);
    if (eof)
        jbuf_lit (b, ",\"eof\":true");
    end_context (b);
}

void guestlog_redirect (struct jbuf *b,
                        double t,
                        const char *stream,
                        const char *ranks,
                        const char *path)
{
    begin_context (b, t, "redirect");
    put_stream (b, stream);
    jbuf_lit (b, ",\"rank\":");
    jbuf_string (b, ranks);
    jbuf_lit (b, ",\"path\":");
    jbuf_string (b, path);
    end_context (b);
}

void guestlog_log (struct jbuf *b,
                   double t,
                   int level,
                   unsigned int rank,
                   const char *component,
                   const char *message)
{
    begin_context (b, t, "log");
    jbuf_lit (b, "\"level\":");
    jbuf_int (b, level);
    jbuf_lit (b, ",\"rank\":");
    jbuf_int (b, rank);
    if (component) {
        jbuf_lit (b, ",\"component\":");
        jbuf_string (b, component);
    }
    jbuf_lit (b, ",\"message\":");
    jbuf_string (b, message);
    end_context (b);
}
