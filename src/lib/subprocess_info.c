/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What can be asked of a subprocess. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/subprocess_private.h"

static int invalid (void)
{
    errno = EINVAL;
    return -1;
}

flux_subprocess_state_t flux_subprocess_state (flux_subprocess_t *p)
{
    if (!p) {
        errno = EINVAL;
        return FLUX_SUBPROCESS_FAILED;
    }
    return p->state;
}

const char *flux_subprocess_state_string (flux_subprocess_state_t state)
{
    switch (state) {
    case FLUX_SUBPROCESS_INIT:
        return "Init";
    case FLUX_SUBPROCESS_RUNNING:
        return "Running";
    case FLUX_SUBPROCESS_EXITED:
        return "Exited";
    case FLUX_SUBPROCESS_FAILED:
        return "Failed";
    case FLUX_SUBPROCESS_STOPPED:
        return "Stopped";
    }
    return NULL;
}

bool flux_subprocess_active (flux_subprocess_t *p)
{
    return p && !p->completed && p->state != FLUX_SUBPROCESS_FAILED;
}

int flux_subprocess_rank (flux_subprocess_t *p)
{
    return p && p->rank >= 0 ? p->rank : invalid ();
}

int flux_subprocess_fail_errno (flux_subprocess_t *p)
{
    return p && p->state == FLUX_SUBPROCESS_FAILED ? p->fail_errno : invalid ();
}

const char *flux_subprocess_fail_error (flux_subprocess_t *p)
{
    if (!p || p->state != FLUX_SUBPROCESS_FAILED) {
        errno = EINVAL;
        return p ? "no error" : NULL;
    }
    return p->fail_text ? p->fail_text : strerror (p->fail_errno);
}

int flux_subprocess_status (flux_subprocess_t *p)
{
    return p && p->state == FLUX_SUBPROCESS_EXITED ? p->status : invalid ();
}

int flux_subprocess_exit_code (flux_subprocess_t *p)
{
    int status = flux_subprocess_status (p);

    return status >= 0 && WIFEXITED (status) ? WEXITSTATUS (status)
                                             : invalid ();
}

int flux_subprocess_signaled (flux_subprocess_t *p)
{
    int status = flux_subprocess_status (p);

    return status >= 0 && WIFSIGNALED (status) ? WTERMSIG (status) : invalid ();
}

pid_t flux_subprocess_pid (flux_subprocess_t *p)
{
    return p && p->pid > 0 ? p->pid : invalid ();
}

flux_cmd_t *flux_subprocess_get_cmd (flux_subprocess_t *p)
{
    if (!p)
        errno = EINVAL;
    return p ? p->cmd : NULL;
}

flux_reactor_t *flux_subprocess_get_reactor (flux_subprocess_t *p)
{
    if (!p)
        errno = EINVAL;
    return p ? p->r : NULL;
}

int flux_subprocess_aux_set (flux_subprocess_t *p,
                             const char *name,
                             void *ctx,
                             flux_free_f free)
{
    return p ? auxlist_set (&p->aux, name, ctx, free) : invalid ();
}

void *flux_subprocess_aux_get (flux_subprocess_t *p, const char *name)
{
    if (!p) {
        errno = EINVAL;
        return NULL;
    }
    return auxlist_get (p->aux, name);
}
