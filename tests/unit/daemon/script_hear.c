/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "script.h"
#include "shape.h"
#include "tap.h"

/* ---- answers ---- */

/* What A.5 asks of every response; false and why. */
static bool is_proper (struct stream *st, struct said *m, char *why)
{
    const char *p = NULL;
    int want = F_ROUTE | F_TOPIC | (st->flags & F_STREAMING);

    if (!(m->flags & F_ROUTE) || m->hops != 0)
        p = "no ROUTE with zero hops";
    else if ((m->flags & ~(F_PAYLOAD | F_UPSTREAM)) != want)
        p = "other flags than ROUTE, TOPIC, PAYLOAD and the request's "
            "STREAMING";
    else if (!m->topic || strcmp (m->topic, st->topic) != 0)
        p = "another topic";
    else if (!(m->rolemask & 1))
        p = "rolemask without OWNER";
    else if (m->userid != getuid () && m->userid != 0xffffffff)
        p = "userid is not the owner's, nor unknown";
    else if (m->data && m->len == 0)
        p = "a payload of no bytes";
    if (p)
        snprintf (why, SHAPE_WHY, "%s (flags 0x%x)", p, m->flags);
    return !p;
}

static bool is_text (struct said *m, char *why)
{
    if (!m->data || m->len == 0)
        snprintf (why, SHAPE_WHY, "errnum %u, no payload", m->aux1);
    else if (strlen (m->data) + 1 != m->len)
        snprintf (why, SHAPE_WHY, "not one NUL at the end");
    else
        return true;
    return false;
}

static bool matches_error (struct said *m, char *want, char *why)
{
    unsigned int errnum = strtoul (script_word (&want), NULL, 10);

    want = script_skip (want);
    snprintf (why,
              SHAPE_WHY,
              "%u '%s'",
              m->aux1,
              m->data ? m->data : "(no payload)");
    if (m->aux1 != errnum)
        return false;
    if (!*want || *want == '*')
        return *want || !m->data;
    if (!is_text (m, why))
        return false;
    return *want == '~' ? strstr (m->data, want + 1) != NULL
                        : !strcmp (m->data, want);
}

static bool matches_raw (struct said *m, const char *want, char *why)
{
    unsigned char buf[4096], mask[4096];
    size_t n;

    snprintf (why, SHAPE_WHY, "errnum %u, %zu bytes", m->aux1, m->len);
    if (m->aux1 != 0 || !m->data)
        return false;
    if (*want == '*')
        return m->len == strtoul (want + 1, NULL, 10);
    if (*want == '\'')
        return m->len == strcspn (want + 1, "'")
               && !memcmp (m->data, want + 1, m->len);
    n = script_hex (want, buf, mask, sizeof (buf));
    return n == m->len && !memcmp (buf, m->data, n);
}

static bool matches (struct script *s, struct said *m, char *want, char *why)
{
    json_t *shape, *got;
    bool good;

    if (*want >= '0' && *want <= '9') {
        char buf[4096];

        snprintf (buf, sizeof (buf), "%s", want);
        return matches_error (m, buf, why);
    }
    if (*want == '=')
        return matches_raw (m, want + 1, why);
    if (!is_text (m, why))
        return false;
    if (m->type == RESPONSE && m->aux1 != 0) {
        snprintf (why, SHAPE_WHY, "%u '%s'", m->aux1, m->data);
        return false;
    }
    shape = script_json (s, want);
    got = *want == '"' ? json_string (m->data) : json_loads (m->data, 0, NULL);
    if (!(good = got != NULL))
        snprintf (why, SHAPE_WHY, "no JSON: %.400s", m->data);
    else
        good = shape_matches (shape, got, s->vars, why);
    json_decref (shape);
    json_decref (got);
    return good;
}

void hear_answer (struct script *s, struct stream *st, char *want, enum how how)
{
    char why[SHAPE_WHY] = "nothing came";
    struct said *m;
    bool good = false;
    int n = 0;

    want = script_skip (want);
    while ((m = talk_hear (&st->conn->talk, RESPONSE, st->tag))) {
        good = is_proper (st, m, why) && matches (s, m, want, why);
        if (how == ANY && !good) {
            talk_unhear (&st->conn->talk, m);
            good = true;
            break;
        }
        /* The end of the stream is the end of hope. */
        if (how == ONE || good == (how == NEXT) || m->aux1 != 0) {
            said_free (m);
            break;
        }
        said_free (m);
        n++;
    }
    if (!ok (good, "%s:%d: %s", at_line (s), st->topic))
        diag ("%s", why);
}

/* ---- events and requests ---- */

void hear_unasked (struct script *s, int type, char *rest)
{
    char why[SHAPE_WHY] = "nothing came";
    struct conn *c = script_conn (s, script_word (&rest) + 1);
    char *topic = script_word (&rest), *want = script_skip (rest);
    struct said *m = talk_hear (&c->talk, type, 0);
    bool good = false;

    if (!m)
        ;
    else if (!m->topic || strcmp (m->topic, topic) != 0)
        snprintf (why, SHAPE_WHY, "%s", m->topic ? m->topic : "no topic");
    else if (!*want)
        good = !m->data;
    else
        good = matches (s, m, want, why);
    if (!ok (good, "%s:%d: %s", at_line (s), topic))
        diag ("%s", why);
    said_free (m);
}

/* After an answer all that was sent before it is here. */
void hear_no_event (struct script *s, char *rest)
{
    struct conn *c = script_conn (s, script_word (&rest) + 1);
    struct ask a = { .topic = "attr.list",
                     .userid = 0xffffffff,
                     .nodeid = 0xffffffff };
    struct said *m;

    said_free (talk_hear (&c->talk, RESPONSE, talk_ask (&c->talk, &a)));
    m = talk_event_here (&c->talk);
    if (!ok (!m, "%s:%d: no event", at_line (s)))
        diag ("%s", m->topic);
    said_free (m);
}

void hear_check (bool good, const char *what)
{
    ok (good, "%s", what);
}

int hear_done (void)
{
    return done_testing ();
}
