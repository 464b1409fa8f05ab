/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fsd.h"
#include "base/log.h"
#include "daemon/attrs.h"
#include "daemon/notify.h"

struct notify {
    struct broker *b;
    int fd; /* -1: nobody wants to know */
    struct sockaddr_un addr;
    socklen_t len;
    bool ending;
};

/* A service manager that does not listen is no reason to stop. */
static void say (struct notify *n, const char *text)
{
    const struct sockaddr *to = (const struct sockaddr *)&n->addr;

    if (n->fd >= 0
        && sendto (n->fd, text, strlen (text), MSG_NOSIGNAL, to, n->len) < 0)
        log_errno ("broker", "broker.sd-notify: %s", text);
}

/* Each step to the end may take as long as the whole. */
static void extend (struct notify *n)
{
    const char *attr = attrs_get (n->b, "broker.sd-stop-timeout");
    char text[64];
    double t;

    if (!n->ending || !attr || fsd_decode (attr, &t) < 0 || t > 1e9)
        return;
    snprintf (text, sizeof (text), "EXTEND_TIMEOUT_USEC=%.0f", t * 1e6);
    say (n, text);
}

static void status (struct notify *n, const char *what, const char *more)
{
    char text[512];

    snprintf (text, sizeof (text), "STATUS=%s%s", what, more ? more : "");
    say (n, text);
    extend (n);
}

void notify_ready (struct notify *n)
{
    say (n, "READY=1");
}

void notify_state (struct notify *n, enum broker_state state)
{
    const char *rc1 = attrs_get (n->b, "broker.rc1_path");
    const char *rc3 = attrs_get (n->b, "broker.rc3_path");
    char text[80];

    switch (state) {
    case STATE_INIT:
        if (rc1 && *rc1)
            status (n, "Running ", rc1);
        break;
    case STATE_QUORUM:
        status (n, "Waiting for instance quorum", NULL);
        break;
    case STATE_RUN:
        snprintf (text,
                  sizeof (text),
                  "Running as leader of %u node Flux instance",
                  n->b->size);
        status (n, text, NULL);
        break;
    case STATE_CLEANUP:
        n->ending = true;
        say (n, "STOPPING=1");
        status (n, "Ending jobs", NULL);
        break;
    case STATE_FINALIZE:
        if (rc3 && *rc3)
            status (n, "Running ", rc3);
        break;
    case STATE_EXIT:
        status (n, "Exiting", NULL);
        break;
    default:
        break;
    }
}

static int sd_notify_cb (struct router *r,
                         const flux_msg_t *msg,
                         void *arg,
                         flux_error_t *error)
{
    struct notify *n = arg;
    const char *text = NULL;

    if (flux_msg_unpack (msg, "{s?s}", "status", &text) < 0)
        return err_set (error, EPROTO, "invalid payload: status");
    if (text && strchr (text, '\n'))
        return err_set (error, EINVAL, "a status is one line");
    if (text)
        status (n, text, NULL);
    else
        extend (n);
    if (!flux_msg_is_noresponse (msg))
        router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "state-machine.sd-notify", FLUX_ROLE_OWNER, 0, sd_notify_cb },
    { NULL },
};

/* "/path", or "@name" for one that is in no file system. */
static int set_address (struct notify *n, const char *s)
{
    size_t len = strlen (s);

    if (len < 2 || len >= sizeof (n->addr.sun_path)
        || (*s != '/' && *s != '@')) {
        errno = EINVAL;
        return -1;
    }
    n->addr.sun_family = AF_UNIX;
    memcpy (n->addr.sun_path, s, len);
    if (*s == '@')
        n->addr.sun_path[0] = '\0';
    n->len = offsetof (struct sockaddr_un, sun_path) + len + (*s == '/');
    return 0;
}

struct notify *notify_create (struct broker *b)
{
    const char *where = getenv ("NOTIFY_SOCKET");
    struct notify *n;

    if (!(n = calloc (1, sizeof (*n))))
        return NULL;
    n->b = b;
    n->fd = -1;
    if (attrs_get_int (b, "broker.sd-notify", 0) && where
        && (set_address (n, where) < 0
            || (n->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0))
        log_errno ("broker", "broker.sd-notify: %s", where);
    unsetenv ("NOTIFY_SOCKET"); /* it is ours alone */
    if (router_methods_add (b->router, rows, n) < 0) {
        notify_destroy (n);
        return NULL;
    }
    return n;
}

void notify_destroy (struct notify *n)
{
    int saved_errno = errno;

    if (!n)
        return;
    router_methods_remove (n->b->router, rows);
    if (n->fd >= 0)
        close (n->fd);
    free (n);
    errno = saved_errno;
}
