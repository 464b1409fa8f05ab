/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "loop/loop.h"
#include "tap.h"

struct seen {
    char text[64]; /* one letter for each call */
    struct loop *loop;
    struct loop_source *src;
    int fd;
    int revents;
};

struct letter {
    struct seen *seen;
    char c;
};

static void note (struct seen *seen, char c)
{
    size_t n = strlen (seen->text);

    if (n + 1 < sizeof (seen->text))
        seen->text[n] = c;
}

static void letter_cb (struct loop_source *src, int revents, void *arg)
{
    struct letter *l = arg;

    l->seen->revents = revents;
    note (l->seen, l->c);
}

static void destroy_self_cb (struct loop_source *src, int revents, void *arg)
{
    struct seen *seen = arg;

    note (seen, 'd');
    loop_source_destroy (src);
}

static void destroy_other_cb (struct loop_source *src, int revents, void *arg)
{
    struct seen *seen = arg;

    note (seen, 'o');
    loop_source_destroy (seen->src);
    seen->src = NULL;
}

static void stop_cb (struct loop_source *src, int revents, void *arg)
{
    struct seen *seen = arg;

    note (seen, 's');
    loop_stop (seen->loop);
}

static struct clock at_100 (void)
{
    return (struct clock){ .is_virtual = true, .t = 100. };
}

static void test_virtual_timers (void)
{
    struct clock clock = at_100 ();
    struct loop *loop = loop_create (&clock);
    struct seen seen = { .loop = loop };
    struct letter l[5];
    struct loop_source *t[5];
    double after[5] = { 3., 1., 3., 1., 2. };

    for (int i = 0; i < 5; i++) {
        l[i] = (struct letter){ &seen, 'a' + i };
        t[i] = loop_timer_create (loop,
                                  LOOP_ALWAYS,
                                  after[i],
                                  0.,
                                  letter_cb,
                                  &l[i]);
    }
    ok (!loop_turn (loop, false), "a turn without waiting runs nothing");
    ok (clock.t == 100., "and does not move the clock");
    ok (loop_turn (loop, true), "a turn that waits runs the first timers");
    ok (loop_now (loop) == 101., "and moves the clock to them");
    is_str (seen.text, "bd", "timers due together fire in order of start");
    ok (!loop_source_is_active (t[1]), "a timer without repeat is stopped");
    loop_run (loop);
    is_str (seen.text, "bdeac", "the run ends when no timer is left");
    ok (clock.t == 103., "at the time of the last one");
    loop_timer_set (t[1], 5., 2.);
    loop_turn (loop, true);
    loop_turn (loop, true);
    loop_turn (loop, true);
    ok (clock.t == 112., "a timer repeats at its interval");
    ok (loop_source_wakeup (t[1]) == 114., "and says when it fires next");
    loop_timer_set (t[1], -1., 0.);
    ok (!loop_turn (loop, true), "after < 0 stops it");
    for (int i = 0; i < 5; i++)
        loop_source_destroy (t[i]);
    errno = 0;
    ok (!loop_timer_create (loop, LOOP_ALWAYS, -1., 0., NULL, NULL)
            && errno == EINVAL,
        "a negative delay is refused");
    loop_destroy (loop);
}

static double every_ten (struct loop_source *src, double now, void *arg)
{
    return now < 130. ? now + 10. : now - 1.;
}

static void test_periodic (void)
{
    struct clock clock = at_100 ();
    struct loop *loop = loop_create (&clock);
    struct seen seen = { .loop = loop };
    struct letter l = { &seen, 'p' };
    struct loop_source *p;

    p = loop_periodic_create (loop, LOOP_ALWAYS, 3., 7., NULL, letter_cb, &l);
    ok (loop_source_wakeup (p) == 101., "periodic: offset + N * interval");
    loop_turn (loop, true);
    loop_turn (loop, true);
    ok (clock.t == 108., "fires at each");
    loop_periodic_set (p, 110., 0., NULL);
    loop_turn (loop, true);
    ok (clock.t == 110. && !loop_source_is_active (p),
        "without interval once, at the offset");
    loop_periodic_set (p, 0., 0., every_ten);
    loop_run (loop);
    ok (clock.t == 130. && !loop_source_is_active (p),
        "reschedule chooses the times, until one in the past");
    is_str (seen.text, "ppppp", "five calls in all");
    loop_source_destroy (p);
    loop_destroy (loop);
}

