/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Submissions that come faster than they become durable. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "manager/manager_private.h"
#include "router/router.h"
#include "tap.h"
#include "wire/sign.h"

/* ---- how far the store is left behind ---- */

static uint64_t limit_after (double record, double commit, int n)
{
    struct pace *p = pace_create ();
    struct store_stats stats = { 0 };
    uint64_t limit;

    for (int i = 0; i < n; i++) {
        stats.transactions++;
        stats.records += 1000;
        stats.applying += 1000 * record;
        stats.committing += commit;
        pace_note (p, &stats);
    }
    limit = pace_limit (p);
    pace_destroy (p);
    return limit;
}

static void test_pace (void)
{
    struct pace *p = pace_create ();
    struct store_stats stats = { 0 };
    uint64_t first = limit_after (0., 0., 0);
    uint64_t fast = limit_after (1e-6, 0.0003, 50);

    is_int (limit_after (0., 0., 50),
            first,
            "a store that does not say what it takes changes nothing");
    ok (fast > first && fast * 1e-6 < 0.003,
        "fast disk: so many records as take two milliseconds or less (%ju)",
        (uintmax_t)fast);
    is_int (limit_after (2e-6, 0.0003, 50),
            fast / 2,
            "half as many if each takes twice as long");
    ok (limit_after (1e-6, 0.020, 50) >= 19000,
        "slow disk: as long as the commit takes (%ju)",
        (uintmax_t)limit_after (1e-6, 0.020, 50));
    ok (limit_after (1e-6, 10., 50) < 100000, "but not any number");
    ok (limit_after (1e-3, 0.0003, 50) >= 100, "nor next to none");
    for (int i = 0; i < 200; i++) {
        stats.transactions++;
        stats.records += 1000;
        stats.applying += 0.001;
        stats.committing += i < 100 ? 0.020 : 0.0003;
        pace_note (p, &stats);
    }
    ok (pace_limit (p) <= fast + fast / 10, "a disk that becomes fast again");
    pace_destroy (p);
}

/* ---- who waits ---- */

static size_t queued (void *arg)
{
    return 0;
}

static unsigned int paused;

static void pause_cb (void *arg, bool on)
{
    paused = paused << 1 | on;
}

/* A client that is not in this process. */
static struct router_client *outside (struct inst *t)
{
    struct router_client *c = inst_client (t, true);

    router_client_set_queued (c, queued);
    router_client_set_pause (c, pause_cb);
    return c;
}

/* Send n submissions; the matchtag of the first. */
static uint32_t submit (struct inst *t, struct router_client *c, int n)
{
    char *spec = make_jobspec (1., 10., NULL);
    char *J = sign_none_wrap (spec, strlen (spec), getuid ());
    uint32_t first = t->matchtag + 1;
    char *json;

    if (!J
        || asprintf (&json, "{\"J\":\"%s\",\"urgency\":0,\"flags\":0}", J) < 0)
        abort ();
    for (int i = 0; i < n; i++)
        inst_send (t, c, "job-ingest.submit", json);
    free (json);
    free (J);
    free (spec);
    return first;
}

static unsigned int answered (struct inst *t, uint32_t first, int n, int errnum)
{
    unsigned int count = 0;

    for (struct answer *a = t->answers; a; a = a->next)
        count += a->matchtag >= first && a->matchtag < first + n
                 && a->errnum == errnum;
    return count;
}

/* Are the ids in the order of the requests? */
static bool in_order (struct inst *t, uint32_t first, int n)
{
    uint64_t id, last = 0;

    for (int i = 0; i < n; i++) {
        struct answer *a = inst_answer (t, first + i);

        if (!a || !a->text || sscanf (a->text, "{\"id\":%" SCNu64, &id) != 1
            || id <= last)
            return false;
        last = id;
    }
    return true;
}

