/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/fsm.h"

/* One row an event, one column a state; every cell is decided on purpose:
 *
 *   a state  the job goes there
 *   STAY     the event is applied, the state stays
 *   PASS     the event may come (late, or for information) and changes nothing
 *   ____     REFUSE: the event has no place in this state
 */
enum {
    ____ = 0,
    DEP = FLUX_JOB_STATE_DEPEND,
    PRI = FLUX_JOB_STATE_PRIORITY,
    SCH = FLUX_JOB_STATE_SCHED,
    RUN = FLUX_JOB_STATE_RUN,
    CLN = FLUX_JOB_STATE_CLEANUP,
    INA = FLUX_JOB_STATE_INACTIVE,
    STAY = 254,
    PASS = 255,
};

/* An exception below severity 0 has a row of its own. */
#define EXCEPTION_NONFATAL EVENT_MAX

/* clang-format off */
static const uint8_t transitions[EVENT_MAX + 1][FLUX_JOB_NR_STATES] = {
    /*                           NEW   DEPEND PRIO  SCHED RUN   CLEANUP INACTIVE */
    [EVENT_SUBMIT]            = {STAY, ____, ____, ____, ____, ____, ____},
    [EVENT_VALIDATE]          = {DEP,  ____, ____, ____, ____, ____, ____},
    [EVENT_INVALIDATE]        = {STAY, ____, ____, ____, ____, ____, ____},
    [EVENT_SET_FLAGS]         = {STAY, STAY, STAY, STAY, STAY, STAY, ____},
    [EVENT_DEPENDENCY_ADD]    = {STAY, STAY, ____, ____, ____, ____, ____},
    [EVENT_DEPENDENCY_REMOVE] = {STAY, STAY, ____, ____, ____, ____, ____},
    [EVENT_DEPEND]            = {____, PRI,  ____, ____, ____, ____, ____},
    [EVENT_PRIORITY]          = {____, ____, SCH,  STAY, PASS, PASS, ____},
    [EVENT_URGENCY]           = {STAY, STAY, STAY, PRI,  PASS, PASS, ____},
    [EVENT_JOBSPEC_UPDATE]    = {STAY, STAY, STAY, PRI,  STAY, ____, ____},
    [EVENT_RESOURCE_UPDATE]   = {____, ____, ____, ____, STAY, PASS, ____},
    [EVENT_ANNOTATIONS]       = {STAY, STAY, STAY, STAY, STAY, STAY, ____},
    [EVENT_MEMO]              = {STAY, STAY, STAY, STAY, STAY, STAY, ____},
    [EVENT_ALLOC]             = {____, ____, ____, RUN,  ____, ____, ____},
    [EVENT_PROLOG_START]      = {STAY, STAY, STAY, STAY, STAY, ____, ____},
    [EVENT_PROLOG_FINISH]     = {STAY, STAY, STAY, STAY, STAY, STAY, ____},
    [EVENT_START]             = {____, ____, ____, ____, STAY, STAY, ____},
    [EVENT_EXCEPTION]         = {____, CLN,  CLN,  CLN,  CLN,  STAY, ____},
    [EXCEPTION_NONFATAL]      = {STAY, STAY, STAY, STAY, STAY, STAY, ____},
    [EVENT_FINISH]            = {____, ____, ____, ____, CLN,  STAY, ____},
    [EVENT_EPILOG_START]      = {____, ____, ____, ____, ____, STAY, ____},
    [EVENT_EPILOG_FINISH]     = {____, ____, ____, ____, ____, STAY, ____},
    [EVENT_RELEASE]           = {____, ____, ____, ____, STAY, STAY, ____},
    [EVENT_FREE]              = {____, ____, ____, ____, ____, STAY, ____},
    [EVENT_CLEAN]             = {____, ____, ____, ____, ____, INA,  ____},
    [EVENT_FLUX_RESTART]      = {STAY, STAY, STAY, PRI,  STAY, STAY, ____},
    [EVENT_OTHER]             = {STAY, STAY, STAY, STAY, STAY, STAY, ____},
};
/* clang-format on */

_Static_assert(sizeof (transitions) / sizeof (transitions[0]) == EVENT_MAX + 1,
               "every event has a row");

static int table_cell (int state, const struct event *ev)
{
    int row = ev->kind;

    if (row == EVENT_EXCEPTION && ev->severity > 0)
        row = EXCEPTION_NONFATAL;
    return transitions[row][__builtin_ctz (state)];
}

int fsm_next (int state, const struct event *ev)
{
    int cell = table_cell (state, ev);

    return cell == STAY || cell == PASS ? state : cell;
}

static const char *event_label (const struct event *ev)
{
    const char *name = event_kind_name (ev->kind);

    return name ? name : (ev->name ? ev->name : "event");
}

