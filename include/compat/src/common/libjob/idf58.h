/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A job id as people write it, for messages. */

#ifndef SLUICE_COMPAT_IDF58_H
#define SLUICE_COMPAT_IDF58_H

#include <flux/core.h>

/* In a buffer of the calling thread, good until the next call. */
static inline const char *idf58 (flux_jobid_t id)
{
    static __thread char buf[32];

    if (flux_job_id_encode (id, "f58", buf, sizeof (buf)) < 0)
        snprintf (buf, sizeof (buf), "%ju", (uintmax_t)id);
    return buf;
}

#endif
