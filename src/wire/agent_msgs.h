/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the broker and flux-agent say to each other.
 *
 * Each message is a request that wants no answer (RFC 3).  Its payload is a
 * line with a JSON object of numbers, then the texts it speaks of, byte for
 * byte and each with a NUL after it; "parts" in the object has their lengths.
 * Texts that are JSON themselves (jobspec, eventlog lines) thus pass through
 * without being quoted and parsed again.
 *
 * Decoded texts point into the message and live as long as it does.
 */

#ifndef SLUICE_WIRE_AGENT_MSGS_H
#define SLUICE_WIRE_AGENT_MSGS_H

#include <stdbool.h>
#include <stdint.h>

#include <flux/message.h>

#include "base/err.h"
#include "wire/jbuf.h"

enum agent_topic {
    AGENT_HELLO,  /* agent: here I am */
    AGENT_START,  /* broker: run this job's tasks of your rank */
    AGENT_KILL,   /* broker: signal them */
    AGENT_STDIN,  /* broker: input for them */
    AGENT_EXIT,   /* broker: end everything and go */
    AGENT_REPORT, /* agent: what became of a job */
    AGENT_ACK,    /* broker: these reports are durable */
    AGENT_FLOW,   /* broker: a client has taken responses */
    AGENT_TALK,   /* either: see wire/agent_talk.h */
    AGENT_UNKNOWN,
};
enum agent_topic agent_topic_of (const flux_msg_t *msg);

struct agent_hello {
    unsigned int rank;
    int pid;
    const char *jobs; /* ids, decimal, with blanks between: those that run
                         and those with reports that are not acknowledged */
};

struct agent_start {
    uint64_t id;
    uint32_t userid;
    const char *jobspec; /* whole */
    const char *R;
};

struct agent_kill {
    uint64_t id;
    int signum;
};

struct agent_stdin {
    uint64_t id;
    const char *ranks; /* idset of task ranks (RFC 22), or "all" */
    const char *data;
    size_t len;
    bool eof;
};

/* An agent keeps each report until it is acknowledged, and sends it again to
 * a broker that comes back.
 */
struct agent_ack {
    uint64_t seq; /* this one and all before it */
};

/* Requests of clients to a subprocess server (RFC 42), "rexec.exec" and so on,
 * go to the agent of their rank as they are, with their routes, and so do its
 * responses to them.  How much of a response stream may be on its way:
 */
enum {
    AGENT_FLOW_WINDOW = 256 * 1024, /* bytes of payload */
};
struct agent_flow {
    const char *client; /* the last route of the request */
    uint32_t matchtag;
    size_t bytes; /* more, that were taken */
};

/* All that happened to a job since its last report; read in this order. */
struct agent_report {
    uint64_t seq; /* counts the reports of the agent, from 1 */
    uint64_t id;
    bool started;       /* tasks run (or one of them could not) */
    const char *exec;   /* lines for guest.exec.eventlog; NULL: none */
    const char *output; /* lines for guest.output; NULL: none */
    size_t exec_len;
    size_t output_len;
    int severity;     /* of the exception */
    const char *type; /* NULL: no exception */
    const char *note;
    bool over;  /* nothing of the job is left here */
    int status; /* highest wait(2) status of its tasks, with over */
};

/* New messages; NULL and ENOMEM. */
flux_msg_t *agent_hello_encode (const struct agent_hello *hello);
flux_msg_t *agent_start_encode (const struct agent_start *start);
flux_msg_t *agent_kill_encode (const struct agent_kill *kill);
flux_msg_t *agent_stdin_encode (const struct agent_stdin *in);
flux_msg_t *agent_exit_encode (void);
flux_msg_t *agent_report_encode (const struct agent_report *report);
flux_msg_t *agent_ack_encode (const struct agent_ack *ack);
flux_msg_t *agent_flow_encode (const struct agent_flow *flow);

/* 0, or -1 and EPROTO. */
int agent_hello_decode (const flux_msg_t *msg,
                        struct agent_hello *hello,
                        flux_error_t *error);
int agent_start_decode (const flux_msg_t *msg,
                        struct agent_start *start,
                        flux_error_t *error);
int agent_kill_decode (const flux_msg_t *msg,
                       struct agent_kill *kill,
                       flux_error_t *error);
int agent_stdin_decode (const flux_msg_t *msg,
                        struct agent_stdin *in,
                        flux_error_t *error);
int agent_report_decode (const flux_msg_t *msg,
                         struct agent_report *report,
                         flux_error_t *error);
int agent_ack_decode (const flux_msg_t *msg,
                      struct agent_ack *ack,
                      flux_error_t *error);
int agent_flow_decode (const flux_msg_t *msg,
                       struct agent_flow *flow,
                       flux_error_t *error);

/* A client's request to "<uid>-shell-<id>.stdin" (RFC 24 data in RFC 6
 * clothes): {stream, rank, data?, encoding?, eof?}.
 */
struct stdin_request {
    char ranks[256];
    char *data; /* malloced; NULL: none */
    size_t len;
    bool eof;
};
int stdin_request_decode (const char *json,
                          struct stdin_request *req,
                          flux_error_t *error);

#endif
