/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/textpack.h"

/* While it grows there are two tables: buckets of the old one move to the new
 * one a few at a time, so that no call takes long.
 */
struct text_pool {
    struct text **buckets;
    size_t size; /* a power of two */
    struct text **old;
    size_t old_size;
    size_t moved; /* buckets of the old one that are empty now */
    size_t count;
    struct textpack *pack;        /* NULL: texts are not packed */
    struct text *open[TEXT_OPEN]; /* packed texts that are unpacked now */
    unsigned int next_open;
    void *aux;
    void (*aux_free) (void *aux);
};

static uint32_t hash_bytes (const char *s, size_t len)
{
    uint64_t h = 14695981039346656037ULL;

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)s[i]) * 1099511628211ULL;
    return h ^ (h >> 32);
}

struct text *text_create (const char *s, size_t len)
{
    struct text *t;

    if (len > UINT32_MAX - sizeof (*t) - 1) {
        errno = EOVERFLOW;
        return NULL;
    }
    if (!(t = calloc (1, sizeof (*t) + len + 1)))
        return NULL;
    t->refs = 1;
    t->len = len;
    t->s = t->data;
    memcpy (t->s, s, len);
    return t;
}

struct text *text_ref (struct text *t)
{
    if (t)
        t->refs++;
    return t;
}

/* ---- packed texts ---- */

static struct text *packed_create (struct text_pool *pool,
                                   const char *s,
                                   size_t len)
{
    struct text *t, *base;
    size_t n;
    const char *data = textpack_pack (pool->pack, s, len, &base, &n);

    if (!data || !(t = malloc (sizeof (*t) + n)))
        return NULL;
    *t = (struct text){ .refs = 1, .len = len, .packed = n };
    t->base = text_ref (base);
    memcpy (t->data, data, n);
    return t;
}

/* Packed texts that are unpacked stand in a ring. */
static void open_add (struct text_pool *pool, struct text *t)
{
    struct text **slot = &pool->open[pool->next_open++ % TEXT_OPEN];

    if (*slot) {
        free ((*slot)->s);
        (*slot)->s = NULL;
    }
    *slot = t;
}

static void open_remove (struct text_pool *pool, const struct text *t)
{
    for (int i = 0; i < TEXT_OPEN; i++) {
        if (pool->open[i] == t)
            pool->open[i] = NULL;
    }
}

const char *text_str (struct text *t)
{
    if (!t->s && (t->s = textpack_unpack (t)) && t->pool)
        open_add (t->pool, t);
    return t->s;
}

/* ---- pools ---- */

static struct text **bucket_of (struct text_pool *pool, uint32_t hash)
{
    if (pool->old && (hash & (pool->old_size - 1)) >= pool->moved)
        return &pool->old[hash & (pool->old_size - 1)];
    return &pool->buckets[hash & (pool->size - 1)];
}

static void pool_remove (struct text_pool *pool, struct text *t)
{
    struct text **p = bucket_of (pool, t->hash);

    while (*p != t)
        p = &(*p)->next;
    *p = t->next;
    pool->count--;
    if (t->packed && t->s)
        open_remove (pool, t);
}

void text_unref (struct text *t)
{
    int saved_errno = errno;

    if (!t || --t->refs > 0)
        return;
    if (t->pool)
        pool_remove (t->pool, t);
    if (t->aux && t->aux_free)
        t->aux_free (t->aux);
    if (t->packed)
        free (t->s);
    text_unref (t->base);
    free (t);
    errno = saved_errno;
}

struct text_pool *text_pool_create (bool packed)
{
    struct text_pool *pool;

    if (!(pool = calloc (1, sizeof (*pool))))
        return NULL;
    pool->size = 64;
    if (!(pool->buckets = calloc (pool->size, sizeof (*pool->buckets)))
        || (packed && !(pool->pack = textpack_create ()))) {
        text_pool_destroy (pool);
        return NULL;
    }
    return pool;
}

static void disown (struct text **buckets, size_t size)
{
    for (size_t i = 0; buckets && i < size; i++) {
        for (struct text *t = buckets[i]; t; t = t->next)
            t->pool = NULL;
    }
}

void text_pool_destroy (struct text_pool *pool)
{
    if (!pool)
        return;
    if (pool->aux)
        pool->aux_free (pool->aux);
    textpack_destroy (pool->pack);
    disown (pool->buckets, pool->size);
    disown (pool->old, pool->old_size);
    free (pool->old);
    free (pool->buckets);
    free (pool);
}

size_t text_pool_count (const struct text_pool *pool)
{
    return pool->count;
}

void **text_pool_aux (struct text_pool *pool, void (*aux_free) (void *aux))
{
    pool->aux_free = aux_free;
    return &pool->aux;
}

static void pool_grow (struct text_pool *pool)
{
    struct text **buckets = calloc (pool->size * 2, sizeof (*buckets));

    if (!buckets)
        return; /* longer chains are slower, not wrong */
    pool->old = pool->buckets;
    pool->old_size = pool->size;
    pool->moved = 0;
    pool->buckets = buckets;
    pool->size *= 2;
}

static void move_bucket (struct text_pool *pool)
{
    struct text *t, *next;

    t = pool->old[pool->moved];
    pool->old[pool->moved++] = NULL;
    for (; t; t = next) {
        struct text **p = &pool->buckets[t->hash & (pool->size - 1)];

        next = t->next;
        t->next = *p;
        *p = t;
    }
    if (pool->moved == pool->old_size) {
        free (pool->old);
        pool->old = NULL;
    }
}

static struct text *find (struct text_pool *pool,
                          const char *s,
                          size_t len,
                          uint32_t hash)
{
    struct text *t;

    for (t = *bucket_of (pool, hash); t; t = t->next) {
        if (t->hash == hash && t->len == len && text_str (t)
            && !memcmp (t->s, s, len))
            return t;
    }
    return NULL;
}

struct text *text_intern (struct text_pool *pool, const char *s, size_t len)
{
    uint32_t hash = hash_bytes (s, len);
    struct text *t = find (pool, s, len, hash);
    struct text **p;

    if (t)
        return text_ref (t);
    if (pool->pack)
        t = packed_create (pool, s, len);
    if (!t && !(t = text_create (s, len)))
        return NULL;
    if (pool->count >= pool->size && !pool->old)
        pool_grow (pool);
    for (int i = 0; i < 2 && pool->old; i++)
        move_bucket (pool);
    p = bucket_of (pool, hash);
    t->hash = hash;
    t->pool = pool;
    t->next = *p;
    *p = t;
    pool->count++;
    if (pool->pack && !t->packed)
        textpack_base (pool->pack, t);
    return t;
}
