/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <string.h>

#include "base/fsd.h"
#include "wire/exec_test.h"
#include "wire/jload.h"

static int bad (flux_error_t *error, const char *key, const json_t *value)
{
    char buf[48];

    return err_set (error,
                    EINVAL,
                    "attributes.system.exec.test.%s: invalid value %s",
                    key,
                    jload_show (value, buf));
}

static int read_test (json_t *o, struct exec_test *test, flux_error_t *error)
{
    json_t *duration = json_object_get (o, "run_duration");
    json_t *status = json_object_get (o, "wait_status");
    json_t *mock = json_object_get (o, "mock_exception");
    json_t *override = json_object_get (o, "override");
    json_t *reattach = json_object_get (o, "reattach_finish");
    const char *s;

    test->present = true;
    if (duration) {
        if (json_is_number (duration))
            test->run_duration = json_number_value (duration);
        else if ((s = json_string_value (duration)))
            fsd_decode (s, &test->run_duration);
        if (test->run_duration < 0.)
            return bad (error, "run_duration", duration);
    }
    if (status) {
        if (!json_is_integer (status))
            return bad (error, "wait_status", status);
        test->wait_status = json_integer_value (status);
    }
    if (mock) {
        s = json_string_value (mock);
        if (s && !strcmp (s, "init"))
            test->mock_exception = EXEC_TEST_INIT;
        else if (s && !strcmp (s, "run"))
            test->mock_exception = EXEC_TEST_RUN;
        else
            return bad (error, "mock_exception", mock);
    }
    test->override = json_is_true (override) || json_integer_value (override);
    test->reattach_finish =
        json_is_true (reattach) || json_integer_value (reattach);
    return 0;
}

int exec_test_parse (const char *jobspec,
                     struct exec_test *test,
                     flux_error_t *error)
{
    json_t *o, *sub;
    int rc = 0;

    *test = (struct exec_test){ .run_duration = -1. };
    if (!strstr (jobspec, "\"test\""))
        return 0;
    if (!(o = jload_object (jobspec, strlen (jobspec), "jobspec", error)))
        return -1;
    sub = json_object_get (o, "attributes");
    sub = json_object_get (sub, "system");
    sub = json_object_get (sub, "exec");
    sub = json_object_get (sub, "test");
    if (sub) {
        if (json_is_object (sub))
            rc = read_test (sub, test, error);
        else
            rc = err_set (error,
                          EINVAL,
                          "attributes.system.exec.test: expected an object");
    }
    json_decref (o);
    return rc;
}

int exec_override_parse (const char *json,
                         struct exec_override *req,
                         flux_error_t *error)
{
    json_t *o = jload_object (json, strlen (json), "request", error);
    const char *event;
    json_int_t id;
    int rc;

    if (!o)
        return -1;
    req->status = 0;
    rc = json_unpack (o,
                      "{s:s s:I s?i}",
                      "event",
                      &event,
                      "jobid",
                      &id,
                      "status",
                      &req->status);
    if (rc < 0)
        err_set (error, EPROTO, "request: needs event and jobid");
    else if (strcmp (event, "start") && strcmp (event, "finish"))
        rc = err_set (error, EINVAL, "Invalid event '%s'", event);
    else {
        req->id = id;
        req->finish = !strcmp (event, "finish");
    }
    json_decref (o);
    return rc;
}
