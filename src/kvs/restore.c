/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvs/restore_private.h"

/* Operations, or bytes, that are made durable together. */
#define BATCH_OPS 500
#define BATCH_BYTES (8UL * 1024 * 1024)

/* Where the manager keeps the state of its queues. */
#define QUEUES_KEY "queue-status"

/* ---- batches ---- */

static void done_cb (uint64_t batch, int ret, const char *error, void *arg)
{
    struct restorer *r = arg;

    r->done = batch;
    if (ret < 0 && !r->failed) {
        r->failed = true;
        err_set (&r->error, errno, "%s", error ? error : strerror (errno));
    }
}

static int make_durable (struct restorer *r, flux_error_t *error)
{
    uint64_t ticket = blobs_ticket (r->k.blobs);
    uint64_t batch = store_commit (r->store);

    while (r->done < batch)
        loop_turn (r->loop, true);
    r->bytes = 0;
    if (r->failed)
        return err_set (error, EIO, "%s", r->error.text);
    blobs_durable (r->k.blobs, ticket);
    return 0;
}

static int apply (struct restorer *r,
                  char *root,
                  json_t *ops,
                  flux_error_t *error)
{
    if (json_array_size (ops) == 0)
        return 0;
    if (tree_apply (&r->k, root, ops, NULL, error) < 0)
        return -1;
    json_array_clear (ops);
    return 0;
}

/* Applying takes time in proportion to the directories: many at once. */
int restore_op (struct restorer *r,
                char *root,
                json_t *ops,
                const char *key,
                json_t *dirent,
                flux_error_t *error)
{
    json_t *op = json_pack ("{s:s s:o}", "key", key, "dirent", dirent);

    if (!op || json_array_append_new (ops, op) < 0)
        return err_set (error, ENOMEM, "out of memory");
    if (json_array_size (ops) < BATCH_OPS)
        return 0;
    return apply (r, root, ops, error);
}

/* ---- the state of the job manager ---- */

static void note_checkpoint (struct restorer *r, const char *text)
{
    json_t *o = json_loads (text, 0, NULL), *queues;
    json_int_t max_id = 0;
    char *saved;

    if (json_unpack (o, "{s:I s:o}", "max_jobid", &max_id, "queue", &queues)
        == 0) {
        json_t *state = json_pack ("{s:i s:O}", "version", 1, "queues", queues);
        if (state && (saved = json_dumps (state, JSON_COMPACT))) {
            (void)store_meta_put (r->store, QUEUES_KEY, saved, strlen (saved));
            free (saved);
        }
        json_decref (state);
    }
    r->max_id = max_id;
    json_decref (o);
}

/* An id whose job is gone is not given again. */
static int spend_max_id (struct restorer *r)
{
    struct rjob last = { .id = r->max_id }, *job;

    HASH_FIND (hh, r->jobs, &last.id, sizeof (last.id), job);
    if (last.id == 0 || job)
        return 0;
    if (restore_job_row (r, &last, NULL) < 0)
        return -1;
    return store_job_remove (r->store, last.id);
}

/* ---- entries ---- */

/* "./a/b" is a.b; NULL and EINVAL if it is no key. */
static char *key_of (const char *name, flux_error_t *error)
{
    char *key;

    while (*name == '/' || !strncmp (name, "./", 2))
        name++;
    if (!*name || !(key = strdup (name)))
        return err_null (error, EINVAL, "an entry has no name");
    for (char *s = key; *s; s++) {
        if (*s == '/')
            *s = '.';
    }
    return key;
}

static int put_key (struct restorer *r,
                    const char *key,
                    const void *data,
                    size_t len,
                    flux_error_t *error)
{
    json_t *val;
    bool taken;
    int rc = restore_job_part (r, key, data, len, &taken, error);

    if (taken || rc < 0)
        return rc;
    if (!strcmp (key, "resource.R")) /* seen, not stored */
        return 0;
    if (!strcmp (key, "checkpoint.job-manager")) {
        note_checkpoint (r, data);
        return 0;
    }
    if (!(val = treeobj_val (data, len)))
        return err_set (error, ENOMEM, "out of memory");
    return restore_op (r, r->root, r->ops, key, val, error);
}

int restorer_value (struct restorer *r,
                    const char *name,
                    const void *data,
                    size_t len,
                    flux_error_t *error)
{
    char *key = key_of (name, error), *copy = malloc (len + 1);
    int rc = -1;

    if (key && copy) {
        memcpy (copy, data, len);
        copy[len] = '\0';
        rc = put_key (r, key, copy, len, error);
    }
    free (key);
    free (copy);
    r->bytes += len;
    if (rc == 0 && r->bytes >= BATCH_BYTES)
        rc = make_durable (r, error);
    return rc;
}

static json_t *link_object (const char *target)
{
    const char *sep = strstr (target, "::");
    json_t *data = json_pack ("{s:s}", "target", sep ? sep + 2 : target);

    if (sep)
        json_object_set_new (data,
                             "namespace",
                             json_stringn (target, sep - target));
    return json_pack ("{s:i s:s s:o}",
                      "ver",
                      1,
                      "type",
                      "symlink",
                      "data",
                      data);
}

