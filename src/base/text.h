/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Immutable, counted, optionally shared text.
 *
 * A job's jobspec and R are kept as text: a thousand jobs of one shape hold
 * one copy (text_intern).  What is costly to derive from a text (its parsed
 * form) can be kept beside it in aux, and goes with it.
 *
 * A pool may pack its texts: one that is much like another is kept as its
 * difference to that, and unpacked when it is asked for, which takes some
 * hundred nanoseconds for a jobspec.
 */

#ifndef SLUICE_BASE_TEXT_H
#define SLUICE_BASE_TEXT_H

#include <stdbool.h>
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
    uint32_t hash;
    uint32_t packed;   /* bytes of data; 0: it is not packed */
    struct text *base; /* what data is the difference to */
    char *s;           /* text_str (); NULL: to be unpacked */
    char data[];
};

/* New text with one reference; NULL and ENOMEM.  s need not be terminated. */
struct text *text_create (const char *s, size_t len);

/* Both accept NULL. */
struct text *text_ref (struct text *t);
void text_unref (struct text *t);

/* The text, NUL-terminated.  That of a packed one is good until TEXT_OPEN
 * others of its pool were asked for.  NULL and ENOMEM.
 */
enum { TEXT_OPEN = 64 };
const char *text_str (struct text *t);

/* A pool of shared texts, packed or not.  Texts may outlive it. */
struct text_pool *text_pool_create (bool packed);
void text_pool_destroy (struct text_pool *pool);
size_t text_pool_count (const struct text_pool *pool);

/* The pool's text equal to s, created at need, with a reference for the
 * caller; NULL and ENOMEM.
 */
struct text *text_intern (struct text_pool *pool, const char *s, size_t len);

/* Where a user of the pool's texts keeps what they have in common: *aux, which
 * is NULL at first and goes with the pool.
 */
void **text_pool_aux (struct text_pool *pool, void (*aux_free) (void *aux));

#endif
