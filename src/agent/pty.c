/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Terminals of tasks (-o pty), and the one of task 0 that people attach to.
 *
 * What comes out of that one goes to the broker while someone there reads,
 * not faster than the broker gives credit: a reader that falls behind holds
 * the task, as a terminal does.  While nobody reads, the last of it is kept
 * for who comes next; what is left at the end goes into the job's output,
 * unless all of it went there anyway.
 */

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"
#include "wire/agent_talk.h"

enum {
    UNSEEN_MAX = 64 * 1024,
    ROWS = 24,
    COLUMNS = 80,
};

struct pty {
    struct task *task;
    bool attached; /* someone reads */
    bool over;     /* and was told so */
    int64_t credit;
    char *unseen; /* read while nobody was there */
    size_t nunseen;
};

/* ---- opening ---- */

bool pty_wanted (const struct agent_job *job, unsigned int rank)
{
    const char *ranks = job->run->shell.pty_ranks;
    struct idset *ids;
    bool wanted;

    if (!ranks)
        return false;
    if (!strcmp (ranks, "all"))
        return true;
    wanted = (ids = idset_decode (ranks)) && idset_test (ids, rank);
    idset_destroy (ids);
    return wanted || (job->run->shell.pty_interactive && rank == 0);
}

static int keep_from_others (int master, int slave, const struct agent_job *job)
{
    if (fcntl (master, F_SETFD, FD_CLOEXEC) < 0
        || fcntl (slave, F_SETFD, FD_CLOEXEC) < 0)
        return -1;
    if (!job->become)
        return 0;
    /* programs open their terminal by name */
    return fchown (slave, job->userid, -1) < 0 ? -1 : fchmod (slave, 0620);
}

static int make_interactive (struct task *task)
{
    struct pty *pty = calloc (1, sizeof (*pty));

    if (!pty)
        return -1;
    pty->task = task;
    task->job->pty = pty;
    return 0;
}

int pty_open (struct task *task, int *master, int *slave)
{
    struct winsize size = { .ws_row = ROWS, .ws_col = COLUMNS };
    struct agent_job *job = task->job;
    int saved;

    if (openpty (master, slave, NULL, NULL, &size) < 0)
        return -1;
    if (keep_from_others (*master, *slave, job) == 0
        && (!job->run->shell.pty_interactive || task->rank > 0
            || make_interactive (task) == 0)) {
        task->tty = true;
        return 0;
    }
    saved = errno;
    close (*master);
    close (*slave);
    errno = saved;
    return -1;
}

void pty_destroy (struct agent_job *job)
{
    if (!job->pty)
        return;
    free (job->pty->unseen);
    free (job->pty);
    job->pty = NULL;
}

/* ---- to the broker ---- */

static void tell (struct agent_job *job,
                  enum agent_talk_kind kind,
                  int64_t n,
                  const char *text,
                  size_t len)
{
    struct agent_talk talk = { .id = job->id,
                               .kind = kind,
                               .n = n,
                               .text = text,
                               .len = len };

    agent_say (job->agent, &talk);
}

static void pause_reading (struct pty *pty, bool on)
{
    struct stream *st = &pty->task->out[0];

    if (st->io && !pty->task->job->agent->throttled)
        loop_io_set (st->io, on ? 0 : LOOP_READ);
}

static void keep (struct pty *pty, const char *data, size_t len)
{
    if (len >= UNSEEN_MAX) {
        data += len - UNSEEN_MAX;
        len = UNSEEN_MAX;
    }
    if (!pty->unseen && !(pty->unseen = malloc (UNSEEN_MAX)))
        return;
    if (pty->nunseen + len > UNSEEN_MAX) {
        size_t drop = pty->nunseen + len - UNSEEN_MAX;

        memmove (pty->unseen, pty->unseen + drop, pty->nunseen - drop);
        pty->nunseen -= drop;
    }
    memcpy (pty->unseen + pty->nunseen, data, len);
    pty->nunseen += len;
}

