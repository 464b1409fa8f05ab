/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Text made from the command tables. */

#ifndef SLUICE_CMD_HELP_H
#define SLUICE_CMD_HELP_H

#include <stdio.h>

#include "cmd/cmd.h"

/* The list of commands, by section. */
void help_all (FILE *f);

/* One command: synopsis, summary, options, subcommands.  path is how it is
 * called: "flux job attach".
 */
void help_command (FILE *f, const struct command *c, const char *path);

/* All names and options, one a line, for shell completion:
 * "PATH<tab>word word ...".
 */
void help_words (FILE *f);

#endif
