/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Requests to the broker's own methods. */

#include "fake.h"

struct part {
    int calls;
    int disconnects;
    const flux_msg_t *kept;
    uint32_t userid;
    uint32_t rolemask;
};

static int echo (struct router *r,
                 const flux_msg_t *msg,
                 void *arg,
                 flux_error_t *error)
{
    struct part *p = arg;
    const char *s = NULL;

    p->calls++;
    flux_msg_get_userid (msg, &p->userid);
    flux_msg_get_rolemask (msg, &p->rolemask);
    (void)flux_msg_get_string (msg, &s);
    router_respond (r, msg, s);
    return REQUEST_DONE;
}

static int fail_text (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    snprintf (error->text, sizeof (error->text), "no such luck");
    errno = ENOENT;
    return REQUEST_ERROR;
}

static int fail_plain (struct router *r,
                       const flux_msg_t *msg,
                       void *arg,
                       flux_error_t *error)
{
    errno = EBUSY;
    return REQUEST_ERROR;
}

static int later (struct router *r,
                  const flux_msg_t *msg,
                  void *arg,
                  flux_error_t *error)
{
    struct part *p = arg;

    p->kept = flux_msg_incref (msg);
    return REQUEST_LATER;
}

static int cancel (struct router *r,
                   const flux_msg_t *msg,
                   void *arg,
                   flux_error_t *error)
{
    struct part *p = arg;

    if (p->kept && router_same_client (p->kept, msg)) {
        router_respond_error (r, p->kept, ENODATA, NULL);
        flux_msg_decref (p->kept);
        p->kept = NULL;
    }
    return REQUEST_DONE;
}

static int disconnect (struct router *r,
                       const flux_msg_t *msg,
                       void *arg,
                       flux_error_t *error)
{
    struct part *p = arg;

    p->disconnects++;
    return cancel (r, msg, arg, error);
}

static const struct request_row rows[] = {
    { "part.echo", FLUX_ROLE_ALL, 0, echo },
    { "part.owner", FLUX_ROLE_OWNER, 0, echo },
    { "part.admin", FLUX_ROLE_ADMIN, 0, echo },
    { "part.stream", FLUX_ROLE_USER, METHOD_STREAMING, echo },
    { "part.text", FLUX_ROLE_USER, 0, fail_text },
    { "part.plain", FLUX_ROLE_USER, 0, fail_plain },
    { "part.later", FLUX_ROLE_USER, 0, later },
    { "part.cancel", FLUX_ROLE_USER, 0, cancel },
    { "part.disconnect", FLUX_ROLE_ALL, 0, disconnect },
    { NULL },
};

static void test_response_form (struct router *r, struct fake *f)
{
    const flux_msg_t *msg;
    uint32_t u;

    fake_say (f, "part.echo", "{\"a\":1}", FLUX_MSGFLAG_STREAMING);
    msg = fake_hear (f);
    ok (msg != NULL, "a request is answered");
    is_int (flux_msg_route_count (msg), 0, "with the ROUTE flag and no hops");
    flux_msg_get_rolemask (msg, &u);
    is_int (u, 5, "with the roles of the broker");
    flux_msg_get_userid (msg, &u);
    is_int (u, OWNER, "and its userid");
    flux_msg_get_matchtag (msg, &u);
    is_int (u, f->tag, "and the matchtag of the request");
    ok (flux_msg_is_streaming (msg), "and its STREAMING flag");
    flux_msg_decref (msg);

    fake_say (f, "part.echo", NULL, FLUX_MSGFLAG_NORESPONSE);
    is_int (fake_answer (f, NULL), -1, "NORESPONSE is not answered");
    f->tag = UINT32_MAX;
    fake_say (f, "part.echo", NULL, 0);
    is_int (fake_answer (f, NULL), -1, "nor is matchtag 0");
    fake_say (f, "part.nosuch", NULL, FLUX_MSGFLAG_NORESPONSE);
    is_int (fake_answer (f, NULL), -1, "nor a NORESPONSE that fails");
}

static void test_errors (struct router *r, struct fake *f)
{
    const char *s;

    is_int (fake_ask (f, "nosuch.foo", NULL, &s), ENOSYS, "no service");
    is_str (s, "No service matching nosuch.foo is registered", "its text");
    is_int (fake_ask (f, "part.foo", NULL, &s), ENOSYS, "no method");
    is_str (s, "Unknown service method 'part.foo'", "its text");
    is_int (fake_ask (f, "part.a.b.c", NULL, &s), ENOSYS, "deep topic");
    is_str (s, "Unknown service method 'part.a.b.c'", "its text");
    is_int (fake_ask (f, "part", NULL, &s), ENOSYS, "a service alone");
    is_int (fake_ask (f, "part.text", NULL, &s), ENOENT, "handler's errno");
    is_str (s, "no such luck", "and text");
    is_int (fake_ask (f, "part.plain", NULL, &s), EBUSY, "errno alone");
    is_str (s, "", "no text");
    is_int (fake_ask (f, "part.stream", NULL, &s),
            EPROTO,
            "STREAMING is required where the table says so");
    fake_say (f, "part.stream", NULL, FLUX_MSGFLAG_STREAMING);
    is_int (fake_answer (f, NULL), 0, "and enough");
}

