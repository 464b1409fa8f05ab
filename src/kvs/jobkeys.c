/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Jobs and resources as keys (RFC 16): made when they are asked for, from
 * what the manager and the store have.
 *
 *   job.<4>.<4>.<4>.<4>.J, jobspec, R, eventlog, guest.<log>
 *   resource.R
 *   checkpoint.job-manager, as flux-dump(1) saves it
 */

#include <stdlib.h>
#include <string.h>

#include "base/jobid.h"
#include "kvs/private.h"

/* Groups of digits in an id. */
#define GROUPS 4
/* Where the manager keeps the state of its queues. */
#define QUEUES_KEY "queue-status"

static const char *const job_keys[] = {
    "J",
    "jobspec",
    "R",
    "eventlog",
    "guest.exec.eventlog",
    "guest.output",
    "guest.input",
};
enum { JOB_KEYS = sizeof (job_keys) / sizeof (job_keys[0]) };

static bool is_group (const char *s)
{
    return strlen (s) == 4 && strspn (s, "0123456789abcdef") == 4;
}

/* "job", and as many groups as there may be; the number of groups, or -1. */
static int count_groups (const struct path *p)
{
    int n = 0;

    if (p->n == 0 || strcmp (p->names[0], "job") != 0)
        return -1;
    while (n < GROUPS && (size_t)n + 1 < p->n) {
        if (!is_group (p->names[n + 1]))
            return -1;
        n++;
    }
    return n;
}

static uint64_t groups_id (const struct path *p)
{
    uint64_t id = 0;

    for (int i = 1; i <= GROUPS; i++)
        id = id << 16 | strtoul (p->names[i], NULL, 16);
    return id;
}

bool jobkeys_split (const struct path *p, uint64_t *id, char **rest)
{
    if (count_groups (p) != GROUPS || p->n == GROUPS + 1)
        return false;
    *id = groups_id (p);
    *rest = path_join (p, GROUPS + 1);
    return *rest != NULL;
}

/* Is name "R" or below it, or "guest", above "guest.output"? */
static bool overlaps (const char *name, const char *key)
{
    size_t n = strlen (name), m = strlen (key);

    if (strncmp (name, key, n < m ? n : m) != 0)
        return false;
    return n == m || (n < m ? key[n] : name[m]) == '.';
}

bool jobkeys_writable (const struct path *p)
{
    int groups = count_groups (p);
    char *name;
    bool clash;

    if (strcmp (p->names[0], "resource") == 0)
        return p->n > 1 && strcmp (p->names[1], "R") != 0;
    if (strcmp (p->names[0], "checkpoint") == 0)
        return p->n > 1 && strcmp (p->names[1], "job-manager") != 0;
    if (groups < 0)
        return true;
    if (p->n <= GROUPS + 1)
        return false;
    if (!(name = path_join (p, GROUPS + 1)))
        return false;
    clash = overlaps (name, "guest");
    for (int i = 0; i < JOB_KEYS && !clash; i++)
        clash = overlaps (name, job_keys[i]);
    free (name);
    return !clash;
}

bool jobkeys_guest_writable (const struct path *p)
{
    char *key = path_join (p, 0), *name;
    bool clash = false;

    if (!key || asprintf (&name, "guest.%s", key) < 0) {
        free (key);
        return false;
    }
    for (int i = 0; i < JOB_KEYS && !clash; i++)
        clash = overlaps (name, job_keys[i]);
    free (key);
    free (name);
    return !clash;
}

bool jobkeys_split_guest (const struct path *p,
                          uint64_t *id,
                          struct path **rest)
{
    char *key;

    if (count_groups (p) != GROUPS || p->n < GROUPS + 2
        || strcmp (p->names[GROUPS + 1], "guest") != 0)
        return false;
    *id = groups_id (p);
    key = path_join (p, GROUPS + 2);
    *rest = key ? path_parse (key) : NULL;
    free (key);
    return true;
}

/* ---- one job ---- */

