/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <poll.h>
#include <sys/un.h>

#include "peer.h"

static void test_open_errors (void)
{
    static const struct {
        const char *uri;
        int errnum;
        const char *text;
    } tab[] = {
        { "local:///nonexistent/sock", ENOENT, "was not found" },
        { "local://", EINVAL, "path" },
        { "fd://x", EINVAL, "descriptor" },
        { "fd://987654", EBADF, "descriptor" },
        { "ssh://host/path", ENOSYS, "ssh" },
        { "://x", EINVAL, "URI" },
        { "nonsense", EINVAL, "URI" },
        { "./x", EINVAL, "path" },
    };
    char uri[300] = "local://";
    flux_error_t error;

    setenv ("FLUX_LOCAL_CONNECTOR_RETRY_COUNT", "0", 1);
    for (size_t i = 0; i < sizeof (tab) / sizeof (tab[0]); i++) {
        errno = 0;
        ok (!flux_open_ex (tab[i].uri, 0, &error) && errno == tab[i].errnum
                && strstr (error.text, tab[i].text),
            "%s: %s",
            tab[i].uri,
            error.text);
    }
    memset (uri + 8, 'x', 200);
    errno = 0;
    ok (!flux_open_ex (uri, 0, &error) && errno == EINVAL,
        "a path too long for a socket");
    errno = 0;
    ok (!flux_open_ex ("loop://", 0x1000, &error) && errno == EINVAL,
        "unknown flags");
    setenv ("FLUX_URI", "local:///also/nonexistent", 1);
    ok (!flux_open_ex (NULL, 0, &error) && strstr (error.text, "/also/"),
        "FLUX_URI is the default");
    setenv ("FLUX_URI", "/", 1);
    errno = 0;
    ok (!flux_open_ex ("/", 0, &error) && errno == EINVAL,
        "which cannot itself be a path");
    unsetenv ("FLUX_URI");
}

/* A listening socket and what it says to the first who comes. */
static pid_t listener (const char *path, int byte)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket (AF_UNIX, SOCK_STREAM, 0);
    char b = byte;
    pid_t pid;

    strcpy (addr.sun_path, path);
    if (bind (fd, (struct sockaddr *)&addr, sizeof (addr)) < 0
        || listen (fd, 5) < 0)
        bail_out ("listen %s", path);
    fflush (NULL);
    if ((pid = fork ()) == 0) {
        int c;

        alarm (30);
        c = accept (fd, NULL, NULL);
        if (byte == 0)
            peer_main (c);
        if (byte > 0 && write (c, &b, 1) < 0)
            _exit (1);
        _exit (0);
    }
    close (fd);
    return pid;
}

static void test_local (void)
{
    static const struct {
        int byte;
        int errnum;
    } tab[] = { { EPERM, EPERM }, { -1, ECONNRESET }, { 0, 0 } };
    char dir[] = "/tmp/test_handle.XXXXXX";
    char path[64];
    char uri[128];
    flux_error_t error;

    if (!mkdtemp (dir))
        bail_out ("mkdtemp");
    snprintf (path, sizeof (path), "%s/sock", dir);
    snprintf (uri, sizeof (uri), "local://%s", path);
    for (int i = 0; i < 3; i++) {
        pid_t pid = listener (path, tab[i].byte);
        flux_t *h;

        errno = 0;
        h = flux_open_ex (uri, 0, &error);
        if (tab[i].errnum)
            ok (!h && errno == tab[i].errnum, "handshake: %s", error.text);
        else {
            flux_future_t *f = flux_rpc (h, "t.echo", NULL, 0, 0);

            ok (h && flux_rpc_get (f, NULL) == 0, "a connection works");
            flux_future_destroy (f);
        }
        flux_close (h);
        waitpid (pid, NULL, 0);
        unlink (path);
    }
    rmdir (dir);
}

