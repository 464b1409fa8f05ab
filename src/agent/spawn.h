/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Start a process without copying the agent's page tables. */

#ifndef SLUICE_AGENT_SPAWN_H
#define SLUICE_AGENT_SPAWN_H

#include <sched.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "wire/shell_options.h"

enum {
    SPAWN_PMI_FD = 3,
};

struct spawn {
    char **argv;
    char **env;
    const char *cwd;  /* NULL: the agent's */
    const char *path; /* PATH of env, to look argv[0] up; NULL: a default */
    int fds[3];       /* become 0, 1 and 2; each is open, and above 2 */
    int pmi_fd;       /* becomes SPAWN_PMI_FD; -1: none */
    bool tty;         /* fds[1] is the terminal that controls the session */
    bool stop;        /* before the program's first instruction */
    bool adjust_oom;  /* to oom_score */
    int oom_score;
    const cpu_set_t *cpus; /* NULL: as they are */
    const struct shell_rlimit *rlimits;
    unsigned int nrlimits;
    rlim_t nofile; /* soft limit of descriptors, before rlimits */
    uid_t uid;     /* changed to, with gid and groups, if `become` */
    gid_t gid;
    const gid_t *groups;
    int ngroups;
    bool become;
    int lost_cwd;      /* set: errno of going to cwd, if it is not there; the
                          process is in /tmp then (0: all is well) */
    const char *where; /* set on failure: what could not be done */
};

/* The pid of a process that leads a session and process group of its own and
 * has executed argv, with default signals and nothing open but fds.  -1 and
 * errno, with s->where: there is no process.
 */
pid_t spawn_process (struct spawn *s);

#endif
