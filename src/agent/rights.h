/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Touching files as the user whose they are.
 *
 * An agent that is root opens what a job names with the rights of the job's
 * user, or root's files would be open to everyone.  Only access to files
 * changes, not what signals the process may get.
 */

#ifndef SLUICE_AGENT_RIGHTS_H
#define SLUICE_AGENT_RIGHTS_H

#include <sys/types.h>

struct rights {
    gid_t *groups; /* the agent's own */
    int ngroups;
};

/* Until rights_return (), files are touched with these rights.  -1 and errno,
 * nothing changed.
 */
int rights_take (struct rights *own,
                 uid_t uid,
                 gid_t gid,
                 const gid_t *groups,
                 int ngroups);
/* errno is kept.  Does not return if the rights cannot be had back. */
void rights_return (struct rights *own);

#endif
