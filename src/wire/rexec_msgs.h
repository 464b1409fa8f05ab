/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Requests and responses of a subprocess server (RFC 42). */

#ifndef SLUICE_WIRE_REXEC_MSGS_H
#define SLUICE_WIRE_REXEC_MSGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/rexec_cmd.h"

/* flags of exec, and the first three of attach */
enum {
    REXEC_STDOUT = 1,
    REXEC_STDERR = 2,
    REXEC_CHANNEL = 4,
    REXEC_WRITE_CREDIT = 8,
    REXEC_WAITABLE = 16,
};

/* local_flags of exec */
enum {
    REXEC_FALLTHROUGH = 1,
    REXEC_NO_SETPGRP = 2,
    REXEC_FORK_EXEC = 4,
};

/* ---- what a server reads ----
 *
 * 0, or -1 and EPROTO with a sentence; EPERM for a request in signed form,
 * which needs a signing mechanism.  *_clear frees what is inside.
 */

struct rexec_exec {
    flux_cmd_t *cmd;
    int flags;
    int local_flags;
};
int rexec_exec_decode (const char *json,
                       struct rexec_exec *req,
                       flux_error_t *error);

/* kill, wait, attach: which process, and what of it */
struct rexec_target {
    int pid;
    char *label; /* goes before pid; NULL: none */
    int signum;  /* of kill; -1: absent */
    int flags;   /* of attach; -1: absent */
};
int rexec_target_decode (const char *json,
                         struct rexec_target *t,
                         flux_error_t *error);
void rexec_target_clear (struct rexec_target *t);

/* Data of a stream (RFC 24): rank is not kept. */
struct rexec_io {
    char *stream;
    char *data; /* NULL: none */
    size_t len;
    bool eof;
};
int rexec_io_decode (json_t *o, struct rexec_io *io, flux_error_t *error);
int rexec_write_decode (const char *json,
                        uint32_t *matchtag,
                        struct rexec_io *io,
                        flux_error_t *error);
void rexec_io_clear (struct rexec_io *io);

/* ---- what it writes: JSON text, malloced; NULL and ENOMEM ---- */

/* {stream, rank, data?, encoding?, eof?}; base64 if it is not UTF-8. */
json_t *rexec_io_encode (const char *stream,
                         const char *rank,
                         const char *data,
                         size_t len,
                         bool eof);
char *rexec_output_encode (int pid,
                           const char *stream,
                           unsigned int rank,
                           const char *data,
                           size_t len,
                           bool eof);
char *rexec_started_encode (int pid);
char *rexec_stopped_encode (void);
char *rexec_finished_encode (int status);
char *rexec_credit_encode (const char *stream, int bytes);
char *rexec_attached_encode (int pid, const flux_cmd_t *cmd);

struct rexec_listed {
    int pid;
    const char *cmd;
    const char *label; /* NULL: none */
    bool zombie;
};
char *rexec_list_encode (unsigned int rank,
                         const struct rexec_listed *list,
                         size_t n);

/* The last output of a process, for those who wait for it. */
enum {
    REXEC_TAIL_MAX = 64 * 1024, /* bytes of data */
};
struct rexec_tail {
    json_t *list; /* I/O objects, oldest first; NULL: none */
    size_t size;
};
/* What does not fit pushes out what is oldest; no memory, no tail. */
void rexec_tail_add (struct rexec_tail *tail,
                     const char *stream,
                     unsigned int rank,
                     const char *data,
                     size_t len);
void rexec_tail_clear (struct rexec_tail *tail);
char *rexec_wait_encode (int status, const struct rexec_tail *tail);

/* ---- what a client reads of the response stream ---- */

enum rexec_type {
    REXEC_STARTED,
    REXEC_STOPPED,
    REXEC_FINISHED,
    REXEC_OUTPUT,
    REXEC_ADD_CREDIT,
    REXEC_ATTACHED,
    REXEC_UNKNOWN, /* of a later protocol: to be ignored */
};

struct rexec_event {
    enum rexec_type type;
    int pid;
    int status;
    struct rexec_io io;
    flux_cmd_t *cmd;
    /* add-credit: channel, bytes, ... */
    struct rexec_credit {
        char *stream;
        int bytes;
    } * credits;
    size_t ncredits;
};
int rexec_event_decode (const char *json,
                        struct rexec_event *ev,
                        flux_error_t *error);
void rexec_event_clear (struct rexec_event *ev);

#endif
