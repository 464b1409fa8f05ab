/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Drained ranks: who, since when, and why (flux-resource(1)).
 *
 * The state is kept in the store as the drain events that would make it,
 * one line for each drained rank.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manager/resource_private.h"
#include "wire/requests_job.h"

#define META_KEY "resource.drain"

enum mode {
    MODE_STRICT,    /* fail if a target is drained (or not drained) already */
    MODE_UPDATE,    /* leave those alone */
    MODE_OVERWRITE, /* give them the new reason */
    MODE_FORCE,     /* and the new time */
};

static int parse_mode (const char *s)
{
    static const char *const names[] = {
        [MODE_UPDATE] = "update",
        [MODE_OVERWRITE] = "overwrite",
        [MODE_FORCE] = "force-overwrite",
    };

    if (!s)
        return MODE_STRICT;
    for (int i = MODE_UPDATE; i <= MODE_FORCE; i++) {
        if (!strcmp (s, names[i]))
            return i;
    }
    return -1;
}

struct idset *drain_ranks (struct resources *res)
{
    struct idset *ids = idset_create (0, IDSET_FLAG_AUTOGROW);

    for (unsigned int i = 0; ids && i < res->nranks; i++) {
        if (res->drains[i].drained)
            idset_set (ids, i);
    }
    return ids;
}

static bool same (const struct drain_entry *a, const struct drain_entry *b)
{
    return a->drained == b->drained && a->timestamp == b->timestamp
           && !strcmp (a->reason ? a->reason : "", b->reason ? b->reason : "");
}

/* The ranks that were drained together with this one, if it is the first. */
static char *group (struct resources *res, unsigned int rank)
{
    struct idset *ids;
    char *s;

    for (unsigned int i = 0; i < rank; i++) {
        if (same (&res->drains[i], &res->drains[rank]))
            return NULL;
    }
    if (!(ids = idset_create (0, IDSET_FLAG_AUTOGROW)))
        return NULL;
    for (unsigned int i = rank; i < res->nranks; i++) {
        if (same (&res->drains[i], &res->drains[rank]))
            idset_set (ids, i);
    }
    s = idset_encode (ids, IDSET_FLAG_RANGE);
    idset_destroy (ids);
    return s;
}

void drain_print (struct resources *res, struct jbuf *b)
{
    bool first = true;

    jbuf_lit (b, "{");
    for (unsigned int i = 0; i < res->nranks; i++) {
        const struct drain_entry *d = &res->drains[i];
        char *ids = d->drained ? group (res, i) : NULL;

        if (!ids)
            continue;
        if (!first)
            jbuf_lit (b, ",");
        first = false;
        jbuf_string (b, ids);
        jbuf_lit (b, ":{\"timestamp\":");
        jbuf_real (b, d->timestamp);
        jbuf_lit (b, ",\"reason\":");
        jbuf_string (b, d->reason ? d->reason : "");
        jbuf_lit (b, "}");
        free (ids);
    }
    jbuf_lit (b, "}");
}

/* ---- events ---- */

static char *make_context (struct resources *res,
                           const struct idset *ids,
                           const char *reason,
                           int overwrite)
{
    char *ranks = idset_encode (ids, IDSET_FLAG_RANGE);
    char *hosts = resources_hosts (res, ids);
    struct jbuf b = { 0 };

    jbuf_lit (&b, "{\"idset\":");
    jbuf_string (&b, ranks);
    jbuf_lit (&b, ",\"nodelist\":");
    jbuf_string (&b, hosts);
    if (reason) {
        jbuf_lit (&b, ",\"reason\":");
        jbuf_string (&b, reason);
    }
    jbuf_lit (&b, ",\"overwrite\":");
    jbuf_int (&b, overwrite);
    jbuf_lit (&b, "}");
    free (ranks);
    free (hosts);
    return jbuf_take (&b, NULL);
}

static void post (struct resources *res,
                  const char *name,
                  const struct idset *ids,
                  const char *reason,
                  int overwrite)
{
    char *context = make_context (res, ids, reason, overwrite);

    if (context)
        journal_post (res->journal, clock_now (res->m->clock), name, context);
    free (context);
}

static void print_line (struct resources *res,
                        unsigned int rank,
                        struct jbuf *b)
{
    const struct drain_entry *d = &res->drains[rank];
    struct idset *ids = idset_create (0, IDSET_FLAG_AUTOGROW);
    struct event ev = {
        .kind = EVENT_OTHER,
        .name = "drain",
        .timestamp = d->timestamp,
    };
    char *context, *line;
    size_t len;

