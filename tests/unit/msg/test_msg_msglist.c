/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>

#include <flux/disconnect.h>
#include <flux/msglist.h>
#include <flux/request.h>
#include "tap.h"

static flux_msg_t *from (const char *sender, uint32_t userid, uint32_t tag)
{
    flux_msg_t *msg = flux_request_encode ("test", NULL);
    struct flux_msg_cred cred = { userid, FLUX_ROLE_USER };

    flux_msg_set_cred (msg, cred);
    flux_msg_set_matchtag (msg, tag);
    flux_msg_route_push (msg, sender);
    flux_msg_route_push (msg, "hop");
    return msg;
}

static void test_list (void)
{
    struct flux_msglist *l = flux_msglist_create ();
    flux_msg_t *m[4];
    const flux_msg_t *msg;

    ok (l && flux_msglist_count (l) == 0 && !flux_msglist_first (l)
            && !flux_msglist_pop (l) && !flux_msglist_next (l)
            && !flux_msglist_last (l),
        "an empty list");
    for (int i = 0; i < 4; i++)
        m[i] = from ("a", 1, i + 1);
    flux_msglist_append (l, m[1]);
    flux_msglist_append (l, m[2]);
    flux_msglist_append (l, m[3]);
    flux_msglist_push (l, m[0]);
    is_int (flux_msglist_count (l), 4, "four");
    ok (flux_msglist_first (l) == m[0] && flux_msglist_next (l) == m[1]
            && flux_msglist_next (l) == m[2],
        "in order");
    flux_msglist_delete (l);
    ok (flux_msglist_next (l) == m[3] && !flux_msglist_next (l),
        "one is deleted, the walk goes on");
    ok (flux_msglist_first (l) == m[0], "at the first");
    flux_msglist_delete (l);
    ok (flux_msglist_next (l) == m[1], "deleted, the next is the new first");
    ok (flux_msglist_last (l) == m[3], "the last");
    msg = flux_msglist_pop (l);
    ok (msg == m[1] && flux_msglist_count (l) == 1, "one is popped");
    flux_msg_decref (msg);
    errno = 0;
    ok (flux_msglist_append (l, NULL) < 0 && errno == EINVAL, "NULL: EINVAL");
    flux_msglist_destroy (l);
    flux_msglist_destroy (NULL);
    for (int i = 0; i < 4; i++)
        flux_msg_destroy (m[i]);
}

static void test_disconnect (void)
{
    struct flux_msglist *l = flux_msglist_create ();
    flux_msg_t *a1 = from ("a", 1, 1);
    flux_msg_t *b1 = from ("b", 1, 2);
    flux_msg_t *a2 = from ("a", 2, 3);
    flux_msg_t *bye = from ("a", 1, 0);
    flux_msg_t *cancel = from ("a", 1, 0);

    flux_msglist_append (l, a1);
    flux_msglist_append (l, b1);
    flux_msglist_append (l, a2);
    ok (flux_disconnect_match (bye, a1), "the same sender");
    ok (!flux_disconnect_match (bye, b1), "another connection");
    ok (!flux_disconnect_match (bye, a2), "another user");
    is_int (flux_msglist_disconnect (l, bye), 1, "one goes");
    is_int (flux_msglist_count (l), 2, "two stay");
    flux_msg_set_rolemask (bye, FLUX_ROLE_OWNER);
    is_int (flux_msglist_disconnect (l, bye), 1, "the owner may end more");

    ok (!flux_cancel_match (cancel, a1), "a cancel has to name a tag");
    flux_msg_pack (cancel, "{s:i}", "matchtag", 1);
    ok (flux_cancel_match (cancel, a1), "the one named");
    flux_msg_set_matchtag (a1, 9);
    ok (!flux_cancel_match (cancel, a1), "not another");
    flux_msglist_destroy (l);
    flux_msg_destroy (a1);
    flux_msg_destroy (b1);
    flux_msg_destroy (a2);
    flux_msg_destroy (bye);
    flux_msg_destroy (cancel);
}

int main (void)
{
    test_list ();
    test_disconnect ();
    return done_testing ();
}
