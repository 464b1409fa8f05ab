/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Lists that take several slices, while jobs come, change and go. */

#include <errno.h>
#include <jansson.h>
#include <unistd.h>

#include <flux/request.h>

#include "harness.h"
#include "tap.h"
#include "view/view.h"

#define JOBS_MAX 2000

/* Who asks for a list.  Each message takes so much time that the slice is
 * over: what happens next, happens between two slices.
 */
struct reader {
    struct inst *t;
    struct router_client *client;
    unsigned int messages;
    unsigned int rows;
    int errnum;          /* of the end; -1: not yet */
    int times[JOBS_MAX]; /* that a job was listed, by its number below */
    int state[JOBS_MAX];
    struct reader *next;
};

static struct inst *t;
static struct view *view;
static struct reader *readers;
static uint64_t ids[JOBS_MAX];
static int njobs;

static int number_of (uint64_t id)
{
    for (int i = 0; i < njobs; i++) {
        if (ids[i] == id)
            return i;
    }
    return JOBS_MAX - 1; /* has come later */
}

static void take_rows (struct reader *r, const char *text)
{
    json_t *o = json_loads (text, 0, NULL);
    json_t *row;
    size_t i;

    json_array_foreach (json_object_get (o, "jobs"), i, row)
    {
        json_int_t id = 0;
        int state = 0, n;

        json_unpack (row, "{s:I s:i}", "id", &id, "state", &state);
        n = number_of (id);
        r->times[n]++;
        r->state[n] = state;
        r->rows++;
    }
    json_decref (o);
}

static int deliver_cb (const flux_msg_t *msg, void *arg)
{
    struct reader *r = arg;
    const char *text;
    int errnum;

    if (flux_msg_get_errnum (msg, &errnum) < 0
        || (errnum == 0 && flux_msg_get_string (msg, &text) < 0))
        bail_out ("not a response");
    if (errnum != 0)
        r->errnum = errnum;
    else {
        r->messages++;
        take_rows (r, text);
    }
    clock_advance (&t->clock, t->clock.t + 0.01);
    return 0;
}

static struct reader *ask (unsigned int max, const char *states)
{
    struct reader *r = calloc (1, sizeof (*r));
    flux_msg_t *msg;
    char *json;

    r->errnum = -1;
    r->next = readers;
    readers = r;
    r->client = router_client_add (t->router,
                                   getuid (),
                                   FLUX_ROLE_OWNER | FLUX_ROLE_LOCAL,
                                   deliver_cb,
                                   r);
    if (asprintf (&json,
                  "{\"max_entries\":%u,\"attrs\":[\"state\"],\"constraint\":"
                  "{\"states\":[%s]}}",
                  max,
                  states)
            < 0
        || !(msg = flux_request_encode ("job-list.list", json))
        || flux_msg_set_matchtag (msg, 1) < 0
        || flux_msg_set_streaming (msg) < 0)
        bail_out ("out of memory");
    router_client_recv (r->client, msg);
    flux_msg_destroy (msg);
    free (json);
    return r;
}

static void read_all (struct reader *r)
{
    while (r->errnum < 0 && loop_turn (t->loop, true))
        ;
    is_int (r->errnum, ENODATA, "the list ends");
}

static int times_not (const struct reader *r, int want)
{
    int n = 0;

    for (int i = 0; i < njobs; i++)
        n += r->times[i] != want;
    return n;
}

static void begin (unsigned int cores)
{
    flux_error_t error;

    t = inst_create (&(struct inst_opt){ .cores = cores });
    njobs = 0;
    if (!(view = view_create (t->m, &error)))
        bail_out ("%s", error.text);
}

/* A view ends between manager and router. */
static void view_end (void)
{
    manager_destroy (t->m);
    t->m = NULL;
    view_destroy (view);
}

static void end (void)
{
    struct reader *r;

    if (t->m)
        view_end ();
    while ((r = readers)) {
        readers = r->next;
        if (r->client)
            router_client_remove (r->client);
        free (r);
    }
    inst_destroy (t);
}

static void submit (int n, double seconds, int urgency)
{
    char *spec = make_jobspec (seconds, 0., NULL);

    while (n-- > 0)
        ids[njobs++] = inst_submit (t, spec, urgency, 0);
    free (spec);
}

static uint32_t send_id (const char *topic, int i, const char *more)
{
    char json[256];

    snprintf (json,
              sizeof (json),
              "{\"id\":%llu,%s}",
              (unsigned long long)ids[i],
              more);
    return inst_send (t, t->owner, topic, json);
}

static uint32_t cancel (int i)
{
    return send_id ("job-manager.raise",
                    i,
                    "\"type\":\"cancel\",\"severity\":0");
}

static bool granted (uint32_t matchtag)
{
    struct answer *a = inst_answer (t, matchtag);

    return a && a->errnum == 0;
}

#define ALL "\"pending\",\"running\",\"inactive\""

/* Jobs that wait are listed in the order in which they came, then those that
 * run.
 */
