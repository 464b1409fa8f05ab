/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/attrs.h"
#include "daemon/jobs.h"
#include "daemon/notify.h"
#include "daemon/options.h"
#include "daemon/parts.h"
#include "daemon/program.h"
#include "daemon/state_machine.h"
#include "daemon/state_watch.h"

/* A program that ignores SIGHUP gets this long. */
#define KILL_AFTER 5.

struct state_machine {
    struct broker *b;
    enum broker_state state;
    double entered;
    struct program *program; /* rc1, the initial program or rc3 */
    struct loop_source *kill_timer;
    struct loop_source *sigterm;
    struct loop_source *sigint;
    int part;      /* the next one to finish */
    int finishing; /* number of the part whose done is awaited */
    bool ending;
    struct state_watch *watch;
    struct notify *notify;
};

static const char *const names[] = {
    "load-builtins", "join",    "config-sync",     "init",
    "quorum",        "run",     "cleanup",         "shutdown",
    "finalize",      "goodbye", "unload-builtins", "exit",
};

const char *state_name (enum broker_state state)
{
    return names[state];
}

enum broker_state state_machine_state (struct broker *b)
{
    return b->state->state;
}

double state_machine_duration (struct broker *b)
{
    return clock_now (loop_clock (b->loop)) - b->state->entered;
}

static void enter (struct state_machine *sm, enum broker_state state)
{
    log_msg (LOG_INFO,
             "broker",
             "%s->%s after %.3fs",
             state_name (sm->state),
             state_name (state),
             state_machine_duration (sm->b));
    sm->state = state;
    sm->entered = clock_now (loop_clock (sm->b->loop));
    state_watch_changed (sm->watch, state);
    notify_state (sm->notify, state);
}

/* ---- the way down ---- */

static void all_left (void *arg)
{
    struct state_machine *sm = arg;

    loop_stop (sm->b->loop);
}

static void goodbye (struct state_machine *sm)
{
    struct broker *b = sm->b;

    if (b->norestart)
        b->exit_status =
            attrs_get_int (b, "broker.exit-norestart", b->exit_status);
    enter (sm, STATE_GOODBYE);
    enter (sm, STATE_EXIT);
    state_watch_end (sm->watch, all_left, sm);
}

static void rc3_done (struct broker *b, int code, void *arg)
{
    struct state_machine *sm = arg;

    sm->program = NULL;
    if (code != 0) {
        log_msg (LOG_ERR, "broker", "rc3 failed with exit code %d", code);
        if (b->exit_status == 0)
            b->exit_status = code;
    }
    goodbye (sm);
}

static int run_rc (struct state_machine *sm, const char *attr, program_f done)
{
    const char *path = attrs_get (sm->b, attr);
    char *argv[] = { (char *)path, NULL };
    flux_error_t error;

    if (!path || *path == '\0')
        return 0;
    if ((sm->program = program_start (sm->b, 1, argv, done, sm, &error)))
        return 1;
    log_msg (LOG_ERR, "broker", "%s: %s", attr, error.text);
    done (sm->b, 127, sm);
    return 1;
}

static void finalize (struct state_machine *sm)
{
    enter (sm, STATE_SHUTDOWN);
    enter (sm, STATE_FINALIZE);
    if (!run_rc (sm, "broker.rc3_path", rc3_done))
        goodbye (sm);
}

static void finish_next (struct state_machine *sm);

static void finish_done (void *arg)
{
    struct state_machine *sm = arg;

    /* A part that speaks after it was given up changes nothing. */
    if (sm->state == STATE_CLEANUP && sm->finishing == sm->part + 1)
        finish_next (sm);
}

static void finish_next (struct state_machine *sm)
{
    struct broker *b = sm->b;

    while (sm->part >= 0) {
        int i = sm->part--;

        if (b->parts[i].finish) {
            sm->finishing = i;
            b->parts[i].finish (b, b->part_data[i], finish_done, sm);
            return;
        }
    }
    finalize (sm);
}

static void cleanup (struct state_machine *sm)
{
    loop_timer_set (sm->kill_timer, -1., 0.);
    enter (sm, STATE_CLEANUP);
    sm->part = -1;
    while (sm->b->parts[sm->part + 1].name)
        sm->part++;
    finish_next (sm);
}

static void kill_cb (struct loop_source *src, int revents, void *arg)
{
    struct state_machine *sm = arg;

    if (sm->program)
        program_kill (sm->program, SIGKILL);
}

void state_machine_end (struct broker *b, const char *why)
{
    struct state_machine *sm = b->state;

    if (sm->state > STATE_RUN)
        return;
    if (!sm->ending)
        log_msg (LOG_INFO, "broker", "shutting down: %s", why);
    sm->ending = true;
    if (!sm->program) {
        cleanup (sm);
        return;
    }
    program_kill (sm->program, SIGHUP);
    program_kill (sm->program, SIGCONT);
    loop_timer_set (sm->kill_timer, KILL_AFTER, 0.);
}

/* With a place to be found at and nobody at a terminal, it is a service. */
static bool is_service (struct broker *b)
{
    return attrs_get (b, "broker.rc2_none")
           || (b->opt->argc == 0 && options_attr (b->opt, "local-uri")
               && !isatty (STDIN_FILENO));
}

/* A service that is told to terminate is perhaps started again: with a
 * machine's services, after an upgrade.  Who means the end of the instance
 * says so (flux-shutdown(1)), and so does a ^C.  A second signal is
 * impatience: what hangs is given up.
 */
