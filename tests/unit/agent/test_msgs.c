/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What agent and broker say survives the way, and nonsense is refused. */

#include <errno.h>

#include "tap.h"
#include "wire/agent_talk.h"
#include "wire/guestlog.h"

static void test_messages (void)
{
    struct agent_start start = { .id = 1ULL << 60,
                                 .userid = 4294967294u,
                                 .jobspec = "{\"a\":\"\\n\"}",
                                 .R = "{}" };
    struct agent_report rep = { .id = 5,
                                .started = true,
                                .output = "x\n",
                                .output_len = 2,
                                .type = "exec",
                                .note = "n",
                                .over = true,
                                .status = 256 };
    struct agent_stdin in = { .id = 6,
                              .ranks = "all",
                              .data = "a\0b",
                              .len = 3,
                              .eof = true };
    flux_error_t error;
    flux_msg_t *msg = agent_start_encode (&start);

    memset (&start, 0, sizeof (start));
    ok (agent_topic_of (msg) == AGENT_START
            && agent_start_decode (msg, &start, &error) == 0,
        "start");
    ok (start.id == 1ULL << 60 && start.userid == 4294967294u, "its numbers");
    is_str (start.jobspec, "{\"a\":\"\\n\"}", "its jobspec");
    is_str (start.R, "{}", "its R");
    ok (agent_report_decode (msg, &rep, &error) < 0 && errno == EPROTO,
        "a start is no report");
    flux_msg_destroy (msg);

    msg = agent_report_encode (&rep);
    memset (&rep, 0, sizeof (rep));
    ok (agent_report_decode (msg, &rep, &error) == 0 && rep.id == 5
            && rep.started && rep.over && rep.status == 256 && !rep.exec
            && rep.output_len == 2 && !memcmp (rep.output, "x\n", 2)
            && !strcmp (rep.type, "exec") && !strcmp (rep.note, "n"),
        "report");
    flux_msg_destroy (msg);

    msg = agent_stdin_encode (&in);
    memset (&in, 0, sizeof (in));
    ok (agent_stdin_decode (msg, &in, &error) == 0 && in.len == 3
            && !memcmp (in.data, "a\0b", 3) && in.eof
            && !strcmp (in.ranks, "all"),
        "stdin");
    flux_msg_destroy (msg);
}

static void test_nonsense (void)
{
    static const char *const payloads[] = {
        "",
        "{}",
        "{}\n",
        "[]\n",
        "{\"id\":1,\"userid\":2,\"parts\":[99,1]}\nab",
        "{\"id\":1,\"userid\":2,\"parts\":[-1,1]}\nab",
        "{\"id\":1,\"userid\":2,\"parts\":[1]}\na",
        "{\"id\":1,\"userid\":2,\"parts\":[1,1]}\nabcd",
        "{\"id\":\"x\",\"userid\":2,\"parts\":[0,0]}\n\0\0",
    };

    for (size_t i = 0; i < sizeof (payloads) / sizeof (payloads[0]); i++) {
        flux_msg_t *msg = flux_msg_create (FLUX_MSGTYPE_REQUEST);
        struct agent_start start;
        flux_error_t error;

        flux_msg_set_topic (msg, "agent.start");
        flux_msg_set_payload (msg, payloads[i], strlen (payloads[i]) + 1);
        errno = 0;
        ok (agent_start_decode (msg, &start, &error) < 0 && errno == EPROTO,
            "refused: %s",
            payloads[i]);
        flux_msg_destroy (msg);
    }
}

static void test_stdin_request (void)
{
    struct stdin_request req;

    ok (stdin_request_decode (
            "{\"stream\":\"stdin\",\"rank\":3,\"data\":\"x\"}",
            &req,
            NULL)
                == 0
            && !strcmp (req.ranks, "3") && req.len == 1 && !req.eof,
        "a rank may be a number");
    free (req.data);
    ok (stdin_request_decode ("{\"stream\":\"stdin\",\"data\":\"?\","
                              "\"encoding\":\"base64\"}",
                              &req,
                              NULL)
                < 0
            && errno == EPROTO,
        "bad base64 is refused");
    ok (stdin_request_decode ("nonsense", &req, NULL) < 0, "nonsense too");
}

