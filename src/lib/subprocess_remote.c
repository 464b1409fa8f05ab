/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Subprocesses of a server (RFC 42), seen by its client. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "lib/subprocess_private.h"
#include "wire/rexec_msgs.h"

struct remote {
    char *service;
    uint32_t nodeid;
    flux_future_t *f; /* of exec or attach */
    bool attached;
};

static const char *const default_service = "rexec";

static char *topic_of (const char *service, const char *method)
{
    char *s;

    if (asprintf (&s, "%s.%s", service ? service : default_service, method) < 0)
        return NULL;
    return s;
}

/* Takes o. */
static flux_future_t *request (flux_t *h,
                               const char *service,
                               const char *method,
                               uint32_t nodeid,
                               int flags,
                               json_t *o)
{
    char *topic = topic_of (service, method);
    char *s = o ? json_dumps (o, JSON_COMPACT) : NULL;
    flux_future_t *f = NULL;

    json_decref (o);
    if (topic && s)
        f = flux_rpc (h, topic, s, nodeid, flags);
    else
        errno = ENOMEM;
    free (topic);
    free (s);
    return f;
}

/* ---- input and signals ---- */

static int send_io (struct sub_channel *ch,
                    const char *data,
                    size_t len,
                    bool eof)
{
    struct remote *rem = ch->p->impl;
    char rank[16];
    json_t *o;
    flux_future_t *f;

    snprintf (rank, sizeof (rank), "%d", ch->p->rank);
    o = json_pack ("{s:I s:o}",
                   "matchtag",
                   (json_int_t)flux_rpc_get_matchtag (rem->f),
                   "io",
                   rexec_io_encode (ch->name, rank, data, len, eof));
    f = request (ch->p->h,
                 rem->service,
                 "write",
                 rem->nodeid,
                 FLUX_RPC_NORESPONSE,
                 o);
    if (!f)
        return -1;
    flux_future_destroy (f);
    return 0;
}

static int remote_write (struct sub_channel *ch, const char *data, size_t len)
{
    return send_io (ch, data, len, false);
}

static int remote_close (struct sub_channel *ch)
{
    return send_io (ch, NULL, 0, true);
}

static flux_future_t *remote_kill (flux_subprocess_t *p, int signum)
{
    struct remote *rem = p->impl;

    return request (
        p->h,
        rem->service,
        "kill",
        rem->nodeid,
        0,
        json_pack ("{s:i s:i}", "pid", (int)p->pid, "signum", signum));
}

static void remote_destroy (flux_subprocess_t *p)
{
    struct remote *rem = p->impl;

    if (!rem)
        return;
    flux_future_destroy (rem->f);
    free (rem->service);
    free (rem);
}

static const struct sub_kind remote_kind = {
    .write = remote_write,
    .close = remote_close,
    .kill = remote_kill,
    .destroy = remote_destroy,
};

/* ---- what the server says ---- */

static void take_attached (flux_subprocess_t *p, struct rexec_event *ev)
{
    if (p->cmd)
        return;
    p->pid = ev->pid;
    p->cmd = ev->cmd;
    ev->cmd = NULL;
    if (sub_add_channels (p) < 0)
        sub_fail (p, errno, NULL);
    else
        sub_state (p, FLUX_SUBPROCESS_RUNNING);
}

static void take_output (flux_subprocess_t *p, const struct rexec_io *io)
{
    struct sub_channel *ch = sub_channel (p, io->stream);

    if (!ch)
        return;
    if (io->len > 0 && sub_data (ch, io->data, io->len) < 0)
        sub_fail (p, errno, NULL);
    if (io->eof && !p->dead)
        sub_eof (ch);
}

static void take_credits (flux_subprocess_t *p, const struct rexec_event *ev)
{
    for (size_t i = 0; i < ev->ncredits; i++) {
        struct sub_channel *ch = sub_channel (p, ev->credits[i].stream);

        if (ch)
            sub_credit (ch, ev->credits[i].bytes);
    }
}

