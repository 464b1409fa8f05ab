/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Values of the fields of a job: name is the field's full name. */

#ifndef SLUICE_CMD_JOBVALUE_H
#define SLUICE_CMD_JOBVALUE_H

#include <jansson.h>

#include "cmd/format.h"

void get_id (json_t *job, const char *name, struct value *v);
void get_attr (json_t *job, const char *name, struct value *v);
void get_list (json_t *job, const char *name, struct value *v);
void get_username (json_t *job, const char *name, struct value *v);
void get_state (json_t *job, const char *name, struct value *v);
void get_status (json_t *job, const char *name, struct value *v);
void get_result (json_t *job, const char *name, struct value *v);
void get_returncode (json_t *job, const char *name, struct value *v);
void get_exception (json_t *job, const char *name, struct value *v);
void get_runtime (json_t *job, const char *name, struct value *v);
void get_remaining (json_t *job, const char *name, struct value *v);
void get_info (json_t *job, const char *name, struct value *v);
void get_time (json_t *job, const char *name, struct value *v);
void get_reason (json_t *job, const char *name, struct value *v);
void get_annotation (json_t *job, const char *name, struct value *v);

/* "begin-time=1796049231.4" as people read it: begin@14:34:06, with the date
 * unless it is within a day.  Malloced.
 */
char *dependency_text (const char *s);

#endif
