/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What it means to remove a part of the broker, and to load it again. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/heartbeat.h"
#include "daemon/jobs.h"
#include "daemon/module_private.h"

/* The value of argument "KEY=VALUE"; NULL: it is another. */
static const char *value_of (const char *arg, const char *key)
{
    size_t len = strlen (key);

    return strncmp (arg, key, len) == 0 && arg[len] == '=' ? arg + len + 1
                                                           : NULL;
}

static int unknown (const char *arg, flux_error_t *error)
{
    return err_set (error, EINVAL, "unknown option: %s", arg);
}

/* A number from 1; -1 and EINVAL. */
static int decode_count (const char *text, unsigned int *n)
{
    char *end;
    long val = strtol (text, &end, 10);

    if (*text == '\0' || *end || val < 1 || val > INT32_MAX) {
        errno = EINVAL;
        return -1;
    }
    *n = (unsigned int)val;
    return 0;
}

/* ---- heartbeat ---- */

static int heartbeat_load (struct broker *b,
                           int argc,
                           const char **argv,
                           flux_error_t *error)
{
    double period;

    if (heartbeat_period (b, &period, error) < 0)
        return -1;
    for (int i = 0; i < argc; i++) {
        const char *val = value_of (argv[i], "period");

        if (!val)
            return unknown (argv[i], error);
        if (heartbeat_decode (val, &period, error) < 0)
            return -1;
    }
    heartbeat_set (b, period);
    return 0;
}

static int heartbeat_remove (struct broker *b, flux_error_t *error)
{
    heartbeat_set (b, 0.);
    return 0;
}

const struct module_ops module_heartbeat = { heartbeat_load, heartbeat_remove };

/* ---- sched-simple: jobs wait until there is a scheduler ---- */

/* The same in the words of newer releases. */
static int decode_depth (const char *depth, unsigned int *limit)
{
    *limit = 0;
    return strcmp (depth, "unlimited") ? decode_count (depth, limit) : 0;
}

static int decode_mode (const char *mode, unsigned int *limit)
{
    *limit = 0;
    if (!strcmp (mode, "unlimited"))
        return 0;
    if (strncmp (mode, "limited=", 8) != 0) {
        errno = EINVAL;
        return -1;
    }
    return decode_count (mode + 8, limit);
}

static int sched_load (struct broker *b,
                       int argc,
                       const char **argv,
                       flux_error_t *error)
{
    struct manager *m = jobs_manager (b);
    unsigned int limit = 0;

    for (int i = 0; i < argc; i++) {
        const char *mode = value_of (argv[i], "mode");
        const char *depth = value_of (argv[i], "queue-depth");

        if (mode && decode_mode (mode, &limit) < 0)
            return err_set (error,
                            EINVAL,
                            "mode=%s: not limited=N or unlimited",
                            mode);
        if (depth && decode_depth (depth, &limit) < 0)
            return err_set (error,
                            EINVAL,
                            "queue-depth=%s: not a number from 1 or unlimited",
                            depth);
        if (!mode && !depth && !value_of (argv[i], "log-level")
            && !value_of (argv[i], "pool-class"))
            return unknown (argv[i], error);
    }
    if (m)
        manager_sched_online (m, true, limit);
    return 0;
}

static int sched_remove (struct broker *b, flux_error_t *error)
{
    struct manager *m = jobs_manager (b);

    if (m)
        manager_sched_online (m, false, 0);
    return 0;
}

const struct module_ops module_sched_simple = { sched_load, sched_remove };

/* ---- job-exec: nothing is started; what runs runs on ---- */

static int exec_load (struct broker *b,
                      int argc,
                      const char **argv,
                      flux_error_t *error)
{
    struct manager *m = jobs_manager (b);

    if (argc > 0)
        return unknown (argv[0], error);
    if (m)
        manager_exec_online (m, true);
    return 0;
}

static int exec_remove (struct broker *b, flux_error_t *error)
{
    struct manager *m = jobs_manager (b);

    if (m)
        manager_exec_online (m, false);
    return 0;
}

const struct module_ops module_job_exec = { exec_load, exec_remove };

/* ---- job-ingest: its options are known, and change nothing: every jobspec
 * is checked as it is read, and what comes in one turn is one batch anyway.
 */

static int ingest_load (struct broker *b,
                        int argc,
                        const char **argv,
                        flux_error_t *error)
{
    for (int i = 0; i < argc; i++) {
        const char *count = value_of (argv[i], "batch-count");
        unsigned int n;

        if (count && decode_count (count, &n) < 0)
            return err_set (error,
                            EINVAL,
                            "batch-count=%s: not a number from 1",
                            count);
        if (!count && strcmp (argv[i], "disable-validator") != 0
            && !value_of (argv[i], "validator-plugins")
            && !value_of (argv[i], "validator-args"))
            return unknown (argv[i], error);
    }
    return 0;
}

const struct module_ops module_job_ingest = { ingest_load, NULL };

/* ---- job-manager and resource: as after a restart of the broker ---- */

/* A new manager starts with everything there. */
int module_restart_jobs (struct broker *b, flux_error_t *error)
{
    struct manager *m;

    if (jobs_return (b, error) < 0) {
        int saved_errno = errno;

        module_gone (b, "job-manager");
        errno = saved_errno;
        return -1;
    }
    if (!(m = jobs_manager (b)))
        return 0;
    if (module_removed (b, "sched-simple"))
        manager_sched_online (m, false, 0);
    if (module_removed (b, "job-exec"))
        manager_exec_online (m, false);
    return 0;
}

static int manager_load (struct broker *b,
                         int argc,
                         const char **argv,
                         flux_error_t *error)
{
    if (argc > 0)
        return unknown (argv[0], error);
    return module_restart_jobs (b, error);
}

static int manager_remove (struct broker *b, flux_error_t *error)
{
    return jobs_leave (b, error);
}

const struct module_ops module_job_manager = { manager_load, manager_remove };

static int resource_load (struct broker *b,
                          int argc,
                          const char **argv,
                          flux_error_t *error)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp (argv[i], "noverify") != 0
            && strcmp (argv[i], "monitor-force-up") != 0)
            return unknown (argv[i], error);
    }
    /* The job manager brings them with it when it comes. */
    if (module_removed (b, "job-manager"))
        return 0;
    switch (jobs_resources_changed (b, error)) {
    case 0:
        return 0;
    case 1:
        if (jobs_leave (b, error) < 0)
            return -1;
        return module_restart_jobs (b, error);
    default:
        return -1;
    }
}

const struct module_ops module_resource = { resource_load, NULL };
