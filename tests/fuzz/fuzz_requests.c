/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Payloads of requests, the agent's messages, and what is read of the
 * configuration: each text goes to every decoder.
 */

#include <flux/message.h>
#include <flux/request.h>

#include "fuzz.h"
#include "wire/agent_talk.h"
#include "wire/proctable.h"
#include "wire/queue_settings.h"
#include "wire/requests_broker.h"
#include "wire/requests_job.h"

static const char *const inputs[] = {
    "{\"J\":\"a.b.none\",\"urgency\":16,\"flags\":0}",
    "{\"id\":12345,\"severity\":0,\"type\":\"cancel\",\"note\":\"x\","
    "\"urgency\":16,\"signum\":9}",
    "{\"dry_run\":true,\"userid\":4294967295,\"states\":62,\"severity\":7,"
    "\"type\":\"x\",\"signum\":15}",
    "{\"id\":1,\"updates\":{\"attributes.system.duration\":1.5},\"memo\":{"
    "\"a\":null},\"volatile\":true}",
    "{\"name\":\"batch\",\"enable\":true,\"start\":false,\"reason\":\"r\","
    "\"all\":false,\"nocheckpoint\":true}",
    "{\"id\":1,\"attrs\":[\"jobspec\",\"R\"],\"max_entries\":5}",
    "{\"age_limit\":-1.0,\"num_limit\":100,\"batch\":50,\"force\":true,"
    "\"timeout\":1,\"expiration\":2.5}",
    "{\"targets\":\"0-3\",\"reason\":\"why\",\"mode\":\"update\"}",
    "{\"ranks\":\"0\",\"idset\":\"0\",\"nodelist\":\"a\",\"reason\":\"x\"}",
    "{\"allow\":{\"start\":1},\"deny\":{\"free\":1},\"full\":false}",
    "{\"jobspec\":{\"version\":1}}",
    "{\"stream\":\"stdin\",\"rank\":\"0-1\",\"data\":\"aGVsbG8=\","
    "\"encoding\":\"base64\",\"eof\":true}",
    "{\"exec\":{\"kill-timeout\":\"5s\",\"agent-grace\":10},\"job-manager\":{"
    "\"inactive-age-limit\":\"1d\",\"inactive-num-limit\":7},\"access\":{"
    "\"private-mode\":true},\"resource\":{\"exclude\":\"0\"}}",
    "{\"queues\":{\"a\":{\"requires\":[\"x\"],\"policy\":{\"limits\":{"
    "\"duration\":\"1h\"}}},\"b\":{\"parent\":\"a\"}},\"policy\":{\"jobspec\":"
    "{\"defaults\":{\"system\":{\"queue\":\"a\",\"duration\":\"1m\"}}}}}",
    "{\"seq\":0,\"time.tv_sec\":1,\"time.tv_nsec\":2,\"pad\":\"x\"}",
    "[{\"name\":\"a\",\"enable\":true,\"start\":false,\"stop_reason\":\"x\"}]",
    "{\"rank\":0,\"pid\":12,\"parts\":[3]}\n1 2",
    "{\"id\":1,\"kind\":5,\"n\":1,\"m\":2,\"parts\":[3]}\na=b",
    "{\"type\":\"attach\",\"mode\":\"rw\",\"winsize\":{\"rows\":24,\"cols\":80}"
    ","
    "\"data\":\"\\u0000\",\"encoding\":\"base64\"}",
    "{\"hosts\":[\"a\",[\"b\",[[-1,-2]]]],\"ids\":[[0,1],5,-2],\"pids\":[10,"
    "[1,-1],2]}",
    "{\"id\":1,\"userid\":2,\"parts\":[2,2]}\n{}",
    "{\"id\":1,\"signum\":9,\"seq\":3,\"eof\":1,\"parts\":[1,2]}\nx",
    "{\"seq\":1,\"id\":2,\"started\":1,\"over\":1,\"status\":256,"
    "\"severity\":0,\"parts\":[1,1,1,1]}\na",
};

