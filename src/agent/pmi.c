/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Parallel programs find each other: the server's side of PMI-1 (RFC 13).
 *
 * Each task has a connection here, on which it asks and waits for the answer.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/pmi.h"

/* ---- talking to a task ---- */

void pmi_close (struct task *task)
{
    struct pmi_client *c = task->pmi;

    if (!c)
        return;
    if (c->in)
        task->job->pmi->nin--;
    loop_source_destroy (c->io);
    close (c->fd);
    free (c);
    task->pmi = NULL;
}

/* The program cannot go on: what it said is no PMI, or it takes no answer. */
static void broken (struct pmi_client *c, const char *why)
{
    struct task *task = c->task;
    char note[160];

    snprintf (note, sizeof (note), "PMI: task %u: %s", task->rank, why);
    pmi_close (task);
    report_exception (task->job, note);
}

/* One answer is outstanding at most, and fits the socket's buffer. */
bool pmi_answer (struct pmi_client *c, const char *fmt, ...)
{
    char buf[VALUE_MAX_LEN + 256];
    va_list ap;
    int n;

    va_start (ap, fmt);
    n = vsnprintf (buf, sizeof (buf), fmt, ap);
    va_end (ap);
    if (send (c->fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL) == n)
        return true;
    broken (c, "does not take answers");
    return false;
}

const char *pmi_word (const char *line, const char *key, size_t *len)
{
    size_t n = strlen (key);

    for (; *line; line += strcspn (line, " ")) {
        line += strspn (line, " ");
        if (!strncmp (line, "value=", 6) && strcmp (key, "value"))
            break;
        if (strncmp (line, key, n) || line[n] != '=')
            continue;
        line += n + 1;
        *len = strcmp (key, "value") ? strcspn (line, " ") : strlen (line);
        return line;
    }
    return NULL;
}

/* ---- requests ---- */

static void do_init (struct pmi_client *c, const char *line)
{
    pmi_answer (c,
                "cmd=response_to_init rc=0 pmi_version=1 pmi_subversion=1\n");
}

static void do_maxes (struct pmi_client *c, const char *line)
{
    pmi_answer (c,
                "cmd=maxes rc=0 kvsname_max=%d keylen_max=%d vallen_max=%d\n",
                NAME_MAX_LEN,
                KEY_MAX_LEN,
                VALUE_MAX_LEN);
}

static void do_abort (struct pmi_client *c, const char *line)
{
    size_t len = 0;
    const char *code = pmi_word (line, "exitcode", &len);
    char why[64];

    if (code && len < 12)
        snprintf (why, sizeof (why), "abort, exit code %.*s", (int)len, code);
    else
        snprintf (why, sizeof (why), "abort");
    if (pmi_answer (c, "\n"))
        broken (c, why);
}

static void do_finalize (struct pmi_client *c, const char *line)
{
    pmi_answer (c, "cmd=finalize_ack rc=0\n");
}

static void do_universe (struct pmi_client *c, const char *line)
{
    pmi_answer (c,
                "cmd=universe_size rc=0 size=%u\n",
                c->task->job->layout.ntasks);
}

static void do_appnum (struct pmi_client *c, const char *line)
{
    pmi_answer (c, "cmd=appnum rc=0 appnum=0\n");
}

static void do_kvsname (struct pmi_client *c, const char *line)
{
    pmi_answer (c, "cmd=my_kvsname rc=0 kvsname=%s\n", c->task->job->f58plain);
}

static void do_put (struct pmi_client *c, const char *line)
{
    if (pmi_want_maps (c->task->job) < 0
        || pmi_put (c->task->job->pmi, line) < 0)
        pmi_answer (c, "cmd=put_result rc=-1 msg=key or value not taken\n");
    else
        pmi_answer (c, "cmd=put_result rc=0\n");
}

