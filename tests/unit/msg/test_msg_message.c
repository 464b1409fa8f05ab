/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>

#include <flux/message.h>
#include "tap.h"

static void set_flag (void *arg)
{
    (*(int *)arg)++;
}

static void test_create (void)
{
    flux_msg_t *msg;
    uint32_t val;
    int type;
    int errnum;

    errno = 0;
    ok (!flux_msg_create (0) && errno == EINVAL, "type 0: EINVAL");
    ok (!flux_msg_create (3) && errno == EINVAL, "two types: EINVAL");
    msg = flux_msg_create (FLUX_MSGTYPE_REQUEST);
    ok (msg && flux_msg_get_type (msg, &type) == 0
            && type == FLUX_MSGTYPE_REQUEST,
        "a request is made");
    ok (flux_msg_get_nodeid (msg, &val) == 0 && val == FLUX_NODEID_ANY,
        "it is for any node");
    ok (flux_msg_get_matchtag (msg, &val) == 0 && val == FLUX_MATCHTAG_NONE,
        "it has no matchtag");
    ok (flux_msg_get_userid (msg, &val) == 0 && val == FLUX_USERID_UNKNOWN,
        "nobody's");
    ok (flux_msg_get_rolemask (msg, &val) == 0 && val == FLUX_ROLE_NONE,
        "without roles");
    errno = 0;
    ok (flux_msg_get_errnum (msg, &errnum) < 0 && errno == EPROTO,
        "a request has no errnum");
    errno = 0;
    ok (flux_msg_set_seq (msg, 1) < 0 && errno == EINVAL, "and no sequence");
    errno = 0;
    ok (flux_msg_set_nodeid (msg, FLUX_NODEID_UPSTREAM) < 0 && errno == EINVAL,
        "UPSTREAM is no nodeid of a message");
    ok (flux_msg_set_type (msg, FLUX_MSGTYPE_RESPONSE) == 0
            && flux_msg_get_errnum (msg, &errnum) == 0 && errnum == 0,
        "a message can become a response");
    flux_msg_destroy (msg);
}

static void test_refs_and_aux (void)
{
    flux_msg_t *msg = flux_msg_create (FLUX_MSGTYPE_EVENT);
    int freed = 0;
    int x;

    errno = 0;
    ok (!flux_msg_incref (NULL) && errno == EINVAL, "incref of NULL: EINVAL");
    ok (flux_msg_incref (msg) == msg, "incref returns the message");
    ok (flux_msg_aux_set (msg, "a", &freed, set_flag) == 0, "aux is set");
    ok (flux_msg_aux_get (msg, "a") == &freed, "and got");
    errno = 0;
    ok (!flux_msg_aux_get (msg, "b") && errno == ENOENT, "another is not");
    errno = 0;
    ok (flux_msg_aux_set (msg, NULL, NULL, NULL) < 0 && errno == EINVAL,
        "nothing under no name: EINVAL");
    flux_msg_aux_set (msg, "a", &x, NULL);
    is_int (freed, 1, "overwriting destroys");
    flux_msg_aux_set (msg, NULL, &freed, set_flag);
    flux_msg_decref (msg);
    is_int (freed, 1, "a reference is left");
    flux_msg_decref (msg);
    is_int (freed, 2, "the last one destroys what has no name too");
    flux_msg_decref (NULL);
}

static void test_flags (void)
{
    flux_msg_t *msg = flux_msg_create (FLUX_MSGTYPE_REQUEST);

    ok (!flux_msg_has_flag (NULL, 1), "NULL has no flags");
    ok (flux_msg_set_streaming (msg) == 0 && flux_msg_is_streaming (msg),
        "streaming");
    ok (flux_msg_set_noresponse (msg) == 0 && flux_msg_is_noresponse (msg)
            && !flux_msg_is_streaming (msg),
        "noresponse takes streaming away");
    errno = 0;
    ok (flux_msg_set_flag (msg, FLUX_MSGFLAG_STREAMING) < 0 && errno == EINVAL,
        "both cannot be set");
    errno = 0;
    ok (flux_msg_set_flag (msg, 0x100) < 0 && errno == EINVAL, "unknown flag");
    errno = 0;
    ok (flux_msg_set_flag (msg, FLUX_MSGFLAG_TOPIC) < 0 && errno == EINVAL,
        "no topic flag without a topic");
    flux_msg_set_topic (msg, "a.b");
    ok (flux_msg_has_flag (msg, FLUX_MSGFLAG_TOPIC), "with one it is set");
    flux_msg_clear_flag (msg, FLUX_MSGFLAG_TOPIC);
    const char *topic;
    errno = 0;
    ok (flux_msg_get_topic (msg, &topic) < 0 && errno == EPROTO,
        "and clearing it takes the topic");
    ok (flux_msg_set_private (msg) == 0 && flux_msg_is_private (msg),
        "private");
    flux_msg_destroy (msg);
}

