/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The typed form of a jobspec (wire/jobspec.h), beside its text.
 *
 * Texts of one pool that ask for the same share one form, whatever they run:
 * name and working directory, where those of a text are others than the
 * form's, stand beside the text.
 */

#ifndef SLUICE_WIRE_JOBSPEC_FORM_H
#define SLUICE_WIRE_JOBSPEC_FORM_H

#include "wire/jobspec.h"

/* The form beside the text.  NULL and errno 0: there is none yet; EINVAL: aux
 * is in use for another purpose.
 */
const struct jobspec *jobspec_form_get (const struct text *spec);
/* Give the text a form; what js points to is copied.  NULL and ENOMEM. */
const struct jobspec *jobspec_form_set (struct text *spec,
                                        const struct jobspec *js);

#endif
