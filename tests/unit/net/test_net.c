/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Connections over real sockets, friendly and hostile. */

#include <errno.h>
#include <flux/request.h>
#include <flux/message.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "msg/frame.h"
#include "net/net.h"
#include "tap.h"

/* One end under test; the other is a bare descriptor. */
struct end {
    struct loop *loop;
    struct net_conn *conn;
    int fd;
    int messages;
    int closed;
    int written;
    char reason[256];
    bool echo;
    bool destroy_on_message;
    int pause_after; /* messages; 0: never */
    char topic[64];
};

static void on_message (struct net_conn *conn, flux_msg_t *msg, void *arg)
{
    struct end *e = arg;
    const char *topic;

    e->messages++;
    if (flux_msg_get_topic (msg, &topic) == 0)
        snprintf (e->topic, sizeof (e->topic), "%s", topic);
    if (e->messages == e->pause_after)
        net_conn_pause (conn, true);
    if (e->echo)
        net_conn_send (conn, msg);
    if (e->destroy_on_message) {
        e->conn = NULL;
        net_conn_destroy (conn);
    }
}

static void on_closed (struct net_conn *conn, const char *reason, void *arg)
{
    struct end *e = arg;

    e->closed++;
    snprintf (e->reason, sizeof (e->reason), "%s", reason ? reason : "(none)");
}

static void on_written (struct net_conn *conn, void *arg)
{
    struct end *e = arg;

    e->written++;
}

static const struct net_conn_ops ops = { on_message, on_closed, on_written };

static void turns (struct loop *loop, int n)
{
    while (n-- > 0)
        loop_turn (loop, false);
}

static void open_end (struct end *e,
                      struct loop *loop,
                      const struct net_limits *limits)
{
    int fds[2];

    memset (e, 0, sizeof (*e));
    if (socketpair (AF_UNIX, SOCK_STREAM, 0, fds) < 0)
        bail_out ("socketpair");
    e->loop = loop;
    e->fd = fds[1];
    e->conn = net_conn_create (loop, fds[0], NULL);
    if (!e->conn)
        bail_out ("net_conn_create");
    net_conn_start (e->conn, limits, &ops, e);
}

static void close_end (struct end *e)
{
    net_conn_destroy (e->conn);
    if (e->fd >= 0)
        close (e->fd);
}

static void put_request (struct frame_buf *buf, const char *topic, size_t pad)
{
    flux_msg_t *msg = flux_request_encode (topic, NULL);

    if (pad > 0) {
        char *s = calloc (1, pad);
        flux_msg_set_payload (msg, s, pad);
        free (s);
    }
    if (frame_encode (msg, buf) < 0)
        bail_out ("frame_encode");
    flux_msg_decref (msg);
}

static void test_many (struct loop *loop)
{
    struct end e;
    struct frame_buf buf = { 0 };
    size_t total;
    char back[65536];

    open_end (&e, loop, NULL);
    e.echo = true;
    for (int i = 0; i < 100; i++)
        put_request (&buf, "a.b", 0);
    total = frame_buf_pending (&buf);
    ok (write (e.fd, frame_buf_data (&buf), total) == (ssize_t)total,
        "many messages in one write");
    turns (loop, 4);
    is_int (e.messages, 100, "all arrive");
    is_int (recv (e.fd, back, sizeof (back), MSG_DONTWAIT),
            total,
            "all answers come in one piece");
    ok (memcmp (back, frame_buf_data (&buf), total) == 0, "unchanged");
    frame_buf_clear (&buf);
    close (e.fd);
    e.fd = -1;
    turns (loop, 4);
    is_int (e.closed, 1, "the end is told once");
    is_str (e.reason, "(none)", "without a reason if it was orderly");
    close_end (&e);
}

/* Whose owner has enough is not read, and loses nothing. */
static void test_pause (struct loop *loop)
{
    struct end e;
    struct frame_buf buf = { 0 };
    char back[65536];
    size_t size;

    open_end (&e, loop, NULL);
    e.echo = true;
    e.pause_after = 10;
    for (int i = 0; i < 100; i++)
        put_request (&buf, "a.b", 0);
    size = frame_buf_pending (&buf);
    if (write (e.fd, frame_buf_data (&buf), size) != (ssize_t)size)
        bail_out ("write");
    turns (loop, 5);
    is_int (e.messages, 10, "no message is handed over in a pause");
    is_int (recv (e.fd, back, sizeof (back), MSG_DONTWAIT),
            size / 10,
            "answers are sent nevertheless");
    if (write (e.fd, frame_buf_data (&buf), size) != (ssize_t)size)
        bail_out ("write");
    turns (loop, 5);
    is_int (e.messages, 10, "nor are those that come in it");
    e.pause_after = 50;
    net_conn_pause (e.conn, false);
    turns (loop, 5);
    is_int (e.messages, 50, "it may come again");
    net_conn_pause (e.conn, false);
    turns (loop, 5);
    is_int (e.messages, 200, "all are, after it");
    close (e.fd);
    e.fd = -1;
    turns (loop, 5);
    is_int (e.closed, 1, "and the end is told");
    frame_buf_clear (&buf);
    close_end (&e);
}

