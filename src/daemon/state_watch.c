/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

#include <flux/msglist.h>
#include "daemon/logring.h"
#include "daemon/state_watch.h"

struct state_watch {
    struct broker *b;
    struct flux_msglist *waiters;   /* state-machine.wait */
    struct flux_msglist *monitors;  /* state-machine.monitor */
    struct flux_msglist *shutdowns; /* shutdown.start, streaming */
    bool listening;
    struct flux_msglist *told;  /* of those, answered and still there */
    struct loop_source *enough; /* they had their time; NULL: not yet over */
    void (*done) (void *arg);
    void *arg;
};

#define LINGER 1. /* seconds */

static void answer_all (struct state_watch *w,
                        struct flux_msglist *l,
                        int errnum,
                        const char *text)
{
    const flux_msg_t *req;

    while ((req = flux_msglist_pop (l))) {
        if (errnum)
            router_respond_error (w->b->router, req, errnum, text);
        else
            router_respond (w->b->router, req, NULL);
        flux_msg_decref (req);
    }
}

static void forget (struct state_watch *w,
                    struct flux_msglist *l,
                    const flux_msg_t *msg)
{
    const flux_msg_t *req = flux_msglist_first (l);

    while (req) {
        if (router_same_client (req, msg)) {
            router_respond_error (w->b->router, req, ENODATA, NULL);
            flux_msglist_delete (l);
        }
        req = flux_msglist_next (l);
    }
}

static int get_cb (struct router *r,
                   const flux_msg_t *msg,
                   void *arg,
                   flux_error_t *error)
{
    struct state_watch *w = arg;

    router_respond_pack (r,
                         msg,
                         "{s:s s:f}",
                         "state",
                         state_name (state_machine_state (w->b)),
                         "duration",
                         state_machine_duration (w->b));
    return REQUEST_DONE;
}