static void test_destroy (void)
{
    struct clock clock = at_100 ();
    struct loop *loop = loop_create (&clock);
    struct seen seen = { .loop = loop };
    struct letter l = { &seen, 'x' };
    struct loop_source *first, *work;

    loop_timer_create (loop, LOOP_ALWAYS, 1., 1., destroy_self_cb, &seen);
    loop_run (loop);
    is_str (seen.text, "d", "a source may destroy itself in its callback");

    first =
        loop_timer_create (loop, LOOP_ALWAYS, 1., 0., destroy_other_cb, &seen);
    seen.src = loop_timer_create (loop, LOOP_ALWAYS, 1., 0., letter_cb, &l);
    loop_run (loop);
    is_str (seen.text, "do", "one destroyed by another is not called");
    loop_source_destroy (first);

    work = loop_work_create (loop, LOOP_ALWAYS, destroy_self_cb, &seen);
    loop_kick (work);
    loop_turn (loop, false);
    loop_prepare_create (loop, LOOP_ALWAYS, destroy_self_cb, &seen);
    loop_check_create (loop, LOOP_ALWAYS, destroy_self_cb, &seen);
    loop_idle_create (loop, LOOP_ALWAYS, destroy_self_cb, &seen);
    loop_turn (loop, false);
    is_str (seen.text, "dodddd", "so for all kinds");
    loop_destroy (loop);
}

static void test_io (void)
{
    struct loop *loop = loop_create (NULL);
    struct seen seen = { .loop = loop };
    struct letter l = { &seen, 'r' };
    struct loop_source *io;
    int fds[2];
    char c;

    if (pipe (fds) < 0)
        bail_out ("pipe");
    errno = 0;
    ok (!loop_io_create (loop, LOOP_ALWAYS, -1, LOOP_READ, NULL, NULL)
            && errno == EINVAL,
        "a bad descriptor is refused");
    io = loop_io_create (loop, LOOP_HOLDABLE, fds[0], LOOP_READ, letter_cb, &l);
    ok (!loop_turn (loop, false), "nothing to read, nothing run");
    if (write (fds[1], "x", 1) != 1)
        bail_out ("write");
    ok (loop_turn (loop, true), "readable");
    is_int (seen.revents, LOOP_READ, "and says so");
    loop_turn (loop, true);
    is_str (seen.text, "rr", "level triggered");
    loop_io_set (io, 0);
    ok (!loop_turn (loop, false), "paused");
    loop_io_set (io, LOOP_READ);
    ok (loop_turn (loop, false), "watched again");

    seen.text[0] = seen.text[1] = seen.text[2] = '\0';
    loop_hold (loop);
    ok (loop_held (loop), "held");
    ok (!loop_turn (loop, false), "a held io does not run");
    ok (!loop_turn (loop, false), "nor again");
    loop_release (loop);
    is_str (seen.text, "", "nothing was run while held");
    loop_turn (loop, false);
    is_str (seen.text, "r", "it runs after release");

    loop_hold (loop);
    loop_turn (loop, false);
    if (read (fds[0], &c, 1) != 1)
        bail_out ("read");
    loop_release (loop);
    ok (!loop_turn (loop, false), "unless it is not ready any more");
    loop_source_destroy (io);

    io = loop_io_create (loop, LOOP_ALWAYS, fds[1], LOOP_WRITE, letter_cb, &l);
    loop_turn (loop, true);
    is_int (seen.revents, LOOP_WRITE, "writable");
    loop_source_destroy (io);
    close (fds[0]);
    close (fds[1]);
    loop_destroy (loop);
}

