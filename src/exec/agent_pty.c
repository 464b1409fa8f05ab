/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Clients of a job's terminal.  Requests go on to the agent that has it; what
 * it writes goes to all who read, as fast as the fastest of them.  One that
 * falls too far behind the others is let go.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/exec_agent.h"

enum {
    QUEUE_LOW = 256 * 1024,       /* bytes: the agent may send more */
    QUEUE_MAX = 16 * 1024 * 1024, /* bytes: no more for this client */
    PAY_MIN = 64 * 1024           /* bytes of credit that are worth a message */
};

/* Seconds until clients' queues are looked at again. */
static const double look_again = 0.01;

struct client {
    const flux_msg_t *msg; /* its request to attach */
    int mode;
    bool ready; /* was answered */
    TAILQ_ENTRY (client) link;
};

struct exec_pty {
    struct exec_job_state *job;
    struct part *home; /* where the task is; NULL: not known */
    TAILQ_HEAD (, client) clients;
    unsigned int rows, columns; /* of the client that spoke last */
    size_t owed;                /* credit for the agent */
    struct loop_source *timer;
};

/* ---- clients ---- */

static struct router *router_of (struct exec_pty *pty)
{
    return pty->job->x->env.router;
}

static void say (struct exec_pty *pty,
                 enum agent_talk_kind kind,
                 int64_t n,
                 int64_t m)
{
    struct agent_talk talk = { .kind = kind, .n = n, .m = m };

    service_say (pty->job, pty->home, &talk);
}

static bool any_reader (const struct exec_pty *pty)
{
    struct client *c;

    TAILQ_FOREACH (c, &pty->clients, link)
    {
        if (c->mode & PTY_MAY_READ)
            return true;
    }
    return false;
}

/* The stream of answers ends with errnum. */
static void client_end (struct exec_pty *pty,
                        struct client *c,
                        int errnum,
                        const char *text)
{
    TAILQ_REMOVE (&pty->clients, c, link);
    router_respond_error (router_of (pty), c->msg, errnum, text);
    flux_msg_decref (c->msg);
    free (c);
}

/* Clients with the right to read have gone, perhaps. */
static void check_readers (struct exec_pty *pty)
{
    if (any_reader (pty))
        return;
    pty->owed = 0;
    say (pty, TALK_PTY_LEAVE, 0, 0);
}

static struct client *client_of (struct exec_pty *pty, const flux_msg_t *msg)
{
    const char *sender = flux_msg_route_first (msg);
    struct client *c;

    TAILQ_FOREACH (c, &pty->clients, link)
    {
        const char *s = flux_msg_route_first (c->msg);

        if (s && sender && !strcmp (s, sender))
            return c;
    }
    return NULL;
}

static void end_all (struct exec_pty *pty, int status, bool exited)
{
    struct client *c;

    while ((c = TAILQ_FIRST (&pty->clients))) {
        if (c->ready && exited)
            router_respond_pack (router_of (pty),
                                 c->msg,
                                 "{s:s s:s s:i}",
                                 "type",
                                 "exit",
                                 "message",
                                 "session exiting",
                                 "status",
                                 status);
        client_end (pty, c, c->ready ? ENODATA : ENOSYS, NULL);
    }
}

/* ---- output ---- */

static void pay (struct exec_pty *pty)
{
    size_t least = SIZE_MAX;
    struct client *c;

    if (pty->owed < PAY_MIN)
        return;
    TAILQ_FOREACH (c, &pty->clients, link)
    {
        size_t n = router_queued (router_of (pty), c->msg);

        if ((c->mode & PTY_MAY_READ) && n < least)
            least = n;
    }
    if (least < QUEUE_LOW) {
        say (pty, TALK_PTY_CREDIT, pty->owed, 0);
        pty->owed = 0;
    }
    else if (pty->timer)
        loop_timer_set (pty->timer, look_again, 0.);
}

static void timer_cb (struct loop_source *src, int revents, void *arg)
{
    pay (arg);
}

static void output (struct exec_pty *pty, const struct agent_talk *talk)
{
    char *json = pty_data_encode (talk->text, talk->len);
    struct client *c, *next;
    bool dropped = false;

    for (c = TAILQ_FIRST (&pty->clients); json && c; c = next) {
        next = TAILQ_NEXT (c, link);
        if (!(c->mode & PTY_MAY_READ) || !c->ready)
            continue;
        if (router_queued (router_of (pty), c->msg) > QUEUE_MAX) {
            client_end (pty, c, EOVERFLOW, "the client does not read");
            dropped = true;
        }
        else
            router_respond (router_of (pty), c->msg, json);
    }
    free (json);
    pty->owed += talk->len;
    if (dropped)
        check_readers (pty);
    pay (pty);
}

