/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Which jobs are refused as they ask for what does not exist. */

#include <errno.h>
#include <string.h>

#include "manager/resource_private.h"
#include "wire/constraint.h"

int resources_check_job (struct resources *res,
                         const struct jobspec *spec,
                         flux_error_t *error)
{
    struct constraint *c;
    int rc;

    /* Most constraints name no host, and need not be read for that. */
    if (!spec->constraints || !strstr (spec->constraints, "\"hostlist\""))
        return 0;
    if (!(c = constraint_create (spec->constraints, error)))
        return -1;
    rc = constraint_check_hosts (c, res->all, error);
    constraint_destroy (c);
    return rc;
}
