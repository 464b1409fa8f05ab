/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Arguments that are built when a plugin asks for them.
 *
 * Most callbacks read two or three of the values that describe a job, and
 * most of those are numbers.  So the host does not pack an object: it gives
 * the arguments a provider, and flux_plugin_arg_unpack() asks it for the
 * keys that its format names.  Numbers, booleans and strings travel without
 * any JSON being made.  What a plugin sees is exactly what json_unpack()
 * would give on the full object; whatever the fast way cannot do is left to
 * jansson.
 *
 * These symbols are exported from libflux-core.so for flux-broker alone.
 */

#ifndef SLUICE_LIB_PLUGIN_ARGS_H
#define SLUICE_LIB_PLUGIN_ARGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <flux/plugin.h>

enum flux_priv_arg_type {
    FLUX_PRIV_ARG_ABSENT, /* there is no such key */
    FLUX_PRIV_ARG_INT,
    FLUX_PRIV_ARG_REAL,
    FLUX_PRIV_ARG_BOOL,
    FLUX_PRIV_ARG_STRING,
    FLUX_PRIV_ARG_JSON, /* anything else: ask json () */
};

/* Set by scalar () according to the type it returns. */
union flux_priv_arg_value {
    int64_t i;
    double f;
    bool b;
    const char *s; /* not freed; valid while the callback runs */
};

struct flux_priv_arg_provider {
    /* The type of key's value and, unless that is ABSENT or JSON, the value.
     * Called for each key of an unpack: it has to be quick.
     */
    enum flux_priv_arg_type (*scalar) (void *arg,
                                       const char *key,
                                       union flux_priv_arg_value *value);
    /* The value of a key whose type is JSON, with a reference for the
     * caller; NULL and errno if it cannot be made.  It is asked for once and
     * kept with the arguments until they are reset, changed or destroyed.
     */
    json_t *(*json) (void *arg, const char *key);
    /* All keys, with NULL after the last; those absent now are passed over. */
    const char *const *keys;
    /* Called when the arguments are done with arg; may be NULL. */
    void (*destroy) (void *arg);
};

/* Give args a provider for IN, in place of one it may have.  provider is not
 * copied.  Explicit values (flux_plugin_arg_pack and _set with IN) come
 * before those of the provider; FLUX_PLUGIN_ARG_REPLACE drops it.
 */
void flux_priv_plugin_arg_provide (
    flux_plugin_arg_t *args,
    const struct flux_priv_arg_provider *provider,
    void *arg);

/* The provider's values are not what they were (a jobspec-update between two
 * plugins): forget those that were kept.
 */
void flux_priv_plugin_arg_changed (flux_plugin_arg_t *args);

/* Forget explicit IN values, what was kept of the provider's, and OUT, so
 * that args can serve the next call; the provider stays.
 */
void flux_priv_plugin_arg_reset (flux_plugin_arg_t *args);

/* Make OUT an empty object if it is not set (job topics begin so), without
 * allocating.
 */
void flux_priv_plugin_arg_out_begin (flux_plugin_arg_t *args);

/* An integer of OUT: 1 and *value if key is there, 0 if not, -1 and EPROTO
 * if it is something else.
 */
int flux_priv_plugin_arg_out_int (flux_plugin_arg_t *args,
                                  const char *key,
                                  int64_t *value);

/* Put an integer into OUT, replacing what was there.  -1 and ENOMEM. */
int flux_priv_plugin_arg_out_set_int (flux_plugin_arg_t *args,
                                      const char *key,
                                      int64_t value);

/* Is anything in OUT but integers?  If not, out_int is enough to read it. */
bool flux_priv_plugin_arg_out_is_plain (flux_plugin_arg_t *args);

/* OUT as an object, owned by args; NULL if it is not set. */
json_t *flux_priv_plugin_arg_out (flux_plugin_arg_t *args);

#endif