/* Who waits for the peer to read hears of it. */
static void test_written (struct loop *loop)
{
    struct end e;
    flux_msg_t *msg = flux_request_encode ("x.y", NULL);
    char *pad = calloc (1, 1 << 20);
    size_t queued;
    int before;

    open_end (&e, loop, NULL);
    if (!msg || !pad || flux_msg_set_payload (msg, pad, 1 << 20) < 0)
        bail_out ("out of memory");
    net_conn_send (e.conn, msg);
    net_conn_send (e.conn, msg);
    turns (loop, 10);
    queued = net_conn_queued (e.conn);
    before = e.written;
    turns (loop, 10);
    ok (queued > 1 << 20 && net_conn_queued (e.conn) == queued
            && e.written == before,
        "a peer that does not read: nothing is said to be written");
    if (read (e.fd, pad, 1 << 20) <= 0)
        bail_out ("read");
    turns (loop, 2);
    ok (net_conn_queued (e.conn) < queued && e.written > before,
        "when it has read, that is told");
    close_end (&e);
    flux_msg_destroy (msg);
    free (pad);
}

static void test_split (struct loop *loop)
{
    struct end e;
    struct frame_buf buf = { 0 };
    const char *p;

    open_end (&e, loop, NULL);
    put_request (&buf, "split.up", 0);
    p = frame_buf_data (&buf);
    for (size_t i = 0; i < frame_buf_pending (&buf); i++) {
        is_int (e.messages, 0, "byte %zu completes nothing", i);
        if (write (e.fd, p + i, 1) != 1)
            bail_out ("write");
        turns (loop, 2);
    }
    is_int (e.messages, 1, "the last byte does");
    is_str (e.topic, "split.up", "and it is the message");
    if (write (e.fd, p, 11) != 11)
        bail_out ("write");
    close (e.fd);
    e.fd = -1;
    turns (loop, 4);
    is_str (e.reason,
            "peer went away in the middle of a message",
            "half a message is noticed");
    frame_buf_clear (&buf);
    close_end (&e);
}

static void send_bad (struct loop *loop,
                      const void *data,
                      size_t len,
                      const char *what)
{
    struct end e;

    open_end (&e, loop, NULL);
    if (write (e.fd, data, len) != (ssize_t)len)
        bail_out ("write");
    turns (loop, 4);
    is_int (e.closed, 1, "%s: dropped", what);
    is_int (e.messages, 0, "%s: nothing delivered", what);
    ok (e.reason[0] && strcmp (e.reason, "(none)") != 0,
        "%s: %s",
        what,
        e.reason);
    errno = 0;
    {
        flux_msg_t *msg = flux_request_encode ("x.y", NULL);

        ok (net_conn_send (e.conn, msg) < 0 && errno == EPIPE,
            "%s: nothing more is sent",
            what);
        flux_msg_decref (msg);
    }
    close_end (&e);
}

static void test_hostile (struct loop *loop)
{
    struct frame_buf buf = { 0 };
    unsigned char bytes[512];
    size_t n;

    memset (bytes, 'x', sizeof (bytes));
    send_bad (loop, bytes, sizeof (bytes), "garbage");
    memcpy (bytes, "\x12\x00\xee\xff\xff\xff\xff\xff", 8);
    send_bad (loop, bytes, 8, "a length without end");
    memcpy (bytes, "\x12\x00\xee\xff\x00\x00\x00\x00", 8);
    send_bad (loop, bytes, 8, "an empty body");
    put_request (&buf, "a.b", 0);
    n = frame_buf_pending (&buf);
    memcpy (bytes, frame_buf_data (&buf), n);
    bytes[n - 20] = 0;
    send_bad (loop, bytes, n, "a body that is no message");
    frame_buf_clear (&buf);
    /* Every single wrong byte: dropped or a message, never worse. */
    put_request (&buf, "a.b", 8);
    n = frame_buf_pending (&buf);
    for (size_t i = 0; i < n; i++) {
        struct end e;

        memcpy (bytes, frame_buf_data (&buf), n);
        bytes[i] ^= 0xff;
        open_end (&e, loop, NULL);
        if (write (e.fd, bytes, n) != (ssize_t)n)
            bail_out ("write");
        close (e.fd);
        e.fd = -1;
        turns (loop, 4);
        ok (e.closed == 1 && e.messages <= 1, "byte %zu flipped", i);
        close_end (&e);
    }
    frame_buf_clear (&buf);
}

