/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "wire/jobrow.h"
#include "wire/jobspec.h"
#include "wire/rjson.h"

static const char *const attr_names[JOBROW_ATTR_MAX] = {
    [JOBROW_ID] = "id",
    [JOBROW_USERID] = "userid",
    [JOBROW_URGENCY] = "urgency",
    [JOBROW_PRIORITY] = "priority",
    [JOBROW_T_SUBMIT] = "t_submit",
    [JOBROW_T_DEPEND] = "t_depend",
    [JOBROW_T_PRIORITY] = "t_priority",
    [JOBROW_T_SCHED] = "t_sched",
    [JOBROW_T_RUN] = "t_run",
    [JOBROW_T_CLEANUP] = "t_cleanup",
    [JOBROW_T_INACTIVE] = "t_inactive",
    [JOBROW_STATE] = "state",
    [JOBROW_NAME] = "name",
    [JOBROW_CWD] = "cwd",
    [JOBROW_QUEUE] = "queue",
    [JOBROW_PROJECT] = "project",
    [JOBROW_BANK] = "bank",
    [JOBROW_NTASKS] = "ntasks",
    [JOBROW_NCORES] = "ncores",
    [JOBROW_DURATION] = "duration",
    [JOBROW_NNODES] = "nnodes",
    [JOBROW_RANKS] = "ranks",
    [JOBROW_NODELIST] = "nodelist",
    [JOBROW_SUCCESS] = "success",
    [JOBROW_EXCEPTION_OCCURRED] = "exception_occurred",
    [JOBROW_EXCEPTION_TYPE] = "exception_type",
    [JOBROW_EXCEPTION_SEVERITY] = "exception_severity",
    [JOBROW_EXCEPTION_NOTE] = "exception_note",
    [JOBROW_RESULT] = "result",
    [JOBROW_EXPIRATION] = "expiration",
    [JOBROW_ANNOTATIONS] = "annotations",
    [JOBROW_WAITSTATUS] = "waitstatus",
    [JOBROW_DEPENDENCIES] = "dependencies",
};

const char *jobrow_attr_name (enum jobrow_attr attr)
{
    return (unsigned int)attr < JOBROW_ATTR_MAX ? attr_names[attr] : NULL;
}

uint64_t jobrow_attr_parse (const char *name)
{
    if (!strcmp (name, "all"))
        return JOBROW_ALL;
    for (int i = 0; i < JOBROW_ATTR_MAX; i++) {
        if (!strcmp (name, attr_names[i]))
            return JOBROW_BIT (i);
    }
    return 0;
}

/* ---- from a job in memory ---- */

static void row_of_resources (struct jobrow *row,
                              const struct rset *R,
                              bool names)
{
    struct idset *ranks;
    struct hostlist *hl;

    row->nnodes = rset_nnodes (R);
    row->ncores = rset_ncores (R);
    row->expiration = R->expiration;
    if (!names)
        return;
    if ((ranks = rset_ranks (R))) {
        row->ranks = row->owned[0] =
            idset_encode (ranks, IDSET_FLAG_RANGE | IDSET_FLAG_BRACKETS);
        idset_destroy (ranks);
    }
    if ((hl = rset_nodelist (R))) {
        row->nodelist = row->owned[1] = hostlist_encode (hl);
        hostlist_destroy (hl);
    }
}

static void row_of_jobspec (struct jobrow *row,
                            struct text *spec,
                            const struct jobspec *js)
{
    jobspec_names (spec, &row->name, &row->cwd);
    row->queue = js->queue;
    row->project = js->project;
    row->bank = js->bank;
    row->ntasks = js->ntasks;
    row->duration = js->duration;
    row->nnodes = js->nnodes;
    row->ncores = js->exclusive ? 0 : js->ncores;
}

