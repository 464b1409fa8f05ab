/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Messages (RFC 3): typed values with a topic, a payload, a route stack and the
 * sender's credentials.
 *
 * Unless said otherwise functions return 0, or -1 with errno: EINVAL for a NULL
 * argument or a value that cannot be, EPROTO when the message has not what is
 * asked for, ENOMEM.  Pointers that are got belong to the message and live
 * until that part of it is changed.
 */

#ifndef FLUX_MESSAGE_H
#define FLUX_MESSAGE_H

#include <flux/types.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FLUX_MSGTYPE_REQUEST = 0x01,
    FLUX_MSGTYPE_RESPONSE = 0x02,
    FLUX_MSGTYPE_EVENT = 0x04,
    FLUX_MSGTYPE_CONTROL = 0x08,
    FLUX_MSGTYPE_ANY = 0x0f,
    FLUX_MSGTYPE_MASK = 0x0f,
};

enum {
    FLUX_MSGFLAG_TOPIC = 0x01,
    FLUX_MSGFLAG_PAYLOAD = 0x02,
    FLUX_MSGFLAG_NORESPONSE = 0x04,
    FLUX_MSGFLAG_ROUTE = 0x08,
    FLUX_MSGFLAG_UPSTREAM = 0x10,
    FLUX_MSGFLAG_PRIVATE = 0x20,
    FLUX_MSGFLAG_STREAMING = 0x40,
    FLUX_MSGFLAG_USER1 = 0x80,
};

enum { FLUX_NODEID_ANY = 0xFFFFFFFF, FLUX_NODEID_UPSTREAM = 0xFFFFFFFE };

/* What messages to look for (flux_msg_cmp(3)): each criterion that is zero,
 * NONE, NULL or "" matches all.
 */
struct flux_match {
    int typemask;
    uint32_t matchtag;
    const char *topic_glob;
};

/* The three criteria in a struct; the glob is borrowed. */
struct flux_match flux_match_init (int typemask,
                                   uint32_t matchtag,
                                   const char *topic_glob);

/* Free a glob made by flux_match_asprintf. */
void flux_match_free (struct flux_match m);

/* Set the glob of m to formatted text, to be freed with flux_match_free. */
int flux_match_asprintf (struct flux_match *m, const char *topic_glob_fmt, ...);

#define FLUX_MATCH_ANY \
    flux_match_init (FLUX_MSGTYPE_ANY, FLUX_MATCHTAG_NONE, NULL)
#define FLUX_MATCH_EVENT \
    flux_match_init (FLUX_MSGTYPE_EVENT, FLUX_MATCHTAG_NONE, NULL)
#define FLUX_MATCH_REQUEST \
    flux_match_init (FLUX_MSGTYPE_REQUEST, FLUX_MATCHTAG_NONE, NULL)
#define FLUX_MATCH_RESPONSE \
    flux_match_init (FLUX_MSGTYPE_RESPONSE, FLUX_MATCHTAG_NONE, NULL)

/* A message of one of the FLUX_MSGTYPE_ types with one reference: nobody's,
 * for any node, without topic, payload and routes.  NULL on error.
 */
flux_msg_t *flux_msg_create (int type);
/* Drop a reference; the last one frees.  errno is kept; NULL is ignored. */
void flux_msg_destroy (flux_msg_t *msg);

/* Hang a value on the message, which destroys it in the end.  A value of the
 * same name is replaced; NULL removes; without a name it cannot be found.
 */
int flux_msg_aux_set (const flux_msg_t *msg,
                      const char *name,
                      void *aux,
                      flux_free_f destroy);
/* The value of that name; NULL and ENOENT if there is none. */
void *flux_msg_aux_get (const flux_msg_t *msg, const char *name);

/* A copy with one reference, without aux; the payload only if asked for. */
flux_msg_t *flux_msg_copy (const flux_msg_t *msg, bool payload);

/* Take and drop a reference, of a message that is only looked at too. */
const flux_msg_t *flux_msg_incref (const flux_msg_t *msg);
void flux_msg_decref (const flux_msg_t *msg);

