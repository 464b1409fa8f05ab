/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The constant of each command file. */

#ifndef SLUICE_CMD_LIST_H
#define SLUICE_CMD_LIST_H

#include "cmd/cmd.h"

extern const struct command cmd_admin;
extern const struct command cmd_alloc;
extern const struct command cmd_archive;
extern const struct command cmd_batch;
extern const struct command cmd_broker;
extern const struct command cmd_bulksubmit;
extern const struct command cmd_cancel;
extern const struct command cmd_config;
extern const struct command cmd_content;
extern const struct command cmd_cron;
extern const struct command cmd_cron_at; /* of flux cron, as the next */
extern const struct command cmd_cron_event;
extern const struct command cmd_cron_interval;
extern const struct command cmd_cron_tab;
extern const struct command cmd_dmesg;
extern const struct command cmd_dump;
extern const struct command cmd_env;
extern const struct command cmd_event;
extern const struct command cmd_exec;
extern const struct command cmd_gc;
extern const struct command cmd_getattr;
extern const struct command cmd_help;
extern const struct command cmd_hostlist;
extern const struct command cmd_housekeeping;
extern const struct command cmd_job;
extern const struct command cmd_jobs;
extern const struct command cmd_jobtap;
extern const struct command cmd_kvs;
extern const struct command cmd_logger;
extern const struct command cmd_lsattr;
extern const struct command cmd_job_exec_override;
extern const struct command cmd_post_job_event;
extern const struct command cmd_module;
extern const struct command cmd_module_trace; /* of flux module */
extern const struct command cmd_overlay;
extern const struct command cmd_pgrep;
extern const struct command cmd_ping;
extern const struct command cmd_pkill;
extern const struct command cmd_proxy;
extern const struct command cmd_pstree;
extern const struct command cmd_queue;
extern const struct command cmd_resource;
extern const struct command cmd_restore;
extern const struct command cmd_rpc;
extern const struct command cmd_run;
extern const struct command cmd_setattr;
extern const struct command cmd_shutdown;
extern const struct command cmd_sproc;
extern const struct command cmd_start;
extern const struct command cmd_startlog;
extern const struct command cmd_submit;
extern const struct command cmd_top;
extern const struct command cmd_update;
extern const struct command cmd_uptime;
extern const struct command cmd_uri;
extern const struct command cmd_version;
extern const struct command cmd_watch;

/* Subcommands that have files of their own. */
extern const struct command cmd_job_attach;
extern const struct command cmd_job_cancel;
extern const struct command cmd_job_cancelall;
extern const struct command cmd_job_eventlog;
extern const struct command cmd_job_hostpids;
extern const struct command cmd_job_id;
extern const struct command cmd_job_info;
extern const struct command cmd_job_kill;
extern const struct command cmd_job_killall;
extern const struct command cmd_job_last;
extern const struct command cmd_job_list;
extern const struct command cmd_job_list_aside;
extern const struct command cmd_job_list_ids;
extern const struct command cmd_job_memo;
extern const struct command cmd_job_purge;
extern const struct command cmd_job_raise;
extern const struct command cmd_job_raiseall;
extern const struct command cmd_job_stats;
extern const struct command cmd_job_status;
extern const struct command cmd_job_submit;
extern const struct command cmd_job_taskmap;
extern const struct command cmd_job_timeleft;
extern const struct command cmd_job_urgency;
extern const struct command cmd_job_wait;
extern const struct command cmd_job_wait_event;
extern const struct command cmd_resource_drain;
extern const struct command cmd_resource_mute;
extern const struct command cmd_resource_reload;
extern const struct command cmd_resource_eventlog;
extern const struct command cmd_resource_info;
extern const struct command cmd_resource_list;
extern const struct command cmd_resource_R;
extern const struct command cmd_resource_status;
extern const struct command cmd_resource_undrain;

#endif