static void test_talk (void)
{
    struct agent_talk talk = { .id = 1ULL << 60,
                               .kind = TALK_PMI,
                               .n = -5,
                               .m = 1LL << 40,
                               .text = "a\0b",
                               .len = 3 };
    flux_msg_t *msg = agent_talk_encode (&talk);

    memset (&talk, 0, sizeof (talk));
    ok (agent_topic_of (msg) == AGENT_TALK
            && agent_talk_decode (msg, &talk, NULL) == 0
            && talk.id == 1ULL << 60 && talk.kind == TALK_PMI && talk.n == -5
            && talk.m == 1LL << 40 && talk.len == 3
            && !memcmp (talk.text, "a\0b", 3),
        "talk");
    flux_msg_destroy (msg);
    talk = (struct agent_talk){ .kind = TALK_KINDS };
    msg = agent_talk_encode (&talk);
    ok (agent_talk_decode (msg, &talk, NULL) < 0 && errno == EPROTO,
        "of a kind that there is not");
    flux_msg_destroy (msg);
}

static void test_pty_request (void)
{
    static const char *const refused[] = {
        "nonsense",
        "{}",
        "{\"type\":\"x\"}",
        "{\"type\":\"attach\",\"mode\":\"x\"}",
        "{\"type\":\"resize\"}",
        "{\"type\":\"resize\",\"winsize\":{\"rows\":1}}",
        "{\"type\":\"resize\",\"winsize\":{\"rows\":1,\"cols\":65536}}",
        "{\"type\":\"data\"}",
        "{\"type\":\"data\",\"data\":\"?\",\"encoding\":\"base64\"}",
    };
    struct pty_request req;
    char *s;

    ok (pty_request_decode ("{\"type\":\"attach\",\"mode\":\"ro\",\"winsize\":"
                            "{\"rows\":3,\"cols\":4}}",
                            &req,
                            NULL)
                == 0
            && req.type == PTY_ATTACH && req.mode == PTY_MAY_READ
            && req.rows == 3 && req.columns == 4,
        "attach");
    ok (pty_request_decode ("{\"type\":\"data\",\"data\":\"\\u0000x\"}",
                            &req,
                            NULL)
                == 0
            && req.len == 2 && req.data[0] == '\0' && req.data[1] == 'x',
        "a NUL is a key like others");
    free (req.data);
    for (size_t i = 0; i < sizeof (refused) / sizeof (refused[0]); i++) {
        errno = 0;
        ok (pty_request_decode (refused[i], &req, NULL) < 0 && errno != 0,
            "refused: %s",
            refused[i]);
    }
    s = pty_data_encode ("a\n", 2);
    is_str (s, "{\"type\":\"data\",\"data\":\"a\\n\"}", "text");
    free (s);
    s = pty_data_encode ("\377", 1);
    is_str (s,
            "{\"type\":\"data\",\"encoding\":\"base64\",\"data\":\"/w==\"}",
            "bytes");
    free (s);
}

static void test_whole (void)
{
    is_int (guestlog_whole ("abc", 3), 3, "plain text is whole");
    is_int (guestlog_whole ("a\303", 2), 1, "half of two");
    is_int (guestlog_whole ("a\303\244", 3), 3, "two of two");
    is_int (guestlog_whole ("\342\202", 2), 0, "two of three");
    is_int (guestlog_whole ("\360\237\230", 3), 0, "three of four");
    is_int (guestlog_whole ("\377", 1), 1, "no character at all");
    is_int (guestlog_whole ("\200\200\200\200", 4), 4, "nor these");
    is_int (guestlog_whole ("", 0), 0, "nothing");
}

int main (void)
{
    test_messages ();
    test_nonsense ();
    test_stdin_request ();
    test_talk ();
    test_pty_request ();
    test_whole ();
    return done_testing ();
}
