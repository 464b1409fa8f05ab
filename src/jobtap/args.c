/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What callbacks unpack.
 *
 * Most callbacks look at two or three of a dozen keys, so a value is made
 * when a plugin asks for it and not before.  jobspec and R are parsed once
 * for each distinct text and lent, not copied: plugins only read them.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "jobtap/private.h"
#include "lib/plugin_args.h"

/* Enough for the shapes of jobs that are about at one time. */
#define CACHE_SLOTS 64

struct tap_json_cache {
    struct {
        struct text *text;
        json_t *json;
    } slots[CACHE_SLOTS];
};

json_t *tap_json_of (struct jobtap *jt, struct text *text)
{
    size_t i = ((uintptr_t)text >> 6) % CACHE_SLOTS;
    const char *s;
    json_t *json;

    if (!text)
        return NULL;
    if (!jt->cache && !(jt->cache = calloc (1, sizeof (*jt->cache))))
        return NULL;
    if (jt->cache->slots[i].text == text)
        return jt->cache->slots[i].json;
    if (!(s = text_str (text))
        || !(json = json_loadb (s, text->len, JSON_DECODE_ANY, NULL)))
        return NULL;
    text_unref (jt->cache->slots[i].text);
    json_decref (jt->cache->slots[i].json);
    jt->cache->slots[i].text = text_ref (text);
    jt->cache->slots[i].json = json;
    return json;
}

void tap_json_cache_destroy (struct jobtap *jt)
{
    for (int i = 0; jt->cache && i < CACHE_SLOTS; i++) {
        text_unref (jt->cache->slots[i].text);
        json_decref (jt->cache->slots[i].json);
    }
    free (jt->cache);
    jt->cache = NULL;
}

/* Plugins get R without the scheduler's private part. */
static json_t *shared_R (struct jobtap *jt, struct text *text)
{
    json_t *R = tap_json_of (jt, text);

    if (!json_object_get (R, "scheduling"))
        return json_incref (R);
    if ((R = json_copy (R)))
        json_object_del (R, "scheduling");
    return R;
}

/* The order is that of arg_keys. */
enum arg_key {
    ARG_ID,
    ARG_URGENCY,
    ARG_USERID,
    ARG_JOBSPEC,
    ARG_STATE,
    ARG_PRIORITY,
    ARG_T_SUBMIT,
    ARG_R,
    ARG_END_EVENT,
    ARG_ENTRY,
    ARG_PREV_STATE,
    ARG_MAX,
};

static const char *const arg_keys[ARG_MAX + 1] = {
    "id",       "urgency", "userid",    "jobspec", "state",      "priority",
    "t_submit", "R",       "end_event", "entry",   "prev_state", NULL,
};

static enum arg_key arg_find (const char *key)
{
    int i;

    for (i = 0; i < ARG_MAX; i++) {
        if (arg_keys[i][0] == key[0] && !strcmp (arg_keys[i], key))
            break;
    }
    return i;
}

static enum flux_priv_arg_type arg_int (union flux_priv_arg_value *value,
                                        int64_t i)
{
    value->i = i;
    return FLUX_PRIV_ARG_INT;
}

static enum flux_priv_arg_type arg_json_if (bool present)
{
    return present ? FLUX_PRIV_ARG_JSON : FLUX_PRIV_ARG_ABSENT;
}

static enum flux_priv_arg_type provide_scalar (void *arg,
                                               const char *key,
                                               union flux_priv_arg_value *value)
{
    const struct tap_call *call = arg;
    const struct job *job = call->job;

    if (!job)
        return FLUX_PRIV_ARG_ABSENT;
    switch (arg_find (key)) {
    case ARG_ID:
        return arg_int (value, job->id);
    case ARG_URGENCY:
        return arg_int (value, job->urgency);
    case ARG_USERID:
        return arg_int (value, job->userid);
    case ARG_STATE:
        return arg_int (value, job->state);
    case ARG_PRIORITY:
        return arg_int (value, job->priority);
    case ARG_PREV_STATE:
        if (!call->prev_state)
            return FLUX_PRIV_ARG_ABSENT;
        return arg_int (value, call->prev_state);
    case ARG_T_SUBMIT:
        value->f = job->t_submit;
        return FLUX_PRIV_ARG_REAL;
    case ARG_JOBSPEC:
        return arg_json_if (call->spec || job->spec);
    case ARG_R:
        return arg_json_if (job->R);
    case ARG_END_EVENT:
        return arg_json_if (job->end_event);
    case ARG_ENTRY:
        return arg_json_if (call->line);
    default:
        return FLUX_PRIV_ARG_ABSENT;
    }
}