void jobrow_of_job (struct jobrow *row, const struct job *job, uint64_t attrs)
{
    const uint64_t named = JOBROW_BIT (JOBROW_RANKS)
                           | JOBROW_BIT (JOBROW_NODELIST)
                           | JOBROW_BIT (JOBROW_EXPIRATION);
    const struct jobspec *js = job->spec ? jobspec_of (job->spec) : NULL;
    const struct rset *R = job->R ? rjson_of (job->R) : NULL;

    *row = (struct jobrow){
        .id = job->id,
        .userid = job->userid,
        .urgency = job->urgency,
        .state = job->state,
        .priority = job->priority,
        .t_submit = job->t_submit,
        .waitstatus = job->waitstatus,
        .exception_severity = -1,
        .dependencies = job->ndeps ? job->deps : NULL,
    };
    memcpy (row->t, job->t, sizeof (row->t));
    if (job->state == FLUX_JOB_STATE_INACTIVE)
        row->result = job_result (job);
    if (js)
        row_of_jobspec (row, job->spec, js);
    if (R)
        row_of_resources (row, R, attrs & named);
    if (job->annotations)
        row->annotations = job->annotations->s;
    if (job->exception) {
        row->exception_severity = job->exception->severity;
        row->exception_type = job->exception->type;
        row->exception_note = job->exception->note;
    }
}

/* ---- from and to the store ---- */

void jobrow_of_store (struct jobrow *row, const struct store_job *sj)
{
    json_t *o = json_loads (sj->extra ? sj->extra : "{}", 0, NULL);
    json_t *annotations = NULL;

    *row = (struct jobrow){
        .id = sj->id,
        .userid = sj->userid,
        .urgency = sj->urgency,
        .state = sj->state,
        .result = sj->result,
        .priority = sj->priority,
        .t_submit = sj->t_submit,
        .t = { sj->t_depend,
               sj->t_priority,
               sj->t_sched,
               sj->t_run,
               sj->t_cleanup,
               sj->t_inactive },
        .waitstatus = sj->waitstatus,
        .name = sj->name,
        .queue = sj->queue,
        .exception_severity = -1,
        .priv = o,
    };
    (void)json_unpack (o,
                       "{s?s s?s s?s s?i s?i s?i s?F s?F s?s s?s s?i s?s s?s "
                       "s?o}",
                       "cwd",
                       &row->cwd,
                       "project",
                       &row->project,
                       "bank",
                       &row->bank,
                       "ntasks",
                       &row->ntasks,
                       "ncores",
                       &row->ncores,
                       "nnodes",
                       &row->nnodes,
                       "duration",
                       &row->duration,
                       "expiration",
                       &row->expiration,
                       "ranks",
                       &row->ranks,
                       "nodelist",
                       &row->nodelist,
                       "exception_severity",
                       &row->exception_severity,
                       "exception_type",
                       &row->exception_type,
                       "exception_note",
                       &row->exception_note,
                       "annotations",
                       &annotations);
    if (annotations)
        row->annotations = row->owned[2] =
            json_dumps (annotations, JSON_COMPACT);
}

void jobrow_finish (struct jobrow *row)
{
    for (size_t i = 0; i < sizeof (row->owned) / sizeof (row->owned[0]); i++)
        free (row->owned[i]);
    json_decref (row->priv);
}

static void print_key (struct jbuf *b, const char *key)
{
    jbuf_lit (b, b->s && b->s[b->len - 1] == '{' ? "\"" : ",\"");
    jbuf_lit (b, key);
    jbuf_lit (b, "\":");
}

static void print_string (struct jbuf *b, const char *key, const char *s)
{
    if (s) {
        print_key (b, key);
        jbuf_string (b, s);
    }
}

static void print_count (struct jbuf *b, const char *key, int64_t n)
{
    if (n > 0) {
        print_key (b, key);
        jbuf_int (b, n);
    }
}

static void print_real (struct jbuf *b, const char *key, double d)
{
    print_key (b, key);
    jbuf_real (b, d);
}

