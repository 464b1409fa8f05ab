/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "fuzz.h"
#include "wire/rexec_msgs.h"

static const char *const inputs[] = {
    "{\"cmd\":{\"cwd\":\"/home/test\",\"cmdline\":[\"hostname\",\"-s\"],"
    "\"env\":{\"PATH\":\"/bin\"},\"opts\":{\"stdout_BUFSIZE\":\"4k\"},"
    "\"channels\":[\"CH\"],\"msgchan\":[{\"name\":\"X\",\"uri\":\"u://x\"}],"
    "\"label\":\"l\"},\"flags\":11,\"local_flags\":2}",
    "{\"pid\":12,\"signum\":15,\"label\":\"x\",\"flags\":3}",
    "{\"matchtag\":7,\"io\":{\"stream\":\"stdin\",\"rank\":\"0\",\"data\":"
    "\"YWI=\",\"encoding\":\"base64\",\"eof\":true}}",
    "{\"type\":\"add-credit\",\"channels\":{\"stdin\":4096,\"CH\":1}}",
    "{\"type\":\"output\",\"pid\":1,\"io\":{\"stream\":\"stdout\",\"rank\":"
    "\"0\",\"data\":\"hi\"}}",
    "{\"type\":\"attached\",\"pid\":1,\"cmd\":{\"cmdline\":[\"a\"],\"env\":{},"
    "\"opts\":{},\"channels\":[]}}",
};

static bool same_cmd (const flux_cmd_t *a, const flux_cmd_t *b)
{
    json_t *x = rexec_cmd_encode (a);
    json_t *y = rexec_cmd_encode (b);
    bool same = x && y && json_equal (x, y);

    json_decref (x);
    json_decref (y);
    return same;
}

static void one (const char *s, size_t len)
{
    struct rexec_exec req;
    struct rexec_target t;
    struct rexec_io io;
    struct rexec_event ev;
    uint32_t tag;

    if (strlen (s) != len)
        return;
    if (rexec_exec_decode (s, &req, NULL) == 0) {
        json_t *o = rexec_cmd_encode (req.cmd);
        flux_cmd_t *again = o ? rexec_cmd_decode (o, NULL) : NULL;

        fuzz_assert (again && same_cmd (req.cmd, again));
        rexec_cmd_destroy (again);
        json_decref (o);
        rexec_cmd_destroy (req.cmd);
    }
    if (rexec_target_decode (s, &t, NULL) == 0)
        rexec_target_clear (&t);
    if (rexec_write_decode (s, &tag, &io, NULL) == 0) {
        fuzz_assert (io.stream && (io.data || io.eof));
        rexec_io_clear (&io);
    }
    if (rexec_event_decode (s, &ev, NULL) == 0)
        rexec_event_clear (&ev);
}

int main (int argc, char **argv)
{
    return fuzz_main (argc,
                      argv,
                      inputs,
                      sizeof (inputs) / sizeof (inputs[0]),
                      one);
}
