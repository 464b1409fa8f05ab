/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux_local_exec: real processes, of this one. */

#include <errno.h>
#include <flux/core.h>
#include <flux/subprocess.h>
#include <signal.h>
#include <unistd.h>

#include "tap.h"

extern char **environ;

/* What was told of a process. */
struct told {
    char out[65536];
    char err[4096];
    char channel[256];
    char states[16]; /* their first letters */
    int lines;
    int eofs;
    int completed;
    int credit;
    bool unread; /* callbacks read nothing */
    bool by_read;
    bool destroy; /* in the first callback */
};

static flux_reactor_t *r;
static struct told told;

static void take (flux_subprocess_t *p,
                  const char *stream,
                  char *to,
                  size_t max)
{
    const char *s;
    int n = told.by_read ? flux_subprocess_read (p, stream, &s)
                         : flux_subprocess_read_line (p, stream, &s);

    if (n > 0) {
        size_t len = strlen (to);

        told.lines++;
        if (len + n < max)
            memcpy (to + len, s, n + 1);
        if (s[n] != '\0')
            told.lines = -1000;
    }
    else if (flux_subprocess_read_stream_closed (p, stream))
        told.eofs++;
}

static void out_cb (flux_subprocess_t *p, const char *stream)
{
    if (told.destroy)
        flux_subprocess_destroy (p);
    else if (!told.unread)
        take (p, stream, told.out, sizeof (told.out));
}

static void err_cb (flux_subprocess_t *p, const char *stream)
{
    take (p, stream, told.err, sizeof (told.err));
}

static void channel_cb (flux_subprocess_t *p, const char *stream)
{
    take (p, stream, told.channel, sizeof (told.channel));
}

static void state_cb (flux_subprocess_t *p, flux_subprocess_state_t state)
{
    char c[2] = { flux_subprocess_state_string (state)[0] };

    strncat (told.states, c, sizeof (told.states) - strlen (told.states) - 1);
    if (state == FLUX_SUBPROCESS_STOPPED)
        flux_future_destroy (flux_subprocess_kill (p, SIGCONT));
}

static void completion_cb (flux_subprocess_t *p)
{
    told.completed++;
}

static void credit_cb (flux_subprocess_t *p, const char *stream, int bytes)
{
    if (!strcmp (stream, "stdin"))
        told.credit += bytes;
}

static const flux_subprocess_ops_t ops = {
    .on_completion = completion_cb,
    .on_state_change = state_cb,
    .on_channel_out = channel_cb,
    .on_stdout = out_cb,
    .on_stderr = err_cb,
    .on_credit = credit_cb,
};

static flux_cmd_t *script (const char *s)
{
    char *argv[] = { "sh", "-c", (char *)s, NULL };

    return flux_cmd_create (3, argv, environ);
}

/* Takes cmd; what happens before the end is told in `told`. */
static flux_subprocess_t *begin (flux_cmd_t *cmd)
{
    flux_subprocess_t *p;

    memset (&told, 0, sizeof (told));
    p = flux_local_exec (r, 0, cmd, &ops);
    flux_cmd_destroy (cmd);
    if (!p)
        bail_out ("cannot start a process");
    return p;
}

static flux_subprocess_t *run (const char *s)
{
    flux_subprocess_t *p = begin (script (s));

    flux_reactor_run (r, 0);
    return p;
}

