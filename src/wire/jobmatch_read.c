/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "wire/jobmatch_private.h"

/* ---- one reader an operator: values is a JSON array ---- */

typedef int (*read_f) (struct jobmatch *m,
                       const char *name,
                       const json_t *values,
                       int depth,
                       flux_error_t *error);

static struct jobmatch *compile (const json_t *o, int depth, flux_error_t *e);

static int bad_value (flux_error_t *error, const char *op, const json_t *value)
{
    char *s = json_dumps (value, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *text = json_string_value (value);

    err_set (error,
             EINVAL,
             "invalid %s value '%.60s' specified",
             op,
             text ? text : (s ? s : "?"));
    free (s);
    errno = EINVAL;
    return -1;
}

static int read_kids (struct jobmatch *m,
                      const char *name,
                      const json_t *values,
                      int depth,
                      flux_error_t *error)
{
    size_t i;
    json_t *value;

    if (!(m->kids = calloc (json_array_size (values) + 1, sizeof (*m->kids))))
        return err_set (error, ENOMEM, "out of memory");
    json_array_foreach (values, i, value)
    {
        if (!(m->kids[i] = compile (value, depth + 1, error)))
            return -1;
        m->nkids++;
    }
    return 0;
}

static int read_userids (struct jobmatch *m,
                         const char *name,
                         const json_t *values,
                         int depth,
                         flux_error_t *error)
{
    size_t i;
    json_t *value;

    if (!(m->userids =
              calloc (json_array_size (values) + 1, sizeof (uint32_t))))
        return err_set (error, ENOMEM, "out of memory");
    json_array_foreach (values, i, value)
    {
        if (!json_is_integer (value))
            return bad_value (error, name, value);
        /* -1 and 4294967295 both stand for any user */
        m->userids[m->count] = json_integer_value (value);
        if (m->userids[m->count++] == UINT32_MAX)
            m->any_user = true;
    }
    return 0;
}

static int read_strings (struct jobmatch *m,
                         const char *name,
                         const json_t *values,
                         int depth,
                         flux_error_t *error)
{
    size_t i;
    json_t *value;

    if (!(m->strings = calloc (json_array_size (values) + 1, sizeof (char *))))
        return err_set (error, ENOMEM, "out of memory");
    json_array_foreach (values, i, value)
    {
        if (!json_is_string (value))
            return bad_value (error, name, value);
        if (!(m->strings[m->count] = strdup (json_string_value (value))))
            return err_set (error, ENOMEM, "out of memory");
        m->count++;
    }
    return 0;
}

struct bit_name {
    const char *name;
    int bits;
};

static const struct bit_name state_names[] = {
    { "new", FLUX_JOB_STATE_NEW },
    { "depend", FLUX_JOB_STATE_DEPEND },
    { "priority", FLUX_JOB_STATE_PRIORITY },
    { "sched", FLUX_JOB_STATE_SCHED },
    { "run", FLUX_JOB_STATE_RUN },
    { "cleanup", FLUX_JOB_STATE_CLEANUP },
    { "inactive", FLUX_JOB_STATE_INACTIVE },
    { "n", FLUX_JOB_STATE_NEW },
    { "d", FLUX_JOB_STATE_DEPEND },
    { "p", FLUX_JOB_STATE_PRIORITY },
    { "s", FLUX_JOB_STATE_SCHED },
    { "r", FLUX_JOB_STATE_RUN },
    { "c", FLUX_JOB_STATE_CLEANUP },
    { "i", FLUX_JOB_STATE_INACTIVE },
    { "pending", FLUX_JOB_STATE_PENDING },
    { "running", FLUX_JOB_STATE_RUNNING },
    { "active", FLUX_JOB_STATE_ACTIVE },
    { NULL, 0 },
};

static const struct bit_name result_names[] = {
    { "completed", FLUX_JOB_RESULT_COMPLETED },
    { "failed", FLUX_JOB_RESULT_FAILED },
    { "canceled", FLUX_JOB_RESULT_CANCELED },
    { "timeout", FLUX_JOB_RESULT_TIMEOUT },
    { "cd", FLUX_JOB_RESULT_COMPLETED },
    { "f", FLUX_JOB_RESULT_FAILED },
    { "ca", FLUX_JOB_RESULT_CANCELED },
    { "to", FLUX_JOB_RESULT_TIMEOUT },
    { NULL, 0 },
};

static int name_bits (const struct bit_name *table, const json_t *value)
{
    const char *s = json_string_value (value);

    for (; s && table->name; table++) {
        if (!strcasecmp (s, table->name))
            return table->bits;
    }
    return 0;
}

static int read_mask (struct jobmatch *m,
                      const char *name,
                      const json_t *values,
                      int all,
                      const struct bit_name *table,
                      flux_error_t *error)
{
    size_t i;
    json_t *value;

    json_array_foreach (values, i, value)
    {
        json_int_t n = json_is_integer (value) ? json_integer_value (value)
                                               : name_bits (table, value);
        if (n < 0 || (n & ~(json_int_t)all)
            || (n == 0 && !json_is_integer (value)))
            return bad_value (error, name, value);
        m->mask |= n;
    }
    return 0;
}

static int read_states (struct jobmatch *m,
                        const char *name,
                        const json_t *values,
                        int depth,
                        flux_error_t *error)
{
    return read_mask (m, name, values, ALL_STATES, state_names, error);
}

static int read_results (struct jobmatch *m,
                         const char *name,
                         const json_t *values,
                         int depth,
                         flux_error_t *error)
{
    return read_mask (m, name, values, 15, result_names, error);
}

static int read_hostlist (struct jobmatch *m,
                          const char *name,
                          const json_t *values,
                          int depth,
                          flux_error_t *error)
{
    size_t i;
    json_t *value;

    if (!(m->hosts = hostlist_create ()))
        return err_set (error, ENOMEM, "out of memory");
    json_array_foreach (values, i, value)
    {
        if (!json_is_string (value)
            || hostlist_append (m->hosts, json_string_value (value)) < 0)
            return bad_value (error, name, value);
        if (hostlist_count (m->hosts) > 1024)
            return err_set (error, EINVAL, "too many hosts in hostlist");
    }
    return 0;
}

static int read_ranks (struct jobmatch *m,
                       const char *name,
                       const json_t *values,
                       int depth,
                       flux_error_t *error)
{
    size_t i;
    json_t *value;

    if (!(m->ranks = idset_create (0, IDSET_FLAG_AUTOGROW)))
        return err_set (error, ENOMEM, "out of memory");
    json_array_foreach (values, i, value)
    {
        struct idset *ids = json_is_string (value)
                                ? idset_decode (json_string_value (value))
                                : NULL;
        if (!ids || idset_add (m->ranks, ids) < 0) {
            idset_destroy (ids);
            return bad_value (error, name, value);
        }
        idset_destroy (ids);
    }
    return 0;
}

static int read_time (struct jobmatch *m,
                      const char *name,
                      const json_t *values,
                      int depth,
                      flux_error_t *error)
{
    const char *s = json_string_value (json_array_get (values, 0));
    char *end;

    if (!s)
        return err_set (error, EINVAL, "%s value must be a string", name);
    if (!strncmp (s, ">=", 2))
        m->cmp = CMP_GE, s += 2;
    else if (!strncmp (s, "<=", 2))
        m->cmp = CMP_LE, s += 2;
    else if (*s == '>')
        m->cmp = CMP_GT, s++;
    else if (*s == '<')
        m->cmp = CMP_LT, s++;
    else
        return err_set (error,
                        EINVAL,
                        "timestamp comparison operator not specified");
    errno = 0;
    m->t = strtod (s, &end);
    if (errno || end == s || *end || m->t < 0.)
        return err_set (error, EINVAL, "invalid timestamp value '%s'", s);
    m->time =
        jobrow_attr_parse (name) == JOBROW_BIT (JOBROW_T_SUBMIT)
            ? -1
            : __builtin_ctzll (jobrow_attr_parse (name)) - JOBROW_T_DEPEND;
    return 0;
}

static const struct {
    const char *name;
    enum match_op op;
    read_f read;
} operators[] = {
    { "and", MATCH_AND, read_kids },
    { "or", MATCH_OR, read_kids },
    { "not", MATCH_NOT, read_kids },
    { "userid", MATCH_USERID, read_userids },
    { "name", MATCH_NAME, read_strings },
    { "queue", MATCH_QUEUE, read_strings },
    { "states", MATCH_STATES, read_states },
    { "results", MATCH_RESULTS, read_results },
    { "hostlist", MATCH_HOSTLIST, read_hostlist },
    { "ranks", MATCH_RANKS, read_ranks },
    { "t_submit", MATCH_TIME, read_time },
    { "t_depend", MATCH_TIME, read_time },
    { "t_priority", MATCH_TIME, read_time },
    { "t_sched", MATCH_TIME, read_time },
    { "t_run", MATCH_TIME, read_time },
    { "t_cleanup", MATCH_TIME, read_time },
    { "t_inactive", MATCH_TIME, read_time },
};

static int read_operator (struct jobmatch *m,
                          const char *name,
                          const json_t *values,
                          int depth,
                          flux_error_t *error)
{
    for (size_t i = 0; i < sizeof (operators) / sizeof (operators[0]); i++) {
        if (strcmp (operators[i].name, name))
            continue;
        if (!json_is_array (values))
            return err_set (error,
                            EINVAL,
                            "operator %s values not an array",
                            name);
        m->op = operators[i].op;
        return operators[i].read (m, name, values, depth, error);
    }
    return err_set (error, EINVAL, "unknown constraint operator: %s", name);
}

static struct jobmatch *compile (const json_t *o,
                                 int depth,
                                 flux_error_t *error)
{
    struct jobmatch *m;
    void *iter;

    if (depth > 50)
        return err_null (error, EINVAL, "constraint is nested too deeply");
    if (o && !json_is_object (o))
        return err_null (error, EINVAL, "constraint is not an object");
    if (!(m = calloc (1, sizeof (*m))))
        return err_null (error, ENOMEM, "out of memory");
    m->op = MATCH_AND; /* of nothing: true */
    if (!o || json_object_size (o) == 0)
        return m;
    if (json_object_size (o) > 1) {
        jobmatch_destroy (m);
        return err_null (error,
                         EINVAL,
                         "constraint must only contain 1 element");
    }
    iter = json_object_iter ((json_t *)o);
    if (read_operator (m,
                       json_object_iter_key (iter),
                       json_object_iter_value (iter),
                       depth,
                       error)
        < 0) {
        jobmatch_destroy (m);
        return NULL;
    }
    return m;
}

struct jobmatch *jobmatch_create (const json_t *constraint, flux_error_t *error)
{
    flux_error_t why;
    struct jobmatch *m;

    if (!(m = compile (constraint, 0, &why)))
        return err_null (error,
                         errno,
                         "constraint object invalid: %.120s",
                         why.text);
    return m;
}
