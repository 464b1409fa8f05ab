/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Reports that the broker has not acknowledged: it may die with them.  They
 * are kept in memory up to a limit; beyond it, while there is no broker, in a
 * file without a name.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/log.h"

struct kept {
    STAILQ_ENTRY (kept) link;
    uint64_t seq;
    uint64_t id;
    flux_msg_t *msg; /* NULL: in the file */
    off_t offset;
    size_t size;
};

void backlog_init (struct backlog *b)
{
    STAILQ_INIT (&b->list);
    b->fd = -1;
}

static void kept_free (struct backlog *b, struct kept *k)
{
    if (k->msg)
        b->memory -= k->size;
    else if (--b->nspooled == 0) {
        b->spooled = 0;
        (void)!ftruncate (b->fd, 0);
    }
    flux_msg_destroy (k->msg);
    free (k);
}

void backlog_clear (struct backlog *b)
{
    struct kept *k;

    while ((k = STAILQ_FIRST (&b->list))) {
        STAILQ_REMOVE_HEAD (&b->list, link);
        kept_free (b, k);
    }
    if (b->fd >= 0)
        close (b->fd);
    b->fd = -1;
}

/* ---- the file ---- */

static int spool_open (struct agent *a)
{
    struct backlog *b = &a->backlog;
    char *path;

    if (b->fd >= 0)
        return 0;
    if (asprintf (&path, "%s/agent-%u.spool", a->rundir, a->opt.rank) < 0)
        return -1;
    b->fd = open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (b->fd >= 0)
        (void)unlink (path);
    free (path);
    return b->fd < 0 ? -1 : 0;
}

static int transfer (int fd, char *buf, size_t size, off_t offset, bool out)
{
    while (size > 0) {
        ssize_t n = out ? pwrite (fd, buf, size, offset)
                        : pread (fd, buf, size, offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        buf += n;
        size -= n;
        offset += n;
    }
    return 0;
}

/* What does not fit there stays in memory. */
static void spool (struct agent *a, struct kept *k)
{
    struct backlog *b = &a->backlog;
    char *buf = malloc (k->size);

    if (!buf || flux_msg_encode (k->msg, buf, k->size) < 0 || spool_open (a) < 0
        || transfer (b->fd, buf, k->size, b->spooled, true) < 0) {
        if (!b->failed)
            log_errno ("flux-agent", "keeping output in a file");
        b->failed = true;
    }
    else {
        flux_msg_destroy (k->msg);
        k->msg = NULL;
        k->offset = b->spooled;
        b->spooled += k->size;
        b->nspooled++;
        b->memory -= k->size;
        b->failed = false;
    }
    free (buf);
}

static flux_msg_t *unspool (struct backlog *b, const struct kept *k)
{
    char *buf = malloc (k->size);
    flux_msg_t *msg = NULL;

    if (buf && transfer (b->fd, buf, k->size, k->offset, false) == 0)
        msg = flux_msg_decode (buf, k->size);
    free (buf);
    return msg;
}

/* ---- what is kept ---- */

int backlog_add (struct agent *a, uint64_t id, flux_msg_t *msg)
{
    struct backlog *b = &a->backlog;
    struct kept *k = calloc (1, sizeof (*k));

    if (!k)
        return -1;
    k->seq = ++b->seq;
    k->id = id;
    k->msg = msg;
    k->size = flux_msg_encode_size (msg);
    b->memory += k->size;
    STAILQ_INSERT_TAIL (&b->list, k, link);
    if (!b->next)
        b->next = k;
    if (!a->conn && b->memory > AGENT_QUEUE_MAX)
        spool (a, k);
    return 0;
}

void backlog_ack (struct agent *a, uint64_t seq)
{
    struct backlog *b = &a->backlog;
    struct kept *k;

    while ((k = STAILQ_FIRST (&b->list)) && k->seq <= seq) {
        STAILQ_REMOVE_HEAD (&b->list, link);
        if (b->next == k)
            b->next = STAILQ_FIRST (&b->list);
        kept_free (b, k);
    }
}

void backlog_rewind (struct agent *a)
{
    a->backlog.next = STAILQ_FIRST (&a->backlog.list);
}

/* As much as the connection holds without growing; acknowledgements call for
 * more.
 */
void backlog_send (struct agent *a)
{
    struct backlog *b = &a->backlog;

    while (a->conn && b->next
           && (a->leaving || net_conn_queued (a->conn) < AGENT_QUEUE_MAX / 2)) {
        struct kept *k = b->next;
        flux_msg_t *msg = k->msg ? k->msg : unspool (b, k);
        int rc = 0;

        if (!msg)
            log_errno ("flux-agent", "a report cannot be read again");
        else
            rc = net_conn_send (a->conn, msg);
        if (msg != k->msg)
            flux_msg_destroy (msg);
        if (rc < 0)
            return;
        b->next = STAILQ_NEXT (k, link);
    }
}

bool backlog_unsent (const struct agent *a)
{
    return a->backlog.next != NULL;
}

bool backlog_full (const struct agent *a)
{
    const struct backlog *b = &a->backlog;

    if (a->conn)
        return b->memory > AGENT_QUEUE_MAX;
    return b->spooled > AGENT_SPOOL_MAX
           || (b->failed && b->memory > AGENT_QUEUE_MAX);
}

bool backlog_relieved (const struct agent *a)
{
    const struct backlog *b = &a->backlog;

    return !backlog_full (a) && (!a->conn || b->memory < AGENT_QUEUE_MAX / 2);
}

void backlog_ids (const struct agent *a, struct jbuf *ids)
{
    const struct kept *k;
    uint64_t last = 0;

    STAILQ_FOREACH (k, &a->backlog.list, link)
    {
        if (k->id == last)
            continue;
        last = k->id;
        jbuf_int (ids, last);
        jbuf_lit (ids, " ");
    }
}