/* What the table cannot say because it depends on more than the state. */
static const char *guard_violated (const struct job *job,
                                   const struct event *ev)
{
    switch (ev->kind) {
    case EVENT_SUBMIT:
        return job->submitted ? "it was submitted already" : NULL;
    case EVENT_VALIDATE:
        if (!job->submitted)
            return "it was not submitted";
        return job->invalid ? "it was rejected" : NULL;
    case EVENT_DEPEND:
        return job->ndeps > 0 ? "dependencies are outstanding" : NULL;
    case EVENT_PRIORITY:
        return ev->priority < 0 ? "a priority is 0 or more" : NULL;
    case EVENT_PROLOG_START:
        if (job->started)
            return "its start was posted already";
        /* fall through */
    case EVENT_EPILOG_START:
        return job->perilogs == UINT8_MAX ? "too many are under way" : NULL;
    case EVENT_PROLOG_FINISH:
    case EVENT_EPILOG_FINISH:
        return job->perilogs == 0 ? "none is under way" : NULL;
    case EVENT_START:
        return !job->has_resources ? "it holds no resources" : NULL;
    case EVENT_FREE:
        return !job->has_resources ? "it holds no resources" : NULL;
    case EVENT_CLEAN:
        if (job->has_resources)
            return "it holds resources";
        return job->perilogs > 0 ? "a prolog or epilog is under way" : NULL;
    default:
        return NULL;
    }
}

int fsm_legal (const struct job *job,
               const struct event *ev,
               flux_error_t *error)
{
    const char *why;

    if ((unsigned int)ev->kind >= EVENT_MAX)
        return err_set (error, EINVAL, "unknown kind of event %d", ev->kind);
    if (table_cell (job->state, ev) == ____)
        return err_set (error,
                        EINVAL,
                        "a job in state %s takes no %s%s event",
                        job_state_name (job->state),
                        event_label (ev),
                        ev->kind == EVENT_EXCEPTION && ev->severity == 0
                            ? " (severity 0)"
                            : "");
    if (ev->kind == EVENT_DEPENDENCY_REMOVE
        && !job_has_dependency (job, ev->description))
        return err_set (error,
                        ENOENT,
                        "the job has no dependency '%s'",
                        ev->description);
    if ((why = guard_violated (job, ev)))
        return err_set (error,
                        EINVAL,
                        "the job takes no %s event: %s",
                        event_label (ev),
                        why);
    return 0;
}

/* Append a copy of s to a NULL-terminated list. */
static int list_append (char ***list, const char *s)
{
    size_t n = 0;
    char **grown;
    char *copy;

    while (*list && (*list)[n])
        n++;
    if (!(copy = strdup (s)))
        return -1;
    if (!(grown = realloc (*list, (n + 2) * sizeof (char *)))) {
        free (copy);
        return -1;
    }
    grown[n] = copy;
    grown[n + 1] = NULL;
    *list = grown;
    return 0;
}

static char *list_take (char **list, const char *s)
{
    for (; *list; list++) {
        if (!strcmp (*list, s)) {
            char *found = *list;
            do {
                list[0] = list[1];
            } while (*++list);
            return found;
        }
    }
    return NULL;
}

static void replace_text (struct text **slot, struct text *t)
{
    struct text *old = *slot;

    *slot = text_ref (t);
    text_unref (old);
}

/* JSON string contents: enough of RFC 8259's escaping to be valid. */
static void print_escaped (FILE *f, const char *s)
{
    for (; *s; s++) {
        unsigned char c = *s;
        if (c == '"' || c == '\\')
            fprintf (f, "\\%c", c);
        else if (c < 0x20)
            fprintf (f, "\\u%04x", c);
        else
            fputc (c, f);
    }
}

static char *compose_entry (const struct event *ev, size_t *len)
{
    char *buf = NULL;
    FILE *f;

    if (!(f = open_memstream (&buf, len)))
        return NULL;
    fprintf (f,
             "{\"timestamp\":%.6f,\"name\":\"%s\",\"context\":",
             ev->timestamp,
             event_label (ev));
    if (ev->context)
        fputs (ev->context, f);
    else if (ev->kind == EVENT_FINISH)
        fprintf (f, "{\"status\":%d}", ev->status);
    else {
        fprintf (f, "{\"type\":\"");
        print_escaped (f, ev->type ? ev->type : "");
        fprintf (f, "\",\"severity\":%d,\"note\":\"", ev->severity);
        print_escaped (f, ev->note ? ev->note : "");
        fputs ("\"", f);
        if (ev->userid != UINT32_MAX)
            fprintf (f, ",\"userid\":%" PRIu32, ev->userid);
        fputs ("}", f);
    }
    fputs ("}", f);
    if (fclose (f) != 0) {
        free (buf);
        return NULL;
    }
    return buf;
}

static struct text *end_event_text (const struct event *ev)
{
    struct text *t;
    char *s;
    size_t len;

    if (ev->entry)
        return text_create (ev->entry, strlen (ev->entry));
    if (!(s = compose_entry (ev, &len)))
        return NULL;
    t = text_create (s, len);
    free (s);
    return t;
}

