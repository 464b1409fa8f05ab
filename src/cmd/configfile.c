/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <flux/core.h>

#include "cmd/configfile.h"
#include "cmd/util.h"

static json_t *read_toml (const char *path, const char *name)
{
    flux_error_t e;
    flux_conf_t *conf = flux_conf_parse (path, &e);
    json_t *o = NULL;

    if (!conf)
        die ("%s%s%s", name ? name : "", name ? ": " : "", e.text);
    if (flux_conf_unpack (conf, &e, "O", &o) < 0)
        die ("%s", e.text);
    flux_conf_decref (conf);
    return o;
}

json_t *configfile_read (const char *path)
{
    const char *dot = strrchr (path, '.');
    json_error_t e;
    json_t *o;
    char *dir;

    if (!strcmp (path, "system") || !strcmp (path, "security")
        || !strcmp (path, "imp")) {
        dir = xasprintf ("%s/%s/conf.d",
                         flux_conf_builtin_get ("confdir", FLUX_CONF_AUTO),
                         path);
        o = read_toml (dir, NULL);
        free (dir);
        return o;
    }
    if (!dot || strcmp (dot, ".json") != 0)
        return read_toml (path, NULL);
    o = json_load_file (path, 0, &e);
    if (!json_is_object (o))
        die ("%s: not a JSON object: %s", path, o ? "" : e.text);
    return o;
}

/* The TOML reader takes files only. */
static json_t *parse_toml (const char *text)
{
    char path[] = "/tmp/flux-config-XXXXXX.toml";
    int fd = mkstemps (path, 5);
    FILE *f = fd >= 0 ? fdopen (fd, "w") : NULL;
    flux_error_t e;
    flux_conf_t *conf;
    json_t *o = NULL;

    if (!f || fputs (text, f) < 0 || fclose (f) != 0)
        die ("%s: %s", path, strerror (errno));
    conf = flux_conf_parse (path, &e);
    unlink (path);
    if (!conf)
        die ("stdin: %s", e.text);
    if (flux_conf_unpack (conf, &e, "O", &o) < 0)
        die ("%s", e.text);
    flux_conf_decref (conf);
    return o;
}

json_t *configfile_stdin (void)
{
    char *text = NULL;
    size_t size = 0;
    json_t *o;

    if (getdelim (&text, &size, '\0', stdin) < 0) {
        free (text);
        text = xstrdup ("");
    }
    if (!(o = json_loads (text, 0, NULL)))
        o = parse_toml (text);
    if (!json_is_object (o))
        die ("stdin: not a JSON object");
    free (text);
    return o;
}
