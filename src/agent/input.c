/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"

void input_close (struct input *in)
{
    if (in->fd < 0)
        return;
    loop_source_destroy (in->io);
    in->io = NULL;
    close (in->fd);
    in->fd = -1;
    free (in->data);
    in->data = NULL;
    in->head = in->len = in->size = 0;
}

/* A task that closed its input has had enough: what is left is dropped. */
static void push (struct input *in)
{
    while (in->head < in->len) {
        ssize_t n = write (in->fd, in->data + in->head, in->len - in->head);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            loop_io_set (in->io, LOOP_WRITE);
            return;
        }
        if (n < 0) {
            input_close (in);
            return;
        }
        in->head += n;
    }
    in->head = in->len = 0;
    if (in->eof)
        input_close (in);
    else
        loop_io_set (in->io, 0);
}

static void input_cb (struct loop_source *src, int revents, void *arg)
{
    push (arg);
}

/* The source is made when there is something to write: most jobs have no
 * input.
 */
int input_open (struct input *in, int fd, struct task *task)
{
    if (fcntl (fd, F_SETFL, O_NONBLOCK) < 0)
        return -1;
    in->fd = fd;
    return 0;
}

static int append (struct input *in, const char *data, size_t len)
{
    size_t need = in->len + len;
    char *p;

    if (len == 0)
        return 0;
    if (need - in->head > AGENT_INPUT_MAX) {
        errno = EFBIG;
        return -1;
    }
    if (need > in->size) {
        if (!(p = realloc (in->data, need * 2)))
            return -1;
        in->data = p;
        in->size = need * 2;
    }
    memcpy (in->data + in->len, data, len);
    in->len += len;
    return 0;
}

static int write_out (struct task *task)
{
    struct input *in = &task->in;

    if (!in->io && in->len > 0) {
        in->io = loop_io_create (task->job->agent->loop,
                                 LOOP_ALWAYS,
                                 in->fd,
                                 0,
                                 input_cb,
                                 in);
        if (!in->io)
            return -1;
    }
    if (in->len > 0)
        push (in);
    else if (in->eof)
        input_close (in);
    return 0;
}

static int give (struct task *task, const struct agent_stdin *msg)
{
    static const char end = 'D' & 0x1f; /* ctrl-D */
    struct input *in = &task->in;

    if (in->fd < 0 || in->eof)
        return 0;
    if (append (in, msg->data, msg->len) < 0
        || (in->tty && msg->eof && append (in, &end, 1) < 0))
        return -1;
    in->eof = msg->eof && !in->tty;
    return write_out (task);
}

void input_type (struct task *task, const char *data, size_t len)
{
    struct input *in = &task->in;

    if (in->fd < 0 || in->len - in->head + len > AGENT_TYPED_MAX)
        return;
    if (append (in, data, len) == 0)
        write_out (task);
}

void input_give (struct agent_job *job, const struct agent_stdin *msg)
{
    struct idset *ranks = NULL;

    if (strcmp (msg->ranks, "all") && !(ranks = idset_decode (msg->ranks)))
        return;
    for (unsigned int i = 0; i < job->ntasks; i++) {
        struct task *task = &job->tasks[i];

        if ((!ranks || idset_test (ranks, task->rank)) && give (task, msg) < 0)
            report_exception (job, "more input than the tasks take");
    }
    idset_destroy (ranks);
}
