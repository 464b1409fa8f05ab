/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* log.append, log.dmesg, log.clear, log.cancel, log.stats-get. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include <flux/msglist.h>
#include "base/log.h"
#include "daemon/attrs.h"
#include "daemon/logring.h"
#include "daemon/options.h"
#include "daemon/parts.h"
#include "daemon/rfc5424.h"

#define RECORD_MAX 65536 /* bytes of one record of a client */

struct entry {
    char *record;
    struct entry *prev;
    struct entry *next;
};

struct listener {
    logring_f cb;
    void *arg;
    struct listener *next;
};

struct logring {
    struct broker *b;
    struct entry *entries;
    int used;
    unsigned long long count;
    unsigned long long local;
    struct flux_msglist *followers;
    struct listener *listeners;
    FILE *file;
    bool busy; /* something logs about logging */
};

static void drop_oldest (struct logring *lr)
{
    struct entry *e = lr->entries;

    DL_DELETE (lr->entries, e);
    free (e->record);
    free (e);
    lr->used--;
}

/* Keep the record (which is ours from now on). */
static void keep (struct logring *lr, char *record)
{
    int size = attrs_get_int (lr->b, "log-ring-size", 1024);
    struct entry *e;

    if (!(e = calloc (1, sizeof (*e)))) {
        free (record);
        return;
    }
    e->record = record;
    DL_APPEND (lr->entries, e);
    lr->used++;
    while (lr->used > size && lr->entries)
        drop_oldest (lr);
}

static void send_record (struct logring *lr,
                         const flux_msg_t *req,
                         const char *record)
{
    router_respond_raw (lr->b->router, req, record, strlen (record) + 1);
}

static void tell (struct logring *lr, const char *record)
{
    const flux_msg_t *req = flux_msglist_first (lr->followers);

    while (req) {
        send_record (lr, req, record);
        req = flux_msglist_next (lr->followers);
    }
}

/* Copies for people: standard error, the file, listeners. */
static void copy_out (struct logring *lr, const struct log_record *rec)
{
    char *line;
    int to_stderr = attrs_get_int (lr->b, "log-stderr-level", LOG_ERR);
    int critical = attrs_get_int (lr->b, "log-critical-level", LOG_CRIT);
    struct listener *l;

    if (asprintf (&line,
                  "%s.%s[%s]: %s",
                  rec->appname,
                  log_severity_name (rec->severity),
                  rec->hostname,
                  rec->text)
        < 0)
        return;
    if (rec->severity <= to_stderr || rec->severity <= critical)
        fprintf (stderr, "%s\n", line);
    if (lr->file) {
        fprintf (lr->file, "%s %s\n", rec->timestamp, line);
        fflush (lr->file);
    }
    LL_FOREACH (lr->listeners, l)
    l->cb (rec->severity, line, l->arg);
    free (line);
}

/* Take in a record; it is ours from now on. */
static void append (struct logring *lr, char *record)
{
    struct log_record rec;

    if (rfc5424_parse (record, &rec) < 0) {
        free (record);
        return;
    }
    lr->count++;
    copy_out (lr, &rec);
    if (rec.severity > attrs_get_int (lr->b, "log-level", LOG_DEBUG)) {
        free (record);
        return;
    }
    tell (lr, record);
    keep (lr, record);
}

static void sink (int severity, const char *part, const char *line, void *arg)
{
    struct logring *lr = arg;
    char *record;

    if (lr->busy)
        return;
    lr->busy = true;
    lr->local++;
    if ((record = rfc5424_format (severity,
                                  clock_now (loop_clock (lr->b->loop)),
                                  lr->b->rank,
                                  part,
                                  getpid (),
                                  line)))
        append (lr, record);
    lr->busy = false;
}

void logring_listen (struct broker *b, logring_f cb, void *arg)
{
    struct logring *lr = broker_part (b, "log");
    struct listener *l;

    if (lr && (l = calloc (1, sizeof (*l)))) {
        l->cb = cb;
        l->arg = arg;
        LL_APPEND (lr->listeners, l);
    }
}