static flux_msg_t *event (const char *topic)
{
    return flux_event_encode (topic, NULL);
}

static void expect (flux_t *h, const char *topic)
{
    flux_msg_t *msg = flux_recv (h, FLUX_MATCH_ANY, FLUX_O_NONBLOCK);
    const char *s = NULL;

    if (msg)
        flux_msg_get_topic (msg, &s);
    is_str (s, topic, "%s comes", topic);
    flux_msg_destroy (msg);
}

static void test_loop (void)
{
    flux_t *h = flux_open ("loop://", 0);
    flux_msg_t *msg = event ("a");
    struct flux_match m = FLUX_MATCH_EVENT;
    flux_msgcounters_t mcs;
    struct pollfd pfd = { .events = POLLIN };
    uint32_t userid;
    size_t n;

    pfd.fd = flux_pollfd (h);
    ok (pfd.fd >= 0, "pollfd");
    ok ((flux_pollevents (h) & FLUX_POLLIN) == 0, "nothing to read");
    is_int (poll (&pfd, 1, 0), 0, "the edge was taken");
    errno = 0;
    ok (!flux_recv (h, FLUX_MATCH_ANY, FLUX_O_NONBLOCK) && errno == EAGAIN,
        "recv: EAGAIN");
    errno = 0;
    ok (!flux_recv (h, FLUX_MATCH_ANY, 0) && errno == EDEADLK,
        "to block on oneself: EDEADLK");
    ok (flux_send (h, msg, 0) == 0, "sent");
    is_int (poll (&pfd, 1, 0), 1, "the descriptor tells");
    ok ((flux_pollevents (h) & FLUX_POLLIN), "there is input");
    flux_msg_set_topic (msg, "b");
    flux_send (h, msg, 0);
    flux_msg_set_topic (msg, "c");
    flux_send (h, msg, 0);
    m.topic_glob = "b";
    flux_msg_t *got = flux_recv (h, m, 0);
    ok (got != NULL, "b is picked out");
    flux_msg_get_userid (got, &userid);
    is_int (userid, getuid (), "it has our userid");
    ok (flux_opt_get (h, FLUX_OPT_RECV_QUEUE_COUNT, &n, sizeof (n)) == 0
            && n == 1,
        "a waits in the queue");
    flux_requeue (h, got, FLUX_RQ_HEAD);
    flux_requeue (h, msg, FLUX_RQ_TAIL);
    errno = 0;
    ok (flux_requeue (h, msg, 3) < 0 && errno == EINVAL, "head or tail");
    ok (flux_pollevents (h) >= 0 && flux_pollevents (h) & FLUX_POLLIN,
        "the queue counts as input");
    flux_msg_destroy (got);
    expect (h, "b");
    expect (h, "a");
    expect (h, "c");
    expect (h, "c");
    ok (flux_send_new (h, &msg, 0) == 0 && !msg, "a message is given away");
    flux_get_msgcounters (h, &mcs);
    ok (mcs.event_tx == 4 && mcs.event_rx == 3, "messages are counted");
    flux_clr_msgcounters (h);
    flux_get_msgcounters (h, &mcs);
    is_int (mcs.event_tx, 0, "and forgotten");
    userid = 42;
    flux_opt_set (h, FLUX_OPT_TESTING_USERID, &userid, sizeof (userid));
    expect (h, "c");
    msg = event ("d");
    flux_send (h, msg, 0);
    got = flux_recv (h, FLUX_MATCH_ANY, 0);
    flux_msg_get_userid (got, &userid);
    is_int (userid, 42, "as somebody else");
    flux_msg_destroy (got);
    flux_msg_destroy (msg);
    errno = 0;
    ok (flux_opt_set (h, "x", NULL, 0) < 0 && errno == EINVAL,
        "an unknown option");
    flux_close (h);
}

static void count_free (void *arg)
{
    (*(int *)arg)++;
}

