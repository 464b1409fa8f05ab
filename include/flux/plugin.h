/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_PLUGIN_H
#define FLUX_PLUGIN_H

#include <flux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How flux_plugin_load_dso opens: at most one of LAZY and NOW; the default is
 * NOW and local.
 */
enum {
    FLUX_PLUGIN_RTLD_LAZY = 1,
    FLUX_PLUGIN_RTLD_NOW = 2,
    FLUX_PLUGIN_RTLD_GLOBAL = 4,
    FLUX_PLUGIN_RTLD_DEEPBIND = 8,
};

typedef struct flux_plugin flux_plugin_t;
typedef struct flux_plugin_arg flux_plugin_arg_t;

/* A handler; < 0 is failure.  args and what is unpacked from them are borrowed
 * for the call.
 */
typedef int (*flux_plugin_f) (flux_plugin_t *p,
                              const char *topic,
                              flux_plugin_arg_t *args,
                              void *data);

/* The function flux_plugin_init of a plugin; < 0 fails the load. */
typedef int (*flux_plugin_init_f) (flux_plugin_t *p);

struct flux_plugin_handler {
    const char *topic;
    flux_plugin_f cb;
    void *data;
};

/* destroy drops handlers, destroys aux values and unmaps the code, in that
 * order.  NULL is allowed.  Functions that fail return -1 or NULL with errno,
 * and flux_plugin_strerror says why; EINVAL for missing arguments.
 */
flux_plugin_t *flux_plugin_create (void);
void flux_plugin_destroy (flux_plugin_t *p);

int flux_plugin_get_flags (flux_plugin_t *p);
int flux_plugin_set_flags (flux_plugin_t *p, int flags);

const char *flux_plugin_strerror (flux_plugin_t *p);

int flux_plugin_set_name (flux_plugin_t *p, const char *name);

/* The name that was set, else the path it was loaded from; NULL: neither. */
const char *flux_plugin_get_name (flux_plugin_t *p);

const char *flux_plugin_get_uuid (flux_plugin_t *p);

const char *flux_plugin_get_path (flux_plugin_t *p);

/* Append a handler for a topic, which may be a glob (fnmatch(3) without flags:
 * * matches anything).  cb NULL removes the handler of exactly this topic.
 */
int flux_plugin_add_handler (flux_plugin_t *p,
                             const char *topic,
                             flux_plugin_f cb,
                             void *arg);

/* 0 also if there is none. */
int flux_plugin_remove_handler (flux_plugin_t *p, const char *topic);

/* By exact topic; NULL and ENOENT. */
flux_plugin_f flux_plugin_get_handler (flux_plugin_t *p, const char *topic);

/* The first one registered that matches; NULL and ENOENT. */
flux_plugin_f flux_plugin_match_handler (flux_plugin_t *p, const char *topic);

/* Set the name, unless NULL, and add the handlers up to one without a topic.
 */
int flux_plugin_register (flux_plugin_t *p,
                          const char *name,
                          const struct flux_plugin_handler t[]);

/* Keep a value under key, destroying an older one; val NULL removes; key NULL
 * keeps it only to be destroyed.  At the end: named ones newest first, then
 * the others oldest first.  EINVAL: neither key nor val, or free_fn without
 * val.
 */
int flux_plugin_aux_set (flux_plugin_t *p,
                         const char *key,
                         void *val,
                         flux_free_f free_fn);

void *flux_plugin_aux_get (flux_plugin_t *p, const char *key);

void flux_plugin_aux_delete_value (flux_plugin_t *p, const void *val);

FLUX_DEPRECATED (void flux_plugin_aux_delete (flux_plugin_t *p,
                                              const void *val));

/* Configuration as JSON text.  get and unpack: ENOENT "No plugin conf set" if
 * there is none; the text returned belongs to p.
 */
int flux_plugin_set_conf (flux_plugin_t *p, const char *json_str);

const char *flux_plugin_get_conf (flux_plugin_t *p);

int flux_plugin_conf_unpack (flux_plugin_t *p, const char *fmt, ...);

/* Arguments: an object IN for the handlers, and an object OUT from them. */
flux_plugin_arg_t *flux_plugin_arg_create (void);
void flux_plugin_arg_destroy (flux_plugin_arg_t *args);

/* Why the last call failed; jansson's own words for formats. */
const char *flux_plugin_arg_strerror (flux_plugin_arg_t *args);

enum {
    FLUX_PLUGIN_ARG_IN = 0,
    FLUX_PLUGIN_ARG_OUT = 1,
    FLUX_PLUGIN_ARG_REPLACE = 2
};

/* Merge an object into IN or OUT, key by key; with REPLACE put it in place of
 * what is there.  EINVAL for bad text or format, or if only one is an object.
 * get: the caller frees the text; ENOENT if nothing is set.
 */
int flux_plugin_arg_set (flux_plugin_arg_t *args,
                         int flags,
                         const char *json_str);
int flux_plugin_arg_get (flux_plugin_arg_t *args, int flags, char **json_str);

int flux_plugin_arg_pack (flux_plugin_arg_t *args,
                          int flags,
                          const char *fmt,
                          ...);
int flux_plugin_arg_vpack (flux_plugin_arg_t *args,
                           int flags,
                           const char *fmt,
                           va_list ap);

/* As json_unpack_ex: -1 and EINVAL if it does not fit, ENOENT if nothing is
 * set.  What is unpacked without a count belongs to args.
 */
int flux_plugin_arg_unpack (flux_plugin_arg_t *args,
                            int flags,
                            const char *fmt,
                            ...);
int flux_plugin_arg_vunpack (flux_plugin_arg_t *args,
                             int flags,
                             const char *fmt,
                             va_list ap);

/* 1: handled; 0: no handler; -1: the handler failed. */
int flux_plugin_call (flux_plugin_t *p,
                      const char *name,
                      flux_plugin_arg_t *args);

/* Open path and run its flux_plugin_init, which may be missing.  ENOENT and the
 * like if it cannot be read, EINVAL if it cannot be opened or init fails.
 */
int flux_plugin_load_dso (flux_plugin_t *p, const char *path);

#ifdef __cplusplus
}
#endif

#endif
