/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The other end of a connection, in a process of its own: a broker that
 * knows a few tricks.  Its methods, whatever the service:
 *
 * echo     the request's payload back
 * fail     errnum and text of the request
 * stream   count responses {"n":i}, then ENODATA
 * never    no answer
 * hold     answered when the next request comes
 * noisy    an event and a request for the client first, then as echo
 * die      closes the connection
 */

#ifndef SLUICE_TESTS_LIB_PEER_H
#define SLUICE_TESTS_LIB_PEER_H

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <flux/core.h>
#include "msg/frame.h"
#include "tap.h"

struct peer {
    pid_t pid;
    int fd; /* the client's end */
};

static void peer_send (int fd, flux_msg_t *msg)
{
    size_t size = frame_size (msg);
    char *buf = malloc (size);

    flux_msg_set_rolemask (msg, FLUX_ROLE_OWNER | FLUX_ROLE_LOCAL);
    flux_msg_set_userid (msg, getuid ());
    frame_write (msg, buf, size);
    for (size_t done = 0; done < size;) {
        ssize_t n = write (fd, buf + done, size - done);

        if (n <= 0)
            _exit (0);
        done += n;
    }
    free (buf);
    flux_msg_destroy (msg);
}

static void peer_respond (int fd,
                          const flux_msg_t *req,
                          int errnum,
                          const char *s)
{
    flux_msg_t *msg = flux_response_derive (req, errnum);

    if (s)
        flux_msg_set_string (msg, s);
    peer_send (fd, msg);
}

static void peer_serve (int fd, const flux_msg_t *req, const char *method)
{
    static const flux_msg_t *held;
    const char *s = NULL;
    int errnum = 0;
    int count = 0;
    char buf[64];

    (void)flux_request_decode (req, NULL, &s);
    if (!strcmp (method, "hold")) {
        held = flux_msg_incref (req);
        return;
    }
    if (held) {
        peer_respond (fd, held, 0, "{\"held\":true}");
        flux_msg_decref (held);
        held = NULL;
    }
    if (!strcmp (method, "die"))
        _exit (0);
    if (!strcmp (method, "never") || flux_msg_is_noresponse (req))
        return;
    if (!strcmp (method, "fail")) {
        flux_request_unpack (req,
                             NULL,
                             "{s:i s:s}",
                             "errnum",
                             &errnum,
                             "text",
                             &s);
        peer_respond (fd, req, errnum, *s ? s : NULL);
    }
    else if (!strcmp (method, "stream")) {
        flux_request_unpack (req, NULL, "{s:i}", "count", &count);
        for (int i = 0; i < count; i++) {
            snprintf (buf, sizeof (buf), "{\"n\":%d}", i);
            peer_respond (fd, req, 0, buf);
        }
        peer_respond (fd, req, ENODATA, NULL);
    }
    else {
        if (!strcmp (method, "noisy")) {
            flux_msg_t *msg = flux_request_encode ("client.foo", "{}");

            peer_send (fd, flux_event_encode ("noise", "{}"));
            flux_msg_route_push (msg, "somebody");
            peer_send (fd, msg);
        }
        peer_respond (fd, req, 0, s);
    }
}

static void peer_main (int fd)
{
    struct frame_decoder *dec = frame_decoder_create (0);
    flux_msg_t *msg;
    const char *topic;
    const char *dot;
    char buf[65536];
    ssize_t n;
    int type;

    alarm (60);
    if (write (fd, "", 1) != 1)
        _exit (1);
    while ((n = read (fd, buf, sizeof (buf))) > 0) {
        frame_decoder_feed (dec, buf, n);
        while ((msg = frame_decoder_next (dec))) {
            flux_msg_get_type (msg, &type);
            if (type == FLUX_MSGTYPE_REQUEST
                && flux_msg_get_topic (msg, &topic) == 0
                && (dot = strrchr (topic, '.')))
                peer_serve (fd, msg, dot + 1);
            flux_msg_destroy (msg);
        }
    }
    _exit (0);
}

/* Start a peer and open a connection to it. */
__attribute__ ((unused)) static flux_t *peer_open (struct peer *p)
{
    int fds[2];
    char uri[32];
    flux_t *h;

    if (socketpair (AF_UNIX, SOCK_STREAM, 0, fds) < 0)
        bail_out ("socketpair");
    fflush (NULL);
    if ((p->pid = fork ()) == 0) {
        close (fds[0]);
        peer_main (fds[1]);
    }
    close (fds[1]);
    snprintf (uri, sizeof (uri), "fd://%d", fds[0]);
    if (!(h = flux_open (uri, 0)))
        bail_out ("flux_open %s", uri);
    close (fds[0]);
    return h;
}

__attribute__ ((unused)) static void peer_close (struct peer *p, flux_t *h)
{
    flux_close (h);
    kill (p->pid, SIGKILL);
    waitpid (p->pid, NULL, 0);
}

#endif
