/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Task maps, RFC 34: blocks (nodeid, nnodes, ppn, repeat) of task ids that
 * go round the nodes.  Kept as a task id set for each node.
 */

#include <ctype.h>
#include <errno.h>
#include <flux/taskmap.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum {
    /* bounds on what a text may ask for */
    NODES_MAX = 1 << 22,
    TASKS_MAX = 1 << 28,
    STEPS_MAX = 1 << 24,
};

struct taskmap {
    struct idset **nodes; /* the task ids of each node; NULL: none */
    int nnodes;
    int ntasks;
    int steps; /* work done to build it */
};

struct block {
    int nodeid;
    int nnodes;
    int ppn;
    int repeat;
};

struct taskmap *taskmap_create (void)
{
    return calloc (1, sizeof (struct taskmap));
}

void taskmap_destroy (struct taskmap *map)
{
    int saved_errno = errno;

    if (!map)
        return;
    for (int i = 0; i < map->nnodes; i++)
        idset_destroy (map->nodes[i]);
    free (map->nodes);
    free (map);
    errno = saved_errno;
}

static int reserve (struct taskmap *map, int nnodes)
{
    struct idset **nodes;

    if (nnodes <= map->nnodes)
        return 0;
    if (nnodes > NODES_MAX) {
        errno = ERANGE;
        return -1;
    }
    if (!(nodes = realloc (map->nodes, nnodes * sizeof (*nodes))))
        return -1;
    memset (nodes + map->nnodes, 0, (nnodes - map->nnodes) * sizeof (*nodes));
    map->nodes = nodes;
    map->nnodes = nnodes;
    return 0;
}

static int node_add (struct taskmap *map, int nodeid, int lo, int hi)
{
    struct idset **ids = &map->nodes[nodeid];

    if (!*ids && !(*ids = idset_create (1, IDSET_FLAG_AUTOGROW)))
        return -1;
    return idset_range_set (*ids, lo, hi);
}

int taskmap_append (struct taskmap *map, int nodeid, int nnodes, int ppn)
{
    if (!map || nodeid < 0 || nnodes <= 0 || ppn <= 0) {
        errno = EINVAL;
        return -1;
    }
    if (nodeid > NODES_MAX - nnodes || nnodes > NODES_MAX
        || (long long)nnodes * ppn > TASKS_MAX - map->ntasks
        || nnodes > STEPS_MAX - map->steps) {
        errno = ERANGE;
        return -1;
    }
    if (reserve (map, nodeid + nnodes) < 0)
        return -1;
    map->steps += nnodes;
    for (int i = 0; i < nnodes; i++) {
        if (node_add (map, nodeid + i, map->ntasks, map->ntasks + ppn - 1) < 0)
            return -1;
        map->ntasks += ppn;
    }
    return 0;
}

static int append_block (struct taskmap *map,
                         const struct block *b,
                         flux_error_t *errp)
{
    if (b->repeat <= 0)
        return err_set (errp, EINVAL, "repeat %d is not positive", b->repeat);
    for (int i = 0; i < b->repeat; i++) {
        if (taskmap_append (map, b->nodeid, b->nnodes, b->ppn) < 0)
            return err_set (errp,
                            errno,
                            "invalid block [%d,%d,%d,%d]: %s",
                            b->nodeid,
                            b->nnodes,
                            b->ppn,
                            b->repeat,
                            strerror (errno));
    }
    return 0;
}

static int decode_json (struct taskmap *map, const char *s, flux_error_t *errp)
{
    json_error_t e;
    json_t *o = json_loads (s, 0, &e);
    json_t *array = o, *entry;
    int version, rc = 0;
    size_t i;

    if (!o)
        return err_set (errp, EINVAL, "%s", e.text);
    if (json_is_object (o)
        && json_unpack_ex (o,
                           &e,
                           0,
                           "{s:i s:o}",
                           "version",
                           &version,
                           "map",
                           &array)
               < 0)
        rc = err_set (errp, EINVAL, "%s", e.text);
    else if (json_is_object (o) && version != 1)
        rc = err_set (errp, EINVAL, "version %d is not 1", version);
    else if (!json_is_array (array))
        rc = err_set (errp, EINVAL, "the map is not an array");
    else
        json_array_foreach (array, i, entry)
        {
            struct block b;

            if (json_unpack_ex (entry,
                                &e,
                                0,
                                "[iiii!]",
                                &b.nodeid,
                                &b.nnodes,
                                &b.ppn,
                                &b.repeat)
                < 0)
                rc = err_set (errp, EINVAL, "entry %zu: %s", i, e.text);
            else
                rc = append_block (map, &b, errp);
            if (rc < 0)
                break;
        }
    json_decref (o);
    return rc;
}

