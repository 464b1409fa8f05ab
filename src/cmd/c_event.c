/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def pub_options[] = {
    { 'r', "raw", NULL, "The payload is not JSON." },
    { 's', "synchronous", NULL, "Print the event's number." },
    { 'l', "loopback", NULL, "Wait until the event has come back." },
    { 'p', "private", NULL, "Only for the owner and this user." },
    { 0 },
};

static const struct option_def sub_options[] = {
    { 'c', "count", "N", "Stop after N events." },
    { 0 },
};

static void await_event (flux_t *h, const char *topic)
{
    struct flux_match match = {
        .typemask = FLUX_MSGTYPE_EVENT,
        .matchtag = FLUX_MATCHTAG_NONE,
        .topic_glob = topic,
    };
    flux_msg_t *msg = flux_recv (h, match, 0);

    if (!msg)
        die ("%s: %s", topic, strerror (errno));
    flux_msg_destroy (msg);
}

static int run_pub (struct opts *o)
{
    int flags = opt_count (o, "private") ? FLUX_MSGFLAG_PRIVATE : 0;
    bool loopback = opt_count (o, "loopback") > 0;
    char *payload = NULL;
    flux_future_t *f;
    int seq = 0;
    flux_t *h;

    if (o->argc < 1)
        die ("a topic is required");
    if (o->argc > 1)
        payload = join_words (o->argc - 1, o->argv + 1);
    if (payload && !opt_count (o, "raw")) {
        json_t *p = json_loads (payload, 0, NULL);
        if (!json_is_object (p))
            die ("payload '%s' is not a JSON object", payload);
        json_decref (p);
    }
    h = cmd_open ();
    if (loopback && flux_event_subscribe (h, o->argv[0]) < 0)
        die ("%s: %s", o->argv[0], strerror (errno));
    if (opt_count (o, "raw") && payload)
        f = flux_event_publish_raw (h,
                                    o->argv[0],
                                    flags,
                                    payload,
                                    strlen (payload));
    else
        f = flux_event_publish (h, o->argv[0], flags, payload);
    if (!f)
        die ("%s", strerror (errno));
    if (flux_future_get (f, NULL) < 0)
        die ("%s", future_text (f));
    if (opt_count (o, "synchronous")
        && flux_event_publish_get_seq (f, &seq) == 0)
        printf ("seq=%d\n", seq);
    if (loopback)
        await_event (h, o->argv[0]);
    flux_future_destroy (f);
    free (payload);
    flux_close (h);
    return 0;
}

static void print_payload (const flux_msg_t *msg)
{
    const void *buf;
    size_t size;
    const char *s = NULL;

    if (flux_msg_get_string (msg, &s) == 0) {
        printf ("%s", s ? s : "");
        return;
    }
    if (flux_msg_get_payload (msg, &buf, &size) < 0)
        return;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = ((const unsigned char *)buf)[i];
        if (c >= ' ' && c < 127)
            putchar (c);
        else
            printf ("\\x%02x", c);
    }
}

static int run_sub (struct opts *o)
{
    long count = opt_int (o, "count", 0, 1, 1L << 30);
    flux_t *h = cmd_open ();
    flux_msg_t *msg;

    for (int i = 0; i < o->argc; i++) {
        if (flux_event_subscribe (h, o->argv[i]) < 0)
            die ("%s: %s", o->argv[i], strerror (errno));
    }
    if (o->argc == 0 && flux_event_subscribe (h, "") < 0)
        die ("%s", strerror (errno));
    while ((msg = flux_recv (h, FLUX_MATCH_EVENT, 0))) {
        const char *topic = "";
        flux_msg_get_topic (msg, &topic);
        printf ("%s\t", topic);
        print_payload (msg);
        printf ("\n");
        fflush (stdout);
        flux_msg_destroy (msg);
        if (count > 0 && --count == 0)
            break;
    }
    if (!msg && count != 0)
        die ("lost connection to the instance: %s", strerror (errno));
    flux_close (h);
    return 0;
}

static const struct command pub = {
    .name = "pub",
    .summary = "publish an event",
    .usage = "[OPTIONS] TOPIC [PAYLOAD...]",
    .options = { pub_options },
    .run = run_pub,
};

static const struct command sub = {
    .name = "sub",
    .summary = "print events as they come",
    .usage = "[--count=N] [TOPIC...]",
    .options = { sub_options },
    .run = run_sub,
};

static const struct command *const subs[] = { &pub, &sub, NULL };

const struct command cmd_event = {
    .name = "event",
    .summary = "publish events and subscribe to them",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
    .section = "instance",
};