static void test_roles (struct router *r, struct fake *owner, struct fake *g)
{
    const char *s;

    is_int (fake_ask (g, "part.owner", NULL, &s), EPERM, "guest, owner's");
    is_str (s, "Request requires owner credentials", "its text");
    is_int (fake_ask (g, "part.admin", NULL, &s), EPERM, "guest, admin's");
    is_str (s, "Request rejected due to insufficient privilege", "its text");
    is_int (fake_ask (g, "part.echo", NULL, &s), 0, "guest, anyone's");
    is_int (fake_ask (owner, "part.owner", NULL, &s), 0, "owner, owner's");
    is_int (fake_ask (owner, "part.admin", NULL, &s), 0, "owner, admin's");
}

static void say_as (struct fake *f, uint32_t userid, uint32_t rolemask)
{
    flux_msg_t *msg = flux_request_encode ("part.echo", NULL);

    flux_msg_set_userid (msg, userid);
    flux_msg_set_rolemask (msg, rolemask);
    flux_msg_set_matchtag (msg, 1);
    router_client_recv (f->c, msg);
    flux_msg_decref (msg);
    is_int (fake_answer (f, NULL), 0, "as %u/%u", userid, rolemask);
}

static void test_credentials (struct part *p, struct fake *o, struct fake *g)
{
    say_as (o, FLUX_USERID_UNKNOWN, FLUX_ROLE_NONE);
    ok (p->userid == OWNER && p->rolemask == 5, "unknown: the connection's");
    say_as (o, 42, FLUX_ROLE_USER);
    ok (p->userid == 42 && p->rolemask == 2, "the owner speaks for others");
    say_as (g, OWNER, FLUX_ROLE_OWNER);
    ok (p->userid == GUEST && p->rolemask == 6, "a guest does not");
}

static int ask_node (struct fake *f, uint32_t nodeid, int flag)
{
    flux_msg_t *msg = flux_request_encode ("part.echo", NULL);

    flux_msg_set_nodeid (msg, nodeid);
    flux_msg_set_matchtag (msg, 1);
    if (flag)
        flux_msg_set_flag (msg, flag);
    router_client_recv (f->c, msg);
    flux_msg_decref (msg);
    return fake_answer (f, NULL);
}

static void test_nodeid (struct fake *f)
{
    is_int (ask_node (f, FLUX_NODEID_ANY, 0), 0, "any");
    is_int (ask_node (f, 0, 0), 0, "rank 0");
    is_int (ask_node (f, 1, 0), EHOSTUNREACH, "a rank there is not");
    is_int (ask_node (f, 0, FLUX_MSGFLAG_UPSTREAM), EHOSTUNREACH, "upstream");
}

static void test_later (struct router *r, struct part *p, struct fake *f)
{
    struct fake other;

    fake_say (f, "part.later", NULL, FLUX_MSGFLAG_STREAMING);
    is_int (fake_answer (f, NULL), -1, "a deferred request has no answer yet");
    fake_join (&other, r, OWNER, FLUX_ROLE_OWNER);
    char cancel_it[64];
    snprintf (cancel_it, sizeof (cancel_it), "{\"matchtag\":%u}", f->tag);
    fake_say (&other, "part.cancel", cancel_it, FLUX_MSGFLAG_NORESPONSE);
    ok (p->kept != NULL, "another client's cancel does not end it");
    fake_say (f, "part.cancel", "{\"matchtag\":999}", FLUX_MSGFLAG_NORESPONSE);
    ok (p->kept != NULL, "nor does another matchtag");
    fake_say (f, "part.cancel", cancel_it, FLUX_MSGFLAG_NORESPONSE);
    is_int (fake_answer (f, NULL), ENODATA, "the right cancel does");

    fake_say (&other, "part.later", NULL, 0);
    fake_say (&other, "part.echo", NULL, 0);
    p->disconnects = 0;
    fake_leave (&other);
    is_int (p->disconnects, 1, "a client that goes is told of once a service");
    ok (p->kept == NULL, "and its requests are forgotten");

    fake_join (&other, r, GUEST, FLUX_ROLE_USER);
    fake_say (&other, "part.echo", NULL, FLUX_MSGFLAG_NORESPONSE);
    fake_say (&other, "nosuch.echo", NULL, 0);
    p->disconnects = 0;
    fake_leave (&other);
    is_int (p->disconnects, 0, "not if it waited for no answer");
}

