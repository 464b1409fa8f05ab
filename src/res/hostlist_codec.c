/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The text form of hostlists, RFC 29, and what works on whole lists. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "res/hostlist_private.h"

static int invalid (void)
{
    errno = EINVAL;
    return -1;
}

static bool name_char (char c)
{
    return isgraph ((unsigned char)c) && !strchr ("[],", c);
}

static int parse_number (const char **p,
                         const char *end,
                         unsigned int *n,
                         int *width)
{
    const char *start = *p;

    *n = 0;
    while (*p < end && isdigit ((unsigned char)**p)) {
        if (*p - start >= HOST_DIGITS_MAX) {
            errno = ERANGE;
            return -1;
        }
        *n = *n * 10 + (*(*p)++ - '0');
    }
    if (*p == start)
        return invalid ();
    *width = *start == '0' && *p - start > 1 ? *p - start : 0;
    return 0;
}

/* Push the hosts of the idlist from p to end, each between prefix and
 * suffix.  Zeros in front of the first number are for all.
 */
static int parse_idlist (struct hostlist *hl,
                         const char *p,
                         const char *end,
                         struct run run)
{
    int width = 0, ignore;
    bool first = true;

    run.numeric = true;
    while (true) {
        if (parse_number (&p, end, &run.lo, &run.width) < 0)
            return -1;
        if (first)
            width = run.width;
        else if (width > run.width)
            run.width = width;
        first = false;
        run.hi = run.lo;
        if (p < end && *p == '-') {
            p++;
            if (parse_number (&p, end, &run.hi, &ignore) < 0)
                return -1;
        }
        if (run.hi < run.lo)
            return invalid ();
        if (run.hi - run.lo >= HOST_SPAN_MAX) {
            errno = ERANGE;
            return -1;
        }
        if (hostlist_push (hl, &run) < 0)
            return -1;
        if (p == end)
            return 0;
        if (*p++ != ',')
            return invalid ();
    }
}

/* One expression prefix[idlist]suffix, from p to end. */
static int parse_brackets (struct hostlist *hl, const char *p, const char *end)
{
    const char *open = memchr (p, '[', end - p);
    const char *close = memchr (open, ']', end - open);
    struct run run = { 0 };
    int rc = -1;

    if (!close)
        return invalid ();
    for (const char *c = p; c < open; c++) {
        if (!name_char (*c))
            return invalid ();
    }
    for (const char *c = close + 1; c < end; c++) {
        if (!name_char (*c))
            return invalid ();
    }
    run.prefix = strndup (p, open - p);
    run.suffix = strndup (close + 1, end - close - 1);
    if (run.prefix && run.suffix)
        rc = parse_idlist (hl, open + 1, close, run);
    run_clear (&run);
    return rc;
}

static int parse_name (struct hostlist *hl, const char *p, const char *end)
{
    struct run run;
    int rc;

    for (const char *c = p; c < end; c++) {
        if (!name_char (*c))
            return invalid ();
    }
    if (host_split (p, end - p, &run) < 0)
        return -1;
    rc = hostlist_push (hl, &run);
    run_clear (&run);
    return rc;
}

/* The end of an expression: a comma outside of brackets, or the end of s. */
static const char *expression_end (const char *s, bool *brackets)
{
    bool inside = false;

    *brackets = false;
    for (; *s; s++) {
        if (*s == '[')
            *brackets = inside = true;
        else if (*s == ']')
            inside = false;
        else if (*s == ',' && !inside)
            break;
    }
    return s;
}

struct hostlist *hostlist_decode (const char *s)
{
    struct hostlist *hl;

    if (!s) {
        errno = EINVAL;
        return NULL;
    }
    if (!(hl = hostlist_create ()))
        return NULL;
    while (*s) {
        bool brackets;
        const char *end = expression_end (s, &brackets);
        int rc = 0;

        if (end > s)
            rc = brackets ? parse_brackets (hl, s, end)
                          : parse_name (hl, s, end);
        if (rc < 0) {
            hostlist_destroy (hl);
            return NULL;
        }
        s = *end ? end + 1 : end;
    }
    return hl;
}

int hostlist_append (struct hostlist *hl, const char *hosts)
{
    struct hostlist *more;
    int rc;

    if (!hl || !hosts)
        return invalid ();
    if (!(more = hostlist_decode (hosts)))
        return -1;
    rc = hostlist_append_list (hl, more);
    hostlist_destroy (more);
    return rc;
}

