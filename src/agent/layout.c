/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
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

int layout_make (struct layout *l,
                 const struct jobspec_run *run,
                 const struct rset *R,
                 unsigned int rank)
{
    const struct rset_node *here = rset_find (R, rank);
    uint64_t ntasks = count_tasks (run, R);

    memset (l, 0, sizeof (*l));
    if (!here || ntasks > LAYOUT_MAX_TASKS) {
        errno = here ? EOVERFLOW : ENOENT;
        return -1;
    }
    l->nnodes = R->count;
    l->ntasks = ntasks;
    l->index = here - R->nodes;
    if (!(l->counts = calloc (l->nnodes, sizeof (*l->counts))))
        return -1;
    distribute (l, run, R);
    for (unsigned int i = 0; i < l->index; i++)
        l->first += l->counts[i];
    l->count = l->counts[l->index];
    return 0;
}

void layout_clear (struct layout *l)
{
    free (l->counts);
    l->counts = NULL;
}

void layout_taskmap (const struct layout *l, struct jbuf *b)
{
    unsigned int i, n;

    jbuf_lit (b, "{\"taskmap\":{\"version\":1,\"map\":[");
    for (i = 0; i < l->nnodes; i += n) {
        for (n = 1; i + n < l->nnodes && l->counts[i + n] == l->counts[i]; n++)
            ;
        jbuf_lit (b, i > 0 ? ",[" : "[");
        jbuf_int (b, i);
        jbuf_lit (b, ",");
        jbuf_int (b, n);
        jbuf_lit (b, ",");
        jbuf_int (b, l->counts[i]);
        jbuf_lit (b, ",1]");
    }
    jbuf_lit (b, "]}}");
}
