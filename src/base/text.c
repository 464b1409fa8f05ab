/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct text_pool {
    struct text **buckets;
    size_t size; /* a power of two */
    size_t count;
};

static uint64_t hash_bytes (const char *s, size_t len)
{
    uint64_t h = 14695981039346656037ULL;

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)s[i]) * 1099511628211ULL;
    return h;
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
    memcpy (t->s, s, len);
    return t;
}

struct text *text_ref (struct text *t)
{
    if (t)
        t->refs++;
    return t;
}

static void pool_remove (struct text_pool *pool, struct text *t)
{
    struct text **p = &pool->buckets[t->hash & (pool->size - 1)];

    while (*p != t)
        p = &(*p)->next;
    *p = t->next;
    pool->count--;
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
    free (t);
    errno = saved_errno;
}

struct text_pool *text_pool_create (void)
{
    struct text_pool *pool;

    if (!(pool = calloc (1, sizeof (*pool))))
        return NULL;
    pool->size = 64;
    if (!(pool->buckets = calloc (pool->size, sizeof (*pool->buckets)))) {
        free (pool);
        return NULL;
    }
    return pool;
}

void text_pool_destroy (struct text_pool *pool)
{
    if (!pool)
        return;
    for (size_t i = 0; i < pool->size; i++) {
        for (struct text *t = pool->buckets[i]; t; t = t->next)
            t->pool = NULL;
    }
    free (pool->buckets);
    free (pool);
}

size_t text_pool_count (const struct text_pool *pool)
{
    return pool->count;
}

static void pool_grow (struct text_pool *pool)
{
    size_t size = pool->size * 2;
    struct text **buckets = calloc (size, sizeof (*buckets));

    if (!buckets)
        return; /* longer chains are slower, not wrong */
    for (size_t i = 0; i < pool->size; i++) {
        struct text *t, *next;
        for (t = pool->buckets[i]; t; t = next) {
            struct text **head = &buckets[t->hash & (size - 1)];
            next = t->next;
            t->next = *head;
            *head = t;
        }
    }
    free (pool->buckets);
    pool->buckets = buckets;
    pool->size = size;
}

struct text *text_intern (struct text_pool *pool, const char *s, size_t len)
{
    uint64_t h = hash_bytes (s, len);
    struct text *t;

    for (t = pool->buckets[h & (pool->size - 1)]; t; t = t->next) {
        if (t->hash == h && t->len == len && !memcmp (t->s, s, len))
            return text_ref (t);
    }
    if (!(t = text_create (s, len)))
        return NULL;
    if (pool->count >= pool->size)
        pool_grow (pool);
    t->hash = h;
    t->pool = pool;
    t->next = pool->buckets[h & (pool->size - 1)];
    pool->buckets[h & (pool->size - 1)] = t;
    pool->count++;
    return t;
}
