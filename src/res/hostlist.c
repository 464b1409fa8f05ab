/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "res/hostlist_private.h"

struct hostlist_hostname {
    char *name;
};

void run_clear (struct run *run)
{
    free (run->prefix);
    free (run->suffix);
    run->prefix = run->suffix = NULL;
}

unsigned int run_count (const struct run *run)
{
    return run->hi - run->lo + 1;
}

char *run_name (const struct run *run, unsigned int off)
{
    char *name;

    if (!run->numeric)
        return strdup (run->prefix);
    if (asprintf (&name,
                  "%s%0*u%s",
                  run->prefix,
                  run->width,
                  run->lo + off,
                  run->suffix)
        < 0)
        return NULL;
    return name;
}

struct hostlist *hostlist_create (void)
{
    return calloc (1, sizeof (struct hostlist));
}

void hostlist_destroy (struct hostlist *hl)
{
    int saved_errno = errno;

    if (!hl)
        return;
    for (size_t i = 0; i < hl->n; i++)
        run_clear (&hl->runs[i]);
    free (hl->runs);
    free (hl->name);
    free (hl);
    errno = saved_errno;
}

static int reserve (struct hostlist *hl, size_t n)
{
    size_t alloced = hl->alloced ? hl->alloced : 4;
    struct run *runs;

    if (n <= hl->alloced)
        return 0;
    while (alloced < n)
        alloced *= 2;
    if (!(runs = realloc (hl->runs, alloced * sizeof (*runs))))
        return -1;
    hl->runs = runs;
    hl->alloced = alloced;
    return 0;
}

int host_ndigits (unsigned int n)
{
    int d = 1;

    while (n >= 10) {
        n /= 10;
        d++;
    }
    return d;
}

/* Would the numbers of b be written the same with the width of a? */
static bool same_width (const struct run *a, const struct run *b)
{
    return a->width == b->width
           || (b->width == 0 && host_ndigits (b->lo) >= a->width);
}

static bool same_name (const struct run *a, const struct run *b)
{
    return a->numeric && b->numeric && strcmp (a->prefix, b->prefix) == 0
           && strcmp (a->suffix, b->suffix) == 0;
}

static int run_copy (struct run *to, const struct run *from)
{
    *to = *from;
    to->prefix = strdup (from->prefix);
    to->suffix = strdup (from->suffix);
    if (!to->prefix || !to->suffix) {
        run_clear (to);
        return -1;
    }
    return 0;
}

int hostlist_push (struct hostlist *hl, const struct run *run)
{
    struct run *last = hl->n ? &hl->runs[hl->n - 1] : NULL;

    if (run_count (run) > INT_MAX - (unsigned int)hl->count) {
        errno = ERANGE;
        return -1;
    }
    if (last && same_name (last, run) && run->lo == last->hi + 1
        && same_width (last, run))
        last->hi = run->hi;
    else {
        if (reserve (hl, hl->n + 1) < 0 || run_copy (&hl->runs[hl->n], run) < 0)
            return -1;
        hl->n++;
    }
    hl->count += run_count (run);
    return 0;
}

int host_split (const char *name, size_t len, struct run *run)
{
    size_t start = len;

    *run = (struct run){ 0 };
    while (start > 0 && isdigit ((unsigned char)name[start - 1]))
        start--;
    if (start < len && len - start <= HOST_DIGITS_MAX) {
        run->numeric = true;
        run->lo = run->hi = strtoul (name + start, NULL, 10);
        if (name[start] == '0' && len - start > 1)
            run->width = len - start;
        len = start;
    }
    run->prefix = strndup (name, len);
    run->suffix = strdup ("");
    if (!run->prefix || !run->suffix) {
        run_clear (run);
        return -1;
    }
    return 0;
}

struct hostlist *hostlist_copy (const struct hostlist *hl)
{
    struct hostlist *cpy;

    if (!hl) {
        errno = EINVAL;
        return NULL;
    }
    if (!(cpy = hostlist_create ()))
        return NULL;
    for (size_t i = 0; i < hl->n; i++) {
        if (hostlist_push (cpy, &hl->runs[i]) < 0) {
            hostlist_destroy (cpy);
            return NULL;
        }
    }
    return cpy;
}

int hostlist_append_list (struct hostlist *hl1, struct hostlist *hl2)
{
    int count, n;

    if (!hl1 || !hl2) {
        errno = EINVAL;
        return -1;
    }
    count = hl2->count;
    n = hl2->n; /* the lists may be one */
    if (count > INT_MAX - hl1->count) {
        errno = ERANGE;
        return -1;
    }
    if (reserve (hl1, hl1->n + n) < 0)
        return -1;
    for (int i = 0; i < n; i++) {
        struct run run = hl2->runs[i];

        if (hostlist_push (hl1, &run) < 0)
            return -1;
    }
    return count;
}

int hostlist_count (struct hostlist *hl)
{
    return hl ? hl->count : 0;
}

/* The cursor.  hl->cur is n when it stands at the end. */

static const char *fail (int errnum)
{
    errno = errnum;
    return NULL;
}

