/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/batch.h"

/* Before each record in the buffer.  Its key and data follow, each with a
 * NUL, then bytes up to a multiple of 8.
 */
struct header {
    uint32_t type;
    uint32_t keylen;
    uint64_t id;
    uint64_t len;
    uint64_t is_null; /* no data, which is not the same as an empty one */
};

/* The data of RECORD_JOB: the row, whose pointers mean nothing, and its
 * strings.
 */
enum {
    NSTRINGS = 5,
};
struct job_data {
    struct store_job job;
    uint64_t len[NSTRINGS]; /* with NUL; 0: no string */
};

static size_t round_up (size_t n)
{
    return (n + 7) & ~(size_t)7;
}

struct batch *batch_create (void)
{
    return calloc (1, sizeof (struct batch));
}

void batch_destroy (struct batch *b)
{
    if (!b)
        return;
    free (b->buf);
    free (b);
}

void batch_reset (struct batch *b)
{
    *b = (struct batch){ .buf = b->buf, .size = b->size };
}

static char *batch_room (struct batch *b, size_t n)
{
    size_t size = b->size ? b->size : 4096;
    char *buf;

    if (b->len + n > b->size) {
        while (size < b->len + n)
            size *= 2;
        if (!(buf = realloc (b->buf, size)))
            return NULL;
        b->buf = buf;
        b->size = size;
    }
    return b->buf + b->len;
}

int batch_add (struct batch *b,
               enum record_type type,
               uint64_t id,
               const char *key,
               const void *data,
               size_t len)
{
    struct header h = {
        .type = type,
        .keylen = key ? strlen (key) : 0,
        .id = id,
        .len = data ? len : 0,
        .is_null = !data,
    };
    size_t n = round_up (sizeof (h) + h.keylen + 1 + h.len + 1);
    char *p = batch_room (b, n);

    if (!p)
        return -1;
    memcpy (p, &h, sizeof (h));
    p += sizeof (h);
    memcpy (p, key ? key : "", h.keylen + 1);
    p += h.keylen + 1;
    if (data)
        memcpy (p, data, h.len);
    p[h.len] = '\0';
    b->len += n;
    b->records++;
    return 0;
}

int batch_add_job (struct batch *b, const struct store_job *job)
{
    const char *strings[NSTRINGS] = { job->name,
                                      job->queue,
                                      job->jobspec,
                                      job->R,
                                      job->extra };
    struct header h = {
        .type = RECORD_JOB,
        .id = job->id,
        .len = sizeof (struct job_data),
    };
    struct job_data d = { .job = *job };
    char *p;
    size_t n;

    for (int i = 0; i < NSTRINGS; i++) {
        d.len[i] = strings[i] ? strlen (strings[i]) + 1 : 0;
        h.len += d.len[i];
    }
    n = round_up (sizeof (h) + h.len);
    if (!(p = batch_room (b, n)))
        return -1;
    memcpy (p, &h, sizeof (h));
    memcpy (p + sizeof (h), &d, sizeof (d));
    p += sizeof (h) + sizeof (d);
    for (int i = 0; i < NSTRINGS; i++) {
        if (d.len[i] > 0)
            memcpy (p, strings[i], d.len[i]);
        p += d.len[i];
    }
    b->len += n;
    b->records++;
    return 0;
}

static void read_job (const char *p, struct store_job *job)
{
    const struct job_data *d = (const struct job_data *)p;
    const char **strings[NSTRINGS] = { &job->name,
                                       &job->queue,
                                       &job->jobspec,
                                       &job->R,
                                       &job->extra };

    *job = d->job;
    p += sizeof (*d);
    for (int i = 0; i < NSTRINGS; i++) {
        *strings[i] = d->len[i] > 0 ? p : NULL;
        p += d->len[i];
    }
}

bool batch_next (const struct batch *b, size_t *pos, struct record *r)
{
    const char *p = b->buf + *pos;
    const struct header *h = (const struct header *)p;

    if (*pos >= b->len)
        return false;
    p += sizeof (*h);
    r->type = h->type;
    r->id = h->id;
    if (r->type == RECORD_JOB) {
        read_job (p, &r->job);
        *pos += round_up (sizeof (*h) + h->len);
        return true;
    }
    r->key = p;
    r->data = h->is_null ? NULL : p + h->keylen + 1;
    r->len = h->len;
    *pos += round_up (sizeof (*h) + h->keylen + 1 + h->len + 1);
    return true;
}

void batch_push (struct batch_queue *q, struct batch *b)
{
    if (!q->head)
        q->tail = &q->head;
    b->next = NULL;
    *q->tail = b;
    q->tail = &b->next;
}

struct batch *batch_pop (struct batch_queue *q)
{
    struct batch *b = q->head;

    if (b)
        q->head = b->next;
    return b;
}

void batch_move (struct batch_queue *dst, struct batch_queue *src)
{
    if (!src->head)
        return;
    if (!dst->head)
        dst->tail = &dst->head;
    *dst->tail = src->head;
    dst->tail = src->tail;
    src->head = NULL;
}
