/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>

#include "tap.h"
#include "wire/rexec_msgs.h"

/* What RFC 42 has as its example, and what is added to it. */
static const char example[] =
    "{\"cmd\":{\"cwd\":\"/home/test\",\"cmdline\":[\"hostname\"],\"env\":"
    "{\"PATH\":\"/bin:/usr/bin\"},\"opts\":{},\"channels\":[]},\"flags\":11}";

static void test_exec (void)
{
    static const char *const bad[][2] = {
        { "{\"flags\":3}", "malformed exec" },
        { "{\"cmd\":{\"cmdline\":[],\"env\":{},\"opts\":{},\"channels\":[]},"
          "\"flags\":1}",
          "cmdline: expected at least one element" },
        { "{\"cmd\":{\"cmdline\":[1],\"env\":{},\"opts\":{},\"channels\":[]},"
          "\"flags\":1}",
          "cmdline: expected an array of strings" },
        { "{\"cmd\":{\"cmdline\":[\"a\"],\"opts\":{},\"channels\":[]},"
          "\"flags\":1}",
          "env: expected an object of strings" },
        { "{\"cmd\":{\"cmdline\":[\"a\"],\"env\":{},\"opts\":{},\"channels\":"
          "[],\"label\":\"\"},\"flags\":1}",
          "label: expected a string that is not empty" },
        { "[]", "request" },
    };
    struct rexec_exec req;
    flux_error_t error;
    json_t *o;
    char *s;

    is_int (rexec_exec_decode (example, &req, &error), 0, "the RFC's example");
    is_int (req.flags, 11, "its flags");
    is_str (req.cmd->argv.v[0], "hostname", "its command");
    is_str (req.cmd->env.v[1], "/bin:/usr/bin", "its environment");
    o = rexec_cmd_encode (req.cmd);
    s = json_dumps (o, JSON_COMPACT | JSON_SORT_KEYS);
    is_str (s,
            "{\"channels\":[],\"cmdline\":[\"hostname\"],\"cwd\":\"/home/test\""
            ",\"env\":{\"PATH\":\"/bin:/usr/bin\"},\"msgchan\":[],\"opts\":{}}",
            "and back");
    free (s);
    json_decref (o);
    rexec_cmd_destroy (req.cmd);
    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++) {
        errno = 0;
        ok (rexec_exec_decode (bad[i][0], &req, &error) < 0 && errno == EPROTO
                && strstr (error.text, bad[i][1]),
            "refused: %s",
            error.text);
    }
    ok (rexec_exec_decode ("{\"signature\":\"x\"}", &req, &error) < 0
            && errno == EPERM,
        "signed form");
    ok (rexec_exec_decode (NULL, &req, &error) < 0 && errno == EPROTO,
        "no payload");
}

static void output_is (const char *data, size_t len, bool eof, const char *want)
{
    char *s = rexec_output_encode (5, "stdout", 3, data, len, eof);

    is_str (s, want, "output");
    free (s);
}

static void test_output (void)
{
    output_is ("hi\n",
               3,
               false,
               "{\"type\":\"output\",\"pid\":5,\"io\":{\"stream\":\"stdout\","
               "\"rank\":\"3\",\"data\":\"hi\\n\"}}");
    output_is (NULL,
               0,
               true,
               "{\"type\":\"output\",\"pid\":5,\"io\":{\"stream\":\"stdout\","
               "\"rank\":\"3\",\"eof\":true}}");
    output_is ("\377a",
               2,
               false,
               "{\"type\":\"output\",\"pid\":5,\"io\":{\"stream\":\"stdout\","
               "\"rank\":\"3\",\"data\":\"/2E=\",\"encoding\":\"base64\"}}");
    output_is ("a\0b",
               3,
               false,
               "{\"type\":\"output\",\"pid\":5,\"io\":{\"stream\":\"stdout\","
               "\"rank\":\"3\",\"data\":\"YQBi\",\"encoding\":\"base64\"}}");
}

/* Each response, by the table, and read again. */
static void test_events (void)
{
    struct {
        char *s;
        const char *want;
        enum rexec_type type;
    } rows[] = {
        { rexec_started_encode (7),
          "{\"type\":\"started\",\"pid\":7}",
          REXEC_STARTED },
        { rexec_stopped_encode (), "{\"type\":\"stopped\"}", REXEC_STOPPED },
        { rexec_finished_encode (256),
          "{\"type\":\"finished\",\"status\":256}",
          REXEC_FINISHED },
        { rexec_credit_encode ("stdin", 4096),
          "{\"type\":\"add-credit\",\"channels\":{\"stdin\":4096}}",
          REXEC_ADD_CREDIT },
        { strdup ("{\"type\":\"news\"}"),
          "{\"type\":\"news\"}",
          REXEC_UNKNOWN },
    };
    struct rexec_event ev;

    for (size_t i = 0; i < sizeof (rows) / sizeof (rows[0]); i++) {
        is_str (rows[i].s, rows[i].want, "as RFC 42 has it");
        is_int (rexec_event_decode (rows[i].s, &ev, NULL), 0, "is read");
        is_int (ev.type, rows[i].type, "as what it is");
        if (ev.type == REXEC_ADD_CREDIT)
            ok (ev.ncredits == 1 && ev.credits[0].bytes == 4096, "with credit");
        rexec_event_clear (&ev);
        free (rows[i].s);
    }
    ok (rexec_event_decode ("{\"type\":\"started\"}", &ev, NULL) < 0
            && errno == EPROTO,
        "a start without a pid");
}

static void test_write (void)
{
    struct rexec_io io;
    uint32_t tag;

    ok (rexec_write_decode ("{\"matchtag\":9,\"io\":{\"stream\":\"stdin\","
                            "\"rank\":\"0\",\"data\":\"YQBi\",\"encoding\":"
                            "\"base64\"}}",
                            &tag,
                            &io,
                            NULL)
                == 0
            && tag == 9 && io.len == 3 && !memcmp (io.data, "a\0b", 3),
        "write");
    rexec_io_clear (&io);
    ok (rexec_write_decode ("{\"matchtag\":9,\"io\":{\"stream\":\"stdin\","
                            "\"rank\":\"0\"}}",
                            &tag,
                            &io,
                            NULL)
            < 0,
        "neither data nor end");
    ok (rexec_write_decode ("{\"matchtag\":-1,\"io\":{\"stream\":\"stdin\","
                            "\"rank\":\"0\",\"eof\":true}}",
                            &tag,
                            &io,
                            NULL)
            < 0,
        "no matchtag");
}

static void test_tail (void)
{
    struct rexec_tail tail = { NULL };
    char buf[1024];
    char *s;

    s = rexec_wait_encode (512, &tail);
    is_str (s, "{\"status\":512}", "nothing was said");
    free (s);
    rexec_tail_add (&tail, "stdout", 0, "x\n", 2);
    s = rexec_wait_encode (512, &tail);
    is_str (s,
            "{\"status\":512,\"output\":[{\"stream\":\"stdout\",\"rank\":\"0\","
            "\"data\":\"x\\n\"}]}",
            "wait");
    free (s);
    memset (buf, 'y', sizeof (buf));
    for (int i = 0; i < 200; i++)
        rexec_tail_add (&tail, "stderr", 0, buf, sizeof (buf));
    ok (tail.size <= REXEC_TAIL_MAX && tail.size > REXEC_TAIL_MAX / 2,
        "what is kept is bounded");
    rexec_tail_clear (&tail);
}

int main (void)
{
    test_exec ();
    test_output ();
    test_events ();
    test_write ();
    test_tail ();
    return done_testing ();
}
