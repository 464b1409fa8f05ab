/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Shared by the files of src/kvs. */

#ifndef SLUICE_KVS_PRIVATE_H
#define SLUICE_KVS_PRIVATE_H

#include <errno.h>
#include <flux/job.h>
#include <flux/kvs.h>
#include <flux/message.h>
#include <jansson.h>
#include <uthash.h>

#include "base/err.h"
#include "kvs/blob.h"
#include "kvs/kvs.h"
#include "kvs/path.h"
#include "kvs/treeobj.h"
#include "router/router.h"

/* Following symbolic links ends in ELOOP after so many. */
#define MAX_LINKS 10

struct watches;

/* The root of a tree. */
struct root {
    char ref[BLOBREF_SIZE];
    int seq;
};

struct namespace
{
    char *name;
    uint32_t owner;
    int flags;
    struct root head;  /* after all commits that were taken */
    struct root shown; /* after the durable ones: what anybody sees */
    bool visible;      /* its creation is durable */
    bool removing;     /* its removal is not durable yet */
    UT_hash_handle hh;
};

/* kvs.wait-version requests that are not answered yet. */
struct version_wait {
    const flux_msg_t *msg;
    struct namespace *ns;
    int seq;
    struct version_wait *prev, *next;
};

struct kvs {
    struct manager *m;
    struct view *view;
    struct router *r;
    struct store *store;
    struct blobs *blobs;
    struct namespace *namespaces;
    struct namespace *primary;
    struct version_wait *waits;
    struct watches *watches;
    uint64_t swept;       /* the ticket of what was deleted at start */
    unsigned int pending; /* commits that are not durable yet */
    uint64_t commits;
    uint64_t ops;
};

/* ---- namespace.c ---- */

/* Read the namespaces; make the primary one if there is none. */
int namespaces_restore (struct kvs *k, flux_error_t *error);
void namespaces_destroy (struct kvs *k);
/* One that can be seen; NULL and ENOTSUP. */
struct namespace *namespace_find (struct kvs *k, const char *name);
/* Put what is to be known of ns after a restart into the open batch. */
int namespace_save (struct kvs *k, struct namespace *ns);
/* Its durable root moved on: answer who waits for that. */
void namespace_advanced (struct kvs *k, struct namespace *ns);
void namespace_disconnect (struct kvs *k, const flux_msg_t *msg);
const struct request_row *namespace_requests (void);

/* ---- lookup.c ---- */

/* What key stands for, as kvs.lookup answers with these flags.  rootdir is
 * NULL for the namespace called name.  The sender of msg has to have access.
 * A new reference, or NULL and ENOTSUP (no namespace), EPERM, ENOENT, EISDIR,
 * ENOTDIR, EINVAL (not a link, for READLINK), ELOOP, EIO.
 */
json_t *kvs_get (struct kvs *k,
                 const flux_msg_t *msg,
                 const char *name,
                 json_t *rootdir,
                 const char *key,
                 int flags);

/* A decoded kvs.lookup or kvs-watch.lookup; strings are the message's. */
struct lookup_request {
    const char *key;
    const char *ns;
    json_t *rootdir;
    int flags;
};
int lookup_request_unpack (const flux_msg_t *msg,
                           struct lookup_request *req,
                           flux_error_t *error);
const struct request_row *lookup_requests (void);

/* ---- tree.c ---- */

/* Apply operations (as kvs.commit has them) to the tree of blobs at ref,
 * which becomes that of the result.  The operations have been checked;
 * primary says that views are in the way.  -1 and EINVAL, EISDIR, EOPNOTSUPP,
 * ELOOP, ENOENT, EROFS; then ref is as it was.
 */
int tree_apply (struct kvs *k,
                char *ref,
                json_t *ops,
                bool primary,
                flux_error_t *error);
/* The entries of a directory, given as dir or dirref: a new reference, not to
 * be changed.  NULL and ENOTDIR, ENOENT (no such blob), EIO.
 */
json_t *tree_entries (struct kvs *k, json_t *dir);
/* The bytes of a val or valref: malloced, with a NUL after them.  NULL and
 * EINVAL, ENOENT, ENOMEM.
 */
char *tree_value (struct kvs *k, json_t *o, size_t *len);

/* ---- commit.c ---- */

const struct request_row *commit_requests (void);

/* ---- watch.c ---- */

struct watches *watches_create (struct kvs *k);
void watches_destroy (struct watches *w);
/* Operations on ns became durable; and: ns is no more. */
void watches_commit (struct watches *w, struct namespace *ns, json_t *ops);
void watches_namespace_removed (struct watches *w, const char *name);
unsigned int watches_count (const struct watches *w);
const struct request_row *watch_requests (void);

/* ---- content.c ---- */

const struct request_row *content_requests (void);

/* ---- jobkeys.c: the views ---- */

/* What is seen at path of the primary namespace beside its tree: a val, or a
 * dir to be merged with what the tree has.  A new reference; NULL if there is
 * nothing.
 */
json_t *jobkeys_get (struct kvs *k, const struct path *path);
/* May key be written to?  False for views and what is above them. */
bool jobkeys_writable (const struct path *path);
/* The job a namespace "job-<id>" stands for, if it is active. */
struct job *jobkeys_namespace (struct kvs *k, const char *name);
/* The job and the name in it ("eventlog") of a key like
 * "job.0000.0000.0000.0001.eventlog"; false if it is none.
 */
bool jobkeys_split (const struct path *path, uint64_t *id, char **rest);

/* ---- collect.c ---- */

/* Drop the blobs that no namespace needs. */
int kvs_collect (struct kvs *k, flux_error_t *error);

#endif