/* RFC 13: (vector,(nodeid,nnodes,ppn),...) */
static int decode_pmi (struct taskmap *map, const char *s, flux_error_t *errp)
{
    static const char start[] = "(vector";
    const char *p = s + strlen (start);
    struct block b = { .repeat = 1 };
    int n;

    while (sscanf (p, " , ( %d , %d , %d )%n", &b.nodeid, &b.nnodes, &b.ppn, &n)
           == 3) {
        if (append_block (map, &b, errp) < 0)
            return -1;
        p += n;
    }
    while (isspace ((unsigned char)*p) || *p == ',')
        p++;
    if (strcmp (p, ")") != 0)
        return err_set (errp, EINVAL, "unexpected '%.32s'", p);
    return 0;
}

/* One idset for each node, with semicolons between. */
static int decode_raw (struct taskmap *map, const char *s, flux_error_t *errp)
{
    struct idset *all = idset_create (1, IDSET_FLAG_AUTOGROW);
    idset_error_t e;
    int rc = all ? 0 : -1;

    for (int node = 0; rc == 0; node++) {
        size_t len = strcspn (s, ";");
        struct idset *ids;

        ids = idset_decode_ex (s, len, 0, IDSET_FLAG_AUTOGROW, &e);
        if (!ids)
            rc = err_set (errp, errno, "node %d: %s", node, e.text);
        else if (idset_has_intersection (all, ids))
            rc = err_set (errp, EINVAL, "node %d: task ids are repeated", node);
        else if ((rc = reserve (map, node + 1)) == 0
                 && (rc = idset_add (all, ids)) == 0) {
            map->nodes[node] = ids;
            ids = NULL;
        }
        idset_destroy (ids);
        if (!s[len])
            break;
        s += len + 1;
    }
    if (rc == 0 && !idset_empty (all)
        && (idset_count (all) > TASKS_MAX
            || idset_last (all) + 1 != idset_count (all)))
        rc = err_set (errp, EINVAL, "task ids are missing");
    if (rc == 0)
        map->ntasks = idset_count (all);
    idset_destroy (all);
    return rc;
}

struct taskmap *taskmap_decode (const char *s, flux_error_t *errp)
{
    struct taskmap *map;
    int rc;

    if (!s)
        return err_null (errp, EINVAL, "no task map given");
    if (!(map = taskmap_create ()))
        return err_null (errp, ENOMEM, "out of memory");
    while (isspace ((unsigned char)*s))
        s++;
    if (*s == '\0')
        rc = 0;
    else if (strncmp (s, "(vector", 7) == 0)
        rc = decode_pmi (map, s, errp);
    else if (*s == '{' || (*s == '[' && (s[1] == '[' || s[1] == ']')))
        rc = decode_json (map, s, errp);
    else
        rc = decode_raw (map, s, errp);
    if (rc < 0) {
        taskmap_destroy (map);
        return NULL;
    }
    return map;
}

/* Where task id is, and how many tasks in a row from it. */
static int task_run (const struct taskmap *map, unsigned int id, int *count)
{
    int node = taskmap_nodeid (map, id);

    *count = 0;
    while (node >= 0 && idset_test (map->nodes[node], id + *count))
        (*count)++;
    return node;
}

/* The blocks of a map, found again; the caller frees them. */
static struct block *find_blocks (const struct taskmap *map, int *count)
{
    struct block *blocks = NULL, *b;
    int n = 0, ppn;

    for (int id = 0; id < map->ntasks; id += ppn) {
        int node = task_run (map, id, &ppn);
        struct block *last = n > 0 ? &blocks[n - 1] : NULL;

        if (last && last->ppn == ppn && last->nodeid + last->nnodes == node) {
            last->nnodes++;
            continue;
        }
        if (!(b = realloc (blocks, (n + 1) * sizeof (*b)))) {
            free (blocks);
            return NULL;
        }
        blocks = b;
        blocks[n++] = (struct block){ node, 1, ppn, 1 };
    }
    *count = 0;
    for (int i = 0; i < n; i++) {
        struct block *last = *count > 0 ? &blocks[*count - 1] : NULL;

        if (last && last->nodeid == blocks[i].nodeid
            && last->nnodes == blocks[i].nnodes && last->ppn == blocks[i].ppn)
            last->repeat++;
        else
            blocks[(*count)++] = blocks[i];
    }
    return blocks ? blocks : calloc (1, sizeof (*blocks));
}

