/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A client made of bytes: RFC 3 messages written and read by hand, so that
 * what our own codec gets wrong on both sides shows here.
 */

#ifndef SLUICE_TESTS_DAEMON_TALK_H
#define SLUICE_TESTS_DAEMON_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REQUEST = 1, RESPONSE = 2, EVENT = 4 };
enum {
    F_TOPIC = 1,
    F_PAYLOAD = 2,
    F_NORESPONSE = 4,
    F_ROUTE = 8,
    F_UPSTREAM = 16,
    F_PRIVATE = 32,
    F_STREAMING = 64,
};

/* One message, taken apart. */
struct said {
    struct said *next;
    int type;
    int flags;
    uint32_t userid;
    uint32_t rolemask;
    uint32_t aux1; /* nodeid, errnum or sequence */
    uint32_t tag;
    unsigned int hops;
    char *topic;
    char *data; /* with a NUL more than len counts; NULL if no payload */
    size_t len;
};

/* One connection and what came that nobody asked for yet. */
struct talk {
    int fd;
    uint32_t tag;
    struct said *inbox;
};

/* Connect as this user; the greeting must be 0.  Wait for the socket to
 * appear as long as the process lives (0: not at all).  Bails out.
 */
void talk_open (struct talk *t, const char *path, uint32_t uid, int pid);
void talk_close (struct talk *t);
/* Read to the end of the connection. */
bool talk_ended (struct talk *t);

/* What to send; the tag is the connection's next. */
struct ask {
    const char *topic;
    const void *data;
    size_t len; /* 0: no payload */
    int flags;  /* of the above, besides ROUTE, TOPIC and PAYLOAD */
    uint32_t userid;
    uint32_t rolemask;
    uint32_t nodeid;
};

/* The matchtag. */
uint32_t talk_ask (struct talk *t, const struct ask *a);

void talk_write (struct talk *t, const void *buf, size_t len);
void talk_read (struct talk *t, void *buf, size_t len);

/* The next message of this type and tag (events: any).  NULL if none came in
 * a time in which it should have.  The caller's, until said_free.
 */
struct said *talk_hear (struct talk *t, int type, uint32_t tag);
/* Put it back: it is heard again. */
void talk_unhear (struct talk *t, struct said *s);
/* An event that came; never waits. */
struct said *talk_event_here (struct talk *t);
void said_free (struct said *s);

#endif
