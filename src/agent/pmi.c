/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Parallel programs find each other: the server's side of PMI-1 (RFC 13).
 *
 * Each task has a connection here, on which it asks and waits for the answer.
 * Keys that tasks put are known on this node at once.  In a barrier they go
 * round: when all tasks of this node have come, the agent sends what is new
 * to the broker, which waits for the other nodes and sends all of it to all.
 * That is one message each way for a node and barrier.
 *
 * A broker that died in between is told again.  A node that still waits in a
 * round shows that no other is more than one further: the keys of two rounds
 * are enough to bring everyone together.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/agent.h"
#include "wire/agent_talk.h"

enum {
    NAME_MAX_LEN = 64, /* with the NUL, as clients are told */
    KEY_MAX_LEN = 64,
    VALUE_MAX_LEN = 1024,
    LINE_MAX_LEN = 4096,
    KEYS_MAX = 16 * 1024 * 1024, /* bytes that the tasks of a node may put */
};

struct pair {
    UT_hash_handle hh;
    char *value; /* after the key, in the same block */
    char key[];
};

struct round {
    char *text; /* what this node put; NULL: no such round */
    size_t len;
};

struct pmi {
    struct pair *pairs;
    struct jbuf fresh;    /* since the last round */
    size_t size;          /* bytes put here */
    unsigned int count;   /* of rounds begun */
    unsigned int members; /* nodes that have tasks */
    unsigned int nin;     /* tasks in the barrier */
    bool waiting;         /* for the other nodes */
    struct round last[2]; /* by number modulo 2 */
};

struct pmi_client {
    struct task *task;
    int fd;
    struct loop_source *io;
    bool in;       /* the barrier */
    bool spawning; /* in the middle of such a request */
    size_t len;
    char line[LINE_MAX_LEN];
};

/* ---- keys ---- */

static int put (struct pmi *pmi,
                const char *key,
                size_t nkey,
                const char *value,
                size_t nvalue)
{
    struct pair *p;
    struct pair *old;

    if (!(p = malloc (sizeof (*p) + nkey + nvalue + 2)))
        return -1;
    memcpy (p->key, key, nkey);
    p->key[nkey] = '\0';
    p->value = p->key + nkey + 1;
    memcpy (p->value, value, nvalue);
    p->value[nvalue] = '\0';
    HASH_FIND (hh, pmi->pairs, p->key, nkey, old);
    if (old) {
        HASH_DEL (pmi->pairs, old);
        free (old);
    }
    HASH_ADD (hh, pmi->pairs, key, nkey, p);
    return 0;
}

/* What a program may know from the outset: where its tasks are. */
static int put_maps (struct agent_job *job)
{
    struct pmi *pmi = job->pmi;
    char *mapping = layout_mapping (&job->layout);
    struct jbuf b = { 0 };
    char *map;
    int rc = -1;

    layout_taskmap (&job->layout, &b);
    map = jbuf_take (&b, NULL);
    if (mapping && map) {
        if (strlen (mapping) >= VALUE_MAX_LEN)
            *mapping = '\0'; /* "unknown" */
        if (strlen (map) >= VALUE_MAX_LEN)
            *map = '\0';
        rc = put (pmi,
                  "PMI_process_mapping",
                  strlen ("PMI_process_mapping"),
                  mapping,
                  strlen (mapping));
        if (rc == 0)
            rc = put (pmi,
                      "flux.taskmap",
                      strlen ("flux.taskmap"),
                      map,
                      strlen (map));
    }
    free (mapping);
    free (map);
    return rc;
}

int pmi_make (struct agent_job *job)
{
    if (!(job->pmi = calloc (1, sizeof (*job->pmi))))
        return -1;
    for (unsigned int i = 0; i < job->layout.nnodes; i++)
        job->pmi->members += job->layout.counts[i] > 0;
    return 0;
}

/* Most programs never ask. */
static int want_maps (struct agent_job *job)
{
    if (job->run->shell.pmi_nomap || job->pmi->pairs)
        return 0;
    return put_maps (job);
}

void pmi_destroy (struct agent_job *job)
{
    struct pmi *pmi = job->pmi;
    struct pair *p, *next;

    if (!pmi)
        return;
    HASH_ITER (hh, pmi->pairs, p, next)
    {
        HASH_DEL (pmi->pairs, p);
        free (p);
    }
    free (pmi->fresh.s);
    free (pmi->last[0].text);
    free (pmi->last[1].text);
    free (pmi);
    job->pmi = NULL;
}

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
static bool answer (struct pmi_client *c, const char *fmt, ...)
    __attribute__ ((format (printf, 2, 3)));
static bool answer (struct pmi_client *c, const char *fmt, ...)
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

/* The value of a word in a line; that of "value" goes on to its end. */
static const char *word (const char *line, const char *key, size_t *len)
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

/* ---- barriers ---- */

static void release (struct agent_job *job)
{
    job->pmi->waiting = false;
    job->pmi->nin = 0;
    for (unsigned int i = 0; i < job->ntasks; i++) {
        struct pmi_client *c = job->tasks[i].pmi;

        if (c && c->in) {
            c->in = false;
            answer (c, "cmd=barrier_out rc=0\n");
        }
    }
}

static void say_round (struct agent_job *job, unsigned int number)
{
    const struct round *r = &job->pmi->last[number % 2];
    struct agent_talk talk = { .id = job->id,
                               .kind = TALK_PMI,
                               .n = number,
                               .m = job->pmi->members,
                               .text = r->text,
                               .len = r->len };

    if (number > 0 && r->text)
        agent_say (job->agent, &talk);
}

