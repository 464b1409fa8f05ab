/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A bar on the last line of the terminal. */

#ifndef SLUICE_CMD_PROGRESS_H
#define SLUICE_CMD_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct progress {
    bool on;
    bool jps; /* show jobs a second */
    double start;
    double last; /* when it was drawn */
    int total;
    int pending;
    int running;
    int completed;
    int failed;
};

/* The bar as text, at most width columns wide. */
void progress_format (const struct progress *p,
                      double now,
                      int width,
                      char *buf,
                      size_t size);

/* Draw it, at most ten times a second unless force. */
void progress_draw (struct progress *p, bool force);
/* Remove it, to print something else. */
void progress_clear (struct progress *p);

#endif
