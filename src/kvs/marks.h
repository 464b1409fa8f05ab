/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Sets of blobs, for the collector: those that are needed, and those that are
 * spared for another reason.
 */

#ifndef SLUICE_KVS_MARKS_H
#define SLUICE_KVS_MARKS_H

#include <uthash.h>

#include "kvs/blob.h"

/* A blob that is needed. */
struct mark {
    uint8_t digest[DIGEST_SIZE];
    bool dir;
    bool put; /* only known to have been put meanwhile */
    struct mark *next;
    UT_hash_handle hh;
};

struct marks {
    struct mark *table;
    struct mark *todo; /* directories not looked into yet */
};

/* Something refers to ref, which is a directory or a value.  -1, ENOMEM. */
int marks_add (struct marks *m, const char *ref, bool dir);
/* It was put. */
void marks_put (struct marks *m, const char *ref);
struct mark *marks_find (struct marks *m, const uint8_t *digest);
/* Look into the next directory: the number of its entries.  One that cannot
 * be read keeps its blob and hides what is below; with strict that is an
 * error.  -1 and ENOMEM, EIO.
 */
int marks_next (struct marks *m, struct blobs *blobs, bool strict);
/* Take out at most max. */
void marks_forget (struct marks *m, size_t max);

/* A root that was told, or a blob that a client stored. */
struct spared {
    uint8_t digest[DIGEST_SIZE];
    double told; /* 0: not a root */
    UT_hash_handle hh;
};

struct spared *spared_find (struct spared *list, const uint8_t *digest);
void spared_add (struct spared **list, const char *ref, double told);
void spared_drop (struct spared **list, struct spared *sp);
void spared_clear (struct spared **list);

#endif