static json_t *text_val (char *text)
{
    json_t *val = text ? treeobj_val (text, strlen (text)) : NULL;

    free (text);
    return val;
}

/* Put val at a dotted name below dir, with directories on the way. */
static void put_below (json_t *dir, const char *name, json_t *val)
{
    struct path *p = path_parse (name);

    for (size_t i = 0; p && i + 1 < p->n; i++) {
        json_t *entries = json_object_get (dir, "data");
        if (!(dir = json_object_get (entries, p->names[i]))) {
            dir = treeobj_dir ();
            json_object_set_new (entries, p->names[i], dir);
        }
    }
    if (p)
        json_object_set_new (json_object_get (dir, "data"),
                             p->names[p->n - 1],
                             val);
    else
        json_decref (val);
    free (p);
}

/* All that there is of the job below prefix ("", "guest", ...). */
static json_t *job_dir (struct kvs *k, uint64_t id, const char *prefix)
{
    json_t *dir = treeobj_dir ();
    size_t skip = *prefix ? strlen (prefix) + 1 : 0;
    bool found = !*prefix;

    for (int i = 0; i < JOB_KEYS; i++) {
        json_t *val;
        if (skip > 0
            && (strncmp (job_keys[i], prefix, skip - 1) != 0
                || job_keys[i][skip - 1] != '.'))
            continue;
        if ((val = text_val (view_lookup (k->view, id, job_keys[i], false)))) {
            put_below (dir, job_keys[i] + skip, val);
            found = true;
        }
    }
    if (!found) {
        json_decref (dir);
        return NULL;
    }
    return dir;
}

/* The job's directory.  "guest" is a link while the job is active; then it
 * has what the job left behind beside its logs.
 */
static json_t *whole_job (struct kvs *k, uint64_t id)
{
    json_t *dir = job_dir (k, id, ""), *entries = json_object_get (dir, "data");
    json_t *link = guest_link (k, id), *tree, *guest;

    if (link) {
        json_object_set_new (entries, "guest", link);
        return dir;
    }
    if ((tree = guest_remains (k, id))) {
        if (!(guest = json_object_get (entries, "guest"))) {
            guest = treeobj_dir ();
            json_object_set_new (entries, "guest", guest);
        }
        tree_merge (k, guest, tree);
        json_decref (tree);
    }
    return dir;
}

static json_t *named_of_job (struct kvs *k, uint64_t id, const char *name)
{
    for (int i = 0; i < JOB_KEYS; i++) {
        if (strcmp (name, job_keys[i]) == 0)
            return text_val (view_lookup (k->view, id, name, false));
    }
    return job_dir (k, id, name);
}

static json_t *job_get (struct kvs *k, const struct path *p)
{
    uint64_t id = groups_id (p);
    uint32_t owner;
    json_t *o;
    char *name;

    if (view_owner (k->view, id, &owner) < 0)
        return NULL;
    if (p->n == GROUPS + 1)
        return whole_job (k, id);
    if (!(name = path_join (p, GROUPS + 1)))
        return NULL;
    o = named_of_job (k, id, name);
    free (name);
    return o;
}

json_t *jobkeys_guest (struct kvs *k, uint64_t id, const struct path *p)
{
    char *key, *name;
    json_t *o;

    if (p->n == 0)
        return job_dir (k, id, "guest");
    if (!(key = path_join (p, 0)) || asprintf (&name, "guest.%s", key) < 0) {
        free (key);
        return NULL;
    }
    o = named_of_job (k, id, name);
    free (key);
    free (name);
    return o;
}

/* ---- lists of jobs ---- */

struct listing {
    const struct path *path;
    int groups; /* of ids that are given */
    json_t *dir;
};

