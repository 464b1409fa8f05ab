/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/core.h>
#include <glob.h>
#include <jansson.h>
#include <sys/stat.h>

#include "base/err.h"
#include "lib/conf_toml.h"

enum { CONF_FILE_MAX = 16 * 1024 * 1024 };

struct flux_conf {
    json_t *obj;
    int refs;
};

/* Takes over obj. */
static flux_conf_t *conf_new (json_t *obj)
{
    flux_conf_t *conf = obj ? calloc (1, sizeof (*conf)) : NULL;

    if (!conf) {
        json_decref (obj);
        errno = ENOMEM;
        return NULL;
    }
    conf->obj = obj;
    conf->refs = 1;
    return conf;
}

flux_conf_t *flux_conf_create (void)
{
    return conf_new (json_object ());
}

flux_conf_t *flux_conf_copy (const flux_conf_t *conf)
{
    if (!conf) {
        errno = EINVAL;
        return NULL;
    }
    return conf_new (json_deep_copy (conf->obj));
}

const flux_conf_t *flux_conf_incref (const flux_conf_t *conf)
{
    if (conf)
        ((flux_conf_t *)conf)->refs++;
    return conf;
}

void flux_conf_decref (const flux_conf_t *conf)
{
    flux_conf_t *c = (flux_conf_t *)conf;
    int saved_errno = errno;

    if (!c || --c->refs > 0)
        return;
    json_decref (c->obj);
    free (c);
    errno = saved_errno;
}

static char *read_file (const char *path, size_t *len, flux_error_t *error)
{
    FILE *f = fopen (path, "r");
    char *buf = NULL;
    struct stat st;

    if (!f || fstat (fileno (f), &st) < 0)
        err_set (error, errno, "%s: %s", path, strerror (errno));
    else if (S_ISDIR (st.st_mode))
        err_set (error, EISDIR, "%s: %s", path, strerror (EISDIR));
    else if (st.st_size > CONF_FILE_MAX)
        err_set (error, EFBIG, "%s: %s", path, strerror (EFBIG));
    else if (!(buf = malloc (st.st_size + 1)))
        err_set (error, ENOMEM, "%s: out of memory", path);
    else {
        *len = fread (buf, 1, st.st_size, f);
        buf[*len] = '\0';
    }
    if (f)
        fclose (f);
    return buf;
}

static json_t *parse_toml_file (const char *path, flux_error_t *error)
{
    size_t len;
    char *text = read_file (path, &len, error);
    json_t *o = text ? conf_toml_parse (text, len, path, error) : NULL;
    int saved_errno = errno;

    free (text);
    errno = saved_errno;
    return o;
}

/* Merge o into obj; takes over o. */
static int merge (json_t *obj, json_t *o, flux_error_t *error)
{
    int rc;

    if (!o)
        return -1;
    rc = json_object_update_recursive (obj, o);
    json_decref (o);
    return rc < 0 ? err_set (error, ENOMEM, "out of memory") : 0;
}

static int parse_directory (json_t *obj, const char *path, flux_error_t *error)
{
    char *pattern;
    glob_t files;
    int rc;

    if (asprintf (&pattern, "%s/*.toml", path) < 0)
        return err_set (error, ENOMEM, "out of memory");
    rc = glob (pattern, GLOB_ERR, NULL, &files);
    free (pattern);
    if (rc == GLOB_NOMATCH)
        return 0;
    if (rc != 0)
        return err_set (error, EIO, "%s: cannot read the directory", path);
    for (size_t i = 0; i < files.gl_pathc && rc == 0; i++)
        rc = merge (obj, parse_toml_file (files.gl_pathv[i], error), error);
    globfree (&files);
    return rc;
}

flux_conf_t *flux_conf_parse (const char *path, flux_error_t *error)
{
    flux_conf_t *conf;
    struct stat st;
    int rc;

    if (!path)
        return err_null (error, EINVAL, "no path given");
    if (stat (path, &st) < 0)
        return err_null (error, errno, "%s: %s", path, strerror (errno));
    if (!(conf = flux_conf_create ()))
        return err_null (error, ENOMEM, "out of memory");
    if (S_ISDIR (st.st_mode))
        rc = parse_directory (conf->obj, path, error);
    else
        rc = merge (conf->obj, parse_toml_file (path, error), error);
    if (rc < 0) {
        flux_conf_decref (conf);
        return NULL;
    }
    return conf;
}

