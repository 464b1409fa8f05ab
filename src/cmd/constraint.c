/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/constraint.h"
#include "cmd/util.h"

enum token {
    T_END,
    T_AND,
    T_OR,
    T_NOT,
    T_OPEN,
    T_CLOSE,
    T_MINUS,
    T_WORD,
};

enum {
    MAX_DEPTH = 50,
};

struct parser {
    const char *start;
    const char *s;
    enum token token;
    char *word; /* the text of a T_WORD */
    int depth;
    flux_error_t *e;
};

/* A word runs to a blank, a parenthesis or an operator outside quotes. */
static int read_word (struct parser *p)
{
    size_t len = 0;
    char *w = xcalloc (1, strlen (p->s) + 1);

    while (*p->s && !isspace ((unsigned char)*p->s)
           && !strchr ("&|()", *p->s)) {
        if (*p->s == '"' || *p->s == '\'') {
            char quote = *p->s++;
            while (*p->s && *p->s != quote)
                w[len++] = *p->s++;
            if (!*p->s) {
                free (w);
                return err_set (p->e, EINVAL, "'%s': unclosed quote", p->start);
            }
            p->s++;
        }
        else
            w[len++] = *p->s++;
    }
    free (p->word);
    p->word = w;
    p->token = T_WORD;
    return 0;
}

static int next (struct parser *p)
{
    const char *from;

    while (isspace ((unsigned char)*p->s))
        p->s++;
    switch (*p->s) {
    case '\0':
        p->token = T_END;
        return 0;
    case '(':
        p->s++;
        p->token = T_OPEN;
        return 0;
    case ')':
        p->s++;
        p->token = T_CLOSE;
        return 0;
    case '&':
        p->s += p->s[1] == '&' ? 2 : 1;
        p->token = T_AND;
        return 0;
    case '|':
        p->s += p->s[1] == '|' ? 2 : 1;
        p->token = T_OR;
        return 0;
    case '-':
        p->s++;
        p->token = T_MINUS;
        return 0;
    }
    from = p->s;
    if (read_word (p) < 0)
        return -1;
    if (*from != '"' && *from != '\'') {
        if (!strcmp (p->word, "and"))
            p->token = T_AND;
        else if (!strcmp (p->word, "or"))
            p->token = T_OR;
        else if (!strcmp (p->word, "not"))
            p->token = T_NOT;
    }
    return 0;
}

static const struct {
    const char *name;
    const char *op;
} operators[] = {
    { "properties", "properties" },
    { "property", "properties" },
    { "hostlist", "hostlist" },
    { "hosts", "hostlist" },
    { "host", "hostlist" },
    { "ranks", "ranks" },
    { "rank", "ranks" },
};

static json_t *split_commas (const char *s)
{
    json_t *a = json_array ();
    char *copy = xstrdup (s);
    char *save = NULL;

    for (char *w = strtok_r (copy, ",", &save); w;
         w = strtok_r (NULL, ",", &save))
        json_array_append_new (a, json_string (w));
    free (copy);
    return a;
}

static json_t *term (struct parser *p)
{
    char *colon = strchr (p->word, ':');
    const char *operand = colon ? colon + 1 : p->word;
    const char *op = colon ? NULL : "properties";
    json_t *o;

    for (size_t i = 0; colon && i < sizeof (operators) / sizeof (operators[0]);
         i++) {
        if (strlen (operators[i].name) == (size_t)(colon - p->word)
            && !strncmp (operators[i].name, p->word, colon - p->word))
            op = operators[i].op;
    }
    if (!op)
        return err_null (p->e,
                         EINVAL,
                         "unknown constraint operator '%.*s'",
                         (int)(colon - p->word),
                         p->word);
    if (!*operand)
        return err_null (p->e, EINVAL, "'%s': empty term", p->start);
    o = json_object ();
    json_object_set_new (o,
                         op,
                         !strcmp (op, "properties")
                             ? split_commas (operand)
                             : json_pack ("[s]", operand));
    return next (p) < 0 ? (json_decref (o), NULL) : o;
}

static json_t *or_expr (struct parser *p);

static json_t *unary (struct parser *p)
{
    json_t *o;

    switch (p->token) {
    case T_NOT:
        if (++p->depth > MAX_DEPTH)
            return err_null (p->e, EINVAL, "'%s' is too deep", p->start);
        if (next (p) < 0 || !(o = unary (p)))
            return NULL;
        p->depth--;
        return json_pack ("{s:[o]}", "not", o);
    case T_MINUS:
        if (next (p) < 0)
            return NULL;
        if (p->token != T_WORD)
            return err_null (p->e,
                             EINVAL,
                             "'%s': '-' must stand before a term",
                             p->start);
        o = term (p);
        return o ? json_pack ("{s:[o]}", "not", o) : NULL;
    case T_OPEN:
        if (++p->depth > MAX_DEPTH)
            return err_null (p->e, EINVAL, "'%s' is too deep", p->start);
        if (next (p) < 0 || !(o = or_expr (p)))
            return NULL;
        if (p->token != T_CLOSE) {
            json_decref (o);
            return err_null (p->e, EINVAL, "'%s': missing ')'", p->start);
        }
        p->depth--;
        return next (p) < 0 ? (json_decref (o), NULL) : o;
    case T_WORD:
        return term (p);
    default:
        return err_null (p->e, EINVAL, "'%s': a term is missing", p->start);
    }
}

static bool starts_term (enum token t)
{
    return t == T_WORD || t == T_NOT || t == T_OPEN || t == T_MINUS;
}

/* One level of the grammar: operands joined by "and" (or nothing), "or". */
static json_t *chain (struct parser *p, const char *name)
{
    bool is_and = !strcmp (name, "and");
    json_t *(*operand) (struct parser *) = is_and ? unary : NULL;
    json_t *list = json_array ();
    json_t *o;

    while (true) {
        o = operand ? operand (p) : chain (p, "and");
        if (!o) {
            json_decref (list);
            return NULL;
        }
        json_array_append_new (list, o);
        if (p->token == (is_and ? T_AND : T_OR)) {
            if (next (p) < 0) {
                json_decref (list);
                return NULL;
            }
        }
        else if (!is_and || !starts_term (p->token))
            break;
    }
    if (json_array_size (list) == 1) {
        o = json_incref (json_array_get (list, 0));
        json_decref (list);
        return o;
    }
    return json_pack ("{s:o}", name, list);
}

static json_t *or_expr (struct parser *p)
{
    return chain (p, "or");
}

json_t *constraint_parse (const char *s, flux_error_t *e)
{
    struct parser p = { .start = s, .s = s, .e = e };
    json_t *o = NULL;

    if (next (&p) == 0)
        o = or_expr (&p);
    if (o && p.token != T_END) {
        json_decref (o);
        o = err_null (e, EINVAL, "'%s': unexpected text at the end", s);
    }
    free (p.word);
    return o;
}