/* The record is raw bytes without a NUL. */
static int append_cb (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    struct logring *lr = arg;
    struct log_record rec;
    const void *data;
    size_t len;
    char *record;

    if (flux_msg_get_payload (msg, &data, &len) < 0 || len > RECORD_MAX) {
        errno = EPROTO;
        return REQUEST_ERROR;
    }
    if (!(record = strndup (data, len)))
        return REQUEST_ERROR;
    if (rfc5424_parse (record, &rec) < 0) {
        free (record);
        return err_set (error, EPROTO, "not a record of RFC 5424");
    }
    lr->local++;
    append (lr, record);
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

static int dmesg_cb (struct router *r,
                     const flux_msg_t *msg,
                     void *arg,
                     flux_error_t *error)
{
    struct logring *lr = arg;
    struct entry *e;
    int follow = 0;
    int nobacklog = 0;

    if (flux_msg_unpack (msg,
                         "{s:b s?b}",
                         "follow",
                         &follow,
                         "nobacklog",
                         &nobacklog)
        < 0)
        return REQUEST_ERROR;
    if (!nobacklog) {
        DL_FOREACH (lr->entries, e)
        send_record (lr, msg, e->record);
    }
    if (!follow) {
        errno = ENODATA;
        return REQUEST_ERROR;
    }
    if (flux_msglist_append (lr->followers, msg) < 0)
        return REQUEST_ERROR;
    return REQUEST_LATER;
}

static int clear_cb (struct router *r,
                     const flux_msg_t *msg,
                     void *arg,
                     flux_error_t *error)
{
    struct logring *lr = arg;

    while (lr->entries)
        drop_oldest (lr);
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

static int cancel_cb (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    struct logring *lr = arg;
    const flux_msg_t *req = flux_msglist_first (lr->followers);

    while (req) {
        if (router_same_client (req, msg)) {
            router_respond_error (r, req, ENODATA, NULL);
            flux_msglist_delete (lr->followers);
        }
        req = flux_msglist_next (lr->followers);
    }
    return REQUEST_DONE;
}

static int stats_cb (struct router *r,
                     const flux_msg_t *msg,
                     void *arg,
                     flux_error_t *error)
{
    struct logring *lr = arg;

    router_respond_pack (r,
                         msg,
                         "{s:i s:I s:I s:i}",
                         "ring-used",
                         lr->used,
                         "count",
                         (long long)lr->count,
                         "local",
                         (long long)lr->local,
                         "remote",
                         0);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "log.append", FLUX_ROLE_OWNER, 0, append_cb },
    { "log.dmesg", FLUX_ROLE_OWNER, METHOD_STREAMING, dmesg_cb },
    { "log.clear", FLUX_ROLE_OWNER, 0, clear_cb },
    { "log.cancel", FLUX_ROLE_OWNER, 0, cancel_cb },
    { "log.disconnect", FLUX_ROLE_ALL, 0, cancel_cb },
    { "log.stats-get", FLUX_ROLE_OWNER, 0, stats_cb },
    { NULL },
};

int logring_start (struct broker *b, void **data, flux_error_t *error)
{
    const char *filename = attrs_get (b, "log-filename");
    struct logring *lr;

    if (!(lr = calloc (1, sizeof (*lr)))
        || !(lr->followers = flux_msglist_create ())) {
        free (lr);
        return err_set (error, ENOMEM, "out of memory");
    }
    lr->b = b;
    if (filename && !(lr->file = fopen (filename, "ae"))) {
        err_set (error,
                 errno,
                 "log-filename=%s: %s",
                 filename,
                 strerror (errno));
        goto error;
    }
    if (b->opt->verbose)
        attrs_set (b, "log-stderr-level", b->opt->verbose > 1 ? "7" : "6", 0);
    if (router_methods_add (b->router, rows, lr) < 0
        || router_standard_methods (b->router, "log", NULL, NULL) < 0)
        goto error;
    log_set_sink (sink, lr);
    *data = lr;
    return 0;
error:
    logring_stop (b, lr);
    return -1;
}

void logring_stop (struct broker *b, void *data)
{
    struct logring *lr = data;
    struct listener *l, *tmp;
    int saved_errno = errno;

    log_set_sink (NULL, NULL);
    router_methods_remove (b->router, rows);
    while (lr->entries)
        drop_oldest (lr);
    LL_FOREACH_SAFE (lr->listeners, l, tmp)
    free (l);
    flux_msglist_destroy (lr->followers);
    if (lr->file)
        fclose (lr->file);
    free (lr);
    errno = saved_errno;
}
