/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The text form of idsets, RFC 22. */

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "res/idset_private.h"

__attribute__ ((format (printf, 3, 4))) static int refuse (idset_error_t *e,
                                                           int errnum,
                                                           const char *fmt,
                                                           ...)
{
    va_list ap;

    if (e) {
        va_start (ap, fmt);
        vsnprintf (e->text, sizeof (e->text), fmt, ap);
        va_end (ap);
    }
    errno = errnum;
    return -1;
}

/* Ten digits a number, two numbers, a hyphen and a comma. */
enum { RANGE_TEXT_MAX = 22 };

static size_t put_range (char *s, struct range r)
{
    if (r.lo == r.hi)
        return sprintf (s, "%u,", r.lo);
    return sprintf (s, "%u-%u,", r.lo, r.hi);
}

char *idset_encode (const struct idset *idset, int flags)
{
    bool brackets = (flags & IDSET_FLAG_BRACKETS) && idset_count (idset) != 1;
    bool ranges = flags & IDSET_FLAG_RANGE;
    size_t len = 0;
    char *s;

    if (!idset || (flags & ~(IDSET_FLAG_BRACKETS | IDSET_FLAG_RANGE))) {
        errno = EINVAL;
        return NULL;
    }
    if (!(s = malloc ((ranges ? idset->n : idset->count) * RANGE_TEXT_MAX + 3)))
        return NULL;
    if (brackets)
        s[len++] = '[';
    for (size_t i = 0; i < idset->n; i++) {
        struct range r = idset->ranges[i];

        if (ranges)
            len += put_range (s + len, r);
        else {
            for (unsigned int id = r.lo; id <= r.hi; id++)
                len += put_range (s + len, (struct range){ id, id });
        }
    }
    if (idset->n > 0)
        len--; /* the last comma */
    if (brackets)
        s[len++] = ']';
    s[len] = '\0';
    return s;
}

struct cursor {
    const char *p;
    const char *end;
};

static int parse_id (struct cursor *c, unsigned int *id, idset_error_t *e)
{
    const char *start = c->p;
    size_t value = 0;

    while (c->p < c->end && isdigit ((unsigned char)*c->p)) {
        value = value * 10 + (*c->p++ - '0');
        if (value >= IDSET_MAX_UNIVERSE)
            return refuse (e,
                           ERANGE,
                           "id at '%.*s' exceeds the maximum of %zu",
                           (int)(c->end - start > 32 ? 32 : c->end - start),
                           start,
                           IDSET_MAX_UNIVERSE - 1);
    }
    if (c->p == start)
        return refuse (e,
                       EINVAL,
                       "expected a number at '%.*s'",
                       (int)(c->end - start > 32 ? 32 : c->end - start),
                       start);
    if (*start == '0' && c->p - start > 1)
        return refuse (e,
                       EINVAL,
                       "leading zero in '%.*s'",
                       (int)(c->p - start > 32 ? 32 : c->p - start),
                       start);
    *id = value;
    return 0;
}

/* Parse one id or range and the comma after it. */
static int parse_range (struct cursor *c, struct range *r, idset_error_t *e)
{
    if (parse_id (c, &r->lo, e) < 0)
        return -1;
    r->hi = r->lo;
    if (c->p < c->end && *c->p == '-') {
        c->p++;
        if (parse_id (c, &r->hi, e) < 0)
            return -1;
        if (r->hi < r->lo)
            return refuse (e,
                           EINVAL,
                           "range %u-%u is not ascending",
                           r->lo,
                           r->hi);
    }
    if (c->p < c->end) {
        if (*c->p != ',')
            return refuse (e,
                           EINVAL,
                           "unexpected character '%c' after %u",
                           isprint ((unsigned char)*c->p) ? *c->p : '?',
                           r->hi);
        if (++c->p == c->end)
            return refuse (e, EINVAL, "nothing follows the last comma");
    }
    return 0;
}

/* Find the part between the brackets, if there are any. */
static int open_text (struct cursor *c,
                      const char *s,
                      ssize_t len,
                      idset_error_t *e)
{
    if (!s)
        return refuse (e, EINVAL, "no idset given");
    c->p = s;
    c->end = s + (len < 0 ? strlen (s) : strnlen (s, len));
    if (c->p < c->end && *c->p == '[') {
        if (c->end[-1] != ']' || c->end - c->p < 2)
            return refuse (e, EINVAL, "unbalanced brackets");
        c->p++;
        c->end--;
    }
    return 0;
}

static int by_lo (const void *a, const void *b)
{
    const struct range *x = a, *y = b;

    return x->lo < y->lo ? -1 : x->lo > y->lo;
}

