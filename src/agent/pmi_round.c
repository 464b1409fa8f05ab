/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Keys that tasks put, and the rounds they go.
 *
 * A key is known on this node at once.  In a barrier keys go round: when all
 * tasks of this node have come, the agent sends what is new to the broker,
 * which waits for the other nodes and sends all of it to all.  That is one
 * message each way for a node and barrier.
 *
 * A broker that died in between is told again.  A node that still waits in a
 * round shows that no other is more than one further: the keys of two rounds
 * are enough to bring everyone together.
 */

#include <stdlib.h>
#include <string.h>

#include "agent/pmi.h"
#include "wire/agent_talk.h"

static int put (struct pmi *pmi,
                const char *key,
                size_t nkey,
                const char *value,
                size_t nvalue)
{
    struct pair *p;
    struct pair *old;

    if (!(p = malloc (sizeof (*p) + nkey + nvalue + 2)))
        return -1;
    memcpy (p->key, key, nkey);
    p->key[nkey] = '\0';
    p->value = p->key + nkey + 1;
    memcpy (p->value, value, nvalue);
    p->value[nvalue] = '\0';
    HASH_FIND (hh, pmi->pairs, p->key, nkey, old);
    if (old) {
        HASH_DEL (pmi->pairs, old);
        free (old);
    }
    HASH_ADD (hh, pmi->pairs, key, nkey, p);
    return 0;
}

/* What a program may know from the outset: where its tasks are. */
static int put_maps (struct agent_job *job)
{
    struct pmi *pmi = job->pmi;
    char *mapping = layout_mapping (&job->layout);
    struct jbuf b = { 0 };
    char *map;
    int rc = -1;

    layout_taskmap (&job->layout, &b);
    map = jbuf_take (&b, NULL);
    if (mapping && map) {
        if (strlen (mapping) >= VALUE_MAX_LEN)
            *mapping = '\0'; /* "unknown" */
        if (strlen (map) >= VALUE_MAX_LEN)
            *map = '\0';
        rc = put (pmi,
                  "PMI_process_mapping",
                  strlen ("PMI_process_mapping"),
                  mapping,
                  strlen (mapping));
        if (rc == 0)
            rc = put (pmi,
                      "flux.taskmap",
                      strlen ("flux.taskmap"),
                      map,
                      strlen (map));
    }
    free (mapping);
    free (map);
    return rc;
}

int pmi_make (struct agent_job *job)
{
    if (!(job->pmi = calloc (1, sizeof (*job->pmi))))
        return -1;
    for (unsigned int i = 0; i < job->layout.nnodes; i++)
        job->pmi->members += job->layout.counts[i] > 0;
    return 0;
}

int pmi_want_maps (struct agent_job *job)
{
    if (job->run->shell.pmi_nomap || job->pmi->pairs)
        return 0;
    return put_maps (job);
}

void pmi_destroy (struct agent_job *job)
{
    struct pmi *pmi = job->pmi;
    struct pair *p, *next;

    if (!pmi)
        return;
    HASH_ITER (hh, pmi->pairs, p, next)
    {
        HASH_DEL (pmi->pairs, p);
        free (p);
    }
    free (pmi->fresh.s);
    free (pmi->last[0].text);
    free (pmi->last[1].text);
    free (pmi);
    job->pmi = NULL;
}

int pmi_put (struct pmi *pmi, const char *line)
{
    size_t nkey = 0;
    size_t nvalue = 0;
    const char *key = pmi_word (line, "key", &nkey);
    const char *value = pmi_word (line, "value", &nvalue);

    if (!key || nkey == 0 || nkey >= KEY_MAX_LEN || !value
        || nvalue >= VALUE_MAX_LEN || memchr (key, '=', nkey)
        || pmi->size + nkey + nvalue > KEYS_MAX)
        return -1;
    if (put (pmi, key, nkey, value, nvalue) < 0)
        return -1;
    pmi->size += nkey + nvalue;
    jbuf_raw (&pmi->fresh, key, nkey);
    jbuf_lit (&pmi->fresh, "=");
    jbuf_raw (&pmi->fresh, value, nvalue);
    jbuf_lit (&pmi->fresh, "\n");
    return pmi->fresh.failed ? -1 : 0;
}

/* ---- rounds ---- */

static void release (struct agent_job *job)
{
    job->pmi->waiting = false;
    job->pmi->nin = 0;
    for (unsigned int i = 0; i < job->ntasks; i++) {
        struct pmi_client *c = job->tasks[i].pmi;

        if (c && c->in) {
            c->in = false;
            pmi_answer (c, "cmd=barrier_out rc=0\n");
        }
    }
}

static void say_round (struct agent_job *job, unsigned int number)
{
    const struct round *r = &job->pmi->last[number % 2];
    struct agent_talk talk = { .id = job->id,
                               .kind = TALK_PMI,
                               .n = number,
                               .m = job->pmi->members,
                               .text = r->text,
                               .len = r->len };

    if (number > 0 && r->text)
        agent_say (job->agent, &talk);
}

void pmi_round_begin (struct agent_job *job)
{
    struct pmi *pmi = job->pmi;
    struct round *r = &pmi->last[++pmi->count % 2];

    if (pmi->members < 2) {
        free (pmi->fresh.s);
        memset (&pmi->fresh, 0, sizeof (pmi->fresh));
        release (job);
        return;
    }
    pmi->waiting = true;
    free (r->text);
    jbuf_lit (&pmi->fresh, "");
    if (!(r->text = jbuf_take (&pmi->fresh, &r->len))) {
        report_exception (job, "PMI: out of memory");
        return;
    }
    say_round (job, pmi->count);
}

void pmi_talk (struct agent *a, const struct agent_talk *talk)
{
    struct agent_job *job = job_find (a, talk->id);
    const char *s = talk->text;
    const char *end = s + talk->len;

    if (!job || !job->pmi || !job->pmi->waiting || talk->n != job->pmi->count)
        return;
    while (s < end) {
        const char *eol = memchr (s, '\n', end - s);
        const char *eq = eol ? memchr (s, '=', eol - s) : NULL;

        if (!eq)
            break;
        if (put (job->pmi, s, eq - s, eq + 1, eol - eq - 1) < 0) {
            report_exception (job, "PMI: out of memory");
            return;
        }
        s = eol + 1;
    }
    release (job);
}

void pmi_again (struct agent *a)
{
    struct agent_job *job, *next;

    HASH_ITER (hh, a->jobs, job, next)
    {
        if (!job->pmi || job->pmi->members < 2 || job->pmi->count == 0)
            continue;
        say_round (job, job->pmi->count - 1);
        say_round (job, job->pmi->count);
    }
}