int restorer_link (struct restorer *r,
                   const char *name,
                   const char *target,
                   flux_error_t *error)
{
    const char *rest;
    char *key = key_of (name, error);
    struct rjob *job;
    uint64_t id;
    json_t *o;
    int rc = 0;

    if (!key)
        return -1;
    o = link_object (target);
    if (!o)
        rc = err_set (error, ENOMEM, "out of memory");
    else if (!restore_job_key (key, &id, &rest))
        rc = restore_op (r, r->root, r->ops, key, o, error);
    else if (!strncmp (rest, "guest.", 6) && (job = restore_job (r, id)))
        rc = restore_guest_op (r, job, rest + 6, o, error);
    else if (!strcmp (rest, "guest"))
        json_decref (o); /* into the namespace of a job that ran */
    else
        rc = restore_op (r, r->root, r->ops, key, o, error);
    free (key);
    return rc;
}

/* ---- the end ---- */

static int put_record (struct restorer *r,
                       const char *key,
                       uint32_t owner,
                       const char *ref)
{
    json_t *o = json_pack ("{s:I s:i s:i s:s}",
                           "owner",
                           (json_int_t)owner,
                           "flags",
                           0,
                           "rootseq",
                           1,
                           "rootref",
                           ref);
    char *text = o ? json_dumps (o, JSON_COMPACT) : NULL;
    int rc = -1;

    if (text)
        rc = store_value_put (r->store, KVS_STORE_ID, key, text, strlen (text));
    free (text);
    json_decref (o);
    return rc;
}

static int finish_job (struct restorer *r,
                       struct rjob *job,
                       flux_error_t *error)
{
    char key[32];

    if (restore_job_row (r, job, NULL) < 0)
        return err_set (error, errno, "out of memory");
    if (!job->ops)
        return 0;
    snprintf (key, sizeof (key), "guest.%ju", (uintmax_t)job->id);
    if (apply (r, job->root, job->ops, error) < 0)
        return -1;
    return put_record (r, key, job->userid, job->root);
}

int restorer_finish (struct restorer *r, flux_error_t *error)
{
    struct rjob *job, *tmp;

    HASH_ITER (hh, r->jobs, job, tmp)
    {
        if (finish_job (r, job, error) < 0)
            return -1;
    }
    if (apply (r, r->root, r->ops, error) < 0)
        return -1;
    if (put_record (r, "namespace." KVS_PRIMARY_NAMESPACE, getuid (), r->root)
            < 0
        || spend_max_id (r) < 0)
        return err_set (error, errno, "out of memory");
    return make_durable (r, error);
}

/* ---- life ---- */

static int check_empty (struct restorer *r,
                        const char *dir,
                        flux_error_t *error)
{
    char *text;
    uint64_t id;
    int seq = 0;

    if (store_value_get (r->store,
                         KVS_STORE_ID,
                         "namespace." KVS_PRIMARY_NAMESPACE,
                         &text,
                         NULL)
        == 0) {
        json_t *o = json_loads (text, 0, NULL);
        (void)json_unpack (o, "{s:i}", "rootseq", &seq);
        json_decref (o);
        free (text);
    }
    if (seq == 0 && store_next_jobs (r->store, 0, &id, 1) == 0)
        return 0;
    return err_set (error,
                    EEXIST,
                    "%s has the state of an instance already",
                    dir);
}

struct restorer *restorer_create (struct loop *loop,
                                  const char *dir,
                                  flux_error_t *error)
{
    static const char empty[] = "{\"data\":{},\"type\":\"dir\",\"ver\":1}";
    struct restorer *r = calloc (1, sizeof (*r));
    int saved_errno;

    if (!r || !(r->k.primary = calloc (1, sizeof (*r->k.primary)))
        || !(r->ops = json_array ())) {
        restorer_destroy (r);
        return err_null (error, ENOMEM, "out of memory");
    }
    r->loop = loop;
    if (!(r->store = store_open (loop, dir, NULL, done_cb, r, error))
        || check_empty (r, dir, error) < 0
        || !(r->k.blobs = blobs_create (r->store))
        || blob_put (r->k.blobs, empty, sizeof (empty) - 1, r->root) < 0)
        goto error;
    strcpy (r->k.primary->head.ref, r->root);
    return r;
error:
    saved_errno = errno;
    restorer_destroy (r);
    errno = saved_errno;
    return NULL;
}

void restorer_destroy (struct restorer *r)
{
    struct rjob *job, *tmp;

    if (!r)
        return;
    HASH_ITER (hh, r->jobs, job, tmp)
    {
        HASH_DEL (r->jobs, job);
        json_decref (job->ops);
        free (job);
    }
    json_decref (r->ops);
    blobs_destroy (r->k.blobs);
    if (r->store)
        store_close (r->store);
    free (r->k.primary);
    free (r);
}