static void show (struct pty *pty, const char *data, size_t len)
{
    tell (pty->task->job, TALK_PTY_DATA, 0, data, len);
    pty->credit -= len;
    if (pty->credit <= 0)
        pause_reading (pty, true);
}

bool pty_output (struct stream *st, const char *data, size_t len)
{
    struct pty *pty = st->task->job->pty;

    if (!pty || pty->task != st->task)
        return false;
    if (pty->attached)
        show (pty, data, len);
    else
        keep (pty, data, len);
    return !st->task->job->run->shell.pty_capture;
}

void pty_closed (struct stream *st)
{
    struct pty *pty = st->task->job->pty;

    if (!pty || pty->task != st->task)
        return;
    if (pty->nunseen > 0 && !st->task->job->run->shell.pty_capture)
        stream_log (st, pty->unseen, pty->nunseen, false);
    pty->nunseen = 0;
    pty_check_over (st->task);
}

void pty_check_over (struct task *task)
{
    struct pty *pty = task->job->pty;

    if (!pty || pty->task != task || pty->over || task->running
        || task->out[0].fd >= 0)
        return;
    pty->over = true;
    if (pty->attached)
        tell (task->job, TALK_PTY_EXIT, task->status, NULL, 0);
}

/* ---- from the broker ---- */

static void set_size (struct pty *pty, const struct agent_talk *talk)
{
    struct winsize size = { .ws_row = talk->n, .ws_col = talk->m };

    if (talk->n > 0 && talk->m > 0 && pty->task->out[0].fd >= 0)
        ioctl (pty->task->out[0].fd, TIOCSWINSZ, &size);
}

/* A program that owns the whole screen has to draw it for the newcomer. */
static void ask_for_redraw (struct pty *pty)
{
    pid_t group = tcgetpgrp (pty->task->out[0].fd);

    if (group > 0)
        kill (-group, SIGWINCH);
}

static void attach (struct pty *pty, const struct agent_talk *talk)
{
    if (pty->over) {
        tell (pty->task->job, TALK_PTY_GONE, 0, NULL, 0);
        return;
    }
    tell (pty->task->job, TALK_PTY_ATTACHED, 0, NULL, 0);
    set_size (pty, talk);
    if (pty->attached) {
        ask_for_redraw (pty);
        return;
    }
    pty->attached = true;
    pty->credit = AGENT_PTY_CREDIT;
    if (pty->nunseen > 0)
        show (pty, pty->unseen, pty->nunseen);
    else
        ask_for_redraw (pty);
    pty->nunseen = 0;
}

static void leave (struct pty *pty)
{
    pty->attached = false;
    pause_reading (pty, false);
}

static void add_credit (struct pty *pty, int64_t n)
{
    pty->credit += n;
    if (pty->credit > 0)
        pause_reading (pty, false);
}

void pty_talk (struct agent *a, const struct agent_talk *talk)
{
    struct agent_job *job = job_find (a, talk->id);
    struct agent_talk gone = { .id = talk->id, .kind = TALK_PTY_GONE };

    if (!job || !job->pty) {
        bool elsewhere = job && job->ntasks > 0 && job->tasks[0].rank > 0;

        if (talk->kind == TALK_PTY_ATTACH && !elsewhere)
            agent_say (a, &gone);
        return;
    }
    if (talk->kind == TALK_PTY_ATTACH)
        attach (job->pty, talk);
    else if (talk->kind == TALK_PTY_LEAVE)
        leave (job->pty);
    else if (talk->kind == TALK_PTY_RESIZE)
        set_size (job->pty, talk);
    else if (talk->kind == TALK_PTY_CREDIT)
        add_credit (job->pty, talk->n);
    else if (talk->kind == TALK_PTY_DATA)
        input_type (job->pty->task, talk->text, talk->len);
}

void pty_lost (struct agent *a)
{
    struct agent_job *job, *next;

    HASH_ITER (hh, a->jobs, job, next)
    {
        if (job->pty)
            leave (job->pty);
    }
}
