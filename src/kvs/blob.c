/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <sha1.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "kvs/blob.h"
#include "kvs/treeobj.h"

/* Bytes kept in memory beside what is not durable yet. */
#define CACHE_BYTES (32UL * 1024 * 1024)
/* What a blob costs beyond its bytes, and a parsed directory per byte. */
#define COST_BLOB 256
#define COST_DIR 10

struct blob {
    char ref[BLOBREF_SIZE];
    char *data;
    size_t len;
    size_t cost;
    json_t *dir;     /* parsed, once asked for */
    uint64_t ticket; /* of the commit it came with; 0: from the store */
    bool deleted;    /* by that commit: the store may still show it */
    UT_hash_handle hh;
};

struct blobs {
    struct store *store;
    struct blob *table; /* what was used longest ago comes first */
    size_t bytes;
    uint64_t ticket;
    uint64_t durable;
    struct blob_stats stats;
    void (*on_put) (const char *ref, void *arg);
    void *on_put_arg;
};

bool blobref_valid (const char *ref)
{
    return strlen (ref) == BLOBREF_SIZE - 1 && strncmp (ref, "sha1-", 5) == 0
           && strspn (ref + 5, "0123456789abcdef") == 2 * DIGEST_SIZE;
}

void blobref_of_digest (const uint8_t *digest, char *ref)
{
    static const char hex[] = "0123456789abcdef";

    ref = stpcpy (ref, "sha1-");
    for (int i = 0; i < DIGEST_SIZE; i++) {
        *ref++ = hex[digest[i] >> 4];
        *ref++ = hex[digest[i] & 15];
    }
    *ref = '\0';
}

static int digit (char c)
{
    return c >= 'a' ? c - 'a' + 10 : c - '0';
}

void blobref_digest (const char *ref, uint8_t *digest)
{
    ref += 5;
    for (int i = 0; i < DIGEST_SIZE; i++)
        digest[i] = digit (ref[2 * i]) << 4 | digit (ref[2 * i + 1]);
}

static void name (const void *data, size_t len, char *ref)
{
    uint8_t digest[DIGEST_SIZE];
    SHA1_CTX ctx;

    SHA1Init (&ctx);
    SHA1Update (&ctx, data, len);
    SHA1Final (digest, &ctx);
    blobref_of_digest (digest, ref);
}

/* ---- what is kept in memory ---- */

static void blob_drop (struct blobs *b, struct blob *blob)
{
    HASH_DEL (b->table, blob);
    b->bytes -= blob->cost;
    json_decref (blob->dir);
    free (blob->data);
    free (blob);
}

static bool can_drop (const struct blobs *b, const struct blob *blob)
{
    return blob->ticket <= b->durable;
}

/* Make room, but spare the blob in use. */
static void shrink (struct blobs *b, size_t limit, const struct blob *spare)
{
    struct blob *blob, *tmp;

    if (b->bytes <= limit)
        return;
    HASH_ITER (hh, b->table, blob, tmp)
    {
        if (blob != spare && can_drop (b, blob))
            blob_drop (b, blob);
        if (b->bytes <= limit)
            break;
    }
}

/* Takes over data. */
static struct blob *keep (struct blobs *b,
                          const char *ref,
                          char *data,
                          size_t len,
                          uint64_t ticket)
{
    struct blob *blob = calloc (1, sizeof (*blob));

    if (!blob) {
        free (data);
        return NULL;
    }
    strcpy (blob->ref, ref);
    blob->data = data;
    blob->len = len;
    blob->ticket = ticket;
    blob->cost = len + COST_BLOB;
    b->bytes += blob->cost;
    HASH_ADD_STR (b->table, ref, blob);
    shrink (b, CACHE_BYTES, blob);
    return blob;
}

static struct blob *find (struct blobs *b, const char *ref)
{
    struct blob *blob;

    HASH_FIND_STR (b->table, ref, blob);
    if (blob) {
        HASH_DEL (b->table, blob);
        HASH_ADD_STR (b->table, ref, blob);
    }
    return blob;
}

static struct blob *load (struct blobs *b, const char *ref)
{
    struct blob *blob = find (b, ref);
    char *data;
    size_t len;

