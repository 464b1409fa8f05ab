/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/agent_msgs.h"
#include "wire/agent_parts.h"
#include "wire/jload.h"

enum {
    MAX_PARTS = 4,
};

static const char *const topics[] = {
    [AGENT_HELLO] = "agent.hello", [AGENT_START] = "agent.start",
    [AGENT_KILL] = "agent.kill",   [AGENT_STDIN] = "agent.stdin",
    [AGENT_EXIT] = "agent.exit",   [AGENT_REPORT] = "agent.report",
    [AGENT_ACK] = "agent.ack",     [AGENT_FLOW] = "agent.flow",
    [AGENT_TALK] = "agent.talk",
};

enum agent_topic agent_topic_of (const flux_msg_t *msg)
{
    const char *topic;

    if (flux_msg_get_topic (msg, &topic) < 0)
        return AGENT_UNKNOWN;
    for (int i = 0; i < AGENT_UNKNOWN; i++) {
        if (!strcmp (topics[i], topic))
            return i;
    }
    return AGENT_UNKNOWN;
}

static struct agent_part part_of (const char *s)
{
    return (struct agent_part){ s, s ? strlen (s) : 0 };
}

void agent_put_int (struct jbuf *b, const char *key, int64_t value)
{
    jbuf_lit (b, b->len ? ",\"" : "{\"");
    jbuf_lit (b, key);
    jbuf_lit (b, "\":");
    jbuf_int (b, value);
}

/* Takes what is in b. */
flux_msg_t *agent_message (enum agent_topic topic,
                           struct jbuf *b,
                           const struct agent_part *parts,
                           int nparts)
{
    flux_msg_t *msg;

    jbuf_lit (b, b->len ? ",\"parts\":[" : "{\"parts\":[");
    for (int i = 0; i < nparts; i++) {
        if (i > 0)
            jbuf_lit (b, ",");
        jbuf_int (b, parts[i].len);
    }
    jbuf_lit (b, "]}\n");
    for (int i = 0; i < nparts; i++) {
        jbuf_raw (b, parts[i].s ? parts[i].s : "", parts[i].len);
        jbuf_raw (b, "", 1);
    }
    msg = b->failed ? NULL : flux_msg_create (FLUX_MSGTYPE_REQUEST);
    if (!msg || flux_msg_set_noresponse (msg) < 0
        || flux_msg_set_topic (msg, topics[topic]) < 0
        || flux_msg_set_payload (msg, b->s, b->len) < 0) {
        flux_msg_destroy (msg);
        msg = NULL;
        errno = ENOMEM;
    }
    free (b->s);
    return msg;
}

int agent_bad (const flux_msg_t *msg, json_t *o, flux_error_t *error)
{
    const char *topic = "?";

    flux_msg_get_topic (msg, &topic);
    json_decref (o);
    return err_set (error, EPROTO, "%s: malformed message", topic);
}

/* The numbers, and the texts (exactly nparts). */
json_t *agent_open (const flux_msg_t *msg,
                    struct agent_part *parts,
                    size_t nparts,
                    flux_error_t *error)
{
    const void *data;
    const char *p, *end, *eol;
    size_t size;
    json_t *o, *lens;

    if (flux_msg_get_payload (msg, &data, &size) < 0
        || !(eol = memchr (data, '\n', size))
        || !(o = jload_object (data, eol - (char *)data, "head", error))) {
        agent_bad (msg, NULL, error);
        return NULL;
    }
    end = (const char *)data + size;
    p = eol + 1;
    lens = json_object_get (o, "parts");
    for (size_t i = 0; i < nparts; i++) {
        json_t *len = json_array_get (lens, i);
        json_int_t n = json_integer_value (len);

        if (!json_is_integer (len) || n < 0 || n >= end - p || p[n] != '\0') {
            agent_bad (msg, o, error);
            return NULL;
        }
        parts[i] = (struct agent_part){ p, n };
        p += n + 1;
    }
    return o;
}

/* ---- from agent to broker ---- */

flux_msg_t *agent_hello_encode (const struct agent_hello *hello)
{
    struct agent_part parts[] = { part_of (hello->jobs) };
    struct jbuf b = { 0 };

    agent_put_int (&b, "rank", hello->rank);
    agent_put_int (&b, "pid", hello->pid);
    return agent_message (AGENT_HELLO, &b, parts, 1);
}

