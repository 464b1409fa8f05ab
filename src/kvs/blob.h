/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Blobs: bytes that are named by what they are (RFC 10).
 *
 * They are values of a job that cannot be in the store, with what was used
 * last kept in memory, too.
 */

#ifndef SLUICE_KVS_BLOB_H
#define SLUICE_KVS_BLOB_H

#include <flux/job.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

/* The id under which the store keeps what is the service's. */
#define KVS_STORE_ID FLUX_JOBID_ANY

#define DIGEST_SIZE 20
#define BLOBREF_SIZE 46 /* "sha1-", 40 hex digits, NUL */
#define BLOB_MAX (1024UL * 1024 * 1024)

bool blobref_valid (const char *ref);
void blobref_of_digest (const uint8_t *digest, char *ref);
void blobref_digest (const char *ref, uint8_t *digest);

struct blobs;

struct blobs *blobs_create (struct store *store);
void blobs_destroy (struct blobs *b);

/* Put bytes into the open batch, if they are not known, and give their name.
 * -1 and EFBIG, ENOMEM.
 */
int blob_put (struct blobs *b, const void *data, size_t len, char *ref);
/* Delete a blob, with the open batch; it is not found any more.  -1, ENOMEM. */
int blob_delete (struct blobs *b, const char *ref);
/* The bytes (NUL after them), borrowed until the next call of any function
 * here.  NULL and ENOENT, EIO, ENOMEM.
 */
const char *blob_get (struct blobs *b, const char *ref, size_t *len);
/* The blob as an RFC 11 dir: a new reference, shared, not to be changed.
 * NULL and as above, EPROTO if it is none.
 */
json_t *blob_get_dir (struct blobs *b, const char *ref);

/* The same for who reads all there is: nothing that was not in memory before
 * is kept there.
 */
json_t *blob_peek_dir (struct blobs *b, const char *ref);

/* Blobs are not forgotten before they are durable.  A commit takes a ticket
 * when it has put all of its own, and hands it back when it is durable, in
 * the order in which they were taken.
 */
uint64_t blobs_ticket (struct blobs *b);
void blobs_durable (struct blobs *b, uint64_t ticket);
/* Forget what the store has. */
void blobs_drop (struct blobs *b);

/* Call cb with the name of each blob that is put, known or not. */
void blobs_on_put (struct blobs *b,
                   void (*cb) (const char *ref, void *arg),
                   void *arg);

struct blob_stats {
    size_t count, bytes;
    uint64_t hits, misses, puts, put_bytes;
};
void blobs_stats (const struct blobs *b, struct blob_stats *stats);

#endif
