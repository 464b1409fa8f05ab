/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What tasks and those who attend to them say to each other while both are
 * there: terminals, process management (RFC 13), process ids.  Nothing of it
 * is durable; after a connection was lost, each side says again what the
 * other needs to know.
 */

#ifndef SLUICE_WIRE_AGENT_TALK_H
#define SLUICE_WIRE_AGENT_TALK_H

#include "wire/agent_msgs.h"

enum agent_talk_kind {
    /* The interactive terminal of a job. */
    TALK_PTY_ATTACH,   /* broker: someone wants it.  n rows, m columns; 0: no
                          size */
    TALK_PTY_ATTACHED, /* agent: and has it */
    TALK_PTY_GONE,     /* agent: there is none (any more) */
    TALK_PTY_LEAVE,    /* broker: nobody reads now */
    TALK_PTY_RESIZE,   /* broker: n rows, m columns */
    TALK_PTY_DATA,     /* either: text is output, or input */
    TALK_PTY_CREDIT,   /* broker: n more bytes of output will be taken */
    TALK_PTY_EXIT,     /* agent: that was all.  n: wait(2) status */
    /* One exchange of keys: n counts them from 1, m is how many agents take
     * part, text has a line "KEY=VALUE" for each key.
     */
    TALK_PMI, /* agent: ours; broker: all of them */
    /* n: a number that goes back with the answer. */
    TALK_PIDS, /* broker: wanted; agent: text for proctable_add() */
    TALK_KINDS,
};

struct agent_talk {
    uint64_t id;
    enum agent_talk_kind kind;
    int64_t n;
    int64_t m;
    const char *text; /* any bytes; NULL: none */
    size_t len;
};

flux_msg_t *agent_talk_encode (const struct agent_talk *talk);
/* text points into msg.  0, or -1 and EPROTO. */
int agent_talk_decode (const flux_msg_t *msg,
                       struct agent_talk *talk,
                       flux_error_t *error);

/* ---- a client's requests to "<uid>-shell-<id>.terminus.0" ---- */

enum pty_request_type {
    PTY_ATTACH,
    PTY_DETACH,
    PTY_DATA,
    PTY_RESIZE,
};

enum {
    PTY_MAY_READ = 1,
    PTY_MAY_WRITE = 2,
};

struct pty_request {
    enum pty_request_type type;
    int mode;          /* of attach */
    unsigned int rows; /* 0: not told */
    unsigned int columns;
    char *data; /* malloced; NULL: none */
    size_t len;
};

/* {type, mode?, winsize?: {rows, cols}, data?, encoding?}.  0, or -1 and
 * EPROTO with a sentence.
 */
int pty_request_decode (const char *json,
                        struct pty_request *req,
                        flux_error_t *error);

/* {"type":"data",...}: malloced; NULL and ENOMEM.  What is not UTF-8 goes in
 * base64.
 */
char *pty_data_encode (const char *data, size_t len);

#endif
