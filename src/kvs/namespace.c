/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Namespaces: who owns them, and their roots. */

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "kvs/private.h"

#define NAME_MAX_LENGTH 255
/* The store's key of a namespace is this and its name. */
#define PREFIX "namespace."

/* ---- the table ---- */

static void namespace_free (struct namespace *ns)
{
    if (!ns)
        return;
    free (ns->name);
    free (ns);
}

static struct namespace *namespace_add (struct kvs *k, const char *name)
{
    struct namespace *ns = calloc (1, sizeof (*ns));

    if (!ns || !(ns->name = strdup (name))) {
        namespace_free (ns);
        return NULL;
    }
    HASH_ADD_KEYPTR (hh, k->namespaces, ns->name, strlen (ns->name), ns);
    return ns;
}

static void namespace_drop (struct kvs *k, struct namespace *ns)
{
    HASH_DEL (k->namespaces, ns);
    namespace_free (ns);
}

struct namespace *namespace_find (struct kvs *k, const char *name)
{
    struct namespace *ns;

    HASH_FIND_STR (k->namespaces, name, ns);
    if (ns && ns->visible)
        return ns;
    errno = ENOTSUP;
    return NULL;
}

static int put_record (struct kvs *k, const char *name, const char *text)
{
    char *key;
    int rc;

    if (asprintf (&key, PREFIX "%s", name) < 0)
        return -1;
    rc = store_value_put (k->store,
                          KVS_STORE_ID,
                          key,
                          text,
                          text ? strlen (text) : 0);
    free (key);
    return rc;
}

int namespace_save (struct kvs *k, struct namespace *ns)
{
    json_t *o = json_pack ("{s:I s:i s:i s:s}",
                           "owner",
                           (json_int_t)ns->owner,
                           "flags",
                           ns->flags,
                           "rootseq",
                           ns->head.seq,
                           "rootref",
                           ns->head.ref);
    char *text = o ? json_dumps (o, JSON_COMPACT) : NULL;
    int rc = text ? put_record (k, ns->name, text) : -1;

    free (text);
    json_decref (o);
    return rc;
}

/* ---- coming back ---- */

static int restore_one (struct kvs *k, const char *key, flux_error_t *error)
{
    struct namespace *ns;
    const char *ref;
    json_int_t owner;
    char *text;
    size_t len;
    json_t *o;

    if (store_value_get (k->store, KVS_STORE_ID, key, &text, &len) < 0)
        return err_set (error, errno, "kvs: reading %s", key);
    o = json_loadb (text, len, 0, NULL);
    free (text);
    if (!(ns = namespace_add (k, key + strlen (PREFIX)))
        || json_unpack (o,
                        "{s:I s:i s:i s:s}",
                        "owner",
                        &owner,
                        "flags",
                        &ns->flags,
                        "rootseq",
                        &ns->head.seq,
                        "rootref",
                        &ref)
               < 0
        || !blobref_valid (ref)) {
        json_decref (o);
        return err_set (error, EINVAL, "kvs: %s is not a namespace", key);
    }
    ns->owner = owner;
    strcpy (ns->head.ref, ref);
    ns->shown = ns->head;
    ns->visible = true;
    json_decref (o);
    return 0;
}

struct restoring {
    struct kvs *k;
    flux_error_t *error;
};

static int restore_cb (const char *key, void *arg)
{
    struct restoring *r = arg;

    if (strncmp (key, PREFIX, strlen (PREFIX)) != 0)
        return 0;
    return restore_one (r->k, key, r->error);
}

/* The blob of a directory with nothing in it, and its name. */
static int put_empty_dir (struct kvs *k, char *ref)
{
    static const char empty[] = "{\"data\":{},\"type\":\"dir\",\"ver\":1}";

    return blob_put (k->blobs, empty, sizeof (empty) - 1, ref);
}

int namespaces_restore (struct kvs *k, flux_error_t *error)
{
    struct restoring restoring = { k, error };
    struct namespace *ns;

    if (error)
        error->text[0] = '\0';
    if (store_each_value (k->store, KVS_STORE_ID, restore_cb, &restoring) < 0) {
        if (error && error->text[0] == '\0')
            err_set (error, errno, "kvs: reading the store");
        return -1;
    }
    HASH_FIND_STR (k->namespaces, KVS_PRIMARY_NAMESPACE, ns);
    if (!ns) {
        if (!(ns = namespace_add (k, KVS_PRIMARY_NAMESPACE))
            || put_empty_dir (k, ns->head.ref) < 0)
            return err_set (error, errno, "kvs: making a namespace");
        ns->shown = ns->head;
        ns->visible = true;
    }
    ns->owner = router_owner (k->r);
    k->primary = ns;
    if (namespace_save (k, ns) < 0)
        return err_set (error, errno, "kvs: making a namespace");
    return 0;
}

