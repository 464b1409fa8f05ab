/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Cores of R are logical indices of hwloc's; the kernel counts differently. */

#include <hwloc.h>
#include <hwloc/glibc-sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "agent/agent.h"

struct affinity_map {
    unsigned int ncores;
    cpu_set_t *cores; /* processors of each */
};

struct affinity_map *affinity_create (void)
{
    struct affinity_map *map = calloc (1, sizeof (*map));
    hwloc_topology_t topo;

    if (!map || hwloc_topology_init (&topo) < 0) {
        free (map);
        return NULL;
    }
    hwloc_topology_set_all_types_filter (topo, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_set_type_filter (topo,
                                    HWLOC_OBJ_CORE,
                                    HWLOC_TYPE_FILTER_KEEP_ALL);
    if (hwloc_topology_load (topo) == 0) {
        int n = hwloc_get_nbobjs_by_type (topo, HWLOC_OBJ_CORE);

        if (n > 0 && (map->cores = calloc (n, sizeof (*map->cores))))
            map->ncores = n;
    }
    for (unsigned int i = 0; i < map->ncores; i++) {
        hwloc_obj_t core = hwloc_get_obj_by_type (topo, HWLOC_OBJ_CORE, i);

        hwloc_cpuset_to_glibc_sched_affinity (topo,
                                              core->cpuset,
                                              &map->cores[i],
                                              sizeof (map->cores[i]));
    }
    hwloc_topology_destroy (topo);
    return map;
}

void affinity_destroy (struct affinity_map *map)
{
    if (!map)
        return;
    free (map->cores);
    free (map);
}

/* The part of total things that the index-th of count gets, in order; with
 * more takers than things they share.
 */
static void share (unsigned int total,
                   unsigned int index,
                   unsigned int count,
                   unsigned int *first,
                   unsigned int *n)
{
    if (count > total) {
        *first = index % total;
        *n = 1;
        return;
    }
    *n = total / count + (index < total % count);
    *first = index * (total / count)
             + (index < total % count ? index : total % count);
}

/* ids of want, from the first-th on, n of them; n 0: all. */
static bool add_cores (const struct affinity_map *map,
                       const struct idset *want,
                       unsigned int first,
                       unsigned int n,
                       cpu_set_t *cpus)
{
    unsigned int i = 0;
    unsigned int id;

    for (id = idset_first (want); id != IDSET_INVALID_ID;
         id = idset_next (want, id), i++) {
        if (id >= map->ncores)
            return false;
        if (n == 0 || (i >= first && i < first + n))
            CPU_OR (cpus, cpus, &map->cores[id]);
    }
    return CPU_COUNT (cpus) > 0;
}

/* The entry of a list like "0-1;2-3" for a task; the last one repeats. */
static char *map_entry (const char *list, unsigned int index)
{
    while (index > 0 && strchr (list, ';')) {
        list = strchr (list, ';') + 1;
        index--;
    }
    return strndup (list, strcspn (list, ";"));
}

static bool map_cpus (const char *list, unsigned int index, cpu_set_t *cpus)
{
    hwloc_bitmap_t set = hwloc_bitmap_alloc ();
    char *s = map_entry (list, index);
    bool ok = false;
    unsigned int cpu;

    if (set && s) {
        ok = strncmp (s, "0x", 2) == 0 ? hwloc_bitmap_sscanf (set, s) == 0
                                       : hwloc_bitmap_list_sscanf (set, s) == 0;
        hwloc_bitmap_foreach_begin (cpu, set)
        {
            if (cpu < CPU_SETSIZE)
                CPU_SET (cpu, cpus);
            else
                break;
        }
        hwloc_bitmap_foreach_end ();
    }
    hwloc_bitmap_free (set);
    free (s);
    return ok && CPU_COUNT (cpus) > 0;
}

/* A job that has every core is bound to nothing less. */
bool affinity_of_task (struct agent *a,
                       const struct task *task,
                       cpu_set_t *cpus)
{
    const struct agent_job *job = task->job;
    const struct shell_options *o = &job->run->shell;
    const struct idset *cores = job->node->cores;
    unsigned int total = idset_count (cores);
    unsigned int first = 0;
    unsigned int n = 0;

    CPU_ZERO (cpus);
    if (!a->affinity || o->cpu == AFFINITY_OFF)
        return false;
    if (o->cpu == AFFINITY_MAP)
        return map_cpus (o->cpu_map, task->index, cpus);
    if (total == 0)
        return false;
    if (o->cpu == AFFINITY_PER_TASK)
        share (total, task->index, job->layout.count, &first, &n);
    else if (total >= a->affinity->ncores)
        return false;
    return add_cores (a->affinity, cores, first, n, cpus);
}

static char *cpus_text (const cpu_set_t *cpus)
{
    struct idset *ids = idset_create (CPU_SETSIZE, 0);
    char *s = NULL;

    for (int i = 0; ids && i < CPU_SETSIZE; i++) {
        if (CPU_ISSET (i, cpus))
            idset_set (ids, i);
    }
    if (ids)
        s = idset_encode (ids, IDSET_FLAG_RANGE);
    idset_destroy (ids);
    return s;
}

void affinity_log (const struct task *task, const cpu_set_t *cpus)
{
    cpu_set_t own;
    char note[512];
    char *s;

    if (!cpus && sched_getaffinity (0, sizeof (own), &own) == 0)
        cpus = &own;
    if (!cpus || !(s = cpus_text (cpus)))
        return;
    snprintf (note,
              sizeof (note),
              "cpu-affinity: task %u: cpus: %s",
              task->rank,
              s);
    report_shell_log (task->job, LOG_NOTICE, note);
    free (s);
}

char *affinity_gpus (const struct task *task)
{
    const struct agent_job *job = task->job;
    const struct shell_options *o = &job->run->shell;
    const struct idset *gpus = job->node->gpus;
    unsigned int total = gpus ? idset_count (gpus) : 0;
    unsigned int first = 0;
    unsigned int n = total;
    unsigned int i = 0;
    struct jbuf b = { 0 };

    if (o->gpu == AFFINITY_OFF)
        return NULL;
    if (o->gpu == AFFINITY_MAP)
        return map_entry (o->gpu_map, task->index);
    if (total == 0)
        return strdup ("-1");
    if (o->gpu == AFFINITY_PER_TASK)
        share (total, task->index, job->layout.count, &first, &n);
    for (unsigned int id = idset_first (gpus); id != IDSET_INVALID_ID;
         id = idset_next (gpus, id), i++) {
        if (i < first || i >= first + n)
            continue;
        if (b.len > 0)
            jbuf_lit (&b, ",");
        jbuf_int (&b, id);
    }
    return jbuf_take (&b, NULL);
}
