/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Parts of the daemon.
 *
 * A part is started in the order of the table in main.c and stopped in the
 * opposite one.  What start puts in *data is given to the other verbs, and
 * to who asks for it with broker_part().
 */

#ifndef SLUICE_DAEMON_PARTS_H
#define SLUICE_DAEMON_PARTS_H

#include "daemon/broker.h"

struct part {
    const char *name;
    /* 0, or -1, errno and a sentence: the broker then does not start.  NULL:
     * there is nothing to be made. */
    int (*start) (struct broker *b, void **data, flux_error_t *error);
    /* The instance ends: finish what is going on and say so with done, now
     * or later.  NULL: nothing goes on.  Called while everything still runs,
     * last part first, one after the other.
     */
    void (*finish) (struct broker *b,
                    void *data,
                    void (*done) (void *arg),
                    void *arg);
    /* Give everything back; not called if start failed.  May be NULL. */
    void (*stop) (struct broker *b, void *data);
};

/* Start all parts of b->parts; if one fails, those before it are stopped
 * again and the sentence names it.
 */
int parts_start (struct broker *b, flux_error_t *error);
/* Stop those that were started. */
void parts_stop (struct broker *b);

int logring_start (struct broker *b, void **data, flux_error_t *error);
void logring_stop (struct broker *b, void *data);

int attrs_start (struct broker *b, void **data, flux_error_t *error);
void attrs_stop (struct broker *b, void *data);

int config_start (struct broker *b, void **data, flux_error_t *error);
void config_stop (struct broker *b, void *data);

int services_start (struct broker *b, void **data, flux_error_t *error);
void services_stop (struct broker *b, void *data);

int topology_start (struct broker *b, void **data, flux_error_t *error);
void topology_stop (struct broker *b, void *data);

int heartbeat_start (struct broker *b, void **data, flux_error_t *error);
void heartbeat_stop (struct broker *b, void *data);

/* Before the jobs: they end before it says so. */
void startlog_finish (struct broker *b,
                      void *data,
                      void (*done) (void *arg),
                      void *arg);

/* Before the jobs: it makes their state; and after them when all ends. */
int snapshot_start (struct broker *b, void **data, flux_error_t *error);
void snapshot_finish (struct broker *b,
                      void *data,
                      void (*done) (void *arg),
                      void *arg);
void snapshot_stop (struct broker *b, void *data);

int jobs_start (struct broker *b, void **data, flux_error_t *error);
void jobs_finish (struct broker *b,
                  void *data,
                  void (*done) (void *arg),
                  void *arg);
void jobs_stop (struct broker *b, void *data);

int cron_start (struct broker *b, void **data, flux_error_t *error);
void cron_stop (struct broker *b, void *data);

int modules_start (struct broker *b, void **data, flux_error_t *error);
void modules_stop (struct broker *b, void *data);

int local_connector_start (struct broker *b, void **data, flux_error_t *error);
void local_connector_stop (struct broker *b, void *data);

int runat_start (struct broker *b, void **data, flux_error_t *error);
void runat_finish (struct broker *b,
                   void *data,
                   void (*done) (void *arg),
                   void *arg);
void runat_stop (struct broker *b, void *data);

int resource_reload_start (struct broker *b, void **data, flux_error_t *error);
void resource_reload_stop (struct broker *b, void *data);

int state_machine_start (struct broker *b, void **data, flux_error_t *error);
void state_machine_stop (struct broker *b, void *data);

#endif