/* ---- create and remove ---- */

/* What is to be done when the batch is durable. */
struct change {
    struct kvs *k;
    struct namespace *ns;
    const flux_msg_t *msg;
    uint64_t ticket;
};

static int change_begin (struct kvs *k,
                         struct namespace *ns,
                         const flux_msg_t *msg,
                         void (*cb) (void *arg, int errnum))
{
    struct change *c = calloc (1, sizeof (*c));

    if (!c)
        return REQUEST_ERROR;
    c->k = k;
    c->ns = ns;
    c->msg = flux_msg_incref (msg);
    c->ticket = blobs_ticket (k->blobs);
    if (manager_when_durable (k->m, cb, c) == 0)
        return REQUEST_LATER;
    flux_msg_decref (c->msg);
    free (c);
    return REQUEST_ERROR;
}

static void change_end (struct change *c, int errnum)
{
    if (errnum == 0) {
        blobs_durable (c->k->blobs, c->ticket);
        router_respond (c->k->r, c->msg, NULL);
    }
    else
        router_respond_error (c->k->r, c->msg, errnum, NULL);
    flux_msg_decref (c->msg);
    free (c);
}

static void create_done (void *arg, int errnum)
{
    struct change *c = arg;

    if (errnum == 0)
        c->ns->visible = true;
    change_end (c, errnum);
}

static bool name_taken (struct kvs *k, const char *name)
{
    struct namespace *ns;

    HASH_FIND_STR (k->namespaces, name, ns);
    return ns || jobkeys_namespace (k, name);
}

static int check_create (struct kvs *k,
                         const char *name,
                         const char *ref,
                         int flags,
                         flux_error_t *error)
{
    json_t *dir = NULL;

    if (!*name || strlen (name) > NAME_MAX_LENGTH)
        return err_set (error,
                        EINVAL,
                        "a namespace's name has 1 to %d bytes",
                        NAME_MAX_LENGTH);
    if (flags != 0)
        return err_set (error, EINVAL, "flags 0x%x are not known", flags);
    if (name_taken (k, name)) {
        errno = EEXIST;
        return -1;
    }
    if (!blobref_valid (ref))
        return err_set (error, EINVAL, "rootref %.64s is no blobref", ref);
    if (!(dir = blob_get_dir (k->blobs, ref)))
        return err_set (error, errno, "rootref %s is not a directory", ref);
    json_decref (dir);
    return 0;
}

static int handle_create (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct kvs *k = arg;
    char empty[BLOBREF_SIZE];
    const char *name, *ref = NULL;
    struct namespace *ns;
    json_int_t owner;
    int flags;

    if (flux_msg_unpack (msg,
                         "{s:s s?s s:I s:i}",
                         "namespace",
                         &name,
                         "rootref",
                         &ref,
                         "owner",
                         &owner,
                         "flags",
                         &flags)
        < 0)
        return err_set (error,
                        EPROTO,
                        "invalid payload: namespace, rootref, owner, flags");
    if (put_empty_dir (k, empty) < 0
        || check_create (k, name, ref ? ref : empty, flags, error) < 0
        || !(ns = namespace_add (k, name)))
        return REQUEST_ERROR;
    ns->owner = (uint32_t)owner == FLUX_USERID_UNKNOWN ? router_owner (r)
                                                       : (uint32_t)owner;
    ns->flags = flags;
    strcpy (ns->head.ref, ref ? ref : empty);
    ns->shown = ns->head;
    if (namespace_save (k, ns) < 0
        || change_begin (k, ns, msg, create_done) == REQUEST_ERROR) {
        namespace_drop (k, ns);
        return REQUEST_ERROR;
    }
    return REQUEST_LATER;
}

static void version_wait_end (struct kvs *k, struct version_wait *w, int errnum)
{
    DL_DELETE (k->waits, w);
    if (errnum != 0)
        router_respond_error (k->r, w->msg, errnum, NULL);
    else
        router_respond_pack (k->r,
                             w->msg,
                             "{s:i s:s}",
                             "rootseq",
                             w->ns->shown.seq,
                             "rootref",
                             w->ns->shown.ref);
    flux_msg_decref (w->msg);
    free (w);
}

static void remove_done (void *arg, int errnum)
{
    struct change *c = arg;
    struct kvs *k = c->k;
    struct namespace *ns = c->ns;
    struct version_wait *w, *tmp;

    if (errnum == 0) {
        DL_FOREACH_SAFE (k->waits, w, tmp)
        {
            if (w->ns == ns)
                version_wait_end (k, w, ENOTSUP);
        }
        HASH_DEL (k->namespaces, ns);
        watches_namespace_removed (k->watches, ns->name);
        namespace_free (ns);
    }
    change_end (c, errnum);
}

