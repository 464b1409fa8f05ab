/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Our terminal here, the job's terminal there. */

#ifndef SLUICE_CMD_ATTACH_PTY_H
#define SLUICE_CMD_ATTACH_PTY_H

#include <stdbool.h>

#include <flux/core.h>

struct attach_pty;

struct attach_pty_ops {
    /* It is ours (yes), or there is none (any more). */
    void (*decided) (bool yes, void *arg);
    /* It has ended, or we have left it (detached). */
    void (*ended) (bool detached, void *arg);
};

/* Ask for terminal NAME of the service, which its leader node has.  With
 * read_only nothing that is typed goes there.
 */
struct attach_pty *attach_pty_start (flux_t *h,
                                     const char *service,
                                     const char *name,
                                     int leader,
                                     bool read_only,
                                     const struct attach_pty_ops *ops,
                                     void *arg);
/* Gives our terminal back as it was. */
void attach_pty_destroy (struct attach_pty *p);

/* What is typed, without what is meant for us: after a line's end "~." leaves,
 * "~~" is one "~".  The rest is moved to the front of buf: its length.
 */
struct pty_escape {
    int state; /* 0 at first */
    bool leave;
};
size_t pty_escape_filter (struct pty_escape *e, char *buf, size_t len);

#endif
