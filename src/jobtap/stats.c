/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* How often each plugin is called, and how long that takes.
 *
 * Times go into a histogram whose steps grow with them: four to each power of
 * two of nanoseconds, so a quantile is right to a quarter.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "jobtap/private.h"

#define STEPS 160 /* up to 18 minutes */

struct tap_stat {
    uint64_t calls;
    uint64_t failures;
    uint64_t total; /* nanoseconds */
    uint64_t max;
    uint32_t steps[STEPS];
};

/* Topics that end in what jobs or plugins bring share a row each. */
static const char *const more_names[] = {
    [TAP_STAT_EVENT - TOPIC_MAX] = "job.event.*",
    [TAP_STAT_DEPENDENCY - TOPIC_MAX] = "job.dependency.*",
    [TAP_STAT_UPDATE_KEY - TOPIC_MAX] = "job.update.*",
    [TAP_STAT_CONF - TOPIC_MAX] = "conf.update",
    [TAP_STAT_QUERY - TOPIC_MAX] = "plugin.query",
    [TAP_STAT_OTHER - TOPIC_MAX] = "other",
};

static const char *stat_name (int stat)
{
    return stat < TOPIC_MAX ? tap_topic_name (stat)
                            : more_names[stat - TOPIC_MAX];
}

int tap_stat_of (const char *topic)
{
    for (int i = 0; i < TAP_STAT_OTHER; i++) {
        const char *name = stat_name (i);
        size_t len = strlen (name);

        if (name[len - 1] == '*' ? !strncmp (topic, name, len - 1)
                                 : !strcmp (topic, name))
            return i;
    }
    return TAP_STAT_OTHER;
}

static int step_of (uint64_t ns)
{
    int e, step;

    if (ns < 4)
        return ns;
    e = 63 - __builtin_clzll (ns);
    step = (e - 1) * 4 + ((ns >> (e - 2)) & 3);
    return step < STEPS ? step : STEPS - 1;
}

/* The longest time that belongs to a step. */
static uint64_t step_end (int step)
{
    int e = step / 4 + 1;

    return step < 4 ? (uint64_t)step
                    : ((uint64_t)(5 + step % 4) << (e - 2)) - 1;
}

void tap_stat_add (struct tap_plugin *t, int stat, double seconds, bool failed)
{
    struct tap_stat *s = t->stats[stat];
    uint64_t ns = seconds > 0. ? seconds * 1e9 + 0.5 : 0;

    if (!s && !(s = t->stats[stat] = calloc (1, sizeof (*s))))
        return;
    s->calls++;
    s->failures += failed;
    s->total += ns;
    if (ns > s->max)
        s->max = ns;
    s->steps[step_of (ns)]++;
}

void tap_stats_free (struct tap_plugin *t)
{
    for (int i = 0; i < TAP_STAT_MAX; i++) {
        free (t->stats[i]);
        t->stats[i] = NULL;
    }
}

/* Seconds that the given part of all calls took at most. */
static double quantile (const struct tap_stat *s, double part)
{
    uint64_t want = part * s->calls;
    uint64_t seen = 0;

    for (int i = 0; i < STEPS; i++) {
        seen += s->steps[i];
        if (seen > want || seen == s->calls)
            return 1e-9 * (step_end (i) < s->max ? step_end (i) : s->max);
    }
    return 1e-9 * s->max;
}

static json_t *stat_json (const struct tap_stat *s)
{
    return json_pack ("{s:I s:I s:f s:f s:f s:f}",
                      "calls",
                      (json_int_t)s->calls,
                      "failures",
                      (json_int_t)s->failures,
                      "total",
                      1e-9 * s->total,
                      "max",
                      1e-9 * s->max,
                      "p50",
                      quantile (s, 0.50),
                      "p99",
                      quantile (s, 0.99));
}

json_t *tap_stats_json (struct tap_plugin *t)
{
    json_t *topics = json_object ();

    for (int i = 0; topics && i < TAP_STAT_MAX; i++) {
        if (t->stats[i]
            && json_object_set_new (topics,
                                    stat_name (i),
                                    stat_json (t->stats[i]))
                   < 0) {
            json_decref (topics);
            topics = NULL;
        }
    }
    return topics ? json_pack ("{s:s s:o}", "name", t->name, "topics", topics)
                  : NULL;
}
