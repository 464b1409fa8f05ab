/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <string.h>

#include "jobsize.h"

#define MAX_DEPTH 32

static const char *const types[] = {
    [JOBSIZE_NODES] = "node",
    [JOBSIZE_CORES] = "core",
    [JOBSIZE_GPUS] = "gpu",
};

static int fail (flux_error_t *error, const char *why)
{
    snprintf (error->text, sizeof (error->text), "jobspec: resources: %s", why);
    return -1;
}

static int get_count (json_t *count, double *n, flux_error_t *error)
{
    if (json_is_object (count))
        count = json_object_get (count, "min");
    if (!json_is_integer (count))
        return fail (error, "count is not an integer");
    *n = json_integer_value (count);
    return 0;
}

static int add_level (json_t *level,
                      double times,
                      int depth,
                      struct jobsize *size,
                      flux_error_t *error)
{
    json_t *vertex;
    size_t i;

    if (!json_is_array (level))
        return fail (error, "not an array");
    if (depth > MAX_DEPTH)
        return fail (error, "nested too deep");
    json_array_foreach (level, i, vertex)
    {
        const char *type;
        json_t *count;
        json_t *with = NULL;
        double n;

        if (json_unpack (vertex,
                         "{s:s s:o s?o}",
                         "type",
                         &type,
                         "count",
                         &count,
                         "with",
                         &with)
            < 0)
            return fail (error, "an entry lacks its type or count");
        if (get_count (count, &n, error) < 0)
            return -1;
        for (int k = 0; k < JOBSIZE_KINDS; k++)
            if (!strcmp (type, types[k]))
                size->count[k] += times * n;
        if (with && add_level (with, times * n, depth + 1, size, error) < 0)
            return -1;
    }
    return 0;
}

int jobsize_count (json_t *jobspec, struct jobsize *size, flux_error_t *error)
{
    memset (size, 0, sizeof (*size));
    return add_level (json_object_get (jobspec, "resources"),
                      1.,
                      0,
                      size,
                      error);
}
