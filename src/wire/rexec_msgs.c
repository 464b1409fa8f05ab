/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/base64.h"
#include "wire/jload.h"
#include "wire/rexec_msgs.h"

static json_t *load (const char *json, flux_error_t *error)
{
    json_t *o;

    if (!json) {
        err_set (error, EPROTO, "request: expected a payload");
        return NULL;
    }
    if (!(o = jload_object (json, strlen (json), "request", error))) {
        errno = EPROTO;
        return NULL;
    }
    if (json_object_get (o, "signature")) {
        json_decref (o);
        err_set (error, EPERM, "signed requests are not supported");
        return NULL;
    }
    return o;
}

static int refuse (json_t *o, const char *what, flux_error_t *error)
{
    json_decref (o);
    return err_set (error, EPROTO, "request: malformed %s", what);
}

int rexec_exec_decode (const char *json,
                       struct rexec_exec *req,
                       flux_error_t *error)
{
    json_t *o = load (json, error);
    json_t *cmd;

    memset (req, 0, sizeof (*req));
    if (!o)
        return -1;
    if (json_unpack (o,
                     "{s:o s:i s?i}",
                     "cmd",
                     &cmd,
                     "flags",
                     &req->flags,
                     "local_flags",
                     &req->local_flags)
        < 0)
        return refuse (o, "exec", error);
    req->cmd = rexec_cmd_decode (cmd, error);
    json_decref (o);
    return req->cmd ? 0 : -1;
}

int rexec_target_decode (const char *json,
                         struct rexec_target *t,
                         flux_error_t *error)
{
    json_t *o = load (json, error);
    const char *label = NULL;

    *t = (struct rexec_target){ .signum = -1, .flags = -1 };
    if (!o)
        return -1;
    if (json_unpack (o,
                     "{s:i s?s s?i s?i}",
                     "pid",
                     &t->pid,
                     "label",
                     &label,
                     "signum",
                     &t->signum,
                     "flags",
                     &t->flags)
        < 0)
        return refuse (o, "target", error);
    if (label && !(t->label = strdup (label))) {
        json_decref (o);
        return err_set (error, ENOMEM, "out of memory");
    }
    json_decref (o);
    return 0;
}

void rexec_target_clear (struct rexec_target *t)
{
    free (t->label);
    t->label = NULL;
}

/* ---- data of streams ---- */

void rexec_io_clear (struct rexec_io *io)
{
    free (io->stream);
    free (io->data);
    memset (io, 0, sizeof (*io));
}

int rexec_io_decode (json_t *o, struct rexec_io *io, flux_error_t *error)
{
    const char *stream, *rank, *encoding = NULL;
    json_t *data = NULL;
    int eof = 0;

    memset (io, 0, sizeof (*io));
    if (json_unpack (o,
                     "{s:s s:s s?o s?s s?b}",
                     "stream",
                     &stream,
                     "rank",
                     &rank,
                     "data",
                     &data,
                     "encoding",
                     &encoding,
                     "eof",
                     &eof)
            < 0
        || (!data && !eof)
        || (data && !(io->data = jload_bytes (data, encoding, &io->len)))
        || !(io->stream = strdup (stream))) {
        rexec_io_clear (io);
        return err_set (error, EPROTO, "malformed I/O object");
    }
    io->eof = eof;
    return 0;
}

int rexec_write_decode (const char *json,
                        uint32_t *matchtag,
                        struct rexec_io *io,
                        flux_error_t *error)
{
    json_t *o = load (json, error);
    json_int_t tag;
    json_t *obj;
    int rc;

    memset (io, 0, sizeof (*io));
    if (!o)
        return -1;
    if (json_unpack (o, "{s:I s:o}", "matchtag", &tag, "io", &obj) < 0
        || tag < 0 || tag > UINT32_MAX)
        return refuse (o, "write", error);
    *matchtag = tag;
    rc = rexec_io_decode (obj, io, error);
    json_decref (o);
    return rc;
}