static void test_registration (struct router *r, struct part *p)
{
    static const struct request_row twice[] = {
        { "fresh.a", FLUX_ROLE_ALL, 0, echo },
        { "part.echo", FLUX_ROLE_ALL, 0, echo },
        { NULL },
    };
    struct fake f;
    const char *s;

    fake_join (&f, r, OWNER, FLUX_ROLE_OWNER);
    errno = 0;
    ok (router_methods_add (r, twice, p) < 0 && errno == EEXIST,
        "a topic is registered once");
    fake_ask (&f, "fresh.a", NULL, &s);
    is_str (s,
            "No service matching fresh.a is registered",
            "and then nothing is registered");
    ok (router_method_add (r, "part.sub.deep", FLUX_ROLE_ALL, 0, echo, p) == 0,
        "a method with a deeper topic");
    is_int (fake_ask (&f, "part.sub.deep", NULL, NULL), 0, "is found");
    fake_ask (&f, "part.sub.x", NULL, &s);
    is_str (s, "Unknown service method 'part.sub.x'", "with its service");
    router_method_remove (r, "part.sub.deep");
    is_int (fake_ask (&f, "part.sub.deep", NULL, &s), ENOSYS, "and removed");
    fake_leave (&f);
}

/* While the loop is held. */
static void test_held (struct router *r, struct loop *loop, struct part *p)
{
    struct fake f;
    struct fake in;
    const char *s;

    fake_join (&f, r, OWNER, FLUX_ROLE_OWNER);
    fake_join (&in, r, OWNER, FLUX_ROLE_OWNER);
    router_method_add (r, "held.echo", FLUX_ROLE_USER, METHOD_HELD, echo, p);
    is_int (fake_ask (&f, "held.echo", NULL, NULL), 0, "at once when not held");
    loop_hold (loop);
    is_int (fake_ask (&f, "part.echo", NULL, NULL), 0, "others go on");
    is_int (fake_ask (&f, "held.echo", NULL, NULL), -1, "held ones wait");
    fake_say (&f, "held.echo", "{\"n\":2}", 0);
    loop_turn (loop, false);
    is_int (fake_answer (&f, NULL), -1, "as long as the loop is held");
    ok (router_deadlock (f.c, f.tag), "who waits for one is in deadlock");
    is_int (fake_answer (&f, NULL), EDEADLK, "and is told");
    ok (!router_deadlock (f.c, f.tag), "once");
    ok (!router_deadlock (in.c, f.tag - 1), "another client is not");
    loop_release (loop);
    is_int (fake_ask (&f, "held.echo", "{\"n\":3}", NULL), -1, "order is kept");
    loop_turn (loop, false);
    is_int (fake_answer (&f, &s), 0, "then the first is carried out");
    is_str (s, "", "the first first");
    fake_answer (&f, &s);
    is_str (s, "{\"n\":3}", "the later one after it");

    router_method_add (r, "held.late", FLUX_ROLE_USER, METHOD_HELD, later, p);
    router_method_add (r, "held.disconnect", FLUX_ROLE_ALL, 0, disconnect, p);
    loop_hold (loop);
    fake_say (&f, "held.late", NULL, 0);
    fake_leave (&f);
    loop_release (loop);
    p->disconnects = 0;
    loop_turn (loop, false);
    ok (p->disconnects == 2 && !p->kept,
        "each service hears of the disconnect, after what waited");
    fake_leave (&in);
    router_method_remove (r, "held.echo");
    router_method_remove (r, "held.late");
    router_method_remove (r, "held.disconnect");
}

int main (void)
{
    struct loop *loop = loop_create (NULL);
    struct router *r = router_create (loop, OWNER, 0, 1);
    struct part part = { 0 };
    struct fake owner, guest;

    ok (r && router_methods_add (r, rows, &part) == 0, "a router with methods");
    is_int (router_owner (r), OWNER, "it knows its owner");
    fake_join (&owner, r, OWNER, FLUX_ROLE_OWNER);
    fake_join (&guest, r, GUEST, FLUX_ROLE_USER);
    test_response_form (r, &owner);
    owner.tag = 0;
    test_errors (r, &owner);
    test_roles (r, &owner, &guest);
    test_credentials (&part, &owner, &guest);
    test_nodeid (&owner);
    test_later (r, &part, &owner);
    test_registration (r, &part);
    test_held (r, loop, &part);
    fake_leave (&owner);
    fake_leave (&guest);
    router_methods_remove (r, rows);
    router_destroy (r);
    loop_destroy (loop);
    return done_testing ();
}
