/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Shared by the files of src/view. */

#ifndef SLUICE_VIEW_PRIVATE_H
#define SLUICE_VIEW_PRIVATE_H

#include <jansson.h>

#include "manager/manager.h"
#include "router/router.h"
#include "store/store.h"
#include "wire/jobrow.h"

struct list_view;
struct stats_view;
struct info_view;
struct watch_view;
struct update_view;

struct view {
    struct manager *m;
    struct router *r;
    struct store *store;
    struct list_view *list;     /* job-list.list, list-id, list-attrs */
    struct stats_view *stats;   /* job-list.job-stats */
    struct info_view *info;     /* job-info.lookup */
    struct watch_view *watch;   /* job-info.eventlog-watch */
    struct update_view *update; /* job-info.update-watch */
};

/* Each part: created with its requests registered; destroy accepts NULL. */
struct list_view *list_view_create (struct view *v);
void list_view_destroy (struct list_view *lv);
struct stats_view *stats_view_create (struct view *v);
void stats_view_destroy (struct stats_view *sv);
struct info_view *info_view_create (struct view *v);
void info_view_destroy (struct info_view *iv);
struct watch_view *watch_view_create (struct view *v);
void watch_view_destroy (struct watch_view *wv);
struct update_view *update_view_create (struct view *v);
void update_view_destroy (struct update_view *uv);

/* Lists under way (job_listing.c). */
struct lister;
struct lister *lister_create (struct view *v);
void lister_destroy (struct lister *lister);
/* Begin to answer a list request: as a request_f returns. */
int lister_request (struct lister *lister,
                    const flux_msg_t *msg,
                    flux_error_t *error);
void lister_disconnect (struct lister *lister, const flux_msg_t *msg);
/* A JSON array of names of attributes to the bits of wire/jobrow.h. */
int list_parse_attrs (const json_t *names,
                      uint64_t *attrs,
                      flux_error_t *error);

/* A client went away: forget what it waits for. */
void list_view_disconnect (struct list_view *lv, const flux_msg_t *msg);
void stats_view_disconnect (struct stats_view *sv, const flux_msg_t *msg);
void watch_view_disconnect (struct watch_view *wv, const flux_msg_t *msg);
void update_view_disconnect (struct update_view *uv, const flux_msg_t *msg);

/* A request that is answered later, in a table of its part. */
struct waiter {
    const flux_msg_t *msg; /* a reference */
    struct waiter *prev, *next;
};

/* The request's payload as an object (borrowed by the caller: json_decref
 * it).  NULL and EPROTO with a text.
 */
json_t *view_payload (const flux_msg_t *msg, flux_error_t *error);

/* The counts job-list shows in its statistics. */
unsigned int list_view_waiting (const struct list_view *lv);
unsigned int stats_view_watching (const struct stats_view *sv);
unsigned int watch_view_count (const struct watch_view *wv, bool guest);

#endif