static json_t *provide_json (void *arg, const char *key)
{
    const struct tap_call *call = arg;
    const struct job *job = call->job;

    switch (arg_find (key)) {
    case ARG_JOBSPEC:
        return json_incref (
            tap_json_of (call->jt, call->spec ? call->spec : job->spec));
    case ARG_R:
        return shared_R (call->jt, job->R);
    case ARG_END_EVENT:
        return json_loadb (job->end_event->s, job->end_event->len, 0, NULL);
    case ARG_ENTRY:
        return json_loads (call->line, 0, NULL);
    default:
        errno = ENOENT;
        return NULL;
    }
}

static const struct flux_priv_arg_provider provider = {
    .scalar = provide_scalar,
    .json = provide_json,
    .keys = arg_keys,
};

flux_plugin_arg_t *tap_args_create (struct tap_call *call)
{
    struct jobtap *jt = call->jt;
    flux_plugin_arg_t *args = jt->spare;

    jt->spare = NULL;
    if (!args && !(args = flux_plugin_arg_create ()))
        return NULL;
    flux_priv_plugin_arg_provide (args, &provider, call);
    flux_priv_plugin_arg_out_begin (args);
    return args;
}

void tap_args_destroy (struct jobtap *jt, flux_plugin_arg_t *args)
{
    if (!args)
        return;
    if (jt->spare) {
        flux_plugin_arg_destroy (args);
        return;
    }
    flux_priv_plugin_arg_provide (args, NULL, NULL);
    flux_priv_plugin_arg_reset (args);
    jt->spare = args;
}

static json_t *snapshot_value (struct tap_call *call, const char *key)
{
    union flux_priv_arg_value v;

    switch (provide_scalar (call, key, &v)) {
    case FLUX_PRIV_ARG_INT:
        return json_integer (v.i);
    case FLUX_PRIV_ARG_REAL:
        return json_real (v.f);
    case FLUX_PRIV_ARG_JSON:
        return provide_json (call, key);
    default:
        return NULL;
    }
}

flux_plugin_arg_t *tap_args_snapshot (struct jobtap *jt, struct job *job)
{
    struct tap_call call = { .jt = jt, .job = job };
    flux_plugin_arg_t *args;
    json_t *value;

    if (!(args = flux_plugin_arg_create ()))
        return NULL;
    flux_priv_plugin_arg_out_begin (args);
    for (int i = 0; i < ARG_MAX; i++) {
        if (!(value = snapshot_value (&call, arg_keys[i])))
            continue;
        if (flux_plugin_arg_pack (args,
                                  FLUX_PLUGIN_ARG_IN,
                                  "{s:o}",
                                  arg_keys[i],
                                  value)
            < 0) {
            flux_plugin_arg_destroy (args);
            errno = ENOMEM;
            return NULL;
        }
    }
    return args;
}

const char *tap_args_errmsg (flux_plugin_arg_t *args)
{
    if (flux_priv_plugin_arg_out_is_plain (args))
        return NULL;
    return json_string_value (
        json_object_get (flux_priv_plugin_arg_out (args), "errmsg"));
}

int tap_args_error (flux_plugin_arg_t *args,
                    flux_error_t *error,
                    const char *fallback)
{
    const char *s = tap_args_errmsg (args);

    return err_set (error, EINVAL, "%s", s ? s : fallback);
}

static const char *const out_keys[TAP_OUT_MAX] = {
    [TAP_OUT_PRIORITY] = "priority",
    [TAP_OUT_ANNOTATIONS] = "annotations",
    [TAP_OUT_R] = "R",
};

void tap_args_note (struct tap_call *call,
                    struct tap_plugin *t,
                    flux_plugin_arg_t *args)
{
    json_t *out = flux_priv_plugin_arg_out (args);

    for (int i = 0; i < TAP_OUT_MAX; i++) {
        const json_t *value = json_object_get (out, out_keys[i]);

        if (value != call->seen[i])
            call->setter[i] = t;
        call->seen[i] = value;
    }
}