/* An id that begins as the path does has its next group listed. */
static void list_id (struct listing *l, uint64_t id)
{
    json_t *entries = json_object_get (l->dir, "data");
    char group[8];

    for (int i = 0; i <= l->groups; i++) {
        snprintf (group,
                  sizeof (group),
                  "%04x",
                  (unsigned int)(id >> (48 - 16 * i)) & 0xffff);
        if (i < l->groups && strcmp (l->path->names[i + 1], group) != 0)
            return;
    }
    if (!json_object_get (entries, group))
        json_object_set_new (entries, group, treeobj_dir ());
}

/* Each group that jobs in the store have is found by one step: after the
 * first id of a group comes the first that is beyond it.  No one has been told
 * of a job that is not there yet.
 */
static void list_stored (struct kvs *k, struct listing *l)
{
    const int width = 48 - 16 * l->groups;
    uint64_t id = 0, first = 0;

    for (int i = 0; i < l->groups; i++)
        first |= (uint64_t)strtoul (l->path->names[i + 1], NULL, 16)
                 << (48 - 16 * i);
    for (uint64_t from = first; store_next_jobs (k->store, from, &id, 1) == 1;
         from = ((id >> width) + 1) << width) {
        if (l->groups > 0 && (id - first) >> (width + 16) != 0)
            break;
        list_id (l, id);
    }
}

static json_t *job_list (struct kvs *k, const struct path *p, int groups)
{
    struct listing l = { p, groups, treeobj_dir () };

    list_stored (k, &l);
    if (json_object_size (json_object_get (l.dir, "data")) > 0)
        return l.dir;
    json_decref (l.dir);
    return NULL;
}

/* ---- the whole ---- */

static json_t *resource_get (struct kvs *k, const struct path *p)
{
    json_t *R, *dir;

    if (p->n > 2 || (p->n == 2 && strcmp (p->names[1], "R") != 0))
        return NULL;
    if (!(R = text_val (manager_resources (k->m))) || p->n == 2)
        return R;
    dir = treeobj_dir ();
    put_below (dir, "R", R);
    return dir;
}

/* The greatest id there was, and the state of queues. */
static json_t *manager_checkpoint (struct kvs *k)
{
    struct store_counts counts = { 0 };
    json_t *queues = NULL, *o;
    char *text = NULL;

    if (store_meta_get (k->store, QUEUES_KEY, &text, NULL) == 0)
        queues = json_loads (text, 0, NULL);
    free (text);
    (void)store_counts (k->store, &counts);
    o = json_pack ("{s:i s:I}",
                   "version",
                   1,
                   "max_jobid",
                   (json_int_t)counts.max_id);
    json_object_set (o, "queue", json_object_get (queues, "queues"));
    json_decref (queues);
    text = json_dumps (o, JSON_COMPACT);
    json_decref (o);
    return text_val (text);
}

static json_t *checkpoint_get (struct kvs *k, const struct path *p)
{
    json_t *dir;

    if (p->n > 2 || (p->n == 2 && strcmp (p->names[1], "job-manager") != 0))
        return NULL;
    if (p->n == 2)
        return manager_checkpoint (k);
    dir = treeobj_dir ();
    put_below (dir, "job-manager", manager_checkpoint (k));
    return dir;
}

/* Of a root only the names count. */
static json_t *root_get (struct kvs *k)
{
    struct store_counts counts = { 0 };
    json_t *dir = treeobj_dir ();

    put_below (dir, "resource", treeobj_dir ());
    put_below (dir, "checkpoint", treeobj_dir ());
    (void)store_counts (k->store, &counts);
    if (manager_active_count (k->m) > 0 || counts.inactive > 0)
        put_below (dir, "job", treeobj_dir ());
    return dir;
}

json_t *jobkeys_get (struct kvs *k, const struct path *p)
{
    int groups;

    if (p->n == 0)
        return root_get (k);
    if (strcmp (p->names[0], "resource") == 0)
        return resource_get (k, p);
    if (strcmp (p->names[0], "checkpoint") == 0)
        return checkpoint_get (k, p);
    if ((groups = count_groups (p)) < 0)
        return NULL;
    return groups == GROUPS ? job_get (k, p) : job_list (k, p, groups);
}
