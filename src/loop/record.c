/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Which turn was the longest, and what took most of it. */

#include <stdio.h>
#include <string.h>

#include "loop/private.h"

static const char *const kind_names[KIND_COUNT] = {
    [KIND_IO] = "io",           [KIND_TIMER] = "timer",
    [KIND_PERIODIC] = "timer",  [KIND_SIGNAL] = "signal",
    [KIND_WORK] = "work",       [KIND_STAT] = "stat",
    [KIND_PREPARE] = "prepare", [KIND_CHECK] = "check",
    [KIND_IDLE] = "idle",
};

void record_begin (struct loop *loop)
{
    struct record *r = &loop->record;

    r->nested = r->depth++ > 0;
    r->begin = r->since = loop->mono;
    r->part = 0.;
}

static const char *name_of (struct record *r, const struct loop_source *src)
{
    if (r->note[0])
        return memcpy (r->noted, r->note, sizeof (r->noted));
    if (!src)
        return "end of the turn";
    return src->name ? src->name : kind_names[src->kind];
}

/* One clock reading for each source: its end is the begin of the next. */
void record_part (struct loop *loop, const struct loop_source *src)
{
    struct record *r = &loop->record;
    double now = clock_monotonic (loop->clock);

    if (now - r->since > r->part) {
        r->part = now - r->since;
        r->what = name_of (r, src);
    }
    r->note[0] = '\0';
    r->since = now;
}

/* The turn around one that was nested in a callback has waited meanwhile, and
 * is not looked at.
 */
void record_end (struct loop *loop)
{
    struct record *r = &loop->record;
    double seconds = r->since - r->begin;

    r->depth--;
    r->longest.turns += seconds > 0.;
    if (!r->nested && seconds > r->longest.seconds) {
        r->longest.seconds = seconds;
        r->longest.part = r->part;
        r->longest.when = loop->now;
        snprintf (r->longest.what, sizeof (r->longest.what), "%s", r->what);
    }
    r->nested = true; /* the one around it, if there is one */
}

void loop_note (struct loop *loop, const char *what)
{
    struct record *r = &loop->record;
    size_t n = strnlen (what, sizeof (r->note) - 1);

    memcpy (r->note, what, n);
    r->note[n] = '\0';
}

void loop_source_set_name (struct loop_source *src, const char *name)
{
    src->name = name;
}

void loop_longest (const struct loop *loop, struct loop_longest *longest)
{
    *longest = loop->record.longest;
}

void loop_longest_clear (struct loop *loop)
{
    memset (&loop->record.longest, 0, sizeof (loop->record.longest));
}
