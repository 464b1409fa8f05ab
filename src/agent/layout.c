/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/idset.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/layout.h"

/* Tasks in proportion to cores, as whole slots are; what is left over goes to
 * the first nodes.
 */
static void spread (struct layout *l, const struct rset *R)
{
    uint64_t ncores = rset_ncores (R);
    uint64_t each = R->nslots > 0 ? ncores / R->nslots : 1;
    unsigned int left = l->ntasks;
    unsigned int i;

    if (each == 0)
        each = 1;
    for (i = 0; i < l->nnodes && R->nslots > 0; i++) {
        uint64_t slots = idset_count (R->nodes[i].cores) / each;
        uint64_t n = slots * l->ntasks / R->nslots;

        l->counts[i] = n < left ? n : left;
        left -= l->counts[i];
    }
    for (i = 0; left > 0; i = (i + 1) % l->nnodes) {
        l->counts[i]++;
        left--;
    }
}

static uint64_t count_tasks (const struct jobspec_run *run,
                             const struct rset *R)
{
    uint64_t n = run->shell.per_resource_count;

    switch (run->shell.per_resource) {
    case 'n':
        return n * R->count;
    case 'c':
        return n * rset_ncores (R);
    }
    return run->ntasks;
}

static void distribute (struct layout *l,
                        const struct jobspec_run *run,
                        const struct rset *R)
{
    unsigned int n = run->shell.per_resource_count;

    switch (run->shell.per_resource) {
    case 'n':
        for (unsigned int i = 0; i < l->nnodes; i++)
            l->counts[i] = n;
        break;
    case 'c':
        for (unsigned int i = 0; i < l->nnodes; i++)
            l->counts[i] = n * idset_count (R->nodes[i].cores);
        break;
    default:
        spread (l, R);
    }
}

/* ---- other maps ---- */

/* One task for each node in turn that has room, stride at a time. */
static int map_cyclic (struct layout *l, const char *value, flux_error_t *error)
{
    unsigned int *left;
    unsigned int ntasks = l->ntasks;
    char *end;
    long stride = *value ? strtol (value, &end, 10) : 1;
    int rc = 0;

    if (stride < 1 || stride > LAYOUT_MAX_TASKS || (*value && *end))
        return err_set (error,
                        EINVAL,
                        "taskmap: cyclic: '%s' is no stride",
                        value);
    if (!(left = calloc (l->nnodes, sizeof (*left))))
        return err_set (error, ENOMEM, "out of memory");
    memcpy (left, l->counts, l->nnodes * sizeof (*left));
    for (unsigned int i = 0; rc == 0 && ntasks > 0; i = (i + 1) % l->nnodes) {
        unsigned int n = left[i] < stride ? left[i] : stride;

        if (n > 0)
            rc = taskmap_append (l->map, i, 1, n);
        left[i] -= n;
        ntasks -= n;
    }
    free (left);
    return rc < 0 ? err_set (error, errno, "taskmap: %s", strerror (errno)) : 0;
}

static int map_manual (struct layout *l, const char *value, flux_error_t *error)
{
    flux_error_t why;

    taskmap_destroy (l->map);
    if (!(l->map = taskmap_decode (value, &why)))
        return err_set (error, EINVAL, "taskmap: manual: %s", why.text);
    if (taskmap_total_ntasks (l->map) != (int)l->ntasks
        || taskmap_nnodes (l->map) > (int)l->nnodes)
        return err_set (error,
                        EINVAL,
                        "taskmap: manual: %d tasks on %d nodes, not %u on %u",
                        taskmap_total_ntasks (l->map),
                        taskmap_nnodes (l->map),
                        l->ntasks,
                        l->nnodes);
    for (unsigned int i = 0; i < l->nnodes; i++) {
        int n =
            (int)i < taskmap_nnodes (l->map) ? taskmap_ntasks (l->map, i) : 0;
        l->counts[i] = n > 0 ? n : 0;
    }
    return 0;
}

static int make_map (struct layout *l,
                     const struct shell_options *o,
                     flux_error_t *error)
{
    if (!o->taskmap)
        return 0;
    if (!(l->map = taskmap_create ()))
        return err_set (error, ENOMEM, "out of memory");
    if (!strcmp (o->taskmap, "cyclic"))
        return map_cyclic (l, o->taskmap_value, error);
    if (!strcmp (o->taskmap, "manual"))
        return map_manual (l, o->taskmap_value, error);
    return err_set (error,
                    EINVAL,
                    "taskmap: scheme '%s' is not available",
                    o->taskmap);
}