    if (!ids || idset_set (ids, rank) < 0
        || !(context = make_context (res, ids, d->reason, 0))) {
        idset_destroy (ids);
        return;
    }
    ev.context = context;
    if ((line = wire_event_encode (&ev, &len)))
        jbuf_raw (b, line, len);
    free (line);
    free (context);
    idset_destroy (ids);
}

static void save (struct resources *res)
{
    struct jbuf b = { 0 };
    char *text;
    size_t len;

    for (unsigned int i = 0; i < res->nranks; i++) {
        if (res->drains[i].drained)
            print_line (res, i, &b);
    }
    jbuf_lit (&b, "");
    text = jbuf_take (&b, &len);
    if (!text || store_meta_put (res->m->store, META_KEY, text, len) < 0)
        log_errno (PART, "storing which ranks are drained");
    free (text);
}

static void set_entry (struct resources *res,
                       unsigned int rank,
                       double timestamp,
                       const char *reason)
{
    struct drain_entry *d = &res->drains[rank];

    d->drained = true;
    d->timestamp = timestamp;
    free (d->reason);
    d->reason = reason ? strdup (reason) : NULL;
}

/* A rank goes by its host: that may have another number now.  Where several
 * ranks have that name (pretended ones), it is the one of the same number.
 */
static int find_rank (struct resources *res,
                      const char *ranks,
                      const char *hosts)
{
    struct idset *all = resources_targets (res, hosts, NULL);
    struct idset *old = idset_decode (ranks);
    int rank = -1;

    if (all && old)
        rank = idset_test (all, idset_first (old)) ? idset_first (old)
                                                   : idset_first (all);
    idset_destroy (all);
    idset_destroy (old);
    return rank;
}

static void restore (struct resources *res,
                     int rank,
                     double timestamp,
                     const char *reason)
{
    struct idset *ids;

    if (rank < 0 || (res->exclude && idset_test (res->exclude, rank))
        || !(ids = idset_create (0, IDSET_FLAG_AUTOGROW)))
        return;
    set_entry (res, rank, timestamp, reason);
    if (idset_set (ids, rank) == 0)
        post (res, "drain", ids, reason, 0);
    idset_destroy (ids);
}

static void restore_line (struct resources *res, const char *line, size_t len)
{
    char *ranks, *hosts, *reason;
    struct wire_event w;

    if (wire_event_decode (&w, NULL, line, len, NULL) < 0)
        return;
    if (w.ev.context
        && wire_drain_decode (w.ev.context, &ranks, &hosts, &reason) == 0) {
        restore (res, find_rank (res, ranks, hosts), w.ev.timestamp, reason);
        free (ranks);
        free (hosts);
        free (reason);
    }
    wire_event_finish (&w);
}

int drain_restore (struct resources *res)
{
    size_t size, len, pos = 0;
    const char *line;
    char *text;

    if (store_meta_get (res->m->store, META_KEY, &text, &size) < 0)
        return errno == ENOENT ? 0 : -1;
    res->replaying = true;
    while (eventlog_next (text, size, &pos, &line, &len))
        restore_line (res, line, len);
    res->replaying = false;
    free (text);
    return 0;
}

/* ---- requests ---- */

/* Those of ids that are (or are not) drained. */
static struct idset *select_drained (struct resources *res,
                                     const struct idset *ids,
                                     bool drained)
{
    struct idset *out = idset_create (0, IDSET_FLAG_AUTOGROW);
    unsigned int rank;

    for (rank = idset_first (ids); out && rank != IDSET_INVALID_ID;
         rank = idset_next (ids, rank)) {
        if (res->drains[rank].drained == drained)
            idset_set (out, rank);
    }
    return out;
}

static int refuse (const struct idset *ids,
                   int errnum,
                   const char *what,
                   flux_error_t *error)
{
    char *s = idset_encode (ids, IDSET_FLAG_RANGE);

    err_set (error,
             errnum,
             "rank%s %s %s",
             idset_count (ids) == 1 ? "" : "s",
             s ? s : "",
             what);
    free (s);
    return -1;
}

