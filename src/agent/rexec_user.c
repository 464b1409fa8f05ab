/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent/rexec.h"

int rexec_user_env (struct rexec *rx, flux_cmd_t *cmd)
{
    if (!rx->agent->opt.uri)
        return 0;
    return flux_cmd_setenvf (cmd, 1, "FLUX_URI", "%s", rx->agent->opt.uri);
}

/* In the child.  One that cannot become its user must not run. */
void rexec_user_pre_exec (flux_subprocess_t *p, void *arg)
{
    struct rexec_proc *proc = arg;
    struct agent_job *job = proc->job;
    struct rlimit r;

    if (getrlimit (RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = proc->rx->agent->nofile;
        setrlimit (RLIMIT_NOFILE, &r);
    }
    if (job && job->become
        && (setgroups (job->ngroups, job->groups) < 0 || setgid (job->gid) < 0
            || setuid (job->userid) < 0))
        _exit (126);
    /* Nobody could report or end what outlives the agent. */
    prctl (PR_SET_PDEATHSIG, SIGKILL);
}
