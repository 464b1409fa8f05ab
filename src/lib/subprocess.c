/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Subprocesses.  None can be started yet: what would make one answers
 * ENOSYS, so that the other functions are only ever given NULL, which they
 * answer with EINVAL.
 */

#include <errno.h>
#include <flux/core.h>

static int invalid (void)
{
    errno = EINVAL;
    return -1;
}

static void *invalid_null (void)
{
    errno = EINVAL;
    return NULL;
}

static void *unsupported (void)
{
    errno = ENOSYS;
    return NULL;
}

flux_subprocess_t *flux_local_exec (flux_reactor_t *r,
                                    int flags,
                                    const flux_cmd_t *cmd,
                                    const flux_subprocess_ops_t *ops)
{
    return unsupported ();
}

flux_subprocess_t *flux_local_exec_ex (flux_reactor_t *r,
                                       int flags,
                                       const flux_cmd_t *cmd,
                                       const flux_subprocess_ops_t *ops,
                                       const flux_subprocess_hooks_t *hooks,
                                       subprocess_log_f log_fn,
                                       void *log_data)
{
    return unsupported ();
}

flux_subprocess_t *flux_rexec (flux_t *h,
                               int rank,
                               int flags,
                               const flux_cmd_t *cmd,
                               const flux_subprocess_ops_t *ops)
{
    return unsupported ();
}

flux_subprocess_t *flux_rexec_ex (flux_t *h,
                                  const char *service_name,
                                  int rank,
                                  int flags,
                                  const flux_cmd_t *cmd,
                                  const flux_subprocess_ops_t *ops,
                                  subprocess_log_f log_fn,
                                  void *log_data)
{
    return unsupported ();
}

flux_subprocess_t *flux_rexec_attach (flux_t *h,
                                      const char *service_name,
                                      int rank,
                                      int flags,
                                      pid_t pid,
                                      const char *label,
                                      const flux_subprocess_ops_t *ops)
{
    return unsupported ();
}

flux_future_t *flux_rexec_bg (flux_t *h,
                              const char *service_name,
                              int rank,
                              int flags,
                              const flux_cmd_t *cmd)
{
    return unsupported ();
}

flux_future_t *flux_rexec_wait (flux_t *h,
                                const char *service_name,
                                int rank,
                                pid_t pid,
                                const char *label)
{
    return unsupported ();
}

void flux_subprocess_stream_start (flux_subprocess_t *p, const char *stream)
{
}

void flux_subprocess_stream_stop (flux_subprocess_t *p, const char *stream)
{
}

int flux_subprocess_write (flux_subprocess_t *p,
                           const char *stream,
                           const char *buf,
                           size_t len)
{
    return invalid ();
}

int flux_subprocess_close (flux_subprocess_t *p, const char *stream)
{
    return invalid ();
}

int flux_subprocess_read (flux_subprocess_t *p,
                          const char *stream,
                          const char **bufp)
{
    return invalid ();
}

int flux_subprocess_read_line (flux_subprocess_t *p,
                               const char *stream,
                               const char **bufp)
{
    return invalid ();
}

int flux_subprocess_read_trimmed_line (flux_subprocess_t *p,
                                       const char *stream,
                                       const char **bufp)
{
    return invalid ();
}

bool flux_subprocess_read_stream_closed (flux_subprocess_t *p,
                                         const char *stream)
{
    return false;
}

int flux_subprocess_getline (flux_subprocess_t *p,
                             const char *stream,
                             const char **bufp)
{
    return invalid ();
}

flux_future_t *flux_subprocess_kill (flux_subprocess_t *p, int signum)
{
    return invalid_null ();
}

void flux_subprocess_destroy (flux_subprocess_t *p)
{
}

flux_subprocess_state_t flux_subprocess_state (flux_subprocess_t *p)
{
    errno = EINVAL;
    return FLUX_SUBPROCESS_FAILED;
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
    return false;
}

int flux_subprocess_rank (flux_subprocess_t *p)
{
    return invalid ();
}

int flux_subprocess_fail_errno (flux_subprocess_t *p)
{
    return invalid ();
}

const char *flux_subprocess_fail_error (flux_subprocess_t *p)
{
    return invalid_null ();
}

int flux_subprocess_status (flux_subprocess_t *p)
{
    return invalid ();
}

int flux_subprocess_exit_code (flux_subprocess_t *p)
{
    return invalid ();
}

int flux_subprocess_signaled (flux_subprocess_t *p)
{
    return invalid ();
}

pid_t flux_subprocess_pid (flux_subprocess_t *p)
{
    return invalid ();
}

flux_cmd_t *flux_subprocess_get_cmd (flux_subprocess_t *p)
{
    return invalid_null ();
}

flux_reactor_t *flux_subprocess_get_reactor (flux_subprocess_t *p)
{
    return invalid_null ();
}

int flux_subprocess_aux_set (flux_subprocess_t *p,
                             const char *name,
                             void *ctx,
                             flux_free_f free)
{
    return invalid ();
}

void *flux_subprocess_aux_get (flux_subprocess_t *p, const char *name)
{
    return invalid_null ();
}

void flux_subprocess_channel_incref (flux_subprocess_t *p, const char *name)
{
}

void flux_subprocess_channel_decref (flux_subprocess_t *p, const char *name)
{
}