static int check_drain (struct resources *res,
                        const struct idset *ids,
                        enum mode mode,
                        flux_error_t *error)
{
    struct idset *drained = select_drained (res, ids, true);
    struct idset *excluded =
        res->exclude ? idset_intersect (ids, res->exclude) : NULL;
    bool any_excluded = excluded && idset_count (excluded) > 0;
    int rc = 0;

    if (mode == MODE_STRICT && drained && idset_count (drained) > 0) {
        if (any_excluded)
            idset_add (drained, excluded);
        rc = refuse (drained,
                     EEXIST,
                     any_excluded ? "already drained or excluded"
                                  : "already drained",
                     error);
    }
    else if (any_excluded)
        rc = refuse (excluded, EINVAL, "excluded", error);
    idset_destroy (drained);
    idset_destroy (excluded);
    return rc;
}

static void drain (struct resources *res,
                   const struct idset *ids,
                   const char *reason,
                   enum mode mode)
{
    double now = clock_now (res->m->clock);
    unsigned int rank;

    for (rank = idset_first (ids); rank != IDSET_INVALID_ID;
         rank = idset_next (ids, rank)) {
        const struct drain_entry *d = &res->drains[rank];

        if (!d->drained || mode == MODE_FORCE)
            set_entry (res, rank, now, reason);
        else if (mode == MODE_OVERWRITE)
            set_entry (res, rank, d->timestamp, reason);
    }
}

static int handle_drain (struct router *r,
                         const flux_msg_t *msg,
                         void *arg,
                         flux_error_t *error)
{
    struct resources *res = arg;
    struct req_drain req;
    struct idset *ids;
    int mode;

    if (req_drain_decode (msg, &req, error) < 0)
        return REQUEST_ERROR;
    if ((mode = parse_mode (req.mode)) < 0)
        return err_set (error, EINVAL, "Invalid mode specified");
    if (!(ids = resources_targets (res, req.targets, error)))
        return REQUEST_ERROR;
    if (check_drain (res, ids, mode, error) < 0) {
        idset_destroy (ids);
        return REQUEST_ERROR;
    }
    if (req.reason && !req.reason[0])
        req.reason = NULL;
    drain (res, ids, req.reason, mode);
    post (res,
          "drain",
          ids,
          req.reason,
          mode == MODE_FORCE ? 2 : mode == MODE_OVERWRITE);
    idset_destroy (ids);
    save (res);
    resources_push (res);
    manager_respond (res->m, msg, 0, NULL);
    return REQUEST_DONE;
}

static int handle_undrain (struct router *r,
                           const flux_msg_t *msg,
                           void *arg,
                           flux_error_t *error)
{
    struct resources *res = arg;
    struct idset *ids, *not_drained;
    struct req_drain req;
    unsigned int rank;
    int mode, rc = 0;

    if (req_drain_decode (msg, &req, error) < 0)
        return REQUEST_ERROR;
    if ((mode = parse_mode (req.mode)) < 0)
        return err_set (error, EINVAL, "invalid undrain mode %s", req.mode);
    if (!(ids = resources_targets (res, req.targets, error)))
        return REQUEST_ERROR;
    not_drained = select_drained (res, ids, false);
    if (mode == MODE_STRICT && idset_count (not_drained) > 0)
        rc = refuse (not_drained, EEXIST, "not drained", error);
    idset_destroy (not_drained);
    if (rc == 0) {
        for (rank = idset_first (ids); rank != IDSET_INVALID_ID;
             rank = idset_next (ids, rank))
            res->drains[rank].drained = false;
        if (req.reason && !req.reason[0])
            req.reason = NULL;
        post (res,
              "undrain",
              ids,
              req.reason,
              mode == MODE_FORCE ? 2 : mode == MODE_OVERWRITE);
        save (res);
        resources_push (res);
        manager_respond (res->m, msg, 0, NULL);
    }
    idset_destroy (ids);
    return rc < 0 ? REQUEST_ERROR : REQUEST_DONE;
}

void drain_clear (struct resources *res, const struct idset *ids)
{
    struct idset *drained = select_drained (res, ids, true);
    unsigned int rank;

    if (!drained || idset_empty (drained)) {
        idset_destroy (drained);
        return;
    }
    for (rank = idset_first (drained); rank != IDSET_INVALID_ID;
         rank = idset_next (drained, rank))
        res->drains[rank].drained = false;
    post (res, "undrain", drained, NULL, 0);
    idset_destroy (drained);
    save (res);
}

static const struct request_row rows[] = {
    { "resource.drain", FLUX_ROLE_OWNER, 0, handle_drain },
    { "resource.undrain", FLUX_ROLE_OWNER, 0, handle_undrain },
    { NULL },
};

const struct request_row *drain_rows (void)
{
    return rows;
}
