/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux content: blobs by their names. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/blobs.h"
#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def cache_options[] = {
    { 'b', "bypass-cache", NULL, "Has no effect: there is one store." },
    { 0 },
};

static const struct option_def store_options[] = {
    { 0, "chunksize", "N", "Make blobs of at most N bytes." },
    { 0 },
};

static const struct option_def list_options[] = {
    { 'n', "no-header", NULL, "Print no line of headings." },
    { 'j', "json", NULL, "Print the answer as JSON." },
    { 0 },
};

/* ---- load and store ---- */

static void load (flux_t *h, const char *ref)
{
    flux_future_t *f = blob_load (h, ref);
    const void *data;
    size_t len;

    if (flux_rpc_get_raw (f, &data, &len) < 0)
        die ("%s: %s", ref, future_text (f));
    if (len > 0 && fwrite (data, len, 1, stdout) != 1)
        die ("writing to standard output failed");
    flux_future_destroy (f);
}

static int run_load (struct opts *o)
{
    flux_t *h = cmd_open ();
    char *line = NULL;
    size_t size = 0;

    for (int i = 0; i < o->argc; i++)
        load (h, o->argv[i]);
    while (o->argc == 0 && getline (&line, &size, stdin) > 0) {
        line[strcspn (line, "\n")] = '\0';
        load (h, line);
    }
    free (line);
    flux_close (h);
    return 0;
}

/* All of standard input. */
static char *read_all (size_t *len)
{
    size_t size = 65536, n;
    char *buf = xcalloc (1, size);

    *len = 0;
    while ((n = fread (buf + *len, 1, size - *len, stdin)) > 0) {
        *len += n;
        if (*len == size && !(buf = realloc (buf, size *= 2)))
            die ("out of memory");
    }
    if (ferror (stdin))
        die ("reading standard input: %s", strerror (errno));
    return buf;
}

static int run_store (struct opts *o)
{
    size_t chunk = opt_int (o, "chunksize", 0, 0, INT_MAX), len;
    flux_t *h = cmd_open ();
    char *data = read_all (&len);
    char ref[BLOBREF_SIZE];

    for (size_t at = 0; at == 0 || at < len;) {
        size_t n = chunk > 0 && len - at > chunk ? chunk : len - at;
        blob_store (h, data + at, n, ref);
        printf ("%s\n", ref);
        at += n > 0 ? n : 1;
    }
    free (data);
    flux_close (h);
    return 0;
}

/* ---- the rest ---- */

static int ask (const char *topic)
{
    flux_t *h = cmd_open ();
    flux_future_t *f = flux_rpc (h, topic, NULL, FLUX_NODEID_ANY, 0);

    get_or_die (f, NULL);
    flux_future_destroy (f);
    flux_close (h);
    return 0;
}

static int run_flush (struct opts *o)
{
    return ask ("content.flush");
}

static int run_dropcache (struct opts *o)
{
    return ask ("content.dropcache");
}

static void print_checkpoint (size_t index, json_t *o)
{
    const char *ref = "";
    char date[32];
    double stamp = 0.;
    struct tm tm;
    time_t t;
    int seq = 0;

    (void)json_unpack (o,
                       "{s:s s:i s:F}",
                       "rootref",
                       &ref,
                       "sequence",
                       &seq,
                       "timestamp",
                       &stamp);
    t = stamp;
    strftime (date, sizeof (date), "%FT%TZ", gmtime_r (&t, &tm));
    printf ("%-10zu %-10d %-20s %s\n", index, seq, date, ref);
}

static int run_list (struct opts *o)
{
    flux_t *h = cmd_open ();
    flux_future_t *f = flux_rpc (h, "content.checkpoint-get", "{}", 0, 0);
    json_t *answer = get_json_or_die (f, NULL), *value, *item;
    size_t i;

    value = json_object_get (answer, "value");
    if (opt_count (o, "json")) {
        json_array_foreach (value, i, item)
        {
            json_dumpf (item, stdout, JSON_COMPACT);
            printf ("\n");
        }
    }
    else {
        if (!opt_count (o, "no-header"))
            printf ("%-10s %-10s %-20s %s\n",
                    "Index",
                    "Sequence",
                    "Time",
                    "Rootref");
        json_array_foreach (value, i, item)
        {
            print_checkpoint (i, item);
        }
    }
    json_decref (answer);
    flux_future_destroy (f);
    flux_close (h);
    return 0;
}

static int run_update (struct opts *o)
{
    flux_t *h = cmd_open ();
    flux_future_t *f;

    if (o->argc != 1)
        die ("a blobref is required");
    f = flux_rpc_pack (h,
                       "content.checkpoint-put",
                       0,
                       0,
                       "{s:{s:i s:s}}",
                       "value",
                       "version",
                       1,
                       "rootref",
                       o->argv[0]);
    get_or_die (f, NULL);
    flux_future_destroy (f);
    flux_close (h);
    return 0;
}

static const struct command load_command = {
    .name = "load",
    .summary = "print blobs",
    .usage = "[BLOBREF...]",
    .options = { cache_options },
    .run = run_load,
};

static const struct command store_command = {
    .name = "store",
    .summary = "store standard input, and print the names of its blobs",
    .usage = "",
    .options = { store_options, cache_options },
    .run = run_store,
};

static const struct command flush_command = {
    .name = "flush",
    .summary = "wait until all is durable",
    .usage = "",
    .run = run_flush,
};

static const struct command dropcache_command = {
    .name = "dropcache",
    .summary = "forget what the store has",
    .usage = "",
    .run = run_dropcache,
};

static const struct command checkpoint_list_command = {
    .name = "list",
    .summary = "print the root that is durable",
    .usage = "[OPTIONS]",
    .options = { list_options },
    .run = run_list,
};

static const struct command checkpoint_update_command = {
    .name = "update",
    .summary = "refused: each commit is a checkpoint",
    .usage = "BLOBREF",
    .run = run_update,
};

static const struct command *const checkpoint_commands[] = {
    &checkpoint_list_command,
    &checkpoint_update_command,
    NULL,
};

static const struct command checkpoint_command = {
    .name = "checkpoint",
    .summary = "look at checkpoints",
    .usage = "COMMAND",
    .subs = checkpoint_commands,
};

static const struct command *const subs[] = {
    &load_command,      &store_command,      &flush_command,
    &dropcache_command, &checkpoint_command, NULL,
};

const struct command cmd_content = {
    .name = "content",
    .summary = "store and load blobs",
    .usage = "COMMAND [OPTIONS]",
    .subs = subs,
    .section = "other",
};
