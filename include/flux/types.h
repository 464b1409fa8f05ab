/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_TYPES_H
#define FLUX_TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Frees what was handed over together with it. */
typedef void (*flux_free_f) (void *arg);

/* A sentence about what went wrong, for people; errno tells programs. */
typedef struct {
    char text[160];
} flux_error_t;

typedef struct flux_msg flux_msg_t;
typedef struct flux_handle flux_t;
typedef struct flux_watcher flux_watcher_t;
typedef struct flux_reactor flux_reactor_t;
typedef struct flux_future flux_future_t;

#ifndef FLUX_DEPRECATED
#define FLUX_DEPRECATED(...) __VA_ARGS__ __attribute__ ((deprecated))
#endif

#ifdef __cplusplus
}
#endif

#endif
