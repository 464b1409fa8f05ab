/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <string.h>

#include "daemon/parts.h"

void *broker_part (struct broker *b, const char *name)
{
    for (int i = 0; b->parts[i].name; i++) {
        if (strcmp (b->parts[i].name, name) == 0)
            return b->part_data[i];
    }
    return NULL;
}

void parts_stop (struct broker *b)
{
    while (b->parts_started > 0) {
        int i = --b->parts_started;

        if (b->parts[i].stop)
            b->parts[i].stop (b, b->part_data[i]);
        b->part_data[i] = NULL;
    }
}

int parts_start (struct broker *b, flux_error_t *error)
{
    for (int i = 0; b->parts[i].name; i++) {
        flux_error_t why = { .text = "" };

        if (b->parts[i].start
            && b->parts[i].start (b, &b->part_data[i], &why) < 0) {
            int errnum = errno;

            parts_stop (b);
            return err_set (error,
                            errnum,
                            "%s: %s",
                            b->parts[i].name,
                            why.text[0] ? why.text : strerror (errnum));
        }
        b->parts_started++;
    }
    return 0;
}
