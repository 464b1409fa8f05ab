/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* One value of a formatted row: conversion, then padding. */

#ifndef SLUICE_CMD_FORMAT_VALUE_H
#define SLUICE_CMD_FORMAT_VALUE_H

#include "cmd/format.h"

/* v as text after the field's conversion and hyphen; to be freed. */
char *format_convert (const struct format_field *f, const struct value *v);

/* Whether ?: counts the value as empty; s is its converted text. */
bool value_is_empty (const struct value *v, const char *s);

/* s (consumed) cut and padded to the field; to be freed.  Numbers stand right
 * unless the field says otherwise.  cut: apply the precision.
 */
char *format_pad (const struct format_field *f,
                  char *s,
                  enum value_type type,
                  bool cut);

#endif
