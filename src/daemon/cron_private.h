/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the files of the service "cron" share (flux-cron(1)): cron.c has the
 * requests and the list of entries, cron_entry.c one entry and its tasks,
 * cron_type.c what makes an entry due, cron_date.c the calendar.
 */

#ifndef SLUICE_DAEMON_CRON_PRIVATE_H
#define SLUICE_DAEMON_CRON_PRIVATE_H

#include <flux/core.h>
#include <flux/idset.h>
#include <jansson.h>
#include <time.h>

#include "daemon/broker.h"
#include "manager/runner.h"

#define CRON "cron"

struct cron_entry;

/* ---- cron_date.c ---- */

enum cron_field {
    CRON_SECOND,
    CRON_MINUTE,
    CRON_HOUR,
    CRON_MDAY,
    CRON_MONTH, /* from 0, as in struct tm */
    CRON_YEAR,  /* since 1900 */
    CRON_WEEKDAY,
    CRON_FIELDS,
};
extern const char *const cron_field_names[CRON_FIELDS];

struct cron_date {
    struct idset *fields[CRON_FIELDS];
};

/* The values that a field may have: a number as text, an idset, or with "*"
 * for all and "/N" for each Nth of a range.  -1, EINVAL and a sentence.
 */
int cron_date_set (struct cron_date *d,
                   enum cron_field field,
                   const char *text,
                   flux_error_t *error);
/* The first time after `now` (seconds since the epoch) that fits in local
 * time; -1.: there is none.
 */
double cron_date_next (const struct cron_date *d, double now);
void cron_date_clear (struct cron_date *d);

/* ---- cron_type.c ---- */

struct cron_type {
    const char *name;
    /* Read args into what is kept; NULL, errno and a sentence. */
    void *(*create) (struct cron_entry *e, json_t *args, flux_error_t *error);
    void (*destroy) (void *data);
    void (*start) (void *data);
    void (*stop) (void *data);
    json_t *(*describe) (void *data); /* new */
    /* An event was published; NULL: it does not matter. */
    void (*event) (void *data, const char *topic);
    const char *(*topic) (void *data); /* to subscribe to; NULL */
};

/* NULL and ENOSYS. */
const struct cron_type *cron_type_find (const char *name);

/* ---- cron_entry.c ---- */

enum { CRON_HISTORY_MAX = 1000 };

struct cron_task;

struct cron_entry {
    struct cron *cron;
    int64_t id;
    char *name;
    char *command;
    char *cwd;  /* NULL: the broker's */
    char **env; /* NULL: the broker's */
    int rank;
    int repeat; /* 0: for ever */
    int history;
    int stop_on_failure; /* 0: never */
    double timeout;      /* seconds; 0: none */
    bool stopped;
    const struct cron_type *type;
    void *data; /* the type's */

    double ctime, starttime, lastrun;
    int count, failcount; /* since it was started */
    int total, success, failure, deferred;

    struct cron_task *tasks; /* newest first */
    struct cron_entry *prev, *next;
};

/* Of a request "cron.create"; started.  NULL, errno and a sentence. */
struct cron_entry *cron_entry_create (struct cron *cron,
                                      int64_t id,
                                      json_t *req,
                                      flux_error_t *error);
/* A task that runs is killed. */
void cron_entry_destroy (struct cron_entry *e);
/* -1 and EINVAL if it is already so. */
int cron_entry_start (struct cron_entry *e);
int cron_entry_stop (struct cron_entry *e);
/* It is due: run it, or have it wait for the sync event. */
void cron_entry_due (struct cron_entry *e);
/* Run what waits. */
void cron_entry_sync (struct cron_entry *e);
/* Does a task run? */
bool cron_entry_busy (const struct cron_entry *e);
json_t *cron_entry_json (struct cron_entry *e); /* new */

/* ---- cron.c ---- */

struct cron {
    struct broker *b;
    struct tap_inproc *inproc;
    flux_t *h;
    struct runner_ops runner;
    flux_msg_handler_t *events;
    struct loop_source *work; /* removes entries that are leaving */
    struct cron_entry *entries;
    struct cron_entry *leaving; /* deleted while a task ran */
    int64_t last_id;
    char *sync_topic; /* NULL: tasks run when they are due */
    double sync_epsilon;
    double t_sync; /* of the last sync event */
};

/* Is what is due now to wait for the sync event? */
bool cron_defers (const struct cron *cron);
/* A task of the entry is over. */
void cron_entry_idle (struct cron_entry *e);

#endif
