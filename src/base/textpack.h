/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Texts as differences to others (for text.c only): LZ4 with the other one as
 * dictionary.
 */

#ifndef SLUICE_BASE_TEXTPACK_H
#define SLUICE_BASE_TEXTPACK_H

#include "base/text.h"

struct textpack;

struct textpack *textpack_create (void);
void textpack_destroy (struct textpack *tp);

/* Pack s against one of the texts that were given to textpack_base, where
 * that more than halves it; base is borrowed, the bytes are good until the
 * next call.  NULL: it is not worth it.
 */
const char *textpack_pack (struct textpack *tp,
                           const char *s,
                           size_t len,
                           struct text **base,
                           size_t *packed);
/* The text, not packed, is like none before: others may be like it. */
void textpack_base (struct textpack *tp, struct text *t);
/* A copy of the text, malloced, with a NUL.  NULL and ENOMEM. */
char *textpack_unpack (const struct text *t);

#endif
