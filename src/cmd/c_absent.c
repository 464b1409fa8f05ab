/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Commands of Flux that people will try and that this release lacks: each
 * says so in one line.
 */

#include "cmd/cmd.h"
#include "cmd/list.h"

#define NO_INSTANCE                                    \
    "an instance cannot run inside a job (flux start " \
    "makes one on this host)"

const struct command cmd_alloc = {
    .name = "alloc",
    .summary = "allocate an instance (not available yet)",
    .usage = "...",
    .absent = NO_INSTANCE,
};

const struct command cmd_batch = {
    .name = "batch",
    .summary = "submit a script to run in an instance (not available yet)",
    .usage = "...",
    .absent = NO_INSTANCE,
};

const struct command cmd_proxy = {
    .name = "proxy",
    .summary = "run a command connected to an instance (not available yet)",
    .usage = "...",
    .absent = "set FLUX_URI to what 'flux uri' prints to talk to another "
              "instance on this host",
};