static char *extra_of_row (const struct jobrow *row)
{
    struct jbuf b = { 0 };

    jbuf_lit (&b, "{");
    print_string (&b, "cwd", row->cwd);
    print_string (&b, "project", row->project);
    print_string (&b, "bank", row->bank);
    print_count (&b, "ntasks", row->ntasks);
    print_count (&b, "ncores", row->ncores);
    print_count (&b, "nnodes", row->nnodes);
    print_real (&b, "duration", row->duration);
    if (row->ranks) {
        print_real (&b, "expiration", row->expiration);
        print_string (&b, "ranks", row->ranks);
        print_string (&b, "nodelist", row->nodelist);
    }
    if (row->exception_severity >= 0) {
        print_key (&b, "exception_severity");
        jbuf_int (&b, row->exception_severity);
        print_string (&b, "exception_type", row->exception_type);
        print_string (&b, "exception_note", row->exception_note);
    }
    if (row->annotations) {
        print_key (&b, "annotations");
        jbuf_lit (&b, row->annotations);
    }
    jbuf_lit (&b, "}");
    return jbuf_take (&b, NULL);
}

int jobrow_store (const struct job *job,
                  bool jobspec,
                  bool R,
                  struct store_job *sj,
                  char **extra)
{
    struct jobrow row;

    jobrow_of_job (&row, job, JOBROW_ALL);
    *extra = extra_of_row (&row);
    *sj = (struct store_job){
        .id = job->id,
        .userid = job->userid,
        .urgency = job->urgency,
        .flags = job->flags,
        .state = job->state,
        .result = row.result,
        .priority = job->priority,
        .t_submit = job->t_submit,
        .t_depend = job->t[JOB_T_DEPEND],
        .t_priority = job->t[JOB_T_PRIORITY],
        .t_sched = job->t[JOB_T_SCHED],
        .t_run = job->t[JOB_T_RUN],
        .t_cleanup = job->t[JOB_T_CLEANUP],
        .t_inactive = job->t[JOB_T_INACTIVE],
        .waitstatus = job->waitstatus,
        .name = row.name, /* belongs to the job's jobspec */
        .queue = row.queue,
        .jobspec = jobspec && job->spec ? text_str (job->spec) : NULL,
        .R = R && job->R ? job->R->s : NULL,
        .extra = *extra,
    };
    jobrow_finish (&row);
    return *extra ? 0 : -1;
}

/* ---- to the wire ---- */

static void print_dependencies (struct jbuf *b, char *const *deps)
{
    jbuf_lit (b, "[");
    for (int i = 0; deps[i]; i++) {
        if (i > 0)
            jbuf_lit (b, ",");
        jbuf_string (b, deps[i]);
    }
    jbuf_lit (b, "]");
}

static void print_times (struct jbuf *b,
                         const struct jobrow *row,
                         uint64_t attrs)
{
    if (attrs & JOBROW_BIT (JOBROW_T_SUBMIT))
        print_real (b, "t_submit", row->t_submit);
    for (int i = 0; i < JOB_T_MAX; i++) {
        if ((attrs & JOBROW_BIT (JOBROW_T_DEPEND + i)) && row->t[i] != 0.)
            print_real (b, attr_names[JOBROW_T_DEPEND + i], row->t[i]);
    }
}

