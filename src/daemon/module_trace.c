/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* module.trace: a summary of each message that goes to a module or comes from
 * it.  Parts of the broker call each other without messages: what is seen is
 * what passes between them and clients.
 */

#include <errno.h>
#include <fnmatch.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "daemon/module_private.h"

struct tracer {
    const flux_msg_t *msg;
    json_t *names; /* of modules; empty: all */
    char *glob;
    int typemask;
    bool full;
    struct tracer *prev, *next;
};

struct module_trace {
    struct broker *b;
    struct tracer *tracers;
};

static bool wants (const struct tracer *t,
                   const char *module,
                   const char *topic)
{
    json_t *name;
    size_t i;

    if (fnmatch (t->glob, topic, 0) != 0)
        return false;
    json_array_foreach (t->names, i, name)
    {
        if (!strcmp (json_string_value (name), module))
            return true;
    }
    return json_array_size (t->names) == 0;
}

static const char *error_name (int type, int errnum)
{
    const char *name = strerrorname_np (errnum);

    if (type != FLUX_MSGTYPE_RESPONSE)
        return "";
    return errnum == 0 ? "success" : name ? name : strerror (errnum);
}

/* The summary, without the payload. */
static json_t *summary (struct module_trace *t,
                        const char *direction,
                        const char *module,
                        const char *topic,
                        const flux_msg_t *msg)
{
    const void *data;
    size_t size = 0;
    int type = 0;
    int errnum = 0;

    (void)flux_msg_get_type (msg, &type);
    (void)flux_msg_get_payload (msg, &data, &size);
    if (type == FLUX_MSGTYPE_RESPONSE)
        (void)flux_msg_get_errnum (msg, &errnum);
    return json_pack ("{s:f s:s s:i s:s s:i s:s s:i s:i s:s}",
                      "timestamp",
                      loop_now (t->b->loop),
                      "prefix",
                      direction,
                      "rank",
                      (int)t->b->rank,
                      "name",
                      module,
                      "type",
                      type,
                      "topic",
                      topic,
                      "payload_size",
                      (int)size,
                      "errnum",
                      errnum,
                      "errstr",
                      error_name (type, errnum));
}

static void tell (struct module_trace *t,
                  struct tracer *to,
                  json_t *o,
                  const flux_msg_t *msg)
{
    json_t *copy = json_copy (o);
    json_t *payload = NULL;

    if (copy && to->full && flux_msg_unpack (msg, "o", &payload) == 0)
        json_object_set (copy, "payload", payload);
    router_respond_pack (t->b->router, to->msg, "o", copy);
}

static void trace_cb (void *arg,
                      const char *direction,
                      const char *service,
                      const flux_msg_t *msg)
{
    struct module_trace *t = arg;
    const char *module = module_of_service (service);
    const char *topic;
    struct tracer *to;
    json_t *o = NULL;
    int type;

    if (!module || flux_msg_get_topic (msg, &topic) < 0
        || flux_msg_get_type (msg, &type) < 0)
        return;
    DL_FOREACH (t->tracers, to)
    {
        if (!(to->typemask & type) || !wants (to, module, topic))
            continue;
        if (!o && !(o = summary (t, direction, module, topic, msg)))
            return;
        tell (t, to, o, msg);
    }
    json_decref (o);
}

static void drop (struct module_trace *t, struct tracer *to)
{
    DL_DELETE (t->tracers, to);
    flux_msg_decref (to->msg);
    json_decref (to->names);
    free (to->glob);
    free (to);
    if (!t->tracers)
        router_trace (t->b->router, NULL, NULL);
}

static bool all_strings (json_t *names)
{
    json_t *name;
    size_t i;

    json_array_foreach (names, i, name)
    {
        if (!json_is_string (name))
            return false;
    }
    return json_is_array (names);
}

int module_trace_add (struct module_trace *t,
                      const flux_msg_t *msg,
                      flux_error_t *error)
{
    struct tracer *to;
    const char *glob;
    json_t *names;
    int typemask, full = 0;

    if (flux_msg_unpack (msg,
                         "{s:o s:i s:s s?b}",
                         "names",
                         &names,
                         "typemask",
                         &typemask,
                         "topic_glob",
                         &glob,
                         "full",
                         &full)
            < 0
        || !all_strings (names)) {
        errno = EPROTO;
        return REQUEST_ERROR;
    }
    if (!(to = calloc (1, sizeof (*to))) || !(to->glob = strdup (glob))) {
        free (to);
        return err_set (error, ENOMEM, "out of memory");
    }
    to->msg = flux_msg_incref (msg);
    to->names = json_incref (names);
    to->typemask = typemask;
    to->full = full;
    DL_APPEND (t->tracers, to);
    router_trace (t->b->router, trace_cb, t);
    return REQUEST_LATER;
}

void module_trace_gone (struct module_trace *t, const flux_msg_t *msg)
{
    struct tracer *to, *next;

    DL_FOREACH_SAFE (t->tracers, to, next)
    {
        if (!router_same_client (to->msg, msg))
            continue;
        if (flux_msg_has_payload (msg)) /* a cancel, not a disconnect */
            router_respond_error (t->b->router, to->msg, ENODATA, NULL);
        drop (t, to);
    }
}

struct module_trace *module_trace_create (struct broker *b)
{
    struct module_trace *t = calloc (1, sizeof (*t));

    if (t)
        t->b = b;
    return t;
}

void module_trace_destroy (struct module_trace *t)
{
    while (t->tracers) {
        router_respond_error (t->b->router, t->tracers->msg, ENODATA, NULL);
        drop (t, t->tracers);
    }
    free (t);
}
