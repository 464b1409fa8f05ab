/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/core.h>
#include <flux/kvs.h>

#include "lib/kvs_private.h"

struct flux_kvsdir {
    flux_t *h;
    char *rootref;
    char *key;
    json_t *object;
    json_t *entries; /* in object */
    int refs;
};

struct flux_kvsitr {
    char **names;
    size_t count;
    size_t next;
};

flux_kvsdir_t *flux_kvsdir_create (flux_t *handle,
                                   const char *rootref,
                                   const char *key,
                                   const char *json_str)
{
    flux_kvsdir_t *dir;
    const char *type;

    if (!key || !json_str) {
        errno = EINVAL;
        return NULL;
    }
    if (!(dir = calloc (1, sizeof (*dir))))
        return NULL;
    dir->refs = 1;
    dir->h = handle;
    if (!(dir->key = strdup (key))
        || (rootref && !(dir->rootref = strdup (rootref))))
        goto error;
    if (!(dir->object = kvs_treeobj_decode (json_str))
        || json_unpack (dir->object,
                        "{s:s s:o}",
                        "type",
                        &type,
                        "data",
                        &dir->entries)
               < 0
        || strcmp (type, "dir") != 0 || !json_is_object (dir->entries)) {
        errno = EINVAL;
        goto error;
    }
    return dir;
error:
    flux_kvsdir_destroy (dir);
    return NULL;
}

void flux_kvsdir_incref (flux_kvsdir_t *dir)
{
    if (dir)
        dir->refs++;
}

void flux_kvsdir_destroy (flux_kvsdir_t *dir)
{
    int saved_errno = errno;

    if (!dir || --dir->refs > 0)
        return;
    free (dir->rootref);
    free (dir->key);
    json_decref (dir->object);
    free (dir);
    errno = saved_errno;
}

flux_kvsdir_t *flux_kvsdir_copy (const flux_kvsdir_t *dir)
{
    flux_kvsdir_t *copy;
    char *s;

    if (!dir) {
        errno = EINVAL;
        return NULL;
    }
    if (!(s = json_dumps (dir->object, JSON_COMPACT))) {
        errno = ENOMEM;
        return NULL;
    }
    copy = flux_kvsdir_create (dir->h, dir->rootref, dir->key, s);
    free (s);
    return copy;
}

void flux_kvsitr_destroy (flux_kvsitr_t *itr)
{
    int saved_errno = errno;

    if (!itr)
        return;
    for (size_t i = 0; i < itr->count; i++)
        free (itr->names[i]);
    free (itr->names);
    free (itr);
    errno = saved_errno;
}

flux_kvsitr_t *flux_kvsitr_create (const flux_kvsdir_t *dir)
{
    flux_kvsitr_t *itr;
    const char *name;
    json_t *entry;

    if (!dir) {
        errno = EINVAL;
        return NULL;
    }
    if (!(itr = calloc (1, sizeof (*itr)))
        || !(itr->names = calloc (json_object_size (dir->entries) + 1,
                                  sizeof (*itr->names)))) {
        free (itr);
        return NULL;
    }
    json_object_foreach (dir->entries, name, entry)
    {
        if (!(itr->names[itr->count] = strdup (name))) {
            flux_kvsitr_destroy (itr);
            return NULL;
        }
        itr->count++;
    }
    return itr;
}

const char *flux_kvsitr_next (flux_kvsitr_t *itr)
{
    if (!itr || itr->next == itr->count)
        return NULL;
    return itr->names[itr->next++];
}

void flux_kvsitr_rewind (flux_kvsitr_t *itr)
{
    if (itr)
        itr->next = 0;
}

int flux_kvsdir_get_size (const flux_kvsdir_t *dir)
{
    if (!dir) {
        errno = EINVAL;
        return -1;
    }
    return json_object_size (dir->entries);
}

bool flux_kvsdir_exists (const flux_kvsdir_t *dir, const char *name)
{
    return dir && name && json_object_get (dir->entries, name);
}

static bool has_type (const flux_kvsdir_t *dir,
                      const char *name,
                      const char *type)
{
    json_t *entry = dir && name ? json_object_get (dir->entries, name) : NULL;
    const char *t = json_string_value (json_object_get (entry, "type"));

    return t && strcmp (t, type) == 0;
}

bool flux_kvsdir_isdir (const flux_kvsdir_t *dir, const char *name)
{
    return has_type (dir, name, "dir") || has_type (dir, name, "dirref");
}

bool flux_kvsdir_issymlink (const flux_kvsdir_t *dir, const char *name)
{
    return has_type (dir, name, "symlink");
}

const char *flux_kvsdir_key (const flux_kvsdir_t *dir)
{
    return dir ? dir->key : NULL;
}

void *flux_kvsdir_handle (const flux_kvsdir_t *dir)
{
    return dir ? dir->h : NULL;
}

const char *flux_kvsdir_rootref (const flux_kvsdir_t *dir)
{
    return dir ? dir->rootref : NULL;
}

char *flux_kvsdir_key_at (const flux_kvsdir_t *dir, const char *key)
{
    char *s;

    if (!dir || !key) {
        errno = EINVAL;
        return NULL;
    }
    if (strcmp (dir->key, ".") == 0)
        return strdup (key);
    if (asprintf (&s, "%s.%s", dir->key, key) < 0)
        return NULL;
    return s;
}
