/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What makes an entry due: an interval, events, a date. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/cron_private.h"

/* Timers are not armed further ahead: the clock may be set meanwhile. */
#define AHEAD_MAX 3600.

static double now_of (struct cron_entry *e)
{
    return loop_now (e->cron->b->loop);
}

static struct loop_source *timer_of (struct cron_entry *e, loop_f cb, void *arg)
{
    return loop_timer_create (e->cron->b->loop,
                              LOOP_ALWAYS | LOOP_STOPPED,
                              0.,
                              0.,
                              cb,
                              arg);
}

/* ---- interval ---- */

struct interval {
    struct cron_entry *e;
    double seconds;
    double after;
    double next; /* when it is due */
    struct loop_source *timer;
};

static void interval_arm (struct interval *iv, double after)
{
    iv->next = now_of (iv->e) + after;
    loop_timer_set (iv->timer, after, 0.);
}

static void interval_cb (struct loop_source *src, int revents, void *arg)
{
    struct interval *iv = arg;

    interval_arm (iv, iv->seconds);
    cron_entry_due (iv->e);
}

static void interval_destroy (void *data)
{
    struct interval *iv = data;

    loop_source_destroy (iv->timer);
    free (iv);
}

static void *interval_create (struct cron_entry *e,
                              json_t *args,
                              flux_error_t *error)
{
    struct interval *iv = calloc (1, sizeof (*iv));
    json_error_t je;

    if (!iv)
        return err_null (error, ENOMEM, "out of memory");
    iv->e = e;
    iv->after = -1.;
    if (json_unpack_ex (args,
                        &je,
                        0,
                        "{s:F s?F}",
                        "interval",
                        &iv->seconds,
                        "after",
                        &iv->after)
        < 0)
        err_set (error, EPROTO, "interval: %s", je.text);
    else if (!(iv->seconds > 0.))
        err_set (error, EINVAL, "interval: not a time above 0");
    else if ((iv->timer = timer_of (e, interval_cb, iv))) {
        if (iv->after < 0.)
            iv->after = iv->seconds;
        return iv;
    }
    interval_destroy (iv);
    return NULL;
}

static void interval_start (void *data)
{
    struct interval *iv = data;

    interval_arm (iv, iv->after);
}

static void interval_stop (void *data)
{
    struct interval *iv = data;

    loop_timer_set (iv->timer, -1., 0.);
}

static json_t *interval_describe (void *data)
{
    struct interval *iv = data;

    return json_pack ("{s:f s:f s:f}",
                      "interval",
                      iv->seconds,
                      "after",
                      iv->after,
                      "next_wakeup",
                      iv->next);
}

/* ---- event ---- */

struct onevent {
    struct cron_entry *e;
    char *topic;
    int nth;
    int after;
    int counter;
    double min_interval;
    bool started;
    struct loop_source *timer; /* min_interval is not over */
    bool waiting;
};

static void event_cb (struct loop_source *src, int revents, void *arg)
{
    struct onevent *ev = arg;

    ev->waiting = false;
    cron_entry_due (ev->e);
}

static void event_destroy (void *data)
{
    struct onevent *ev = data;

    loop_source_destroy (ev->timer);
    free (ev->topic);
    free (ev);
}

static void *event_create (struct cron_entry *e,
                           json_t *args,
                           flux_error_t *error)
{
    struct onevent *ev = calloc (1, sizeof (*ev));
    const char *topic;
    json_error_t je;

    if (!ev)
        return err_null (error, ENOMEM, "out of memory");
    ev->e = e;
    if (json_unpack_ex (args,
                        &je,
                        0,
                        "{s:s s?i s?i s?F}",
                        "topic",
                        &topic,
                        "nth",
                        &ev->nth,
                        "after",
                        &ev->after,
                        "min_interval",
                        &ev->min_interval)
        < 0)
        err_set (error, EPROTO, "event: %s", je.text);
    else if (ev->nth < 0 || ev->after < 0 || ev->min_interval < 0.)
        err_set (error, EINVAL, "event: a negative number");
    else if ((ev->topic = strdup (topic))
             && (ev->timer = timer_of (e, event_cb, ev)))
        return ev;
    event_destroy (ev);
    return NULL;
}

static void event_start (void *data)
{
    struct onevent *ev = data;

    ev->started = true;
    ev->counter = 0;
}

static void event_stop (void *data)
{
    struct onevent *ev = data;

    ev->started = ev->waiting = false;
    loop_timer_set (ev->timer, -1., 0.);
}

