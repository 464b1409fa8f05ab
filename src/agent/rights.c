/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include "agent/rights.h"

/* These calls do not say whether they succeeded: one that must fail tells
 * what is in force.
 */
static int set_ids (uid_t uid, gid_t gid)
{
    setfsgid (gid);
    setfsuid (uid);
    if ((gid_t)setfsgid (-1) != gid || (uid_t)setfsuid (-1) != uid) {
        errno = EPERM;
        return -1;
    }
    return 0;
}

int rights_take (struct rights *own,
                 uid_t uid,
                 gid_t gid,
                 const gid_t *groups,
                 int ngroups)
{
    int n = getgroups (0, NULL);

    own->groups = calloc (n + 1, sizeof (*own->groups));
    if (!own->groups || (own->ngroups = getgroups (n, own->groups)) < 0
        || setgroups (ngroups, groups) < 0) {
        free (own->groups);
        return -1;
    }
    if (set_ids (uid, gid) < 0) {
        rights_return (own);
        return -1;
    }
    return 0;
}

void rights_return (struct rights *own)
{
    int saved_errno = errno;

    /* Going on with another's rights would be worse than the end. */
    if (set_ids (geteuid (), getegid ()) < 0
        || setgroups (own->ngroups, own->groups) < 0)
        abort ();
    free (own->groups);
    errno = saved_errno;
}
