/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The machine dies at each write to the disk in turn; what was told before
 * is true after it.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/manager/harness.h"
#include "tap.h"
#include "vfs_fault.h"

#define JOBS 6

static char dir[] = "/tmp/sluice-power-XXXXXX";

/* What the client knows when the machine dies. */
struct told {
    uint64_t ids[JOBS]; /* acknowledged */
    int nids;
    unsigned int finished; /* ends that were told */
};

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
}

static struct inst *machine (void)
{
    struct inst_opt opt = { .statedir = dir, .real = true, .sync = "full" };

    return inst_create (&opt);
}

/* Turns until the machine is dead, and some after that: the news of a batch
 * that did become durable may be under way.
 */
static bool turns (struct inst *t, int *grace)
{
    loop_turn (t->loop, false);
    usleep (100);
    return !vfs_fault_dead () || (*grace)-- > 0;
}

static uint64_t submit (struct inst *t)
{
    char *spec = make_jobspec (0.001, 10, NULL);
    uint32_t tag = inst_send_submit (t, spec, 16, 0);
    unsigned long long id = 0;
    struct answer *a;
    int grace = 50;

    free (spec);
    while (!(a = inst_answer (t, tag)) && turns (t, &grace))
        ;
    if (!a || a->errnum || sscanf (a->text, "{\"id\":%llu", &id) != 1)
        return 0;
    return id;
}

/* Submit, run and finish some jobs, until the end or the death. */
static void live (struct told *told)
{
    struct inst *t = machine ();
    int grace = 50;

    for (int i = 0; i < JOBS && !vfs_fault_dead (); i++) {
        uint64_t id = submit (t);

        if (id)
            told->ids[told->nids++] = id;
    }
    while (told->nids == JOBS && t->inactive < JOBS && turns (t, &grace))
        ;
    told->finished = t->finished_ok;
    inst_destroy (t);
}

static bool all_there (const struct told *told, uint64_t n)
{
    struct inst *t = machine ();
    unsigned int finished = 0;
    bool good = true;

    for (int i = 0; i < told->nids; i++) {
        const char *events = inst_events (t, told->ids[i]);

        if (strstr (events, "finish"))
            finished++;
        if (strncmp (events, "submit", 6)) {
            diag ("death at %llu: job %d of %d is lost: \"%s\"",
                  (unsigned long long)n,
                  i,
                  told->nids,
                  events);
            good = false;
        }
    }
    if (finished < told->finished) {
        diag ("death at %llu: %u ends told, %u there",
              (unsigned long long)n,
              told->finished,
              finished);
        good = false;
    }
    for (int i = 0; i < told->nids; i++)
        inst_until (t, told->ids[i], FLUX_JOB_STATE_INACTIVE);
    for (int i = 0; i < told->nids; i++) {
        const char *events = inst_events (t, told->ids[i]);
        const char *first = strstr (events, "finish");

        if (!strstr (events, "clean") || !first
            || strstr (first + 1, "finish")) {
            diag ("death at %llu: job %d: \"%s\"",
                  (unsigned long long)n,
                  i,
                  events);
            good = false;
        }
    }
    inst_destroy (t);
    return good;
}

static void test_deaths (bool exhaustive)
{
    struct told told = { .nids = 0 };
    uint64_t total, step;
    int bad = 0, deaths = 0;

    empty ();
    inst_destroy (machine ());
    vfs_fault_die_at (0, 1);
    live (&told);
    total = vfs_fault_count ();
    ok (told.nids == JOBS && told.finished == JOBS, "a life without death");
    step = exhaustive || total < 60 ? 1 : total / 60;
    for (uint64_t n = 1; n <= total; n += step) {
        memset (&told, 0, sizeof (told));
        empty ();
        inst_destroy (machine ());
        vfs_fault_die_at (n, 7919 * n);
        live (&told);
        deaths += vfs_fault_dead ();
        vfs_fault_revive ();
        bad += !all_there (&told, n);
    }
    diag ("%d deaths in %llu writes and syncs",
          deaths,
          (unsigned long long)total);
    is_int (bad, 0, "what was told before a death is true after it");
}

/* ---- with a log that is copied into the file meanwhile ---- */

enum {
    VALUES = 80,
    VALUE_SIZE = 256 * 1024, /* so that they make some thousand pages */
};

static void note_batch (uint64_t batch, int ret, const char *error, void *arg)
{
    if (ret == 0)
        *(uint64_t *)arg = batch;
}

static void fill (char *data, int i)
{
    memset (data, 'a' + i % 26, VALUE_SIZE);
    memcpy (data, &i, sizeof (i));
}