static int apply_exception (struct job *job, const struct event *ev)
{
    struct job_exception *e;

    if (job->exception && job->exception->severity <= ev->severity)
        return 0;
    if (!(e = calloc (1, sizeof (*e))))
        return -1;
    e->severity = ev->severity;
    e->userid = ev->userid;
    e->type = strdup (ev->type ? ev->type : "");
    e->note = strdup (ev->note ? ev->note : "");
    if (!e->type || !e->note) {
        free (e->type);
        free (e->note);
        free (e);
        return -1;
    }
    if (job->exception) {
        free (job->exception->type);
        free (job->exception->note);
        free (job->exception);
    }
    job->exception = e;
    return 0;
}

static int apply_dependency_add (struct job *job, const char *description)
{
    if (job_has_dependency (job, description))
        return 0;
    if (list_append (&job->deps, description) < 0)
        return -1;
    job->ndeps++;
    return 0;
}

static int apply_dependency_remove (struct job *job, const char *description)
{
    if (!job_had_dependency (job, description)
        && list_append (&job->deps_done, description) < 0)
        return -1;
    free (list_take (job->deps, description));
    if (--job->ndeps == 0) {
        free (job->deps);
        job->deps = NULL;
    }
    return 0;
}

static void apply_submit (struct job *job, const struct event *ev)
{
    job->submitted = true;
    job->userid = ev->userid;
    job->urgency = ev->urgency;
    job->flags |= ev->flags;
    job->t_submit = ev->timestamp;
}

static void apply_annotations (struct job *job, const struct event *ev)
{
    if (ev->has_annotations)
        replace_text (&job->annotations, ev->annotations);
}

static void apply_alloc (struct job *job, const struct event *ev)
{
    job->has_resources = true;
    if (ev->R)
        replace_text (&job->R, ev->R);
    apply_annotations (job, ev);
}

/* The fields, apart from the state; -1 (ENOMEM) leaves the job as it was. */
static int apply_fields (struct job *job, const struct event *ev)
{
    switch (ev->kind) {
    case EVENT_SUBMIT:
        apply_submit (job, ev);
        break;
    case EVENT_INVALIDATE:
        job->invalid = true;
        break;
    case EVENT_SET_FLAGS:
        job->flags |= ev->flags;
        break;
    case EVENT_DEPENDENCY_ADD:
        return apply_dependency_add (job, ev->description);
    case EVENT_DEPENDENCY_REMOVE:
        return apply_dependency_remove (job, ev->description);
    case EVENT_PRIORITY:
        job->priority = ev->priority;
        break;
    case EVENT_FLUX_RESTART:
        if (job->state == FLUX_JOB_STATE_SCHED)
            job->priority = -1;
        break;
    case EVENT_URGENCY:
        job->urgency = ev->urgency;
        break;
    case EVENT_JOBSPEC_UPDATE:
        if (ev->spec)
            replace_text (&job->spec, ev->spec);
        break;
    case EVENT_RESOURCE_UPDATE:
        if (ev->R)
            replace_text (&job->R, ev->R);
        break;
    case EVENT_ANNOTATIONS:
    case EVENT_MEMO:
        apply_annotations (job, ev);
        break;
    case EVENT_ALLOC:
        apply_alloc (job, ev);
        break;
    case EVENT_PROLOG_START:
    case EVENT_EPILOG_START:
        job->perilogs++;
        break;
    case EVENT_PROLOG_FINISH:
    case EVENT_EPILOG_FINISH:
        job->perilogs--;
        break;
    case EVENT_START:
        job->started = true;
        break;
    case EVENT_EXCEPTION:
        return apply_exception (job, ev);
    case EVENT_FINISH:
        job->finished = true;
        job->waitstatus = ev->status;
        break;
    case EVENT_RELEASE:
        job->released |= ev->final;
        break;
    case EVENT_FREE:
        job->has_resources = false;
        break;
    default:
        break;
    }
    return 0;
}

/* The time kept for a state is that of the first entry. */
static void enter_state (struct job *job, int state, double t)
{
    int i = __builtin_ctz (state) - 1; /* DEPEND is the first with a time */

    job->state = state;
    if (i >= 0 && job->t[i] == 0.)
        job->t[i] = t;
}

int fsm_apply (struct job *job, const struct event *ev)
{
    int prev = job->state;
    int cell = table_cell (prev, ev);
    int next = fsm_next (prev, ev);
    struct text *end = NULL;

    if (ev->kind == EVENT_OTHER && ev->name && !job_event_posted (job, ev->name)
        && list_append (&job->posted_other, ev->name) < 0)
        return -1;
    if (next == FLUX_JOB_STATE_CLEANUP && next != prev && !job->end_event
        && !(end = end_event_text (ev)))
        return -1;
    if (cell != PASS && apply_fields (job, ev) < 0) {
        text_unref (end);
        return -1;
    }
    if (ev->kind != EVENT_OTHER)
        job->posted |= 1U << ev->kind;
    if (end)
        job->end_event = end;
    if (next != prev)
        enter_state (job, next, ev->timestamp);
    return prev;
}
