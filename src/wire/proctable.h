/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Where the tasks of a job are, and which processes: the answer of
 * "<uid>-shell-<id>.proctable".
 *
 * On the wire: {"hosts":S,"executables":S,"ids":N,"pids":N,"ranks":N}, lists
 * with an element for each task.  In N, numbers are told as differences to
 * the one before: D, or [D,n] for D and n more that go up by one (n > 0) or
 * stay (n < 0), or [D,n,m] for m more of the same.  In S is a string, or
 * [prefix, N] for strings that end in those numbers (-1: in nothing).
 */

#ifndef SLUICE_WIRE_PROCTABLE_H
#define SLUICE_WIRE_PROCTABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct proctable_task {
    char *host;       /* shared by neighbours: see first */
    char *executable; /* NULL: not told */
    bool first;       /* owns the strings */
    int64_t id;       /* rank in the job */
    int64_t pid;
    int64_t rank; /* of the broker */
};

struct proctable {
    struct proctable_task *tasks;
    size_t count;
    size_t size;
    bool failed; /* memory ran out */
};

/* Lines of an agent: its host, the executable, then "ID PID" for each task.
 * What is malformed is left out.
 */
void proctable_add (struct proctable *t,
                    unsigned int rank,
                    const char *text,
                    size_t len);
void proctable_clear (struct proctable *t);

/* Malloced JSON text; NULL and ENOMEM. */
char *proctable_encode (const struct proctable *t);
/* Into t, which is empty.  0, or -1 and EPROTO or ENOMEM. */
int proctable_decode (const char *json,
                      struct proctable *t,
                      flux_error_t *error);

#endif
