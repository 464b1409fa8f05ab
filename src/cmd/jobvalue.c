/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/wait.h>

#include <flux/core.h>

#include "cmd/fsd.h"
#include "cmd/jobvalue.h"
#include "cmd/util.h"

static long long int_of (json_t *job, const char *name)
{
    return json_integer_value (json_object_get (job, name));
}

static double real_of (json_t *job, const char *name)
{
    return json_number_value (json_object_get (job, name));
}

static const char *text_of (json_t *job, const char *name)
{
    return json_string_value (json_object_get (job, name));
}

static bool is_inactive (json_t *job)
{
    return int_of (job, "state") == FLUX_JOB_STATE_INACTIVE;
}

static void value_json_text (struct value *v, json_t *o)
{
    char *s;

    if (json_is_string (o))
        value_str (v, json_string_value (o));
    else if (json_is_integer (o))
        value_int (v, json_integer_value (o));
    else if (json_is_real (o))
        value_real (v, json_real_value (o));
    else if (json_is_boolean (o))
        value_bool (v, json_is_true (o));
    else if (o && !json_is_null (o)) {
        s = json_dumps (o, JSON_COMPACT);
        value_copy (v, s ? s : "");
        free (s);
    }
    else
        value_none (v);
}

void get_id (json_t *job, const char *name, struct value *v)
{
    flux_jobid_t id = int_of (job, "id");

    if (!name[2])
        value_named_int (v, id, id_str (id));
    else
        value_copy (v, format_id (id, name + 3));
}

void get_attr (json_t *job, const char *name, struct value *v)
{
    value_json_text (v, json_object_get (job, name));
}

char *dependency_text (const char *s)
{
    double now = flux_reactor_time ();
    char when[32];
    char *end;
    double t;
    time_t sec;
    struct tm tm;

    if (strncmp (s, "begin-time=", 11))
        return xstrdup (s);
    t = strtod (s + 11, &end);
    sec = t;
    if (*end || end == s + 11 || !localtime_r (&sec, &tm))
        return xstrdup (s);
    strftime (when, sizeof (when), t - now < 86400. ? "%T" : "%b%d-%T", &tm);
    return xasprintf ("begin@%s", when);
}

void get_list (json_t *job, const char *name, struct value *v)
{
    json_t *a = json_object_get (job, name);
    char *out = xstrdup ("");
    size_t i;
    json_t *o;

    json_array_foreach (a, i, o)
    {
        char *s = dependency_text (json_string_value (o));
        char *more = xasprintf ("%s%s%s", out, i > 0 ? "," : "", s);

        free (s);
        free (out);
        out = more;
    }
    value_copy (v, out);
    free (out);
}

void get_username (json_t *job, const char *name, struct value *v)
{
    /* the same few users again and again */
    static uid_t last_uid = -1;
    static char last_name[128];
    uid_t uid = int_of (job, "userid");

    if (uid != last_uid || !last_name[0]) {
        struct passwd *pw = getpwuid (uid);
        if (pw)
            snprintf (last_name, sizeof (last_name), "%s", pw->pw_name);
        else
            snprintf (last_name, sizeof (last_name), "%u", (unsigned)uid);
        last_uid = uid;
    }
    value_str (v, last_name);
}

static const struct {
    const char *abbrev; /* of a state or result */
    const char *emoji;
} emoji[] = {
    { "D", "🛑" }, { "P", "⏳" },  { "S", "📅" },  { "R", "🏃" },
    { "C", "🧹" }, { "I", "💀" },  { "CD", "😀" }, { "F", "💩" },
    { "CA", "💥" },   { "TO", "⌛" },
};

static void value_emoji (struct value *v, const char *abbrev)
{
    value_str (v, abbrev);
    for (size_t i = 0; i < sizeof (emoji) / sizeof (emoji[0]); i++) {
        if (!strcmp (emoji[i].abbrev, abbrev))
            value_str (v, emoji[i].emoji);
    }
}

void get_state (json_t *job, const char *name, struct value *v)
{
    int state = int_of (job, "state");

    if (!strcmp (name, "state"))
        value_str (v, flux_job_statetostr (state, "L"));
    else if (!strcmp (name, "state_single"))
        value_str (v, flux_job_statetostr (state, "S"));
    else
        value_emoji (v, flux_job_statetostr (state, "S"));
}

void get_result (json_t *job, const char *name, struct value *v)
{
    int result = int_of (job, "result");

    if (!is_inactive (job) || !result)
        value_none (v);
    else if (!strcmp (name, "result") || !strcmp (name, "status"))
        value_str (v, flux_job_resulttostr (result, "L"));
    else if (strstr (name, "_emoji"))
        value_emoji (v, flux_job_resulttostr (result, "S"));
    else
        value_str (v, flux_job_resulttostr (result, "S"));
}

void get_status (json_t *job, const char *name, struct value *v)
{
    if (is_inactive (job))
        get_result (job, name, v);
    else if (!strcmp (name, "status"))
        get_state (job, "state", v);
    else if (!strcmp (name, "status_abbrev"))
        get_state (job, "state_single", v);
    else
        get_state (job, "state_emoji", v);
}