static void test_authorize (void)
{
    static const struct {
        struct flux_msg_cred cred;
        uint32_t userid;
        int rc;
        const char *what;
    } tab[] = {
        { { 0, FLUX_ROLE_OWNER }, 5, 0, "the owner may all" },
        { { 5, FLUX_ROLE_USER }, 5, 0, "a user his own" },
        { { 5, FLUX_ROLE_USER }, 6, -1, "not another's" },
        { { 5, FLUX_ROLE_NONE }, 5, -1, "nothing without a role" },
        { { 5, FLUX_ROLE_ADMIN }, 6, -1, "ADMIN alone is no owner" },
        { { FLUX_USERID_UNKNOWN, FLUX_ROLE_USER },
          FLUX_USERID_UNKNOWN,
          -1,
          "unknown is nobody" },
    };
    flux_msg_t *msg = flux_msg_create (FLUX_MSGTYPE_REQUEST);

    for (size_t i = 0; i < sizeof (tab) / sizeof (tab[0]); i++) {
        flux_msg_set_cred (msg, tab[i].cred);
        errno = 0;
        ok (flux_msg_authorize (msg, tab[i].userid) == tab[i].rc
                && errno == (tab[i].rc ? EPERM : 0),
            "%s",
            tab[i].what);
    }
    ok (!flux_msg_is_local (msg), "not local");
    flux_msg_set_rolemask (msg, FLUX_ROLE_LOCAL);
    ok (flux_msg_is_local (msg), "local");
    flux_msg_destroy (msg);
}

static void test_payload (void)
{
    flux_msg_t *msg = flux_msg_create (FLUX_MSGTYPE_REQUEST);
    flux_msg_t *cpy;
    const void *buf;
    const char *s;
    size_t size;
    char big[2000];

    errno = 0;
    ok (flux_msg_get_payload (msg, &buf, &size) < 0 && errno == EPROTO,
        "no payload: EPROTO");
    ok (flux_msg_get_string (msg, &s) == 0 && !s, "as a string: NULL");
    ok (flux_msg_set_string (msg, "hello") == 0
            && flux_msg_get_payload (msg, &buf, &size) == 0 && size == 6,
        "a string's NUL counts");
    ok (flux_msg_set_payload (msg, (char *)buf + 1, 5) == 0
            && flux_msg_get_string (msg, &s) == 0 && !strcmp (s, "ello"),
        "a part of the payload can become the payload");
    flux_msg_set_payload (msg, "abc", 3);
    errno = 0;
    ok (flux_msg_get_string (msg, &s) < 0 && errno == EPROTO,
        "without NUL it is no string");
    errno = 0;
    ok (flux_msg_set_payload (msg, NULL, 3) < 0 && errno == EINVAL,
        "a size without bytes: EINVAL");
    memset (big, 'x', sizeof (big));
    for (int i = 0; i < 10; i++)
        flux_msg_set_payload (msg, big, sizeof (big) - i);
    ok (flux_msg_get_payload (msg, &buf, &size) == 0 && size == sizeof (big) - 9
            && !memcmp (buf, big, size),
        "a big one, several times");
    cpy = flux_msg_copy (msg, true);
    ok (flux_msg_get_payload (cpy, &buf, &size) == 0
            && size == sizeof (big) - 9,
        "a copy has it");
    flux_msg_destroy (cpy);
    cpy = flux_msg_copy (msg, false);
    ok (!flux_msg_has_payload (cpy)
            && !flux_msg_has_flag (cpy, FLUX_MSGFLAG_PAYLOAD),
        "or not, if so asked");
    flux_msg_destroy (cpy);
    flux_msg_destroy (msg);
}

static void test_match (void)
{
    flux_msg_t *msg = flux_msg_create (FLUX_MSGTYPE_RESPONSE);
    struct flux_match m = FLUX_MATCH_ANY;

    flux_msg_set_topic (msg, "job-manager.submit");
    flux_msg_set_matchtag (msg, 7);
    ok (flux_msg_cmp (msg, m), "ANY matches");
    ok (flux_msg_cmp (msg, FLUX_MATCH_RESPONSE), "RESPONSE");
    ok (!flux_msg_cmp (msg, FLUX_MATCH_EVENT), "not EVENT");
    m.matchtag = 7;
    ok (flux_msg_cmp (msg, m), "its tag");
    m.matchtag = 8;
    ok (!flux_msg_cmp (msg, m), "not another");
    m.matchtag = FLUX_MATCHTAG_NONE;
    m.topic_glob = "job-manager.*";
    ok (flux_msg_cmp (msg, m), "a glob");
    m.topic_glob = "";
    ok (flux_msg_cmp (msg, m), "the empty glob");
    m.topic_glob = "job-manager";
    ok (!flux_msg_cmp (msg, m), "no prefix");
    ok (flux_match_asprintf (&m, "%s.%d", "x", 3) == 0
            && !strcmp (m.topic_glob, "x.3"),
        "a formatted glob");
    flux_match_free (m);
    flux_msg_destroy (msg);
}

static void test_print (void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream (&text, &size);
    flux_msg_t *msg = flux_msg_create (FLUX_MSGTYPE_REQUEST);

    flux_msg_set_topic (msg, "a.b");
    flux_msg_set_string (msg, "pay\nload");
    flux_msg_fprint_ts (f, msg, 1.5);
    flux_msg_fprint (f, NULL);
    fclose (f);
    ok (strstr (text, "request a.b") && strstr (text, "pay.load")
            && strstr (text, "1.5"),
        "a message is printed, on one line");
    is_str (flux_msg_typestr (FLUX_MSGTYPE_EVENT), "event", "typestr");
    is_str (flux_msg_typestr (77), "unknown", "typestr of nonsense");
    free (text);
    flux_msg_destroy (msg);
}

int main (void)
{
    test_create ();
    test_refs_and_aux ();
    test_flags ();
    test_authorize ();
    test_payload ();
    test_match ();
    test_print ();
    return done_testing ();
}
