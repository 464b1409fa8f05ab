/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Severities of log records by name. */

#ifndef SLUICE_CMD_SEVERITY_H
#define SLUICE_CMD_SEVERITY_H

#include <stddef.h>

/* "err" -> LOG_ERR; -1 for an unknown name. */
int severity_parse (const char *name);
const char *severity_name (int severity);

/* One log record (RFC 5424), cut into its parts; text is not terminated. */
struct record {
    int severity;
    char timestamp[64];
    char rank[16];
    char appname[64];
    const char *text;
    size_t len;
};

/* -1 when s is no record. */
int record_parse (const char *s, size_t len, struct record *r);

#endif