static void do_get (struct pmi_client *c, const char *line)
{
    size_t len = 0;
    const char *key = pmi_word (line, "key", &len);
    struct pair *p = NULL;

    if (key && pmi_want_maps (c->task->job) == 0)
        HASH_FIND (hh, c->task->job->pmi->pairs, key, len, p);
    if (p)
        pmi_answer (c, "cmd=get_result rc=0 value=%s\n", p->value);
    else
        pmi_answer (c, "cmd=get_result rc=-1 msg=no such key\n");
}

static void do_barrier (struct pmi_client *c, const char *line)
{
    struct agent_job *job = c->task->job;

    if (c->in) {
        broken (c, "is in the barrier already");
        return;
    }
    c->in = true;
    if (++job->pmi->nin == job->layout.count)
        pmi_round_begin (job);
}

static const struct {
    const char *cmd;
    void (*run) (struct pmi_client *c, const char *line);
    const char *refused; /* or: the answer to what is not offered */
} requests[] = {
    { "init", do_init },
    { "get_maxes", do_maxes },
    { "abort", do_abort },
    { "finalize", do_finalize },
    { "get_universe_size", do_universe },
    { "get_appnum", do_appnum },
    { "put", do_put },
    { "get_my_kvsname", do_kvsname },
    { "barrier_in", do_barrier },
    { "get", do_get },
    { "publish_name", NULL, "publish_result" },
    { "unpublish_name", NULL, "unpublish_result" },
    { "lookup_name", NULL, "lookup_result" },
};

static void request (struct pmi_client *c, const char *line)
{
    size_t len = 0;
    const char *cmd = pmi_word (line, "cmd", &len);

    if (c->spawning || !strncmp (line, "mcmd=spawn", 10)) {
        c->spawning = strcmp (line, "endcmd") != 0;
        if (!c->spawning)
            pmi_answer (c, "cmd=spawn_result rc=-1\n");
        return;
    }
    for (size_t i = 0; cmd && i < sizeof (requests) / sizeof (requests[0]);
         i++) {
        if (strlen (requests[i].cmd) != len
            || strncmp (requests[i].cmd, cmd, len))
            continue;
        if (requests[i].run)
            requests[i].run (c, line);
        else
            pmi_answer (c,
                        "cmd=%s rc=-1 msg=not available\n",
                        requests[i].refused);
        return;
    }
    broken (c, "sent no request of PMI-1");
}

/* ---- reading ---- */

/* False: the client has gone. */
static bool take_lines (struct task *task)
{
    struct pmi_client *c = task->pmi;
    char *eol;

    while ((eol = memchr (c->line, '\n', c->len))) {
        size_t n = eol + 1 - c->line;

        *eol = '\0';
        request (c, c->line);
        if (!task->pmi)
            return false;
        memmove (c->line, c->line + n, c->len - n);
        c->len -= n;
    }
    return true;
}

static void client_cb (struct loop_source *src, int revents, void *arg)
{
    struct pmi_client *c = arg;
    struct task *task = c->task;
    ssize_t n =
        recv (c->fd, c->line + c->len, sizeof (c->line) - c->len, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        pmi_close (task);
        return;
    }
    c->len += n;
    if (take_lines (task) && c->len == sizeof (c->line))
        broken (c, "sent a line that is too long");
}

int pmi_open (struct task *task)
{
    struct pmi_client *c;
    int fds[2];

    if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return -1;
    if ((c = malloc (sizeof (*c)))) {
        c->task = task;
        c->fd = fds[0];
        c->in = c->spawning = false;
        c->len = 0;
        c->io = loop_io_create (task->job->agent->loop,
                                LOOP_ALWAYS,
                                c->fd,
                                LOOP_READ,
                                client_cb,
                                c);
    }
    if (!c || !c->io) {
        free (c);
        close (fds[0]);
        close (fds[1]);
        errno = ENOMEM;
        return -1;
    }
    task->pmi = c;
    return fds[1];
}