static void take_event (flux_subprocess_t *p, struct rexec_event *ev)
{
    switch (ev->type) {
    case REXEC_STARTED:
        p->pid = ev->pid;
        sub_state (p, FLUX_SUBPROCESS_RUNNING);
        break;
    case REXEC_ATTACHED:
        take_attached (p, ev);
        break;
    case REXEC_STOPPED:
        sub_state (p, FLUX_SUBPROCESS_STOPPED);
        break;
    case REXEC_FINISHED:
        p->status = ev->status;
        sub_state (p, FLUX_SUBPROCESS_EXITED);
        break;
    case REXEC_OUTPUT:
        take_output (p, &ev->io);
        break;
    case REXEC_ADD_CREDIT:
        take_credits (p, ev);
        break;
    case REXEC_UNKNOWN:
        break;
    }
}

/* ENODATA is success, if all was said that has to be. */
static void stream_ended (flux_subprocess_t *p, flux_future_t *f)
{
    int errnum = errno;
    const char *text =
        flux_future_has_error (f) ? flux_future_error_string (f) : NULL;

    if (errnum != ENODATA) {
        sub_fail (p, errnum, text);
        return;
    }
    sub_check_complete (p);
    if (!p->completed && !p->dead)
        sub_fail (p, EPROTO, "the server ended the response stream early");
}

static void response_cb (flux_future_t *f, void *arg)
{
    flux_subprocess_t *p = sub_incref (arg);
    struct rexec_event ev;
    flux_error_t error;
    const char *s;

    if (flux_rpc_get (f, &s) < 0)
        stream_ended (p, f);
    else if (rexec_event_decode (s, &ev, &error) < 0) {
        sub_fail (p, EPROTO, error.text);
        flux_future_reset (f);
    }
    else {
        take_event (p, &ev);
        rexec_event_clear (&ev);
        flux_future_reset (f);
    }
    sub_decref (p);
}

/* ---- requests ---- */

static flux_subprocess_t *remote_create (flux_t *h,
                                         const char *service,
                                         int rank,
                                         int flags,
                                         const flux_cmd_t *cmd,
                                         const flux_subprocess_ops_t *ops)
{
    flux_subprocess_t *p;
    struct remote *rem;
    uint32_t own;

    p = sub_create (&remote_kind, flux_get_reactor (h), flags, cmd, ops);
    if (!p)
        return NULL;
    p->h = h;
    p->impl = rem = calloc (1, sizeof (*rem));
    if (!rem
        || !(rem->service = strdup (service ? service : default_service))) {
        sub_decref (p);
        return NULL;
    }
    rem->nodeid = rank;
    p->rank = rank;
    if (rank < 0 && flux_get_rank (h, &own) == 0)
        p->rank = own;
    return p;
}

/* Takes o.  p, or NULL and errno: p is gone then. */
static flux_subprocess_t *begin (flux_subprocess_t *p,
                                 const char *method,
                                 json_t *o)
{
    struct remote *rem = p->impl;

    rem->f = request (p->h,
                      rem->service,
                      method,
                      rem->nodeid,
                      FLUX_RPC_STREAMING,
                      o);
    if (!rem->f || flux_future_then (rem->f, -1., response_cb, p) < 0) {
        sub_decref (p);
        return NULL;
    }
    return p;
}

static int wire_flags (const flux_subprocess_ops_t *ops)
{
    int flags = 0;

    if (!ops)
        return 0;
    flags |= ops->on_stdout ? REXEC_STDOUT : 0;
    flags |= ops->on_stderr ? REXEC_STDERR : 0;
    flags |= ops->on_channel_out ? REXEC_CHANNEL : 0;
    flags |= ops->on_credit ? REXEC_WRITE_CREDIT : 0;
    return flags;
}

/* Those of the process, as the server numbers them, which is as we do. */
static int local_flags (int flags)
{
    return flags
           & (FLUX_SUBPROCESS_FLAGS_STDIO_FALLTHROUGH
              | FLUX_SUBPROCESS_FLAGS_NO_SETPGRP
              | FLUX_SUBPROCESS_FLAGS_FORK_EXEC);
}

static bool refused (int flags, int valid)
{
    if (flags & FLUX_SUBPROCESS_FLAGS_SIGN)
        errno = ENOSYS; /* needs a signing mechanism */
    else if (flags & ~valid)
        errno = EINVAL;
    else
        return false;
    return true;
}