static void test_life (void)
{
    flux_subprocess_t *p = begin (script ("exit 3"));

    is_int (flux_subprocess_state (p), FLUX_SUBPROCESS_RUNNING, "it runs");
    ok (told.states[0] == '\0', "and nothing was told before the loop");
    ok (flux_subprocess_active (p) && flux_subprocess_pid (p) > 0, "active");
    ok (flux_subprocess_exit_code (p) < 0 && errno == EINVAL, "no code yet");
    flux_reactor_run (r, 0);
    is_str (told.states, "RE", "running, then exited");
    is_int (flux_subprocess_exit_code (p), 3, "its code");
    is_int (flux_subprocess_status (p), 3 << 8, "its status");
    ok (flux_subprocess_signaled (p) < 0, "no signal");
    ok (told.completed == 1 && told.eofs == 2, "complete, after two ends");
    ok (!flux_subprocess_active (p), "not active");
    ok (!flux_subprocess_kill (p, SIGTERM) && errno == ESRCH,
        "not to be killed");
    flux_subprocess_destroy (p);

    p = run ("kill -9 $$");
    is_int (flux_subprocess_signaled (p), SIGKILL, "killed by a signal");
    ok (flux_subprocess_exit_code (p) < 0, "which is no code");
    flux_subprocess_destroy (p);

    p = run ("kill -STOP $$");
    is_str (told.states, "RSE", "stopped");
    flux_subprocess_destroy (p);
}

static void stop_cb (flux_reactor_t *r_,
                     flux_watcher_t *w,
                     int revents,
                     void *arg)
{
    flux_reactor_stop (r_);
}

static void test_output (void)
{
    flux_watcher_t *w;
    flux_subprocess_t *p = run ("printf 'a\\nb\\nc'; echo e >&2");
    flux_cmd_t *cmd;

    is_str (told.out, "a\nb\nc", "lines, and one that does not end");
    is_str (told.err, "e\n", "the other stream");
    is_int (told.lines, 4, "a line a call");
    flux_subprocess_destroy (p);

    p = run ("seq 10000");
    is_int (told.lines, 10000, "many");
    flux_subprocess_destroy (p);

    cmd = script ("printf 'a\\nb'");
    flux_cmd_setopt (cmd, "stdout_LINE_BUFFER", "false");
    p = begin (cmd);
    told.by_read = true;
    flux_reactor_run (r, 0);
    ok (!strcmp (told.out, "a\nb") && told.lines == 1, "not by lines");
    ok (flux_subprocess_getline (p, "stdout", NULL) < 0 && errno == EPERM,
        "getline is for lines");
    ok (flux_subprocess_read (p, "nosuch", NULL) < 0 && errno == EINVAL,
        "no such stream");
    flux_subprocess_destroy (p);

    cmd = script ("seq 1000000");
    flux_cmd_setopt (cmd, "stdout_BUFSIZE", "4k");
    p = begin (cmd);
    told.unread = true;
    w = flux_timer_watcher_create (r, 0.2, 0., stop_cb, NULL);
    flux_watcher_start (w);
    flux_reactor_run (r, 0);
    flux_watcher_destroy (w);
    ok (told.completed == 0 && flux_subprocess_active (p),
        "who reads nothing stops the process");
    flux_subprocess_destroy (p);

    p = begin (script ("echo x; sleep 100"));
    told.destroy = true;
    flux_reactor_run (r, 0);
    ok (told.completed == 0, "destroyed in a callback");
}

static void test_input (void)
{
    flux_subprocess_t *p = begin (script ("cat"));
    static char big[1024 * 1024];

    is_int (flux_subprocess_write (p, "stdin", "hello\n", 6), 6, "written");
    is_int (flux_subprocess_close (p, "stdin"), 0, "closed");
    ok (flux_subprocess_write (p, "stdin", "x", 1) < 0 && errno == EPIPE,
        "no more then");
    flux_reactor_run (r, 0);
    is_str (told.out, "hello\n", "and read");
    is_int (told.credit, 4 * 1024 * 1024 + 6, "credit");
    flux_subprocess_destroy (p);

    p = begin (script ("exec <&-; sleep 0.1"));
    flux_subprocess_write (p, "stdin", big, sizeof (big));
    flux_reactor_run (r, 0);
    is_int (flux_subprocess_exit_code (p), 0, "one that does not read");
    flux_subprocess_destroy (p);

    p = begin (script ("cat >/dev/null"));
    for (int i = 0; i < 4; i++)
        flux_subprocess_write (p, "stdin", big, sizeof (big));
    ok (flux_subprocess_write (p, "stdin", big, 1) < 0 && errno == ENOSPC,
        "no more than there is room for");
    flux_subprocess_close (p, "stdin");
    flux_reactor_run (r, 0);
    is_int (told.completed, 1, "all is written");
    flux_subprocess_destroy (p);
}