static void test_parts (void)
{
    flux_t *h = flux_open ("loop://", FLUX_O_TEST_NOSUB);
    flux_t *clone = flux_clone (h);
    flux_reactor_t *r = flux_reactor_create (0);
    int freed = 0;
    uint32_t tag;
    flux_msg_t *msg;
    int major, minor, patch;

    flux_aux_set (h, "x", &freed, count_free);
    ok (flux_aux_get (h, "x") == &freed, "aux");
    errno = 0;
    ok (!flux_aux_get (clone, "x") && errno == ENOENT, "not of a clone");
    ok (flux_set_reactor (clone, r) == 0 && flux_get_reactor (clone) == r,
        "a reactor is given");
    errno = 0;
    ok (flux_set_reactor (clone, r) < 0 && errno == EEXIST, "only once");
    ok (flux_get_reactor (h) && flux_get_reactor (h) != r,
        "another is made on demand");
    flux_flags_set (h, FLUX_O_NONBLOCK | FLUX_O_CLONE);
    is_int (flux_flags_get (h), FLUX_O_NONBLOCK | FLUX_O_TEST_NOSUB, "flags");
    flux_flags_unset (h, FLUX_O_NONBLOCK);
    is_int (flux_flags_get (h), FLUX_O_TEST_NOSUB, "unset");
    tag = flux_matchtag_alloc (h);
    ok (tag == 1 && flux_matchtag_alloc (clone) == 2,
        "tags are shared with clones");
    flux_matchtag_free (h, tag);
    is_int (flux_matchtag_alloc (h), tag, "and used again");
    ok (flux_event_subscribe (h, "x") == 0
            && flux_event_unsubscribe (h, "x") == 0,
        "TEST_NOSUB: subscribing does nothing");
    errno = 0;
    ok (flux_reconnect (h) < 0 && errno == ENOSYS, "reconnect: ENOSYS");
    msg = event ("a");
    flux_send (clone, msg, 0);
    flux_close (h);
    is_int (freed, 0, "a clone keeps what it was made of");
    expect (clone, "a");
    flux_msg_destroy (msg);
    flux_close (clone);
    is_int (freed, 1, "aux goes with its handle");
    flux_reactor_destroy (r);
    flux_close (NULL);
    ok (flux_core_version (&major, &minor, &patch) == FLUX_CORE_VERSION_HEX
            && major == FLUX_CORE_VERSION_MAJOR
            && !strcmp (flux_core_version_string (), FLUX_CORE_VERSION_STRING),
        "the version");
}

/* POLLOUT comes back when the peer reads again. */
static void test_full (void)
{
    int fds[2];
    char uri[32];
    char buf[65536];
    flux_t *h;
    flux_msg_t *msg;
    int n = 0;

    if (socketpair (AF_UNIX, SOCK_STREAM, 0, fds) < 0
        || write (fds[1], "", 1) != 1)
        bail_out ("socketpair");
    snprintf (uri, sizeof (uri), "fd://%d", fds[0]);
    h = flux_open (uri, FLUX_O_NONBLOCK);
    msg = event ("a");
    ok ((flux_pollevents (h) & FLUX_POLLOUT), "writable");
    while (flux_send (h, msg, 0) == 0)
        n++;
    ok (n > 0 && errno == EAGAIN, "full: EAGAIN");
    ok (!(flux_pollevents (h) & FLUX_POLLOUT), "not writable");
    while (recv (fds[1], buf, sizeof (buf), MSG_DONTWAIT) > 0)
        ;
    ok ((flux_pollevents (h) & FLUX_POLLOUT), "writable again");
    ok (flux_send (h, msg, 0) == 0, "and written to");
    flux_msg_destroy (msg);
    flux_close (h);
    close (fds[0]);
    close (fds[1]);
}

int main (void)
{
    test_open_errors ();
    test_local ();
    test_loop ();
    test_parts ();
    test_full ();
    return done_testing ();
}
