/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>

#include "base/err.h"
#include "cmd/jobspec_build.h"
#include "cmd/jobspec_res.h"

const struct option_def resource_options[] = {
    { 'N', "nodes", "N", "Set the number of nodes." },
    { 'x', "exclusive", NULL, "Allocate whole nodes (with --nodes)." },
    { 'n', "ntasks", "N", "Set the number of tasks (default 1)." },
    { 'c', "cores-per-task", "N", "Set the cores of each task (default 1)." },
    { 'g', "gpus-per-task", "N", "Set the GPUs of each task (default 0)." },
    { 0, "cores", "N", "Set the number of cores." },
    { 0, "tasks-per-node", "N", "Set the number of tasks of each node." },
    { 0, "tasks-per-core", "N", "Set the number of tasks of each core." },
    { 0, "gpus-per-node", "N", "Set the GPUs of each node (with --nodes)." },
    { 0 },
};

enum {
    MAX_COUNT = 1 << 30,
};

struct shape {
    int nodes; /* 0: any */
    int slots; /* of each node, or in all */
    int cores;
    int gpus;
    bool exclusive;
};

static json_t *slot_of (const struct shape *s)
{
    json_t *with = json_pack ("[{s:s s:i}]", "type", "core", "count", s->cores);

    if (s->gpus > 0)
        json_array_append_new (
            with,
            json_pack ("{s:s s:i}", "type", "gpu", "count", s->gpus));
    return json_pack ("{s:s s:i s:o s:s}",
                      "type",
                      "slot",
                      "count",
                      s->slots,
                      "with",
                      with,
                      "label",
                      "task");
}

static json_t *resources_of (const struct shape *s)
{
    json_t *node;

    if (s->nodes == 0)
        return json_pack ("[o]", slot_of (s));
    node = json_pack ("{s:s s:i s:[o]}",
                      "type",
                      "node",
                      "count",
                      s->nodes,
                      "with",
                      slot_of (s));
    if (s->exclusive)
        json_object_set_new (node, "exclusive", json_true ());
    return json_pack ("[o]", node);
}

static int per_resource (const struct opts *o,
                         struct shape *s,
                         json_t **count,
                         json_t *shell,
                         flux_error_t *e)
{
    int cores = opt_int (o, "cores", 0, 1, MAX_COUNT);
    int per_node = opt_int (o, "tasks-per-node", 0, 1, MAX_COUNT);
    int per_core = opt_int (o, "tasks-per-core", 0, 1, MAX_COUNT);

    s->gpus = opt_int (o, "gpus-per-node", 0, 0, MAX_COUNT);
    if (per_node && per_core)
        return err_set (e,
                        EINVAL,
                        "--tasks-per-node and --tasks-per-core exclude each "
                        "other");
    if (!s->nodes && !cores)
        return err_set (e,
                        EINVAL,
                        "the number of nodes or cores is required "
                        "(--nodes, --cores)");
    if (s->gpus && !s->nodes)
        return err_set (e, EINVAL, "--gpus-per-node requires --nodes");
    s->slots = 1;
    s->cores = 1;
    if (s->nodes && cores) {
        if (cores % s->nodes)
            return err_set (e,
                            EINVAL,
                            "--cores=%d cannot be divided evenly among %d "
                            "nodes",
                            cores,
                            s->nodes);
        s->cores = cores / s->nodes;
    }
    else if (s->nodes)
        s->exclusive = true;
    else
        s->slots = cores;
    /* A task for each slot, unless said otherwise by per-resource. */
    *count = json_pack ("{s:i}", "per_slot", 1);
    if (per_node || per_core || (s->nodes && cores))
        json_object_set_new (shell,
                             "per-resource",
                             json_pack ("{s:s s:i}",
                                        "type",
                                        per_node ? "node" : "core",
                                        "count",
                                        per_node   ? per_node
                                        : per_core ? per_core
                                                   : 1));
    return 0;
}

static int per_task (const struct opts *o,
                     struct shape *s,
                     json_t **count,
                     flux_error_t *e)
{
    int ntasks = opt_int (o, "ntasks", 0, 1, MAX_COUNT);

    s->cores = opt_int (o, "cores-per-task", 1, 1, MAX_COUNT);
    s->gpus = opt_int (o, "gpus-per-task", 0, 0, MAX_COUNT);
    if (s->nodes == 0) {
        s->slots = ntasks ? ntasks : 1;
        *count = json_pack ("{s:i}", "per_slot", 1);
        return 0;
    }
    if (ntasks == 0) {
        ntasks = s->nodes;
        s->exclusive = true;
    }
    if (s->nodes > ntasks)
        return err_set (e,
                        EINVAL,
                        "--nodes=%d is more than the number of tasks (%d)",
                        s->nodes,
                        ntasks);
    s->slots = (ntasks + s->nodes - 1) / s->nodes;
    if (ntasks % s->nodes == 0)
        *count = json_pack ("{s:i}", "per_slot", 1);
    else
        *count = json_pack ("{s:i}", "total", ntasks);
    return 0;
}

int build_resources (const struct opts *o,
                     json_t **resources,
                     json_t **count,
                     json_t *shell,
                     flux_error_t *e)
{
    static const char *const resource_names[] = { "cores",
                                                  "tasks-per-node",
                                                  "tasks-per-core",
                                                  "gpus-per-node" };
    static const char *const task_names[] = { "ntasks",
                                              "cores-per-task",
                                              "gpus-per-task" };
    struct shape s = {
        .nodes = opt_int (o, "nodes", 0, 1, MAX_COUNT),
        .exclusive = opt_count (o, "exclusive") > 0,
    };
    const char *by_resource = NULL;
    const char *by_task = NULL;
    int rc;

    for (int i = 0; i < 4; i++) {
        if (opt_count (o, resource_names[i]))
            by_resource = resource_names[i];
    }
    for (int i = 0; i < 3; i++) {
        if (opt_count (o, task_names[i]))
            by_task = task_names[i];
    }
    if (by_resource && by_task)
        return err_set (e,
                        EINVAL,
                        "--%s cannot be used with --%s",
                        by_task,
                        by_resource);
    if (s.exclusive && !s.nodes)
        return err_set (e, EINVAL, "--exclusive requires --nodes");
    if (by_resource)
        rc = per_resource (o, &s, count, shell, e);
    else
        rc = per_task (o, &s, count, e);
    if (rc < 0)
        return -1;
    *resources = resources_of (&s);
    return 0;
}
