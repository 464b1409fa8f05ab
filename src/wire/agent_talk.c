/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/agent_parts.h"
#include "wire/agent_talk.h"
#include "wire/base64.h"
#include "wire/guestlog.h"
#include "wire/jload.h"

enum {
    /* No terminal has more rows or columns: the kernel keeps 16 bits. */
    MAX_SIZE = 65535,
};

flux_msg_t *agent_talk_encode (const struct agent_talk *talk)
{
    struct agent_part parts[] = { { talk->text, talk->text ? talk->len : 0 } };
    struct jbuf b = { 0 };

    agent_put_int (&b, "id", talk->id);
    agent_put_int (&b, "kind", talk->kind);
    agent_put_int (&b, "n", talk->n);
    agent_put_int (&b, "m", talk->m);
    return agent_message (AGENT_TALK, &b, parts, 1);
}

int agent_talk_decode (const flux_msg_t *msg,
                       struct agent_talk *talk,
                       flux_error_t *error)
{
    struct agent_part parts[1];
    json_t *o = agent_open (msg, parts, 1, error);
    json_int_t id, n, m;
    int kind;

    if (!o)
        return -1;
    if (json_unpack (o,
                     "{s:I s:i s:I s:I}",
                     "id",
                     &id,
                     "kind",
                     &kind,
                     "n",
                     &n,
                     "m",
                     &m)
            < 0
        || kind < 0 || kind >= TALK_KINDS)
        return agent_bad (msg, o, error);
    *talk = (struct agent_talk){ .id = id,
                                 .kind = kind,
                                 .n = n,
                                 .m = m,
                                 .text = parts[0].s,
                                 .len = parts[0].len };
    json_decref (o);
    return 0;
}

/* ---- terminals ---- */

static const char *const types[] = {
    [PTY_ATTACH] = "attach",
    [PTY_DETACH] = "detach",
    [PTY_DATA] = "data",
    [PTY_RESIZE] = "resize",
};

static const struct {
    const char *name;
    int mode;
} modes[] = {
    { "rw", PTY_MAY_READ | PTY_MAY_WRITE },
    { "ro", PTY_MAY_READ },
    { "wo", PTY_MAY_WRITE },
};

static int bad (json_t *o, const char *what, flux_error_t *error)
{
    json_decref (o);
    return err_set (error, EPROTO, "terminal request: %s", what);
}

static int read_type (const char *s, struct pty_request *req)
{
    for (size_t i = 0; i < sizeof (types) / sizeof (types[0]); i++) {
        if (!strcmp (s, types[i])) {
            req->type = i;
            return 0;
        }
    }
    return -1;
}

static int read_mode (const char *s, struct pty_request *req)
{
    for (size_t i = 0; i < sizeof (modes) / sizeof (modes[0]); i++) {
        if (!strcmp (s, modes[i].name)) {
            req->mode = modes[i].mode;
            return 0;
        }
    }
    return -1;
}

static int read_size (json_t *winsize, struct pty_request *req)
{
    int rows, columns;

    if (!winsize)
        return req->type == PTY_RESIZE ? -1 : 0;
    /* flux-core says "cols" */
    if ((json_unpack (winsize, "{s:i s:i}", "rows", &rows, "cols", &columns) < 0
         && json_unpack (winsize,
                         "{s:i s:i}",
                         "rows",
                         &rows,
                         "columns",
                         &columns)
                < 0)
        || rows < 0 || rows > MAX_SIZE || columns < 0 || columns > MAX_SIZE)
        return -1;
    req->rows = rows;
    req->columns = columns;
    return 0;
}

static int read_data (const char *data,
                      size_t len,
                      const char *encoding,
                      struct pty_request *req)
{
    if (!data)
        return req->type == PTY_DATA ? -1 : 0;
    if (encoding && !strcmp (encoding, "base64"))
        req->data = base64_decode (data, len, &req->len);
    else if ((req->data = malloc (len + 1))) {
        memcpy (req->data, data, len + 1);
        req->len = len;
    }
    return req->data ? 0 : -1;
}

int pty_request_decode (const char *json,
                        struct pty_request *req,
                        flux_error_t *error)
{
    json_t *o = jload_object_nul (json, strlen (json), "request", error);
    const char *type;
    const char *mode = "rw";
    const char *data = NULL;
    const char *encoding = NULL;
    json_t *winsize = NULL;
    size_t len = 0;

    memset (req, 0, sizeof (*req));
    if (!o)
        return -1;
    if (json_unpack (o,
                     "{s:s s?s s?o s?s% s?s}",
                     "type",
                     &type,
                     "mode",
                     &mode,
                     "winsize",
                     &winsize,
                     "data",
                     &data,
                     &len,
                     "encoding",
                     &encoding)
        < 0)
        return bad (o, "needs a type", error);
    if (read_type (type, req) < 0)
        return bad (o, "unknown type", error);
    if (read_mode (mode, req) < 0)
        return bad (o, "mode is none of rw, ro and wo", error);
    if (read_size (winsize, req) < 0)
        return bad (o, "winsize needs rows and cols", error);
    if (read_data (data, len, encoding, req) < 0)
        return bad (o, "malformed data", error);
    json_decref (o);
    return 0;
}

char *pty_data_encode (const char *data, size_t len)
{
    struct jbuf b = { 0 };

    jbuf_lit (&b, "{\"type\":\"data\"");
    guestlog_put (&b, data, len);
    jbuf_lit (&b, "}");
    return jbuf_take (&b, NULL);
}
