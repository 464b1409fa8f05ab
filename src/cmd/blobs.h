/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Blobs of the content service (RFC 10), by their names. */

#ifndef SLUICE_CMD_BLOBS_H
#define SLUICE_CMD_BLOBS_H

#include <stddef.h>

#include <flux/core.h>

#define BLOBREF_SIZE 46 /* "sha1-", 40 hex digits, NUL */

/* Both die if it fails.  The future has the bytes (flux_rpc_get_raw). */
flux_future_t *blob_load (flux_t *h, const char *ref);
void blob_store (flux_t *h, const void *data, size_t len, char *ref);

#endif
