/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Shared by the files of restoring. */

#ifndef SLUICE_KVS_RESTORE_PRIVATE_H
#define SLUICE_KVS_RESTORE_PRIVATE_H

#include "kvs/private.h"
#include "kvs/restore.h"

/* What has to be known of a job when all has come. */
struct rjob {
    uint64_t id;
    uint32_t userid;
    int urgency;
    int flags;
    double t_submit;
    json_t *ops; /* of its namespace; NULL: none */
    char root[BLOBREF_SIZE];
    UT_hash_handle hh;
};

struct restorer {
    struct kvs k; /* only what tree_apply uses */
    struct loop *loop;
    struct store *store;
    struct rjob *jobs;
    json_t *ops; /* of the primary namespace */
    char root[BLOBREF_SIZE];
    size_t bytes;    /* since the last batch */
    uint64_t max_id; /* that was ever used */
    uint64_t done;   /* the last durable batch */
    bool failed;
    flux_error_t error;
};

/* ---- restore.c ---- */

/* An operation on a tree that goes to root; takes dirent. */
int restore_op (struct restorer *r,
                char *root,
                json_t *ops,
                const char *key,
                json_t *dirent,
                flux_error_t *error);

/* ---- restore_job.c: what keys of jobs (RFC 16) become again ---- */

/* The job, which is new if this is the first of it; NULL: no memory. */
struct rjob *restore_job (struct restorer *r, uint64_t id);
/* Write its row as of its first event; what is NULL stays. */
int restore_job_row (struct restorer *r,
                     const struct rjob *job,
                     const char *jobspec);
/* "job.0000.0000.0000.0001.R": the id 1, and "R"; or false. */
bool restore_job_key (const char *key, uint64_t *id, const char **rest);
/* An operation on the job's namespace; takes dirent. */
int restore_guest_op (struct restorer *r,
                      struct rjob *job,
                      const char *key,
                      json_t *dirent,
                      flux_error_t *error);
/* A value: *taken is false if the key is not of a job. */
int restore_job_part (struct restorer *r,
                      const char *key,
                      const char *data,
                      size_t len,
                      bool *taken,
                      flux_error_t *error);

#endif
