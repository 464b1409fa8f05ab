/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/jobmatch_private.h"

void jobmatch_destroy (struct jobmatch *m)
{
    int saved_errno = errno;

    if (!m)
        return;
    for (size_t i = 0; i < m->nkids; i++)
        jobmatch_destroy (m->kids[i]);
    free (m->kids);
    free (m->userids);
    for (size_t i = 0; m->strings && i < m->count; i++)
        free (m->strings[i]);
    free (m->strings);
    hostlist_destroy (m->hosts);
    idset_destroy (m->ranks);
    free (m);
    errno = saved_errno;
}

static bool test_strings (const struct jobmatch *m, const char *s)
{
    for (size_t i = 0; s && i < m->count; i++) {
        if (!strcmp (m->strings[i], s))
            return true;
    }
    return false;
}

static bool test_userid (const struct jobmatch *m, uint32_t userid)
{
    if (m->any_user)
        return true;
    for (size_t i = 0; i < m->count; i++) {
        if (m->userids[i] == userid)
            return true;
    }
    return false;
}

static bool test_hosts (const struct jobmatch *m, const char *nodelist)
{
    struct hostlist *hl = nodelist ? hostlist_decode (nodelist) : NULL;
    bool found = false;

    for (const char *h = hl ? hostlist_first (hl) : NULL; h && !found;
         h = hostlist_next (hl))
        found = hostlist_find (m->hosts, h) >= 0;
    hostlist_destroy (hl);
    return found;
}

static bool test_ranks (const struct jobmatch *m, const char *ranks)
{
    struct idset *ids = ranks ? idset_decode (ranks) : NULL;
    bool found = ids && idset_has_intersection (m->ranks, ids);

    idset_destroy (ids);
    return found;
}

static bool test_time (const struct jobmatch *m, const struct jobrow *row)
{
    double t = m->time < 0 ? row->t_submit : row->t[m->time];

    if (t == 0.)
        return false; /* not reached */
    switch (m->cmp) {
    case CMP_GE:
        return t >= m->t;
    case CMP_LE:
        return t <= m->t;
    case CMP_GT:
        return t > m->t;
    default:
        return t < m->t;
    }
}

static bool test_kids (const struct jobmatch *m,
                       const struct jobrow *row,
                       bool until)
{
    for (size_t i = 0; i < m->nkids; i++) {
        if (jobmatch_test (m->kids[i], row) == until)
            return until;
    }
    return !until;
}

static bool names (const struct jobmatch *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++) {
        if (!strcmp (m->strings[i], name))
            return true;
    }
    return false;
}

int jobmatch_add_queue (struct jobmatch *m,
                        const char *parent,
                        const char *child)
{
    char **more;

    for (size_t i = 0; i < m->nkids; i++) {
        if (jobmatch_add_queue (m->kids[i], parent, child) < 0)
            return -1;
    }
    if (m->op != MATCH_QUEUE || !names (m, parent))
        return 0;
    if (!(more = realloc (m->strings, (m->count + 2) * sizeof (*more))))
        return -1;
    m->strings = more;
    if (!(more[m->count] = strdup (child)))
        return -1;
    m->count++;
    return 0;
}

bool jobmatch_test (const struct jobmatch *m, const struct jobrow *row)
{
    switch (m->op) {
    case MATCH_AND:
        return test_kids (m, row, false);
    case MATCH_OR: /* of nothing is true too (RFC 31) */
        return m->nkids == 0 || test_kids (m, row, true);
    case MATCH_NOT:
        return !test_kids (m, row, false);
    case MATCH_USERID:
        return test_userid (m, row->userid);
    case MATCH_NAME:
        return test_strings (m, row->name);
    case MATCH_QUEUE:
        return test_strings (m, row->queue);
    case MATCH_STATES:
        return row->state & m->mask;
    case MATCH_RESULTS:
        return row->result & m->mask;
    case MATCH_HOSTLIST:
        return test_hosts (m, row->nodelist);
    case MATCH_RANKS:
        return test_ranks (m, row->ranks);
    default:
        return test_time (m, row);
    }
}

/* A bound, not exact: what is under "not" excludes nothing. */
int jobmatch_states (const struct jobmatch *m)
{
    int states = m->op == MATCH_OR && m->nkids > 0 ? 0 : ALL_STATES;

    switch (m->op) {
    case MATCH_AND:
        for (size_t i = 0; i < m->nkids; i++)
            states &= jobmatch_states (m->kids[i]);
        return states;
    case MATCH_OR:
        for (size_t i = 0; i < m->nkids; i++)
            states |= jobmatch_states (m->kids[i]);
        return states;
    case MATCH_STATES:
        return m->mask;
    case MATCH_RESULTS:
        return FLUX_JOB_STATE_INACTIVE;
    default:
        return ALL_STATES;
    }
}

uint64_t jobmatch_attrs (const struct jobmatch *m)
{
    uint64_t attrs = 0;

    if (m->op == MATCH_HOSTLIST)
        attrs |= JOBROW_BIT (JOBROW_NODELIST);
    if (m->op == MATCH_RANKS)
        attrs |= JOBROW_BIT (JOBROW_RANKS);
    for (size_t i = 0; i < m->nkids; i++)
        attrs |= jobmatch_attrs (m->kids[i]);
    return attrs;
}
