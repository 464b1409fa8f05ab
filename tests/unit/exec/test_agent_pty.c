/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Terminals: who may do what, and readers that do not read. */

#include <flux/request.h>
#include <flux/response.h>

#include "agent_run.h"
#include "base/jobid.h"

#define PTY(more) \
    ",\"shell\":{\"options\":{\"pty\":{\"interactive\":1" more "}}}"

/* A client that adds up what it is shown. */
struct viewer {
    struct router_client *c;
    uint64_t id;
    size_t queued;  /* what it says waits for it */
    size_t bytes;   /* of data, as JSON */
    char tail[256]; /* the last of its text */
    bool attached, exited;
    int errnum;   /* of the stream; -1: goes on */
    int answered; /* errnum of the last other request; -1: none */
    uint32_t tag; /* of the stream */
};

static size_t queued (void *arg)
{
    struct viewer *v = arg;

    return v->queued;
}

static void keep_tail (struct viewer *v, const char *s)
{
    size_t n = strlen (s);

    if (n >= sizeof (v->tail)) {
        s += n - sizeof (v->tail) + 1;
        n = sizeof (v->tail) - 1;
    }
    if (strlen (v->tail) + n >= sizeof (v->tail))
        memmove (v->tail, v->tail + n, sizeof (v->tail) - n);
    strcat (v->tail, s);
}

static int deliver (const flux_msg_t *msg, void *arg)
{
    struct viewer *v = arg;
    const char *s = NULL;
    uint32_t tag = 0;
    int errnum = 0;

    flux_msg_get_matchtag (msg, &tag);
    flux_msg_get_errnum (msg, &errnum);
    if (errnum == 0)
        (void)flux_msg_get_string (msg, &s);
    if (tag != v->tag)
        v->answered = errnum;
    else if (errnum)
        v->errnum = errnum;
    else if (s && strstr (s, "\"type\":\"attach\""))
        v->attached = true;
    else if (s && strstr (s, "exit"))
        v->exited = true;
    else if (s) {
        v->bytes += strlen (s);
        keep_tail (v, s);
    }
    return 0;
}

static void say (struct viewer *v, uint32_t tag, const char *json)
{
    char topic[128];
    char id[JOBID_TEXT_MAX];
    flux_msg_t *msg;

    jobid_encode (v->id, JOBID_F58PLAIN, id, sizeof (id));
    snprintf (topic, sizeof (topic), "%u-shell-%s.terminus.0", geteuid (), id);
    msg = flux_request_encode (topic, json);
    flux_msg_set_matchtag (msg, tag);
    if (tag == v->tag)
        flux_msg_set_flag (msg, FLUX_MSGFLAG_STREAMING);
    v->answered = -1;
    router_client_recv (v->c, msg);
    flux_msg_decref (msg);
}

static void join (struct viewer *v, uint64_t id, const char *mode)
{
    char json[128];

    memset (v, 0, sizeof (*v));
    v->id = id;
    v->errnum = v->answered = -1;
    v->tag = 1;
    v->c = router_client_add (router,
                              geteuid (),
                              FLUX_ROLE_OWNER | FLUX_ROLE_LOCAL,
                              deliver,
                              v);
    router_client_set_queued (v->c, queued);
    snprintf (json,
              sizeof (json),
              "{\"type\":\"attach\",\"mode\":\"%s\",\"winsize\":{\"rows\":5,"
              "\"cols\":7}}",
              mode);
    say (v, 1, json);
    while (!v->attached && v->errnum < 0)
        loop_turn (loop, true);
}

static void leave (struct viewer *v)
{
    router_client_remove (v->c);
}

static void until_shown (struct viewer *v, const char *s)
{
    while (!strstr (v->tail, s))
        loop_turn (loop, true);
}

static uint64_t start_sh (const char *script, const char *more)
{
    char command[1024];
    uint64_t id;

    snprintf (command, sizeof (command), "[\"sh\",\"-c\",\"%s\"]", script);
    id = start (&(struct ask){ .command = command, .system = more });
    while (!report_of (&reports, id)->started)
        loop_turn (loop, true);
    return id;
}

