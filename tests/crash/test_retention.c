/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Under a steady load with a limit on finished jobs the store's files stop
 * growing: what removed jobs took is used again, and the log is cut.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/manager/harness.h"
#include "store/store.h"
#include "tap.h"

#define LIMIT 200
#define FLIGHT 50
/* Twice what the log is checkpointed at: the writer may be in the middle. */
#define WAL_MAX (2 * 4000 * 8192L)

/* Some KiB for each finished job that may be there. */
#define DATABASE_MAX (4L * 1024 * 1024)

static char dir[] = "/tmp/sluice-retention-XXXXXX";

static long size_of (const char *name)
{
    char path[128];
    struct stat st;

    snprintf (path, sizeof (path), "%s/%s", dir, name);
    return stat (path, &st) < 0 ? 0 : (long)st.st_size;
}

static void empty (void)
{
    static const char *const names[] = { "jobs.sqlite",
                                         "jobs.sqlite-wal",
                                         "jobs.sqlite-shm",
                                         "lock" };
    char path[128];

    for (size_t i = 0; i < sizeof (names) / sizeof (names[0]); i++) {
        snprintf (path, sizeof (path), "%s/%s", dir, names[i]);
        unlink (path);
    }
    rmdir (dir);
}

/* Submit, run and finish so many jobs, some at a time. */
static void load (struct inst *t, int n)
{
    char *spec = make_jobspec (0.001, 10., NULL);

    for (int i = 0; i < n; i += FLIGHT) {
        for (int k = 0; k < FLIGHT; k++)
            inst_send_submit (t, spec, 16, 0);
        inst_settle (t);
        while (manager_active_count (t->m) > 0)
            loop_turn (t->loop, true);
    }
    free (spec);
}

int main (int argc, char **argv)
{
    bool in_long = argc > 1 && !strcmp (argv[1], "long");
    int n = in_long ? 200000 : 2000;
    struct inst_opt opt = { .cores = FLIGHT,
                            .statedir = dir,
                            .real = true,
                            .sync = "off" };
    struct store_counts c = { 0 };
    long wal = 0;
    struct inst *t;

    if (in_long && !getenv ("SLUICE_LONG")) {
        puts ("1..0 # SKIP SLUICE_LONG is not set");
        return 0;
    }
    if (!mkdtemp (dir))
        bail_out ("cannot begin");
    t = inst_create (&opt);
    manager_config_apply (t->m,
                          "{\"job-manager\":{\"inactive-num-limit\":200}}");
    load (t, 2000);
    for (int i = 0; i < n; i += 1000) {
        load (t, 1000);
        wal = size_of ("jobs.sqlite-wal") > wal ? size_of ("jobs.sqlite-wal")
                                                : wal;
    }
    store_counts (manager_store (t->m), &c);
    diag ("%d jobs: %ld bytes, log at most %ld",
          2000 + n,
          size_of ("jobs.sqlite"),
          wal);
    diag ("%llu finished jobs there, %llu purged",
          (unsigned long long)c.inactive,
          (unsigned long long)c.purged);
    ok (c.inactive < LIMIT + 100 + 2 * FLIGHT, "old jobs are removed");
    is_int (c.inactive + c.purged, 2000 + n, "and counted");
    ok (wal <= WAL_MAX, "the log is cut");
    ok (size_of ("jobs.sqlite") <= DATABASE_MAX, "the database does not grow");
    inst_destroy (t);
    empty ();
    done_testing ();
}
