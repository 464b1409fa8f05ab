/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/jobfilter.h"
#include "cmd/joblist.h"
#include "cmd/util.h"

void joblist_receive (flux_t *h, json_t *request, json_t *jobs)
{
    char *s = json_dumps (request, JSON_COMPACT);
    flux_future_t *f =
        flux_rpc (h, "job-list.list", s, FLUX_NODEID_ANY, FLUX_RPC_STREAMING);
    const char *payload;

    free (s);
    if (!f)
        die ("%s", strerror (errno));
    while (flux_rpc_get (f, &payload) == 0) {
        json_t *o = payload ? json_loads (payload, 0, NULL) : NULL;
        json_t *some = json_object_get (o, "jobs");

        if (!json_is_array (some))
            die ("the instance sent a list without jobs");
        json_array_extend (jobs, some);
        json_decref (o);
        flux_future_reset (f);
    }
    if (errno != ENODATA)
        die ("%s", future_text (f));
    flux_future_destroy (f);
}

json_t *joblist_matching (flux_t *h,
                          const struct opts *o,
                          json_t *attrs,
                          long max)
{
    flux_error_t e;
    double since;
    json_t *constraint = jobfilter_build (o, flux_reactor_time (), &since, &e);
    json_t *jobs = json_array ();
    json_t *request;

    if (!constraint)
        die_usage ("%s", e.text);
    request = json_pack ("{s:i s:O s:f s:o}",
                         "max_entries",
                         (int)max,
                         "attrs",
                         attrs,
                         "since",
                         since,
                         "constraint",
                         constraint);
    joblist_receive (h, request, jobs);
    json_decref (request);
    return jobs;
}

json_t *joblist_id (flux_t *h, flux_jobid_t id, json_t *attrs)
{
    flux_future_t *f = flux_rpc_pack (h,
                                      "job-list.list-id",
                                      FLUX_NODEID_ANY,
                                      0,
                                      "{s:I s:O}",
                                      "id",
                                      (json_int_t)id,
                                      "attrs",
                                      attrs);
    json_t *job = NULL;
    json_t *o;
    const char *s;

    if (!f)
        return NULL;
    if (flux_rpc_get (f, &s) == 0 && s && (o = json_loads (s, 0, NULL))) {
        job = json_incref (json_object_get (o, "job"));
        json_decref (o);
        errno = EPROTO;
    }
    int saved = errno;
    flux_future_destroy (f);
    errno = saved;
    return job;
}
