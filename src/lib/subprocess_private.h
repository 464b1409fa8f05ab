/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Inside flux_subprocess_t: one object, with two kinds of process behind it
 * (subprocess_local.c, subprocess_remote.c).
 *
 * A kind tells what happened with sub_*(); these call the user, who may
 * destroy the process in any callback: a kind holds a reference while it
 * tells (sub_incref), and looks at p->dead before it goes on.
 */

#ifndef SLUICE_LIB_SUBPROCESS_PRIVATE_H
#define SLUICE_LIB_SUBPROCESS_PRIVATE_H

#include <flux/core.h>
#include <flux/subprocess.h>

#include "msg/auxlist.h"
#include "wire/rexec_cmd.h"

enum {
    SUB_BUFSIZE = 4 * 1024 * 1024, /* default of the BUFSIZE option */
    SUB_READ_SIZE = 64 * 1024,
};

/* A stream of a process, seen from outside: it may be read, written, or, of
 * an auxiliary channel, both.
 */
struct sub_channel {
    flux_subprocess_t *p;
    char *name;
    bool in;  /* can be written */
    bool out; /* is read, and its end waited for */
    flux_subprocess_output_f cb;
    bool by_line;
    size_t bufsize;
    /* output that was not read yet: data[head..len) */
    char *data;
    size_t head, len, size;
    char cut; /* the byte a NUL was put over, at data[cut_at] */
    size_t cut_at;
    bool is_cut;
    bool eof;      /* the process, and all references, have ended it */
    bool ended;    /* ... the process alone */
    bool eof_told; /* the last callback was made */
    int refs;      /* flux_subprocess_channel_incref */
    /* with LOCAL_UNBUF: what is being told, borrowed */
    const char *now;
    size_t nnow;
    bool stopped; /* the user wants nothing read */
    bool closed;  /* no more input */
    void *impl;   /* of the kind */
    struct sub_channel *next;
};

struct sub_kind {
    int (*write) (struct sub_channel *ch, const char *data, size_t len);
    int (*close) (struct sub_channel *ch);
    flux_future_t *(*kill) (flux_subprocess_t *p, int signum);
    /* Stop or go on reading; NULL: cannot. */
    void (*read) (struct sub_channel *ch, bool on);
    void (*destroy) (flux_subprocess_t *p);
};

struct flux_subprocess {
    int refs;
    bool dead; /* the user has destroyed it */
    const struct sub_kind *kind;
    void *impl;
    flux_reactor_t *r;
    flux_t *h; /* remote */
    flux_cmd_t *cmd;
    flux_subprocess_ops_t ops;
    int flags;
    struct sub_channel *channels;
    flux_subprocess_state_t state;
    int rank; /* -1: local */
    pid_t pid;
    int status;
    int fail_errno;
    char *fail_text;
    bool completed;
    struct auxitem *aux;
};

/* A process in state INIT with its channels; takes nothing.  NULL and
 * errno: ENOTSUP for message channels, EINVAL for bad options.
 */
flux_subprocess_t *sub_create (const struct sub_kind *kind,
                               flux_reactor_t *r,
                               int flags,
                               const flux_cmd_t *cmd,
                               const flux_subprocess_ops_t *ops);
flux_subprocess_t *sub_incref (flux_subprocess_t *p);
void sub_decref (flux_subprocess_t *p);
struct sub_channel *sub_channel (flux_subprocess_t *p, const char *name);
/* Make the channels that cmd asks for. */
int sub_add_channels (flux_subprocess_t *p);

/* ---- telling the user ---- */

void sub_state (flux_subprocess_t *p, flux_subprocess_state_t state);
/* FAILED, with what it failed of; text may be NULL. */
void sub_fail (flux_subprocess_t *p, int errnum, const char *text);
/* Output came; 0 or -1 and ENOMEM. */
int sub_data (struct sub_channel *ch, const char *data, size_t len);
void sub_eof (struct sub_channel *ch);
void sub_credit (struct sub_channel *ch, int bytes);
/* Completed, if it is. */
void sub_check_complete (flux_subprocess_t *p);

/* ---- subprocess_buf.c ---- */
/* Bytes that have come and have not been read. */
size_t sub_held (const struct sub_channel *ch);
/* Room for len more at the end; NULL and ENOMEM. */
char *sub_room (struct sub_channel *ch, size_t len);
bool sub_has_line (struct sub_channel *ch);

/* ---- subprocess_io.c: of local processes ---- */
/* Our end of a channel. */
struct sub_io {
    int fd;
    int theirs;        /* until the process runs */
    flux_watcher_t *r; /* NULL: not read */
    flux_watcher_t *w;
    char *data; /* input: data[head..len) is to be written */
    size_t head, len;
    bool shut; /* close when all is written */
};

int sub_io_open (struct sub_channel *ch);
/* io may be NULL. */
void sub_io_destroy (struct sub_io *io);
/* Verbs of the kind. */
void sub_io_read (struct sub_channel *ch, bool on);
int sub_io_write (struct sub_channel *ch, const char *data, size_t len);
int sub_io_close (struct sub_channel *ch);
/* The process takes no more. */
void sub_io_end_input (struct sub_channel *ch);

/* ---- subprocess_local.c ---- */
/* RUNNING comes before all else that is told. */
void sub_tell_running (flux_subprocess_t *p);

/* ---- subprocess_spawn.c ---- */
struct sub_spawn {
    flux_subprocess_t *p;
    const flux_subprocess_hooks_t *hooks;
    int fds[3]; /* become 0, 1 and 2; -1: left as they are */
    int *extra; /* and these stay open */
    int nextra;
    char **env;
};
/* 0 with p->pid set, or -1 and errno: there is no process. */
int sub_spawn (struct sub_spawn *s);

#endif
