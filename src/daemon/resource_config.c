/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/resource_config.h"
#include "wire/rjson.h"

#define HOSTS_MAX 65536

static int type_error (const char *key, const char *want, flux_error_t *error)
{
    return err_set (error, EINVAL, "resource.%s: expected %s", key, want);
}

/* The value of key, which has to be a string; NULL if it is not there. */
static int get_string (const json_t *o,
                       const char *key,
                       const char *label,
                       const char **s,
                       flux_error_t *error)
{
    json_t *v = json_object_get (o, key);

    *s = NULL;
    if (v && !(*s = json_string_value (v)))
        return type_error (label, "a string", error);
    return 0;
}

static int get_ids (const json_t *entry,
                    const char *key,
                    struct idset **ids,
                    flux_error_t *error)
{
    const char *s;
    char label[32];

    *ids = NULL;
    snprintf (label, sizeof (label), "config: %s", key);
    if (get_string (entry, key, label, &s, error) < 0)
        return -1;
    if (!s)
        return 0;
    if (!(*ids = idset_decode (s))
        || (!idset_empty (*ids) && idset_last (*ids) > RJSON_MAX_ID)) {
        idset_destroy (*ids);
        *ids = NULL;
        return err_set (error,
                        EINVAL,
                        "resource.config: %s: '%s' is not a set of ids",
                        key,
                        s);
    }
    return 0;
}

static int check_keys (json_t *entry, flux_error_t *error)
{
    static const char *const known[] = { "hosts",
                                         "cores",
                                         "gpus",
                                         "properties",
                                         NULL };
    const char *key;
    json_t *v;

    if (!json_is_object (entry))
        return type_error ("config", "an array of tables", error);
    json_object_foreach (entry, key, v)
    {
        int i = 0;

        while (known[i] && strcmp (known[i], key))
            i++;
        if (!known[i])
            return err_set (error,
                            EINVAL,
                            "resource.config: unknown key '%s'",
                            key);
    }
    return 0;
}

static int set_properties (struct rset *r,
                           json_t *properties,
                           const struct idset *ranks,
                           flux_error_t *error)
{
    json_t *v;
    size_t i;

    if (properties && !json_is_array (properties))
        return type_error ("config: properties", "an array of strings", error);
    json_array_foreach (properties, i, v)
    {
        const char *s = json_string_value (v);

        /* RFC 20 forbids these in a property. */
        if (!s || !s[0] || strpbrk (s, "!&'\"^`|() \t\n"))
            return err_set (error,
                            EINVAL,
                            "resource.config: invalid property '%s'",
                            s ? s : "");
        if (rset_set_property (r, s, ranks) < 0)
            return err_set (error, errno, "resource.config: property %s", s);
    }
    return 0;
}

/* The rank of a host, a new one for a new name. */
static int rank_of (struct hostlist *names, const char *host)
{
    int rank = hostlist_find (names, host);

    if (rank < 0 && hostlist_append (names, host) >= 0)
        rank = hostlist_count (names) - 1;
    return rank;
}

static int add_hosts (struct rset *r,
                      struct hostlist *names,
                      struct hostlist *hosts,
                      const struct idset *cores,
                      const struct idset *gpus,
                      struct idset *ranks)
{
    const char *host;
    int rank;

    for (host = hostlist_first (hosts); host; host = hostlist_next (hosts)) {
        if ((rank = rank_of (names, host)) < 0 || rank >= HOSTS_MAX
            || rset_add (r, rank, host, cores, gpus) < 0
            || idset_set (ranks, rank) < 0)
            return -1;
    }
    return 0;
}