/* Parse the text into ranges in ascending order; the caller frees them. */
static struct range *parse_text (const char *s,
                                 ssize_t len,
                                 size_t *count,
                                 idset_error_t *e)
{
    struct cursor c;
    struct range *r;
    size_t n = 0, max = 1;
    bool sorted = true;

    if (open_text (&c, s, len, e) < 0)
        return NULL;
    for (const char *p = c.p; p < c.end; p++)
        max += *p == ',';
    if (!(r = malloc (max * sizeof (*r)))) {
        refuse (e, ENOMEM, "out of memory");
        return NULL;
    }
    for (; c.p < c.end; n++) {
        if (parse_range (&c, &r[n], e) < 0) {
            int saved_errno = errno;

            free (r);
            errno = saved_errno;
            return NULL;
        }
        if (n > 0 && r[n].lo < r[n - 1].lo)
            sorted = false;
    }
    if (!sorted)
        qsort (r, n, sizeof (*r), by_lo);
    *count = n;
    return r;
}

/* Parse text into idset, which may be left with a part of it on error. */
static int apply_text (struct idset *idset,
                       const char *s,
                       ssize_t len,
                       idset_error_t *e)
{
    struct range *r;
    size_t n;
    int rc = 0;

    if (!(r = parse_text (s, len, &n, e)))
        return -1;
    for (size_t i = 0; i < n && rc == 0; i++) {
        if (idset_range_set (idset, r[i].lo, r[i].hi) < 0)
            rc = refuse (e,
                         errno,
                         "id %u does not fit in a set of size %zu",
                         r[i].hi,
                         idset_universe_size (idset));
    }
    free (r);
    return rc;
}

int idset_decode_info (const char *s,
                       ssize_t len,
                       size_t *count,
                       unsigned int *maxid,
                       idset_error_t *error)
{
    struct idset *idset;

    /* ids may be repeated, so counting them needs the set */
    if (!(idset = idset_create (1, IDSET_FLAG_AUTOGROW)))
        return refuse (error, errno, "out of memory");
    if (apply_text (idset, s, len, error) < 0) {
        idset_destroy (idset);
        return -1;
    }
    if (count)
        *count = idset_count (idset);
    if (maxid)
        *maxid = idset_last (idset);
    idset_destroy (idset);
    return 0;
}

bool idset_decode_empty (const char *s, ssize_t len)
{
    struct cursor c;

    return open_text (&c, s, len, NULL) == 0 && c.p == c.end;
}

/* Parse all of it first: bad text changes nothing. */
static int change_by_text (struct idset *idset,
                           const char *s,
                           ssize_t len,
                           int (*change) (struct idset *a,
                                          const struct idset *b),
                           idset_error_t *error)
{
    struct idset *b;
    int rc;

    if (!idset)
        return refuse (error, EINVAL, "no idset given");
    if (!(b = idset_decode_ex (s, len, 0, IDSET_FLAG_AUTOGROW, error)))
        return -1;
    rc = change (idset, b);
    if (rc < 0)
        refuse (error,
                errno,
                "id %u does not fit in a set of size %zu",
                idset_last (b),
                idset_universe_size (idset));
    idset_destroy (b);
    return rc;
}

int idset_decode_add (struct idset *idset,
                      const char *s,
                      ssize_t len,
                      idset_error_t *error)
{
    return change_by_text (idset, s, len, idset_add, error);
}

int idset_decode_subtract (struct idset *idset,
                           const char *s,
                           ssize_t len,
                           idset_error_t *error)
{
    return change_by_text (idset, s, len, idset_subtract, error);
}

static ssize_t fitting_size (const char *s,
                             ssize_t len,
                             int flags,
                             idset_error_t *error)
{
    unsigned int maxid;

    if (idset_decode_info (s, len, NULL, &maxid, error) < 0)
        return -1;
    if (maxid != IDSET_INVALID_ID)
        return (ssize_t)maxid + 1;
    if (!(flags & IDSET_FLAG_AUTOGROW))
        return refuse (error, EINVAL, "the set is empty");
    return 1;
}

struct idset *idset_decode_ex (const char *s,
                               ssize_t len,
                               ssize_t size,
                               int flags,
                               idset_error_t *error)
{
    struct idset *idset;

    if (flags & IDSET_FLAG_INITFULL) {
        refuse (error, EINVAL, "a full set has nothing to decode");
        return NULL;
    }
    if (size < 0 && (size = fitting_size (s, len, flags, error)) < 0)
        return NULL;
    if (!(idset = idset_create (size, flags))) {
        refuse (error, errno, "cannot create a set of size %zd", size);
        return NULL;
    }
    if (apply_text (idset, s, len, error) < 0) {
        int saved_errno = errno;

        idset_destroy (idset);
        errno = saved_errno;
        return NULL;
    }
    return idset;
}

struct idset *idset_decode (const char *s)
{
    return idset_decode_ex (s, -1, 0, IDSET_FLAG_AUTOGROW, NULL);
}

struct idset *idset_ndecode (const char *s, size_t len)
{
    return idset_decode_ex (s, len, 0, IDSET_FLAG_AUTOGROW, NULL);
}
