/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Inputs of flux-bulksubmit(1): lists, and their combinations. */

#ifndef SLUICE_CMD_BULKINPUT_H
#define SLUICE_CMD_BULKINPUT_H

#include <stdbool.h>
#include <stddef.h>

struct bulk_list {
    bool linked; /* goes along with the list before it */
    char **words;
    size_t count;
    size_t size;
};

struct bulk_inputs {
    struct bulk_list *lists;
    int nlists;
    size_t total; /* combinations */
};

/* The index of the first of ":::", ":::+", "::::" and "::::+" in argv; argc
 * when there is none.
 */
int bulk_split (int argc, char **argv);

/* Read the lists of argv, which begins with a separator, or standard input
 * when argc is 0.  Text of files is cut at sep, or at white space when sep is
 * "none"; a final sep adds no word.  Dies on a file that cannot be read.
 */
void bulk_read (struct bulk_inputs *in, int argc, char **argv, const char *sep);
void bulk_clear (struct bulk_inputs *in);

/* The n-th combination, the last list turning fastest; words has room for
 * nlists.  The words belong to in.
 */
void bulk_combination (const struct bulk_inputs *in,
                       size_t n,
                       const char **words);

#endif