static void test_hold (void)
{
    struct clock clock = at_100 ();
    struct loop *loop = loop_create (&clock);
    struct seen seen = { .loop = loop };
    struct letter l[8];
    struct loop_source *s[8];
    const char *kinds = "twsPCI";

    for (int i = 0; kinds[i]; i++)
        l[i] = (struct letter){ &seen, kinds[i] };
    s[0] = loop_timer_create (loop, LOOP_HOLDABLE, 1., 0., letter_cb, &l[0]);
    s[1] = loop_work_create (loop, LOOP_HOLDABLE, letter_cb, &l[1]);
    s[2] = loop_signal_create (loop, LOOP_HOLDABLE, SIGUSR1, letter_cb, &l[2]);
    s[3] = loop_prepare_create (loop, LOOP_HOLDABLE, letter_cb, &l[3]);
    s[4] = loop_check_create (loop, LOOP_HOLDABLE, letter_cb, &l[4]);
    s[5] = loop_idle_create (loop, LOOP_HOLDABLE, letter_cb, &l[5]);

    loop_kick (s[1]);
    loop_hold (loop);
    loop_hold (loop);
    raise (SIGUSR1);
    clock_advance (&clock, 105.);
    ok (!loop_turn (loop, false), "held sources do not run");
    raise (SIGUSR1);
    loop_kick (s[1]);
    ok (!loop_turn (loop, false), "of whatever kind");
    loop_release (loop);
    ok (!loop_turn (loop, false), "holds nest");
    is_str (seen.text, "", "nothing was called");
    loop_release (loop);
    for (int i = 3; i < 6; i++)
        loop_source_stop (s[i]);
    loop_turn (loop, false);
    is_int (strlen (seen.text), 3, "each runs once after release");
    ok (strchr (seen.text, 't') && strchr (seen.text, 'w')
            && strchr (seen.text, 's'),
        "timer, work and signal (%s)",
        seen.text);
    loop_turn (loop, false);
    is_int (strlen (seen.text), 3, "and only once");
    for (int i = 3; i < 6; i++)
        loop_source_start (s[i]);
    loop_turn (loop, false);
    is_str (seen.text + 3, "PCI", "prepare, check and idle are back");
    for (int i = 0; i < 6; i++)
        loop_source_destroy (s[i]);

    /* a source that is destroyed while parked */
    s[0] = loop_timer_create (loop, LOOP_HOLDABLE, 1., 0., letter_cb, &l[0]);
    loop_hold (loop);
    clock_advance (&clock, 110.);
    loop_turn (loop, false);
    loop_source_destroy (s[0]);
    loop_release (loop);
    ok (!loop_turn (loop, false), "a parked source can be destroyed");
    loop_destroy (loop);
}

static void nested_cb (struct loop_source *src, int revents, void *arg)
{
    struct seen *seen = arg;

    note (seen, '(');
    loop_hold (seen->loop);
    loop_turn (seen->loop, true);
    loop_release (seen->loop);
    note (seen, ')');
}

static void hook_cb (void *arg)
{
    note (arg, '.');
}

static void test_nested (void)
{
    struct clock clock = at_100 ();
    struct loop *loop = loop_create (&clock);
    struct seen seen = { .loop = loop };
    struct letter held = { &seen, 'h' }, always = { &seen, 'a' };
    struct loop_source *s[4];

    s[0] = loop_timer_create (loop, LOOP_HOLDABLE, 1., 0., nested_cb, &seen);
    s[1] = loop_timer_create (loop, LOOP_HOLDABLE, 1., 0., letter_cb, &held);
    s[2] = loop_timer_create (loop, LOOP_ALWAYS, 2., 0., letter_cb, &always);
    ok (loop_hook_add (loop, hook_cb, &seen) == 0, "add a hook");
    loop_run (loop);
    is_str (seen.text,
            "(a.).h.",
            "a turn inside a callback runs what is not held");
    for (int i = 0; i < 3; i++)
        loop_source_destroy (s[i]);
    loop_destroy (loop);
}

static void rekick_cb (struct loop_source *src, int revents, void *arg)
{
    note (arg, 'k');
    loop_kick (src);
}

static void test_work (void)
{
    struct loop *loop = loop_create (NULL);
    struct seen seen = { .loop = loop };
    struct loop_source *work =
        loop_work_create (loop, LOOP_ALWAYS, rekick_cb, &seen);

    ok (!loop_turn (loop, false), "work that was not kicked does not run");
    loop_kick (work);
    loop_kick (work);
    loop_turn (loop, true);
    is_str (seen.text, "k", "kicked twice, run once; again the next turn");
    loop_turn (loop, true);
    is_str (seen.text, "kk", "and the loop does not sleep before");
    loop_source_destroy (work);
    ok (!loop_turn (loop, false), "gone");
    loop_destroy (loop);
}

struct kicker {
    struct seen *seen;
    char c;
    struct loop_source *next; /* kicked by this one; or NULL */
};

