/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/severity.h"

static const char *const names[] = { "emerg",   "alert",  "crit", "err",
                                     "warning", "notice", "info", "debug" };

int severity_parse (const char *name)
{
    for (int i = 0; i < 8; i++) {
        if (!strcmp (names[i], name))
            return i;
    }
    return -1;
}

const char *severity_name (int severity)
{
    return names[severity & 7];
}

static bool take_word (const char **p, const char *end, char *buf, size_t size)
{
    size_t n = 0;

    while (*p < end && **p != ' ') {
        if (n + 1 < size)
            buf[n++] = **p;
        (*p)++;
    }
    buf[n] = '\0';
    if (*p == end)
        return false;
    (*p)++;
    return n > 0;
}

/* <PRI>1 TIMESTAMP HOSTNAME APPNAME PROCID MSGID SD MSG */
int record_parse (const char *s, size_t len, struct record *r)
{
    const char *end = s + len;
    char head[16];
    char skip[64];
    int pri;
    int n = 0;

    if (!take_word (&s, end, head, sizeof (head))
        || sscanf (head, "<%3d>1%n", &pri, &n) != 1 || n == 0)
        return -1;
    r->severity = pri >> 3 & 7; /* where Flux has it, not RFC 5424 */
    if (!take_word (&s, end, r->timestamp, sizeof (r->timestamp))
        || !take_word (&s, end, r->rank, sizeof (r->rank))
        || !take_word (&s, end, r->appname, sizeof (r->appname))
        || !take_word (&s, end, skip, sizeof (skip))
        || !take_word (&s, end, skip, sizeof (skip)))
        return -1;
    take_word (&s, end, skip, sizeof (skip)); /* nothing need follow this */
    r->text = s;
    r->len = end - s;
    while (r->len > 0
           && (r->text[r->len - 1] == '\n' || r->text[r->len - 1] == '\0'))
        r->len--;
    return 0;
}
