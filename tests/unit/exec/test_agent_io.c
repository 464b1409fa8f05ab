/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Input and output of tasks. */

#include "agent_run.h"
#include "base/jobid.h"
#include "wire/base64.h"

static void test_output (void)
{
    struct report *r;
    size_t total = 0;
    char *p, *s, *end;

    r = sh ("head -c 10000000 /dev/zero | tr '\\\\0' x");
    for (p = r->output; (p = strstr (p, "\"data\":\"")); p = end) {
        p += 8;
        end = strchr (p, '"');
        total += end - p;
    }
    is_int (total, 10000000, "ten million bytes arrive");
    r = sh ("printf 'a\\\\000b\\\\377'");
    p = strstr (r->output, "\"encoding\":\"base64\",\"data\":\"");
    ok (p != NULL, "bytes that are no text are encoded");
    if (p) {
        size_t n;

        p += strlen ("\"encoding\":\"base64\",\"data\":\"");
        s = base64_decode (p, strcspn (p, "\""), &n);
        ok (s && n == 4 && !memcmp (s, "a\0b\377", 4), "and come back");
        free (s);
    }
    r = sh ("printf '\\\\303'; sleep 0.05; printf '\\\\244'");
    ok (said (r, "stdout", "\303\244"), "a character is not cut in two");
    r = sh ("printf '\\\\303' >&2; sleep 0.05; printf '\\\\244' >&2");
    ok (said (r, "stderr", "\303\244"), "not on stderr either");
    r = sh ("printf a; sleep 0.05; echo b; printf c");
    ok (said (r, "stdout", "ab\\n") && said (r, "stdout", "c"),
        "stdout comes in lines");
    r = sh ("echo out; echo err >&2");
    ok (said (r, "stdout", "out\\n") && said (r, "stderr", "err\\n"),
        "streams are told apart");
}

static char *slurp (const char *name)
{
    char path[256];
    char *s = calloc (1, 4096);
    FILE *f;

    snprintf (path, sizeof (path), "%s/%s", dir, name);
    if ((f = fopen (path, "r"))) {
        if (fread (s, 1, 4095, f) == 0)
            s[0] = '\0';
        fclose (f);
    }
    unlink (path);
    return s;
}

#define OPT(x) ",\"shell\":{\"options\":{" x "}}"

static void test_files (void)
{
    struct report *r;
    char name[64];
    char *s;

    r = run (&(struct ask){
        .command = "[\"sh\",\"-c\",\"echo out; echo err >&2\"]",
        .system = OPT ("\"output\":{\"stdout\":{\"type\":\"file\",\"path\":"
                       "\"o-{{id.dec}}\"}}") });
    snprintf (name, sizeof (name), "o-%llu", (unsigned long long)r->id);
    s = slurp (name);
    is_str (s, "out\nerr\n", "output to a file named after the job");
    free (s);
    ok (strstr (r->output, "\"redirect\""), "the log says where it went");
    r = run (&(struct ask){
        .command = "[\"sh\",\"-c\",\"echo $FLUX_TASK_RANK\"]",
        .ntasks = 2,
        .system = OPT ("\"output\":{\"stdout\":{\"type\":\"file\",\"path\":"
                       "\"t{{taskid}}\"}}") });
    s = slurp ("t1");
    is_str (s, "1\n", "a file for each task");
    free (s);
    free (slurp ("t0"));
    r = run (&(struct ask){
        .command = "[\"sh\",\"-c\",\"echo a\"]",
        .ntasks = 2,
        .system = OPT ("\"output\":{\"stdout\":{\"type\":\"file\",\"path\":"
                       "\"lab\",\"label\":true}}") });
    s = slurp ("lab");
    ok (strstr (s, "0: a\n") && strstr (s, "1: a\n"), "labelled lines");
    free (s);
    r = run (&(struct ask){
        .command = "[\"cat\"]",
        .system = OPT ("\"input\":{\"stdin\":{\"type\":\"file\",\"path\":"
                       "\"/etc/hostname\"}}") });
    is_int (count (r->output, "\"data\":"), 1, "input from a file");
    r = run (&(struct ask){
        .command = "[\"cat\"]",
        .system = OPT ("\"input\":{\"stdin\":{\"type\":\"file\",\"path\":"
                       "\"/no/such\"}}") });
    ok (strstr (r->note, "/no/such"), "input from a file that is not there");
    is_int (count (r->input, "\"redirect\""), 1, "its log names it");
}

/* A client of the router, to write input. */
static int answer = -1;

static int deliver_cb (const flux_msg_t *msg, void *arg)
{
    flux_msg_get_errnum (msg, &answer);
    return 0;
}

