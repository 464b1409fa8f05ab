/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "talk.h"

/* Milliseconds after which an answer counts as none; for hangs only. */
#define PATIENCE 15000

static uint32_t get32 (const unsigned char *p)
{
    uint32_t v;

    memcpy (&v, p, 4);
    return ntohl (v);
}

static unsigned char *put32 (unsigned char *p, uint32_t v)
{
    v = htonl (v);
    memcpy (p, &v, 4);
    return p + 4;
}

void talk_open (struct talk *t, const char *path, uint32_t uid, int pid)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    unsigned char hello;

    memset (t, 0, sizeof (*t));
    t->fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf (addr.sun_path, sizeof (addr.sun_path), "%s", path);
    /* The kernel tells the peer who we are now. */
    if (uid != getuid () && seteuid (uid) < 0)
        bail_out ("cannot be user %u", uid);
    while (connect (t->fd, (struct sockaddr *)&addr, sizeof (addr)) < 0) {
        if (!pid || waitpid (pid, NULL, WNOHANG) != 0)
            bail_out ("%s: %s", path, strerror (errno));
        poll (NULL, 0, 2);
    }
    if (uid != getuid () && seteuid (getuid ()) < 0)
        bail_out ("cannot be myself again");
    talk_read (t, &hello, 1);
    if (hello != 0)
        bail_out ("%s: refused: %s", path, strerror (hello));
}

void said_free (struct said *s)
{
    if (s) {
        free (s->topic);
        free (s->data);
        free (s);
    }
}

void talk_close (struct talk *t)
{
    while (t->inbox) {
        struct said *s = t->inbox;

        t->inbox = s->next;
        said_free (s);
    }
    close (t->fd);
}

void talk_write (struct talk *t, const void *buf, size_t len)
{
    if (write (t->fd, buf, len) != (ssize_t)len)
        bail_out ("write: %s", strerror (errno));
}

void talk_read (struct talk *t, void *buf, size_t len)
{
    char *p = buf;

    while (len > 0) {
        struct pollfd pfd = { .fd = t->fd, .events = POLLIN };
        ssize_t n;

        if (poll (&pfd, 1, PATIENCE) != 1)
            bail_out ("nothing comes any more");
        if ((n = read (t->fd, p, len)) <= 0)
            bail_out ("the connection ended");
        p += n;
        len -= n;
    }
}

bool talk_ended (struct talk *t)
{
    struct pollfd pfd = { .fd = t->fd, .events = POLLIN };
    char buf[4096];
    ssize_t n = 1;

    while (n > 0 && poll (&pfd, 1, PATIENCE) == 1)
        n = read (t->fd, buf, sizeof (buf));
    return n <= 0;
}

static unsigned char *put_frame (unsigned char *p, const void *data, size_t len)
{
    if (len < 255)
        *p++ = len;
    else {
        *p++ = 255;
        p = put32 (p, len);
    }
    memcpy (p, data, len);
    return p + len;
}

uint32_t talk_ask (struct talk *t, const struct ask *a)
{
    size_t size = 64 + strlen (a->topic) + a->len;
    unsigned char *buf = malloc (size);
    unsigned char proto[20] = { 0x8e, 1, REQUEST };
    unsigned char *p = buf + 8;
    uint32_t tag = a->flags & F_NORESPONSE ? 0 : ++t->tag;

    if (!buf)
        bail_out ("out of memory");
    memcpy (buf, "\x12\x00\xee\xff", 4);
    *p++ = 0; /* end of no route */
    p = put_frame (p, a->topic, strlen (a->topic));
    if (a->len > 0)
        p = put_frame (p, a->data, a->len);
    proto[3] = a->flags | F_ROUTE | F_TOPIC | (a->len > 0 ? F_PAYLOAD : 0);
    put32 (proto + 4, a->userid);
    put32 (proto + 8, a->rolemask);
    put32 (proto + 12, a->nodeid);
    put32 (proto + 16, tag);
    p = put_frame (p, proto, 20);
    put32 (buf + 4, p - buf - 8);
    talk_write (t, buf, p - buf);
    free (buf);
    return tag;
}

/* A frame of the body, and the place after it. */
static unsigned char *get_frame (unsigned char *p,
                                 unsigned char *end,
                                 unsigned char **data,
                                 size_t *len)
{
    if (p >= end)
        bail_out ("a frame is missing");
    *len = *p++;
    if (*len == 255) {
        if (end - p < 4)
            bail_out ("a frame is cut");
        *len = get32 (p);
        p += 4;
    }
    if (*len > (size_t)(end - p))
        bail_out ("a frame is cut");
    *data = p;
    return p + *len;
}

static char *copy (const unsigned char *data, size_t len)
{
    char *s = malloc (len + 1);

    if (!s)
        bail_out ("out of memory");
    memcpy (s, data, len);
    s[len] = '\0';
    return s;
}

static struct said *take_apart (unsigned char *body, size_t n)
{
    struct said *s = calloc (1, sizeof (*s));
    unsigned char *end = body + n - 21, *p = body, *proto = end + 1, *data;
    size_t len;

    if (!s || n < 21 || *end != 20 || proto[0] != 0x8e || proto[1] != 1)
        bail_out ("no RFC 3 message");
    s->type = proto[2];
    s->flags = proto[3];
    s->userid = get32 (proto + 4);
    s->rolemask = get32 (proto + 8);
    s->aux1 = get32 (proto + 12);
    s->tag = get32 (proto + 16);
    if (s->flags & F_ROUTE) {
        while ((p = get_frame (p, end, &data, &len)) && len > 0)
            s->hops++;
    }
    if (s->flags & F_TOPIC) {
        p = get_frame (p, end, &data, &len);
        s->topic = copy (data, len);
    }
    if (s->flags & F_PAYLOAD) {
        p = get_frame (p, end, &data, &s->len);
        s->data = copy (data, s->len);
    }
    if (p != end)
        bail_out ("more frames than flags");
    return s;
}

static void receive (struct talk *t)
{
    struct said **last = &t->inbox;
    unsigned char head[8], *body;
    size_t n;

    talk_read (t, head, 8);
    if (memcmp (head, "\x12\x00\xee\xff", 4) != 0)
        bail_out ("bad magic");
    n = get32 (head + 4);
    if (!(body = malloc (n)))
        bail_out ("out of memory");
    talk_read (t, body, n);
    while (*last)
        last = &(*last)->next;
    *last = take_apart (body, n);
    free (body);
}

static bool has_input (struct talk *t)
{
    struct pollfd pfd = { .fd = t->fd, .events = POLLIN };

    return poll (&pfd, 1, PATIENCE) == 1;
}

static struct said *pick (struct talk *t, int type, uint32_t tag)
{
    for (struct said **at = &t->inbox; *at; at = &(*at)->next) {
        struct said *s = *at;

        if (s->type == type && (type != RESPONSE || s->tag == tag)) {
            *at = s->next;
            s->next = NULL;
            return s;
        }
    }
    return NULL;
}

struct said *talk_hear (struct talk *t, int type, uint32_t tag)
{
    struct said *s;

    while (!(s = pick (t, type, tag)) && has_input (t))
        receive (t);
    return s;
}

void talk_unhear (struct talk *t, struct said *s)
{
    s->next = t->inbox;
    t->inbox = s;
}

struct said *talk_event_here (struct talk *t)
{
    return pick (t, EVENT, 0);
}
