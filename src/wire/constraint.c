/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/constraint.h"
#include "wire/jload.h"

enum {
    MAX_DEPTH = 64,
};

struct term {
    bool (*match) (const struct term *t,
                   const struct rset *r,
                   const struct rset_node *n);
    struct term *terms; /* and, or, not */
    size_t nterms;
    char **names; /* properties */
    size_t nnames;
    struct idset *ranks;
    struct hostlist *hosts;
};

struct constraint {
    char *text;
    struct term root;
};

static bool match_and (const struct term *t,
                       const struct rset *r,
                       const struct rset_node *n)
{
    for (size_t i = 0; i < t->nterms; i++) {
        if (!t->terms[i].match (&t->terms[i], r, n))
            return false;
    }
    return true;
}

static bool match_or (const struct term *t,
                      const struct rset *r,
                      const struct rset_node *n)
{
    for (size_t i = 0; i < t->nterms; i++) {
        if (t->terms[i].match (&t->terms[i], r, n))
            return true;
    }
    return t->nterms == 0;
}

static bool match_not (const struct term *t,
                       const struct rset *r,
                       const struct rset_node *n)
{
    return !match_and (t, r, n);
}

static bool match_properties (const struct term *t,
                              const struct rset *r,
                              const struct rset_node *n)
{
    for (size_t i = 0; i < t->nnames; i++) {
        const char *name = t->names[i];
        bool want = *name != '^';

        if (rset_has_property (r, n->rank, want ? name : name + 1) != want)
            return false;
    }
    return true;
}

static bool match_ranks (const struct term *t,
                         const struct rset *r,
                         const struct rset_node *n)
{
    return idset_test (t->ranks, n->rank);
}

static bool match_hosts (const struct term *t,
                         const struct rset *r,
                         const struct rset_node *n)
{
    return n->host && hostlist_find (t->hosts, n->host) >= 0;
}

static void term_clear (struct term *t)
{
    for (size_t i = 0; i < t->nterms; i++)
        term_clear (&t->terms[i]);
    for (size_t i = 0; i < t->nnames; i++)
        free (t->names[i]);
    free (t->terms);
    free (t->names);
    idset_destroy (t->ranks);
    hostlist_destroy (t->hosts);
}

static int compile (struct term *t, json_t *o, int depth, flux_error_t *error);

static int compile_terms (struct term *t,
                          json_t *values,
                          int depth,
                          flux_error_t *error)
{
    size_t count = json_array_size (values);

    if (!(t->terms = calloc (count + 1, sizeof (*t->terms))))
        return err_set (error, ENOMEM, "out of memory");
    while (t->nterms < count) {
        struct term *sub = &t->terms[t->nterms];

        if (compile (sub, json_array_get (values, t->nterms), depth, error)
            < 0) {
            term_clear (sub);
            return -1;
        }
        t->nterms++;
    }
    return 0;
}

static int compile_properties (struct term *t,
                               json_t *values,
                               int depth,
                               flux_error_t *error)
{
    size_t count = json_array_size (values);

    if (!(t->names = calloc (count + 1, sizeof (*t->names))))
        return err_set (error, ENOMEM, "out of memory");
    for (; t->nnames < count; t->nnames++) {
        const char *s = json_string_value (json_array_get (values, t->nnames));

        if (!s || strspn (s, "^") > 1 || s[strspn (s, "^")] == '\0'
            || strpbrk (s + (*s == '^'), "!&'\"^`|()"))
            return err_set (error,
                            EINVAL,
                            "invalid property '%s' specified",
                            s ? s : "(not a string)");
        if (!(t->names[t->nnames] = strdup (s)))
            return err_set (error, ENOMEM, "out of memory");
    }
    return 0;
}

static int compile_ranks (struct term *t,
                          json_t *values,
                          int depth,
                          flux_error_t *error)
{
    size_t i;
    json_t *v;

    if (!(t->ranks = idset_create (0, IDSET_FLAG_AUTOGROW)))
        return err_set (error, ENOMEM, "out of memory");
    json_array_foreach (values, i, v)
    {
        const char *s = json_string_value (v);

        if (!s || idset_decode_add (t->ranks, s, -1, NULL) < 0)
            return err_set (error,
                            EINVAL,
                            "invalid idset '%s' specified in ranks",
                            s ? s : "(not a string)");
    }
    return 0;
}

