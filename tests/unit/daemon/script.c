/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "script.h"
#include "tap.h"
#include "wire/base64.h"

/* ---- text ---- */

char *script_word (char **rest)
{
    char *w = *rest + strspn (*rest, " ");
    size_t n = strcspn (w, " ");

    if (n == 0)
        return NULL;
    *rest = w + n;
    if (**rest)
        *(*rest)++ = '\0';
    return w;
}

char *script_skip (char *s)
{
    return s + strspn (s, " ");
}

/* $NAME by what it stands for; malloced. */
static char *expand (struct script *s, const char *line)
{
    size_t size = strlen (line) + 65536, n = 0;
    char *out = malloc (size);

    while (*line && n + 1 < size) {
        char name[64];
        size_t len = strspn (line + 1,
                             "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
        const char *v;

        if (*line != '$' || len == 0 || len >= sizeof (name)) {
            out[n++] = *line++;
            continue;
        }
        snprintf (name, sizeof (name), "%.*s", (int)len, line + 1);
        if (!(v = json_string_value (json_object_get (s->vars, name))))
            bail_out ("%s:%d: what is $%s?", at_line (s), name);
        n += snprintf (out + n, size - n, "%s", v);
        line += len + 1;
    }
    out[n] = '\0';
    return out;
}

json_t *script_json (struct script *s, const char *text)
{
    json_error_t error;
    json_t *o = json_loads (text, JSON_DECODE_ANY, &error);

    if (!o)
        bail_out ("%s:%d: %s: %s", at_line (s), error.text, text);
    return o;
}

/* Hex digits, ?? and blanks to bytes and a mask. */
size_t script_hex (const char *hex,
                   unsigned char *buf,
                   unsigned char *mask,
                   size_t size)
{
    size_t n = 0;

    for (; *hex && n < size; hex++) {
        if (*hex == ' ')
            continue;
        mask[n] = *hex == '?' ? 0 : 0xff;
        buf[n] =
            *hex == '?' ? 0 : strtoul ((char[]){ hex[0], hex[1], 0 }, NULL, 16);
        n++;
        hex++;
    }
    return n;
}

/* ---- connections and streams ---- */

struct conn *script_conn (struct script *s, const char *name)
{
    for (size_t i = 0; i < 8; i++) {
        if (!strcmp (s->conns[i].name, name))
            return &s->conns[i];
    }
    if (*name)
        bail_out ("%s:%d: no connection %s", at_line (s), name);
    bail_out ("too many connections");
}

static struct stream *stream_of (struct script *s, const char *name, bool make)
{
    for (size_t i = 0; i < 32; i++) {
        struct stream *st = &s->streams[i];

        if (!strcmp (st->name, name))
            return st;
        if (!st->name[0] && make) {
            snprintf (st->name, sizeof (st->name), "%s", name);
            return st;
        }
    }
    bail_out ("%s:%d: no stream %s", at_line (s), name);
}

static void do_connect (struct script *s, char *rest)
{
    char *name = script_word (&rest), *uid = script_word (&rest);
    struct conn *c = script_conn (s, "");

    snprintf (c->name, sizeof (c->name), "%s", name);
    talk_open (&c->talk, s->path, uid ? strtoul (uid, NULL, 10) : getuid (), 0);
}

static void do_close (struct script *s, char *rest)
{
    struct conn *c = script_conn (s, script_word (&rest));

    talk_close (&c->talk);
    memset (c, 0, sizeof (*c));
}

/* ---- asking ---- */

static void option (struct script *s,
                    const char *opt,
                    struct ask *a,
                    struct conn **c,
                    char *label)
{
    size_t n = strlen (opt);

    if (*opt == '@')
        *c = script_conn (s, opt + 1);
    else if (!strcmp (opt, "stream"))
        a->flags |= F_STREAMING;
    else if (!strcmp (opt, "silent"))
        a->flags |= F_NORESPONSE;
    else if (!strcmp (opt, "upstream"))
        a->flags |= F_UPSTREAM;
    else if (!strncmp (opt, "nodeid=", 7))
        a->nodeid = strtoul (opt + 7, NULL, 10);
    else if (!strncmp (opt, "role=", 5))
        a->rolemask = strtoul (opt + 5, NULL, 10);
    else if (!strncmp (opt, "as=", 3)) {
        a->userid = strtoul (opt + 3, NULL, 10);
        a->rolemask = 2;
    }
    else if (opt[n - 1] == ':')
        snprintf (label, 16, "%.*s", (int)n - 1, opt);
    else
        bail_out ("%s:%d: option %s?", at_line (s), opt);
}

static bool is_payload (char c)
{
    return c == '{' || c == '"' || c == '=' || c == '[';
}

static void add_payload (struct script *s, struct ask *a, const char *p)
{
    static unsigned char raw[65536], mask[65536];

    if (*p == '"') {
        json_t *o = script_json (s, p);

        a->len =
            snprintf ((char *)raw, sizeof (raw), "%s", json_string_value (o))
            + 1;
        a->data = raw;
        json_decref (o);
    }
    else if (*p == '=' && p[1] == '\'') {
        a->data = p + 2;
        a->len = strcspn (p + 2, "'");
    }
    else if (*p == '=') {
        a->data = raw;
        a->len = script_hex (p + 1, raw, mask, sizeof (raw));
    }
    else if (*p) {
        a->data = p;
        a->len = strlen (p) + 1;
    }
}

static void do_ask (struct script *s, char *rest)
{
    struct ask a = { .userid = 0xffffffff, .nodeid = 0xffffffff };
    struct conn *c = &s->conns[0];
    char label[16] = "";
    struct stream *st = &s->last;

    a.topic = script_word (&rest);
    while (*script_skip (rest) && !is_payload (*script_skip (rest)))
        option (s, script_word (&rest), &a, &c, label);
    add_payload (s, &a, script_skip (rest));
    if (label[0])
        st = stream_of (s, label, true);
    st->conn = c;
    st->flags = a.flags;
    snprintf (st->topic, sizeof (st->topic), "%s", a.topic);
    st->tag = talk_ask (&c->talk, &a);
    if (label[0])
        json_object_set_new (s->vars, label, json_sprintf ("%u", st->tag));
    s->last = *st;
}

/* ---- the rest ---- */

static void do_sign (struct script *s, char *rest)
{
    char header[128] = "version\0i1\0userid\0i";
    char *name = script_word (&rest), *uid = script_word (&rest);
    size_t n = 19;
    char *h, *p;

    n += snprintf (header + n, sizeof (header) - n, "%s", uid) + 1;
    memcpy (header + n, "mechanism\0snone", 16);
    h = base64_encode (header, n + 16);
    p = base64_encode (script_skip (rest), strlen (script_skip (rest)));
    json_object_set_new (s->vars, name, json_sprintf ("%s.%s.none", h, p));
    free (h);
    free (p);
}

static void do_bytes (struct script *s, char *rest)
{
    unsigned char want[1024], mask[1024], got[1024];
    char *way = script_word (&rest);
    size_t n = script_hex (rest, want, mask, sizeof (want));
    struct conn *c = script_conn (s, "bytes");
    char what[128];
    size_t i;

    if (*way == '>') {
        talk_write (&c->talk, want, n);
        return;
    }
    talk_read (&c->talk, got, n);
    for (i = 0; i < n && (got[i] & mask[i]) == want[i]; i++)
        ;
    snprintf (what,
              sizeof (what),
              "%s:%d: %zu bytes, all but the last %zu right",
              at_line (s),
              n,
              n - i);
    hear_check (i == n, what);
}

static void do_let (struct script *s, char *rest)
{
    char *name = script_word (&rest);

    json_object_set_new (s->vars, name, json_string (script_skip (rest)));
}

/* "<", "<*", "<+", with or without the name of a stream before it. */
static bool is_answer (struct script *s, char *verb, char *rest)
{
    char *lt = strchr (verb, '<');
    enum how how;

    if (!lt || (lt[1] && lt[2]))
        return false;
    how = lt[1] == '*' ? ANY : lt[1] == '+' ? NEXT : ONE;
    *lt = '\0';
    hear_answer (s, *verb ? stream_of (s, verb, false) : &s->last, rest, how);
    return true;
}

static void do_line (struct script *s, char *line)
{
    char *rest = line;
    char *verb = script_word (&rest);

    if (!strcmp (verb, "ours") || !strcmp (verb, "theirs")) {
        if (s->is_ours == !strcmp (verb, "ours"))
            do_line (s, rest);
    }
    else if (!strcmp (verb, ">"))
        do_ask (s, rest);
    else if (is_answer (s, verb, rest))
        ;
    else if (!strcmp (verb, "event"))
        hear_unasked (s, EVENT, rest);
    else if (!strcmp (verb, "request"))
        hear_unasked (s, REQUEST, rest);
    else if (!strcmp (verb, "no-event"))
        hear_no_event (s, rest);
    else if (!strcmp (verb, "end"))
        s->is_over = talk_ended (&s->conns[0].talk);
    else if (!strcmp (verb, "needs-root")) {
        if ((s->is_left = getuid () != 0))
            hear_check (true, "only root can be several users # SKIP");
    }
    else if (!strcmp (verb, "connect"))
        do_connect (s, rest);
    else if (!strcmp (verb, "close"))
        do_close (s, rest);
    else if (!strcmp (verb, "sign"))
        do_sign (s, rest);
    else if (!strcmp (verb, "let"))
        do_let (s, rest);
    else if (!strcmp (verb, "bytes"))
        do_bytes (s, rest);
    else
        bail_out ("%s:%d: %s?", at_line (s), verb);
}

/* A line and those that go on with it, without comment; NULL at the end. */
static char *next_line (struct script *s, FILE *f)
{
    char *all = NULL, *line = NULL;
    size_t size = 0;
    int c;

    do {
        ssize_t n = getline (&line, &size, f);

        if (n < 0)
            break;
        s->line++;
        if (line[n - 1] == '\n')
            line[n - 1] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        if (!all)
            all = strdup (line);
        else {
            char *more = malloc (strlen (all) + strlen (line) + 1);

            sprintf (more, "%s%s", all, line);
            free (all);
            all = more;
        }
        if ((c = getc (f)) != EOF)
            ungetc (c, f);
        if (c != ' ' && c != '\t')
            break;
    } while (1);
    free (line);
    return all;
}

void script_run (struct script *s, const char *file)
{
    FILE *f = fopen (file, "r");
    char *line;

    if (!f)
        bail_out ("%s: cannot read", file);
    s->file = strrchr (file, '/') ? strrchr (file, '/') + 1 : file;
    s->line = 0;
    while (!s->is_left && (line = next_line (s, f))) {
        char *text = expand (s, line);

        do_line (s, text);
        free (text);
        free (line);
    }
    fclose (f);
}
