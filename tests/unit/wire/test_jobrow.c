/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <jansson.h>

#include "job/fsm.h"
#include "tap.h"
#include "wire/jobrow.h"

static const char spec[] =
    "{\"version\":1,\"resources\":[{\"type\":\"slot\",\"count\":2,\"label\":"
    "\"task\",\"with\":[{\"type\":\"core\",\"count\":3}]}],\"tasks\":[{"
    "\"command\":[\"/bin/a \\\"b\\\"\"],\"slot\":\"task\",\"count\":{"
    "\"per_slot\":1}}],\"attributes\":{\"system\":{\"duration\":60,\"cwd\":"
    "\"/tmp\",\"project\":\"p\"}}}";

static const char R[] =
    "{\"version\":1,\"execution\":{\"R_lite\":[{\"rank\":\"0-1\",\"children\":"
    "{\"core\":\"0-2\"}}],\"nodelist\":[\"n[0-1]\"],\"starttime\":5.0,"
    "\"expiration\":65.0}}";

static void apply (struct job *job, struct event ev)
{
    if (fsm_legal (job, &ev, NULL) < 0)
        bail_out ("event %d", ev.kind);
    fsm_apply (job, &ev);
}

static struct job *finished_job (void)
{
    struct job *job = job_create (7, 0);
    struct text *r = text_create (R, strlen (R));
    struct text *notes = text_create ("{\"user\":{\"x\":1}}", 16);

    job->spec = text_create (spec, strlen (spec));
    apply (job,
           (struct event){ .kind = EVENT_SUBMIT,
                           .timestamp = 1.,
                           .userid = 5,
                           .urgency = 16 });
    apply (job, (struct event){ .kind = EVENT_VALIDATE, .timestamp = 2. });
    apply (job, (struct event){ .kind = EVENT_DEPEND, .timestamp = 3. });
    apply (job,
           (struct event){ .kind = EVENT_PRIORITY,
                           .timestamp = 4.,
                           .priority = 16 });
    apply (job,
           (struct event){ .kind = EVENT_ALLOC,
                           .timestamp = 5.,
                           .R = r,
                           .annotations = notes,
                           .has_annotations = true });
    apply (job, (struct event){ .kind = EVENT_START, .timestamp = 6. });
    apply (job,
           (struct event){ .kind = EVENT_EXCEPTION,
                           .timestamp = 6.5,
                           .type = "t",
                           .severity = 3,
                           .note = "a\nb" });
    apply (
        job,
        (struct event){ .kind = EVENT_FINISH, .timestamp = 7., .status = 256 });
    apply (job, (struct event){ .kind = EVENT_FREE, .timestamp = 8. });
    apply (job, (struct event){ .kind = EVENT_CLEAN, .timestamp = 9. });
    text_unref (r);
    text_unref (notes);
    return job;
}

static json_t *printed (const struct jobrow *row, uint64_t attrs)
{
    struct jbuf b = { 0 };
    char *s;
    json_t *o;

    jobrow_print (&b, row, attrs);
    s = jbuf_take (&b, NULL);
    o = json_loads (s, 0, NULL);
    if (!o)
        diag ("not JSON: %s", s);
    free (s);
    return o;
}

/* A row is the same from memory and from the store. */
static void test_roundtrip (struct job *job)
{
    struct jobrow mem, disk;
    struct store_job sj;
    char *extra;
    json_t *a, *b;

    jobrow_of_job (&mem, job, JOBROW_ALL);
    ok (jobrow_store (job, true, true, &sj, &extra) == 0, "a job makes a stored row");
    is_str (sj.jobspec, spec, "with its jobspec");
    jobrow_of_store (&disk, &sj);
    a = printed (&mem, JOBROW_ALL);
    b = printed (&disk, JOBROW_ALL);
    ok (a && json_equal (a, b), "which lists as the job did");
    is_int (json_integer_value (json_object_get (a, "ntasks")), 2, "ntasks");
    is_int (json_integer_value (json_object_get (a, "ncores")), 6, "ncores");
    is_str (json_string_value (json_object_get (a, "nodelist")),
            "n[0-1]",
            "nodelist");
    is_str (json_string_value (json_object_get (a, "exception_note")),
            "a\nb",
            "text is escaped");
    ok (json_is_real (json_object_get (a, "duration"))
            && json_is_real (json_object_get (a, "expiration")),
        "times are reals");
    ok (json_is_false (json_object_get (a, "success")), "not a success");
    json_decref (a);
    json_decref (b);
    jobrow_finish (&mem);
    jobrow_finish (&disk);
    free (extra);
}

static void test_masks (struct job *job)
{
    struct jobrow row;
    json_t *o;

    for (int i = 1; i < JOBROW_ATTR_MAX; i++) {
        const char *name = jobrow_attr_name (i);
        jobrow_of_job (&row, job, JOBROW_BIT (i));
        o = printed (&row, JOBROW_BIT (i));
        ok (o && json_object_get (o, "id") && json_object_size (o) <= 2
                && (json_object_size (o) == 1 || json_object_get (o, name)),
            "%s alone",
            name);
        is_int (jobrow_attr_parse (name), JOBROW_BIT (i), "and by name");
        json_decref (o);
        jobrow_finish (&row);
    }
    is_int (jobrow_attr_parse ("nonesuch"), 0, "an unknown name");
}

static void test_pending (void)
{
    struct job *job = job_create (8, 0);
    struct jobrow row;
    json_t *o;

    job->spec = text_create (spec, strlen (spec));
    apply (job, (struct event){ .kind = EVENT_SUBMIT, .timestamp = 1. });
    apply (job, (struct event){ .kind = EVENT_VALIDATE, .timestamp = 2. });
    apply (job,
           (struct event){ .kind = EVENT_DEPENDENCY_ADD,
                           .timestamp = 2.,
                           .description = "after-start=1" });
    jobrow_of_job (&row, job, JOBROW_ALL);
    o = printed (&row, JOBROW_ALL);
    ok (!json_object_get (o, "priority") && !json_object_get (o, "t_run")
            && !json_object_get (o, "success") && !json_object_get (o, "ranks"),
        "what is not reached yet is not there");
    is_int (json_array_size (json_object_get (o, "dependencies")),
            1,
            "dependencies are");
    json_decref (o);
    jobrow_finish (&row);
    job_destroy (job);
}

int main (void)
{
    struct job *job = finished_job ();

    test_roundtrip (job);
    test_masks (job);
    test_pending ();
    job_destroy (job);
    return done_testing ();
}