const char *hostlist_current (struct hostlist *hl)
{
    if (!hl)
        return fail (EINVAL);
    if (hl->cur >= hl->n)
        return NULL;
    free (hl->name);
    hl->name = run_name (&hl->runs[hl->cur], hl->off);
    return hl->name;
}

const char *hostlist_first (struct hostlist *hl)
{
    if (!hl)
        return fail (EINVAL);
    hl->cur = hl->off = 0;
    return hostlist_current (hl);
}

const char *hostlist_last (struct hostlist *hl)
{
    if (!hl)
        return fail (EINVAL);
    if (hl->n > 0) {
        hl->cur = hl->n - 1;
        hl->off = run_count (&hl->runs[hl->cur]) - 1;
    }
    return hostlist_current (hl);
}

const char *hostlist_next (struct hostlist *hl)
{
    if (!hl)
        return fail (EINVAL);
    if (hl->cur < hl->n && ++hl->off >= run_count (&hl->runs[hl->cur])) {
        hl->cur++;
        hl->off = 0;
    }
    return hostlist_current (hl);
}

const char *hostlist_nth (struct hostlist *hl, int n)
{
    unsigned int off = n;

    if (!hl || n < 0)
        return fail (EINVAL);
    if (n >= hl->count)
        return fail (ENOENT);
    for (size_t i = 0; i < hl->n; i++) {
        if (off < run_count (&hl->runs[i])) {
            hl->cur = i;
            hl->off = off;
            break;
        }
        off -= run_count (&hl->runs[i]);
    }
    return hostlist_current (hl);
}

/* Is name a host of the run, and at which offset? */
static bool run_find (const struct run *run,
                      const char *name,
                      unsigned int *off)
{
    size_t plen = strlen (run->prefix), slen = strlen (run->suffix);
    size_t len = strlen (name);
    unsigned long n = 0;

    if (!run->numeric) {
        *off = 0;
        return strcmp (run->prefix, name) == 0;
    }
    if (len <= plen + slen || strncmp (name, run->prefix, plen) != 0
        || strcmp (name + len - slen, run->suffix) != 0)
        return false;
    name += plen;
    len -= plen + slen;
    if (len > HOST_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!isdigit ((unsigned char)name[i]))
            return false;
        n = n * 10 + (name[i] - '0');
    }
    if (n < run->lo || n > run->hi)
        return false;
    *off = n - run->lo;
    return (int)len
           == (host_ndigits (n) > run->width ? host_ndigits (n) : run->width);
}

int hostlist_find (struct hostlist *hl, const char *hostname)
{
    unsigned int off, before = 0;

    if (!hl || !hostname) {
        errno = EINVAL;
        return -1;
    }
    for (size_t i = 0; i < hl->n; i++) {
        if (run_find (&hl->runs[i], hostname, &off)) {
            hl->cur = i;
            hl->off = off;
            return before + off;
        }
        before += run_count (&hl->runs[i]);
    }
    errno = ENOENT;
    return -1;
}

struct hostlist_hostname *hostlist_hostname_create (const char *hostname)
{
    struct hostlist_hostname *hn;

    if (!hostname) {
        errno = EINVAL;
        return NULL;
    }
    if (!(hn = calloc (1, sizeof (*hn))) || !(hn->name = strdup (hostname))) {
        free (hn);
        return NULL;
    }
    return hn;
}

void hostlist_hostname_destroy (struct hostlist_hostname *hn)
{
    int saved_errno = errno;

    if (!hn)
        return;
    free (hn->name);
    free (hn);
    errno = saved_errno;
}

int hostlist_find_hostname (struct hostlist *hl, struct hostlist_hostname *hn)
{
    if (!hn) {
        errno = EINVAL;
        return -1;
    }
    return hostlist_find (hl, hn->name);
}

/* Take a run's host out: the run becomes shorter, two, or none. */
int hostlist_remove_current (struct hostlist *hl)
{
    struct run *run, tail;
    size_t i;

    if (!hl) {
        errno = EINVAL;
        return -1;
    }
    if (hl->cur >= hl->n)
        return 0;
    i = hl->cur;
    run = &hl->runs[i];
    if (run_count (run) == 1) {
        run_clear (run);
        memmove (run, run + 1, (hl->n - i - 1) * sizeof (*run));
        hl->n--;
    }
    else if (hl->off == 0)
        run->lo++;
    else if (hl->off == run->hi - run->lo) {
        run->hi--;
        hl->cur++;
        hl->off = 0;
    }
    else {
        if (reserve (hl, hl->n + 1) < 0 || run_copy (&tail, &hl->runs[i]) < 0)
            return -1;
        run = &hl->runs[i];
        tail.lo = run->lo + hl->off + 1;
        run->hi = run->lo + hl->off - 1;
        memmove (run + 2, run + 1, (hl->n - i - 1) * sizeof (*run));
        run[1] = tail;
        hl->n++;
        hl->cur++;
        hl->off = 0;
    }
    hl->count--;
    return 1;
}