static void test_changes (void)
{
    struct reader *r;
    uint32_t tags[4];
    int had;

    begin (2);
    submit (2, 0.03, 16);
    submit (1000, 1000., 16);
    while (manager_count_in (t->m, FLUX_JOB_STATE_RUN) < 2)
        loop_turn (t->loop, true);
    r = ask (0, ALL);
    ok (r->messages == 1 && r->errnum < 0, "a long list is not made at once");
    ok (r->times[10] == 1 && r->times[20] == 1, "it has the first that wait");
    ok (r->times[900] == 0 && r->times[901] == 0 && r->times[0] == 0,
        "and not yet those behind");
    tags[0] = cancel (10);
    tags[1] = send_id ("job-manager.urgency", 20, "\"urgency\":0");
    tags[2] = cancel (900);
    tags[3] = send_id ("job-manager.urgency", 901, "\"urgency\":31");
    had = njobs;
    submit (3, 1000., 16);
    njobs = had;
    read_all (r);
    for (int i = 0; i < 4; i++)
        ok (granted (tags[i]), "change %d was made meanwhile", i);
    ok (r->messages > 4, "a message a slice");
    is_int (times_not (r, 1), 0, "each job is listed once");
    is_int (r->times[JOBS_MAX - 1], 0, "none that came later");
    is_int (r->state[10], FLUX_JOB_STATE_SCHED, "as it was at its turn:");
    is_int (r->state[900], FLUX_JOB_STATE_INACTIVE, "one canceled before it");
    is_int (r->state[0], FLUX_JOB_STATE_INACTIVE, "one that has ended");
    end ();
}

/* The store lists those that ended last first. */
static void test_finished (void)
{
    struct reader *r;

    begin (4);
    submit (1500, 0.001, 16);
    inst_run (t);
    submit (4, 0.01, 16);
    while (manager_count_in (t->m, FLUX_JOB_STATE_RUN) < 4)
        loop_turn (t->loop, true);
    r = ask (0, ALL);
    ok (r->messages == 1 && r->errnum < 0, "finished jobs, in slices");
    is_int (manager_count_in (t->m, FLUX_JOB_STATE_RUN), 4, "four run");
    read_all (r);
    is_int (manager_active_count (t->m), 0, "and end meanwhile");
    is_int (times_not (r, 1), 0, "each is listed once");
    is_int (r->rows, 1504, "all are");
    end ();
}

/* Durable soon, and then in the store, too. */
static void test_between (void)
{
    struct reader *r;

    begin (4);
    submit (200, 0.001, 16);
    while (manager_count_in (t->m, FLUX_JOB_STATE_INACTIVE) == 0
           && loop_turn (t->loop, true))
        ;
    ok (manager_count_in (t->m, FLUX_JOB_STATE_INACTIVE) > 0,
        "a job has ended and is still in memory");
    r = ask (0, ALL);
    read_all (r);
    is_int (times_not (r, 1), 0, "each is listed once");
    end ();
}

static void test_limit (void)
{
    struct reader *r, *other;

    begin (1);
    submit (1000, 1000., 16);
    r = ask (300, ALL);
    other = ask (0, ALL);
    ok (r->errnum < 0 && other->errnum < 0, "two lists are under way");
    read_all (r);
    is_int (r->rows, 300, "as many as were asked for, over several slices");
    ok (other->messages > 1 && other->errnum < 0, "they take turns");
    read_all (other);
    is_int (times_not (other, 1), 0, "the other one has all");
    end ();
}

static void test_gone (void)
{
    struct reader *gone, *stays;

    begin (1);
    submit (1000, 1000., 16);
    gone = ask (0, ALL);
    stays = ask (0, ALL);
    router_client_remove (gone->client);
    gone->client = NULL;
    loop_turn (t->loop, true);
    loop_turn (t->loop, true);
    is_int (gone->messages, 1, "who has gone is sent no more");
    ok (stays->messages > 1 && stays->errnum < 0, "others are");
    view_end ();
    is_int (stays->errnum, ENODATA, "a list ends with the service");
    end ();
}

static size_t waits; /* bytes, for the slow one */

static size_t waits_cb (void *arg)
{
    return waits;
}

static void test_slow (void)
{
    struct reader *slow, *other;

    begin (1);
    submit (1000, 1000., 16);
    slow = ask (0, ALL);
    router_client_set_queued (slow->client, waits_cb);
    waits = (1 << 20) + 1;
    other = ask (0, ALL);
    read_all (other);
    is_int (slow->messages,
            1,
            "a list waits for who does not read, others go on");
    inst_settle (t);
    ok (!loop_turn (t->loop, false), "and nobody looks whether it does");
    router_client_read (slow->client);
    ok (!loop_turn (t->loop, false), "a little is not enough");
    waits = 0;
    router_client_read (slow->client);
    read_all (slow);
    is_int (times_not (slow, 1), 0, "when it has read on, it gets all");
    end ();
}

int main (void)
{
    test_changes ();
    test_finished ();
    test_between ();
    test_limit ();
    test_gone ();
    test_slow ();
    return done_testing ();
}
