/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef SLUICE_CMD_RUN_H
#define SLUICE_CMD_RUN_H

/* Run the built in command named by argv[0] with its arguments; the value is
 * the exit status, 1 when there is none of that name.
 */
int command_main (int argc, char **argv);

#endif
