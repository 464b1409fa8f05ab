/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* How far those who write much run ahead of the store.
 *
 * What is written when a transaction is under way waits for it, and then for
 * its own, which has all that was written meanwhile.  So whoever else writes
 * waits for what those with thousands of records have ahead of it.  Twice what
 * makes a good transaction is enough to keep the writer busy: one is written,
 * and one gathers.
 *
 * A good transaction takes 0.7 milliseconds until it is committed, or half of
 * what the commit itself takes, where that is more: on a disk that is slow to
 * sync it is the commits that have to be few.
 */

#include <stdlib.h>

#include "manager/manager_private.h"

#define GOOD_SECONDS 0.0007
#define COMMIT_PART 0.5
#define WEIGHT 0.125 /* of what was seen last in the averages */
/* Before anything is known; and whatever is. */
#define LIMIT_FIRST 1000
#define LIMIT_MIN 200
#define LIMIT_MAX 40000
#define SLICES 4 /* in which that much is written: the writer does not wait */

struct pace {
    struct store_stats last;
    double record; /* seconds that one takes to apply; 0: not known */
    double commit; /* seconds */
    uint64_t limit;
};

static void average (double *avg, double value)
{
    *avg += *avg > 0. ? WEIGHT * (value - *avg) : value;
}

static void adapt (struct pace *p)
{
    double good = COMMIT_PART * p->commit;
    double limit;

    if (good < GOOD_SECONDS)
        good = GOOD_SECONDS;
    limit = 2. * good / p->record;
    p->limit = limit < LIMIT_MIN   ? LIMIT_MIN
               : limit > LIMIT_MAX ? LIMIT_MAX
                                   : limit;
}

void pace_note (struct pace *p, const struct store_stats *stats)
{
    uint64_t transactions = stats->transactions - p->last.transactions;
    uint64_t records = stats->records - p->last.records;
    double applying = stats->applying - p->last.applying;
    double committing = stats->committing - p->last.committing;

    if (transactions == 0 || records == 0)
        return;
    p->last = *stats;
    if (applying <= 0.)
        return; /* a store that does not know */
    average (&p->record, applying / records);
    average (&p->commit, committing / transactions);
    adapt (p);
}

uint64_t pace_limit (const struct pace *p)
{
    return p->limit;
}

bool pace_has_room (const struct manager *m)
{
    return store_pending (m->store) < m->pace->limit;
}

bool pace_goes_on (const struct manager *m, uint64_t begin)
{
    uint64_t pending = store_pending (m->store);

    return pending < m->pace->limit
           && pending - begin < m->pace->limit / SLICES;
}

struct pace *pace_create (void)
{
    struct pace *p = calloc (1, sizeof (*p));

    if (p)
        p->limit = LIMIT_FIRST;
    return p;
}

void pace_destroy (struct pace *p)
{
    free (p);
}