static const char *type_name (const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object",   [JSON_ARRAY] = "an array",
        [JSON_STRING] = "a string",    [JSON_INTEGER] = "an integer",
        [JSON_REAL] = "a real number", [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",        [JSON_NULL] = "null",
    };

    return value ? names[json_typeof (value)] : "nothing";
}

/* Someone's answer is of no use: log it, and leave the sentence in error. */
static void blame (struct tap_call *call,
                   const char *topic,
                   enum tap_out key,
                   flux_error_t *error,
                   const char *fmt,
                   ...)
{
    va_list ap;

    va_start (ap, fmt);
    vsnprintf (error->text, sizeof (error->text), fmt, ap);
    va_end (ap);
    tap_log_failure (call->jt,
                     call->setter[key],
                     topic,
                     call->job,
                     error->text);
}

int tap_args_priority (struct tap_call *call,
                       const char *topic,
                       flux_plugin_arg_t *args,
                       int64_t *priority)
{
    int rc = flux_priv_plugin_arg_out_int (args, "priority", priority);
    const struct tap_plugin *who;
    flux_error_t error;
    char note[256];

    if (rc >= 0)
        return rc;
    who = call->setter[TAP_OUT_PRIORITY];
    blame (call,
           topic,
           TAP_OUT_PRIORITY,
           &error,
           "priority is %s, not an integer",
           type_name (
               json_object_get (flux_priv_plugin_arg_out (args), "priority")));
    snprintf (note,
              sizeof (note),
              "jobtap plugin %s: %s",
              who ? who->name : "?",
              error.text);
    if (manager_raise (call->jt->manager,
                       call->job,
                       topic,
                       4,
                       router_owner (call->jt->router),
                       note,
                       NULL)
        < 0)
        log_errno (TAP_PART, "%s: raising an exception", topic);
    return -1;
}

static void apply_annotations (struct tap_call *call,
                               const char *topic,
                               json_t *value)
{
    bool quiet = !strcmp (topic, tap_topic_name (TOPIC_NEW));
    struct manager *m = call->jt->manager;
    flux_error_t error = { "out of memory" };
    char *s;

    if (!json_is_object (value))
        blame (call,
               topic,
               TAP_OUT_ANNOTATIONS,
               &error,
               "annotations is %s, not an object",
               type_name (value));
    else if (!(s = json_dumps (value, JSON_COMPACT))
             || manager_annotate (m, call->job, s, quiet, &error) < 0) {
        free (s);
        tap_log_failure (call->jt,
                         call->setter[TAP_OUT_ANNOTATIONS],
                         topic,
                         call->job,
                         error.text);
    }
    else
        free (s);
}

static void apply_R (struct tap_call *call, const char *topic, json_t *value)
{
    flux_error_t error = { "out of memory" };
    char *s;

    if (call->job->R || strcmp (topic, tap_topic_name (TOPIC_STATE_SCHED)))
        return;
    if (!(s = json_dumps (value, JSON_COMPACT | JSON_ENCODE_ANY))
        || manager_set_R (call->jt->manager, call->job, s, &error) < 0)
        tap_log_failure (call->jt,
                         call->setter[TAP_OUT_R],
                         topic,
                         call->job,
                         error.text);
    free (s);
}

void tap_args_apply (struct tap_call *call,
                     const char *topic,
                     flux_plugin_arg_t *args)
{
    struct jobtap *jt = call->jt;
    int64_t priority;
    json_t *value;

    if (call->job && !flux_priv_plugin_arg_out_is_plain (args)) {
        json_t *out = flux_priv_plugin_arg_out (args);

        if ((value = json_object_get (out, "R")))
            apply_R (call, topic, value);
        if (call->job && (value = json_object_get (out, "annotations")))
            apply_annotations (call, topic, value);
    }
    if (call->job && tap_args_priority (call, topic, args, &priority) == 1
        && priority >= 0
        && manager_set_priority (jt->manager, call->job, priority) < 0)
        tap_log_failure (jt, NULL, topic, call->job, "priority is not set");
}
