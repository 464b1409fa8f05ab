/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Keys, taken apart at their dots. */

#ifndef SLUICE_KVS_PATH_H
#define SLUICE_KVS_PATH_H

#include <stddef.h>

/* Deeper keys are refused. */
#define PATH_MAX_DEPTH 1000

struct path {
    size_t n; /* 0: the root */
    const char *names[];
};

/* Empty parts do not count: ".a..b." is "a.b", "." the root.  NULL and
 * EINVAL (empty or too deep), ENOMEM.  Free it with free().
 */
struct path *path_parse (const char *key);
/* The key of the parts from the first-th on, malloced; the root is ".". */
char *path_join (const struct path *p, size_t first);
/* target, and after it the parts of p from the first-th on.  As path_parse. */
struct path *path_redirect (const char *target,
                            const struct path *p,
                            size_t first);

#endif