static void put_blocks (FILE *f, const struct block *b, int count, int flags)
{
    bool pmi = flags & TASKMAP_ENCODE_PMI;
    bool wrapped = flags & TASKMAP_ENCODE_WRAPPED;

    fputs (pmi ? "(vector" : wrapped ? "{\"version\":1,\"map\":[" : "[", f);
    for (int i = 0; i < count; i++) {
        for (int k = 0; pmi && k < b[i].repeat; k++)
            fprintf (f, ",(%d,%d,%d)", b[i].nodeid, b[i].nnodes, b[i].ppn);
        if (!pmi)
            fprintf (f,
                     "%s[%d,%d,%d,%d]",
                     i > 0 ? "," : "",
                     b[i].nodeid,
                     b[i].nnodes,
                     b[i].ppn,
                     b[i].repeat);
    }
    fputs (pmi ? ")" : wrapped ? "]}" : "]", f);
}

static int put_raw (FILE *f, const struct taskmap *map, int flags)
{
    int range = flags & TASKMAP_ENCODE_RAW_DERANGED ? 0 : IDSET_FLAG_RANGE;

    for (int i = 0; i < map->nnodes; i++) {
        char *s =
            map->nodes[i] ? idset_encode (map->nodes[i], range) : strdup ("");

        if (!s)
            return -1;
        fprintf (f, "%s%s", i > 0 ? ";" : "", s);
        free (s);
    }
    return 0;
}

char *taskmap_encode (const struct taskmap *map, int flags)
{
    const int raw = TASKMAP_ENCODE_RAW | TASKMAP_ENCODE_RAW_DERANGED;
    struct block *blocks = NULL;
    int count, rc = 0;
    char *s = NULL;
    size_t size;
    FILE *f;

    if (!map || (flags & ~(raw | TASKMAP_ENCODE_WRAPPED | TASKMAP_ENCODE_PMI))
        || (flags & (flags - 1))) {
        errno = EINVAL;
        return NULL;
    }
    if (!(f = open_memstream (&s, &size)))
        return NULL;
    if (flags & raw)
        rc = put_raw (f, map, flags);
    else if ((blocks = find_blocks (map, &count)))
        put_blocks (f, blocks, count, flags);
    else
        rc = -1;
    free (blocks);
    if (fclose (f) != 0 || rc < 0) {
        free (s);
        return NULL;
    }
    return s;
}

bool taskmap_unknown (const struct taskmap *map)
{
    return !map || map->ntasks == 0;
}

const struct idset *taskmap_taskids (const struct taskmap *map, int nodeid)
{
    if (!map || nodeid < 0 || taskmap_unknown (map)) {
        errno = EINVAL;
        return NULL;
    }
    if (nodeid >= map->nnodes || !map->nodes[nodeid]) {
        errno = ENOENT;
        return NULL;
    }
    return map->nodes[nodeid];
}

int taskmap_nodeid (const struct taskmap *map, int taskid)
{
    if (!map || taskid < 0) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; i < map->nnodes; i++) {
        if (map->nodes[i] && idset_test (map->nodes[i], taskid))
            return i;
    }
    errno = ENOENT;
    return -1;
}

int taskmap_ntasks (const struct taskmap *map, int nodeid)
{
    const struct idset *ids = taskmap_taskids (map, nodeid);

    return ids ? (int)idset_count (ids) : -1;
}

int taskmap_nnodes (const struct taskmap *map)
{
    if (!map || taskmap_unknown (map)) {
        errno = EINVAL;
        return -1;
    }
    return map->nnodes;
}

int taskmap_total_ntasks (const struct taskmap *map)
{
    if (!map || taskmap_unknown (map)) {
        errno = EINVAL;
        return -1;
    }
    return map->ntasks;
}

int taskmap_check (const struct taskmap *a,
                   const struct taskmap *b,
                   flux_error_t *errp)
{
    if (!a || !b || taskmap_unknown (a) || taskmap_unknown (b))
        return err_set (errp, EINVAL, "a task map is unknown");
    if (a->ntasks != b->ntasks)
        return err_set (errp,
                        EINVAL,
                        "got %d total tasks, expected %d",
                        b->ntasks,
                        a->ntasks);
    if (a->nnodes != b->nnodes)
        return err_set (errp,
                        EINVAL,
                        "got %d nodes, expected %d",
                        b->nnodes,
                        a->nnodes);
    return 0;
}