int agent_hello_decode (const flux_msg_t *msg,
                        struct agent_hello *hello,
                        flux_error_t *error)
{
    struct agent_part parts[1];
    json_t *o = agent_open (msg, parts, 1, error);
    json_int_t rank;

    if (!o)
        return -1;
    if (json_unpack (o, "{s:I s:i}", "rank", &rank, "pid", &hello->pid) < 0
        || rank < 0 || rank > UINT32_MAX)
        return agent_bad (msg, o, error);
    hello->rank = rank;
    hello->jobs = parts[0].s;
    json_decref (o);
    return 0;
}

flux_msg_t *agent_report_encode (const struct agent_report *r)
{
    struct agent_part parts[] = {
        { r->exec, r->exec ? r->exec_len : 0 },
        { r->output, r->output ? r->output_len : 0 },
        part_of (r->type),
        part_of (r->note),
    };
    struct jbuf b = { 0 };

    agent_put_int (&b, "seq", r->seq);
    agent_put_int (&b, "id", r->id);
    agent_put_int (&b, "started", r->started);
    agent_put_int (&b, "severity", r->severity);
    agent_put_int (&b, "over", r->over);
    agent_put_int (&b, "status", r->status);
    return agent_message (AGENT_REPORT, &b, parts, 4);
}

int agent_report_decode (const flux_msg_t *msg,
                         struct agent_report *r,
                         flux_error_t *error)
{
    struct agent_part parts[4];
    json_t *o = agent_open (msg, parts, 4, error);
    json_int_t id, seq;
    int started, over;

    if (!o)
        return -1;
    if (json_unpack (o,
                     "{s:I s:I s:i s:i s:i s:i}",
                     "seq",
                     &seq,
                     "id",
                     &id,
                     "started",
                     &started,
                     "severity",
                     &r->severity,
                     "over",
                     &over,
                     "status",
                     &r->status)
        < 0)
        return agent_bad (msg, o, error);
    r->seq = seq;
    r->id = id;
    r->started = started;
    r->over = over;
    r->exec = parts[0].len ? parts[0].s : NULL;
    r->exec_len = parts[0].len;
    r->output = parts[1].len ? parts[1].s : NULL;
    r->output_len = parts[1].len;
    r->type = parts[2].len ? parts[2].s : NULL;
    r->note = parts[3].s;
    json_decref (o);
    return 0;
}

/* ---- from broker to agent ---- */

flux_msg_t *agent_start_encode (const struct agent_start *start)
{
    struct agent_part parts[] = { part_of (start->jobspec),
                                  part_of (start->R) };
    struct jbuf b = { 0 };

    agent_put_int (&b, "id", start->id);
    agent_put_int (&b, "userid", start->userid);
    return agent_message (AGENT_START, &b, parts, 2);
}

int agent_start_decode (const flux_msg_t *msg,
                        struct agent_start *start,
                        flux_error_t *error)
{
    struct agent_part parts[2];
    json_t *o = agent_open (msg, parts, 2, error);
    json_int_t id, userid;

    if (!o)
        return -1;
    if (json_unpack (o, "{s:I s:I}", "id", &id, "userid", &userid) < 0)
        return agent_bad (msg, o, error);
    start->id = id;
    start->userid = userid;
    start->jobspec = parts[0].s;
    start->R = parts[1].s;
    json_decref (o);
    return 0;
}

flux_msg_t *agent_kill_encode (const struct agent_kill *kill)
{
    struct jbuf b = { 0 };

    agent_put_int (&b, "id", kill->id);
    agent_put_int (&b, "signum", kill->signum);
    return agent_message (AGENT_KILL, &b, NULL, 0);
}

int agent_kill_decode (const flux_msg_t *msg,
                       struct agent_kill *kill,
                       flux_error_t *error)
{
    json_t *o = agent_open (msg, NULL, 0, error);
    json_int_t id;

    if (!o)
        return -1;
    if (json_unpack (o, "{s:I s:i}", "id", &id, "signum", &kill->signum) < 0)
        return agent_bad (msg, o, error);
    kill->id = id;
    json_decref (o);
    return 0;
}

