/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Runs a command on a rank for who asks, and answers with what came of it. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <flux/jobtap.h>
#include <flux/subprocess.h>

struct ask {
    flux_t *h;
    const flux_msg_t *msg;
    char out[4096];
};

static void ask_destroy (struct ask *ask)
{
    flux_msg_decref (ask->msg);
    free (ask);
}

static void output_cb (flux_subprocess_t *p, const char *stream)
{
    struct ask *ask = flux_subprocess_aux_get (p, "ask");
    const char *line;

    if (flux_subprocess_read_trimmed_line (p, stream, &line) > 0)
        strncat (ask->out, line, sizeof (ask->out) - strlen (ask->out) - 1);
}

static void completion_cb (flux_subprocess_t *p)
{
    struct ask *ask = flux_subprocess_aux_get (p, "ask");

    flux_respond_pack (ask->h,
                       ask->msg,
                       "{s:s s:i s:i}",
                       "out",
                       ask->out,
                       "code",
                       flux_subprocess_exit_code (p),
                       "rank",
                       flux_subprocess_rank (p));
    flux_subprocess_destroy (p);
}

static void state_cb (flux_subprocess_t *p, flux_subprocess_state_t state)
{
    struct ask *ask = flux_subprocess_aux_get (p, "ask");

    if (state != FLUX_SUBPROCESS_FAILED)
        return;
    flux_respond_error (ask->h,
                        ask->msg,
                        flux_subprocess_fail_errno (p),
                        flux_subprocess_fail_error (p));
    flux_subprocess_destroy (p);
}

static const flux_subprocess_ops_t ops = {
    .on_completion = completion_cb,
    .on_state_change = state_cb,
    .on_stdout = output_cb,
};

static void run_cb (flux_t *h,
                    flux_msg_handler_t *mh,
                    const flux_msg_t *msg,
                    void *arg)
{
    struct ask *ask = calloc (1, sizeof (*ask));
    flux_subprocess_t *p = NULL;
    flux_cmd_t *cmd = NULL;
    const char *command;
    int rank;

    if (ask
        && flux_request_unpack (msg,
                                NULL,
                                "{s:i s:s}",
                                "rank",
                                &rank,
                                "command",
                                &command)
               == 0) {
        char *argv[] = { "/bin/sh", "-c", (char *)command, NULL };

        ask->h = h;
        ask->msg = flux_msg_incref (msg);
        cmd = flux_cmd_create (3, argv, NULL);
        p = flux_rexec (h, rank, 0, cmd, &ops);
    }
    flux_cmd_destroy (cmd);
    if (!p
        || flux_subprocess_aux_set (p, "ask", ask, (flux_free_f)ask_destroy)
               < 0)
        flux_respond_error (h, msg, errno, NULL);
}

int flux_plugin_init (flux_plugin_t *p)
{
    if (flux_plugin_set_name (p, "remote") < 0)
        return -1;
    return flux_jobtap_service_register (p, "run", run_cb, NULL);
}
