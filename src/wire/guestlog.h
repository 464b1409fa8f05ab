/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Lines for a job's guest.exec.eventlog (RFC 50), guest.output and guest.input
 * (RFC 24), appended to a buffer.
 */

#ifndef SLUICE_WIRE_GUESTLOG_H
#define SLUICE_WIRE_GUESTLOG_H

#include "wire/jbuf.h"

/* context: JSON object text, or NULL for none. */
void guestlog_event (struct jbuf *b,
                     double t,
                     const char *name,
                     const char *context);
/* As guestlog_event, for a context with one integer. */
void guestlog_event_int (struct jbuf *b,
                         double t,
                         const char *name,
                         const char *key,
                         int64_t value);

/* guest.output.  The header says how many streams of each name there are. */
void guestlog_header (struct jbuf *b, double t, unsigned int ntasks);
/* data is written as text if it is UTF-8 without NUL bytes, else in base64;
 * len 0: none.
 */
void guestlog_data (struct jbuf *b,
                    double t,
                    const char *stream,
                    unsigned int rank,
                    const char *data,
                    size_t len,
                    bool eof);
/* Only the members data and, if need be, encoding, each after a comma. */
void guestlog_put (struct jbuf *b, const char *data, size_t len);
/* guest.input: the header, and what was written to the tasks of ranks, an
 * idset (RFC 22) or "all".
 */
void guestlog_input_header (struct jbuf *b, double t);
void guestlog_input (struct jbuf *b,
                     double t,
                     const char *ranks,
                     const char *data,
                     size_t len,
                     bool eof);
/* ranks: an idset, or "all". */
void guestlog_redirect (struct jbuf *b,
                        double t,
                        const char *stream,
                        const char *ranks,
                        const char *path);
/* A message of the shell's part of the agent; level as in syslog. */
void guestlog_log (struct jbuf *b,
                   double t,
                   int level,
                   unsigned int rank,
                   const char *component,
                   const char *message);

/* How many of len bytes to write now so that no UTF-8 sequence is cut: all,
 * or up to three less.
 */
size_t guestlog_whole (const char *data, size_t len);

#endif
