/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Our standard input to a job's tasks. */

#ifndef SLUICE_CMD_ATTACH_INPUT_H
#define SLUICE_CMD_ATTACH_INPUT_H

#include <flux/core.h>

struct attach_input;

/* ranks is an idset of tasks, or "all". */
struct attach_input *attach_input_create (flux_t *h, const char *ranks);
void attach_input_destroy (struct attach_input *in);

/* Begin to read, and to send to service.stdin at rank leader. */
void attach_input_start (struct attach_input *in,
                         const char *service,
                         int leader);

/* So many tasks there are: the input of those that get none is closed. */
void attach_input_close_others (struct attach_input *in, unsigned int ntasks);

#endif
