/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The namespaces of jobs (RFC 16, "Guest KVS Namespace").
 *
 * A job that has its resources has a namespace "job-<id>", which belongs to
 * the job's user.
 * It comes into memory when somebody asks for it, and into the store with
 * the first commit to it, so a job that writes nothing costs nothing.  The
 * job's logs are seen in it.  When the job ends it leaves memory; what the
 * store has of it is then found at job.<id>.guest of the primary namespace,
 * for as long as there is a record of the job.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kvs/private.h"

#define PREFIX "guest."
#define NAME_SIZE 32

static void guest_name (uint64_t id, char *name)
{
    snprintf (name, NAME_SIZE, "job-%" PRIu64, id);
}

void guest_key (uint64_t id, char *key)
{
    snprintf (key, GUEST_KEY_SIZE, PREFIX "%" PRIu64, id);
}

uint64_t guest_key_job (const char *key)
{
    if (strncmp (key, PREFIX, strlen (PREFIX)) != 0)
        return 0;
    return strtoull (key + strlen (PREFIX), NULL, 10);
}

struct job *guest_job (struct kvs *k, const char *name)
{
    char spelt[NAME_SIZE];
    uint64_t id;

    if (strncmp (name, "job-", 4) != 0)
        return NULL;
    id = strtoull (name + 4, NULL, 10);
    guest_name (id, spelt);
    return strcmp (name, spelt) == 0 ? manager_job (k->m, id) : NULL;
}

struct namespace *guest_open (struct kvs *k, const char *name)
{
    struct job *job = guest_job (k, name);
    char key[GUEST_KEY_SIZE];
    struct namespace *ns;

    if (!job || !job_is_running (job)) {
        errno = ENOTSUP;
        return NULL;
    }
    if (!(ns = namespace_add (k, name)))
        return NULL;
    guest_key (job->id, key);
    if (namespace_load (k, key, ns) < 0 && errno != ENOENT) {
        int saved_errno = errno;
        namespace_drop (k, ns);
        errno = saved_errno;
        return NULL;
    }
    ns->job = job->id;
    ns->owner = job->userid;
    ns->visible = true;
    return ns;
}

json_t *guest_link (struct kvs *k, uint64_t id)
{
    struct job *job = manager_job (k->m, id);
    char name[NAME_SIZE];

    if (!job || !job_is_running (job))
        return NULL;
    guest_name (id, name);
    return json_pack ("{s:i s:s s:{s:s s:s}}",
                      "ver",
                      1,
                      "type",
                      "symlink",
                      "data",
                      "namespace",
                      name,
                      "target",
                      ".");
}

json_t *guest_remains (struct kvs *k, uint64_t id)
{
    struct namespace ns = { 0 };
    char key[GUEST_KEY_SIZE];

    guest_key (id, key);
    if (namespace_load (k, key, &ns) < 0)
        return NULL;
    return treeobj_dirref (ns.head.ref);
}

void guest_ended (struct kvs *k, uint64_t id)
{
    char name[NAME_SIZE];
    struct namespace *ns;

    guest_name (id, name);
    HASH_FIND_STR (k->namespaces, name, ns);
    if (ns && ns->job == id)
        namespace_drop (k, ns);
    else
        watches_namespace_removed (k->watches, name);
}
