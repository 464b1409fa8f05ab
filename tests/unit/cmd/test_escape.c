/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What is typed at a job's terminal, and what is meant for us. */

#include "cmd/attach_pty.h"
#include "tap.h"

static const struct {
    const char *typed; /* in pieces, with a bar between */
    const char *sent;
    bool leave;
} cases[] = {
    { "hello", "hello", false },     { "~.", "~.", false },
    { "\r~.", "\r", true },          { "\n|~|.", "\n", true },
    { "\r~~.", "\r~.", false },      { "\r~|x", "\r~x", false },
    { "\r|~|xyz", "\r~xyz", false }, { "\r~\r~.", "\r~\r", true },
    { "a~.\r~", "a~.\r", false },    { "\r~.ls", "\r", true },
};

int main (void)
{
    for (size_t i = 0; i < sizeof (cases) / sizeof (cases[0]); i++) {
        struct pty_escape e = { 0 };
        char sent[64] = "";
        const char *s = cases[i].typed;

        while (*s && !e.leave) {
            size_t n = strcspn (s, "|");
            char buf[32];

            memcpy (buf, s, n);
            strncat (sent, buf, pty_escape_filter (&e, buf, n));
            s += n + (s[n] == '|');
        }
        is_str (sent, cases[i].sent, "case %zu", i);
        ok (e.leave == cases[i].leave, "leaves or not");
    }
    return done_testing ();
}
