/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdlib.h>
#include <string.h>

#include "wire/submit_scan.h"

struct scan {
    struct req_submit *r;
    const char *J;
    size_t J_len;
    unsigned int seen; /* bit per key */
};

static const char *skip_blank (const char *p)
{
    return p + strspn (p, " \t\n\r");
}

static const char *scan_int (const char *p, int *n)
{
    const char *digits = p + (*p == '-');
    size_t len = strspn (digits, "0123456789");

    if (len == 0 || len > 9 || (len > 1 && *digits == '0'))
        return NULL;
    *n = strtol (p, NULL, 10);
    return digits + len;
}

static const char *scan_plain (const char *p, struct scan *scan)
{
    const char *end = *p == '"' ? strchr (p + 1, '"') : NULL;
    bool plain = true;

    if (!end)
        return NULL;
    scan->J = p + 1;
    scan->J_len = end - scan->J;
    for (size_t i = 0; i < scan->J_len; i++)
        plain &= scan->J[i] >= ' ' && scan->J[i] < 127 && scan->J[i] != '\\';
    return plain ? end + 1 : NULL;
}

static const char *scan_member (const char *p, struct scan *scan)
{
    static const char *const keys[] = { "\"J\"", "\"urgency\"", "\"flags\"" };
    unsigned int i;

    for (i = 0; i < 3 && strncmp (p, keys[i], strlen (keys[i])); i++)
        ;
    if (i == 3 || (scan->seen & 1 << i))
        return NULL;
    scan->seen |= 1 << i;
    p = skip_blank (p + strlen (keys[i]));
    if (*p++ != ':')
        return NULL;
    p = skip_blank (p);
    if (i == 0)
        return scan_plain (p, scan);
    return scan_int (p, i == 1 ? &scan->r->urgency : &scan->r->flags);
}

static const char *scan_object (const char *p, struct scan *scan)
{
    p = skip_blank (p);
    if (*p++ != '{')
        return NULL;
    for (;;) {
        if (!(p = scan_member (skip_blank (p), scan)))
            return NULL;
        p = skip_blank (p);
        if (*p == '}')
            return skip_blank (p + 1);
        if (*p++ != ',')
            return NULL;
    }
}

bool submit_scan (const char *s,
                  struct req_submit *r,
                  const char **J,
                  size_t *J_len)
{
    struct req_submit found;
    struct scan scan = { .r = &found };
    const char *end = scan_object (s, &scan);

    if (!end || *end || scan.seen != 7)
        return false;
    r->urgency = found.urgency;
    r->flags = found.flags;
    *J = scan.J;
    *J_len = scan.J_len;
    return true;
}
