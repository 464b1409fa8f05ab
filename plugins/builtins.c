/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "builtins.h"
#include "jobtap/jobtap.h"

static const struct jobtap_builtin table[] = {
    { ".priority-default", priority_default_init },
    { NULL, NULL },
};

const struct jobtap_builtin *const builtin_plugins = table;
