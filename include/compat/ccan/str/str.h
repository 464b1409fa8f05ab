/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The string tests that plugins in flux-core's style use. */

#ifndef SLUICE_COMPAT_STR_H
#define SLUICE_COMPAT_STR_H

#include <stdbool.h>
#include <string.h>

#ifndef streq
#define streq(a, b) (strcmp ((a), (b)) == 0)
#endif

#define strstarts(str, prefix) (strncmp ((str), (prefix), strlen (prefix)) == 0)

static inline bool strends (const char *str, const char *postfix)
{
    size_t n = strlen (str), m = strlen (postfix);

    return n >= m && strcmp (str + n - m, postfix) == 0;
}

#endif
