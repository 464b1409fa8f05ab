/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cmd/blobs.h"
#include "cmd/util.h"

#define DIGEST_SIZE 20

static void decode (const char *ref, uint8_t *digest)
{
    unsigned int byte;

    if (strlen (ref) != BLOBREF_SIZE - 1 || strncmp (ref, "sha1-", 5) != 0
        || strspn (ref + 5, "0123456789abcdef") != BLOBREF_SIZE - 6)
        die ("%s: not a blobref of this instance", ref);
    for (int i = 0; i < DIGEST_SIZE; i++) {
        (void)sscanf (ref + 5 + 2 * i, "%2x", &byte);
        digest[i] = byte;
    }
}

flux_future_t *blob_load (flux_t *h, const char *ref)
{
    uint8_t digest[DIGEST_SIZE];
    flux_future_t *f;

    decode (ref, digest);
    f = flux_rpc_raw (h, "content.load", digest, DIGEST_SIZE, 0, 0);
    if (!f || flux_future_get (f, NULL) < 0)
        die ("%s: %s", ref, f ? future_text (f) : strerror (errno));
    return f;
}

void blob_store (flux_t *h, const void *data, size_t len, char *ref)
{
    flux_future_t *f =
        flux_rpc_raw (h, "content.store", len > 0 ? data : NULL, len, 0, 0);
    const void *digest;
    size_t n;

    if (!f || flux_rpc_get_raw (f, &digest, &n) < 0)
        die ("storing a blob: %s", f ? future_text (f) : strerror (errno));
    if (n != DIGEST_SIZE)
        die ("storing a blob: the answer is no digest");
    ref += sprintf (ref, "sha1-");
    for (int i = 0; i < DIGEST_SIZE; i++)
        ref += sprintf (ref, "%02x", ((const uint8_t *)digest)[i]);
    flux_future_destroy (f);
}
