/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg/msg.h"

struct flux_match flux_match_init (int typemask,
                                   uint32_t matchtag,
                                   const char *topic_glob)
{
    struct flux_match m = {
        .typemask = typemask,
        .matchtag = matchtag,
        .topic_glob = topic_glob,
    };
    return m;
}

void flux_match_free (struct flux_match m)
{
    int saved = errno;

    free ((char *)m.topic_glob);
    errno = saved;
}

int flux_match_asprintf (struct flux_match *m, const char *topic_glob_fmt, ...)
{
    va_list ap;
    char *s = NULL;
    int rc;

    if (!m || !topic_glob_fmt) {
        errno = EINVAL;
        return -1;
    }
    va_start (ap, topic_glob_fmt);
    rc = vasprintf (&s, topic_glob_fmt, ap);
    va_end (ap);
    if (rc < 0) {
        errno = ENOMEM;
        return -1;
    }
    m->topic_glob = s;
    return 0;
}

static bool topic_matches (const char *topic, const char *glob)
{
    if (!strpbrk (glob, "*?[\\"))
        return !strcmp (topic, glob);
    return fnmatch (glob, topic, 0) == 0;
}

bool flux_msg_cmp (const flux_msg_t *msg, struct flux_match match)
{
    if (!msg)
        return false;
    if (match.typemask != 0 && !(msg->type & match.typemask))
        return false;
    if (match.matchtag != FLUX_MATCHTAG_NONE
        && !flux_msg_cmp_matchtag (msg, match.matchtag))
        return false;
    if (match.topic_glob && *match.topic_glob
        && (!msg->topic || !topic_matches (msg->topic, match.topic_glob)))
        return false;
    return true;
}
