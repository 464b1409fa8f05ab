/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Broker attributes: names with text values (flux-broker-attributes(7)). */

#ifndef SLUICE_DAEMON_ATTRS_H
#define SLUICE_DAEMON_ATTRS_H

#include "daemon/broker.h"

enum {
    ATTR_IMMUTABLE = 1, /* clients may keep the value; attr.get says so */
    ATTR_RUNTIME = 2,   /* may be changed with flux-setattr(1) */
};

/* The value, or NULL and ENOENT (unknown, or without a value). */
const char *attrs_get (struct broker *b, const char *name);
/* The value as a number, or otherwise if it is none. */
int attrs_get_int (struct broker *b, const char *name, int otherwise);

/* Set inside the broker: no rule applies; flags are added to those the
 * attribute has.  value may be NULL (listed, but without a value).  -1 and
 * ENOMEM.
 */
int attrs_set (struct broker *b,
               const char *name,
               const char *value,
               int flags);

#endif
