/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The command line of flux-broker(1). */

#ifndef SLUICE_DAEMON_OPTIONS_H
#define SLUICE_DAEMON_OPTIONS_H

#include <stdbool.h>

#include "base/err.h"

struct setting {
    char *name; /* NULL for values of --conf */
    char *value;
    struct setting *next;
};

struct options {
    struct setting *attrs; /* -S, in order */
    struct setting *confs; /* --conf, in order */
    const char *config_path;
    int verbose;
    bool help;
    int argc; /* the initial program */
    char **argv;
};

/* 0, or -1 and EINVAL after a message on standard error. */
int options_parse (struct options *opt, int argc, char **argv);
void options_clear (struct options *opt);
void options_usage (void);

/* The last value given for the attribute, or NULL. */
const char *options_attr (const struct options *opt, const char *name);

#endif