/* A NUL is legal in UTF-8, and refused by readers of JSON. */
static json_t *text_of (const char *data, size_t len, bool *base64)
{
    json_t *text = memchr (data, '\0', len) ? NULL : json_stringn (data, len);
    char *s;

    *base64 = !text;
    if (!text && (s = base64_encode (data, len))) {
        text = json_string (s);
        free (s);
    }
    return text;
}

json_t *rexec_io_encode (const char *stream,
                         const char *rank,
                         const char *data,
                         size_t len,
                         bool eof)
{
    json_t *o = json_pack ("{s:s s:s}", "stream", stream, "rank", rank);
    bool base64 = false;

    if (!o)
        return NULL;
    if (len > 0
        && json_object_set_new (o, "data", text_of (data, len, &base64)) < 0)
        goto error;
    if (base64
        && json_object_set_new (o, "encoding", json_string ("base64")) < 0)
        goto error;
    if (eof && json_object_set_new (o, "eof", json_true ()) < 0)
        goto error;
    return o;
error:
    json_decref (o);
    errno = ENOMEM;
    return NULL;
}

/* ---- responses ---- */

/* Takes o. */
static char *dump (json_t *o)
{
    char *s = o ? json_dumps (o, JSON_COMPACT) : NULL;

    json_decref (o);
    if (!s)
        errno = ENOMEM;
    return s;
}

char *rexec_output_encode (int pid,
                           const char *stream,
                           unsigned int rank,
                           const char *data,
                           size_t len,
                           bool eof)
{
    char name[16];

    snprintf (name, sizeof (name), "%u", rank);
    return dump (json_pack ("{s:s s:i s:o}",
                            "type",
                            "output",
                            "pid",
                            pid,
                            "io",
                            rexec_io_encode (stream, name, data, len, eof)));
}

char *rexec_started_encode (int pid)
{
    return dump (json_pack ("{s:s s:i}", "type", "started", "pid", pid));
}

char *rexec_stopped_encode (void)
{
    return dump (json_pack ("{s:s}", "type", "stopped"));
}

char *rexec_finished_encode (int status)
{
    return dump (json_pack ("{s:s s:i}", "type", "finished", "status", status));
}

char *rexec_credit_encode (const char *stream, int bytes)
{
    return dump (json_pack ("{s:s s:{s:i}}",
                            "type",
                            "add-credit",
                            "channels",
                            stream,
                            bytes));
}

char *rexec_attached_encode (int pid, const flux_cmd_t *cmd)
{
    return dump (json_pack ("{s:s s:i s:o}",
                            "type",
                            "attached",
                            "pid",
                            pid,
                            "cmd",
                            rexec_cmd_encode (cmd)));
}

char *rexec_list_encode (unsigned int rank,
                         const struct rexec_listed *list,
                         size_t n)
{
    json_t *procs = json_array ();

    for (size_t i = 0; procs && i < n; i++) {
        json_t *o = json_pack ("{s:i s:s s:s s:s}",
                               "pid",
                               list[i].pid,
                               "cmd",
                               list[i].cmd,
                               "label",
                               list[i].label ? list[i].label : "",
                               "state",
                               list[i].zombie ? "Z" : "R");

        if (json_array_append_new (procs, o) < 0) {
            json_decref (procs);
            procs = NULL;
        }
    }
    if (!procs)
        return dump (NULL);
    return dump (json_pack ("{s:i s:o}", "rank", (int)rank, "procs", procs));
}

/* ---- the last output ---- */

static size_t data_length (json_t *io)
{
    return json_string_length (json_object_get (io, "data"));
}