static void attached (struct exec_pty *pty, struct part *part)
{
    struct client *c;

    pty->home = part;
    TAILQ_FOREACH (c, &pty->clients, link)
    {
        if (!c->ready)
            router_respond (router_of (pty), c->msg, "{\"type\":\"attach\"}");
        c->ready = true;
    }
}

void pty_talk (struct exec_job_state *job,
               struct part *part,
               const struct agent_talk *talk)
{
    struct exec_pty *pty = job->pty;

    if (!pty)
        return;
    if (talk->kind == TALK_PTY_ATTACHED)
        attached (pty, part);
    else if (talk->kind == TALK_PTY_DATA)
        output (pty, talk);
    else if (talk->kind == TALK_PTY_EXIT)
        end_all (pty, talk->n, true);
    else if (part == &job->parts[0] || part == pty->home)
        end_all (pty, 0, false);
}

/* ---- requests ---- */

static void set_size (struct exec_pty *pty, const struct pty_request *req)
{
    if (req->rows == 0 || req->columns == 0)
        return;
    pty->rows = req->rows;
    pty->columns = req->columns;
}

static int do_attach (struct exec_pty *pty,
                      const flux_msg_t *msg,
                      const struct pty_request *req,
                      flux_error_t *error)
{
    struct client *c;

    if (!flux_msg_is_streaming (msg))
        return err_set (error, EPROTO, "attach requires streaming RPC flag");
    if (client_of (pty, msg))
        return err_set (error, EEXIST, "attached already");
    if (!(c = calloc (1, sizeof (*c))))
        return -1;
    c->msg = flux_msg_incref (msg);
    c->mode = req->mode;
    TAILQ_INSERT_TAIL (&pty->clients, c, link);
    set_size (pty, req);
    say (pty, TALK_PTY_ATTACH, req->rows, req->columns);
    return REQUEST_LATER;
}

static int do_more (struct exec_pty *pty,
                    const flux_msg_t *msg,
                    const struct pty_request *req,
                    flux_error_t *error)
{
    struct client *c = client_of (pty, msg);
    struct agent_talk talk = { .kind = TALK_PTY_DATA,
                               .text = req->data,
                               .len = req->len };

    if (!c)
        return err_set (error, EINVAL, "not attached");
    if (req->type == PTY_DATA && !(c->mode & PTY_MAY_WRITE))
        return err_set (error, EPERM, "attached for reading only");
    if (req->type == PTY_DATA)
        service_say (pty->job, pty->home, &talk);
    else if (req->type == PTY_RESIZE) {
        set_size (pty, req);
        say (pty, TALK_PTY_RESIZE, req->rows, req->columns);
    }
    else {
        client_end (pty, c, ENODATA, NULL);
        check_readers (pty);
    }
    return router_respond (router_of (pty), msg, NULL) < 0 ? -1 : REQUEST_DONE;
}

int pty_cb (struct router *r,
            const flux_msg_t *msg,
            void *arg,
            flux_error_t *error)
{
    struct exec_job_state *job = arg;
    struct pty_request req;
    const char *s;
    int rc;

    if (service_may (job, msg, &s, error) < 0
        || pty_request_decode (s, &req, error) < 0)
        return -1;
    if (req.type == PTY_ATTACH)
        rc = do_attach (job->pty, msg, &req, error);
    else
        rc = do_more (job->pty, msg, &req, error);
    free (req.data);
    return rc;
}

int pty_disconnect_cb (struct router *r,
                       const flux_msg_t *msg,
                       void *arg,
                       flux_error_t *error)
{
    struct exec_job_state *job = arg;
    struct client *c;

    while ((c = client_of (job->pty, msg)))
        client_end (job->pty, c, ENODATA, NULL);
    check_readers (job->pty);
    return REQUEST_DONE;
}

/* ---- life ---- */

int pty_create (struct exec_job_state *job)
{
    struct exec_pty *pty = calloc (1, sizeof (*pty));

    if (!pty)
        return -1;
    pty->job = job;
    TAILQ_INIT (&pty->clients);
    pty->timer = loop_timer_create (job->x->env.loop,
                                    LOOP_ALWAYS | LOOP_STOPPED,
                                    look_again,
                                    0.,
                                    timer_cb,
                                    pty);
    if (!pty->timer) {
        free (pty);
        return -1;
    }
    job->pty = pty;
    return 0;
}

void pty_again (struct exec_job_state *job)
{
    struct exec_pty *pty = job->pty;

    if (!pty || TAILQ_EMPTY (&pty->clients))
        return;
    pty->owed = 0;
    say (pty, TALK_PTY_ATTACH, pty->rows, pty->columns);
}

void pty_end (struct exec_job_state *job)
{
    if (!job->pty)
        return;
    end_all (job->pty, job->status, true);
    loop_source_destroy (job->pty->timer);
    free (job->pty);
    job->pty = NULL;
}
