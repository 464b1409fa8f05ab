/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/rexec.h"

enum {
    /* Bytes that wait for a client before its processes are held back. */
    QUEUE_MAX = 4 * 1024 * 1024,
    /* Responses taken are told to the agent in such portions. */
    PORTION = AGENT_FLOW_WINDOW / 4,
};

/* Seconds between looks at clients that have much to read. */
static const double look_again = 0.01;

struct key {
    char client[40]; /* its uuid */
    uint32_t matchtag;
};

/* A request that waits for a response, the last one if it is a stream. */
struct call {
    struct rexec *rx;
    struct node *node;
    const flux_msg_t *msg;
    bool streaming;
    size_t taken; /* bytes of responses that the agent was not told of */
    struct key key;
    UT_hash_handle hh;
};

/* A message for an agent that is not there yet. */
struct waiting {
    struct node *node;
    const flux_msg_t *msg;
    STAILQ_ENTRY (waiting) link;
};

struct rexec {
    struct exec *x;
    struct call *calls;
    STAILQ_HEAD (, waiting) waiting;
    struct loop_source *timer; /* NULL: no client is slow */
};

static int make_key (struct key *key, const flux_msg_t *msg)
{
    const char *client = flux_msg_route_last (msg);

    memset (key, 0, sizeof (*key)); /* hashed with its padding */
    if (!client || strlen (client) >= sizeof (key->client)
        || flux_msg_get_matchtag (msg, &key->matchtag) < 0) {
        errno = EPROTO;
        return -1;
    }
    strcpy (key->client, client);
    return 0;
}

static struct call *call_find (struct rexec *rx, const flux_msg_t *msg)
{
    struct call *call;
    struct key key;

    if (make_key (&key, msg) < 0)
        return NULL;
    HASH_FIND (hh, rx->calls, &key, sizeof (key), call);
    return call;
}

static void call_destroy (struct call *call)
{
    HASH_DEL (call->rx->calls, call);
    flux_msg_decref (call->msg);
    free (call);
}

static int call_add (struct rexec *rx, struct node *node, const flux_msg_t *msg)
{
    struct call *call = calloc (1, sizeof (*call));

    if (!call)
        return -1;
    if (make_key (&call->key, msg) < 0 || call_find (rx, msg)) {
        free (call);
        errno = EPROTO; /* two requests with one matchtag */
        return -1;
    }
    call->rx = rx;
    call->node = node;
    call->msg = flux_msg_incref (msg);
    call->streaming = flux_msg_is_streaming (msg);
    HASH_ADD (hh, rx->calls, key, sizeof (call->key), call);
    return 0;
}

/* ---- to agents ---- */

static int relay (struct rexec *rx, struct node *node, const flux_msg_t *msg)
{
    struct waiting *w;

    node_want (node);
    if (node_send (node, msg) == 0)
        return 0;
    if (!(w = calloc (1, sizeof (*w))))
        return -1;
    w->node = node;
    w->msg = flux_msg_incref (msg);
    STAILQ_INSERT_TAIL (&rx->waiting, w, link);
    return 0;
}

static void waiting_destroy (struct rexec *rx, struct waiting *w)
{
    STAILQ_REMOVE (&rx->waiting, w, waiting, link);
    flux_msg_decref (w->msg);
    free (w);
}

void rexec_node_ready (struct node *node)
{
    struct rexec *rx = node->x->rexec;
    struct waiting *w, *next;

    for (w = rx ? STAILQ_FIRST (&rx->waiting) : NULL; w; w = next) {
        next = STAILQ_NEXT (w, link);
        if (w->node == node && node_send (node, w->msg) == 0)
            waiting_destroy (rx, w);
    }
}

/* The rank asked for; any is rank 0.  The router knows that it exists. */
static struct node *node_of (struct rexec *rx, const flux_msg_t *msg)
{
    uint32_t nodeid;

    if (flux_msg_get_nodeid (msg, &nodeid) < 0 || nodeid == FLUX_NODEID_ANY)
        nodeid = 0;
    if (nodeid >= rx->x->nnodes) {
        errno = EHOSTUNREACH;
        return NULL;
    }
    return &rx->x->nodes[nodeid];
}

