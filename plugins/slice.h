/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A part of a list, told as Python does: "[start:stop:step]". */

#ifndef SLUICE_PLUGINS_SLICE_H
#define SLUICE_PLUGINS_SLICE_H

#include <stdbool.h>
#include <sys/types.h>

struct slice {
    bool has_start;
    bool has_stop;
    long start; /* less than 0 counts from the end */
    long stop;
    long step; /* never 0 */
};

/* 0, or -1 and EINVAL: not of that form, or a step of 0. */
int slice_parse (const char *s, struct slice *slice);

/* The slice of a list of n: go from start by slice->step while before stop
 * (after it, if the step is negative).
 */
void slice_fit (const struct slice *slice,
                ssize_t n,
                ssize_t *start,
                ssize_t *stop);

#endif