/* An object with value at the end of the dotted path; takes over value. */
static json_t *nest (const char *path, json_t *value, flux_error_t *error)
{
    const char *dot = strrchr (path, '.');
    const char *last = dot ? dot + 1 : path;
    json_t *o;
    char *rest;

    if (!*last) {
        json_decref (value);
        return err_null (error, EINVAL, "empty name in key");
    }
    if (!(o = json_object ()) || json_object_set_new (o, last, value) < 0) {
        json_decref (o);
        return err_null (error, ENOMEM, "out of memory");
    }
    if (!dot)
        return o;
    if (!(rest = strndup (path, dot - path))) {
        json_decref (o);
        return err_null (error, ENOMEM, "out of memory");
    }
    o = nest (rest, o, error);
    free (rest);
    return o;
}

static json_t *parse_assignment (const char *value, flux_error_t *error)
{
    const char *eq = strchr (value, '=');
    char *path = strndup (value, eq - value);
    json_t *j = json_loads (eq + 1, JSON_DECODE_ANY, NULL);
    json_t *o;

    if (!j)
        j = json_string (eq + 1);
    if (!path || !j) {
        free (path);
        json_decref (j);
        return err_null (error, EINVAL, "%s: invalid value", value);
    }
    o = nest (path, j, error);
    free (path);
    return o;
}

static json_t *parse_json (const char *text,
                           const char *name,
                           flux_error_t *error)
{
    json_error_t e;
    json_t *o = json_loads (text, 0, &e);

    if (!o)
        return err_null (error, EINVAL, "%s:%d: %s", name, e.line, e.text);
    if (!json_is_object (o)) {
        json_decref (o);
        return err_null (error, EINVAL, "%s: not a JSON object", name);
    }
    return o;
}

static json_t *parse_json_file (const char *path, flux_error_t *error)
{
    size_t len;
    char *text = read_file (path, &len, error);
    json_t *o = text ? parse_json (text, path, error) : NULL;
    int saved_errno = errno;

    free (text);
    errno = saved_errno;
    return o;
}

int flux_conf_update (flux_conf_t *conf, const char *value, flux_error_t *error)
{
    size_t len;
    json_t *o;

    if (!conf || !value)
        return err_set (error, EINVAL, "Invalid argument");
    len = strlen (value);
    if (*value == '{')
        o = parse_json (value, "inline JSON", error);
    else if (strchr (value, '\n'))
        o = conf_toml_parse (value, len, "inline TOML", error);
    else if (strchr (value, '='))
        o = parse_assignment (value, error);
    else if (len > 5 && strcmp (value + len - 5, ".json") == 0)
        o = parse_json_file (value, error);
    else
        o = parse_toml_file (value, error);
    return merge (conf->obj, o, error);
}

int flux_conf_vunpack (const flux_conf_t *conf,
                       flux_error_t *error,
                       const char *fmt,
                       va_list ap)
{
    json_error_t e;

    if (!conf || !fmt || !*fmt)
        return err_set (error, EINVAL, "Invalid argument");
    if (json_vunpack_ex (conf->obj, &e, 0, fmt, ap) < 0)
        return err_set (error, EINVAL, "%s", e.text);
    return 0;
}

int flux_conf_unpack (const flux_conf_t *conf,
                      flux_error_t *error,
                      const char *fmt,
                      ...)
{
    va_list ap;
    int rc;

    va_start (ap, fmt);
    rc = flux_conf_vunpack (conf, error, fmt, ap);
    va_end (ap);
    return rc;
}

flux_conf_t *flux_conf_vpack (const char *fmt, va_list ap)
{
    json_t *o;

    if (!fmt || !*fmt || !(o = json_vpack_ex (NULL, 0, fmt, ap))) {
        errno = EINVAL;
        return NULL;
    }
    if (!json_is_object (o)) {
        json_decref (o);
        errno = EINVAL;
        return NULL;
    }
    return conf_new (o);
}

flux_conf_t *flux_conf_pack (const char *fmt, ...)
{
    flux_conf_t *conf;
    va_list ap;

    va_start (ap, fmt);
    conf = flux_conf_vpack (fmt, ap);
    va_end (ap);
    return conf;
}
