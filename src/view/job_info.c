/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-info.lookup: what is stored of a job, by key (RFC 41, keys of RFC 16). */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view/private.h"
#include "view/view.h"

struct info_view {
    struct view *v;
};

struct current {
    char *jobspec;
    char *R;
};

static int save_current (const struct store_job *sj, void *arg)
{
    struct current *c = arg;

    c->jobspec = sj->jobspec ? strdup (sj->jobspec) : NULL;
    c->R = sj->R ? strdup (sj->R) : NULL;
    return 0;
}

static char *from_row (struct view *v, uint64_t id, const char *key)
{
    bool spec = !strcmp (key, "jobspec");
    struct current c = { 0 };

    (void)store_job_get (v->store, id, save_current, &c);
    free (spec ? c.R : c.jobspec);
    return spec ? c.jobspec : c.R;
}

/* jobspec and R have a first and a current form.  A job's row has its jobspec
 * as it is now, and an R that was updated; the values of these keys are a
 * jobspec before it was updated, and R as it was given.  All else is a value
 * or a log by its key.  NULL and ENOENT.
 */
char *view_lookup (struct view *v, uint64_t id, const char *key, bool current)
{
    bool two = !strcmp (key, "jobspec") || !strcmp (key, "R");
    char *data = NULL;
    size_t len;

    if (two && current && (data = from_row (v, id, key)))
        return data;
    if (store_value_get (v->store, id, key, &data, &len) == 0)
        return data;
    if (!two)
        return store_log_get (v->store, id, key, &data, &len) < 0 ? NULL : data;
    if (!current)
        data = from_row (v, id, key);
    if (!data)
        errno = ENOENT;
    return data;
}

static int add_value (json_t *reply,
                      const char *key,
                      const char *data,
                      bool decode)
{
    json_t *value = NULL;

    if (decode && (!strcmp (key, "jobspec") || !strcmp (key, "R")))
        value = json_loads (data, JSON_DECODE_ANY, NULL);
    if (!value)
        value = json_string (data);
    return json_object_set_new (reply, key, value);
}

struct lookup {
    json_int_t id;
    json_t *keys;
    int flags;
};

static int lookup_unpack (json_t *o, struct lookup *l, flux_error_t *error)
{
    const int known = FLUX_JOB_LOOKUP_JSON_DECODE | FLUX_JOB_LOOKUP_CURRENT;
    json_error_t jerror;

    if (json_unpack_ex (o,
                        &jerror,
                        0,
                        "{s:I s:o s:i}",
                        "id",
                        &l->id,
                        "keys",
                        &l->keys,
                        "flags",
                        &l->flags)
            < 0
        || !json_is_array (l->keys))
        return err_set (error, EPROTO, "invalid payload: id, keys, flags");
    if (l->flags & ~known)
        return err_set (error,
                        EPROTO,
                        "lookup request rejected with invalid flag");
    return 0;
}

static int check_access (struct view *v,
                         const flux_msg_t *msg,
                         uint64_t id,
                         flux_error_t *error)
{
    uint32_t userid;

    if (view_owner (v, id, &userid) < 0)
        return err_set (error, ENOENT, "invalid job id");
    if (!router_may (msg, userid))
        return err_set (error,
                        EPERM,
                        "access is restricted to job/instance owner");
    return 0;
}

static json_t *lookup_all (struct view *v,
                           const struct lookup *l,
                           flux_error_t *error)
{
    json_t *reply = json_pack ("{s:I}", "id", l->id);
    size_t i;
    json_t *key;

    json_array_foreach (l->keys, i, key)
    {
        const char *name = json_string_value (key);
        char *data = NULL;
        if (!name)
            err_set (error, EPROTO, "invalid payload: a key is no string");
        else if (!(data = view_lookup (v,
                                       l->id,
                                       name,
                                       l->flags & FLUX_JOB_LOOKUP_CURRENT)))
            err_set (error, ENOENT, "%s: key not found", name);
        else {
            add_value (reply,
                       name,
                       data,
                       l->flags & FLUX_JOB_LOOKUP_JSON_DECODE);
            free (data);
            continue;
        }
        json_decref (reply);
        return NULL;
    }
    return reply;
}

static int lookup_cb (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    struct info_view *iv = arg;
    struct lookup l;
    int rc = REQUEST_ERROR;
    json_t *reply = NULL;
    char *text = NULL;
    json_t *o;

    if ((o = view_payload (msg, error)) && lookup_unpack (o, &l, error) == 0
        && check_access (iv->v, msg, l.id, error) == 0
        && (reply = lookup_all (iv->v, &l, error))) {
        if ((text = json_dumps (reply, JSON_COMPACT)))
            rc = router_respond (r, msg, text);
    }
    free (text);
    json_decref (reply);
    json_decref (o);
    return rc;
}

static const struct request_row rows[] = {
    { "job-info.lookup", FLUX_ROLE_OWNER | FLUX_ROLE_USER, 0, lookup_cb },
    { NULL },
};

struct info_view *info_view_create (struct view *v)
{
    struct info_view *iv;

    if (!(iv = calloc (1, sizeof (*iv))))
        return NULL;
    iv->v = v;
    if (router_methods_add (v->r, rows, iv) < 0) {
        free (iv);
        return NULL;
    }
    return iv;
}

void info_view_destroy (struct info_view *iv)
{
    if (!iv)
        return;
    router_methods_remove (iv->v->r, rows);
    free (iv);
}
