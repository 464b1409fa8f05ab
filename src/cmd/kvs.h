/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Shared by the subcommands of flux kvs. */

#ifndef SLUICE_CMD_KVS_H
#define SLUICE_CMD_KVS_H

#include <flux/core.h>

#include "cmd/cmd.h"
#include "cmd/options.h"

/* -N, for nearly all of them. */
extern const struct option_def kvs_namespace_options[];
/* -O, -b, -s of those that commit. */
extern const struct option_def kvs_root_options[];

/* Commit txn and destroy it; die if it fails.  Print the new root as asked. */
void kvs_commit_or_die (flux_t *h,
                        const struct opts *o,
                        int flags,
                        flux_kvs_txn_t *txn);
/* A lookup in the snapshot of --at, else in the namespace; dies only of a
 * bad argument.
 */
flux_future_t *kvs_look (flux_t *h,
                         const struct opts *o,
                         int flags,
                         const char *key);

extern const struct command cmd_kvs_get;
extern const struct command cmd_kvs_put;
extern const struct command cmd_kvs_dir;
extern const struct command cmd_kvs_ls;
extern const struct command cmd_kvs_eventlog;
extern const struct command cmd_kvs_namespace;

#endif
