/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What most commands need: one-line errors, the connection, job ids. */

#ifndef SLUICE_CMD_UTIL_H
#define SLUICE_CMD_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flux/core.h>
#include <jansson.h>

/* What errors are prefixed with: "flux-job".  Set once by command_run. */
void set_prefix (const char *name);
const char *get_prefix (void);

/* Print "flux-CMD: ERROR: ..." on stderr; die also exits with status 1. */
void warn_msg (const char *fmt, ...) __attribute__ ((format (printf, 1, 2)));
void die (const char *fmt, ...)
    __attribute__ ((format (printf, 1, 2), noreturn));

/* As die, for a bad command line: exits with what set_usage_status said (1
 * when it was not called).
 */
void set_usage_status (int status);
void die_usage (const char *fmt, ...)
    __attribute__ ((format (printf, 1, 2), noreturn));
/* Print "flux-CMD: INFO: ..." on stderr. */
void info_msg (const char *fmt, ...) __attribute__ ((format (printf, 1, 2)));

/* Memory or the end of the program. */
void *xcalloc (size_t n, size_t size);
char *xstrdup (const char *s);
char *xasprintf (const char *fmt, ...) __attribute__ ((format (printf, 1, 2)));

/* Connect to the instance named by FLUX_URI, or die. */
flux_t *cmd_open (void);

/* The job id in s, any form of RFC 19; dies naming s. */
flux_jobid_t parse_id (const char *s);
/* In one of the forms "f58", "dec", ...; the result lasts until the next
 * four calls.
 */
const char *format_id (flux_jobid_t id, const char *form);
const char *id_str (flux_jobid_t id);

/* Wait for f, and return what it says (NULL payload: ""); on failure die with
 * the text the instance sent, "what: " before it when what is given.  f is
 * destroyed only by the caller.
 */
const char *get_or_die (flux_future_t *f, const char *what);
json_t *get_json_or_die (flux_future_t *f, const char *what);

/* Send {payload}, wait, destroy; die on failure.  payload is consumed and
 * may be NULL.  call_json returns the response, to be released.
 */
void call (flux_t *h, const char *topic, uint32_t nodeid, json_t *payload);
json_t *call_json (flux_t *h,
                   const char *topic,
                   uint32_t nodeid,
                   json_t *payload);

/* What is stored of a job by a key of job-info.lookup: {"KEY":TEXT}, to be
 * released.  flags are FLUX_JOB_LOOKUP_*.  Dies if there is none.
 */
json_t *lookup_job (flux_t *h, flux_jobid_t id, const char *key, int flags);

/* The sentence to print for a failed future. */
const char *future_text (flux_future_t *f);

/* "all" -> -1 cast (any user), a name or a number -> uid; dies. */
uint32_t parse_user (const char *s);
/* A signal name, with or without SIG, or number; -1 if it is none. */
int parse_signal (const char *s);
/* "hold", "default", "expedite" or a number 0-31; dies. */
int parse_urgency (const char *s);
/* Comma separated job states -> bits; dies. */
int parse_states (const char *s);

/* Words joined by one space; to be freed. */
char *join_words (int argc, char **argv);

/* Set the value at a dotted key, making objects on the way.  value is
 * consumed.  -1 and EINVAL when the way leads through something else, or a
 * part of the key is empty.
 */
int json_set_path (json_t *o, const char *path, json_t *value);
/* What is there, borrowed; NULL. */
json_t *json_get_path (json_t *o, const char *path);
/* JSON if it is valid JSON, else a string. */
json_t *json_or_string (const char *s);

/* Whether to color, by --color[=WHEN], NO_COLOR and the terminal; dies on
 * an unknown WHEN.
 */
struct opts;
bool want_color (const struct opts *o);

#endif
