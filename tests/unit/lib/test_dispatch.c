/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>

#include <flux/core.h>
#include <flux/disconnect.h>
#include "tap.h"

/* Handlers note what they got; a call ends when its answer has come. */
static char trail[256];

static void note (const char *s)
{
    strncat (trail, s, sizeof (trail) - strlen (trail) - 1);
}

static void note_cb (flux_t *h,
                     flux_msg_handler_t *mh,
                     const flux_msg_t *msg,
                     void *arg)
{
    int type;

    note (arg);
    flux_msg_get_type (msg, &type);
    if (type == FLUX_MSGTYPE_REQUEST)
        flux_respond (h, msg, NULL);
}

static void answered_cb (flux_future_t *f, void *arg)
{
    flux_reactor_stop (flux_future_get_reactor (f));
}

/* Make a call that this handle itself serves; its errno and text. */
static int call (flux_t *h, const char *topic, uint32_t roles, char *text)
{
    flux_msg_t *msg = flux_request_encode (topic, NULL);
    flux_future_t *f;
    int rc = 0;

    trail[0] = '\0';
    flux_msg_set_rolemask (msg, roles);
    f = flux_rpc_message (h, msg, 0, 0);
    flux_msg_destroy (msg);
    flux_future_then (f, 5., answered_cb, NULL);
    flux_reactor_run (flux_get_reactor (h), 0);
    if (flux_rpc_get (f, NULL) < 0) {
        rc = errno;
        snprintf (text, 160, "%s", flux_future_error_string (f));
    }
    flux_future_destroy (f);
    return rc;
}

static flux_msg_handler_t *handler (flux_t *h,
                                    int type,
                                    const char *glob,
                                    flux_msg_handler_f cb,
                                    void *arg)
{
    struct flux_match m = FLUX_MATCH_ANY;
    flux_msg_handler_t *mh;

    m.typemask = type;
    m.topic_glob = glob;
    mh = flux_msg_handler_create (h, m, cb, arg);
    flux_msg_handler_start (mh);
    flux_msg_handler_start (mh);
    return mh;
}

static void test_requests (flux_t *h)
{
    flux_msg_handler_t *a, *b, *c;
    char text[160] = "";

    a = handler (h, FLUX_MSGTYPE_REQUEST, "s.a", note_cb, "a");
    b = handler (h, FLUX_MSGTYPE_REQUEST, "s.*", note_cb, "*");
    ok (call (h, "s.a", FLUX_ROLE_OWNER, text) == 0 && !strcmp (trail, "a"),
        "an exact topic goes before a newer glob");
    c = handler (h, FLUX_MSGTYPE_REQUEST, "s.a", note_cb, "c");
    ok (call (h, "s.a", FLUX_ROLE_OWNER, text) == 0 && !strcmp (trail, "c"),
        "the newest exact one");
    flux_msg_handler_stop (c);
    ok (call (h, "s.a", FLUX_ROLE_OWNER, text) == 0 && !strcmp (trail, "a"),
        "a stopped one is passed over");
    flux_msg_handler_destroy (c);
    ok (call (h, "s.b", FLUX_ROLE_OWNER, text) == 0 && !strcmp (trail, "*"),
        "the glob takes the rest");
    is_int (call (h, "t.b", FLUX_ROLE_OWNER, text), ENOSYS, "no handler");
    is_str (text, "Unknown service method 't.b'", "the text for that");
    is_int (call (h, "s.a", FLUX_ROLE_USER, text), EPERM, "a guest");
    is_str (text, "Request requires owner credentials", "the text for that");
    flux_msg_handler_allow_rolemask (a, FLUX_ROLE_ADMIN);
    is_int (call (h, "s.a", FLUX_ROLE_USER, text), EPERM, "not admitted");
    is_str (text,
            "Request rejected due to insufficient privilege",
            "the text for that");
    flux_msg_handler_allow_rolemask (a, FLUX_ROLE_USER);
    is_int (call (h, "s.a", FLUX_ROLE_USER, text), 0, "admitted");
    flux_msg_handler_deny_rolemask (a, FLUX_ROLE_ALL);
    is_int (call (h, "s.a", FLUX_ROLE_USER, text), EPERM, "no more");
    is_int (call (h, "s.a", FLUX_ROLE_OWNER, text), 0, "the owner always is");
    flux_msg_handler_destroy (a);
    flux_msg_handler_destroy (b);
    flux_msg_handler_destroy (NULL);
}

static flux_msg_handler_t *victims[3];

static void kill_all_cb (flux_t *h,
                         flux_msg_handler_t *mh,
                         const flux_msg_t *msg,
                         void *arg)
{
    note ("k");
    for (int i = 0; i < 3; i++) {
        flux_msg_handler_destroy (victims[i]);
        victims[i] = NULL;
    }
}

