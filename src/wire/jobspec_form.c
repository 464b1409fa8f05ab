/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/jobspec_form.h"

/* As many shapes of jobs as are about at one time. */
#define TABLE_SLOTS 32

struct form {
    uint32_t refs;
    struct jobspec js; /* its strings are behind it */
    char strings[];
};

/* What texts of a pool have in common. */
struct table {
    struct form *slots[TABLE_SLOTS]; /* refs; NULL at the end */
    unsigned int next;
};

/* A form with names that are not its own. */
struct named {
    struct form *form;
    uint8_t has_name, has_cwd;
    char strings[]; /* the name, if there is one, then the directory */
};

static const size_t string_fields[] = {
    offsetof (struct jobspec, name),
    offsetof (struct jobspec, cwd),
    offsetof (struct jobspec, queue),
    offsetof (struct jobspec, project),
    offsetof (struct jobspec, bank),
    offsetof (struct jobspec, constraints),
    offsetof (struct jobspec, dependencies),
};
#define NSTRINGS (sizeof (string_fields) / sizeof (*string_fields))
#define NNAMES 2 /* of these, the first ones */
#define STRING(js, i) (*(const char **)((char *)(js) + string_fields[i]))

static void form_unref (void *arg)
{
    struct form *f = arg;

    if (f && --f->refs == 0)
        free (f);
}

static void named_free (void *arg)
{
    struct named *n = arg;

    form_unref (n->form);
    free (n);
}

static void table_free (void *arg)
{
    struct table *t = arg;

    for (int i = 0; i < TABLE_SLOTS; i++)
        form_unref (t->slots[i]);
    free (t);
}

static size_t size_of (const char *s)
{
    return s ? strlen (s) + 1 : 0;
}

static bool same (const char *a, const char *b)
{
    return a == b || (a && b && !strcmp (a, b));
}

static struct form *form_create (const struct jobspec *js)
{
    size_t size = 0;
    struct form *f;
    char *p;

    for (size_t i = 0; i < NSTRINGS; i++)
        size += size_of (STRING (js, i));
    if (!(f = malloc (sizeof (*f) + size)))
        return NULL;
    f->refs = 1;
    f->js = *js;
    p = f->strings;
    for (size_t i = 0; i < NSTRINGS; i++) {
        if (!STRING (js, i))
            continue;
        STRING (&f->js, i) = p;
        p = stpcpy (p, STRING (js, i)) + 1;
    }
    return f;
}

/* But for the names. */
static bool same_form (const struct jobspec *a, const struct jobspec *b)
{
    if (a->nnodes != b->nnodes || a->nslots != b->nslots
        || a->cores_per_slot != b->cores_per_slot
        || a->gpus_per_slot != b->gpus_per_slot || a->ncores != b->ncores
        || a->ngpus != b->ngpus || a->exclusive != b->exclusive
        || a->ntasks != b->ntasks || a->tasks_per_node != b->tasks_per_node
        || a->tasks_per_core != b->tasks_per_core || a->duration != b->duration
        || a->waitable_test != b->waitable_test)
        return false;
    for (size_t i = NNAMES; i < NSTRINGS; i++) {
        if (!same (STRING (a, i), STRING (b, i)))
            return false;
    }
    return true;
}

/* A form for the text with a reference: one that others have, where there is
 * one, else new.
 */
static struct form *form_for (struct text_pool *pool, const struct jobspec *js)
{
    void **aux = pool ? text_pool_aux (pool, table_free) : NULL;
    struct table *t;
    struct form *f, **slot;

    if (!aux || (!*aux && !(*aux = calloc (1, sizeof (*t)))))
        return form_create (js);
    t = *aux;
    for (int i = 0; i < TABLE_SLOTS && (f = t->slots[i]); i++) {
        if (same_form (&f->js, js)) {
            f->refs++;
            return f;
        }
    }
    if (!(f = form_create (js)))
        return NULL;
    slot = &t->slots[t->next++ % TABLE_SLOTS];
    form_unref (*slot);
    *slot = f;
    f->refs++;
    return f;
}

static struct named *named_create (struct form *f, const struct jobspec *js)
{
    size_t size = size_of (js->name) + size_of (js->cwd);
    struct named *n = malloc (sizeof (*n) + size);

    if (!n)
        return NULL;
    n->form = f;
    n->has_name = js->name != NULL;
    n->has_cwd = js->cwd != NULL;
    if (js->name)
        strcpy (n->strings, js->name);
    if (js->cwd)
        strcpy (n->strings + size_of (js->name), js->cwd);
    return n;
}

const struct jobspec *jobspec_form_get (const struct text *spec)
{
    errno = 0;
    if (!spec->aux)
        return NULL;
    if (spec->aux_free == form_unref)
        return &((struct form *)spec->aux)->js;
    if (spec->aux_free == named_free)
        return &((struct named *)spec->aux)->form->js;
    errno = EINVAL;
    return NULL;
}

const struct jobspec *jobspec_form_set (struct text *spec,
                                        const struct jobspec *js)
{
    struct form *f = form_for (spec->pool, js);
    struct named *n;

    if (!f)
        return NULL;
    if (same (f->js.name, js->name) && same (f->js.cwd, js->cwd)) {
        spec->aux = f;
        spec->aux_free = form_unref;
        return &f->js;
    }
    if (!(n = named_create (f, js))) {
        form_unref (f);
        return NULL;
    }
    spec->aux = n;
    spec->aux_free = named_free;
    return &f->js;
}

void jobspec_names (struct text *spec, const char **name, const char **cwd)
{
    const struct jobspec *js = jobspec_of (spec);
    const struct named *n = spec->aux;

    *name = js ? js->name : NULL;
    *cwd = js ? js->cwd : NULL;
    if (!js || spec->aux_free != named_free)
        return;
    *name = n->has_name ? n->strings : NULL;
    *cwd = n->has_cwd ? n->strings + size_of (*name) : NULL;
}