/* The number of bytes flux_msg_encode writes; EOVERFLOW if over 4 GiB. */
ssize_t flux_msg_encode_size (const flux_msg_t *msg);
/* Write the bytes of RFC 3, without the framing of a stream; EINVAL if size is
 * too small.
 */
int flux_msg_encode (const flux_msg_t *msg, void *buf, size_t size);

/* A message from such bytes, which may come from anybody; NULL and EPROTO if
 * they are not exactly one message.
 */
flux_msg_t *flux_msg_decode (const void *buf, size_t size);

/* Change what the message is; fields that depend on that get their defaults.
 */
int flux_msg_set_type (flux_msg_t *msg, int type);
int flux_msg_get_type (const flux_msg_t *msg, int *type);

/* Events: only for the owner and users of the same userid. */
int flux_msg_set_private (flux_msg_t *msg);
bool flux_msg_is_private (const flux_msg_t *msg);

/* The request may get several responses; takes NORESPONSE away. */
int flux_msg_set_streaming (flux_msg_t *msg);
bool flux_msg_is_streaming (const flux_msg_t *msg);

/* The request gets no response; takes STREAMING away. */
int flux_msg_set_noresponse (flux_msg_t *msg);
bool flux_msg_is_noresponse (const flux_msg_t *msg);

/* Set the topic, or with NULL take it away. */
int flux_msg_set_topic (flux_msg_t *msg, const char *topic);
int flux_msg_get_topic (const flux_msg_t *msg, const char **topic);

/* Any payload (EPROTO: none). */
int flux_msg_get_payload (const flux_msg_t *msg,
                          const void **buf,
                          size_t *size);
/* Copy size bytes from buf, which may be part of the present payload; NULL and
 * 0 take the payload away.
 */
int flux_msg_set_payload (flux_msg_t *msg, const void *buf, size_t size);
bool flux_msg_has_payload (const flux_msg_t *msg);

/* Is any of these flags set? */
bool flux_msg_has_flag (const flux_msg_t *msg, int flag);
/* EINVAL: an unknown flag, TOPIC or PAYLOAD of what is not there, or both of
 * NORESPONSE and STREAMING.
 */
int flux_msg_set_flag (flux_msg_t *msg, int flag);
/* Clearing TOPIC, PAYLOAD or ROUTE takes that part away. */
int flux_msg_clear_flag (flux_msg_t *msg, int flag);

/* The payload as text with its NUL.  Get: NULL if there is no payload, EPROTO
 * if it does not end in a NUL.
 */
int flux_msg_set_string (flux_msg_t *msg, const char *);
int flux_msg_get_string (const flux_msg_t *msg, const char **s);

/* Make a JSON object the payload; fmt as json_pack.  EINVAL for a bad format
 * or what is no object (see flux_msg_last_error); the payload is then as
 * before.
 */
int flux_msg_pack (flux_msg_t *msg, const char *fmt, ...);
int flux_msg_vpack (flux_msg_t *msg, const char *fmt, va_list ap);

/* Take values out of the payload; fmt as json_unpack.  EPROTO: no JSON object,
 * or it does not fit (see flux_msg_last_error).
 */
int flux_msg_unpack (const flux_msg_t *msg, const char *fmt, ...);
int flux_msg_vunpack (const flux_msg_t *msg, const char *fmt, va_list ap);

/* Why the last pack or unpack failed; "" if it did not. */
const char *flux_msg_last_error (const flux_msg_t *msg);

/* Requests: the rank they are for, or ANY.  UPSTREAM is for flux_rpc alone.
 */
int flux_msg_set_nodeid (flux_msg_t *msg, uint32_t nodeid);
int flux_msg_get_nodeid (const flux_msg_t *msg, uint32_t *nodeid);

enum { FLUX_USERID_UNKNOWN = 0xFFFFFFFF };
/* Who sent it; set by the broker for all but its owner. */
int flux_msg_set_userid (flux_msg_t *msg, uint32_t userid);
int flux_msg_get_userid (const flux_msg_t *msg, uint32_t *userid);

