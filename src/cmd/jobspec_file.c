/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* --add-file: small files that travel inside the jobspec (RFC 37). */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "wire/base64.h"
#include "cmd/jobspec_attr.h"
#include "cmd/util.h"

enum {
    MAX_FILE = 16 << 20,
};

static char *read_file (const char *path, size_t *len, flux_error_t *e)
{
    struct stat st;
    FILE *f = fopen (path, "r");
    char *buf;

    if (!f || fstat (fileno (f), &st) < 0) {
        err_set (e, errno, "--add-file: %s: %s", path, strerror (errno));
        if (f)
            fclose (f);
        return NULL;
    }
    if (!S_ISREG (st.st_mode) || st.st_size > MAX_FILE) {
        fclose (f);
        return err_null (e,
                         EINVAL,
                         "--add-file: %s: not a file of at most 16 MB",
                         path);
    }
    buf = xcalloc (1, st.st_size + 1);
    *len = fread (buf, 1, st.st_size, f);
    fclose (f);
    return buf;
}

static json_t *file_object (const char *data, size_t len, int mode)
{
    json_t *text = memchr (data, '\0', len) ? NULL : json_stringn (data, len);
    json_t *o;

    if (text)
        return json_pack ("{s:i s:s s:o}",
                          "mode",
                          S_IFREG | mode,
                          "encoding",
                          "utf-8",
                          "data",
                          text);
    char *b64 = base64_encode (data, len);
    o = json_pack ("{s:i s:s s:i s:s}",
                   "mode",
                   S_IFREG | mode,
                   "encoding",
                   "base64",
                   "size",
                   (int)len,
                   "data",
                   b64);
    free (b64);
    return o;
}

/* [NAME[:PERMS]=]ARG */
static int add_file (json_t *files, const char *val, flux_error_t *e)
{
    const char *eq = strchr (val, '=');
    const char *newline = strchr (val, '\n');
    const char *arg = eq && (!newline || eq < newline) ? eq + 1 : val;
    const char *slash = strrchr (val, '/');
    char *name;
    char *colon;
    char *data;
    size_t len = 0;
    int mode = 0600;

    if (arg != val) {
        name = xasprintf ("%.*s", (int)(arg - 1 - val), val);
        if ((colon = strrchr (name, ':'))) {
            char *end;
            long perms = strtol (colon + 1, &end, 8);
            if (end != colon + 1 && !*end && perms >= 0 && perms <= 0777) {
                mode = perms;
                *colon = '\0';
            }
        }
    }
    else
        name = xstrdup (slash ? slash + 1 : val);
    if (!*name || strchr (name, '/') || !strcmp (name, "script")
        || !strcmp (name, "conf.json")) {
        err_set (e, EINVAL, "--add-file: '%s' is not a usable name", name);
        free (name);
        return -1;
    }
    if (strchr (arg, '\n')) {
        data = xstrdup (arg);
        len = strlen (data);
    }
    else if (!(data = read_file (arg, &len, e))) {
        free (name);
        return -1;
    }
    json_object_set_new (files, name, file_object (data, len, mode));
    free (data);
    free (name);
    return 0;
}

int set_files (const struct opts *o, json_t *sys, flux_error_t *e)
{
    json_t *files = json_object ();
    const char *val;
    int rc = 0;

    for (int i = 0; rc == 0 && (val = opt_nth (o, "add-file", i)); i++)
        rc = add_file (files, val, e);
    if (rc == 0 && json_object_size (files) > 0)
        json_object_set (sys, "files", files);
    json_decref (files);
    return rc;
}
