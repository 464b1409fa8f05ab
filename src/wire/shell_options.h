/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* attributes.system.shell.options and .files of a jobspec, as far as the
 * agent obeys them (flux-shell-options(7)).
 */

#ifndef SLUICE_WIRE_SHELL_OPTIONS_H
#define SLUICE_WIRE_SHELL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_t;

enum affinity {
    AFFINITY_ON, /* each task: all that the job has on the node */
    AFFINITY_OFF,
    AFFINITY_PER_TASK, /* divided among the tasks of the node */
    AFFINITY_MAP,      /* as said for each task */
};

struct shell_rlimit {
    int resource; /* RLIMIT_... */
    uint64_t soft;
};

struct shell_file {
    char *name;
    unsigned int mode;
    char *data;
    size_t len;
};

enum {
    SHELL_MAX_RLIMITS = 16,
};

struct shell_options {
    char *name; /* job.name; NULL: none */
    enum affinity cpu;
    enum affinity gpu;
    bool cpu_verbose;    /* say what each task gets */
    bool cpu_dry_run;    /* and no more than that */
    bool hwloc_xml;      /* a file with the node's topology */
    bool hwloc_restrict; /* as far as the job has it */
    char *cpu_map;       /* list of "0-1;2-3"; with AFFINITY_MAP */
    char *gpu_map;       /* likewise */
    double exit_timeout; /* seconds; < 0: none */
    bool exit_on_error;
    char per_resource; /* 'n'ode or 'c'ore; 0: tasks are as counted */
    unsigned int per_resource_count;
    bool unbuffered; /* stdout */
    double signal_timeleft;
    int signal_signum; /* 0: none */
    struct shell_rlimit rlimits[SHELL_MAX_RLIMITS];
    unsigned int nrlimits;
    struct shell_file *files;
    size_t nfiles;
    /* Tasks with a terminal: an idset, or "all"; NULL: none. */
    char *pty_ranks;
    bool pty_interactive; /* that of task 0 can be attached to */
    bool pty_capture;     /* their output goes where stdout goes */
    bool pmi_off;
    bool pmi_nomap;
    char *taskmap; /* scheme; NULL: block */
    char *taskmap_value;
    bool stop_in_exec;
    bool adjust_oom;
    int oom_score;
    uint64_t output_limit; /* bytes of a stream in the log; 0: none */
    /* A sentence about an option that cannot be obeyed; NULL: there is none. */
    char *refused;
};

/* Read from attributes.system (may be NULL).  What is unknown or of another
 * type is as if absent.  0, or -1 and ENOMEM.
 */
int shell_options_read (struct shell_options *o, struct json_t *system);
void shell_options_clear (struct shell_options *o);

#endif
