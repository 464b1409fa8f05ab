/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The public headers are used from C++ by some plugins. */

#include <flux/core.h>
#include <flux/jobtap.h>
#include <flux/disconnect.h>

#include <cstdio>
#include <cstring>

static void respond_cb (flux_t *h,
                        flux_msg_handler_t *mh,
                        const flux_msg_t *msg,
                        void *arg)
{
    int n = 0;

    if (flux_request_unpack (msg, nullptr, "{s:i}", "n", &n) < 0)
        flux_respond_error (h, msg, EPROTO, flux_msg_last_error (msg));
    else
        flux_respond_pack (h, msg, "{s:i}", "n", n + 1);
}

static void then_cb (flux_future_t *f, void *arg)
{
    flux_rpc_get_unpack (f, "{s:i}", "n", static_cast<int *> (arg));
    flux_future_destroy (f);
    flux_reactor_stop (static_cast<flux_reactor_t *> (nullptr));
}

int main ()
{
    static const struct flux_msg_handler_spec tab[] = {
        {FLUX_MSGTYPE_REQUEST, "x.inc", respond_cb, 0},
        FLUX_MSGHANDLER_TABLE_END,
    };
    flux_t *h = flux_open ("loop://", 0);
    flux_msg_handler_t **handlers = nullptr;
    int n = 0;

    flux_msg_handler_addvec (h, tab, nullptr, &handlers);
    flux_future_t *f = flux_rpc_pack (h,
                                      "x.inc",
                                      FLUX_NODEID_ANY,
                                      0,
                                      "{s:i}",
                                      "n",
                                      41);
    flux_future_then (f, -1., then_cb, &n);
    for (int i = 0; i < 5; i++)
        flux_reactor_run (flux_get_reactor (h), FLUX_REACTOR_NOWAIT);
    flux_msg_handler_delvec (handlers);
    flux_close (h);
    std::printf ("1..1\n%s 1 - a call served and made in C++\n",
                 n == 42 ? "ok" : "not ok");
    return n == 42 ? 0 : 1;
}