void rexec_tail_add (struct rexec_tail *tail,
                     const char *stream,
                     unsigned int rank,
                     const char *data,
                     size_t len)
{
    char name[16];
    json_t *io;

    if (!tail->list && !(tail->list = json_array ()))
        return;
    snprintf (name, sizeof (name), "%u", rank);
    if (len > REXEC_TAIL_MAX / 2) {
        data += len - REXEC_TAIL_MAX / 2;
        len = REXEC_TAIL_MAX / 2;
    }
    io = rexec_io_encode (stream, name, data, len, false);
    if (!io || json_array_append_new (tail->list, io) < 0)
        return;
    tail->size += data_length (io);
    while (tail->size > REXEC_TAIL_MAX) {
        tail->size -= data_length (json_array_get (tail->list, 0));
        json_array_remove (tail->list, 0);
    }
}

void rexec_tail_clear (struct rexec_tail *tail)
{
    json_decref (tail->list);
    memset (tail, 0, sizeof (*tail));
}

char *rexec_wait_encode (int status, const struct rexec_tail *tail)
{
    json_t *o = json_pack ("{s:i}", "status", status);

    if (o && tail->list && json_array_size (tail->list) > 0)
        json_object_set (o, "output", tail->list);
    return dump (o);
}

/* ---- the response stream, as a client sees it ---- */

void rexec_event_clear (struct rexec_event *ev)
{
    rexec_io_clear (&ev->io);
    rexec_cmd_destroy (ev->cmd);
    for (size_t i = 0; i < ev->ncredits; i++)
        free (ev->credits[i].stream);
    free (ev->credits);
    memset (ev, 0, sizeof (*ev));
}

static enum rexec_type type_of (const char *name)
{
    static const char *const names[] = {
        [REXEC_STARTED] = "started",       [REXEC_STOPPED] = "stopped",
        [REXEC_FINISHED] = "finished",     [REXEC_OUTPUT] = "output",
        [REXEC_ADD_CREDIT] = "add-credit", [REXEC_ATTACHED] = "attached",
    };

    for (int i = 0; i < REXEC_UNKNOWN; i++) {
        if (!strcmp (name, names[i]))
            return i;
    }
    return REXEC_UNKNOWN;
}

static int read_credits (json_t *channels, struct rexec_event *ev)
{
    const char *name;
    json_t *value;

    if (!json_is_object (channels))
        return -1;
    ev->credits =
        calloc (json_object_size (channels) + 1, sizeof (*ev->credits));
    if (!ev->credits)
        return -1;
    json_object_foreach (channels, name, value)
    {
        struct rexec_credit *c = &ev->credits[ev->ncredits];
        json_int_t bytes = json_integer_value (value);

        if (bytes < 0 || bytes > INT_MAX || !(c->stream = strdup (name)))
            return -1;
        c->bytes = bytes;
        ev->ncredits++;
    }
    return 0;
}

static int read_event (json_t *o, struct rexec_event *ev, flux_error_t *error)
{
    switch (ev->type) {
    case REXEC_STARTED:
        return json_unpack (o, "{s:i}", "pid", &ev->pid);
    case REXEC_FINISHED:
        return json_unpack (o, "{s:i}", "status", &ev->status);
    case REXEC_OUTPUT:
        return rexec_io_decode (json_object_get (o, "io"), &ev->io, error);
    case REXEC_ADD_CREDIT:
        return read_credits (json_object_get (o, "channels"), ev);
    case REXEC_ATTACHED:
        ev->cmd = rexec_cmd_decode (json_object_get (o, "cmd"), error);
        return ev->cmd ? json_unpack (o, "{s:i}", "pid", &ev->pid) : -1;
    default:
        return 0;
    }
}

int rexec_event_decode (const char *json,
                        struct rexec_event *ev,
                        flux_error_t *error)
{
    json_t *o = json ? json_loads (json, 0, NULL) : NULL;
    const char *type;
    int rc = -1;

    memset (ev, 0, sizeof (*ev));
    if (o && json_unpack (o, "{s:s}", "type", &type) == 0) {
        ev->type = type_of (type);
        rc = read_event (o, ev, error);
    }
    json_decref (o);
    if (rc < 0) {
        rexec_event_clear (ev);
        return err_set (error, EPROTO, "malformed response of the server");
    }
    return 0;
}