static int add_entry (struct rset *r,
                      struct hostlist *names,
                      json_t *entry,
                      flux_error_t *error)
{
    struct idset *cores = NULL, *gpus = NULL;
    struct idset *ranks = idset_create (0, IDSET_FLAG_AUTOGROW);
    struct hostlist *hosts = NULL;
    const char *s;
    int rc = -1;

    if (check_keys (entry, error) < 0
        || get_string (entry, "hosts", "config: hosts", &s, error) < 0
        || get_ids (entry, "cores", &cores, error) < 0
        || get_ids (entry, "gpus", &gpus, error) < 0)
        goto done;
    if (!s || !(hosts = hostlist_decode (s)) || hostlist_count (hosts) == 0
        || hostlist_count (hosts) > HOSTS_MAX) {
        err_set (error,
                 EINVAL,
                 "resource.config: hosts: '%s' is not a list of hosts",
                 s ? s : "");
        goto done;
    }
    if (!ranks || add_hosts (r, names, hosts, cores, gpus, ranks) < 0)
        err_set (error, EINVAL, "resource.config: hosts %s cannot be added", s);
    else
        rc = set_properties (r,
                             json_object_get (entry, "properties"),
                             ranks,
                             error);
done:
    hostlist_destroy (hosts);
    idset_destroy (ranks);
    idset_destroy (cores);
    idset_destroy (gpus);
    return rc;
}

static int check_cores (const struct rset *r, flux_error_t *error)
{
    if (r->count == 0)
        return err_set (error, EINVAL, "resource.config: no hosts configured");
    for (size_t i = 0; i < r->count; i++) {
        if (idset_empty (r->nodes[i].cores))
            return err_set (error,
                            EINVAL,
                            "resource.config: host %s has no cores",
                            r->nodes[i].host);
    }
    return 0;
}

static struct rset *from_entries (json_t *entries, flux_error_t *error)
{
    struct hostlist *names = hostlist_create ();
    struct rset *r = rset_create ();
    json_t *entry;
    size_t i;
    int rc = names && r ? 0 : err_set (error, ENOMEM, "out of memory");

    if (rc == 0 && !json_is_array (entries))
        rc = type_error ("config", "an array of tables", error);
    json_array_foreach (entries, i, entry)
    {
        if (rc == 0)
            rc = add_entry (r, names, entry, error);
    }
    hostlist_destroy (names);
    if (rc == 0 && check_cores (r, error) == 0)
        return r;
    rset_destroy (r);
    return NULL;
}

/* A file that holds one JSON object, as text. */
static char *read_json (const char *label,
                        const char *path,
                        flux_error_t *error)
{
    json_error_t why;
    json_t *o = json_load_file (path, 0, &why);
    char *s = NULL;

    if (!o)
        return err_null (error, EINVAL, "%s: %s: %s", label, path, why.text);
    if (!json_is_object (o))
        err_set (error, EINVAL, "%s: %s: not an object", label, path);
    else if (!(s = json_dumps (o, JSON_COMPACT)))
        err_set (error, ENOMEM, "out of memory");
    json_decref (o);
    return s;
}

struct rset *resource_file_load (const char *label,
                                 const char *path,
                                 flux_error_t *error)
{
    char *s = read_json (label, path, error);
    flux_error_t why;
    struct rset *r;

    if (!s)
        return NULL;
    if (!(r = rjson_decode (s, &why)))
        err_set (error, EINVAL, "%s: %s: %s", label, path, why.text);
    else if (r->count == 0) {
        err_set (error, EINVAL, "%s: %s: no resources", label, path);
        rset_destroy (r);
        r = NULL;
    }
    free (s);
    return r;
}

static int set_scheduling (struct rset *r,
                           const char *path,
                           flux_error_t *error)
{
    char *s = read_json ("resource.scheduling", path, error);
    int rc;

    if (!s)
        return -1;
    if ((rc = rset_set_scheduling (r, s)) < 0)
        err_set (error, ENOMEM, "out of memory");
    free (s);
    return rc;
}

int resource_config_load (const json_t *config,
                          struct rset **r,
                          flux_error_t *error)
{
    json_t *o = json_object_get (config, "resource");
    json_t *entries = json_object_get (o, "config");
    const char *path, *scheduling;

    *r = NULL;
    if (get_string (o, "path", "path", &path, error) < 0
        || get_string (o, "scheduling", "scheduling", &scheduling, error) < 0)
        return -1;
    if (!entries && !path)
        return 0;
    *r = entries ? from_entries (entries, error)
                 : resource_file_load ("resource.path", path, error);
    if (*r && scheduling && set_scheduling (*r, scheduling, error) < 0) {
        rset_destroy (*r);
        *r = NULL;
    }
    return *r ? 0 : -1;
}