/* Attributes that only a finished job has, and exceptions. */
static void print_outcome (struct jbuf *b,
                           const struct jobrow *row,
                           uint64_t attrs)
{
    bool inactive = row->state == FLUX_JOB_STATE_INACTIVE;
    bool excepted = row->exception_severity >= 0;

    if (inactive && (attrs & JOBROW_BIT (JOBROW_SUCCESS))) {
        print_key (b, "success");
        jbuf_lit (b,
                  row->result == FLUX_JOB_RESULT_COMPLETED ? "true" : "false");
    }
    if (inactive && (attrs & JOBROW_BIT (JOBROW_RESULT))) {
        print_key (b, "result");
        jbuf_int (b, row->result);
    }
    if (inactive && (attrs & JOBROW_BIT (JOBROW_EXCEPTION_OCCURRED))) {
        print_key (b, "exception_occurred");
        jbuf_lit (b, excepted ? "true" : "false");
    }
    if (excepted && (attrs & JOBROW_BIT (JOBROW_EXCEPTION_TYPE)))
        print_string (b, "exception_type", row->exception_type);
    if (excepted && (attrs & JOBROW_BIT (JOBROW_EXCEPTION_SEVERITY))) {
        print_key (b, "exception_severity");
        jbuf_int (b, row->exception_severity);
    }
    if (excepted && (attrs & JOBROW_BIT (JOBROW_EXCEPTION_NOTE)))
        print_string (b, "exception_note", row->exception_note);
    if (row->waitstatus >= 0 && (attrs & JOBROW_BIT (JOBROW_WAITSTATUS))) {
        print_key (b, "waitstatus");
        jbuf_int (b, row->waitstatus);
    }
}

static void print_strings (struct jbuf *b,
                           const struct jobrow *row,
                           uint64_t attrs)
{
    const struct {
        enum jobrow_attr attr;
        const char *s;
    } strings[] = {
        { JOBROW_NAME, row->name },         { JOBROW_CWD, row->cwd },
        { JOBROW_QUEUE, row->queue },       { JOBROW_PROJECT, row->project },
        { JOBROW_BANK, row->bank },         { JOBROW_RANKS, row->ranks },
        { JOBROW_NODELIST, row->nodelist },
    };

    for (size_t i = 0; i < sizeof (strings) / sizeof (strings[0]); i++) {
        if (attrs & JOBROW_BIT (strings[i].attr))
            print_string (b, attr_names[strings[i].attr], strings[i].s);
    }
}

static void print_numbers (struct jbuf *b,
                           const struct jobrow *row,
                           uint64_t attrs)
{
    const struct {
        enum jobrow_attr attr;
        bool present;
        int64_t n;
    } numbers[] = {
        { JOBROW_USERID, true, row->userid },
        { JOBROW_URGENCY, true, row->urgency },
        /* RFC 43 clients take a priority as the sign of having been in
         * SCHED. */
        { JOBROW_PRIORITY,
          row->priority >= 0 && row->t[JOB_T_SCHED] != 0.,
          row->priority },
        { JOBROW_STATE, true, row->state },
        { JOBROW_NTASKS, row->ntasks > 0, row->ntasks },
        { JOBROW_NCORES, row->ncores > 0, row->ncores },
        { JOBROW_NNODES, row->nnodes > 0, row->nnodes },
    };

    for (size_t i = 0; i < sizeof (numbers) / sizeof (numbers[0]); i++) {
        if ((attrs & JOBROW_BIT (numbers[i].attr)) && numbers[i].present) {
            print_key (b, attr_names[numbers[i].attr]);
            jbuf_int (b, numbers[i].n);
        }
    }
}

void jobrow_print (struct jbuf *b, const struct jobrow *row, uint64_t attrs)
{
    jbuf_lit (b, "{\"id\":");
    jbuf_int (b, row->id);
    print_numbers (b, row, attrs);
    print_times (b, row, attrs);
    print_strings (b, row, attrs);
    if (attrs & JOBROW_BIT (JOBROW_DURATION))
        print_real (b, "duration", row->duration);
    if (row->ranks && (attrs & JOBROW_BIT (JOBROW_EXPIRATION)))
        print_real (b, "expiration", row->expiration);
    print_outcome (b, row, attrs);
    if (row->annotations && (attrs & JOBROW_BIT (JOBROW_ANNOTATIONS))) {
        print_key (b, "annotations");
        jbuf_lit (b, row->annotations);
    }
    if (row->dependencies && (attrs & JOBROW_BIT (JOBROW_DEPENDENCIES))) {
        print_key (b, "dependencies");
        print_dependencies (b, row->dependencies);
    }
    jbuf_lit (b, "}");
}
