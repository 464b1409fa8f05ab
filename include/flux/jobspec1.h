/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_JOBSPEC1_H
#define FLUX_JOBSPEC1_H

#include <flux/types.h>
#include <flux/core.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Jobspec version 1 (RFC 25) under construction.  -1 or NULL with EINVAL,
 * ENOENT or ENOMEM.  Paths have dots between names and begin in attributes.
 */
typedef struct flux_jobspec1 flux_jobspec1_t;
typedef flux_error_t flux_jobspec1_error_t;

/* 0 also if there is no such thing. */
int flux_jobspec1_attr_del (flux_jobspec1_t *jobspec, const char *path);

/* As json_pack; objects on the way are made. */
int flux_jobspec1_attr_pack (flux_jobspec1_t *jobspec,
                             const char *path,
                             const char *fmt,
                             ...);

/* As json_unpack; ENOENT if there is no such thing. */
int flux_jobspec1_attr_unpack (flux_jobspec1_t *jobspec,
                               const char *path,
                               const char *fmt,
                               ...);

/* Is it valid?  -1, EINVAL and a sentence.  attr_check looks at attributes
 * only.
 */
int flux_jobspec1_attr_check (flux_jobspec1_t *jobspec,
                              flux_jobspec1_error_t *error);

int flux_jobspec1_check (flux_jobspec1_t *jobspec,
                         flux_jobspec1_error_t *error);

/* Change the environment; overwrite 0 leaves a variable that is there. */
int flux_jobspec1_unsetenv (flux_jobspec1_t *jobspec, const char *name);

int flux_jobspec1_setenv (flux_jobspec1_t *jobspec,
                          const char *name,
                          const char *value,
                          int overwrite);

/* Redirect a stream to a file. */
int flux_jobspec1_set_stdin (flux_jobspec1_t *jobspec, const char *path);

int flux_jobspec1_set_stdout (flux_jobspec1_t *jobspec, const char *path);

int flux_jobspec1_set_stderr (flux_jobspec1_t *jobspec, const char *path);

int flux_jobspec1_set_cwd (flux_jobspec1_t *jobspec, const char *cwd);

/* JSON text, which the caller frees; flags is 0. */
char *flux_jobspec1_encode (flux_jobspec1_t *jobspec, size_t flags);

/* From JSON text, unchecked. */
flux_jobspec1_t *flux_jobspec1_decode (const char *s,
                                       flux_jobspec1_error_t *error);

/* A valid jobspec: ntasks tasks of argv with these cores and GPUs each, on
 * nnodes nodes (0: wherever), for duration seconds (0: no limit).  env is as
 * environ(7), or NULL.
 */
flux_jobspec1_t *flux_jobspec1_from_command (int argc,
                                             char **argv,
                                             char **env,
                                             int ntasks,
                                             int cores_per_task,
                                             int gpus_per_task,
                                             int nnodes,
                                             double duration);

void flux_jobspec1_destroy (flux_jobspec1_t *jobspec);

#ifdef __cplusplus
}
#endif

#endif