static void test_fair (void)
{
    struct inst *t = inst_create (NULL);
    struct router_client *many = outside (t), *few = outside (t);
    uint32_t tag, tag2, one, inside;

    tag = submit (t, many, 1000);
    ok (manager_active_count (t->m) > 50 && manager_active_count (t->m) < 500,
        "of a thousand that come at once some are carried out (%u)",
        manager_active_count (t->m));
    one = submit (t, few, 1);
    inside = submit (t, t->owner, 1);
    loop_turn (t->loop, false);
    loop_turn (t->loop, false);
    is_int (answered (t, one, 1, 0), 1, "another client's does not wait");
    is_int (answered (t, inside, 1, 0), 1, "nor one of a plugin");
    ok (answered (t, tag, 1000, 0) < 800,
        "for all that came before (%u)",
        answered (t, tag, 1000, 0));
    tag2 = submit (t, few, 300);
    while (answered (t, tag2, 300, 0) < 300 && loop_turn (t->loop, true))
        ;
    ok (answered (t, tag, 1000, 0) < 1000,
        "clients take turns: 300 are done before a thousand (%u)",
        answered (t, tag, 1000, 0));
    inst_settle (t);
    is_int (answered (t, tag, 1000, 0), 1000, "all are carried out");
    ok (in_order (t, tag, 1000) && in_order (t, tag2, 300),
        "those of each client in order");
    is_int (manager_active_count (t->m), 1302, "once");
    router_client_remove (many);
    router_client_remove (few);
    inst_destroy (t);
}

static void test_pause (void)
{
    struct inst *t = inst_create (NULL);
    struct router_client *many = outside (t);
    uint32_t tag;

    paused = 0;
    tag = submit (t, many, 2000);
    is_int (paused, 0, "a client that has some waiting is read");
    submit (t, many, 1000);
    is_int (paused, 1, "one that has many is not");
    while (answered (t, tag, 3000, 0) < 2900)
        loop_turn (t->loop, true);
    is_int (paused, 2, "until it has fewer");
    inst_settle (t);
    is_int (answered (t, tag, 3000, 0), 3000, "and all are answered");
    router_client_remove (many);
    inst_destroy (t);
}

static void test_disconnect (void)
{
    struct inst *t = inst_create (NULL);
    struct router_client *gone = outside (t), *stays = outside (t);
    unsigned int n;
    uint32_t tag;

    submit (t, gone, 1000);
    n = manager_active_count (t->m);
    tag = submit (t, stays, 400);
    router_client_remove (gone);
    inst_settle (t);
    is_int (manager_active_count (t->m),
            n + 400,
            "what a client that has gone had waiting is dropped");
    is_int (answered (t, tag, 400, 0), 400, "and others' is not");
    router_client_remove (stays);
    inst_destroy (t);
}

static void over (void *arg)
{
}

static void test_refused (void)
{
    struct inst *t = inst_create (NULL);
    struct router_client *c = outside (t);
    uint32_t tag = submit (t, c, 1000);
    unsigned int n = manager_active_count (t->m);

    outbox_done (1, -1, "made to fail", t->m);
    inst_settle (t);
    is_int (answered (t, tag, 1000, EIO),
            1000,
            "the store fails: all are told that");
    is_int (manager_active_count (t->m), n, "and none is carried out");
    router_client_remove (c);
    inst_destroy (t);

    t = inst_create (NULL);
    c = outside (t);
    tag = submit (t, c, 1000);
    n = manager_active_count (t->m);
    manager_shutdown (t->m, MANAGER_END_NONE, over, NULL);
    inst_settle (t);
    is_int (answered (t, tag, 1000, EINVAL),
            1000 - n,
            "at a shutdown what waits is refused");
    router_client_remove (c);
    inst_destroy (t);

    t = inst_create (NULL);
    c = outside (t);
    submit (t, c, 1000);
    inst_destroy (t);
    pass ("what still waits when all ends is no harm");
}

static void test_held (void)
{
    struct inst *t = inst_create (NULL);
    struct router_client *c = outside (t);
    uint32_t tag = submit (t, c, 1000);
    unsigned int n = manager_active_count (t->m);

    loop_hold (t->loop);
    inst_settle (t);
    is_int (manager_active_count (t->m),
            n,
            "nothing goes on while a plugin waits");
    loop_release (t->loop);
    inst_settle (t);
    is_int (answered (t, tag, 1000, 0), 1000, "and after that it does");
    router_client_remove (c);
    inst_destroy (t);
}

int main (void)
{
    test_pace ();
    test_fair ();
    test_pause ();
    test_disconnect ();
    test_refused ();
    test_held ();
    done_testing ();
}
