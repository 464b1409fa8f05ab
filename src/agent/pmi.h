/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The inside of the agent's PMI server: pmi.c answers, pmi_round.c has what
 * is answered from.
 */

#ifndef SLUICE_AGENT_PMI_H
#define SLUICE_AGENT_PMI_H

#include "agent/agent.h"

enum {
    NAME_MAX_LEN = 64, /* with the NUL, as clients are told */
    KEY_MAX_LEN = 64,
    VALUE_MAX_LEN = 1024,
    LINE_MAX_LEN = 4096,
    KEYS_MAX = 16 * 1024 * 1024, /* bytes that the tasks of a node may put */
};

struct pair {
    UT_hash_handle hh;
    char *value; /* after the key, in the same block */
    char key[];
};

struct round {
    char *text; /* what this node put; NULL: no such round */
    size_t len;
};

struct pmi {
    struct pair *pairs;
    struct jbuf fresh;    /* since the last round */
    size_t size;          /* bytes put here */
    unsigned int count;   /* of rounds begun */
    unsigned int members; /* nodes that have tasks */
    unsigned int nin;     /* tasks in the barrier */
    bool waiting;         /* for the other nodes */
    struct round last[2]; /* by number modulo 2 */
};

struct pmi_client {
    struct task *task;
    int fd;
    struct loop_source *io;
    bool in;       /* the barrier */
    bool spawning; /* in the middle of such a request */
    size_t len;
    char line[LINE_MAX_LEN];
};

/* ---- pmi.c ---- */

/* Answer the request that the task waits with; false if it takes none, and
 * then c is gone.
 */
bool pmi_answer (struct pmi_client *c, const char *fmt, ...)
    __attribute__ ((format (printf, 2, 3)));
/* The value of a word in a line, *len bytes; that of "value" goes on to its
 * end.  NULL: it is not there.
 */
const char *pmi_word (const char *line, const char *key, size_t *len);

/* ---- pmi_round.c ---- */

/* Have the keys that are there from the outset, as the first request needs
 * them: most programs never ask.  -1: no memory.
 */
int pmi_want_maps (struct agent_job *job);
/* Put what a line says, to go round with the next barrier.  -1: too long, too
 * much, no memory.
 */
int pmi_put (struct pmi *pmi, const char *line);
/* All tasks of this node are in the barrier. */
void pmi_round_begin (struct agent_job *job);

#endif
