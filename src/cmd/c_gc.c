/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'v', "verbose", NULL, "Has no effect: it is one request." },
    { 0, "no-cache", NULL, "Has no effect: there is one store." },
    { 0, "maxreqs", "N", "Has no effect: it is one request." },
    { 0 },
};

static int run (struct opts *o)
{
    flux_t *h = cmd_open ();
    flux_future_t *f = flux_rpc (h, "kvs.gc", NULL, FLUX_NODEID_ANY, 0);
    json_t *answer = get_json_or_die (f, NULL);
    json_int_t marked = 0, reclaimed = 0;

    (void)json_unpack (answer,
                       "{s:I s:I}",
                       "marked",
                       &marked,
                       "reclaimed",
                       &reclaimed);
    printf ("marked %lld, reclaimed %lld blobs\n",
            (long long)marked,
            (long long)reclaimed);
    json_decref (answer);
    flux_future_destroy (f);
    flux_close (h);
    return 0;
}

const struct command cmd_gc = {
    .name = "gc",
    .summary = "drop what the key-value store does not need",
    .usage = "[OPTIONS]",
    .options = { options },
    .section = "instance",
    .run = run,
};
