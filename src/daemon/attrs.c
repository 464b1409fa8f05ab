/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The attribute table, and attr.get, attr.set, attr.rm and attr.list. */

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "daemon/attrs.h"
#include "daemon/attrs_initial.h"
#include "daemon/parts.h"

struct attr {
    char *name;
    char *value;
    int flags;
    UT_hash_handle hh;
};

struct attrs {
    struct attr *table;
};

static struct attr *find (struct broker *b, const char *name)
{
    struct attr *a;

    HASH_FIND_STR (b->attrs->table, name, a);
    return a;
}

static void attr_destroy (struct broker *b, struct attr *a)
{
    HASH_DEL (b->attrs->table, a);
    free (a->name);
    free (a->value);
    free (a);
}

static struct attr *attr_create (struct broker *b, const char *name, int flags)
{
    struct attr *a;

    if (!(a = calloc (1, sizeof (*a))) || !(a->name = strdup (name))) {
        free (a);
        return NULL;
    }
    a->flags = flags;
    HASH_ADD_KEYPTR (hh, b->attrs->table, a->name, strlen (a->name), a);
    return a;
}

const char *attrs_get (struct broker *b, const char *name)
{
    struct attr *a = find (b, name);

    if (!a || !a->value) {
        errno = ENOENT;
        return NULL;
    }
    return a->value;
}

int attrs_get_int (struct broker *b, const char *name, int otherwise)
{
    const char *s = attrs_get (b, name);
    char *end;
    long n;

    if (!s || *s == '\0')
        return otherwise;
    n = strtol (s, &end, 10);
    return *end == '\0' ? (int)n : otherwise;
}

int attrs_set (struct broker *b, const char *name, const char *value, int flags)
{
    struct attr *a = find (b, name);
    char *copy = NULL;

    if (value && !(copy = strdup (value)))
        return -1;
    if (!a && !(a = attr_create (b, name, flags))) {
        free (copy);
        return -1;
    }
    a->flags |= flags;
    free (a->value);
    a->value = copy;
    return 0;
}

static int get_cb (struct router *r,
                   const flux_msg_t *msg,
                   void *arg,
                   flux_error_t *error)
{
    struct broker *b = arg;
    struct attr *a;
    const char *name;

    if (flux_msg_unpack (msg, "{s:s}", "name", &name) < 0)
        return REQUEST_ERROR;
    if (!(a = find (b, name)) || !a->value) {
        errno = ENOENT;
        return REQUEST_ERROR;
    }
    router_respond_pack (r,
                         msg,
                         "{s:s s:i}",
                         "value",
                         a->value,
                         "flags",
                         a->flags & ATTR_IMMUTABLE);
    return REQUEST_DONE;
}

/* May a client change the attribute? */
static int check_set (struct attr *a, bool force, flux_error_t *error)
{
    if (!a && !force)
        return err_set (error, ENOENT, "unknown attribute");
    if (!a)
        return 0;
    if (!force && !(a->flags & ATTR_RUNTIME))
        return err_set (error, EINVAL, "attribute may not be updated");
    if ((a->flags & ATTR_IMMUTABLE))
        return err_set (error, EPERM, "attribute is immutable");
    return 0;
}

static int set_cb (struct router *r,
                   const flux_msg_t *msg,
                   void *arg,
                   flux_error_t *error)
{
    struct broker *b = arg;
    const char *name;
    const char *value;
    struct attr *a;
    int force = 0;

    if (flux_msg_unpack (msg,
                         "{s:s s:s s?b}",
                         "name",
                         &name,
                         "value",
                         &value,
                         "force",
                         &force)
        < 0)
        return REQUEST_ERROR;
    a = find (b, name);
    if (check_set (a, force, error) < 0
        || attrs_set (b, name, value, a ? 0 : ATTR_RUNTIME) < 0)
        return REQUEST_ERROR;
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

static int rm_cb (struct router *r,
                  const flux_msg_t *msg,
                  void *arg,
                  flux_error_t *error)
{
    struct broker *b = arg;
    const char *name;
    struct attr *a;

    if (flux_msg_unpack (msg, "{s:s}", "name", &name) < 0)
        return REQUEST_ERROR;
    if (!(a = find (b, name))) {
        errno = ENOENT;
        return REQUEST_ERROR;
    }
    if ((a->flags & ATTR_IMMUTABLE)) {
        errno = EPERM;
        return REQUEST_ERROR;
    }
    attr_destroy (b, a);
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

static int by_name (struct attr *a, struct attr *b)
{
    return strcmp (a->name, b->name);
}

static int list_cb (struct router *r,
                    const flux_msg_t *msg,
                    void *arg,
                    flux_error_t *error)
{
    struct broker *b = arg;
    json_t *names = json_array ();
    struct attr *a, *tmp;

    HASH_SORT (b->attrs->table, by_name);
    HASH_ITER (hh, b->attrs->table, a, tmp)
    json_array_append_new (names, json_string (a->name));
    router_respond_pack (r, msg, "{s:o}", "names", names);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "attr.get", FLUX_ROLE_ALL, 0, get_cb },
    { "attr.set", FLUX_ROLE_OWNER, 0, set_cb },
    { "attr.rm", FLUX_ROLE_OWNER, 0, rm_cb },
    { "attr.list", FLUX_ROLE_ALL, 0, list_cb },
    { NULL },
};

int attrs_start (struct broker *b, void **data, flux_error_t *error)
{
    if (!(b->attrs = calloc (1, sizeof (*b->attrs))))
        return err_set (error, ENOMEM, "out of memory");
    if (attrs_initial (b, error) < 0
        || router_methods_add (b->router, rows, b) < 0) {
        int saved_errno = errno;

        attrs_stop (b, NULL);
        errno = saved_errno;
        return -1;
    }
    return 0;
}

void attrs_stop (struct broker *b, void *data)
{
    struct attr *a, *tmp;

    router_methods_remove (b->router, rows);
    HASH_ITER (hh, b->attrs->table, a, tmp)
    attr_destroy (b, a);
    free (b->attrs);
    b->attrs = NULL;
}
