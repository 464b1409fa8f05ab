/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stddef.h>

#include "cmd/list.h"

const struct command *const commands[] = {
    &cmd_submit,  &cmd_run,     &cmd_bulksubmit, &cmd_jobs,     &cmd_pstree,
    &cmd_top,     &cmd_job,     &cmd_cancel,     &cmd_pgrep,    &cmd_pkill,
    &cmd_update,  &cmd_watch,   &cmd_queue,      &cmd_resource, &cmd_overlay,
    &cmd_uptime,  &cmd_start,   &cmd_broker,     &cmd_shutdown, &cmd_jobtap,
    &cmd_config,  &cmd_module,  &cmd_dmesg,      &cmd_logger,   &cmd_getattr,
    &cmd_setattr, &cmd_lsattr,  &cmd_event,      &cmd_kvs,      &cmd_gc,
    &cmd_archive, &cmd_content, &cmd_restore,    &cmd_dump,     &cmd_ping,
    &cmd_rpc,     &cmd_exec,    &cmd_sproc,      &cmd_env,      &cmd_hostlist,
    &cmd_uri,     &cmd_version, &cmd_help,       &cmd_alloc,    &cmd_batch,
    &cmd_proxy,   NULL,
};
