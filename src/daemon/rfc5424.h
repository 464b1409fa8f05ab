/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Log records in the form of RFC 5424, as log.append and log.dmesg carry
 * them: <PRI>1 TIMESTAMP HOSTNAME APPNAME PROCID MSGID SD MSG, where HOSTNAME
 * is a rank and "-" stands for what is absent.
 */

#ifndef SLUICE_DAEMON_RFC5424_H
#define SLUICE_DAEMON_RFC5424_H

#include <stddef.h>
#include <stdint.h>

struct log_record {
    int severity;
    char timestamp[40];
    char hostname[64];
    char appname[64];
    const char *text; /* into the record */
};

/* Read a record; -1 and EPROTO if it is none. */
int rfc5424_parse (const char *s, struct log_record *rec);

/* Malloced record; NULL and ENOMEM.  t is seconds since the epoch.  What
 * would break the line is replaced by spaces.
 */
char *rfc5424_format (int severity,
                      double t,
                      uint32_t rank,
                      const char *appname,
                      int pid,
                      const char *text);

/* "err" for LOG_ERR, ... */
const char *log_severity_name (int severity);

#endif
