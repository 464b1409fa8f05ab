/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Recorded conversations.
 *
 * A file is lines; one that begins with white space goes on with the one
 * before.  $NAME is what was remembered; $uid, $uidhex and $guest
 * are the owner's and another's.
 *
 *   > TOPIC [OPTION...] [PAYLOAD]   ask.  PAYLOAD: {JSON}, "text" (a JSON
 *         string; sent with NUL), =hex or ='bytes'.  OPTION: @CONN, stream,
 *         silent (NORESPONSE), upstream, nodeid=N, as=UID (with the user
 *         role), role=N, NAME: (the stream's name; $NAME is its matchtag)
 *   < ERRNUM [TEXT]     the answer to the last request: an error and exactly
 *                       this text, ~part of it, none, or * for any or
 *                       none; 0 is success without
 *                       payload
 *   < {SHAPE}           success with this payload (shape.h)
 *   < "text"            a string payload, or ":s"
 *   < =hex              raw bytes; =*N: any, but N of them
 *   <* {SHAPE}          any number of such answers
 *   <+ {SHAPE}          the next such answer, whatever comes before it
 *   NAME< ...           the same for the stream NAME, also NAME<*, NAME<+
 *   event @CONN TOPIC [{SHAPE}]   the next event there
 *   no-event @CONN      none has come there
 *   request @CONN TOPIC [{SHAPE}] a request for a service of CONN's
 *   connect CONN [UID]  another connection, which needs root for another UID
 *   close CONN
 *   needs-root          leave the rest to root
 *   sign NAME UID {jobspec}       J of RFC 15
 *   let NAME TEXT
 *   bytes > hex / bytes < hex     on a connection of its own; ?? is any byte
 *   end                 the broker closes the connection
 *   ours LINE           LINE, unless the broker is another's
 *   theirs LINE         LINE, if it is
 */

#ifndef SLUICE_TESTS_DAEMON_SCRIPT_H
#define SLUICE_TESTS_DAEMON_SCRIPT_H

#include <jansson.h>

#include "talk.h"

struct conn {
    char name[16];
    struct talk talk;
};

struct stream {
    char name[16];
    struct conn *conn;
    uint32_t tag;
    int flags;
    char topic[128];
};

struct script {
    const char *file;
    int line;
    const char *path; /* of the socket */
    bool is_ours;     /* the broker is */
    bool is_over;     /* it ended by itself */
    bool is_left;     /* no line more is looked at */
    json_t *vars;     /* $NAME: text */
    struct conn conns[8];
    struct stream streams[32];
    struct stream last; /* asked */
};

/* Hold the conversation of this file over conns[0], which is open. */
void script_run (struct script *s, const char *file);

/* ---- script.c and hear.c between them ---- */

#define at_line(s) (s)->file, (s)->line

/* The next word of *rest, which goes on behind it; NULL if there is none. */
char *script_word (char **rest);
/* Past blanks. */
char *script_skip (char *s);
json_t *script_json (struct script *s, const char *text);
/* Hex digits, ?? and blanks to bytes and a mask of those that count. */
size_t script_hex (const char *hex,
                   unsigned char *buf,
                   unsigned char *mask,
                   size_t size);
struct conn *script_conn (struct script *s, const char *name);

enum how { ONE, ANY, NEXT };
void hear_answer (struct script *s,
                  struct stream *st,
                  char *want,
                  enum how how);
void hear_unasked (struct script *s, int type, char *rest);
void hear_no_event (struct script *s, char *rest);
/* One more thing to count, and the exit status of all. */
void hear_check (bool good, const char *what);
int hear_done (void);

#endif
