/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The last lines of some output. */

#ifndef SLUICE_CMD_TAIL_H
#define SLUICE_CMD_TAIL_H

#include <stdbool.h>
#include <stddef.h>

struct tail;

struct tail *tail_create (int lines);
void tail_destroy (struct tail *t);

/* Output of a task; cut into lines, of which the last ones are kept. */
void tail_add (struct tail *t,
               const char *rank,
               const char *data,
               size_t len,
               bool is_err,
               bool label);

/* Print what is kept, and forget it. */
void tail_flush (struct tail *t);

#endif
