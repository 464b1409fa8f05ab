/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef SLUICE_LIB_PLUGIN_ARGS_PRIVATE_H
#define SLUICE_LIB_PLUGIN_ARGS_PRIVATE_H

#include "lib/plugin_args.h"

enum {
    OUT_INTS_MAX = 4,
    OUT_KEY_MAX = 24,
};

/* The usual OUT is one integer, the priority: it needs no JSON object. */
struct out_int {
    char key[OUT_KEY_MAX];
    int64_t value;
};

struct flux_plugin_arg {
    json_t *in; /* explicit values; NULL: none */
    const struct flux_priv_arg_provider *provider;
    void *provider_arg;
    json_t *kept; /* values of the provider that became JSON */

    json_t *out; /* NULL: not set, or integers only */
    bool out_set;
    int out_count;
    struct out_int out_ints[OUT_INTS_MAX];

    json_error_t error;
};

/* Unpack IN where there is a provider; as json_vunpack_ex on the whole. */
int plugin_args_unpack_in (flux_plugin_arg_t *args,
                           const char *fmt,
                           va_list ap);

/* IN as a new object with everything in it; NULL and errno. */
json_t *plugin_args_whole_in (flux_plugin_arg_t *args);

/* The next character of a jansson format that means something. */
static inline char plugin_args_token (const char **fmt)
{
    char c;

    do
        c = *(*fmt)++;
    while (c == ':' || c == ',' || c == ' ' || c == '\t' || c == '\n');
    if (c == '\0')
        (*fmt)--;
    return c;
}

#endif
