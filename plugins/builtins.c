/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "builtins.h"
#include "jobtap/jobtap.h"

const struct jobtap_builtin builtin_plugins[] = {
    {".priority-default", priority_default_init},
    {NULL, NULL},
};