static void test_channel (void)
{
    flux_cmd_t *cmd = script ("eval \"read x <&$CH; echo got $x >&$CH\"");
    char *bash[] = { "bash", "-c", "read x <&$CH; echo got $x >&$CH", NULL };
    flux_subprocess_t *p;

    flux_cmd_destroy (cmd);
    cmd = flux_cmd_create (3, bash, environ);
    flux_cmd_add_channel (cmd, "CH");
    p = begin (cmd);
    is_int (flux_subprocess_write (p, "CH", "hi\n", 3), 3, "to a channel");
    flux_reactor_run (r, 0);
    is_str (told.channel, "got hi\n", "and back");
    is_int (told.eofs, 3, "which ends too");
    flux_subprocess_destroy (p);
}

static void decref_cb (flux_reactor_t *r_,
                       flux_watcher_t *w,
                       int revents,
                       void *arg)
{
    flux_subprocess_channel_decref (arg, "stdout");
}

static void test_rest (void)
{
    char *nosuch[] = { "/nosuch", NULL };
    flux_cmd_t *cmd = flux_cmd_create (1, nosuch, environ);
    flux_subprocess_t *p;
    flux_watcher_t *w;

    ok (!flux_local_exec (r, 0, cmd, &ops) && errno == ENOENT, "no command");
    ok (!flux_local_exec (r, 1024, cmd, &ops) && errno == EINVAL, "no flag");
    flux_cmd_add_message_channel (cmd, "M", "interthread://x");
    ok (!flux_local_exec (r, 0, cmd, &ops) && errno == ENOTSUP,
        "message channels");
    flux_cmd_destroy (cmd);

    cmd = script ("pwd");
    flux_cmd_setcwd (cmd, "/nosuch");
    p = begin (cmd);
    flux_reactor_run (r, 0);
    is_str (told.out, "/tmp\n", "a directory that is not there");
    is_str (told.err,
            "Could not change dir to /nosuch: No such file or directory. Going"
            " to /tmp instead\n",
            "is told");
    flux_subprocess_destroy (p);

    p = begin (script ("true"));
    flux_subprocess_channel_incref (p, "stdout");
    w = flux_timer_watcher_create (r, 0.05, 0., decref_cb, p);
    flux_watcher_start (w);
    flux_reactor_run (r, 0);
    ok (told.completed == 1 && told.eofs == 2,
        "a reference holds the end back");
    flux_watcher_destroy (w);
    flux_subprocess_destroy (p);

    p = begin (script ("sleep 100"));
    flux_future_destroy (flux_subprocess_kill (p, SIGTERM));
    flux_reactor_run (r, 0);
    is_int (flux_subprocess_signaled (p), SIGTERM, "killed by us");
    ok (!flux_subprocess_kill (p, 0) && errno == EINVAL, "signal 0 is none");
    is_int (flux_subprocess_aux_set (p, "k", &told, NULL), 0, "aux_set");
    ok (flux_subprocess_aux_get (p, "k") == &told, "aux_get");
    flux_subprocess_destroy (p);

    errno = 0;
    ok (!flux_rexec (NULL, 0, 0, NULL, NULL) && errno == EINVAL, "flux_rexec");
    ok (!flux_rexec_wait (NULL, NULL, 0, 1, NULL) && errno == EINVAL,
        "flux_rexec_wait");
}

int main (void)
{
    alarm (60);
    setenv ("LC_ALL", "C", 1);
    r = flux_reactor_create (0);
    test_life ();
    test_output ();
    test_input ();
    test_channel ();
    test_rest ();
    flux_reactor_destroy (r);
    return done_testing ();
}
