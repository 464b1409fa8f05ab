/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>
#include <stdlib.h>

#include <flux/core.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/util.h"

static int run (struct opts *o)
{
    const char *uri = getenv ("FLUX_URI");
    const char *version;
    flux_t *h;

    printf ("commands:    \t\t%s\n", FLUX_CORE_VERSION_STRING);
    printf ("libflux-core:\t\t%s\n", flux_core_version_string ());
    printf ("sluice:      \t\t%s\n", SLUICE_VERSION);
    if (!uri)
        return 0;
    if ((h = flux_open (NULL, 0))) {
        if ((version = flux_attr_get (h, "version")))
            printf ("broker:      \t\t%s\n", version);
        flux_close (h);
    }
    printf ("FLUX_URI:    \t\t%s\n", uri);
    return 0;
}

const struct command cmd_version = {
    .name = "version",
    .summary = "print versions",
    .usage = "",
    .section = "other",
    .run = run,
};
