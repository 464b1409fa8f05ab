/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* In the foreground of one job: its output here, our input and signals
 * there.  Shared by flux-run and flux-job attach.
 */

#ifndef SLUICE_CMD_ATTACH_H
#define SLUICE_CMD_ATTACH_H

#include <flux/core.h>

#include "cmd/options.h"

extern const struct option_def attach_options[];

struct attach_config {
    bool label_io;
    bool unbuffered;
    bool read_only;
    bool show_events;
    bool show_exec;
    bool show_status;
    int tail; /* lines; -1: all */
    const char *stdin_ranks;
    const char *wait_event;
};

/* From attach_options (or those of flux-run that share names). */
void attach_config_init (struct attach_config *c, const struct opts *o);

/* Returns when the job is over (or we detached): the exit status. */
int attach_run (flux_t *h, flux_jobid_t id, const struct attach_config *c);

#endif
