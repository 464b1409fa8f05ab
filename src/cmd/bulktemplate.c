/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "cmd/bulktemplate.h"
#include "cmd/util.h"

static const char *base_of (const char *s)
{
    const char *slash = strrchr (s, '/');

    return slash ? slash + 1 : s;
}

/* How long s is without its extension; names such as ".profile" have none. */
static size_t stem_length (const char *s)
{
    const char *base = base_of (s);
    const char *dot;

    base += strspn (base, ".");
    dot = strrchr (base, '.');
    return dot ? (size_t)(dot - s) : strlen (s);
}

static void put_stem (FILE *f, const char *s)
{
    fwrite (s, 1, stem_length (s), f);
}

static void put_base (FILE *f, const char *s)
{
    fputs (base_of (s), f);
}

static void put_base_stem (FILE *f, const char *s)
{
    put_stem (f, base_of (s));
}

static void put_dir (FILE *f, const char *s)
{
    const char *base = base_of (s);
    size_t len = base - s;

    if (len > 1)
        len--;
    fwrite (s, 1, len, f);
}

static const struct {
    const char *name;
    void (*put) (FILE *f, const char *s);
} methods[] = {
    { "%", put_stem },
    { "/", put_base },
    { "/%", put_base_stem },
    { "//", put_dir },
};

static int put_method (const struct bulk_row *row,
                       FILE *f,
                       const char *name,
                       const char *input,
                       flux_error_t *e)
{
    json_t *results = json_object_get (row->defined, name);

    for (size_t i = 0; i < sizeof (methods) / sizeof (methods[0]); i++) {
        if (!strcmp (methods[i].name, name)) {
            methods[i].put (f, input);
            return 0;
        }
    }
    if (!results)
        return err_set (e, EINVAL, "Unknown input string method '.%s'", name);
    fputs (json_string_value (json_object_get (results, input)), f);
    return 0;
}

/* field is what is between the braces; without an index it is list 0. */
static int put_field (const struct bulk_row *row,
                      FILE *f,
                      const char *field,
                      flux_error_t *e)
{
    char *end;
    long n;

    if (!strcmp (field, "cc"))
        return fputs ("{cc}", f) < 0 ? -1 : 0;
    if (!strcmp (field, "seq") || !strcmp (field, "seq1"))
        return fprintf (f, "%zu", row->seq + (field[3] != '\0')) < 0 ? -1 : 0;
    if (isdigit ((unsigned char)*field))
        n = strtol (field, &end, 10);
    else {
        end = (char *)field;
        n = 0;
    }
    if ((*end && *end != '.') || n < 0 || n >= row->count)
        return err_set (e,
                        EINVAL,
                        "Invalid replacement string in command: '{%s}'",
                        field);
    if (*end == '.')
        return put_method (row, f, end + 1, row->words[n], e);
    return fputs (row->words[n], f) < 0 ? -1 : 0;
}

static int put_all (const struct bulk_row *row,
                    FILE *f,
                    const char *s,
                    flux_error_t *e)
{
    while (*s) {
        const char *end;
        char *field;
        int rc;

        if ((*s == '{' || *s == '}') && s[1] == *s) {
            fputc (*s, f);
            fputc (*s, f);
            s += 2;
            continue;
        }
        if (*s != '{') {
            fputc (*s++, f);
            continue;
        }
        if (!(end = strchr (s, '}')))
            return err_set (e, EINVAL, "'{' without '}' in '%s'", s);
        field = xasprintf ("%.*s", (int)(end - s - 1), s + 1);
        rc = put_field (row, f, field, e);
        free (field);
        if (rc < 0)
            return -1;
        s = end + 1;
    }
    return 0;
}

char *bulk_expand (const struct bulk_row *row, const char *s, flux_error_t *e)
{
    char *out = NULL;
    size_t size;
    FILE *f = open_memstream (&out, &size);
    int rc;

    if (!f)
        die ("out of memory");
    rc = put_all (row, f, s, e);
    fclose (f);
    if (rc < 0) {
        free (out);
        errno = EINVAL;
        return NULL;
    }
    return out;
}

static const char evaluator[] =
    "import sys, json, os, re, math\n"
    "code = compile(sys.argv[1], '--define', 'eval')\n"
    "print(json.dumps({x: str(eval(code, globals(), {'x': x}))"
    " for x in json.load(sys.stdin)}))\n";

/* Standard input and output of python3 are the ends of pipes. */
static pid_t start_python (const char *code, int in[2], int out[2])
{
    pid_t pid;

    if (pipe (in) < 0 || pipe (out) < 0 || (pid = fork ()) < 0)
        die ("%s", strerror (errno));
    if (pid > 0)
        return pid;
    dup2 (in[0], STDIN_FILENO);
    dup2 (out[1], STDOUT_FILENO);
    close (in[1]);
    close (out[0]);
    execlp ("python3", "python3", "-c", evaluator, code, (char *)NULL);
    fprintf (stderr, "python3: %s\n", strerror (errno));
    _exit (127);
}

json_t *bulk_define (const char *name, const char *code, json_t *inputs)
{
    int in[2];
    int out[2];
    int status;
    json_t *results;
    pid_t pid = start_python (code, in, out);
    FILE *f = fdopen (in[1], "w");

    close (in[0]);
    close (out[1]);
    /* all is read before anything is written back */
    json_dumpf (inputs, f, 0);
    fclose (f);
    f = fdopen (out[0], "r");
    results = json_loadf (f, 0, NULL);
    fclose (f);
    if (waitpid (pid, &status, 0) < 0 || status != 0 || !results)
        die ("--define=%s: python3 cannot evaluate '%s'", name, code);
    return results;
}