static void test_limits (struct loop *loop)
{
    struct net_limits limits = { .max_message = 1000, .max_queue = 1 << 20 };
    struct end e;
    struct frame_buf buf = { 0 };
    flux_msg_t *msg = flux_request_encode ("x.y", NULL);
    char *pad = calloc (1, 100000);
    int sent = 0;

    open_end (&e, loop, &limits);
    put_request (&buf, "big.one", 2000);
    if (write (e.fd, frame_buf_data (&buf), frame_buf_pending (&buf)) < 0)
        bail_out ("write");
    turns (loop, 4);
    is_int (e.closed, 1, "a message over the limit ends the connection");
    diag ("%s", e.reason);
    close_end (&e);

    open_end (&e, loop, &limits);
    flux_msg_set_payload (msg, pad, 100000);
    for (int i = 0; i < 100 && net_conn_send (e.conn, msg) == 0; i++) {
        sent++;
        turns (loop, 1);
    }
    ok (sent >= 10 && sent < 30, "a peer that does not read (%d sent)", sent);
    is_int (e.closed, 0, "is not dropped from inside send");
    turns (loop, 2);
    is_int (e.closed, 1, "but right after");
    diag ("%s", e.reason);
    close_end (&e);
    flux_msg_decref (msg);
    free (pad);
    frame_buf_clear (&buf);
}

static void test_destroy (struct loop *loop)
{
    struct end e;
    struct frame_buf buf = { 0 };
    char back[4096];

    open_end (&e, loop, NULL);
    e.destroy_on_message = true;
    e.echo = true;
    put_request (&buf, "a.b", 0);
    put_request (&buf, "a.c", 0);
    if (write (e.fd, frame_buf_data (&buf), frame_buf_pending (&buf)) < 0)
        bail_out ("write");
    turns (loop, 4);
    is_int (e.messages, 1, "destroyed by its first message");
    is_int (e.closed, 0, "its owner is not told what it did itself");
    ok (recv (e.fd, back, sizeof (back), MSG_DONTWAIT) > 0,
        "what was queued was written");
    is_int (recv (e.fd, back, sizeof (back), MSG_DONTWAIT),
            0,
            "and the socket closed");
    frame_buf_clear (&buf);
    close_end (&e);
}

struct server {
    struct end end;
    int verdict;
    struct net_peer peer;
};

static int on_accept (struct net_conn *conn,
                      const struct net_peer *peer,
                      void *arg)
{
    struct server *s = arg;

    s->peer = *peer;
    if (s->verdict)
        return s->verdict;
    s->end.conn = conn;
    net_conn_start (conn, NULL, &ops, &s->end);
    return 0;
}

static void test_listen (struct loop *loop)
{
    char dir[] = "/tmp/test-net-XXXXXX";
    char path[128];
    struct server s = { 0 };
    struct net_listener *l;
    struct net_conn *c;
    struct end client = { .loop = loop };
    struct stat st;
    flux_error_t error;
    flux_msg_t *msg;
    char longpath[300];

    if (!mkdtemp (dir))
        bail_out ("mkdtemp");
    snprintf (path, sizeof (path), "%s/sock", dir);
    l = net_listen (loop, path, 0777, false, on_accept, &s, &error);
    ok (l != NULL, "listen");
    ok (stat (path, &st) == 0 && (st.st_mode & 0777) == 0777, "with its mode");
    c = net_connect (loop, path, &error);
    ok (c != NULL, "connect");
    net_conn_start (c, NULL, &ops, &client);
    turns (loop, 4);
    is_int (s.peer.uid, getuid (), "the kernel says who it is");
    is_int (s.peer.pid, getpid (), "and which process");
    msg = flux_request_encode ("hello.there", NULL);
    is_int (net_conn_send (c, msg), 0, "send");
    flux_msg_decref (msg);
    turns (loop, 6);
    is_str (s.end.topic, "hello.there", "a message crosses");
    s.verdict = EPERM;
    errno = 0;
    ok (!net_listen (loop, path, 0777, false, on_accept, &s, &error)
            && errno == EADDRINUSE,
        "a socket in use is not taken: %s",
        error.text);
    net_conn_destroy (c);
    turns (loop, 4);
    is_int (s.end.closed, 1, "its going is noticed");
    net_conn_destroy (s.end.conn);
    net_listener_destroy (l);
    ok (stat (path, &st) < 0, "the socket file goes with the listener");

    memset (longpath, 'x', sizeof (longpath) - 1);
    longpath[sizeof (longpath) - 1] = '\0';
    errno = 0;
    ok (!net_listen (loop, longpath, 0777, false, on_accept, &s, &error)
            && errno == EINVAL,
        "a path too long: %.60s...",
        error.text);
    rmdir (dir);
}

