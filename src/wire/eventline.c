/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/eventline.h"
#include "wire/jload.h"

static bool skip (const char **p, const char *end, const char *lit)
{
    size_t n = strlen (lit);

    if ((size_t)(end - *p) < n || memcmp (*p, lit, n))
        return false;
    *p += n;
    return true;
}

static bool scan_time (const char **p, const char *end, double *t)
{
    char tmp[32];
    size_t n = 0;

    while (*p + n < end && n < sizeof (tmp) - 1
           && strchr ("0123456789.", (*p)[n]) && (*p)[n])
        n++;
    memcpy (tmp, *p, n);
    tmp[n] = '\0';
    /* what JSON lets stand at the ends of a number; two points fail below */
    if (n < 3 || tmp[0] < '1' || tmp[0] > '9' || tmp[n - 1] == '.')
        return false;
    *p += n;
    *t = strtod (tmp, NULL);
    return strchr (tmp, '.') == strrchr (tmp, '.');
}

bool eventline_scan (const char *line, size_t len, struct eventline *parts)
{
    const char *p = line, *end = line + len;
    size_t n = 0;

    if (!skip (&p, end, "{\"timestamp\":")
        || !scan_time (&p, end, &parts->timestamp)
        || !skip (&p, end, ",\"name\":\""))
        return false;
    while (p + n < end && p[n] > ' ' && p[n] < 127 && p[n] != '"'
           && p[n] != '\\')
        n++;
    if (n >= sizeof (parts->name))
        return false;
    memcpy (parts->name, p, n);
    parts->name[n] = '\0';
    p += n;
    parts->context = NULL;
    if (skip (&p, end, "\"}") && p == end)
        return true;
    if (!skip (&p, end, "\",\"context\":{") || end - p < 2 || end[-1] != '}')
        return false;
    parts->context = p - 1;
    parts->context_len = end - p;
    return true;
}

int eventline_parse (const char *line,
                     size_t len,
                     struct eventline *parts,
                     char **context,
                     flux_error_t *error)
{
    json_t *o = jload_object (line, len, "event", error);
    json_t *t, *name, *ctx;
    int rc = -1;

    if (!o)
        return -1;
    t = json_object_get (o, "timestamp");
    name = json_object_get (o, "name");
    ctx = json_object_get (o, "context");
    if (!json_is_number (t))
        err_set (error,
                 EINVAL,
                 "event: timestamp: expected a number, got %s",
                 jload_type (t));
    else if (!json_is_string (name) || json_string_length (name) > 63)
        err_set (error,
                 EINVAL,
                 "event: name: expected a string of at most 63 bytes, got %s",
                 jload_type (name));
    else if (ctx && !json_is_object (ctx))
        err_set (error,
                 EINVAL,
                 "event %s: context: expected an object, got %s",
                 json_string_value (name),
                 jload_type (ctx));
    else if (ctx && !(*context = json_dumps (ctx, JSON_COMPACT)))
        err_set (error, ENOMEM, "event: out of memory");
    else {
        parts->timestamp = json_number_value (t);
        strcpy (parts->name, json_string_value (name));
        rc = 0;
    }
    json_decref (o);
    return rc;
}
