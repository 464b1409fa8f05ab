/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Immutable, counted, optionally shared text.
 *
 * A job's jobspec and R are kept as text: a thousand jobs of one shape hold
 * one copy (text_intern).  What is costly to derive from a text (its parsed
 * form) can be kept beside it in aux, and goes with it.
 */

#ifndef SLUICE_BASE_TEXT_H
#define SLUICE_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text_pool;

struct text {
    uint32_t refs;
    uint32_t len;           /* without the NUL that always follows */
    struct text_pool *pool; /* NULL: not shared */
    void *aux;              /* owned; freed by aux_free */
    void (*aux_free) (void *aux);
    struct text *next; /* in its pool's bucket */
    uint64_t hash;
    char s[];
};

/* New text with one reference; NULL and ENOMEM.  s need not be terminated. */
struct text *text_create (const char *s, size_t len);

/* Both accept NULL. */
struct text *text_ref (struct text *t);
void text_unref (struct text *t);

/* A pool of shared texts.  Texts may outlive it. */
struct text_pool *text_pool_create (void);
void text_pool_destroy (struct text_pool *pool);
size_t text_pool_count (const struct text_pool *pool);

/* The pool's text equal to s, created at need, with a reference for the
 * caller; NULL and ENOMEM.
 */
struct text *text_intern (struct text_pool *pool, const char *s, size_t len);

#endif
