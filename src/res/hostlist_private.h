/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A hostlist as runs: prefix, consecutive numbers, suffix. */

#ifndef SLUICE_RES_HOSTLIST_PRIVATE_H
#define SLUICE_RES_HOSTLIST_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include <flux/hostlist.h>

enum {
    /* A longer number is part of the name.  Nine digits fit an int. */
    HOST_DIGITS_MAX = 9,
    /* The most hosts one range of a text may stand for. */
    HOST_SPAN_MAX = 1 << 20,
};

struct run {
    char *prefix; /* the whole name if not numeric */
    char *suffix;
    bool numeric;
    int width; /* zeros are added up to this; 0: none */
    unsigned int lo;
    unsigned int hi; /* inclusive; lo = hi = 0 if not numeric */
};

struct hostlist {
    struct run *runs;
    size_t n;
    size_t alloced;
    int count;
    size_t cur;       /* cursor: the run; n at the end of the list */
    unsigned int off; /* and the host in it */
    char *name;       /* what was last returned */
};

/* The name of the host at lo + off; the caller frees it. */
char *run_name (const struct run *run, unsigned int off);
unsigned int run_count (const struct run *run);
void run_clear (struct run *run);

/* The number of decimal digits of n. */
int host_ndigits (unsigned int n);

/* Append hosts, joining the last run where they continue it.  The strings
 * are copied.  -1 and ENOMEM, or ERANGE if the list would have more hosts
 * than an int can count.
 */
__attribute__ ((visibility ("hidden"))) int hostlist_push (
    struct hostlist *hl,
    const struct run *run);

/* Split one name into its parts, which the caller clears. */
int host_split (const char *name, size_t len, struct run *run);

#endif