enum {
    FLUX_ROLE_NONE = 0,
    FLUX_ROLE_OWNER = 1,
    FLUX_ROLE_USER = 2,
    FLUX_ROLE_LOCAL = 4,
    FLUX_ROLE_ADMIN = 8,
    FLUX_ROLE_ALL = 0xFFFFFFFF,
};

#define FLUX_ROLE_PRIVILEGED (FLUX_ROLE_OWNER | FLUX_ROLE_ADMIN)

/* What the sender may (RFC 12): FLUX_ROLE_ bits. */
int flux_msg_set_rolemask (flux_msg_t *msg, uint32_t rolemask);
int flux_msg_get_rolemask (const flux_msg_t *msg, uint32_t *rolemask);

struct flux_msg_cred {
    uint32_t userid;
    uint32_t rolemask;
};
int flux_msg_get_cred (const flux_msg_t *msg, struct flux_msg_cred *cred);
int flux_msg_set_cred (flux_msg_t *msg, struct flux_msg_cred cred);

/* May cred deal with what belongs to userid?  The owner may, and a USER with
 * that userid.  EPERM.
 */
int flux_msg_cred_authorize (struct flux_msg_cred cred, uint32_t userid);

int flux_msg_authorize (const flux_msg_t *msg, uint32_t userid);

/* Did it come from the same node as the receiver? */
bool flux_msg_is_local (const flux_msg_t *msg);

/* Responses: 0, or the errno of a failure. */
int flux_msg_set_errnum (flux_msg_t *msg, int errnum);
int flux_msg_get_errnum (const flux_msg_t *msg, int *errnum);

/* Events: the number given at publication. */
int flux_msg_set_seq (flux_msg_t *msg, uint32_t seq);
int flux_msg_get_seq (const flux_msg_t *msg, uint32_t *seq);

/* Control messages: two numbers between peers. */
int flux_msg_set_control (flux_msg_t *msg, int type, int status);
int flux_msg_get_control (const flux_msg_t *msg, int *type, int *status);

enum {
    FLUX_MATCHTAG_NONE = 0,
};
/* Requests and responses: what pairs them (RFC 6). */
int flux_msg_set_matchtag (flux_msg_t *msg, uint32_t matchtag);
int flux_msg_get_matchtag (const flux_msg_t *msg, uint32_t *matchtag);
bool flux_msg_cmp_matchtag (const flux_msg_t *msg, uint32_t matchtag);

/* Does the message fit all criteria? */
bool flux_msg_cmp (const flux_msg_t *msg, struct flux_match match);

/* One line for people; a timestamp < 0 is left out. */
void flux_msg_fprint (FILE *f, const flux_msg_t *msg);
void flux_msg_fprint_ts (FILE *f, const flux_msg_t *msg, double timestamp);

/* "request", "response", "event", "control", or "unknown". */
const char *flux_msg_typestr (int type);

/* The route stack: ids of the hops, pushed on the way there and popped on the
 * way back.  enable gives an empty one, disable takes it away; the functions
 * below fail with EPROTO without one.
 */
void flux_msg_route_enable (flux_msg_t *msg);

void flux_msg_route_disable (flux_msg_t *msg);

void flux_msg_route_clear (flux_msg_t *msg);

/* Push a copy of id (EINVAL: empty). */
int flux_msg_route_push (flux_msg_t *msg, const char *id);

/* Undo the last push; nothing happens to an empty stack. */
int flux_msg_route_delete_last (flux_msg_t *msg);

/* The first pushed: who sent a request, who gets a response.  NULL: none. */
const char *flux_msg_route_first (const flux_msg_t *msg);

/* The last pushed: where a request came from, where a response goes next.
 * NULL: none.
 */
const char *flux_msg_route_last (const flux_msg_t *msg);

/* The number of hops, or -1. */
int flux_msg_route_count (const flux_msg_t *msg);

/* The hops, first to last, cut to 8 characters, with "!" between; to be freed.
 */
char *flux_msg_route_string (const flux_msg_t *msg);

/* Do both come from the same sender? */
bool flux_msg_route_match_first (const flux_msg_t *msg1,
                                 const flux_msg_t *msg2);

#ifdef __cplusplus
}
#endif

#endif