flux_subprocess_t *flux_rexec_ex (flux_t *h,
                                  const char *service_name,
                                  int rank,
                                  int flags,
                                  const flux_cmd_t *cmd,
                                  const flux_subprocess_ops_t *ops,
                                  subprocess_log_f log_fn,
                                  void *log_data)
{
    const int valid =
        FLUX_SUBPROCESS_FLAGS_STDIO_FALLTHROUGH
        | FLUX_SUBPROCESS_FLAGS_NO_SETPGRP | FLUX_SUBPROCESS_FLAGS_FORK_EXEC
        | FLUX_SUBPROCESS_FLAGS_LOCAL_UNBUF | FLUX_SUBPROCESS_FLAGS_SIGN;
    flux_subprocess_t *p;

    if (!h || !cmd || cmd->argv.n == 0 || rank < (int)FLUX_NODEID_UPSTREAM) {
        errno = EINVAL;
        return NULL;
    }
    if (refused (flags, valid)
        || !(p = remote_create (h, service_name, rank, flags, cmd, ops)))
        return NULL;
    return begin (p,
                  "exec",
                  json_pack ("{s:o s:i s:i}",
                             "cmd",
                             rexec_cmd_encode (cmd),
                             "flags",
                             wire_flags (ops),
                             "local_flags",
                             local_flags (flags)));
}

flux_subprocess_t *flux_rexec (flux_t *h,
                               int rank,
                               int flags,
                               const flux_cmd_t *cmd,
                               const flux_subprocess_ops_t *ops)
{
    return flux_rexec_ex (h, NULL, rank, flags, cmd, ops, NULL, NULL);
}

static json_t *target (pid_t pid, const char *label)
{
    json_t *o = json_pack ("{s:i}", "pid", label ? -1 : (int)pid);

    if (o && label
        && json_object_set_new (o, "label", json_string (label)) < 0) {
        json_decref (o);
        return NULL;
    }
    return o;
}

flux_subprocess_t *flux_rexec_attach (flux_t *h,
                                      const char *service_name,
                                      int rank,
                                      int flags,
                                      pid_t pid,
                                      const char *label,
                                      const flux_subprocess_ops_t *ops)
{
    flux_subprocess_t *p;
    json_t *o;

    if (!h || (!label && pid <= 0)) {
        errno = EINVAL;
        return NULL;
    }
    if (refused (flags,
                 FLUX_SUBPROCESS_FLAGS_LOCAL_UNBUF | FLUX_SUBPROCESS_FLAGS_SIGN)
        || !(p = remote_create (h, service_name, rank, flags, NULL, ops)))
        return NULL;
    o = target (pid, label);
    json_object_set_new (o,
                         "flags",
                         json_integer (wire_flags (ops) & ~REXEC_WRITE_CREDIT));
    return begin (p, "attach", o);
}

flux_future_t *flux_rexec_bg (flux_t *h,
                              const char *service_name,
                              int rank,
                              int flags,
                              const flux_cmd_t *cmd)
{
    const int valid =
        FLUX_SUBPROCESS_FLAGS_NO_SETPGRP | FLUX_SUBPROCESS_FLAGS_FORK_EXEC
        | FLUX_SUBPROCESS_FLAGS_WAITABLE | FLUX_SUBPROCESS_FLAGS_SIGN;
    int waitable = flags & FLUX_SUBPROCESS_FLAGS_WAITABLE;

    if (!h || !cmd || cmd->argv.n == 0) {
        errno = EINVAL;
        return NULL;
    }
    if (refused (flags, valid))
        return NULL;
    return request (h,
                    service_name,
                    "exec",
                    rank,
                    0,
                    json_pack ("{s:o s:i s:i}",
                               "cmd",
                               rexec_cmd_encode (cmd),
                               "flags",
                               waitable ? REXEC_WAITABLE : 0,
                               "local_flags",
                               local_flags (flags)));
}

flux_future_t *flux_rexec_wait (flux_t *h,
                                const char *service_name,
                                int rank,
                                pid_t pid,
                                const char *label)
{
    if (!h || (label && pid >= 0) || (!label && pid <= 0)) {
        errno = EINVAL;
        return NULL;
    }
    return request (h, service_name, "wait", rank, 0, target (pid, label));
}
