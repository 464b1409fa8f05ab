/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The attributes of a jobspec. */

#ifndef SLUICE_WIRE_JOBSPEC_ATTR_H
#define SLUICE_WIRE_JOBSPEC_ATTR_H

#include <jansson.h>

#include "wire/jobspec.h"

/* Check o, the value of "attributes", and fill in what js has of it; js has
 * the resources already.  -1 and EINVAL.
 */
int jobspec_attr_read (json_t *o, struct jobspec *js, flux_error_t *error);

#endif