void get_returncode (json_t *job, const char *name, struct value *v)
{
    json_t *o = json_object_get (job, "waitstatus");
    int status = json_integer_value (o);

    if (o)
        value_int (v,
                   WIFSIGNALED (status) ? -WTERMSIG (status)
                                        : WEXITSTATUS (status));
    else if (is_inactive (job)
             && int_of (job, "result") == FLUX_JOB_RESULT_CANCELED)
        value_int (v, -128);
    else if (is_inactive (job))
        value_int (v, 1); /* it failed before it had a status */
    else
        value_none (v);
}

void get_exception (json_t *job, const char *name, struct value *v)
{
    char attr[64];

    snprintf (attr, sizeof (attr), "exception_%s", strchr (name, '.') + 1);
    value_json_text (v, json_object_get (job, attr));
}

void get_runtime (json_t *job, const char *name, struct value *v)
{
    double t_run = real_of (job, "t_run");
    double t_cleanup = real_of (job, "t_cleanup");

    if (t_run <= 0)
        value_none (v);
    else if (t_cleanup > 0)
        value_real (v, t_cleanup > t_run ? t_cleanup - t_run : 0.);
    else
        value_real (v, flux_reactor_time () - t_run);
}

void get_remaining (json_t *job, const char *name, struct value *v)
{
    double t = real_of (job, "expiration") - flux_reactor_time ();

    if (int_of (job, "state") == FLUX_JOB_STATE_RUN
        && real_of (job, "expiration") > 0)
        value_real (v, t > 0 ? t : 0.);
    else
        value_none (v);
}

void get_time (json_t *job, const char *name, struct value *v)
{
    if (int_of (job, "state") & FLUX_JOB_STATE_PENDING)
        value_real (v, real_of (job, "duration"));
    else
        get_runtime (job, name, v);
}

static void get_estimate (json_t *job, struct value *v)
{
    double t =
        json_number_value (json_get_path (job, "annotations.sched.t_estimate"));
    char duration[32];
    char text[64];

    if (t <= 0) {
        value_none (v);
        return;
    }
    t -= flux_reactor_time ();
    if (t <= 0)
        value_str (v, "eta:now");
    else {
        fsd_format (duration, sizeof (duration), t);
        snprintf (text, sizeof (text), "eta:%s", duration);
        value_copy (v, text);
    }
}

void get_info (json_t *job, const char *name, struct value *v)
{
    int state = int_of (job, "state");

    if (state == FLUX_JOB_STATE_PRIORITY)
        value_str (v, "priority-wait");
    else if (state == FLUX_JOB_STATE_DEPEND) {
        char text[1024];
        struct value deps = { 0 };
        get_list (job, "dependencies", &deps);
        snprintf (text, sizeof (text), "depends:%s", deps.s);
        value_copy (v, text);
        value_clear (&deps);
    }
    else if (state == FLUX_JOB_STATE_SCHED) {
        if (json_object_get (job, "priority") && int_of (job, "priority") == 0)
            value_str (v,
                       int_of (job, "urgency") == 0 ? "held" : "priority-hold");
        else
            get_estimate (job, v);
    }
    else
        value_json_text (v, json_object_get (job, "nodelist"));
}

static void reason_of_failure (json_t *job, char *buf, size_t size)
{
    json_t *o = json_object_get (job, "waitstatus");
    int status = json_integer_value (o);
    const char *type = text_of (job, "exception_type");
    const char *note = text_of (job, "exception_note");

    if (o && WIFEXITED (status) && WEXITSTATUS (status) == 127)
        snprintf (buf, size, "command not found");
    else if (o && WIFEXITED (status) && WEXITSTATUS (status) == 126)
        snprintf (buf, size, "Command invoked cannot execute");
    else if (type && int_of (job, "exception_severity") == 0
             && (!o || strcmp (type, "exec")))
        snprintf (buf,
                  size,
                  "Exception: type=%s%s%s",
                  type,
                  note && *note ? " note=" : "",
                  note ? note : "");
    else if (!o)
        snprintf (buf, size, "Failed");
    else if (WIFSIGNALED (status))
        snprintf (buf, size, "%s", strsignal (WTERMSIG (status)));
    else if (WEXITSTATUS (status) > 128)
        snprintf (buf, size, "%s", strsignal (WEXITSTATUS (status) - 128));
    else
        snprintf (buf, size, "Exit %d", WEXITSTATUS (status));
}

void get_reason (json_t *job, const char *name, struct value *v)
{
    int result = int_of (job, "result");
    const char *note = text_of (job, "exception_note");
    char buf[1024];

    if (!is_inactive (job)) {
        value_none (v);
        return;
    }
    switch (result) {
    case FLUX_JOB_RESULT_CANCELED:
        snprintf (buf,
                  sizeof (buf),
                  "Canceled%s%s",
                  note && *note ? ": " : "",
                  note ? note : "");
        break;
    case FLUX_JOB_RESULT_TIMEOUT:
        snprintf (buf, sizeof (buf), "Timeout");
        break;
    case FLUX_JOB_RESULT_COMPLETED:
        snprintf (buf, sizeof (buf), "Exit 0");
        break;
    default:
        reason_of_failure (job, buf, sizeof (buf));
    }
    value_copy (v, buf);
}

void get_annotation (json_t *job, const char *name, struct value *v)
{
    char path[256];
    bool is_full = !strncmp (name, "annotations", 11);

    snprintf (path, sizeof (path), "%s%s", is_full ? "" : "annotations.", name);
    value_json_text (v, json_get_path (job, path));
}