static void test_events (flux_t *h)
{
    flux_msg_handler_t *a, *b;
    flux_msg_t *msg = flux_event_encode ("ev.x", NULL);

    a = handler (h, FLUX_MSGTYPE_EVENT, "ev.*", note_cb, "a");
    b = handler (h, FLUX_MSGTYPE_EVENT, NULL, note_cb, "b");
    trail[0] = '\0';
    flux_send (h, msg, 0);
    flux_reactor_run (flux_get_reactor (h), FLUX_REACTOR_ONCE);
    ok (strlen (trail) == 2 && strchr (trail, 'a') && strchr (trail, 'b'),
        "an event goes to all");
    flux_msg_handler_destroy (a);
    flux_msg_handler_destroy (b);
    for (int i = 0; i < 3; i++)
        victims[i] = handler (h, FLUX_MSGTYPE_EVENT, "ev.x", kill_all_cb, "");
    trail[0] = '\0';
    flux_send (h, msg, 0);
    flux_reactor_run (flux_get_reactor (h), FLUX_REACTOR_ONCE);
    is_str (trail, "k", "a handler may destroy itself and the others");
    ok (flux_reactor_run (flux_get_reactor (h), 0) == 0,
        "without handlers the reactor returns");
    flux_msg_destroy (msg);
}

static void test_vec (flux_t *h)
{
    static const struct flux_msg_handler_spec tab[] = {
        { FLUX_MSGTYPE_REQUEST, "one", note_cb, 0 },
        { FLUX_MSGTYPE_REQUEST, "two", note_cb, FLUX_ROLE_USER },
        FLUX_MSGHANDLER_TABLE_END,
    };
    flux_msg_handler_t **v = NULL;
    char text[160];

    ok (flux_msg_handler_addvec_ex (h, "svc", tab, "v", &v) == 0 && v[0] && v[1]
            && !v[2],
        "a table of handlers under a service");
    is_int (call (h, "svc.one", FLUX_ROLE_OWNER, text), 0, "the first");
    is_int (call (h, "svc.one", FLUX_ROLE_USER, text), EPERM, "for owners");
    is_int (call (h, "svc.two", FLUX_ROLE_USER, text), 0, "the second");
    flux_msg_handler_delvec (v);
    flux_msg_handler_delvec (NULL);
    errno = 0;
    ok (flux_msg_handler_addvec (NULL, tab, NULL, &v) < 0 && errno == EINVAL,
        "no handle: EINVAL");
}

static void test_clone (flux_t *h)
{
    flux_t *clone = flux_clone (h);
    flux_reactor_t *r = flux_reactor_create (0);
    flux_msg_handler_t *mh;
    flux_msg_t *msg = flux_event_encode ("other", NULL);
    flux_msg_t *got;

    flux_set_reactor (clone, r);
    ok ((flux_flags_get (clone) & FLUX_O_CLONE), "a clone says so");
    mh = handler (clone, FLUX_MSGTYPE_EVENT, "mine", note_cb, "m");
    flux_send (h, msg, 0);
    flux_msg_set_topic (msg, "mine");
    flux_send (h, msg, 0);
    trail[0] = '\0';
    flux_reactor_run (r, FLUX_REACTOR_ONCE);
    flux_reactor_run (r, FLUX_REACTOR_ONCE);
    is_str (trail, "m", "a clone has a dispatcher of its own");
    ok (!flux_recv (h, FLUX_MATCH_ANY, FLUX_O_NONBLOCK), "both are taken");
    flux_dispatch_requeue (clone);
    got = flux_recv (h, FLUX_MATCH_ANY, FLUX_O_NONBLOCK);
    const char *topic = "";
    ok (got && flux_msg_get_topic (got, &topic) == 0
            && !strcmp (topic, "other"),
        "what it had no use for can be given back");
    flux_msg_destroy (got);
    flux_msg_handler_destroy (mh);
    flux_close (clone);
    flux_reactor_destroy (r);
    flux_msg_destroy (msg);
}

static void test_cancel (flux_t *h)
{
    struct flux_msglist *l = flux_msglist_create ();
    flux_msg_t *req = flux_request_encode ("s.watch", NULL);
    flux_msg_t *cancel = flux_request_encode ("s.watch-cancel", NULL);
    flux_msg_t *msg;
    struct flux_msg_cred cred = { 1, FLUX_ROLE_USER };
    int errnum;

    flux_msg_set_cred (req, cred);
    flux_msg_set_cred (cancel, cred);
    flux_msg_set_matchtag (req, 5);
    flux_msglist_append (l, req);
    flux_msg_pack (cancel, "{s:i}", "matchtag", 6);
    ok (flux_msglist_cancel (h, l, cancel) == 0 && flux_msglist_count (l) == 1,
        "a cancel of another request does nothing");
    flux_msg_pack (cancel, "{s:i}", "matchtag", 5);
    ok (flux_msglist_cancel (h, l, cancel) == 0 && flux_msglist_count (l) == 0,
        "a cancel takes the request off the list");
    msg = flux_recv (h, FLUX_MATCH_RESPONSE, FLUX_O_NONBLOCK);
    ok (msg && flux_msg_get_errnum (msg, &errnum) == 0 && errnum == ENODATA,
        "and ends it with ENODATA");
    flux_msg_destroy (msg);
    flux_msg_destroy (req);
    flux_msg_destroy (cancel);
    flux_msglist_destroy (l);
}

int main (void)
{
    flux_t *h = flux_open ("loop://", 0);

    test_requests (h);
    test_events (h);
    test_vec (h);
    test_clone (h);
    test_cancel (h);
    flux_close (h);
    return done_testing ();
}
