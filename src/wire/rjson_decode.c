/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/hostlist.h>
#include <flux/idset.h>

#include "wire/jload.h"
#include "wire/rjson.h"

/* What all idsets of an R may take together: a bit for every id up to the
 * highest of its set, for every rank.
 */
#define MAX_BITS (1ULL << 28)

static int bad (flux_error_t *error,
                const char *path,
                const char *expected,
                const json_t *value)
{
    char buf[48];

    return err_set (error,
                    EINVAL,
                    "R: %s: expected %s, got %s",
                    path,
                    expected,
                    jload_show (value, buf));
}

/* The idset of a string value, with no id above max; NULL and EINVAL. */
static struct idset *get_idset (const json_t *value,
                                const char *path,
                                unsigned int max,
                                flux_error_t *error)
{
    const char *s = json_string_value (value);
    struct idset *ids;
    size_t count;
    unsigned int maxid;

    if (!s || idset_decode_info (s, -1, &count, &maxid, NULL) < 0) {
        bad (error, path, "a set of ids", value);
        return NULL;
    }
    if (count > 0 && maxid > max)
        return err_null (error,
                         EINVAL,
                         "R: %s: id %u, at most %u is accepted",
                         path,
                         maxid,
                         max);
    if (!(ids = idset_decode (s)))
        return err_null (error, ENOMEM, "R: out of memory");
    return ids;
}

static size_t set_size (const struct idset *ids)
{
    return ids && !idset_empty (ids) ? idset_last (ids) + 64 : 64;
}

static int add_ranks (struct rset *r,
                      const struct idset *ranks,
                      const struct idset *cores,
                      const struct idset *gpus,
                      uint64_t *bits,
                      flux_error_t *error)
{
    unsigned int rank;

    *bits += idset_count (ranks) * (set_size (cores) + set_size (gpus));
    if (*bits > MAX_BITS)
        return err_set (error, EINVAL, "R: execution.R_lite: too large");
    for (rank = idset_first (ranks); rank != IDSET_INVALID_ID;
         rank = idset_next (ranks, rank)) {
        if (rset_add (r, rank, NULL, cores, gpus) < 0)
            return err_set (error, errno, "R: execution.R_lite: rank %u", rank);
    }
    return 0;
}

static int read_entry (struct rset *r,
                       json_t *o,
                       size_t i,
                       uint64_t *bits,
                       flux_error_t *error)
{
    json_t *children = json_object_get (o, "children");
    json_t *core = json_object_get (children, "core");
    json_t *gpu = json_object_get (children, "gpu");
    struct idset *ranks = NULL, *cores = NULL, *gpus = NULL;
    char path[64];
    int rc = -1;

    snprintf (path, sizeof (path), "execution.R_lite[%zu]", i);
    if (!json_is_object (o))
        return bad (error, path, "an object", o);
    snprintf (path, sizeof (path), "execution.R_lite[%zu].children", i);
    if (!json_is_object (children))
        return bad (error, path, "an object", children);
    snprintf (path, sizeof (path), "execution.R_lite[%zu].rank", i);
    if (!(ranks = get_idset (json_object_get (o, "rank"),
                             path,
                             RJSON_MAX_RANK,
                             error)))
        return -1;
    snprintf (path, sizeof (path), "execution.R_lite[%zu].children.core", i);
    if (core && !(cores = get_idset (core, path, RJSON_MAX_ID, error)))
        goto done;
    snprintf (path, sizeof (path), "execution.R_lite[%zu].children.gpu", i);
    if (gpu && !(gpus = get_idset (gpu, path, RJSON_MAX_ID, error)))
        goto done;
    rc = add_ranks (r, ranks, cores, gpus, bits, error);
done:
    idset_destroy (ranks);
    idset_destroy (cores);
    idset_destroy (gpus);
    return rc;
}

static int read_R_lite (struct rset *r, json_t *a, flux_error_t *error)
{
    uint64_t bits = 0;
    size_t i;
    json_t *o;

    if (!json_is_array (a))
        return bad (error, "execution.R_lite", "an array", a);
    json_array_foreach (a, i, o)
    {
        if (read_entry (r, o, i, &bits, error) < 0)
            return -1;
    }
    return 0;
}

static int append_hosts (struct hostlist *hl, json_t *a, flux_error_t *error)
{
    char path[48];
    size_t i;
    json_t *o;

    json_array_foreach (a, i, o)
    {
        const char *s = json_string_value (o);

        snprintf (path, sizeof (path), "execution.nodelist[%zu]", i);
        if (!s || (*s != '\0' && hostlist_append (hl, s) < 0))
            return bad (error, path, "a hostlist", o);
        if (hostlist_count (hl) > RJSON_MAX_RANK)
            return err_set (error, EINVAL, "R: %s: too many hosts", path);
    }
    return 0;
}

