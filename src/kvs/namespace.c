/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Namespaces: who owns them, and their roots. */

#include <stdlib.h>
#include <string.h>

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

/* The blob of a directory with nothing in it, and its name. */
static int put_empty_dir (struct kvs *k, char *ref)
{
    static const char empty[] = "{\"data\":{},\"type\":\"dir\",\"ver\":1}";

    return blob_put (k->blobs, empty, sizeof (empty) - 1, ref);
}

struct namespace *namespace_add (struct kvs *k, const char *name)
{
    struct namespace *ns = calloc (1, sizeof (*ns));

    if (!ns || !(ns->name = strdup (name))
        || put_empty_dir (k, ns->head.ref) < 0) {
        namespace_free (ns);
        return NULL;
    }
    ns->shown = ns->head;
    HASH_ADD_KEYPTR (hh, k->namespaces, ns->name, strlen (ns->name), ns);
    return ns;
}

void namespace_unuse (struct kvs *k, struct namespace *ns)
{
    if (--ns->users > 0 || !ns->dropped)
        return;
    k->leaving--;
    namespace_free (ns);
}

struct namespace *namespace_find (struct kvs *k, const char *name)
{
    struct namespace *ns;

    HASH_FIND_STR (k->namespaces, name, ns);
    if (!ns)
        return guest_open (k, name);
    if (ns->visible)
        return ns;
    errno = ENOTSUP;
    return NULL;
}

static int put_record (struct kvs *k,
                       const struct namespace *ns,
                       const char *text)
{
    char guest[GUEST_KEY_SIZE];
    char *key = NULL;
    int rc;

    if (ns->job)
        guest_key (ns->job, guest);
    else if (asprintf (&key, PREFIX "%s", ns->name) < 0)
        return -1;
    rc = store_value_put (k->store,
                          KVS_STORE_ID,
                          key ? key : guest,
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
    int rc = text ? put_record (k, ns, text) : -1;

    free (text);
    json_decref (o);
    return rc;
}

/* ---- coming back ---- */

int namespace_load (struct kvs *k, const char *key, struct namespace *ns)
{
    const char *ref;
    json_int_t owner;
    char *text;
    size_t len;
    json_t *o;
    int rc = 0;

    if (store_value_get (k->store, KVS_STORE_ID, key, &text, &len) < 0)
        return -1;
    o = json_loadb (text, len, 0, NULL);
    free (text);
    if (json_unpack (o,
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
        errno = EINVAL;
        rc = -1;
    }
    else {
        ns->owner = owner;
        strcpy (ns->head.ref, ref);
        ns->shown = ns->head;
        ns->visible = true;
    }
    json_decref (o);
    return rc;
}

static int restore_one (struct kvs *k, const char *key, flux_error_t *error)
{
    struct namespace *ns;

    if (!(ns = namespace_add (k, key + strlen (PREFIX))))
        return -1;
    if (namespace_load (k, key, ns) == 0)
        return 0;
    if (errno == EINVAL)
        return err_set (error, EINVAL, "kvs: %s is not a namespace", key);
    return err_set (error, errno, "kvs: reading %s", key);
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

int namespaces_restore (struct kvs *k, flux_error_t *error)
{
    struct restoring restoring = { k, error };
    struct namespace *ns;

    if (error)
        error->text[0] = '\0';
    if (store_each_value (k->store,
                          KVS_STORE_ID,
                          NULL,
                          0,
                          restore_cb,
                          &restoring)
        < 0) {
        if (error && error->text[0] == '\0')
            err_set (error, errno, "kvs: reading the store");
        return -1;
    }
    HASH_FIND_STR (k->namespaces, KVS_PRIMARY_NAMESPACE, ns);
    if (!ns) {
        if (!(ns = namespace_add (k, KVS_PRIMARY_NAMESPACE)))
            return err_set (error, errno, "kvs: making a namespace");
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
    return ns || guest_job (k, name);
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
    if (!ref)
        return 0;
    if (!blobref_valid (ref))
        return err_set (error, EINVAL, "rootref %.64s is no blobref", ref);
    if (!(dir = blob_get_dir (k->blobs, ref)))
        return err_set (error, errno, "rootref %s is not a directory", ref);
    json_decref (dir);
    return collector_used (k->collector, ref, true);
}

static int handle_create (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct kvs *k = arg;
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
    if (check_create (k, name, ref, flags, error) < 0
        || !(ns = namespace_add (k, name)))
        return REQUEST_ERROR;
    ns->owner = (uint32_t)owner == FLUX_USERID_UNKNOWN ? router_owner (r)
                                                       : (uint32_t)owner;
    ns->flags = flags;
    if (ref)
        strcpy (ns->head.ref, ref);
    ns->shown = ns->head;
    if (namespace_save (k, ns) < 0
        || change_begin (k, ns, msg, create_done) == REQUEST_ERROR) {
        HASH_DEL (k->namespaces, ns);
        namespace_free (ns);
        return REQUEST_ERROR;
    }
    return REQUEST_LATER;
}

void namespace_drop (struct kvs *k, struct namespace *ns)
{
    roots_dropped (k, ns);
    HASH_DEL (k->namespaces, ns);
    watches_namespace_removed (k->watches, ns->name);
    ns->dropped = true;
    if (ns->users > 0)
        k->leaving++;
    else
        namespace_free (ns);
}

static void remove_done (void *arg, int errnum)
{
    struct change *c = arg;

    if (errnum == 0)
        namespace_drop (c->k, c->ns);
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
    if (ns->job)
        return err_set (error,
                        EBUSY,
                        "%s belongs to an active job, and goes with it",
                        name);
    if (put_record (k, ns, NULL) < 0
        || change_begin (k, ns, msg, remove_done) == REQUEST_ERROR)
        return REQUEST_ERROR;
    ns->removing = true;
    return REQUEST_LATER;
}

static void list_one (json_t *list, const char *name, uint32_t owner, int flags)
{
    json_array_append_new (list,
                           json_pack ("{s:s s:I s:i}",
                                      "namespace",
                                      name,
                                      "owner",
                                      (json_int_t)owner,
                                      "flags",
                                      flags));
}

/* Namespaces of running jobs are there though nobody asked for them yet. */
static int handle_list (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct kvs *k = arg;
    json_t *list = json_array ();
    struct namespace *ns, *tmp;
    struct job *job, *jtmp;

    HASH_ITER (hh, k->namespaces, ns, tmp)
    {
        if (ns->visible)
            list_one (list, ns->name, ns->owner, ns->flags);
    }
    JOB_FOREACH_SAFE (manager_jobs (k->m), job, jtmp)
    {
        char name[64];

        if (!job_is_running (job))
            continue;
        snprintf (name, sizeof (name), "job-%ju", (uintmax_t)job->id);
        HASH_FIND_STR (k->namespaces, name, ns);
        if (!ns)
            list_one (list, name, job->userid, 0);
    }
    return router_respond_pack (r, msg, "{s:o}", "namespaces", list);
}

static const struct request_row rows[] = {
    { "kvs.namespace-create", FLUX_ROLE_OWNER, 0, handle_create },
    { "kvs.namespace-remove", FLUX_ROLE_OWNER, 0, handle_remove },
    { "kvs.namespace-list", FLUX_ROLE_OWNER, 0, handle_list },
    { NULL },
};

const struct request_row *namespace_requests (void)
{
    return rows;
}

void namespaces_destroy (struct kvs *k)
{
    struct namespace *ns, *tmp;

    HASH_ITER (hh, k->namespaces, ns, tmp)
    {
        HASH_DEL (k->namespaces, ns);
        namespace_free (ns);
    }
}
