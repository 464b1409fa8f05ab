/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Services of plugins have no command of their own; this one reaches them. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'n', "noreply", NULL, "Send, and do not wait for an answer." },
    { 's', "stream", NULL, "Print answers until the service ends them." },
    { 0 },
};

static int print_answers (const char *topic, flux_future_t *f, bool stream)
{
    const char *s;

    do {
        if (flux_rpc_get (f, &s) < 0) {
            if (stream && errno == ENODATA)
                return 0;
            warn_msg ("%s: %s", topic, future_text (f));
            return 1;
        }
        if (s)
            printf ("%s\n", s);
        fflush (stdout);
        flux_future_reset (f);
    } while (stream);
    return 0;
}

static int run (struct opts *o)
{
    bool stream = opt_count (o, "stream") > 0;
    bool noreply = opt_count (o, "noreply") > 0;
    const char *payload = o->argc > 1 ? o->argv[1] : NULL;
    json_error_t error;
    json_t *object = NULL;
    flux_future_t *f;
    flux_t *h;
    int status = 0;

    if (o->argc < 1 || o->argc > 2)
        die ("a topic, and at most one payload, are required");
    if (payload && !(object = json_loads (payload, 0, &error)))
        die ("payload: %s", error.text);
    if (object && !json_is_object (object))
        die ("payload: not a JSON object");
    json_decref (object);
    h = cmd_open ();
    if (!(f = flux_rpc (h,
                        o->argv[0],
                        payload,
                        FLUX_NODEID_ANY,
                        noreply  ? FLUX_RPC_NORESPONSE
                        : stream ? FLUX_RPC_STREAMING
                                 : 0)))
        die ("%s: %s", o->argv[0], strerror (errno));
    if (!noreply)
        status = print_answers (o->argv[0], f, stream);
    flux_future_destroy (f);
    flux_close (h);
    return status;
}

const struct command cmd_rpc = {
    .name = "rpc",
    .summary = "send a request to a service and print the answer",
    .usage = "[OPTIONS] TOPIC [JSON]",
    .options = { options },
    .section = "instance",
    .run = run,
};
