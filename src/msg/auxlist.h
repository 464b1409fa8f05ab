/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Values that callers hang on our objects by name (flux_aux_set(3)).
 *
 * A list, because the items are few; messages, handles, futures and plugins
 * carry one each.  An empty list is a NULL pointer.
 */

#ifndef SLUICE_MSG_AUXLIST_H
#define SLUICE_MSG_AUXLIST_H

#include <flux/types.h>

struct auxitem;

/* Store value under name, replacing (and destroying) an older value.
 * value NULL removes; name NULL stores a value that lives as long as the list
 * and cannot be found.  EINVAL: neither name nor value, or a destructor for
 * no value.  ENOMEM.
 */
int auxlist_set (struct auxitem **head,
                 const char *name,
                 void *value,
                 flux_free_f destroy);

/* The value under name, or NULL and ENOENT (EINVAL: no name). */
void *auxlist_get (struct auxitem *head, const char *name);

/* Remove (and destroy) the first item with this value, if there is one. */
void auxlist_delete_value (struct auxitem **head, const void *value);

/* Destroy all items and leave the list empty: first those with a name, the
 * newest first, then those without, the oldest first.  errno is kept.
 */
void auxlist_clear (struct auxitem **head);

#endif
