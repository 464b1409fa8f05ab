/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-ingest.submit's payload as clients send it, read without a JSON parser:
 * J is long, and a parser takes its time over each character of it.
 */

#ifndef SLUICE_WIRE_SUBMIT_SCAN_H
#define SLUICE_WIRE_SUBMIT_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/requests_job.h"

/* True if s is an object of J, urgency and flags, once each and in any order,
 * with no escapes and nothing but ASCII in J; then *J of J_len bytes points
 * into s, without a NUL, and r has the numbers.  False for all else, which a
 * parser may judge; nothing is set then.
 */
bool submit_scan (const char *s,
                  struct req_submit *r,
                  const char **J,
                  size_t *J_len);

#endif
