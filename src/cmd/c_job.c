/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stddef.h>

#include "cmd/cmd.h"
#include "cmd/list.h"

static const struct command *const subs[] = {
    &cmd_job_attach,
    &cmd_job_status,
    &cmd_job_last,
    &cmd_job_urgency,
    &cmd_job_wait,
    &cmd_job_wait_event,
    &cmd_job_kill,
    &cmd_job_killall,
    &cmd_job_raise,
    &cmd_job_raiseall,
    &cmd_job_cancel,
    &cmd_job_cancelall,
    &cmd_job_taskmap,
    &cmd_job_timeleft,
    &cmd_job_purge,
    &cmd_job_info,
    &cmd_job_eventlog,
    &cmd_job_hostpids,
    &cmd_job_id,
    &cmd_job_list,
    &cmd_job_list_ids,
    &cmd_job_list_aside,
    &cmd_job_stats,
    &cmd_job_memo,
    &cmd_job_submit,
    NULL,
};

const struct command cmd_job = {
    .name = "job",
    .summary = "look after single jobs",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
    .section = "jobs",
};
