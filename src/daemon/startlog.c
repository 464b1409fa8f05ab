/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/attrs.h"
#include "daemon/jobs.h"
#include "daemon/parts.h"
#include "daemon/startlog.h"
#include "kvs/kvs.h"
#include "wire/eventlog.h"

#define KEY "admin.eventlog"

static void append (struct kvs *k, const char *line)
{
    flux_error_t error;

    if (k && kvs_append (k, KEY, line, &error) < 0)
        log_msg (LOG_ERR, "broker", KEY ": %s", error.text);
}

/* Is the last event of the log a start? */
static bool open_end (const char *log, size_t size)
{
    const char *line, *last = NULL;
    size_t len, last_len = 0, pos = 0;
    struct wire_event w;
    bool rc;

    while (eventlog_next (log, size, &pos, &line, &len)) {
        last = line;
        last_len = len;
    }
    if (!last || wire_event_decode (&w, NULL, last, last_len, NULL) < 0)
        return false;
    rc = w.ev.name && !strcmp (w.ev.name, "start");
    wire_event_finish (&w);
    return rc;
}

void startlog_begin (struct broker *b, struct kvs *k)
{
    size_t len;
    char *log = kvs_read (k, KEY, &len);
    char line[256];

    if (log && open_end (log, len))
        log_msg (LOG_WARNING, "broker", "Flux was not shut down properly");
    free (log);
    snprintf (line,
              sizeof (line),
              "{\"timestamp\":%.6f,\"name\":\"start\",\"context\":"
              "{\"version\":1,\"core_version\":\"%s\"}}\n",
              b->starttime,
              attrs_get (b, "version"));
    append (k, line);
}

void startlog_finish (struct broker *b,
                      void *data,
                      void (*done) (void *arg),
                      void *arg)
{
    char line[128];

    snprintf (line,
              sizeof (line),
              "{\"timestamp\":%.6f,\"name\":\"finish\",\"context\":"
              "{\"version\":1}}\n",
              clock_now (loop_clock (b->loop)));
    append (jobs_kvs (b), line);
    done (arg);
}