static void kicker_cb (struct loop_source *src, int revents, void *arg)
{
    struct kicker *k = arg;

    note (k->seen, k->c);
    if (k->next)
        loop_kick (k->next);
}

/* Late work comes in the turn that asks for it, after the hooks; of bulk work
 * each turn has one slice, after all else.
 */
static void test_parts (void)
{
    struct loop *loop = loop_create (NULL);
    struct seen seen = { .text = "" };
    struct kicker k[4] = { { &seen, 'a' },
                           { &seen, 'l' },
                           { &seen, 'b' },
                           { &seen, 'c' } };
    static const int cls[4] = { LOOP_ALWAYS,
                                LOOP_ALWAYS | LOOP_LATE,
                                LOOP_ALWAYS | LOOP_BULK,
                                LOOP_HOLDABLE | LOOP_BULK };
    struct loop_source *s[4];

    for (int i = 0; i < 4; i++)
        s[i] = loop_work_create (loop, cls[i], kicker_cb, &k[i]);
    loop_hook_add (loop, hook_cb, &seen);
    k[0].next = s[1];
    k[2].next = s[2];
    k[3].next = s[3];
    for (int i = 3; i >= 0; i -= i == 2 ? 2 : 1)
        loop_kick (s[i]);
    for (int i = 0; i < 4; i++)
        loop_turn (loop, true);
    is_str (seen.text,
            "a.lc.b.c.b.",
            "late work ends the turn, and slices of bulk work take turns");
    memset (seen.text, 0, sizeof (seen.text));
    loop_hold (loop);
    loop_kick (s[0]);
    loop_turn (loop, true);
    loop_turn (loop, true);
    is_str (seen.text, "a.lb.b.", "a bulk source may be held");
    loop_release (loop);
    memset (seen.text, 0, sizeof (seen.text));
    loop_source_stop (s[2]);
    k[3].next = NULL;
    loop_turn (loop, true);
    ok (!loop_turn (loop, false), "no more bulk work, no more turns");
    is_str (seen.text, "c.", "and runs after that");
    for (int i = 0; i < 4; i++)
        loop_source_destroy (s[i]);
    loop_hook_remove (loop, hook_cb, &seen);
    loop_destroy (loop);
}

static void *kick_thread (void *arg)
{
    loop_kick_async (arg);
    return NULL;
}

static void test_async (void)
{
    struct loop *loop = loop_create (NULL);
    struct seen seen = { .loop = loop };
    struct loop_source *work =
        loop_work_create (loop, LOOP_ALWAYS, stop_cb, &seen);
    pthread_t thread;

    if (pthread_create (&thread, NULL, kick_thread, work) != 0)
        bail_out ("pthread_create");
    loop_run (loop);
    is_str (seen.text, "s", "a kick from another thread ends the wait");
    pthread_join (thread, NULL);
    loop_source_destroy (work);
    loop_destroy (loop);
}

static void test_order (void)
{
    struct clock clock = at_100 ();
    struct loop *loop = loop_create (&clock);
    struct seen seen = { .loop = loop };
    const char *names = "pabtzi";
    struct letter l[6];
    struct loop_source *s[6];

    for (int i = 0; i < 6; i++)
        l[i] = (struct letter){ &seen, names[i] };
    s[5] = loop_idle_create (loop, LOOP_ALWAYS, letter_cb, &l[5]);
    s[4] = loop_check_create (loop, LOOP_ALWAYS, letter_cb, &l[4]);
    s[2] = loop_check_create (loop, LOOP_ALWAYS, letter_cb, &l[2]);
    s[1] = loop_check_create (loop, LOOP_ALWAYS, letter_cb, &l[1]);
    s[0] = loop_prepare_create (loop, LOOP_ALWAYS, letter_cb, &l[0]);
    s[3] = loop_timer_create (loop, LOOP_ALWAYS, 0., 0., letter_cb, &l[3]);
    loop_check_set_priority (s[1], 99);
    loop_check_set_priority (s[4], -99);
    loop_turn (loop, true);
    is_str (seen.text, "pabtz", "prepare, checks by priority, the rest");
    loop_turn (loop, true);
    is_str (seen.text + 5, "pabzi", "idle when nothing else fired");
    is_int (loop_active (loop), 5, "five sources are active");
    loop_source_set_counted (s[0], false);
    is_int (loop_active (loop), 4, "one not counted");
    for (int i = 0; i < 6; i++)
        loop_source_destroy (s[i]);
    is_int (loop_active (loop), 0, "none left");
    loop_destroy (loop);
}