static int compile_hosts (struct term *t,
                          json_t *values,
                          int depth,
                          flux_error_t *error)
{
    size_t i;
    json_t *v;

    if (!(t->hosts = hostlist_create ()))
        return err_set (error, ENOMEM, "out of memory");
    json_array_foreach (values, i, v)
    {
        const char *s = json_string_value (v);

        if (!s || hostlist_append (t->hosts, s) < 0)
            return err_set (error,
                            EINVAL,
                            "invalid hostlist '%s' specified",
                            s ? s : "(not a string)");
    }
    return 0;
}

static const struct op {
    const char *name;
    bool (*match) (const struct term *t,
                   const struct rset *r,
                   const struct rset_node *n);
    int (*compile) (struct term *t,
                    json_t *values,
                    int depth,
                    flux_error_t *error);
} ops[] = {
    { "properties", match_properties, compile_properties },
    { "hostlist", match_hosts, compile_hosts },
    { "ranks", match_ranks, compile_ranks },
    { "and", match_and, compile_terms },
    { "or", match_or, compile_terms },
    { "not", match_not, compile_terms },
};

static const struct op *op_find (const char *name)
{
    for (size_t i = 0; i < sizeof (ops) / sizeof (ops[0]); i++) {
        if (!strcmp (ops[i].name, name))
            return &ops[i];
    }
    return NULL;
}

static int compile (struct term *t, json_t *o, int depth, flux_error_t *error)
{
    const struct op *op;
    const char *name;
    void *iter;
    json_t *values;

    if (depth > MAX_DEPTH)
        return err_set (error, EINVAL, "constraint is nested too deeply");
    if (!json_is_object (o))
        return err_set (error, EINVAL, "constraint must be JSON object");
    t->match = match_and;
    if (json_object_size (o) == 0)
        return 0;
    if (json_object_size (o) > 1)
        return err_set (error,
                        EINVAL,
                        "constraint must contain only one element");
    iter = json_object_iter (o);
    name = json_object_iter_key (iter);
    values = json_object_iter_value (iter);
    if (!(op = op_find (name)))
        return err_set (error, EINVAL, "unknown constraint operator: %s", name);
    if (!json_is_array (values))
        return err_set (error,
                        EINVAL,
                        "%s operator value must be an array",
                        name);
    t->match = op->match;
    return op->compile (t, values, depth + 1, error);
}

struct constraint *constraint_create (const char *json, flux_error_t *error)
{
    json_t *o = jload_object (json, strlen (json), "constraint", error);
    struct constraint *c;
    int saved;

    if (!o)
        return NULL;
    if (!(c = calloc (1, sizeof (*c))) || !(c->text = strdup (json))) {
        err_set (error, ENOMEM, "out of memory");
        goto error;
    }
    if (compile (&c->root, o, 0, error) < 0)
        goto error;
    json_decref (o);
    return c;
error:
    saved = errno;
    constraint_destroy (c);
    json_decref (o);
    errno = saved;
    return NULL;
}

void constraint_destroy (struct constraint *c)
{
    if (!c)
        return;
    term_clear (&c->root);
    free (c->text);
    free (c);
}

const char *constraint_text (const struct constraint *c)
{
    return c->text;
}

bool constraint_match (const struct constraint *c,
                       const struct rset *r,
                       const struct rset_node *n)
{
    return c->root.match (&c->root, r, n);
}

/* t's hosts without those of r; new. */
static struct hostlist *unknown_hosts (const struct term *t,
                                       const struct rset *r)
{
    struct hostlist *hl = hostlist_copy (t->hosts);

    for (size_t i = 0; hl && i < r->count; i++) {
        const char *host = r->nodes[i].host;

        while (host && hostlist_find (hl, host) >= 0) {
            if (hostlist_remove_current (hl) < 0)
                break;
        }
    }
    return hl;
}

static int check_hosts (const struct term *t,
                        const struct rset *r,
                        flux_error_t *error)
{
    struct hostlist *hl;
    char *names;
    int count;

    for (size_t i = 0; i < t->nterms; i++) {
        if (check_hosts (&t->terms[i], r, error) < 0)
            return -1;
    }
    if (!t->hosts)
        return 0;
    if (!(hl = unknown_hosts (t, r)) || !(names = hostlist_encode (hl))) {
        hostlist_destroy (hl);
        return err_set (error, ENOMEM, "out of memory");
    }
    if ((count = hostlist_count (hl)) > 0)
        err_set (error,
                 EPERM,
                 "host constraint contains invalid hosts: host%s '%s' not "
                 "found",
                 count > 1 ? "s" : "",
                 names);
    free (names);
    hostlist_destroy (hl);
    return count > 0 ? -1 : 0;
}

int constraint_check_hosts (const struct constraint *c,
                            const struct rset *r,
                            flux_error_t *error)
{
    return check_hosts (&c->root, r, error);
}