static void test_modes (void)
{
    uint64_t id = start_sh ("stty -echo; stty size; cat; exit 3", PTY (""));
    struct viewer rw, ro, wo;
    struct report *r;

    join (&rw, id, "rw");
    join (&ro, id, "ro");
    join (&wo, id, "wo");
    ok (rw.attached && ro.attached && wo.attached, "three attach");
    say (&rw, 2, "{\"type\":\"data\",\"data\":\"one\\n\"}");
    is_int (rw.answered, 0, "rw types");
    until_shown (&rw, "one");
    until_shown (&ro, "one");
    pass ("rw and ro see it");
    say (&ro, 2, "{\"type\":\"data\",\"data\":\"x\\n\"}");
    is_int (ro.answered, EPERM, "ro may not type");
    say (&wo,
         2,
         "{\"type\":\"data\",\"data\":\"dHdvCg==\",\"encoding\":"
         "\"base64\"}");
    until_shown (&ro, "two");
    is_int (wo.bytes, 0, "wo types, and sees nothing");
    say (&ro, 1, "{\"type\":\"attach\",\"mode\":\"ro\"}");
    is_int (ro.errnum, EEXIST, "once is enough");
    ro.errnum = -1;
    say (&ro, 3, "{\"type\":\"detach\"}");
    ok (ro.answered == 0 && ro.errnum == ENODATA, "ro detaches");
    leave (&wo);
    say (&rw, 4, "{\"type\":\"data\",\"data\":\"\\u0004\"}");
    r = await (id);
    ok (rw.exited && rw.errnum == ENODATA, "the end is told");
    is_int (r->status, 3 << 8, "the job ends as its task does");
    ok (!strstr (r->output, "one"), "what was shown is not in the log");
    leave (&rw);
    leave (&ro);
}

static void test_slow (void)
{
    enum { SIZE = 3000000 };
    uint64_t id = start_sh ("stty raw; head -c 3000000 /dev/zero | tr "
                            "'\\\\0' x; read x",
                            PTY (""));
    struct viewer slow, other;

    join (&slow, id, "ro");
    slow.queued = 1024 * 1024;
    while (slow.bytes < 256 * 1024)
        loop_turn (loop, true);
    /* something else goes the whole way meanwhile */
    sh ("true");
    sh ("true");
    ok (slow.bytes < 700 * 1024, "who does not read holds the program");
    join (&other, id, "rw");
    while (other.bytes < 1024 * 1024)
        loop_turn (loop, true);
    ok (slow.bytes > 1024 * 1024 && slow.errnum < 0,
        "but not when another one reads");
    slow.queued = 17 * 1024 * 1024;
    while (slow.errnum < 0)
        loop_turn (loop, true);
    is_int (slow.errnum, EOVERFLOW, "until it is too far behind");
    while (slow.bytes + other.bytes < SIZE)
        loop_turn (loop, true);
    say (&other, 2, "{\"type\":\"data\",\"data\":\"\\n\"}");
    await (id);
    leave (&slow);
    leave (&other);
}

static void test_unseen (void)
{
    uint64_t id =
        start_sh ("head -c 200000 /dev/zero | tr '\\\\0' x; echo last; read x",
                  PTY (""));
    struct report *r;
    struct viewer v;

    join (&v, id, "rw");
    until_shown (&v, "last");
    pass ("who comes late sees the last of it");
    leave (&v);
    join (&v, id, "rw");
    say (&v, 2, "{\"type\":\"data\",\"data\":\"\\n\"}");
    await (id);
    leave (&v);
    id = start_sh ("echo unseen", PTY (""));
    r = await (id);
    ok (strstr (r->output, "unseen\\r\\n"), "what nobody saw is in the log");
    is_int (count (r->output, "\"eof\":true"), 2, "both streams end");
    join (&v, id, "rw");
    is_int (v.errnum, ENOSYS, "there is nothing to attach to");
    leave (&v);
}

int main (void)
{
    begin ();
    test_modes ();
    test_slow ();
    test_unseen ();
    end ();
    return done_testing ();
}