int layout_make (struct layout *l,
                 const struct jobspec_run *run,
                 const struct rset *R,
                 unsigned int rank,
                 flux_error_t *error)
{
    const struct rset_node *here = rset_find (R, rank);
    uint64_t ntasks = count_tasks (run, R);

    memset (l, 0, sizeof (*l));
    if (!here)
        return err_set (error, ENOENT, "rank %u is not in R", rank);
    if (ntasks > LAYOUT_MAX_TASKS)
        return err_set (error, EOVERFLOW, "more than a million tasks");
    l->nnodes = R->count;
    l->ntasks = ntasks;
    l->index = here - R->nodes;
    if (!(l->counts = calloc (l->nnodes, sizeof (*l->counts))))
        return err_set (error, ENOMEM, "out of memory");
    distribute (l, run, R);
    if (make_map (l, &run->shell, error) < 0) {
        int saved = errno;

        layout_clear (l);
        errno = saved;
        return -1;
    }
    for (unsigned int i = 0; i < l->index; i++)
        l->first += l->counts[i];
    l->count = l->counts[l->index];
    return 0;
}

void layout_clear (struct layout *l)
{
    taskmap_destroy (l->map);
    free (l->counts);
    l->map = NULL;
    l->counts = NULL;
}

/* ---- what it says ---- */

unsigned int layout_rank (const struct layout *l, unsigned int index)
{
    const struct idset *ids =
        l->map ? taskmap_taskids (l->map, l->index) : NULL;
    unsigned int id;

    if (!ids)
        return l->first + index;
    for (id = idset_first (ids); index > 0; index--)
        id = idset_next (ids, id);
    return id;
}

char *layout_ranks (const struct layout *l)
{
    const struct idset *ids =
        l->map ? taskmap_taskids (l->map, l->index) : NULL;
    char *s = NULL;

    if (ids)
        return idset_encode (ids, IDSET_FLAG_RANGE);
    if (l->count == 1)
        return asprintf (&s, "%u", l->first) < 0 ? NULL : s;
    return asprintf (&s, "%u-%u", l->first, l->first + l->count - 1) < 0 ? NULL
                                                                         : s;
}

/* Nodes from i on that have as many tasks as i has. */
static unsigned int alike (const struct layout *l, unsigned int i)
{
    unsigned int n = 1;

    while (i + n < l->nnodes && l->counts[i + n] == l->counts[i])
        n++;
    return n;
}

void layout_taskmap (const struct layout *l, struct jbuf *b)
{
    char *s = l->map ? taskmap_encode (l->map, 0) : NULL;
    unsigned int i, n;

    jbuf_lit (b, "{\"version\":1,\"map\":");
    if (s)
        jbuf_lit (b, s);
    for (i = 0; !s && i < l->nnodes; i += n) {
        n = alike (l, i);
        jbuf_lit (b, i > 0 ? ",[" : "[[");
        jbuf_int (b, i);
        jbuf_lit (b, ",");
        jbuf_int (b, n);
        jbuf_lit (b, ",");
        jbuf_int (b, l->counts[i]);
        jbuf_lit (b, ",1]");
    }
    jbuf_lit (b, s ? "}" : "]}");
    free (s);
}

char *layout_mapping (const struct layout *l)
{
    struct jbuf b = { 0 };
    unsigned int i, n;

    if (l->map)
        return taskmap_encode (l->map, TASKMAP_ENCODE_PMI);
    jbuf_lit (&b, "(vector");
    for (i = 0; i < l->nnodes; i += n) {
        n = alike (l, i);
        if (l->counts[i] == 0)
            continue;
        jbuf_lit (&b, ",(");
        jbuf_int (&b, i);
        jbuf_lit (&b, ",");
        jbuf_int (&b, n);
        jbuf_lit (&b, ",");
        jbuf_int (&b, l->counts[i]);
        jbuf_lit (&b, ")");
    }
    jbuf_lit (&b, ")");
    return jbuf_take (&b, NULL);
}