static int read_nodelist (struct rset *r, json_t *a, flux_error_t *error)
{
    struct hostlist *hl;
    int rc = -1;

    if (!a)
        return 0;
    if (!json_is_array (a))
        return bad (error, "execution.nodelist", "an array", a);
    if (!(hl = hostlist_create ()))
        return err_set (error, ENOMEM, "R: out of memory");
    if (append_hosts (hl, a, error) < 0)
        goto done;
    if (hostlist_count (hl) == 0)
        rc = 0;
    else if ((size_t)hostlist_count (hl) != r->count)
        err_set (error,
                 EINVAL,
                 "R: execution.nodelist: %d hosts for %zu ranks",
                 hostlist_count (hl),
                 r->count);
    else if ((rc = rset_set_nodelist (r, hl)) < 0)
        err_set (error, errno, "R: execution.nodelist: %s", strerror (errno));
done:
    hostlist_destroy (hl);
    return rc;
}

static int read_properties (struct rset *r, json_t *o, flux_error_t *error)
{
    const char *name;
    json_t *value;
    char path[96];

    if (o && !json_is_object (o))
        return bad (error, "execution.properties", "an object", o);
    json_object_foreach (o, name, value)
    {
        struct idset *ids;
        int rc;

        snprintf (path, sizeof (path), "execution.properties.%.60s", name);
        if (*name == '\0' || strpbrk (name, "!&'\"^`|()"))
            return err_set (error, EINVAL, "R: %s: not a property name", path);
        if (!(ids = get_idset (value, path, RJSON_MAX_RANK, error)))
            return -1;
        rc = rset_set_property (r, name, ids);
        idset_destroy (ids);
        if (rc < 0)
            return err_set (error,
                            errno == ENOENT ? EINVAL : errno,
                            "R: %s: not all of %s are ranks of R_lite",
                            path,
                            json_string_value (value));
    }
    return 0;
}

static int read_time (json_t *execution,
                      const char *key,
                      double *t,
                      flux_error_t *error)
{
    json_t *value = json_object_get (execution, key);
    char path[48];

    if (!value)
        return 0;
    snprintf (path, sizeof (path), "execution.%s", key);
    if (!json_is_number (value) || json_number_value (value) < 0)
        return bad (error, path, "a number of 0 or more", value);
    *t = json_number_value (value);
    return 0;
}

static int read_execution (struct rset *r, json_t *o, flux_error_t *error)
{
    json_t *nslots = json_object_get (o, "nslots");

    if (!json_is_object (o))
        return bad (error, "execution", "an object", o);
    if (read_R_lite (r, json_object_get (o, "R_lite"), error) < 0
        || read_nodelist (r, json_object_get (o, "nodelist"), error) < 0
        || read_properties (r, json_object_get (o, "properties"), error) < 0
        || read_time (o, "starttime", &r->starttime, error) < 0
        || read_time (o, "expiration", &r->expiration, error) < 0)
        return -1;
    if (!nslots)
        return 0;
    if (!json_is_integer (nslots) || json_integer_value (nslots) < 1
        || json_integer_value (nslots) > INT32_MAX)
        return bad (error,
                    "execution.nslots",
                    "an integer of 1 or more",
                    nslots);
    r->nslots = json_integer_value (nslots);
    return 0;
}

static int read_scheduling (struct rset *r, json_t *o, flux_error_t *error)
{
    char *s;
    int rc;

    if (!o)
        return 0;
    if (!(s = json_dumps (o, JSON_COMPACT | JSON_ENCODE_ANY))
        || (rc = rset_set_scheduling (r, s)) < 0)
        rc = err_set (error, ENOMEM, "R: out of memory");
    free (s);
    return rc;
}

struct rset *rjson_decode (const char *text, flux_error_t *error)
{
    size_t len = strlen (text);
    struct rset *r;
    json_t *o, *version;

    if (len > RJSON_MAX_SIZE)
        return err_null (error,
                         EINVAL,
                         "R: %zu bytes, at most %d are accepted",
                         len,
                         RJSON_MAX_SIZE);
    if (!(o = jload_object (text, len, "R", error)))
        return NULL;
    if (!(r = rset_create ())) {
        json_decref (o);
        return err_null (error, ENOMEM, "R: out of memory");
    }
    version = json_object_get (o, "version");
    if (!json_is_integer (version) || json_integer_value (version) != 1) {
        bad (error, "version", "1", version);
        goto error;
    }
    if (read_execution (r, json_object_get (o, "execution"), error) < 0
        || read_scheduling (r, json_object_get (o, "scheduling"), error) < 0)
        goto error;
    json_decref (o);
    return r;
error:
    json_decref (o);
    rset_destroy (r);
    return NULL;
}