static void test_real_timer (void)
{
    struct loop *loop = loop_create (NULL);
    struct seen seen = { .loop = loop };
    struct letter l = { &seen, 'p' };
    double start = loop_now (loop);
    struct loop_source *t, *p;

    p = loop_periodic_create (loop,
                              LOOP_ALWAYS,
                              start + 0.001,
                              0.,
                              NULL,
                              letter_cb,
                              &l);
    t = loop_timer_create (loop, LOOP_ALWAYS, 0.01, 0., stop_cb, &seen);
    loop_run (loop);
    is_str (seen.text, "ps", "timers fire in real time too");
    ok (loop_now (loop) >= start, "time does not go back");
    loop_source_destroy (t);
    loop_source_destroy (p);
    loop_destroy (loop);
}

static void test_many (void)
{
    struct clock clock = at_100 ();
    struct loop *loop = loop_create (&clock);
    enum { N = 1000 };
    static struct loop_source *s[N];
    int fired = 0;
    double last = 0.;

    for (int i = 0; i < N; i++)
        s[i] = loop_timer_create (loop,
                                  LOOP_ALWAYS,
                                  (i * 7919) % 997,
                                  0.,
                                  NULL,
                                  NULL);
    for (int i = 0; i < N; i += 3) {
        loop_source_destroy (s[i]);
        s[i] = NULL;
    }
    bool ordered = true;
    while (loop_turn (loop, true)) {
        fired++;
        ordered = ordered && clock.t > last;
        last = clock.t;
    }
    ok (ordered && fired > 600, "many timers keep their order");
    for (int i = 0; i < N; i++)
        loop_source_destroy (s[i]);
    loop_destroy (loop);
}

static void slow_cb (struct loop_source *src, int revents, void *arg)
{
    struct clock *clock = arg;

    clock_advance (clock, clock->t + 2.);
}

static void noted_cb (struct loop_source *src, int revents, void *arg)
{
    struct seen *seen = arg;

    loop_note (seen->loop, "a.topic");
    slow_cb (src, revents, loop_clock (seen->loop));
    slow_cb (src, revents, loop_clock (seen->loop));
}

static void test_longest (void)
{
    struct clock clock = { .is_virtual = true, .t = 100. };
    struct seen seen = { .loop = loop_create (&clock) };
    struct loop_source *slow, *noted, *timer;
    struct loop_longest l;

    timer = loop_timer_create (seen.loop, LOOP_ALWAYS, 50., 0., NULL, NULL);
    slow = loop_work_create (seen.loop, LOOP_ALWAYS, slow_cb, &clock);
    noted = loop_work_create (seen.loop, LOOP_ALWAYS, noted_cb, &seen);
    loop_source_set_name (slow, "slow");
    loop_turn (seen.loop, true);
    loop_longest (seen.loop, &l);
    ok (l.seconds == 0., "waiting is not counted");
    loop_kick (slow);
    loop_turn (seen.loop, false);
    loop_longest (seen.loop, &l);
    ok (l.seconds == 2. && l.part == 2. && l.when == 150.,
        "the longest turn is known");
    is_str (l.what, "slow", "and which source it was");
    loop_kick (slow);
    loop_kick (noted);
    loop_turn (seen.loop, false);
    loop_longest (seen.loop, &l);
    ok (l.seconds == 6. && l.part == 4., "a turn is all that ran in it");
    is_str (l.what, "a.topic", "what took most of it is named by its note");
    loop_longest_clear (seen.loop);
    loop_longest (seen.loop, &l);
    ok (l.seconds == 0. && !l.what[0], "and can be forgotten");
    loop_source_destroy (timer);
    loop_source_destroy (slow);
    loop_source_destroy (noted);
    loop_destroy (seen.loop);
}

int main (void)
{
    test_virtual_timers ();
    test_longest ();
    test_periodic ();
    test_destroy ();
    test_io ();
    test_hold ();
    test_nested ();
    test_work ();
    test_parts ();
    test_async ();
    test_order ();
    test_real_timer ();
    test_many ();
    return done_testing ();
}
