/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <flux/request.h>

#include "harness.h"
#include "wire/sign.h"

static void append (char **list, const char *word)
{
    char *s;

    if (asprintf (&s, "%s%s ", *list ? *list : "", word) < 0)
        abort ();
    free (*list);
    *list = s;
}

/* ---- the fake plugin ---- */

static void call (struct inst *t, const char *what)
{
    if (t->record)
        append (&t->calls, what);
}

static int fake_create (void *arg, struct job *job, flux_error_t *error)
{
    call (arg, "create");
    return 0;
}

static int fake_validate (void *arg, struct job *job, flux_error_t *error)
{
    struct inst *t = arg;

    call (t, "validate");
    if (t->reject)
        return err_set (error, EINVAL, "%s", t->reject);
    return 0;
}

static int fake_dependencies (void *arg, struct job *job, flux_error_t *error)
{
    call (arg, "dependencies");
    return 0;
}

static void fake_new (void *arg, struct job *job)
{
    call (arg, "new");
}

static void fake_event (void *arg,
                        struct job *job,
                        const struct event *ev,
                        const char *line,
                        int prev)
{
    static const char *const states[] = {
        "state.new", "state.depend",  "state.priority", "state.sched",
        "state.run", "state.cleanup", "state.inactive",
    };
    struct inst *t = arg;

    if (job->state != prev)
        call (t, states[__builtin_ctz (job->state)]);
    if (t->hook)
        t->hook (t, job, ev);
    if (job->state != prev && job->state == FLUX_JOB_STATE_PRIORITY
        && !t->silent)
        manager_set_priority (t->m, job, job->urgency);
}

static int fake_priority_get (void *arg, struct job *job, int64_t *priority)
{
    struct inst *t = arg;

    *priority = t->given ? t->given : job->urgency;
    return t->silent ? 1 : 0;
}

static void fake_destroy (void *arg, struct job *job)
{
    call (arg, "destroy");
}

static int fake_update (void *arg,
                        struct job *job,
                        uint32_t userid,
                        uint32_t rolemask,
                        const char *asked,
                        char **updates,
                        flux_error_t *error)
{
    *updates = strdup (asked);
    return 0;
}

static const struct plugin_ops fake_ops = {
    .job_create = fake_create,
    .job_validate = fake_validate,
    .job_dependencies = fake_dependencies,
    .job_new = fake_new,
    .job_event = fake_event,
    .priority_get = fake_priority_get,
    .job_destroy = fake_destroy,
    .job_update = fake_update,
};

/* ---- the listener ---- */

static void told_entry (void *arg, const struct manager_entry *entry)
{
    struct inst *t = arg;
    char word[128];

    t->told += !entry->volatile_;
    if (entry->ev->kind == EVENT_FINISH && entry->ev->status == 0)
        t->finished_ok++;
    if (!t->keep_journal)
        return;
    snprintf (word, sizeof (word), "%s", entry->ev->name);
    append (&t->journal, word);
}

static void told_inactive (void *arg, uint64_t id)
{
    struct inst *t = arg;

    t->inactive++;
}

/* ---- messages ---- */

static int deliver (const flux_msg_t *msg, void *arg)
{
    struct inst *t = arg;
    struct answer *a;
    const char *s = NULL;
    int type;

    if (flux_msg_get_type (msg, &type) < 0 || type != FLUX_MSGTYPE_RESPONSE)
        return 0;
    if (!(a = calloc (1, sizeof (*a))))
        abort ();
    flux_msg_get_matchtag (msg, &a->matchtag);
    flux_msg_get_errnum (msg, &a->errnum);
    if (flux_msg_has_payload (msg) && flux_msg_get_string (msg, &s) == 0 && s)
        a->text = strdup (s);
    a->next = t->answers;
    t->answers = a;
    return 0;
}

struct answer *inst_answer (struct inst *t, uint32_t matchtag)
{
    struct answer *a;

    for (a = t->answers; a; a = a->next) {
        if (a->matchtag == matchtag)
            return a;
    }
    return NULL;
}

static uint32_t send_flagged (struct inst *t,
                              struct router_client *c,
                              const char *topic,
                              const char *json,
                              bool stream)
{
    flux_msg_t *msg = flux_request_encode (topic, json);

    if (!msg || flux_msg_set_matchtag (msg, ++t->matchtag) < 0
        || (stream && flux_msg_set_streaming (msg) < 0))
        abort ();
    router_client_recv (c, msg);
    flux_msg_destroy (msg);
    return t->matchtag;
}

uint32_t inst_send (struct inst *t,
                    struct router_client *c,
                    const char *topic,
                    const char *json)
{
    return send_flagged (t, c, topic, json, false);
}

uint32_t inst_stream (struct inst *t, const char *topic, const char *json)
{
    return send_flagged (t, t->owner, topic, json, true);
}

struct router_client *inst_client (struct inst *t, bool owner)
{
    int role = owner ? FLUX_ROLE_OWNER : FLUX_ROLE_USER;

    return router_client_add (t->router,
                              owner ? getuid () : 1001,
                              role | FLUX_ROLE_LOCAL,
                              deliver,
                              t);
}

struct answer *inst_rpc_as (struct inst *t,
                            struct router_client *c,
                            const char *topic,
                            const char *json)
{
    uint32_t tag = inst_send (t, c, topic, json);
    struct answer *a;

    while (!(a = inst_answer (t, tag)) && loop_turn (t->loop, true))
        ;
    return a;
}