static int send_input (struct router_client *c, uint64_t id, const char *json)
{
    flux_msg_t *msg = flux_msg_create (FLUX_MSGTYPE_REQUEST);
    char f58[JOBID_TEXT_MAX];
    char topic[128];

    jobid_encode (id, JOBID_F58PLAIN, f58, sizeof (f58));
    snprintf (topic, sizeof (topic), "%u-shell-%s.stdin", geteuid (), f58);
    flux_msg_set_topic (msg, topic);
    flux_msg_set_matchtag (msg, 1);
    flux_msg_route_enable (msg);
    flux_msg_set_string (msg, json);
    answer = -1;
    router_client_recv (c, msg);
    while (answer < 0)
        loop_turn (loop, true);
    flux_msg_destroy (msg);
    return answer;
}

static void test_stdin (void)
{
    struct router_client *c = router_client_add (router,
                                                 geteuid (),
                                                 FLUX_ROLE_OWNER,
                                                 deliver_cb,
                                                 NULL);
    struct router_client *guest = router_client_add (router,
                                                     geteuid () + 1,
                                                     FLUX_ROLE_USER,
                                                     deliver_cb,
                                                     NULL);
    uint64_t id = start (&(struct ask){ .command = "[\"cat\"]" });
    struct report *r = report_of (&reports, id);

    while (!r->started)
        loop_turn (loop, true);
    is_int (send_input (guest, id, "{\"stream\":\"stdin\",\"eof\":true}"),
            EPERM,
            "others may not write");
    is_int (send_input (c,
                        id,
                        "{\"stream\":\"stdin\",\"rank\":\"all\",\"data\":"
                        "\"in\\n\"}"),
            0,
            "input is taken");
    is_int (send_input (c,
                        id,
                        "{\"stream\":\"stdin\",\"rank\":\"0\",\"data\":"
                        "\"Ynl0ZXM=\",\"encoding\":\"base64\"}"),
            0,
            "also encoded");
    is_int (send_input (c,
                        id,
                        "{\"stream\":\"stdin\",\"rank\":\"0\",\"data\":"
                        "\"olgrf\",\"encoding\":\"rot13\"}"),
            EPROTO,
            "in no other way");
    is_int (send_input (c, id, "{\"stream\":\"x\"}"), EPROTO, "but not this");
    is_int (send_input (c,
                        id,
                        "{\"stream\":\"stdin\",\"rank\":\"all\",\"eof\":true}"),
            0,
            "and its end");
    if (!r->released)
        is_int (send_input (c,
                            id,
                            "{\"stream\":\"stdin\",\"rank\":\"all\",\"data\":"
                            "\"late\"}"),
                EPIPE,
                "after which nothing is");
    else
        pass ("(already over)");
    await (id);
    ok (said (r, "stdout", "in\\n") && said (r, "stdout", "bytes"),
        "the task has read it");
    ok (strstr (r->input, "\"header\"") < strstr (r->input, "\"in\\n\"")
            && count (r->input, "\n") == 4,
        "its log has a header, and three pieces");
    is_int (send_input (c, id, "{\"stream\":\"stdin\",\"eof\":true}"),
            ENOSYS,
            "no service is left behind");
    router_client_remove (c);
    router_client_remove (guest);
}

/* More than a pipe holds at once. */
static void test_much_stdin (void)
{
    struct router_client *c = router_client_add (router,
                                                 geteuid (),
                                                 FLUX_ROLE_OWNER,
                                                 deliver_cb,
                                                 NULL);
    static char data[1000001];
    uint64_t id = start (&(struct ask){ .command = "[\"cksum\"]" });
    struct report *r = report_of (&reports, id);
    char *json;

    for (size_t i = 0; i < sizeof (data) - 1; i++)
        data[i] = 'a' + i % 26;
    if (asprintf (&json,
                  "{\"stream\":\"stdin\",\"rank\":\"all\",\"eof\":true,"
                  "\"data\":\"%s\"}",
                  data)
        < 0)
        bail_out ("out of memory");
    while (!r->started)
        loop_turn (loop, true);
    is_int (send_input (c, id, json), 0, "a million bytes of input");
    await (id);
    ok (said (r, "stdout", "3206102199 1000000\\n"), "the task has read each");
    free (json);
    router_client_remove (c);
}

static void test_cwd (void)
{
    struct report *r =
        run (&(struct ask){ .command = "[\"pwd\"]", .cwd = "/no/such/dir" });

    ok (said (r, "stdout", "/tmp\\n"), "no such directory: in another");
    ok (strstr (r->output,
                "Could not change dir to /no/such/dir: No such file or "
                "directory. Going to /tmp instead"),
        "and the log says why");
}

int main (void)
{
    begin ();
    test_output ();
    test_files ();
    test_stdin ();
    test_much_stdin ();
    test_cwd ();
    end ();
    return done_testing ();
}
