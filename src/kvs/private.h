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
struct collector;

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
    uint64_t job;       /* whose guest namespace it is; 0: of none */
    struct root head;   /* after all commits that were taken */
    struct root shown;  /* after the durable ones: what anybody sees */
    bool visible;       /* its creation is durable */
    bool removing;      /* its removal is not durable yet */
    bool dropped;       /* not in the table: the last commit frees it */
    unsigned int users; /* commits that are not durable yet */
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
    struct collector *collector;
    unsigned int pending; /* commits that are not durable yet */
    unsigned int leaving; /* dropped namespaces with such commits */
    uint64_t commits;
    uint64_t ops;
};

/* ---- namespace.c ---- */

/* Read the namespaces; make the primary one if there is none. */
int namespaces_restore (struct kvs *k, flux_error_t *error);
void namespaces_destroy (struct kvs *k);
/* One that can be seen, an active job's among them; NULL and ENOTSUP. */
struct namespace *namespace_find (struct kvs *k, const char *name);
/* A new one in the table, with the root of an empty directory. */
struct namespace *namespace_add (struct kvs *k, const char *name);
/* Take it out of the table: who waits for it gets ENOTSUP.  Memory goes with
 * the last commit to it.
 */
void namespace_drop (struct kvs *k, struct namespace *ns);
/* A commit to ns ended. */
void namespace_unuse (struct kvs *k, struct namespace *ns);
/* A root as it is stored; -1 and EINVAL, EIO, ENOENT. */
int namespace_load (struct kvs *k, const char *key, struct namespace *ns);
/* Put what is to be known of ns after a restart into the open batch. */
int namespace_save (struct kvs *k, struct namespace *ns);
const struct request_row *namespace_requests (void);

/* ---- root.c ---- */

/* The durable root of ns moved on: answer who waits for that; and: there is
 * no ns any more.
 */
void roots_advanced (struct kvs *k, struct namespace *ns);
void roots_dropped (struct kvs *k, struct namespace *ns);
void roots_disconnect (struct kvs *k, const flux_msg_t *msg);
void roots_destroy (struct kvs *k);
const struct request_row *root_requests (void);

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
 * writable, if not NULL, says which keys may be written.  -1 and EINVAL,
 * EISDIR, EOPNOTSUPP, ELOOP, ENOENT, EROFS; then ref is as it was.
 */
int tree_apply (struct kvs *k,
                char *ref,
                json_t *ops,
                bool (*writable) (const struct path *path),
                flux_error_t *error);
/* The entries of a directory, given as dir or dirref: a new reference, not to
 * be changed.  NULL and ENOTDIR, ENOENT (no such blob), EIO.
 */
json_t *tree_entries (struct kvs *k, json_t *dir);
/* Add to the dir object view what is in the directory tree (NULL: nothing)
 * and not in it, down to the last directory that both have.
 */
void tree_merge (struct kvs *k, json_t *view, json_t *tree);
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
/* The same in the namespace of a job, where its logs are seen. */
bool jobkeys_guest_writable (const struct path *path);
/* What is seen at path of a job's guest namespace. */
json_t *jobkeys_guest (struct kvs *k, uint64_t id, const struct path *path);
/* Is path "job.<id>.guest" or below it?  *rest is what is below, to be
 * freed; NULL with true: out of memory.
 */
bool jobkeys_split_guest (const struct path *path,
                          uint64_t *id,
                          struct path **rest);
/* The job and the name in it ("eventlog") of a key like
 * "job.0000.0000.0000.0001.eventlog"; false if it is none.
 */
bool jobkeys_split (const struct path *path, uint64_t *id, char **rest);

/* ---- guest.c: namespaces of jobs ---- */

/* The namespace "job-<id>" of an active job, in the table; NULL and ENOTSUP,
 * ENOMEM, EIO.
 */
struct namespace *guest_open (struct kvs *k, const char *name);
/* The job a namespace "job-<id>" stands for, if it is active. */
struct job *guest_job (struct kvs *k, const char *name);
/* The link that leads into the namespace of an active job: a new symlink
 * object, or NULL if the job is not active.
 */
json_t *guest_link (struct kvs *k, uint64_t id);
/* What a job that ended left behind: a dirref, or NULL if it wrote nothing. */
json_t *guest_remains (struct kvs *k, uint64_t id);
/* The job ended. */
void guest_ended (struct kvs *k, uint64_t id);
/* The store's key for what is kept of a job's namespace; and the job of a
 * key, 0 if it is none of those.
 */
#define GUEST_KEY_SIZE 32
void guest_key (uint64_t id, char *key);
uint64_t guest_key_job (const char *key);

/* ---- collect.c: dropping blobs that nobody needs ---- */

/* It begins with a look at all there is; before namespaces_restore. */
struct collector *collector_create (struct kvs *k);
void collector_destroy (struct collector *c);
/* Something was written: is it time for a collection? */
void collector_check (struct collector *c);
/* What is written from now on refers to a blob, which is a directory or a
 * value.  -1 and ENOENT if something below it is not there any more.
 */
int collector_used (struct collector *c, const char *ref, bool dir);
/* A client was told of a root; reads there; has stored a blob himself. */
void collector_told (struct collector *c, const char *ref);
void collector_reading (struct collector *c, const char *ref);
void collector_stored (struct collector *c, const char *ref);
void collector_disconnect (struct collector *c, const flux_msg_t *msg);
const struct request_row *collector_requests (void);

#endif
