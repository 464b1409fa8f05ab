/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "job/effects.h"
#include "tap.h"

static const struct {
    const char *what;
    struct job job;
    struct job_inflight f;
    int owed;
} cases[] = {
    { "NEW owes nothing", { .state = 1 }, { 0 }, 0 },
    { "DEPEND without dependencies", { .state = 2 }, { 0 }, OWE_DEPEND },
    { "DEPEND with one", { .state = 2, .ndeps = 1 }, { 0 }, 0 },
    { "DEPEND with one queued", { .state = 2 }, { .depend_adds = true }, 0 },
    { "DEPEND with depend queued", { .state = 2 }, { .depend = true }, 0 },
    { "PRIORITY waits for plugins", { .state = 4 }, { 0 }, 0 },
    { "PRIORITY leaves the scheduler",
      { .state = 4 },
      { .alloc = true },
      OWE_ALLOC_CANCEL },
    { "SCHED asks the scheduler", { .state = 8 }, { 0 }, OWE_ALLOC },
    { "SCHED asks once", { .state = 8 }, { .alloc = true }, 0 },
    { "SCHED with alloc-bypass",
      { .state = 8, .flags = JOB_FLAG_ALLOC_BYPASS },
      { 0 },
      0 },
    { "RUN starts", { .state = 16, .has_resources = true }, { 0 }, OWE_START },
    { "RUN waits for a prolog",
      { .state = 16, .has_resources = true, .perilogs = 1 },
      { 0 },
      0 },
    { "RUN waits for a queued prolog",
      { .state = 16, .has_resources = true },
      { .prologs = true },
      0 },
    { "RUN starts once",
      { .state = 16, .has_resources = true },
      { .start = true },
      0 },
    { "CLEANUP takes the job from the scheduler",
      { .state = 32 },
      { .alloc = true },
      OWE_ALLOC_CANCEL },
    { "CLEANUP ends the job's processes",
      { .state = 32, .has_resources = true },
      { .start = true },
      OWE_KILL },
    { "CLEANUP waits for release",
      { .state = 32, .has_resources = true, .finished = true },
      { .start = true },
      0 },
    { "CLEANUP waits for epilogs",
      { .state = 32, .has_resources = true, .perilogs = 1 },
      { 0 },
      0 },
    { "CLEANUP waits for queued epilogs",
      { .state = 32, .has_resources = true },
      { .epilogs = true },
      0 },
    { "CLEANUP frees",
      { .state = 32, .has_resources = true },
      { 0 },
      OWE_FREE },
    { "CLEANUP frees once",
      { .state = 32, .has_resources = true },
      { .free = true },
      0 },
    { "CLEANUP ends", { .state = 32 }, { 0 }, OWE_CLEAN },
    { "CLEANUP ends once", { .state = 32 }, { .clean = true }, 0 },
    { "INACTIVE owes nothing", { .state = 64 }, { 0 }, 0 },
};

int main (void)
{
    for (size_t i = 0; i < sizeof (cases) / sizeof (cases[0]); i++)
        is_int (job_effects (&cases[i].job, &cases[i].f),
                cases[i].owed,
                "%s",
                cases[i].what);
    return done_testing ();
}
