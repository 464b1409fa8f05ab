/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>

#include <flux/message.h>
#include "tap.h"

int main (void)
{
    flux_msg_t *msg = flux_msg_create (FLUX_MSGTYPE_REQUEST);
    flux_msg_t *msg2;
    char id[64];
    char *s;

    errno = 0;
    ok (flux_msg_route_count (msg) == -1 && errno == EPROTO,
        "without a stack the count fails");
    errno = 0;
    ok (flux_msg_route_push (msg, "a") < 0 && errno == EPROTO, "and pushing");
    errno = 0;
    ok (!flux_msg_route_string (msg) && errno == EPROTO, "and printing");
    flux_msg_route_enable (msg);
    is_int (flux_msg_route_count (msg), 0, "enabled: empty");
    ok (!flux_msg_route_first (msg) && !flux_msg_route_last (msg),
        "no first and no last");
    s = flux_msg_route_string (msg);
    is_str (s, "", "an empty string");
    free (s);
    errno = 0;
    ok (flux_msg_route_push (msg, "") < 0 && errno == EINVAL,
        "an empty id would be the delimiter: EINVAL");
    ok (flux_msg_route_push (msg, "3539bc00-1234") == 0
            && flux_msg_route_push (msg, "9a5b5910-5678") == 0
            && flux_msg_route_push (msg, "c") == 0,
        "three are pushed");
    is_int (flux_msg_route_count (msg), 3, "three are there");
    is_str (flux_msg_route_first (msg), "3539bc00-1234", "first: the sender");
    is_str (flux_msg_route_last (msg), "c", "last: the last hop");
    s = flux_msg_route_string (msg);
    is_str (s, "3539bc00!9a5b5910!c", "the string, ids cut short");
    free (s);

    msg2 = flux_msg_copy (msg, true);
    ok (flux_msg_route_match_first (msg, msg2), "a copy has the same first");
    ok (flux_msg_route_delete_last (msg2) == 0
            && flux_msg_route_delete_last (msg2) == 0,
        "two are popped");
    is_str (flux_msg_route_last (msg2), "3539bc00-1234", "one is left");
    flux_msg_route_delete_last (msg2);
    is_int (flux_msg_route_count (msg2), 0, "none is left");
    ok (flux_msg_route_delete_last (msg2) == 0, "popping nothing is no error");
    ok (!flux_msg_route_match_first (msg, msg2), "they no longer match");
    flux_msg_route_push (msg2, "other");
    ok (!flux_msg_route_match_first (msg, msg2), "nor with another first");

    for (int i = 0; i < 1000; i++) {
        snprintf (id, sizeof (id), "id%d", i);
        flux_msg_route_push (msg, id);
    }
    is_int (flux_msg_route_count (msg), 1003, "many more");
    is_str (flux_msg_route_last (msg), "id999", "the last is right");
    flux_msg_route_disable (msg);
    ok (flux_msg_route_count (msg) < 0
            && !flux_msg_has_flag (msg, FLUX_MSGFLAG_ROUTE),
        "disabled: gone");
    flux_msg_route_enable (msg);
    flux_msg_route_push (msg, "x");
    flux_msg_route_clear (msg);
    is_int (flux_msg_route_count (msg), 0, "cleared: empty");
    flux_msg_destroy (msg);
    flux_msg_destroy (msg2);
    return done_testing ();
}