static int request (struct rexec *rx,
                    struct node *node,
                    const flux_msg_t *msg,
                    flux_error_t *error)
{
    if (flux_msg_is_noresponse (msg)) {
        (void)relay (rx, node, msg);
        return REQUEST_DONE;
    }
    if (call_add (rx, node, msg) < 0)
        return err_set (error, errno, "rexec: cannot keep the request");
    if (relay (rx, node, msg) < 0) {
        call_destroy (call_find (rx, msg));
        return REQUEST_ERROR;
    }
    return REQUEST_LATER;
}

static int relay_cb (struct router *r,
                     const flux_msg_t *msg,
                     void *arg,
                     flux_error_t *error)
{
    struct rexec *rx = arg;
    struct node *node = node_of (rx, msg);

    return node ? request (rx, node, msg, error) : REQUEST_ERROR;
}

/* "<uid>-shell-<id>.rexec.exec": the job */
static struct exec_job_state *job_of (struct rexec *rx, const flux_msg_t *msg)
{
    const char *topic, *id;
    char text[JOBID_TEXT_MAX];
    uint64_t number;
    size_t n;

    if (flux_msg_get_topic (msg, &topic) < 0
        || !(id = strstr (topic, "-shell-")))
        return NULL;
    id += strlen ("-shell-");
    n = strcspn (id, ".");
    if (n >= sizeof (text))
        return NULL;
    memcpy (text, id, n);
    text[n] = '\0';
    return jobid_parse (text, &number) < 0 ? NULL
                                           : exec_job_find (rx->x, number);
}

static int job_relay_cb (struct router *r,
                         const flux_msg_t *msg,
                         void *arg,
                         flux_error_t *error)
{
    struct rexec *rx = arg;
    struct exec_job_state *job = job_of (rx, msg);
    struct node *node = node_of (rx, msg);
    struct part *part = job && node ? exec_part_of (job, node) : NULL;

    if (job && !router_may (msg, job->userid))
        return err_set (error, EPERM, "Request requires owner credentials");
    if (!part || !part->sent || part->over)
        return err_set (error, ENOSYS, "the job does not run on this rank");
    return request (rx, node, msg, error);
}

static int disconnect_cb (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct rexec *rx = arg;
    const char *client = flux_msg_route_last (msg);
    struct waiting *w, *wnext;
    struct call *call, *next;

    if (!client)
        return REQUEST_DONE;
    for (w = STAILQ_FIRST (&rx->waiting); w; w = wnext) {
        const char *route = flux_msg_route_last (w->msg);

        wnext = STAILQ_NEXT (w, link);
        if (route && !strcmp (route, client))
            waiting_destroy (rx, w);
    }
    HASH_ITER (hh, rx->calls, call, next)
    {
        if (!strcmp (call->key.client, client))
            call_destroy (call);
    }
    for (unsigned int i = 0; i < rx->x->nnodes; i++)
        (void)node_send (&rx->x->nodes[i], msg);
    return REQUEST_DONE;
}

/* ---- from agents ---- */

/* Tell the agent what the client has taken, as soon as it has. */
static bool tell_taken (struct call *call)
{
    struct agent_flow flow = {
        .client = call->key.client,
        .matchtag = call->key.matchtag,
        .bytes = call->taken,
    };
    flux_msg_t *msg;

    if (call->taken < PORTION)
        return true;
    if (router_queued (call->rx->x->env.router, call->msg) > QUEUE_MAX)
        return false;
    if ((msg = agent_flow_encode (&flow)) && node_send (call->node, msg) == 0)
        call->taken = 0;
    flux_msg_destroy (msg);
    return true;
}

static void look_cb (struct loop_source *src, int revents, void *arg)
{
    struct rexec *rx = arg;
    struct call *call, *next;
    bool slow = false;

    HASH_ITER (hh, rx->calls, call, next)
    {
        if (!tell_taken (call))
            slow = true;
    }
    if (slow)
        loop_timer_set (src, look_again, 0.);
}

