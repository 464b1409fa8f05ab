/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <jansson.h>

#include "wire/requests_broker.h"

/* Take o, give its text. */
static char *dump (json_t *o)
{
    char *s = o ? json_dumps (o, JSON_COMPACT) : NULL;

    json_decref (o);
    if (!s)
        errno = ENOMEM;
    return s;
}

char *wire_ping_reply (const char *request, const struct ping_reply *reply)
{
    json_t *o = request ? json_loads (request, 0, NULL) : json_object ();
    json_t *add;

    if (!json_is_object (o)) {
        json_decref (o);
        errno = EPROTO;
        return NULL;
    }
    add = json_pack ("{s:s s:I s:I s:I}",
                     "route",
                     reply->route,
                     "userid",
                     (json_int_t)reply->userid,
                     "rolemask",
                     (json_int_t)reply->rolemask,
                     "rank",
                     (json_int_t)reply->rank);
    if (!add || json_object_update (o, add) < 0) {
        json_decref (o);
        o = NULL;
    }
    json_decref (add);
    return dump (o);
}

static double seconds (struct timeval tv)
{
    return tv.tv_sec + 1E-6 * tv.tv_usec;
}

char *wire_rusage_encode (const struct rusage *ru)
{
    const struct {
        const char *name;
        long value;
    } fields[] = {
        { "maxrss", ru->ru_maxrss },   { "ixrss", ru->ru_ixrss },
        { "idrss", ru->ru_idrss },     { "isrss", ru->ru_isrss },
        { "minflt", ru->ru_minflt },   { "majflt", ru->ru_majflt },
        { "nswap", ru->ru_nswap },     { "inblock", ru->ru_inblock },
        { "oublock", ru->ru_oublock }, { "msgsnd", ru->ru_msgsnd },
        { "msgrcv", ru->ru_msgrcv },   { "nsignals", ru->ru_nsignals },
        { "nvcsw", ru->ru_nvcsw },     { "nivcsw", ru->ru_nivcsw },
    };
    json_t *o = json_pack ("{s:f s:f}",
                           "utime",
                           seconds (ru->ru_utime),
                           "stime",
                           seconds (ru->ru_stime));

    for (size_t i = 0; o && i < sizeof (fields) / sizeof (fields[0]); i++) {
        json_t *n = json_integer (fields[i].value);

        if (json_object_set_new (o, fields[i].name, n) < 0) {
            json_decref (o);
            o = NULL;
        }
    }
    return dump (o);
}