static int wait_cb (struct router *r,
                    const flux_msg_t *msg,
                    void *arg,
                    flux_error_t *error)
{
    struct state_watch *w = arg;
    enum broker_state state = state_machine_state (w->b);

    if (state > STATE_RUN)
        return err_set (error, ENOENT, "broker has surpassed RUN state");
    if (state < STATE_RUN)
        return flux_msglist_append (w->waiters, msg) < 0 ? REQUEST_ERROR
                                                         : REQUEST_LATER;
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

/* Tell one monitor; true if it has heard the state it waited for. */
static bool tell_monitor (struct state_watch *w,
                          const flux_msg_t *req,
                          enum broker_state state)
{
    int final = STATE_EXIT;

    (void)flux_msg_unpack (req, "{s:i}", "final", &final);
    router_respond_pack (w->b->router, req, "{s:i}", "state", (int)state);
    if ((int)state < final)
        return false;
    if (flux_msg_is_streaming (req))
        router_respond_error (w->b->router, req, ENODATA, NULL);
    return true;
}

static int monitor_cb (struct router *r,
                       const flux_msg_t *msg,
                       void *arg,
                       flux_error_t *error)
{
    struct state_watch *w = arg;
    int final;

    if (flux_msg_unpack (msg, "{s:i}", "final", &final) < 0)
        return REQUEST_ERROR;
    if (tell_monitor (w, msg, state_machine_state (w->b))
        || !flux_msg_is_streaming (msg))
        return REQUEST_DONE;
    return flux_msglist_append (w->monitors, msg) < 0 ? REQUEST_ERROR
                                                      : REQUEST_LATER;
}

static int machine_disconnect_cb (struct router *r,
                                  const flux_msg_t *msg,
                                  void *arg,
                                  flux_error_t *error)
{
    struct state_watch *w = arg;

    forget (w, w->waiters, msg);
    forget (w, w->monitors, msg);
    return REQUEST_DONE;
}

void state_watch_changed (struct state_watch *w, enum broker_state state)
{
    const flux_msg_t *req = flux_msglist_first (w->monitors);

    while (req) {
        if (tell_monitor (w, req, state))
            flux_msglist_delete (w->monitors);
        req = flux_msglist_next (w->monitors);
    }
    if (state == STATE_RUN)
        answer_all (w, w->waiters, 0, NULL);
    else if (state > STATE_RUN)
        answer_all (w, w->waiters, ENOENT, "broker has surpassed RUN state");
}

/* ---- shutdown.start ---- */

static void log_cb (int severity, const char *line, void *arg)
{
    struct state_watch *w = arg;
    const flux_msg_t *req = flux_msglist_first (w->shutdowns);

    while (req) {
        int loglevel = LOG_INFO;

        (void)flux_msg_unpack (req, "{s:i}", "loglevel", &loglevel);
        if (severity <= loglevel)
            router_respond_pack (w->b->router,
                                 req,
                                 "{s:s+}", /* a line, with its end */
                                 "log",
                                 line,
                                 "\n");
        req = flux_msglist_next (w->shutdowns);
    }
}

static int shutdown_cb (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct state_watch *w = arg;
    enum broker_state state = state_machine_state (w->b);
    int loglevel;

    if (flux_msg_unpack (msg, "{s:i}", "loglevel", &loglevel) < 0)
        return REQUEST_ERROR;
    if (state > STATE_RUN)
        return err_set (error, EINVAL, "shutdown is already in progress");
    if (state < STATE_RUN)
        return err_set (error, EINVAL, "broker is not in RUN state yet");
    if (!flux_msg_is_streaming (msg))
        router_respond (r, msg, NULL);
    else if (flux_msglist_append (w->shutdowns, msg) < 0)
        return REQUEST_ERROR;
    if (!w->listening)
        logring_listen (w->b, log_cb, w);
    w->listening = true;
    w->b->norestart = true;
    state_machine_end (w->b, "requested by a client");
    return flux_msg_is_streaming (msg) ? REQUEST_LATER : REQUEST_DONE;
}

static void over (struct state_watch *w)
{
    void (*done) (void *arg) = w->done;

    loop_source_destroy (w->enough);
    w->enough = NULL;
    w->done = NULL;
    if (done)
        done (w->arg);
}

static int shutdown_disconnect_cb (struct router *r,
                                   const flux_msg_t *msg,
                                   void *arg,
                                   flux_error_t *error)
{
    struct state_watch *w = arg;
    const flux_msg_t *req;

    forget (w, w->shutdowns, msg);
    for (req = flux_msglist_first (w->told); req;
         req = flux_msglist_next (w->told)) {
        if (router_same_client (req, msg))
            flux_msglist_delete (w->told);
    }
    if (w->enough && flux_msglist_count (w->told) == 0)
        over (w);
    return REQUEST_DONE;
}

static void enough_cb (struct loop_source *src, int revents, void *arg)
{
    over (arg);
}

void state_watch_end (struct state_watch *w,
                      void (*done) (void *arg),
                      void *arg)
{
    const flux_msg_t *req;

    w->done = done;
    w->arg = arg;
    answer_all (w, w->monitors, ENODATA, NULL);
    answer_all (w, w->waiters, ENOENT, "broker has surpassed RUN state");
    for (req = flux_msglist_first (w->shutdowns); req;
         req = flux_msglist_next (w->shutdowns))
        (void)flux_msglist_append (w->told, req);
    answer_all (w, w->shutdowns, ENODATA, NULL);
    if (flux_msglist_count (w->told) > 0)
        w->enough = loop_timer_create (w->b->loop,
                                       LOOP_ALWAYS,
                                       LINGER,
                                       0.,
                                       enough_cb,
                                       w);
    if (!w->enough)
        over (w);
}

static const struct request_row rows[] = {
    { "state-machine.get", FLUX_ROLE_USER, 0, get_cb },
    { "state-machine.wait", FLUX_ROLE_USER, 0, wait_cb },
    { "state-machine.monitor", FLUX_ROLE_OWNER, 0, monitor_cb },
    { "state-machine.disconnect", FLUX_ROLE_ALL, 0, machine_disconnect_cb },
    { "shutdown.start", FLUX_ROLE_OWNER, 0, shutdown_cb },
    { "shutdown.disconnect", FLUX_ROLE_ALL, 0, shutdown_disconnect_cb },
    { NULL },
};

struct state_watch *state_watch_create (struct broker *b)
{
    struct state_watch *w;

    if (!(w = calloc (1, sizeof (*w))))
        return NULL;
    w->b = b;
    w->waiters = flux_msglist_create ();
    w->monitors = flux_msglist_create ();
    w->told = flux_msglist_create ();
    w->shutdowns = flux_msglist_create ();
    if (!w->waiters || !w->monitors || !w->shutdowns || !w->told
        || router_methods_add (b->router, rows, w) < 0) {
        state_watch_destroy (w);
        return NULL;
    }
    return w;
}

void state_watch_destroy (struct state_watch *w)
{
    int saved_errno = errno;

    if (w) {
        router_methods_remove (w->b->router, rows);
        flux_msglist_destroy (w->waiters);
        flux_msglist_destroy (w->monitors);
        flux_msglist_destroy (w->shutdowns);
        flux_msglist_destroy (w->told);
        loop_source_destroy (w->enough);
        free (w);
    }
    errno = saved_errno;
}
