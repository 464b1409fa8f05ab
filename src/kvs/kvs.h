/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The key-value service: kvs.*, kvs-watch.* and content.*.
 *
 * Values stand under keys, whose parts are separated by dots.  A namespace
 * is a tree of RFC 11 objects; each directory, and each value that is not
 * short, is a blob named by its SHA-1 (RFC 10), so that a root's name changes
 * with its content and an old root is a snapshot.  Blobs that nobody needs
 * any more are dropped by and by (collect.c).
 *
 * A commit is answered, and seen by anybody, when it is durable; each commit
 * adds one to the sequence number of its namespace.
 *
 * Jobs and resources are seen at the keys of RFC 16 ("job.<id>.eventlog",
 * "resource.R") of the primary namespace, and a running job's logs in the
 * namespace "job-<id>", which its user may write to (guest.c).  These are
 * views: nothing is kept twice, and writing there is refused with EROFS.
 */

#ifndef SLUICE_KVS_KVS_H
#define SLUICE_KVS_KVS_H

#include "manager/manager.h"
#include "view/view.h"

struct kvs;

/* Serve, over the store of manager m; v finds what is stored of jobs.  Before
 * manager_start.  NULL and errno with a sentence.
 */
struct kvs *kvs_create (struct manager *m, struct view *v, flux_error_t *error);
/* Clients that still watch get ENODATA.  After manager_destroy(), which still
 * makes durable what was committed last.
 */
void kvs_destroy (struct kvs *k);

/* What this process itself keeps there.  Append text to the value of a key of
 * the primary namespace, with the open batch, as a client's commit would; and
 * read its durable value: malloced, with a NUL after it.  -1, NULL and errno.
 */
int kvs_append (struct kvs *k,
                const char *key,
                const char *text,
                flux_error_t *error);
char *kvs_read (struct kvs *k, const char *key, size_t *len);

#endif
