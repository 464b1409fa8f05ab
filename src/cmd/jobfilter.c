/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <flux/core.h>
#include <flux/hostlist.h>
#include <flux/idset.h>

#include "base/err.h"
#include "cmd/fsd.h"
#include "cmd/jobfilter.h"
#include "cmd/util.h"

static const struct {
    const char *name;
    int states;
    int results;
} filters[] = {
    { "depend", FLUX_JOB_STATE_DEPEND, 0 },
    { "priority", FLUX_JOB_STATE_PRIORITY, 0 },
    { "sched", FLUX_JOB_STATE_SCHED, 0 },
    { "run", FLUX_JOB_STATE_RUN, 0 },
    { "cleanup", FLUX_JOB_STATE_CLEANUP, 0 },
    { "inactive", FLUX_JOB_STATE_INACTIVE, 0 },
    { "pending", FLUX_JOB_STATE_PENDING, 0 },
    { "running", FLUX_JOB_STATE_RUNNING, 0 },
    { "active", FLUX_JOB_STATE_ACTIVE, 0 },
    { "completed", 0, FLUX_JOB_RESULT_COMPLETED },
    { "failed", 0, FLUX_JOB_RESULT_FAILED },
    { "canceled", 0, FLUX_JOB_RESULT_CANCELED },
    { "timeout", 0, FLUX_JOB_RESULT_TIMEOUT },
};

static int add_filter (const char *word,
                       int *states,
                       int *results,
                       flux_error_t *e)
{
    for (size_t i = 0; i < sizeof (filters) / sizeof (filters[0]); i++) {
        if (!strcasecmp (word, filters[i].name)) {
            *states |= filters[i].states;
            *results |= filters[i].results;
            return 0;
        }
    }
    return err_set (e, EINVAL, "Invalid filter specified: %s", word);
}

static json_t *status_constraint (const struct opts *o, flux_error_t *e)
{
    int states = 0;
    int results = 0;
    const char *val;
    json_t *s;
    json_t *r;

    for (int i = 0; (val = opt_nth (o, "filter", i)); i++) {
        char *copy = xstrdup (val);
        char *save = NULL;
        for (char *w = strtok_r (copy, ",", &save); w;
             w = strtok_r (NULL, ",", &save)) {
            if (add_filter (w, &states, &results, e) < 0) {
                free (copy);
                return NULL;
            }
        }
        free (copy);
    }
    if (opt_count (o, "a")
        || (opt_count (o, "since") && !opt_count (o, "filter")))
        states |= FLUX_JOB_STATE_ACTIVE | FLUX_JOB_STATE_INACTIVE;
    if (!states && !results)
        states = FLUX_JOB_STATE_PENDING | FLUX_JOB_STATE_RUNNING;
    s = json_pack ("{s:[i]}", "states", states);
    r = json_pack ("{s:[i]}", "results", results);
    if (!results || !states) {
        json_decref (results ? s : r);
        return results ? r : s;
    }
    return json_pack ("{s:[o,o]}", "or", s, r);
}

static json_t *list_constraint (const char *op,
                                const struct opts *o,
                                const char *option,
                                bool split)
{
    json_t *a = json_array ();
    const char *val;

    for (int i = 0; (val = opt_nth (o, option, i)); i++) {
        char *copy = xstrdup (val);
        char *save = NULL;
        for (char *w = split ? strtok_r (copy, ",", &save) : copy; w;
             w = split ? strtok_r (NULL, ",", &save) : NULL)
            json_array_append_new (a, json_string (w));
        free (copy);
    }
    return json_pack ("{s:o}", op, a);
}

static json_t *include_constraint (const char *s, flux_error_t *e)
{
    struct idset *ids = idset_decode (s);
    struct hostlist *hl;

    if (ids) {
        idset_destroy (ids);
        return json_pack ("{s:[s]}", "ranks", s);
    }
    if (!(hl = hostlist_decode (s)))
        return err_null (e,
                         EINVAL,
                         "-i/--include: '%s' is neither ranks nor hosts",
                         s);
    hostlist_destroy (hl);
    return json_pack ("{s:[s]}", "hostlist", s);
}

static int parse_since (const struct opts *o,
                        double now,
                        double *since,
                        flux_error_t *e)
{
    const char *s = opt_str (o, "since", NULL);

    *since = 0.;
    if (!s)
        return 0;
    if (*s == '+' || when_parse (s, now, since) < 0)
        return err_set (e, EINVAL, "--since: '%s' is not a time", s);
    if (*since > now)
        return err_set (e, EINVAL, "--since=%s appears to be in the future", s);
    return 0;
}

json_t *jobfilter_build (const struct opts *o,
                         double now,
                         double *since,
                         flux_error_t *e)
{
    const char *user = opt_str (o, "user", NULL);
    const char *include = opt_str (o, "include", NULL);
    bool all = opt_count (o, "A") > 0;
    uint32_t uid = getuid ();
    json_t *list = json_array ();
    json_t *c;

    if (user)
        uid = parse_user (user);
    else if (all || include)
        uid = FLUX_USERID_UNKNOWN;
    if (uid != FLUX_USERID_UNKNOWN)
        json_array_append_new (
            list,
            json_pack ("{s:[I]}", "userid", (json_int_t)uid));
    if (parse_since (o, now, since, e) < 0)
        goto error;
    if (!(c = status_constraint (o, e)))
        goto error;
    json_array_append_new (list, c);
    if (opt_count (o, "name"))
        json_array_append_new (list,
                               list_constraint ("name", o, "name", false));
    if (opt_count (o, "queue"))
        json_array_append_new (list,
                               list_constraint ("queue", o, "queue", true));
    if (include) {
        if (!(c = include_constraint (include, e)))
            goto error;
        json_array_append_new (list, c);
    }
    return json_pack ("{s:o}", "and", list);
error:
    json_decref (list);
    errno = EINVAL;
    return NULL;
}
