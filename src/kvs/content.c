/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* content.*: blobs by their digests (RFC 10). */

#include <stdlib.h>

#include "kvs/private.h"

struct stored {
    struct kvs *k;
    const flux_msg_t *msg;
    uint64_t ticket;
    bool has_digest;
    uint8_t digest[DIGEST_SIZE];
};

static void stored_done (void *arg, int errnum)
{
    struct stored *s = arg;

    if (errnum != 0)
        router_respond_error (s->k->r, s->msg, errnum, NULL);
    else {
        blobs_durable (s->k->blobs, s->ticket);
        router_respond_raw (s->k->r,
                            s->msg,
                            s->has_digest ? s->digest : NULL,
                            s->has_digest ? DIGEST_SIZE : 0);
    }
    flux_msg_decref (s->msg);
    free (s);
}

/* Answer when all is durable, with the digest of ref if there is one. */
static int answer_durable (struct kvs *k,
                           const flux_msg_t *msg,
                           const char *ref)
{
    struct stored *s = calloc (1, sizeof (*s));

    if (!s)
        return REQUEST_ERROR;
    s->k = k;
    s->msg = flux_msg_incref (msg);
    s->ticket = blobs_ticket (k->blobs);
    if (ref) {
        s->has_digest = true;
        blobref_digest (ref, s->digest);
    }
    if (manager_when_durable (k->m, stored_done, s) == 0)
        return REQUEST_LATER;
    flux_msg_decref (s->msg);
    free (s);
    return REQUEST_ERROR;
}

static int handle_store (struct router *r,
                         const flux_msg_t *msg,
                         void *arg,
                         flux_error_t *error)
{
    struct kvs *k = arg;
    char ref[BLOBREF_SIZE];
    const void *data = "";
    size_t len = 0;

    if (flux_msg_has_payload (msg)
        && flux_msg_get_payload (msg, &data, &len) < 0)
        return REQUEST_ERROR;
    if (blob_put (k->blobs, data, len, ref) < 0)
        return REQUEST_ERROR;
    collector_stored (k->collector, ref);
    collector_check (k->collector);
    return answer_durable (k, msg, ref);
}

static int get_ref (const flux_msg_t *msg, char *ref, flux_error_t *error)
{
    const void *data;
    size_t len;

    if (flux_msg_get_payload (msg, &data, &len) < 0 || len != DIGEST_SIZE)
        return err_set (error,
                        EPROTO,
                        "a SHA-1 digest has %d bytes",
                        DIGEST_SIZE);
    blobref_of_digest (data, ref);
    return 0;
}

static int handle_load (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct kvs *k = arg;
    char ref[BLOBREF_SIZE];
    const char *data;
    size_t len;

    if (get_ref (msg, ref, error) < 0
        || !(data = blob_get (k->blobs, ref, &len)))
        return REQUEST_ERROR;
    return router_respond_raw (r, msg, data, len);
}

static int handle_validate (struct router *r,
                            const flux_msg_t *msg,
                            void *arg,
                            flux_error_t *error)
{
    struct kvs *k = arg;
    char ref[BLOBREF_SIZE];
    size_t len;

    if (get_ref (msg, ref, error) < 0 || !blob_get (k->blobs, ref, &len))
        return REQUEST_ERROR;
    return router_respond (r, msg, NULL);
}

static int handle_flush (struct router *r,
                         const flux_msg_t *msg,
                         void *arg,
                         flux_error_t *error)
{
    return answer_durable (arg, msg, NULL);
}

static int handle_dropcache (struct router *r,
                             const flux_msg_t *msg,
                             void *arg,
                             flux_error_t *error)
{
    struct kvs *k = arg;

    blobs_drop (k->blobs);
    return router_respond (r, msg, NULL);
}

/* Each commit is durable, so the last checkpoint is the root there is. */
static int handle_checkpoint_get (struct router *r,
                                  const flux_msg_t *msg,
                                  void *arg,
                                  flux_error_t *error)
{
    struct kvs *k = arg;

    collector_told (k->collector, k->primary->shown.ref);
    return router_respond_pack (r,
                                msg,
                                "{s:[{s:i s:s s:i s:f}]}",
                                "value",
                                "version",
                                1,
                                "rootref",
                                k->primary->shown.ref,
                                "sequence",
                                k->primary->shown.seq,
                                "timestamp",
                                loop_now (manager_loop (k->m)));
}

static int handle_checkpoint_put (struct router *r,
                                  const flux_msg_t *msg,
                                  void *arg,
                                  flux_error_t *error)
{
    return err_set (error,
                    ENOSYS,
                    "each commit is a checkpoint, and none is set by clients: "
                    "start an instance with content.restore to replace all");
}

static const struct request_row rows[] = {
    { "content.store", FLUX_ROLE_OWNER, 0, handle_store },
    { "content.load", FLUX_ROLE_OWNER, 0, handle_load },
    { "content.validate", FLUX_ROLE_OWNER, 0, handle_validate },
    { "content.flush", FLUX_ROLE_OWNER, 0, handle_flush },
    { "content.dropcache", FLUX_ROLE_OWNER, 0, handle_dropcache },
    { "content.checkpoint-get", FLUX_ROLE_OWNER, 0, handle_checkpoint_get },
    { "content.checkpoint-put", FLUX_ROLE_OWNER, 0, handle_checkpoint_put },
    { "kvs.dropcache", FLUX_ROLE_OWNER, 0, handle_dropcache },
    { NULL },
};

const struct request_row *content_requests (void)
{
    return rows;
}