static void all_in (struct agent_job *job)
{
    struct pmi *pmi = job->pmi;
    struct round *r = &pmi->last[++pmi->count % 2];

    if (pmi->members < 2) {
        free (pmi->fresh.s);
        memset (&pmi->fresh, 0, sizeof (pmi->fresh));
        release (job);
        return;
    }
    pmi->waiting = true;
    free (r->text);
    jbuf_lit (&pmi->fresh, "");
    if (!(r->text = jbuf_take (&pmi->fresh, &r->len))) {
        report_exception (job, "PMI: out of memory");
        return;
    }
    say_round (job, pmi->count);
}

void pmi_talk (struct agent *a, const struct agent_talk *talk)
{
    struct agent_job *job = job_find (a, talk->id);
    const char *s = talk->text;
    const char *end = s + talk->len;

    if (!job || !job->pmi || !job->pmi->waiting || talk->n != job->pmi->count)
        return;
    while (s < end) {
        const char *eol = memchr (s, '\n', end - s);
        const char *eq = eol ? memchr (s, '=', eol - s) : NULL;

        if (!eq)
            break;
        if (put (job->pmi, s, eq - s, eq + 1, eol - eq - 1) < 0) {
            report_exception (job, "PMI: out of memory");
            return;
        }
        s = eol + 1;
    }
    release (job);
}

void pmi_again (struct agent *a)
{
    struct agent_job *job, *next;

    HASH_ITER (hh, a->jobs, job, next)
    {
        if (!job->pmi || job->pmi->members < 2 || job->pmi->count == 0)
            continue;
        say_round (job, job->pmi->count - 1);
        say_round (job, job->pmi->count);
    }
}

/* ---- requests ---- */

static void do_init (struct pmi_client *c, const char *line)
{
    answer (c, "cmd=response_to_init rc=0 pmi_version=1 pmi_subversion=1\n");
}

static void do_maxes (struct pmi_client *c, const char *line)
{
    answer (c,
            "cmd=maxes rc=0 kvsname_max=%d keylen_max=%d vallen_max=%d\n",
            NAME_MAX_LEN,
            KEY_MAX_LEN,
            VALUE_MAX_LEN);
}

static void do_abort (struct pmi_client *c, const char *line)
{
    size_t len = 0;
    const char *code = word (line, "exitcode", &len);
    char why[64];

    if (code && len < 12)
        snprintf (why, sizeof (why), "abort, exit code %.*s", (int)len, code);
    else
        snprintf (why, sizeof (why), "abort");
    if (answer (c, "\n"))
        broken (c, why);
}

static void do_finalize (struct pmi_client *c, const char *line)
{
    answer (c, "cmd=finalize_ack rc=0\n");
}

static void do_universe (struct pmi_client *c, const char *line)
{
    answer (c, "cmd=universe_size rc=0 size=%u\n", c->task->job->layout.ntasks);
}

static void do_appnum (struct pmi_client *c, const char *line)
{
    answer (c, "cmd=appnum rc=0 appnum=0\n");
}

static void do_kvsname (struct pmi_client *c, const char *line)
{
    answer (c, "cmd=my_kvsname rc=0 kvsname=%s\n", c->task->job->f58plain);
}

static int put_here (struct pmi *pmi, const char *line)
{
    size_t nkey = 0;
    size_t nvalue = 0;
    const char *key = word (line, "key", &nkey);
    const char *value = word (line, "value", &nvalue);

    if (!key || nkey == 0 || nkey >= KEY_MAX_LEN || !value
        || nvalue >= VALUE_MAX_LEN || memchr (key, '=', nkey)
        || pmi->size + nkey + nvalue > KEYS_MAX)
        return -1;
    if (put (pmi, key, nkey, value, nvalue) < 0)
        return -1;
    pmi->size += nkey + nvalue;
    jbuf_raw (&pmi->fresh, key, nkey);
    jbuf_lit (&pmi->fresh, "=");
    jbuf_raw (&pmi->fresh, value, nvalue);
    jbuf_lit (&pmi->fresh, "\n");
    return pmi->fresh.failed ? -1 : 0;
}

static void do_put (struct pmi_client *c, const char *line)
{
    if (want_maps (c->task->job) < 0 || put_here (c->task->job->pmi, line) < 0)
        answer (c, "cmd=put_result rc=-1 msg=key or value not taken\n");
    else
        answer (c, "cmd=put_result rc=0\n");
}

static void do_get (struct pmi_client *c, const char *line)
{
    size_t len = 0;
    const char *key = word (line, "key", &len);
    struct pair *p = NULL;

    if (key && want_maps (c->task->job) == 0)
        HASH_FIND (hh, c->task->job->pmi->pairs, key, len, p);
    if (p)
        answer (c, "cmd=get_result rc=0 value=%s\n", p->value);
    else
        answer (c, "cmd=get_result rc=-1 msg=no such key\n");
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
        all_in (job);
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
    const char *cmd = word (line, "cmd", &len);

    if (c->spawning || !strncmp (line, "mcmd=spawn", 10)) {
        c->spawning = strcmp (line, "endcmd") != 0;
        if (!c->spawning)
            answer (c, "cmd=spawn_result rc=-1\n");
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
            answer (c, "cmd=%s rc=-1 msg=not available\n", requests[i].refused);
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
