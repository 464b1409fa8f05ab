/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What flux-top(1) shows, and how it is drawn. */

#ifndef SLUICE_CMD_TOP_H
#define SLUICE_CMD_TOP_H

#include <stdbool.h>

#include <flux/core.h>
#include <jansson.h>

enum {
    TOP_SUMMARY_LINES = 6,
};

struct top_use {
    size_t used;
    size_t down;
    size_t total;
};

struct top {
    flux_t *h;
    const char *path; /* of job ids, "/" for the outermost */
    bool color;
    bool details;   /* tell failed jobs from successful ones */
    bool beat;      /* a heartbeat came since the last drawing */
    json_t *queues; /* names, the first "" for all */
    size_t queue;   /* which of them is shown */
    json_t *jobs;   /* newest first */
    size_t cursor;
    double expiration; /* 0: none */
    double start;
    struct top_use nodes;
    struct top_use cores;
    struct top_use gpus;
    int pending;
    int running;
    int completed;
    int failed;
};

/* Ask the instance for its queues; dies. */
void top_get_queues (struct top *t);
/* Ask it for everything shown; dies. */
void top_update (struct top *t);
void top_clear (struct top *t);

/* Draw on the terminal that curses has. */
void top_draw (const struct top *t);

#endif
