/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Messages for people: what FLUX_O_TRACE shows. */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "msg/msg.h"

#define PAYLOAD_MAX 200 /* as much of a payload as is shown */

static const struct {
    int type;
    const char *name;
} types[] = {
    { FLUX_MSGTYPE_REQUEST, "request" },
    { FLUX_MSGTYPE_RESPONSE, "response" },
    { FLUX_MSGTYPE_EVENT, "event" },
    { FLUX_MSGTYPE_CONTROL, "control" },
};

static const struct {
    int flag;
    const char *name;
} flags[] = {
    { FLUX_MSGFLAG_NORESPONSE, "noresponse" },
    { FLUX_MSGFLAG_UPSTREAM, "upstream" },
    { FLUX_MSGFLAG_PRIVATE, "private" },
    { FLUX_MSGFLAG_STREAMING, "streaming" },
    { FLUX_MSGFLAG_USER1, "user1" },
};

const char *flux_msg_typestr (int type)
{
    for (size_t i = 0; i < sizeof (types) / sizeof (types[0]); i++) {
        if (types[i].type == type)
            return types[i].name;
    }
    return "unknown";
}

static void print_header (FILE *f, const flux_msg_t *msg)
{
    fprintf (f, "%s", flux_msg_typestr (msg->type));
    if (msg->topic)
        fprintf (f, " %s", msg->topic);
    switch (msg->type) {
    case FLUX_MSGTYPE_REQUEST:
        if (msg->aux1 == FLUX_NODEID_ANY)
            fprintf (f, " node=any");
        else
            fprintf (f, " node=%" PRIu32, msg->aux1);
        fprintf (f, " tag=%" PRIu32, msg->aux2);
        break;
    case FLUX_MSGTYPE_RESPONSE:
        fprintf (f, " errnum=%d tag=%" PRIu32, (int)msg->aux1, msg->aux2);
        break;
    case FLUX_MSGTYPE_EVENT:
        fprintf (f, " seq=%" PRIu32, msg->aux1);
        break;
    default:
        fprintf (f, " type=%d status=%d", (int)msg->aux1, (int)msg->aux2);
        break;
    }
    fprintf (f, " user=%d roles=0x%x", (int)msg->userid, msg->rolemask);
    for (size_t i = 0; i < sizeof (flags) / sizeof (flags[0]); i++) {
        if ((msg->flags & flags[i].flag))
            fprintf (f, " %s", flags[i].name);
    }
}

static void print_payload (FILE *f, const flux_msg_t *msg)
{
    const unsigned char *p = msg->payload;
    size_t n = msg->payload_size;
    size_t shown = n < PAYLOAD_MAX ? n : PAYLOAD_MAX;

    fprintf (f, " [%zu] ", n);
    /* The NUL of a string is not worth showing. */
    if (shown == n && n > 0 && p[n - 1] == '\0')
        shown--;
    for (size_t i = 0; i < shown; i++)
        fputc (isprint (p[i]) ? p[i] : '.', f);
    if (n > PAYLOAD_MAX)
        fprintf (f, "...");
}

void flux_msg_fprint_ts (FILE *f, const flux_msg_t *msg, double timestamp)
{
    if (!f)
        return;
    if (timestamp >= 0.)
        fprintf (f, "%.6f ", timestamp);
    if (!msg) {
        fprintf (f, "NULL\n");
        return;
    }
    print_header (f, msg);
    if ((msg->flags & FLUX_MSGFLAG_ROUTE)) {
        char *s = flux_msg_route_string (msg);

        fprintf (f, " route=(%s)", s ? s : "");
        free (s);
    }
    if (msg->payload)
        print_payload (f, msg);
    fputc ('\n', f);
}

void flux_msg_fprint (FILE *f, const flux_msg_t *msg)
{
    flux_msg_fprint_ts (f, msg, -1.);
}
