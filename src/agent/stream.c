/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/log.h"
#include "wire/guestlog.h"

void stream_init (struct stream *st, struct task *task, const char *name)
{
    *st = (struct stream){ .task = task, .name = name, .fd = -1, .file = -1 };
}

/* ---- to the log, or to a file with labels ---- */

void stream_log (struct stream *st, const char *data, size_t len, bool eof)
{
    struct agent_job *job = st->task->job;

    guestlog_data (&job->output,
                   loop_now (job->agent->loop),
                   st->name,
                   st->task->rank,
                   data,
                   len,
                   eof);
    if (len > 0)
        job->patient = false;
    report_touch (job);
}

/* As stream_log, up to the limit that jobs have. */
static void log_within (struct stream *st, const char *data, size_t len)
{
    uint64_t limit = st->task->job->run->shell.output_limit;
    char note[96];

    if (st->cut)
        return;
    if (limit == 0)
        limit = AGENT_OUTPUT_LIMIT;
    if (st->logged + len > limit) {
        st->cut = true;
        len = limit - st->logged;
        snprintf (note,
                  sizeof (note),
                  "%s of task %u is cut after %llu bytes (output.limit)",
                  st->name,
                  st->task->rank,
                  (unsigned long long)limit);
        report_shell_log (st->task->job, LOG_WARNING, note);
    }
    st->logged += len;
    if (len > 0)
        stream_log (st, data, len, false);
}

static void write_plain (struct stream *st, const char *data, size_t len)
{
    if (write (st->file, data, len) < 0)
        log_errno ("flux-agent", "write of output");
}

static void write_labelled (struct stream *st, const char *data, size_t len)
{
    char label[16];
    int n = snprintf (label, sizeof (label), "%u: ", st->task->rank);
    struct iovec iov[3] = { { label, n },
                            { (char *)data, len },
                            { (char *)"\n", data[len - 1] != '\n' } };

    if (writev (st->file, iov, 3) < 0)
        log_errno ("flux-agent", "write of labelled output");
}

/* Tools that label output expect a line an event where tasks mix. */
static void emit_lines (struct stream *st, const char *data, size_t len)
{
    while (len > 0) {
        const char *eol = memchr (data, '\n', len);
        size_t n = eol ? (size_t)(eol - data) + 1 : len;

        if (st->file >= 0)
            write_labelled (st, data, n);
        else
            log_within (st, data, n);
        data += n;
        len -= n;
    }
}

static void emit (struct stream *st, const char *data, size_t len)
{
    if (len == 0)
        return;
    if (st->file >= 0 && !st->task->job->run->label)
        write_plain (st, data, len);
    else if (st->file >= 0 || (st->by_line && st->task->job->layout.ntasks > 1))
        emit_lines (st, data, len);
    else
        log_within (st, data, len);
}

/* How much of it can be passed on now. */
static size_t ready (const struct stream *st, const char *data, size_t len)
{
    const char *eol;

    if (st->by_line && len < AGENT_HELD_MAX) {
        eol = memrchr (data, '\n', len);
        return eol ? eol - data + 1 : 0;
    }
    return guestlog_whole (data, len);
}

static void hold (struct stream *st, const char *data, size_t len)
{
    char *p;

    if (len == 0) {
        free (st->held);
        st->held = NULL;
        st->nheld = 0;
    }
    else if ((p = realloc (st->held, len))) {
        memcpy (p, data, len);
        st->held = p;
        st->nheld = len;
    }
    else
        emit (st, data, len);
}

/* ---- reading ---- */

void stream_close (struct stream *st)
{
    if (st->fd < 0)
        return;
    loop_source_destroy (st->io);
    st->io = NULL;
    close (st->fd);
    st->fd = -1;
    emit (st, st->held, st->nheld);
    pty_closed (st);
    free (st->held);
    st->held = NULL;
    st->nheld = 0;
    if (st->file < 0)
        stream_log (st, NULL, 0, true);
    st->task->job->nstreams--;
}

/* One read.  False: nothing more now (or ever: closed). */
static bool read_some (struct stream *st)
{
    struct agent *a = st->task->job->agent;
    size_t have = st->nheld;
    ssize_t n;
    size_t use;

    memcpy (a->buf, st->held ? st->held : "", have);
    n = read (st->fd, a->buf + have, AGENT_READ_SIZE);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n <= 0) {
        stream_close (st);
        return false;
    }
    if (st->task->tty && pty_output (st, a->buf + have, n))
        return true;
    use = ready (st, a->buf, have + n);
    emit (st, a->buf, use);
    hold (st, a->buf + use, have + n - use);
    return true;
}

static void stream_cb (struct loop_source *src, int revents, void *arg)
{
    struct stream *st = arg;
    struct agent_job *job = st->task->job;

    read_some (st);
    if (st->fd < 0)
        job_check_over (job);
}

int stream_open (struct stream *st, int fd)
{
    struct agent_job *job = st->task->job;

    if (fcntl (fd, F_SETFL, O_NONBLOCK) < 0)
        return -1;
    st->io = loop_io_create (job->agent->loop,
                             LOOP_ALWAYS,
                             fd,
                             job->agent->throttled ? 0 : LOOP_READ,
                             stream_cb,
                             st);
    if (!st->io)
        return -1;
    st->fd = fd;
    job->nstreams++;
    return 0;
}

void stream_drain (struct stream *st)
{
    while (st->fd >= 0 && read_some (st))
        ;
}

/* ---- when the broker does not keep up ---- */

static void relief_cb (struct loop_source *src, int revents, void *arg)
{
    struct agent *a = arg;

    backlog_send (a);
    if (backlog_relieved (a))
        stream_throttle (a, false);
    else
        loop_timer_set (a->relief, 0.01, 0.);
}

void stream_throttle (struct agent *a, bool on)
{
    struct agent_job *job, *next;

    if (on == a->throttled)
        return;
    if (on && !a->relief)
        a->relief =
            loop_timer_create (a->loop, LOOP_ALWAYS, 0.01, 0., relief_cb, a);
    else if (on)
        loop_timer_set (a->relief, 0.01, 0.);
    if (on && !a->relief)
        return;
    a->throttled = on;
    HASH_ITER (hh, a->jobs, job, next)
    {
        for (unsigned int i = 0; i < job->ntasks; i++) {
            for (int j = 0; j < 2; j++) {
                struct stream *st = &job->tasks[i].out[j];

                if (st->io)
                    loop_io_set (st->io, on ? 0 : LOOP_READ);
            }
        }
    }
}