static void signal_cb (struct loop_source *src, int revents, void *arg)
{
    struct state_machine *sm = arg;
    const char *name = src == sm->sigint ? "SIGINT" : "SIGTERM";

    if (!sm->ending && sm->state <= STATE_RUN) {
        sm->b->will_return = src == sm->sigterm && is_service (sm->b);
        state_machine_end (sm->b, name);
        return;
    }
    log_msg (LOG_WARNING, "broker", "%s again: not waiting any longer", name);
    if (sm->program)
        program_kill (sm->program, SIGKILL);
    else if (sm->state == STATE_CLEANUP) {
        sm->finishing = -1;
        finalize (sm);
    }
}

/* ---- the way up ---- */

static void program_done (struct broker *b, int code, void *arg)
{
    struct state_machine *sm = arg;

    sm->program = NULL;
    b->exit_status = code;
    log_msg (LOG_INFO, "broker", "initial program ended with %d", code);
    cleanup (sm);
}

static void run (void *arg)
{
    struct state_machine *sm = arg;
    struct broker *b = sm->b;
    flux_error_t error;

    if (sm->state != STATE_QUORUM)
        return; /* it ended while it waited */
    enter (sm, STATE_RUN);
    if (is_service (b))
        return;
    if ((sm->program = program_start (b,
                                      b->opt->argc,
                                      b->opt->argv,
                                      program_done,
                                      sm,
                                      &error)))
        return;
    b->exit_status = errno == ENOENT ? 127 : 126;
    log_msg (LOG_ERR, "broker", "initial program: %s", error.text);
    cleanup (sm);
}

static void await_quorum (struct state_machine *sm)
{
    enter (sm, STATE_QUORUM);
    if (jobs_quorum (sm->b, run, sm))
        run (sm);
}

static void rc1_done (struct broker *b, int code, void *arg)
{
    struct state_machine *sm = arg;

    sm->program = NULL;
    if (code != 0 && attrs_get_int (b, "broker.recovery-mode", 0)) {
        log_msg (LOG_ERR, "broker", "rc1 failed with exit code %d", code);
        code = 0;
    }
    if (code == 0 && !sm->ending) {
        await_quorum (sm);
        return;
    }
    if (code != 0) {
        log_msg (LOG_ERR, "broker", "rc1 failed with exit code %d", code);
        b->exit_status = code;
    }
    cleanup (sm);
}

static void begin_rc1 (struct state_machine *sm)
{
    if (!run_rc (sm, "broker.rc1_path", rc1_done))
        await_quorum (sm);
}

static void crontabs_done (struct broker *b, int code, void *arg)
{
    struct state_machine *sm = arg;

    if (code != 0 || sm->ending)
        rc1_done (b, code, arg);
    else
        begin_rc1 (sm);
}

/* Flux's rc1 loads what is in cron.directory. */
static bool run_crontabs (struct state_machine *sm)
{
    static const char *script =
        "for f in \"$1\"/*; do\n"
        "    test -f \"$f\" || continue\n"
        "    flux cron tab \"$f\" >/dev/null || exit 1\n"
        "done\n";
    const char *dir = attrs_get (sm->b, "cron.directory");
    char *argv[] = {
        "sh", "-c", (char *)script, "crontabs", (char *)dir, NULL,
    };
    flux_error_t error;

    if (!dir || *dir == '\0')
        return false;
    if (!(sm->program =
              program_start (sm->b, 5, argv, crontabs_done, sm, &error))) {
        log_msg (LOG_ERR, "broker", "cron.directory: %s", error.text);
        rc1_done (sm->b, 127, sm);
    }
    return true;
}

void state_machine_begin (struct broker *b)
{
    struct state_machine *sm = b->state;

    notify_ready (sm->notify);
    enter (sm, STATE_JOIN);
    enter (sm, STATE_CONFIG_SYNC);
    enter (sm, STATE_INIT);
    if (!run_crontabs (sm))
        begin_rc1 (sm);
}

int state_machine_start (struct broker *b, void **data, flux_error_t *error)
{
    struct state_machine *sm;

    if (!(sm = calloc (1, sizeof (*sm))))
        return err_set (error, ENOMEM, "out of memory");
    sm->b = b;
    sm->entered = clock_now (loop_clock (b->loop));
    b->state = sm;
    sm->sigterm =
        loop_signal_create (b->loop, LOOP_ALWAYS, SIGTERM, signal_cb, sm);
    sm->sigint =
        loop_signal_create (b->loop, LOOP_ALWAYS, SIGINT, signal_cb, sm);
    sm->kill_timer = loop_timer_create (b->loop,
                                        LOOP_ALWAYS | LOOP_STOPPED,
                                        KILL_AFTER,
                                        0.,
                                        kill_cb,
                                        sm);
    if (!sm->sigterm || !sm->sigint || !sm->kill_timer
        || !(sm->watch = state_watch_create (b))
        || !(sm->notify = notify_create (b))) {
        err_set (error, errno, "state machine: %s", strerror (errno));
        state_machine_stop (b, sm);
        return -1;
    }
    *data = sm;
    return 0;
}

void state_machine_stop (struct broker *b, void *data)
{
    struct state_machine *sm = data;
    int saved_errno = errno;

    program_abandon (sm->program);
    state_watch_destroy (sm->watch);
    notify_destroy (sm->notify);
    loop_source_destroy (sm->kill_timer);
    loop_source_destroy (sm->sigterm);
    loop_source_destroy (sm->sigint);
    free (sm);
    b->state = NULL;
    errno = saved_errno;
}