static void jobs (const flux_msg_t *msg)
{
    struct req_submit submit;
    struct req_raise raise;
    struct req_all all;
    struct req_queue queue;
    struct req_purge purge;
    struct req_drain drain;
    struct req_journal journal;
    const char **attrs;
    const char *name;
    char *text;
    uint64_t id;
    double number;
    bool flag;
    int value;

    req_submit_decode (msg, &submit, NULL);
    req_raise_decode (msg, &raise, NULL);
    req_raiseall_decode (msg, &all, NULL);
    req_killall_decode (msg, &all, NULL);
    req_id_decode (msg, &id, "urgency", &value, NULL);
    req_id_decode (msg, &id, NULL, NULL, NULL);
    if (req_object_decode (msg, &id, "memo", &text, &flag, NULL) == 0)
        free (text);
    if (req_object_decode (msg, &id, "updates", &text, NULL, NULL) == 0)
        free (text);
    req_queue_decode (msg, "enable", &queue, NULL);
    req_queue_decode (msg, "start", &queue, NULL);
    req_name_decode (msg, &name, NULL);
    if (req_getattr_decode (msg, &id, &attrs, NULL) == 0)
        free (attrs);
    req_list_decode (msg, &value, NULL);
    req_purge_decode (msg, &purge, NULL);
    req_number_decode (msg, "expiration", &number, NULL);
    req_drain_decode (msg, &drain, NULL);
    if (req_jobspec_decode (msg, &text, NULL) == 0)
        free (text);
    if (req_journal_decode (msg, &journal, NULL) == 0)
        req_journal_clear (&journal);
}

static void agents (const flux_msg_t *msg)
{
    struct agent_hello hello;
    struct agent_start start;
    struct agent_kill kill;
    struct agent_stdin in;
    struct agent_report report;
    struct agent_ack ack;
    struct agent_talk talk;

    /* Every byte they point to is there. */
    if (agent_hello_decode (msg, &hello, NULL) == 0)
        fuzz_assert (strlen (hello.jobs) < 100000);
    if (agent_start_decode (msg, &start, NULL) == 0)
        fuzz_assert (strlen (start.jobspec) + strlen (start.R) < 100000);
    agent_kill_decode (msg, &kill, NULL);
    if (agent_stdin_decode (msg, &in, NULL) == 0)
        fuzz_assert (in.len < 100000 && in.data[in.len] == '\0');
    if (agent_report_decode (msg, &report, NULL) == 0)
        fuzz_assert (!report.exec
                     || strlen (report.exec) + report.exec_len < 100000);
    agent_ack_decode (msg, &ack, NULL);
    if (agent_talk_decode (msg, &talk, NULL) == 0)
        fuzz_assert (talk.len < 100000 && talk.text[talk.len] == '\0');
}

static void texts (const char *s)
{
    struct stdin_request in;
    struct pty_request pty;
    struct proctable table = { 0 };
    struct manager_settings settings;
    struct queue_settings queues;
    struct queue_saved *saved;
    struct ping_reply reply = { "a!b", 1, 2, 3 };
    char *ranks, *hosts, *reason;
    size_t n;

    if (stdin_request_decode (s, &in, NULL) == 0)
        free (in.data);
    pty_request_decode (s, &pty, NULL);
    free (pty.data);
    if (proctable_decode (s, &table, NULL) == 0) {
        free (proctable_encode (&table));
        proctable_clear (&table);
    }
    if (manager_settings_decode (s, &settings, NULL) == 0)
        manager_settings_clear (&settings);
    if (queue_settings_decode (s, &queues, NULL) == 0)
        queue_settings_clear (&queues);
    if (queue_saved_decode (s, &saved, &n) == 0)
        queue_saved_destroy (saved, n);
    if (wire_drain_decode (s, &ranks, &hosts, &reason) == 0) {
        free (ranks);
        free (hosts);
        free (reason);
    }
    free (wire_ping_reply (s, &reply));
    free (wire_updates_queue (s));
    free (wire_memo_patch (s));
}

static void one (const char *s, size_t len)
{
    /* With its NUL, as clients send text. */
    flux_msg_t *msg = flux_request_encode_raw ("a.b", s, len + 1);

    if (!msg)
        return;
    jobs (msg);
    agents (msg);
    flux_msg_decref (msg);
    if (len > 0 && (msg = flux_request_encode_raw ("a.b", s, len))) {
        jobs (msg);
        agents (msg);
        flux_msg_decref (msg);
    }
    if (strlen (s) == len)
        texts (s);
}

int main (int argc, char **argv)
{
    return fuzz_main (argc,
                      argv,
                      inputs,
                      sizeof (inputs) / sizeof (inputs[0]),
                      one);
}
