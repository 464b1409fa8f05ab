/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The service over a manager in memory, asked by requests. */

#ifndef SLUICE_TESTS_KVS_SERVICE_H
#define SLUICE_TESTS_KVS_SERVICE_H

#include <errno.h>
#include <flux/kvs.h>
#include <unistd.h>

#include "../manager/harness.h"
#include "kvs/kvs.h"
#include "tap.h"
#include "wire/base64.h"

struct service {
    struct inst *t;
    struct view *view;
    struct kvs *kvs;
};

static inline void service_start (struct service *s, const char *statedir)
{
    struct inst_opt opt = { .statedir = statedir, .real = statedir != NULL };
    flux_error_t error;

    s->t = inst_create (&opt);
    if (!(s->view = view_create (s->t->m, &error))
        || !(s->kvs = kvs_create (s->t->m, s->view, &error)))
        bail_out ("%s", error.text);
}

static inline void service_stop (struct service *s)
{
    struct inst *t = s->t;

    /* the order of the daemon; the harness allows no step between */
    manager_destroy (t->m);
    t->m = NULL;
    kvs_destroy (s->kvs);
    view_destroy (s->view);
    inst_destroy (t);
}

/* A request made of a format; the answer, which there has to be. */
#define ask(s, topic, ...)                                        \
    ({                                                            \
        char ask_json[16384];                                     \
        struct answer *ask_a;                                     \
        snprintf (ask_json, sizeof (ask_json), __VA_ARGS__);      \
        ask_a = inst_rpc ((s)->t, topic, ask_json);               \
        if (!ask_a)                                               \
            bail_out ("%s %s was not answered", topic, ask_json); \
        ask_a;                                                    \
    })

#define op_commit(s, ns, ops)                               \
    ask (s,                                                 \
         "kvs.commit",                                      \
         "{\"namespace\":\"%s\",\"flags\":0,\"ops\":[%s]}", \
         ns,                                                \
         ops)

/* Put text under key; flags are of the operation. */
static inline struct answer *put_in (struct service *s,
                                     const char *ns,
                                     const char *key,
                                     const char *value,
                                     int flags)
{
    char *b64 = base64_encode (value, strlen (value));
    char op[8192];

    snprintf (op,
              sizeof (op),
              "{\"key\":\"%s\",\"flags\":%d,\"dirent\":{\"ver\":1,\"type\":"
              "\"val\",\"data\":\"%s\"}}",
              key,
              flags,
              b64);
    free (b64);
    return op_commit (s, ns, op);
}

static inline struct answer *put (struct service *s,
                                  const char *key,
                                  const char *value)
{
    return put_in (s, "primary", key, value, 0);
}

static inline struct answer *lookup (struct service *s,
                                     const char *ns,
                                     const char *key,
                                     int flags)
{
    return ask (s,
                "kvs.lookup",
                "{\"key\":\"%s\",\"namespace\":\"%s\",\"flags\":%d}",
                key,
                ns,
                flags);
}

/* The text in an answer's val; static. */
static inline const char *text_of (const struct answer *a)
{
    static char buf[65536];
    const char *s = a && a->text ? strstr (a->text, "\"data\":\"") : NULL;
    size_t len;
    char *data;

    if (!a || a->errnum)
        return a ? strerror (a->errnum) : "nothing";
    if (!s)
        return "no value";
    s += 8;
    data = base64_decode (s, strcspn (s, "\""), &len);
    snprintf (buf, sizeof (buf), "%s", data ? data : "not base64");
    free (data);
    return buf;
}

static inline const char *get (struct service *s, const char *key)
{
    return text_of (lookup (s, "primary", key, 0));
}

#endif