struct answer *inst_rpc (struct inst *t, const char *topic, const char *json)
{
    return inst_rpc_as (t, t->owner, topic, json);
}

void inst_settle (struct inst *t)
{
    while (loop_turn (t->loop, false))
        ;
}

void inst_run (struct inst *t)
{
    loop_run (t->loop);
}

char *make_jobspec (double run, double duration, const char *extra)
{
    char *s;

    if (asprintf (&s,
                  "{\"resources\":[{\"type\":\"slot\",\"count\":1,\"label\":"
                  "\"task\",\"with\":[{\"type\":\"core\",\"count\":1}]}],"
                  "\"tasks\":[{\"command\":[\"true\"],\"slot\":\"task\","
                  "\"count\":{\"per_slot\":1}}],\"attributes\":{\"system\":{"
                  "\"duration\":%g,\"exec\":{\"test\":{\"run_duration\":"
                  "\"%gs\"}}%s}},\"version\":1}",
                  duration,
                  run,
                  extra ? extra : "")
        < 0)
        abort ();
    return s;
}

uint32_t inst_send_submit (struct inst *t,
                           const char *spec,
                           int urgency,
                           int flags)
{
    char *J = sign_none_wrap (spec, strlen (spec), getuid ());
    uint32_t tag;
    char *json;

    if (!J
        || asprintf (&json,
                     "{\"J\":\"%s\",\"urgency\":%d,\"flags\":%d}",
                     J,
                     urgency,
                     flags)
               < 0)
        abort ();
    tag = inst_send (t, t->owner, "job-ingest.submit", json);
    free (J);
    free (json);
    return tag;
}

uint64_t inst_submit (struct inst *t, const char *spec, int urgency, int flags)
{
    uint32_t tag = inst_send_submit (t, spec, urgency, flags);
    struct answer *a;
    uint64_t id;

    while (!(a = inst_answer (t, tag)) && loop_turn (t->loop, true))
        ;
    if (!a || a->errnum || sscanf (a->text, "{\"id\":%" SCNu64 "}", &id) != 1)
        return 0;
    return id;
}

bool inst_until (struct inst *t, uint64_t id, int state)
{
    for (;;) {
        struct job *job = manager_job (t->m, id);

        if (state == FLUX_JOB_STATE_INACTIVE ? !job
                                             : job && job->state == state)
            return true;
        if (!loop_turn (t->loop, true))
            return false;
    }
}

const char *inst_events (struct inst *t, uint64_t id)
{
    static char buf[4096];
    size_t size, len, pos = 0, n = 0;
    const char *line;
    char *log;

    buf[0] = '\0';
    if (store_log_get (manager_store (t->m), id, "eventlog", &log, &size) < 0)
        return "";
    while (eventlog_next (log, size, &pos, &line, &len)) {
        struct wire_event w;

        if (wire_event_decode (&w, NULL, line, len, NULL) < 0)
            return "undecodable";
        n += snprintf (buf + n,
                       sizeof (buf) - n,
                       "%s%s",
                       n > 0 ? " " : "",
                       w.ev.name);
        wire_event_finish (&w);
    }
    free (log);
    return buf;
}

struct inst *inst_create (const struct inst_opt *opt)
{
    static const struct inst_opt none;
    struct inst *t = calloc (1, sizeof (*t));
    struct manager_listener l = {
        .entry = told_entry,
        .inactive = told_inactive,
        .arg = t,
    };
    flux_error_t error = { "" };

    if (!opt)
        opt = &none;
    t->clock = (struct clock){ .is_virtual = !opt->real, .t = 1700000000. };
    t->loop = loop_create (&t->clock);
    t->router = router_create (t->loop, getuid (), 0, 1);
    t->owner = inst_client (t, true);
    t->guest = inst_client (t, false);
    t->rset = rset_create ();
    for (unsigned int i = 0; i < (opt->cores ? opt->cores : 4); i++)
        rset_add_core (t->rset, 0, i);
    rset_find (t->rset, 0)->host = strdup ("node0");
    struct manager_config cfg = {
        .loop = t->loop,
        .router = t->router,
        .statedir = opt->statedir,
        .store_sync = opt->sync ? opt->sync : "off",
        .hostname = "node0",
        .sched = &sched_fifo,
        .exec = opt->exec ? opt->exec : &exec_mock,
        .resources = t->rset,
    };
    t->silent = opt->silent;
    t->record = opt->record;
    t->ops = fake_ops;
    t->ops.arg = t;
    if (!(t->m = manager_create (&cfg, &error))) {
        fprintf (stderr, "manager_create: %s\n", error.text);
        abort ();
    }
    manager_set_plugins (t->m, &t->ops);
    manager_listen (t->m, &l);
    if (manager_start (t->m, &error) < 0) {
        fprintf (stderr, "manager_start: %s\n", error.text);
        abort ();
    }
    return t;
}

void inst_destroy (struct inst *t)
{
    struct answer *a;

    manager_destroy (t->m);
    router_client_remove (t->owner);
    router_client_remove (t->guest);
    router_destroy (t->router);
    loop_destroy (t->loop);
    rset_destroy (t->rset);
    while ((a = t->answers)) {
        t->answers = a->next;
        free (a->text);
        free (a);
    }
    free (t->calls);
    free (t->journal);
    free (t);
}
