/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdlib.h>
#include <string.h>

#include "idlist.h"

static int compare (const void *a, const void *b)
{
    flux_jobid_t x = *(const flux_jobid_t *)a;
    flux_jobid_t y = *(const flux_jobid_t *)b;

    return x < y ? -1 : x > y;
}

static void sort (struct idlist *l)
{
    size_t n = l->head;

    if (!l->unsorted)
        return;
    qsort (l->ids + l->head, l->tail - l->head, sizeof (*l->ids), compare);
    for (size_t i = l->head; i < l->tail; i++)
        if (n == l->head || l->ids[n - 1] != l->ids[i])
            l->ids[n++] = l->ids[i];
    l->tail = n;
    l->unsorted = false;
}

static int grow (struct idlist *l)
{
    size_t size = l->size ? l->size * 2 : 16;
    flux_jobid_t *ids;

    if (l->tail < l->size)
        return 0;
    if (l->head > l->size / 2) {
        memmove (l->ids,
                 l->ids + l->head,
                 (l->tail - l->head) * sizeof (*l->ids));
        l->tail -= l->head;
        l->head = 0;
        return 0;
    }
    if (!(ids = realloc (l->ids, size * sizeof (*ids))))
        return -1;
    l->ids = ids;
    l->size = size;
    return 0;
}

int idlist_add (struct idlist *l, flux_jobid_t id)
{
    if (l->tail > l->head && l->ids[l->tail - 1] == id)
        return 0;
    if (grow (l) < 0)
        return -1;
    if (l->tail > l->head && l->ids[l->tail - 1] > id)
        l->unsorted = true;
    l->ids[l->tail++] = id;
    return 0;
}

void idlist_remove (struct idlist *l, flux_jobid_t id)
{
    flux_jobid_t *found;
    size_t i;

    sort (l);
    if (l->head == l->tail
        || !(found = bsearch (&id,
                              l->ids + l->head,
                              l->tail - l->head,
                              sizeof (id),
                              compare)))
        return;
    i = found - l->ids;
    if (i - l->head < l->tail - i) {
        memmove (l->ids + l->head + 1,
                 l->ids + l->head,
                 (i - l->head) * sizeof (*l->ids));
        l->head++;
    }
    else {
        memmove (found, found + 1, (l->tail - i - 1) * sizeof (*l->ids));
        l->tail--;
    }
}

size_t idlist_count (struct idlist *l)
{
    sort (l);
    return l->tail - l->head;
}

flux_jobid_t idlist_newest (struct idlist *l, size_t i)
{
    sort (l);
    return l->ids[l->tail - 1 - i];
}

void idlist_clear (struct idlist *l)
{
    free (l->ids);
    memset (l, 0, sizeof (*l));
}