static int raw_connect (const char *path)
{
    struct sockaddr_un {
        sa_family_t sun_family;
        char sun_path[108];
    } addr = { .sun_family = AF_UNIX };
    int fd = socket (AF_UNIX, SOCK_STREAM, 0);

    snprintf (addr.sun_path, sizeof (addr.sun_path), "%s", path);
    if (connect (fd, (struct sockaddr *)&addr, sizeof (addr)) < 0)
        bail_out ("connect");
    return fd;
}

static void test_handshake (struct loop *loop)
{
    char dir[] = "/tmp/test-net-XXXXXX";
    char path[128];
    struct server s = { 0 };
    struct net_listener *l;
    unsigned char byte = 0xff;
    flux_error_t error;
    int fd;

    if (!mkdtemp (dir))
        bail_out ("mkdtemp");
    snprintf (path, sizeof (path), "%s/sock", dir);
    /* A socket file nobody answers on, as a process that died leaves it. */
    l = net_listen (loop, path, 0777, true, on_accept, &s, &error);
    fd = raw_connect (path);
    turns (loop, 3);
    is_int (recv (fd, &byte, 1, MSG_DONTWAIT), 1, "one byte of handshake");
    is_int (byte, 0, "0: welcome");
    close (fd);
    net_conn_destroy (s.end.conn);
    s.verdict = EPERM;
    fd = raw_connect (path);
    turns (loop, 3);
    is_int (recv (fd, &byte, 1, MSG_DONTWAIT), 1, "one byte");
    is_int (byte, EPERM, "the errno of a refusal");
    is_int (recv (fd, &byte, 1, MSG_DONTWAIT), 0, "and the end");
    close (fd);
    net_listener_destroy (l);

    fd = socket (AF_UNIX, SOCK_STREAM, 0);
    {
        struct {
            sa_family_t f;
            char p[108];
        } a = { .f = AF_UNIX };
        snprintf (a.p, sizeof (a.p), "%.100s", path);
        if (bind (fd, (struct sockaddr *)&a, sizeof (a)) < 0)
            bail_out ("bind");
    }
    close (fd);
    l = net_listen (loop, path, 0777, true, on_accept, &s, &error);
    ok (l != NULL, "a socket left behind is replaced");
    net_listener_destroy (l);
    fclose (fopen (path, "w"));
    errno = 0;
    ok (!net_listen (loop, path, 0777, true, on_accept, &s, &error)
            && errno == EADDRINUSE && access (path, F_OK) == 0,
        "a file that is no socket is left alone: %s",
        error.text);
    unlink (path);
    rmdir (dir);
}

/* Out of descriptors: who comes is told so, and nothing spins. */
static void test_descriptors (struct loop *loop)
{
    char dir[] = "/tmp/test-net-XXXXXX";
    char path[128];
    struct server s = { 0 };
    struct net_listener *l;
    struct rlimit old, few;
    unsigned char byte = 0xff;
    int fds[64], n = 0;
    int a, b;

    if (!mkdtemp (dir))
        bail_out ("mkdtemp");
    snprintf (path, sizeof (path), "%s/sock", dir);
    l = net_listen (loop, path, 0777, true, on_accept, &s, NULL);
    a = raw_connect (path);
    b = raw_connect (path);
    getrlimit (RLIMIT_NOFILE, &old);
    few = old;
    few.rlim_cur = b + 8;
    setrlimit (RLIMIT_NOFILE, &few);
    while (n < 64 && (fds[n] = dup (0)) >= 0)
        n++;
    turns (loop, 3);
    is_int (recv (a, &byte, 1, MSG_DONTWAIT), 1, "no descriptor: one byte");
    is_int (byte, EMFILE, "that says why");
    is_int (recv (b, &byte, 1, MSG_DONTWAIT), 1, "for each");
    is_int (recv (b, &byte, 1, MSG_DONTWAIT), 0, "and the end");
    close (a);
    close (b);
    while (n > 0)
        close (fds[--n]);
    setrlimit (RLIMIT_NOFILE, &old);
    a = raw_connect (path);
    turns (loop, 3);
    is_int (recv (a, &byte, 1, MSG_DONTWAIT), 1, "later on");
    is_int (byte, 0, "all is well");
    close (a);
    net_conn_destroy (s.end.conn);
    net_listener_destroy (l);
    rmdir (dir);
}

int main (void)
{
    struct loop *loop = loop_create (NULL);

    test_many (loop);
    test_pause (loop);
    test_written (loop);
    test_split (loop);
    test_hostile (loop);
    test_limits (loop);
    test_destroy (loop);
    test_listen (loop);
    test_handshake (loop);
    test_descriptors (loop);
    loop_destroy (loop);
    return done_testing ();
}