/* What comes too soon is made up for once. */
static void event_event (void *data, const char *topic)
{
    struct onevent *ev = data;
    double left;

    if (!ev->started || strncmp (topic, ev->topic, strlen (ev->topic)) != 0)
        return;
    ev->counter++;
    if (ev->counter < ev->after
        || (ev->nth > 0 && (ev->counter - ev->after) % ev->nth != 0)
        || ev->waiting)
        return;
    left = ev->e->lastrun + ev->min_interval - now_of (ev->e);
    if (ev->min_interval > 0. && left > 0.) {
        ev->waiting = true;
        loop_timer_set (ev->timer, left, 0.);
    }
    else
        cron_entry_due (ev->e);
}

static const char *event_topic (void *data)
{
    struct onevent *ev = data;

    return ev->topic;
}

static json_t *event_describe (void *data)
{
    struct onevent *ev = data;

    return json_pack ("{s:s s:i s:i s:i s:f}",
                      "topic",
                      ev->topic,
                      "nth",
                      ev->nth,
                      "after",
                      ev->after,
                      "counter",
                      ev->counter,
                      "min_interval",
                      ev->min_interval);
}

/* ---- datetime ---- */

struct datetime {
    struct cron_entry *e;
    struct cron_date date;
    double next; /* < 0: never */
    struct loop_source *timer;
};

static void datetime_arm (struct datetime *dt)
{
    double left = dt->next - now_of (dt->e);

    if (dt->next < 0.)
        return;
    if (left > AHEAD_MAX)
        left = AHEAD_MAX;
    loop_timer_set (dt->timer, left > 0. ? left : 0., 0.);
}

static void datetime_cb (struct loop_source *src, int revents, void *arg)
{
    struct datetime *dt = arg;
    double now = now_of (dt->e);
    bool due = now >= dt->next;

    if (due)
        dt->next = cron_date_next (&dt->date, now);
    datetime_arm (dt);
    if (due)
        cron_entry_due (dt->e);
}

static void datetime_destroy (void *data)
{
    struct datetime *dt = data;

    cron_date_clear (&dt->date);
    loop_source_destroy (dt->timer);
    free (dt);
}

static int datetime_field (struct datetime *dt,
                           enum cron_field field,
                           json_t *value,
                           flux_error_t *error)
{
    char number[24];

    snprintf (number,
              sizeof (number),
              "%" JSON_INTEGER_FORMAT,
              json_integer_value (value));
    if (!value)
        return cron_date_set (&dt->date, field, "*", error);
    if (json_is_integer (value))
        return cron_date_set (&dt->date, field, number, error);
    if (json_is_string (value))
        return cron_date_set (&dt->date,
                              field,
                              json_string_value (value),
                              error);
    return err_set (error,
                    EINVAL,
                    "%s: neither a number nor text",
                    cron_field_names[field]);
}

static void *datetime_create (struct cron_entry *e,
                              json_t *args,
                              flux_error_t *error)
{
    struct datetime *dt = calloc (1, sizeof (*dt));
    int rc = 0;

    if (!dt)
        return err_null (error, ENOMEM, "out of memory");
    dt->e = e;
    for (int i = 0; i < CRON_FIELDS && rc == 0; i++)
        rc = datetime_field (dt,
                             i,
                             json_object_get (args, cron_field_names[i]),
                             error);
    if (rc == 0 && cron_date_next (&dt->date, now_of (e)) < 0.)
        rc = err_set (error, EINVAL, "no time to come fits");
    if (rc == 0 && (dt->timer = timer_of (e, datetime_cb, dt)))
        return dt;
    datetime_destroy (dt);
    return NULL;
}

static void datetime_start (void *data)
{
    struct datetime *dt = data;

    dt->next = cron_date_next (&dt->date, now_of (dt->e));
    datetime_arm (dt);
}

static void datetime_stop (void *data)
{
    struct datetime *dt = data;

    loop_timer_set (dt->timer, -1., 0.);
}

static json_t *datetime_describe (void *data)
{
    struct datetime *dt = data;
    json_t *o = json_pack ("{s:f}", "next_wakeup", dt->next);

    for (int i = 0; i < CRON_FIELDS; i++) {
        char *s = idset_encode (dt->date.fields[i], IDSET_FLAG_RANGE);

        json_object_set_new (o, cron_field_names[i], json_string (s));
        free (s);
    }
    return o;
}

/* ---- the table ---- */

static const struct cron_type types[] = {
    { "interval",
      interval_create,
      interval_destroy,
      interval_start,
      interval_stop,
      interval_describe,
      NULL,
      NULL },
    { "event",
      event_create,
      event_destroy,
      event_start,
      event_stop,
      event_describe,
      event_event,
      event_topic },
    { "datetime",
      datetime_create,
      datetime_destroy,
      datetime_start,
      datetime_stop,
      datetime_describe,
      NULL,
      NULL },
};

const struct cron_type *cron_type_find (const char *name)
{
    for (size_t i = 0; i < sizeof (types) / sizeof (types[0]); i++) {
        if (!strcmp (types[i].name, name))
            return &types[i];
    }
    errno = ENOSYS;
    return NULL;
}