    if (blob && !blob->deleted) {
        b->stats.hits++;
        return blob;
    }
    if (blob) {
        errno = ENOENT;
        return NULL;
    }
    b->stats.misses++;
    if (!blobref_valid (ref)) {
        errno = ENOENT;
        return NULL;
    }
    if (store_value_get (b->store, KVS_STORE_ID, ref, &data, &len) < 0)
        return NULL;
    return keep (b, ref, data, len, 0);
}

/* ---- the interface ---- */

int blob_delete (struct blobs *b, const char *ref)
{
    struct blob *blob = find (b, ref);

    if (store_value_put (b->store, KVS_STORE_ID, ref, NULL, 0) < 0)
        return -1;
    if (blob)
        blob_drop (b, blob);
    if (!(blob = keep (b, ref, NULL, 0, b->ticket + 1)))
        return -1;
    blob->deleted = true;
    return 0;
}

int blob_put (struct blobs *b, const void *data, size_t len, char *ref)
{
    struct blob *blob;
    char *copy;

    if (len > BLOB_MAX) {
        errno = EFBIG;
        return -1;
    }
    name (data, len, ref);
    if (b->on_put)
        b->on_put (ref, b->on_put_arg);
    blob = find (b, ref);
    if (blob && !blob->deleted)
        return 0;
    if (!(copy = malloc (len + 1)))
        return -1;
    memcpy (copy, data, len);
    copy[len] = '\0';
    if (store_value_put (b->store, KVS_STORE_ID, ref, copy, len) < 0) {
        free (copy);
        return -1;
    }
    b->stats.puts++;
    b->stats.put_bytes += len;
    if (blob)
        blob_drop (b, blob);
    return keep (b, ref, copy, len, b->ticket + 1) ? 0 : -1;
}

const char *blob_get (struct blobs *b, const char *ref, size_t *len)
{
    struct blob *blob = load (b, ref);

    if (!blob)
        return NULL;
    *len = blob->len;
    return blob->data;
}

static json_t *parse_dir (const char *data, size_t len)
{
    json_t *o = json_loadb (data, len, 0, NULL);

    if (!o || treeobj_type (o, NULL) != TREE_DIR) {
        json_decref (o);
        errno = EPROTO;
        return NULL;
    }
    return o;
}

json_t *blob_get_dir (struct blobs *b, const char *ref)
{
    struct blob *blob = load (b, ref);
    json_t *o;

    if (!blob)
        return NULL;
    if (!blob->dir) {
        if (!(o = parse_dir (blob->data, blob->len)))
            return NULL;
        blob->dir = o;
        b->bytes -= blob->cost;
        blob->cost += COST_DIR * blob->len;
        b->bytes += blob->cost;
        shrink (b, CACHE_BYTES, blob);
    }
    return json_incref (blob->dir);
}

json_t *blob_peek_dir (struct blobs *b, const char *ref)
{
    struct blob *blob;
    json_t *o;
    char *data;
    size_t len;

    HASH_FIND_STR (b->table, ref, blob);
    if (blob && blob->deleted) {
        errno = ENOENT;
        return NULL;
    }
    if (blob)
        return blob->dir ? json_incref (blob->dir)
                         : parse_dir (blob->data, blob->len);
    if (store_value_get (b->store, KVS_STORE_ID, ref, &data, &len) < 0)
        return NULL;
    o = parse_dir (data, len);
    int saved_errno = errno;
    free (data);
    errno = saved_errno;
    return o;
}

uint64_t blobs_ticket (struct blobs *b)
{
    return ++b->ticket;
}

void blobs_durable (struct blobs *b, uint64_t ticket)
{
    b->durable = ticket;
    shrink (b, CACHE_BYTES, NULL);
}

void blobs_drop (struct blobs *b)
{
    shrink (b, 0, NULL);
}

void blobs_on_put (struct blobs *b,
                   void (*cb) (const char *ref, void *arg),
                   void *arg)
{
    b->on_put = cb;
    b->on_put_arg = arg;
}

void blobs_stats (const struct blobs *b, struct blob_stats *stats)
{
    *stats = b->stats;
    stats->count = HASH_COUNT (b->table);
    stats->bytes = b->bytes;
}

struct blobs *blobs_create (struct store *store)
{
    struct blobs *b = calloc (1, sizeof (*b));

    if (b)
        b->store = store;
    return b;
}

void blobs_destroy (struct blobs *b)
{
    struct blob *blob, *tmp;

    if (!b)
        return;
    HASH_ITER (hh, b->table, blob, tmp)
    {
        blob_drop (b, blob);
    }
    free (b);
}