static void look_later (struct rexec *rx)
{
    if (rx->timer)
        loop_timer_set (rx->timer, look_again, 0.);
    else
        rx->timer = loop_timer_create (rx->x->env.loop,
                                       LOOP_ALWAYS,
                                       look_again,
                                       0.,
                                       look_cb,
                                       rx);
}

void rexec_response (struct node *node, flux_msg_t *msg)
{
    struct rexec *rx = node->x->rexec;
    struct call *call = rx ? call_find (rx, msg) : NULL;
    const void *data;
    size_t size = 0;
    int errnum = 0;

    if (!call || call->node != node)
        return; /* the client has gone */
    (void)flux_msg_get_errnum (msg, &errnum);
    if (flux_msg_get_payload (msg, &data, &size) == 0)
        call->taken += size;
    router_forward_response (rx->x->env.router, msg);
    if (errnum || !call->streaming)
        call_destroy (call);
    else if (!tell_taken (call))
        look_later (rx);
}

void rexec_node_died (struct node *node)
{
    struct rexec *rx = node->x->rexec;
    struct waiting *w, *wnext;
    struct call *call, *next;
    char text[64];

    if (!rx)
        return;
    snprintf (text, sizeof (text), "flux-agent on rank %u died", node->rank);
    for (w = STAILQ_FIRST (&rx->waiting); w; w = wnext) {
        wnext = STAILQ_NEXT (w, link);
        if (w->node == node)
            waiting_destroy (rx, w);
    }
    HASH_ITER (hh, rx->calls, call, next)
    {
        if (call->node != node)
            continue;
        router_respond_error (rx->x->env.router, call->msg, EHOSTDOWN, text);
        call_destroy (call);
    }
}

/* ---- life ---- */

#define GUEST (FLUX_ROLE_OWNER | FLUX_ROLE_USER)

static const struct request_row rows[] = {
    { "rexec.exec", FLUX_ROLE_OWNER, 0, relay_cb },
    { "rexec.write", FLUX_ROLE_OWNER, 0, relay_cb },
    { "rexec.kill", FLUX_ROLE_OWNER, 0, relay_cb },
    { "rexec.list", FLUX_ROLE_OWNER, 0, relay_cb },
    { "rexec.wait", FLUX_ROLE_OWNER, 0, relay_cb },
    { "rexec.attach", FLUX_ROLE_OWNER, 0, relay_cb },
    { "rexec.disconnect", FLUX_ROLE_ALL, 0, disconnect_cb },
    { "*.rexec.exec", GUEST, 0, job_relay_cb },
    { "*.rexec.write", GUEST, 0, job_relay_cb },
    { "*.rexec.kill", GUEST, 0, job_relay_cb },
    { "*.rexec.list", GUEST, 0, job_relay_cb },
    { "*.rexec.wait", GUEST, 0, job_relay_cb },
    { "*.rexec.attach", GUEST, 0, job_relay_cb },
    { "*.rexec.disconnect", FLUX_ROLE_ALL, 0, disconnect_cb },
    { NULL },
};

int rexec_create (struct exec *x)
{
    struct rexec *rx;

    if (!x->env.router)
        return 0;
    if (!(rx = calloc (1, sizeof (*rx))))
        return -1;
    rx->x = x;
    STAILQ_INIT (&rx->waiting);
    if (router_methods_add (x->env.router, rows, rx) < 0
        || router_standard_methods (x->env.router, "rexec", NULL, NULL) < 0) {
        free (rx);
        return -1;
    }
    x->rexec = rx;
    return 0;
}

void rexec_destroy (struct exec *x)
{
    struct rexec *rx = x->rexec;
    struct waiting *w;
    struct call *call, *next;

    if (!rx)
        return;
    x->rexec = NULL;
    router_methods_remove (x->env.router, rows);
    while ((w = STAILQ_FIRST (&rx->waiting)))
        waiting_destroy (rx, w);
    HASH_ITER (hh, rx->calls, call, next)
    {
        router_respond_error (x->env.router,
                              call->msg,
                              ENOSYS,
                              "the instance is shutting down");
        call_destroy (call);
    }
    loop_source_destroy (rx->timer);
    free (rx);
}
