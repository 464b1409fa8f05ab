/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-manager.housekeeping-kill, and what stats-get says of housekeeping. */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <utlist.h>

#include "manager/housekeeping.h"
#include "manager/requests.h"
#include "wire/jbuf.h"
#include "wire/requests_job.h"

static int handle_kill (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct manager *m = arg;
    struct req_housekeeping_kill req;
    struct housekeeping_entry *e;

    if (req_housekeeping_kill_decode (msg, &req, error) < 0)
        return REQUEST_ERROR;
    if (req.signum <= 0 || req.signum >= NSIG) {
        idset_destroy (req.ranks);
        return err_set (error, EINVAL, "Invalid signal number");
    }
    DL_FOREACH (m->housekeeping->entries, e)
    {
        if (e->run && (!req.one || e->id == req.id))
            m->housekeeping->runner.signal (e->run, req.ranks, req.signum);
    }
    idset_destroy (req.ranks);
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "job-manager.housekeeping-kill", FLUX_ROLE_OWNER, 0, handle_kill },
    { NULL },
};

const struct request_row *housekeeping_requests (void)
{
    return rows;
}

static void print_entry (struct jbuf *b, const struct housekeeping_entry *e)
{
    char *pending = idset_encode (e->pending, IDSET_FLAG_RANGE);
    char *allocated = idset_encode (e->allocated, IDSET_FLAG_RANGE);

    jbuf_string (b, e->name);
    jbuf_lit (b, ":{\"t_start\":");
    jbuf_real (b, e->t_start);
    jbuf_lit (b, ",\"pending\":");
    jbuf_string (b, pending);
    jbuf_lit (b, ",\"allocated\":");
    jbuf_string (b, allocated);
    jbuf_lit (b, "}");
    free (pending);
    free (allocated);
}

char *housekeeping_stats (struct housekeeping *hk)
{
    struct jbuf b = { 0 };
    struct jbuf command = { 0 };
    struct housekeeping_entry *e;
    bool first = true;
    char *s;

    jbuf_lit (&b, "{\"running\":{");
    DL_FOREACH (hk->entries, e)
    {
        if (idset_count (e->allocated) == 0)
            continue;
        if (!first)
            jbuf_lit (&b, ",");
        first = false;
        print_entry (&b, e);
    }
    jbuf_lit (&b, "},\"config\":{\"release-after\":");
    jbuf_real (&b, hk->conf.release_after);
    for (int i = 0; hk->conf.argv && hk->conf.argv[i]; i++) {
        jbuf_lit (&command, i > 0 ? " " : "");
        jbuf_lit (&command, hk->conf.argv[i]);
    }
    jbuf_lit (&command, "");
    s = jbuf_take (&command, NULL);
    jbuf_lit (&b, ",\"command\":");
    jbuf_string (&b, s);
    jbuf_lit (&b, "}}");
    free (s);
    return jbuf_take (&b, NULL);
}
