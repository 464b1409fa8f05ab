/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* One flux-agent for each rank of this machine: started, listened to, and
 * started again if it dies.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/exec_agent.h"
#include "exec/rexec.h"

extern char **environ;

/* Seconds: an agent that dies younger than this is restarted after it. */
static const double pause_after_death = 1.;
/* Seconds that an agent has to find its broker again. */
static const double hello_after = 30.;
/* Milliseconds that agents have to end their jobs and go. */
static const int patience = 6000;

static void node_start (struct node *node);

/* ---- processes ---- */

/* Not ours to start: the launcher of the instance did, or did not. */
static bool is_launched (const struct node *node)
{
    return node->x->env.launched && node->rank > 0;
}

static void reap (struct node *node)
{
    if (node->pid <= 0)
        return;
    loop_source_destroy (node->watch);
    node->watch = NULL;
    close (node->pidfd);
    node->pidfd = -1;
    while (waitpid (node->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    node->pid = 0;
    node->adopted = false;
}

static void again_cb (struct loop_source *src, int revents, void *arg)
{
    struct node *node = arg;

    if (node->pid > 0 && node->adopted && !node->peer)
        kill (node->pid, SIGKILL); /* alive, and never said hello */
    else if (!is_launched (node))
        node_start (node);
}

static void tell_node (struct node *node, bool up)
{
    const struct exec_reports *r = node->x->env.reports;

    if (is_launched (node) && r->node)
        r->node (r->arg, node->rank, up);
}

static void start_later (struct node *node)
{
    struct loop *loop = node->x->env.loop;
    double age = loop_now (loop) - node->born;
    double after = age > pause_after_death ? 0. : pause_after_death;

    if (node->again)
        loop_timer_set (node->again, after, 0.);
    else
        node->again =
            loop_timer_create (loop, LOOP_ALWAYS, after, 0., again_cb, node);
}

static void peer_destroy (struct peer *peer)
{
    if (peer->node && peer->node->peer == peer)
        peer->node->peer = NULL;
    LIST_REMOVE (peer, link);
    net_conn_destroy (peer->conn);
    free (peer);
}

/* What the agent had still to say is in its socket: closed_cb() lets this be
 * called again when that has been read.
 */
static void died_cb (struct loop_source *src, int revents, void *arg)
{
    struct node *node = arg;

    if (node->peer) {
        loop_io_set (node->watch, 0);
        return;
    }
    reap (node);
    rexec_node_died (node);
    exec_queue (node->x, node, NULL, 0);
    tell_node (node, false);
    if (!is_launched (node))
        start_later (node);
}

static int spawn_agent (struct node *node)
{
    const struct exec_env *env = &node->x->env;
    char rank[32], socket[256], uri[512], grace[64];
    char *argv[] = { (char *)env->agent_path, rank, socket, grace, uri, NULL };
    posix_spawnattr_t attr;
    sigset_t all, none;
    int rc;

    snprintf (rank, sizeof (rank), "--rank=%u", node->rank);
    snprintf (socket, sizeof (socket), "--socket=%s", node->x->socket);
    snprintf (uri, sizeof (uri), "--uri=%s", env->local_uri);
    snprintf (grace,
              sizeof (grace),
              "--grace=%.3f",
              env->grace > 0. ? env->grace : 10.);
    if (!env->local_uri)
        argv[4] = NULL;
    sigfillset (&all);
    sigemptyset (&none);
    posix_spawnattr_init (&attr);
    /* A session of its own: an interrupt typed at the broker's terminal is
     * the broker's to handle. */
    posix_spawnattr_setflags (&attr,
                              POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
                                  | POSIX_SPAWN_SETSID);
    posix_spawnattr_setsigdefault (&attr, &all);
    posix_spawnattr_setsigmask (&attr, &none);
    rc = posix_spawn (&node->pid, env->agent_path, NULL, &attr, argv, environ);
    posix_spawnattr_destroy (&attr);
    if (rc != 0) {
        node->pid = 0;
        errno = rc;
        return -1;
    }
    return 0;
}

static int node_watch (struct node *node)
{
    node->pidfd = syscall (SYS_pidfd_open, node->pid, 0);
    if (node->pidfd >= 0)
        node->watch = loop_io_create (node->x->env.loop,
                                      LOOP_ALWAYS,
                                      node->pidfd,
                                      LOOP_READ,
                                      died_cb,
                                      node);
    return node->watch ? 0 : -1;
}

static int node_spawn (struct node *node)
{
    node->born = loop_now (node->x->env.loop);
    if (spawn_agent (node) < 0)
        return -1;
    if (node_watch (node) < 0) {
        kill (node->pid, SIGKILL);
        reap (node);
        return -1;
    }
    return 0;
}

static char *lock_path (struct node *node)
{
    char *path;

    if (asprintf (&path, "%s/agent-%u.lock", node->x->env.rundir, node->rank)
        < 0)
        return NULL;
    return path;
}

/* The agent of this rank that a broker before this one has started, and that
 * holds its lock: it is looking for us.
 */
static bool adopt (struct node *node)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    const struct exec_env *env = &node->x->env;
    char *path = lock_path (node);
    int fd = path ? open (path, O_RDWR | O_CLOEXEC) : -1;

    free (path);
    if (fd < 0)
        return false;
    if (fcntl (fd, F_GETLK, &lock) < 0)
        lock.l_type = F_UNLCK;
    close (fd);
    if (lock.l_type == F_UNLCK || lock.l_pid <= 0)
        return false;
    node->pid = lock.l_pid;
    if (node_watch (node) < 0) {
        node->pid = 0;
        return false;
    }
    node->adopted = true;
    node->again = loop_timer_create (env->loop,
                                     LOOP_ALWAYS,
                                     hello_after,
                                     0.,
                                     again_cb,
                                     node);
    return true;
}

static void node_start (struct node *node)
{
    if (node->pid == 0 && node_spawn (node) < 0)
        start_later (node);
}

void node_want (struct node *node)
{
    if (node->pid == 0 && node->born == 0. && !is_launched (node))
        node_start (node);
}

/* ---- connections ---- */

/* An agent of a rank that is there no more: it ends, and so do its jobs. */
static void send_away (struct peer *peer)
{
    flux_msg_t *msg = agent_exit_encode ();

    if (!msg || net_conn_send (peer->conn, msg) < 0)
        peer_destroy (peer);
    flux_msg_destroy (msg);
}

static void hello (struct peer *peer, const flux_msg_t *msg)
{
    struct exec *x = peer->x;
    struct agent_hello hello;

    if (agent_hello_decode (msg, &hello, NULL) < 0)
        return peer_destroy (peer);
    if (hello.rank >= x->nnodes)
        return send_away (peer);
    peer->node = &x->nodes[hello.rank];
    if (peer->node->peer)
        peer_destroy (peer->node->peer);
    peer->node->peer = peer;
    if (is_launched (peer->node) && peer->node->pid == 0) {
        peer->node->pid = peer->pid;
        if (node_watch (peer->node) < 0) {
            peer->node->pid = 0;
            return peer_destroy (peer);
        }
    }
    tell_node (peer->node, true);
    exec_node_ready (peer->node, hello.jobs);
}

static void message_cb (struct net_conn *conn, flux_msg_t *msg, void *arg)
{
    struct peer *peer = arg;
    int type;

    if (peer->node && flux_msg_get_type (msg, &type) == 0
        && type == FLUX_MSGTYPE_RESPONSE) {
        rexec_response (peer->node, msg);
        return;
    }
    switch (agent_topic_of (msg)) {
    case AGENT_HELLO:
        if (!peer->node)
            hello (peer, msg);
        break;
    case AGENT_REPORT:
        if (peer->node)
            exec_queue (peer->x, peer->node, msg, 0);
        break;
    case AGENT_TALK:
        if (peer->node)
            service_talk (peer->node, msg);
        break;
    default:
        break;
    }
}

static void closed_cb (struct net_conn *conn, const char *reason, void *arg)
{
    struct peer *peer = arg;
    struct node *node = peer->node;

    peer_destroy (peer);
    if (node && node->watch)
        loop_io_set (node->watch, LOOP_READ);
}

static const struct net_conn_ops ops = {
    .message = message_cb,
    .closed = closed_cb,
};

static int accept_cb (struct net_conn *conn,
                      const struct net_peer *who,
                      void *arg)
{
    struct exec *x = arg;
    struct peer *peer;

    if (who->uid != geteuid () && who->uid != 0)
        return EPERM;
    if (!(peer = calloc (1, sizeof (*peer))))
        return ENOMEM;
    peer->x = x;
    peer->conn = conn;
    peer->pid = who->pid;
    LIST_INSERT_HEAD (&x->peers, peer, link);
    net_conn_start (conn, &net_limits_default, &ops, peer);
    return 0;
}

int node_send (struct node *node, const flux_msg_t *msg)
{
    if (!node->peer) {
        errno = ENOTCONN;
        return -1;
    }
    return net_conn_send (node->peer->conn, msg);
}

/* ---- all of them ---- */

int nodes_create (struct exec *x, flux_error_t *error)
{
    LIST_INIT (&x->peers);
    if (asprintf (&x->socket, "%s/agent", x->env.rundir) < 0) {
        x->socket = NULL;
        return err_set (error, ENOMEM, "exec: out of memory");
    }
    if (!(x->nodes = calloc (x->env.nranks + 1, sizeof (*x->nodes))))
        return err_set (error, ENOMEM, "exec: out of memory");
    x->nnodes = x->env.nranks;
    for (unsigned int i = 0; i < x->nnodes; i++)
        x->nodes[i] = (struct node){ .x = x, .rank = i, .pidfd = -1 };
    x->listener =
        net_listen (x->env.loop, x->socket, 0600, false, accept_cb, x, error);
    if (!x->listener)
        return -1;
    for (unsigned int i = 0; i < x->nnodes; i++) {
        if (!adopt (&x->nodes[i]) && i == 0 && node_spawn (&x->nodes[i]) < 0)
            return err_set (error,
                            errno,
                            "exec: cannot start %s: %s",
                            x->env.agent_path,
                            strerror (errno));
    }
    return 0;
}

static void say_exit (struct exec *x)
{
    flux_msg_t *msg = agent_exit_encode ();

    for (unsigned int i = 0; msg && i < x->nnodes; i++)
        node_send (&x->nodes[i], msg);
    flux_msg_destroy (msg);
}

/* Agents end their jobs and go; who does not is made to. */
static void await_exit (struct node *node, int *left)
{
    struct pollfd pfd = { .fd = node->pidfd, .events = POLLIN };

    if (node->pid <= 0)
        return;
    while (*left > 0 && poll (&pfd, 1, 50) <= 0)
        *left -= 50;
    if (*left <= 0)
        kill (node->pid, SIGKILL);
    reap (node);
}

/* An agent that was killed has left it. */
static void remove_lock (struct node *node)
{
    char *path = lock_path (node);

    if (path)
        (void)unlink (path);
    free (path);
}

void nodes_destroy (struct exec *x, bool leave)
{
    struct peer *peer;
    int left = patience;

    if (!leave)
        say_exit (x);
    while ((peer = LIST_FIRST (&x->peers)))
        peer_destroy (peer);
    if (x->listener)
        net_listener_destroy (x->listener);
    for (unsigned int i = 0; x->nodes && i < x->nnodes; i++) {
        struct node *node = &x->nodes[i];

        loop_source_destroy (node->again);
        loop_source_destroy (node->watch);
        node->watch = node->again = NULL;
        if (!leave) {
            if (node->pid > 0)
                kill (node->pid, SIGTERM);
            await_exit (node, &left);
            remove_lock (node);
        }
        else if (node->pidfd >= 0)
            close (node->pidfd);
    }
    free (x->nodes);
    free (x->socket);
}
