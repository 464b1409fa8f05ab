/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvs/blob.h"
#include "kvs/treeobj.h"
#include "wire/base64.h"

static const struct {
    const char *name;
    enum treeobj_type type;
} types[] = {
    { "val", TREE_VAL },       { "valref", TREE_VALREF },   { "dir", TREE_DIR },
    { "dirref", TREE_DIRREF }, { "symlink", TREE_SYMLINK },
};

enum treeobj_type treeobj_type (json_t *o, json_t **data)
{
    const char *name;
    json_t *d;
    int ver;

    if (json_unpack (o, "{s:i s:s s:o}", "ver", &ver, "type", &name, "data", &d)
            < 0
        || ver != 1)
        return TREE_BAD;
    if (data)
        *data = d;
    for (size_t i = 0; i < sizeof (types) / sizeof (types[0]); i++) {
        if (strcmp (types[i].name, name) == 0)
            return types[i].type;
    }
    return TREE_BAD;
}

/* ---- checks ---- */

static bool valid_refs (json_t *data)
{
    json_t *ref;
    size_t i;

    if (!json_is_array (data))
        return false;
    json_array_foreach (data, i, ref)
    {
        if (!json_is_string (ref) || !blobref_valid (json_string_value (ref)))
            return false;
    }
    return true;
}

static bool valid_link (json_t *data)
{
    const char *target, *ns = "x";

    return json_unpack (data, "{s:s s?s}", "target", &target, "namespace", &ns)
               == 0
           && *target && *ns;
}

static bool valid_val (json_t *o)
{
    void *data;
    size_t len;

    if (!(data = treeobj_decode_val (o, &len)))
        return false;
    free (data);
    return true;
}

static bool valid_dir (json_t *data, flux_error_t *error)
{
    const char *name;
    json_t *entry;

    if (!json_is_object (data))
        return false;
    json_object_foreach (data, name, entry)
    {
        if (!*name || strchr (name, '.') || treeobj_check (entry, error) < 0)
            return false;
    }
    return true;
}

int treeobj_check (json_t *o, flux_error_t *error)
{
    json_t *data;
    bool valid = false;

    switch (treeobj_type (o, &data)) {
    case TREE_BAD:
        break;
    case TREE_VAL:
        valid = valid_val (o);
        break;
    case TREE_VALREF:
        valid = valid_refs (data);
        break;
    case TREE_DIRREF:
        valid = valid_refs (data) && json_array_size (data) == 1;
        break;
    case TREE_DIR:
        valid = valid_dir (data, error);
        break;
    case TREE_SYMLINK:
        valid = valid_link (data);
        break;
    }
    if (!valid)
        return err_set (error, EPROTO, "not a tree object of RFC 11");
    return 0;
}

/* ---- making ---- */

/* Takes over data. */
static json_t *make (const char *type, json_t *data)
{
    json_t *o = NULL;

    if (data)
        o = json_pack ("{s:i s:s s:o}", "ver", 1, "type", type, "data", data);
    if (!o)
        errno = ENOMEM;
    return o;
}

json_t *treeobj_val (const void *data, size_t len)
{
    char *s = base64_encode (data, len);
    json_t *o = s ? make ("val", json_string (s)) : NULL;

    free (s);
    return o;
}

json_t *treeobj_dir (void)
{
    return make ("dir", json_object ());
}

json_t *treeobj_dirref (const char *ref)
{
    return make ("dirref", json_pack ("[s]", ref));
}

json_t *treeobj_valref (void)
{
    return make ("valref", json_array ());
}

void *treeobj_decode_val (json_t *o, size_t *len)
{
    json_t *data;

    if (treeobj_type (o, &data) != TREE_VAL || !json_is_string (data)) {
        errno = EINVAL;
        return NULL;
    }
    return base64_decode (json_string_value (data),
                          json_string_length (data),
                          len);
}
