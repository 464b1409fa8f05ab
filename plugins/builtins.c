/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "builtins.h"
#include "jobtap/jobtap.h"

static const struct jobtap_builtin table[] = {
    { ".priority-default", priority_default_init },
    { ".limit-job-size", limit_job_size_init },
    { ".limit-duration", limit_duration_init },
    { ".dependency-after", dependency_after_init },
    { ".dependency-singleton", dependency_singleton_init },
    { ".begin-time", begin_time_init },
    { ".validate-duration", validate_duration_init },
    { ".update-duration", update_duration_init },
    { ".history", history_init },
    { ".post-event", post_event_init },
    { ".update-queue", update_queue_init },
    { NULL, NULL },
};

const struct jobtap_builtin *const builtin_plugins = table;