static int handle_remove (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct kvs *k = arg;
    struct namespace *ns;
    const char *name;

    if (flux_msg_unpack (msg, "{s:s}", "namespace", &name) < 0)
        return err_set (error, EPROTO, "invalid payload: namespace");
    if (!strcmp (name, KVS_PRIMARY_NAMESPACE)) {
        errno = ENOTSUP;
        return REQUEST_ERROR;
    }
    /* Who removes twice has what he wants. */
    if (!(ns = namespace_find (k, name)) || ns->removing)
        return router_respond (r, msg, NULL);
    if (put_record (k, name, NULL) < 0
        || change_begin (k, ns, msg, remove_done) == REQUEST_ERROR)
        return REQUEST_ERROR;
    ns->removing = true;
    return REQUEST_LATER;
}

/* ---- questions ---- */

static int handle_list (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct kvs *k = arg;
    json_t *list = json_array ();
    struct namespace *ns, *tmp;

    HASH_ITER (hh, k->namespaces, ns, tmp)
    {
        if (ns->visible)
            json_array_append_new (list,
                                   json_pack ("{s:s s:I s:i}",
                                              "namespace",
                                              ns->name,
                                              "owner",
                                              (json_int_t)ns->owner,
                                              "flags",
                                              ns->flags));
    }
    return router_respond_pack (r, msg, "{s:o}", "namespaces", list);
}

/* NULL and ENOTSUP, EPERM. */
static struct namespace *find_for (struct kvs *k,
                                   const flux_msg_t *msg,
                                   const char *name)
{
    struct namespace *ns = namespace_find (k, name);

    if (ns && !router_may (msg, ns->owner)) {
        errno = EPERM;
        return NULL;
    }
    return ns;
}

static int handle_getroot (struct router *r,
                           const flux_msg_t *msg,
                           void *arg,
                           flux_error_t *error)
{
    struct kvs *k = arg;
    struct namespace *ns;
    const char *name;

    if (flux_msg_unpack (msg, "{s:s}", "namespace", &name) < 0)
        return err_set (error, EPROTO, "invalid payload: namespace");
    if (!(ns = find_for (k, msg, name)))
        return REQUEST_ERROR;
    return router_respond_pack (r,
                                msg,
                                "{s:I s:i s:s s:i s:s}",
                                "owner",
                                (json_int_t)ns->owner,
                                "rootseq",
                                ns->shown.seq,
                                "rootref",
                                ns->shown.ref,
                                "flags",
                                ns->flags,
                                "namespace",
                                ns->name);
}

static int handle_wait (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct kvs *k = arg;
    struct version_wait *w;
    struct namespace *ns;
    const char *name;
    int seq;

    if (flux_msg_unpack (msg, "{s:i s:s}", "rootseq", &seq, "namespace", &name)
        < 0)
        return err_set (error, EPROTO, "invalid payload: rootseq, namespace");
    if (!(ns = find_for (k, msg, name)) || !(w = calloc (1, sizeof (*w))))
        return REQUEST_ERROR;
    w->msg = flux_msg_incref (msg);
    w->ns = ns;
    w->seq = seq;
    DL_APPEND (k->waits, w);
    if (ns->shown.seq < seq)
        return REQUEST_LATER;
    version_wait_end (k, w, 0);
    return REQUEST_DONE;
}

void namespace_advanced (struct kvs *k, struct namespace *ns)
{
    struct version_wait *w, *tmp;

    DL_FOREACH_SAFE (k->waits, w, tmp)
    {
        if (w->ns == ns && w->seq <= ns->shown.seq)
            version_wait_end (k, w, 0);
    }
}

void namespace_disconnect (struct kvs *k, const flux_msg_t *msg)
{
    struct version_wait *w, *tmp;

    DL_FOREACH_SAFE (k->waits, w, tmp)
    {
        if (flux_disconnect_match (msg, w->msg)) {
            DL_DELETE (k->waits, w);
            flux_msg_decref (w->msg);
            free (w);
        }
    }
}

static const struct request_row rows[] = {
    { "kvs.namespace-create", FLUX_ROLE_OWNER, 0, handle_create },
    { "kvs.namespace-remove", FLUX_ROLE_OWNER, 0, handle_remove },
    { "kvs.namespace-list", FLUX_ROLE_OWNER, 0, handle_list },
    { "kvs.getroot", FLUX_ROLE_OWNER | FLUX_ROLE_USER, 0, handle_getroot },
    { "kvs.wait-version", FLUX_ROLE_OWNER | FLUX_ROLE_USER, 0, handle_wait },
    { NULL },
};

const struct request_row *namespace_requests (void)
{
    return rows;
}

void namespaces_destroy (struct kvs *k)
{
    struct namespace *ns, *tmp;

    while (k->waits)
        version_wait_end (k, k->waits, ENOSYS);
    HASH_ITER (hh, k->namespaces, ns, tmp)
    {
        namespace_drop (k, ns);
    }
}