int hostlist_delete (struct hostlist *hl, const char *hosts)
{
    struct hostlist *gone;
    int count = 0;

    if (!hl || !hosts)
        return invalid ();
    if (!(gone = hostlist_decode (hosts)))
        return -1;
    for (const char *host = hostlist_first (gone); host;
         host = hostlist_next (gone)) {
        if (hostlist_find (hl, host) >= 0 && hostlist_remove_current (hl) > 0)
            count++;
    }
    hostlist_destroy (gone);
    return count;
}

/* May b stand in the brackets of a?  The width of the first number there is
 * that of all.
 */
static bool fits_brackets (const struct run *a, const struct run *b)
{
    if (!a->numeric || !b->numeric || strcmp (a->prefix, b->prefix) != 0
        || strcmp (a->suffix, b->suffix) != 0)
        return false;
    return a->width == b->width
           || (b->width == 0 && host_ndigits (b->lo) >= a->width);
}

/* Write the runs from i to before j as one expression. */
static void put_expression (FILE *f, const struct run *runs, size_t i, size_t j)
{
    const struct run *first = &runs[i];
    bool brackets = j > i + 1 || run_count (first) > 1;

    if (!first->numeric) {
        fputs (first->prefix, f);
        return;
    }
    fprintf (f, "%s%s", first->prefix, brackets ? "[" : "");
    for (size_t k = i; k < j; k++) {
        fprintf (f, "%s%0*u", k > i ? "," : "", runs[k].width, runs[k].lo);
        if (runs[k].hi > runs[k].lo)
            fprintf (f, "-%0*u", runs[k].width, runs[k].hi);
    }
    fprintf (f, "%s%s", brackets ? "]" : "", first->suffix);
}

char *hostlist_encode (struct hostlist *hl)
{
    char *s = NULL;
    size_t size, j;
    FILE *f;

    if (!hl) {
        errno = EINVAL;
        return NULL;
    }
    if (hl->n == 1 && run_count (&hl->runs[0]) == 1)
        return run_name (&hl->runs[0], 0); /* no stream, with its buffer */
    if (!(f = open_memstream (&s, &size)))
        return NULL;
    for (size_t i = 0; i < hl->n; i = j) {
        for (j = i + 1; j < hl->n; j++) {
            if (!fits_brackets (&hl->runs[i], &hl->runs[j]))
                break;
        }
        if (i > 0)
            fputc (',', f);
        put_expression (f, hl->runs, i, j);
    }
    if (fclose (f) != 0) {
        free (s);
        return NULL;
    }
    return s;
}

static int by_name (const void *x, const void *y)
{
    const struct run *a = x, *b = y;
    int rc;

    if ((rc = strcmp (a->prefix, b->prefix)) != 0
        || (rc = strcmp (a->suffix, b->suffix)) != 0)
        return rc;
    if (a->numeric != b->numeric)
        return a->numeric ? 1 : -1;
    if (a->lo != b->lo)
        return a->lo < b->lo ? -1 : 1;
    return a->width - b->width;
}

/* Each host as a run of its own, sharing the strings of the list. */
static struct run *single_hosts (const struct hostlist *hl)
{
    struct run *hosts = calloc (hl->count + 1, sizeof (*hosts));
    size_t n = 0;

    if (!hosts)
        return NULL;
    for (size_t i = 0; i < hl->n; i++) {
        for (unsigned int k = 0; k < run_count (&hl->runs[i]); k++) {
            hosts[n] = hl->runs[i];
            hosts[n].lo = hosts[n].hi = hl->runs[i].lo + k;
            /* one name, one form: a width that adds no zeros is none */
            if (host_ndigits (hosts[n].lo) >= hosts[n].width)
                hosts[n].width = 0;
            n++;
        }
    }
    return hosts;
}

/* Without memory the list stays as it is: there is no way to say so. */
static void sort (struct hostlist *hl, bool unique)
{
    struct hostlist *sorted = NULL;
    struct run *hosts = NULL;
    struct hostlist tmp;

    if (!hl || !(hosts = single_hosts (hl)) || !(sorted = hostlist_create ()))
        goto done;
    qsort (hosts, hl->count, sizeof (*hosts), by_name);
    for (int i = 0; i < hl->count; i++) {
        if (unique && i > 0 && by_name (&hosts[i - 1], &hosts[i]) == 0)
            continue;
        if (hostlist_push (sorted, &hosts[i]) < 0)
            goto done;
    }
    tmp = *hl;
    *hl = *sorted;
    *sorted = tmp;
done:
    free (hosts);
    hostlist_destroy (sorted);
}

void hostlist_sort (struct hostlist *hl)
{
    sort (hl, false);
}

void hostlist_uniq (struct hostlist *hl)
{
    sort (hl, true);
}