flux_msg_t *agent_stdin_encode (const struct agent_stdin *in)
{
    struct agent_part parts[] = { part_of (in->ranks), { in->data, in->len } };
    struct jbuf b = { 0 };

    agent_put_int (&b, "id", in->id);
    agent_put_int (&b, "eof", in->eof);
    return agent_message (AGENT_STDIN, &b, parts, 2);
}

int agent_stdin_decode (const flux_msg_t *msg,
                        struct agent_stdin *in,
                        flux_error_t *error)
{
    struct agent_part parts[2];
    json_t *o = agent_open (msg, parts, 2, error);
    json_int_t id;
    int eof;

    if (!o)
        return -1;
    if (json_unpack (o, "{s:I s:i}", "id", &id, "eof", &eof) < 0)
        return agent_bad (msg, o, error);
    in->id = id;
    in->eof = eof;
    in->ranks = parts[0].s;
    in->data = parts[1].s;
    in->len = parts[1].len;
    json_decref (o);
    return 0;
}

flux_msg_t *agent_exit_encode (void)
{
    struct jbuf b = { 0 };

    return agent_message (AGENT_EXIT, &b, NULL, 0);
}

flux_msg_t *agent_ack_encode (const struct agent_ack *ack)
{
    struct jbuf b = { 0 };

    agent_put_int (&b, "seq", ack->seq);
    return agent_message (AGENT_ACK, &b, NULL, 0);
}

int agent_ack_decode (const flux_msg_t *msg,
                      struct agent_ack *ack,
                      flux_error_t *error)
{
    json_t *o = agent_open (msg, NULL, 0, error);
    json_int_t seq;

    if (!o)
        return -1;
    if (json_unpack (o, "{s:I}", "seq", &seq) < 0)
        return agent_bad (msg, o, error);
    ack->seq = seq;
    json_decref (o);
    return 0;
}

flux_msg_t *agent_flow_encode (const struct agent_flow *flow)
{
    struct agent_part parts[] = { part_of (flow->client) };
    struct jbuf b = { 0 };

    agent_put_int (&b, "matchtag", flow->matchtag);
    agent_put_int (&b, "bytes", flow->bytes);
    return agent_message (AGENT_FLOW, &b, parts, 1);
}

int agent_flow_decode (const flux_msg_t *msg,
                       struct agent_flow *flow,
                       flux_error_t *error)
{
    struct agent_part parts[1];
    json_t *o = agent_open (msg, parts, 1, error);
    json_int_t matchtag, bytes;

    if (!o)
        return -1;
    if (json_unpack (o, "{s:I s:I}", "matchtag", &matchtag, "bytes", &bytes) < 0
        || matchtag < 0 || matchtag > UINT32_MAX || bytes < 0)
        return agent_bad (msg, o, error);
    flow->matchtag = matchtag;
    flow->bytes = bytes;
    flow->client = parts[0].s;
    json_decref (o);
    return 0;
}

/* ---- from a client ---- */

/* RFC 24: rank is an idset or "all"; some clients send a number. */
static int read_ranks (json_t *rank, struct stdin_request *req)
{
    int n;

    if (json_is_integer (rank))
        n = snprintf (req->ranks,
                      sizeof (req->ranks),
                      "%d",
                      (int)json_integer_value (rank));
    else if (json_is_string (rank))
        n = snprintf (req->ranks,
                      sizeof (req->ranks),
                      "%s",
                      json_string_value (rank));
    else
        n = snprintf (req->ranks, sizeof (req->ranks), "all");
    return n < (int)sizeof (req->ranks) ? 0 : -1;
}

int stdin_request_decode (const char *json,
                          struct stdin_request *req,
                          flux_error_t *error)
{
    json_t *o = jload_object_nul (json, strlen (json), "request", error);
    const char *stream;
    const char *encoding = NULL;
    json_t *rank = NULL;
    json_t *data = NULL;
    int eof = 0;

    memset (req, 0, sizeof (*req));
    if (!o)
        return -1;
    if (json_unpack (o,
                     "{s:s s?o s?o s?s s?b}",
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
        || strcmp (stream, "stdin") || read_ranks (rank, req) < 0
        || (data && !(req->data = jload_bytes (data, encoding, &req->len)))
        || (!data && !eof)) {
        json_decref (o);
        return err_set (error, EPROTO, "request: malformed input");
    }
    req->eof = eof;
    json_decref (o);
    return 0;
}