/* One value with each batch: the number of those that are durable. */
static uint64_t write_values (void)
{
    struct loop *loop = loop_create (NULL);
    uint64_t durable = 0;
    struct store *s =
        store_open (loop, dir, "full", note_batch, &durable, NULL);
    char *data = malloc (VALUE_SIZE);

    for (int i = 0; s && i < VALUES && durable == (uint64_t)i; i++) {
        int grace = 50;

        fill (data, i);
        store_value_put (s, 1 + i, "large", data, VALUE_SIZE);
        store_commit (s);
        while (durable == (uint64_t)i && (!vfs_fault_dead () || grace-- > 0)) {
            loop_turn (loop, false);
            usleep (100);
        }
    }
    if (s)
        store_close (s);
    free (data);
    loop_destroy (loop);
    return durable;
}

static bool values_there (uint64_t durable, uint64_t n)
{
    struct loop *loop = loop_create (NULL);
    flux_error_t error = { "" };
    struct store *s = store_open (loop, dir, "full", NULL, NULL, &error);
    char *want = malloc (VALUE_SIZE);
    bool good = s != NULL;

    for (uint64_t i = 0; s && i < durable; i++) {
        char *data = NULL;
        size_t len;

        fill (want, i);
        if (store_value_get (s, 1 + i, "large", &data, &len) < 0
            || len != VALUE_SIZE || memcmp (data, want, len) != 0)
            good = false;
        free (data);
    }
    if (!good)
        diag ("death at %llu: not all of %llu values are there %s",
              (unsigned long long)n,
              (unsigned long long)durable,
              error.text);
    if (s)
        store_close (s);
    free (want);
    loop_destroy (loop);
    return good;
}

static void test_checkpoint (int deaths)
{
    uint64_t total;
    int bad = 0;

    empty ();
    inst_destroy (machine ());
    vfs_fault_die_at (0, 1);
    is_int (write_values (), VALUES, "values of some thousand pages");
    total = vfs_fault_count ();
    for (int i = 0; i < deaths; i++) {
        uint64_t n = 1 + (total - 1) * i / deaths;
        uint64_t durable;

        empty ();
        inst_destroy (machine ());
        vfs_fault_die_at (n, 104729 * n);
        durable = write_values ();
        vfs_fault_revive ();
        bad += !values_there (durable, n);
    }
    diag ("%d deaths in %llu writes and syncs",
          deaths,
          (unsigned long long)total);
    is_int (bad, 0, "what was durable before a death is there after it");
}

static void test_full (void)
{
    struct inst *t;
    char *spec = make_jobspec (0.001, 10, NULL);
    uint32_t tag;
    struct answer *a;
    uint64_t id;

    empty ();
    t = machine ();
    id = inst_submit (t, spec, 16, 0);
    ok (id > 0, "a job before the disk is full");
    inst_until (t, id, FLUX_JOB_STATE_INACTIVE);
    vfs_fault_full (true);
    tag = inst_send_submit (t, spec, 16, 0);
    for (int i = 0; i < 2000; i++) {
        uint32_t other = inst_send_submit (t, spec, 16, 0);

        loop_turn (t->loop, false);
        usleep (1000);
        if ((a = inst_answer (t, other)) && a->errnum == ENOSPC)
            break;
    }
    ok (a && a->errnum == ENOSPC && a->text
            && strstr (a->text, "refused until the job store has space"),
        "a full disk: submissions are refused and told why");
    ok (!inst_answer (t, tag), "what waits for the disk is not acknowledged");
    vfs_fault_full (false);
    while (!(a = inst_answer (t, tag)))
        loop_turn (t->loop, true);
    is_int (a->errnum, 0, "with space again it is");
    id = inst_submit (t, spec, 16, 0);
    ok (id && inst_until (t, id, FLUX_JOB_STATE_INACTIVE), "and jobs run");
    inst_destroy (t);
    free (spec);
}

/* With the argument "long" at every write, else at some sixty. */
int main (int argc, char **argv)
{
    bool in_long = argc > 1 && !strcmp (argv[1], "long");

    if (in_long && !getenv ("SLUICE_LONG")) {
        puts ("1..0 # SKIP SLUICE_LONG is not set");
        return 0;
    }
    if (!mkdtemp (dir) || vfs_fault_install () < 0)
        bail_out ("cannot begin");
    alarm (in_long ? 1200 : 300);
    test_full ();
    test_deaths (in_long);
    test_checkpoint (in_long ? 1000 : 40);
    empty ();
    rmdir (dir);
    done_testing ();
}
