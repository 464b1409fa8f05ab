/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <flux/idset.h>
#include <jansson.h>

#include "cmd/attach_input.h"
#include "wire/base64.h"
#include "cmd/util.h"

struct attach_input {
    flux_t *h;
    const char *ranks;
    char *topic;
    int leader;
    bool sent_data;
    bool closed; /* for the tasks that get none */
    flux_watcher_t *w;
    flux_future_t *f; /* the piece on its way */
};

struct attach_input *attach_input_create (flux_t *h, const char *ranks)
{
    struct attach_input *in = xcalloc (1, sizeof (*in));

    in->h = h;
    in->ranks = ranks;
    return in;
}

void attach_input_destroy (struct attach_input *in)
{
    if (!in)
        return;
    flux_watcher_destroy (in->w);
    flux_future_destroy (in->f);
    free (in->topic);
    free (in);
}

/* One piece at a time: the next is read when this one has been taken, so
 * that a slow task does not make us hold all of a long input.
 */
static void sent_cb (flux_future_t *f, void *arg)
{
    struct attach_input *in = arg;
    bool eof = flux_future_aux_get (f, "eof") != NULL;

    if (flux_future_get (f, NULL) < 0) {
        /* No such service: harmless unless someone's data is lost. */
        if (errno == EPIPE || (errno == ENOSYS && !in->sent_data))
            eof = true;
        else {
            warn_msg ("standard input was not taken: %s", future_text (f));
            eof = true;
        }
    }
    flux_future_destroy (f);
    in->f = NULL;
    if (!eof)
        flux_watcher_start (in->w);
}

static void send_piece (struct attach_input *in, const char *data, size_t len)
{
    json_t *io = json_pack ("{s:s s:s}", "stream", "stdin", "rank", in->ranks);
    json_t *text;
    char *s;

    if (len == 0)
        json_object_set_new (io, "eof", json_true ());
    else if ((text = json_stringn (data, len)))
        json_object_set_new (io, "data", text);
    else {
        s = base64_encode (data, len);
        json_object_set_new (io, "encoding", json_string ("base64"));
        json_object_set_new (io, "data", json_string (s));
        free (s);
    }
    s = json_dumps (io, JSON_COMPACT);
    json_decref (io);
    in->f = flux_rpc (in->h, in->topic, s, in->leader, 0);
    free (s);
    if (!in->f || flux_future_then (in->f, -1., sent_cb, in) < 0) {
        warn_msg ("cannot send standard input: %s", strerror (errno));
        return;
    }
    if (len == 0)
        flux_future_aux_set (in->f, "eof", in, NULL);
    else
        in->sent_data = true;
}

static void readable_cb (flux_reactor_t *r,
                         flux_watcher_t *w,
                         int revents,
                         void *arg)
{
    struct attach_input *in = arg;
    char buf[16384];
    ssize_t n = read (STDIN_FILENO, buf, sizeof (buf));

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    flux_watcher_stop (w);
    send_piece (in, buf, n > 0 ? n : 0);
}

/* A terminal that belongs to someone else must not be read from. */
static bool in_background (void)
{
    return isatty (STDIN_FILENO) && tcgetpgrp (STDIN_FILENO) != getpgrp ();
}

void attach_input_start (struct attach_input *in,
                         const char *service,
                         int leader)
{
    if (in->topic || !*service)
        return;
    in->topic = xasprintf ("%s.stdin", service);
    in->leader = leader;
    if (in_background ())
        return;
    in->w = flux_fd_watcher_create (flux_get_reactor (in->h),
                                    STDIN_FILENO,
                                    FLUX_POLLIN,
                                    readable_cb,
                                    in);
    if (!in->w)
        die ("cannot watch standard input: %s", strerror (errno));
    /* reading is no reason to stay once the job has ended */
    flux_watcher_start (in->w);
}

static void closed_cb (flux_future_t *f, void *arg)
{
    flux_future_destroy (f);
}

/* "all" but those; NULL: there are none. */
static char *other_ranks (const char *ranks, unsigned int ntasks)
{
    struct idset *ids = idset_decode (ranks);
    struct idset *others = idset_create (ntasks, 0);
    char *s = NULL;

    if (ids && others && idset_range_set (others, 0, ntasks - 1) == 0
        && idset_subtract (others, ids) == 0 && !idset_empty (others))
        s = idset_encode (others, IDSET_FLAG_RANGE);
    idset_destroy (ids);
    idset_destroy (others);
    return s;
}

void attach_input_close_others (struct attach_input *in, unsigned int ntasks)
{
    flux_future_t *f;
    char *others;

    if (!in->topic || in->closed || ntasks == 0 || !strcmp (in->ranks, "all"))
        return;
    in->closed = true;
    if (!(others = other_ranks (in->ranks, ntasks)))
        return;
    f = flux_rpc_pack (in->h,
                       in->topic,
                       in->leader,
                       0,
                       "{s:s s:s s:b}",
                       "stream",
                       "stdin",
                       "rank",
                       others,
                       "eof",
                       1);
    if (!f || flux_future_then (f, -1., closed_cb, NULL) < 0)
        flux_future_destroy (f);
    free (others);
}
