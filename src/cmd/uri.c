/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/err.h"
#include "cmd/joblist.h"
#include "cmd/uri.h"
#include "cmd/util.h"

char *uri_local (const char *uri)
{
    const char *path;

    if (strncmp (uri, "ssh://", 6) != 0)
        return xstrdup (uri);
    path = strchr (uri + 6, '/');
    return xasprintf ("local://%s", path ? path : "/");
}

char *uri_remote (const char *uri)
{
    char host[HOST_NAME_MAX + 1] = "localhost";

    if (strncmp (uri, "local://", 8) != 0)
        return xstrdup (uri);
    gethostname (host, sizeof (host) - 1);
    return xasprintf ("ssh://%s%s", host, uri + 8);
}

/* The value of FLUX_URI in the environment of process pid; NULL. */
static char *environ_uri (const char *pid, flux_error_t *e)
{
    char *path = xasprintf ("/proc/%s/environ", pid);
    FILE *f = fopen (path, "r");
    char *line = NULL;
    char *found = NULL;
    size_t size = 0;

    if (!f)
        err_set (e, errno, "%s: '%s'", strerror (errno), path);
    else
        err_set (e, ENOENT, "PID %s doesn't seem to have a FLUX_URI", pid);
    while (f && !found && getdelim (&line, &size, '\0', f) > 0) {
        if (!strncmp (line, "FLUX_URI=", 9))
            found = xstrdup (line + 9);
    }
    free (line);
    free (path);
    if (f)
        fclose (f);
    return found;
}

/* A line of /proc/PID/status; to be freed, "" when there is none. */
static char *status_line (const char *pid, const char *name)
{
    char *path = xasprintf ("/proc/%s/status", pid);
    FILE *f = fopen (path, "r");
    char line[256];
    char *found = NULL;

    while (f && !found && fgets (line, sizeof (line), f)) {
        size_t len = strlen (name);
        if (!strncmp (line, name, len) && line[len] == ':') {
            char *s = line + len + 1;
            s += strspn (s, " \t");
            s[strcspn (s, "\n")] = '\0';
            found = xstrdup (s);
        }
    }
    free (path);
    if (f)
        fclose (f);
    return found ? found : xstrdup ("");
}

/* What a broker has in its environment is the instance around it; its
 * children have its own.
 */
static char *child_uri (const char *parent, flux_error_t *e)
{
    DIR *dir = opendir ("/proc");
    struct dirent *d;
    char *uri = NULL;

    while (dir && !uri && (d = readdir (dir))) {
        char *ppid;

        if (!isdigit ((unsigned char)d->d_name[0]))
            continue;
        ppid = status_line (d->d_name, "PPid");
        if (!strcmp (ppid, parent))
            uri = environ_uri (d->d_name, NULL);
        free (ppid);
    }
    if (dir)
        closedir (dir);
    if (!uri)
        err_set (e,
                 ENOENT,
                 "PID %s is a broker without an initial program",
                 parent);
    return uri;
}

static char *resolve_pid (const char *pid, flux_error_t *e)
{
    char *path = xasprintf ("/proc/%s/status", pid);
    char *name;
    char *uri;

    if (access (path, R_OK) < 0) {
        err_set (e, errno, "%s: '%s'", strerror (errno), path);
        free (path);
        return NULL;
    }
    name = status_line (pid, "Name");
    uri = !strncmp (name, "flux-broker", 11) ? child_uri (pid, e)
                                             : environ_uri (pid, e);
    free (name);
    free (path);
    return uri;
}

static flux_t *open_uri (const char *uri, flux_error_t *e)
{
    char *local = uri ? uri_local (uri) : NULL;
    flux_t *h = flux_open_ex (local, 0, e);

    free (local);
    return h;
}

static char *copy_attr (flux_t *h, const char *name)
{
    const char *s = flux_attr_get (h, name);

    return s ? xstrdup (s) : NULL;
}

/* Wait for the memo that carries the URI, by looking at each event. */
static char *wait_uri (flux_t *h, flux_jobid_t id)
{
    flux_future_t *f = flux_job_event_watch (h, id, "eventlog", 0);
    const char *line;
    char *uri = NULL;

    while (f && !uri && flux_job_event_watch_get (f, &line) == 0) {
        json_t *o = json_loads (line, 0, NULL);
        json_t *s = json_get_path (o, "context.uri");
        if (json_is_string (s))
            uri = xstrdup (json_string_value (s));
        json_decref (o);
        flux_future_reset (f);
    }
    flux_future_destroy (f);
    return uri;
}

static char *job_uri (flux_t *h, const char *word, bool wait, flux_error_t *e)
{
    json_t *attrs = json_pack ("[s,s]", "state", "annotations");
    const char *uri = NULL;
    char *found = NULL;
    flux_jobid_t id;
    json_t *job;
    int state = 0;

    if (flux_job_id_parse (word, &id) < 0) {
        json_decref (attrs);
        return err_null (e, EINVAL, "%s is not a valid jobid", word);
    }
    job = joblist_id (h, id, attrs);
    json_decref (attrs);
    if (!job)
        return err_null (e, ENOENT, "jobid %s not found", word);
    json_unpack (job,
                 "{s:i s?{s?{s?s}}}",
                 "state",
                 &state,
                 "annotations",
                 "user",
                 "uri",
                 &uri);
    if (uri)
        found = xstrdup (uri);
    else if (wait && state != FLUX_JOB_STATE_INACTIVE)
        found = wait_uri (h, id);
    if (!found || state == FLUX_JOB_STATE_INACTIVE) {
        free (found);
        found = NULL;
        if (!wait && state != FLUX_JOB_STATE_RUN)
            err_set (e, ENOENT, "jobid %s is not running", word);
        else
            err_set (e, ENOENT, "URI not found for job %s", word);
    }
    json_decref (job);
    return found;
}

/* The root instance above the one of h. */
static char *root_uri (flux_t *h)
{
    char *uri = copy_attr (h, "local-uri");
    char *up = copy_attr (h, "parent-uri");

    while (up) {
        flux_t *parent;
        free (uri);
        uri = up;
        up = NULL;
        if ((parent = open_uri (uri, NULL))) {
            up = copy_attr (parent, "parent-uri");
            flux_close (parent);
        }
    }
    return uri;
}

/* One step from the instance at uri (NULL: the enclosing one). */
static char *step (const char *uri,
                   const char *word,
                   bool wait,
                   flux_error_t *e)
{
    flux_t *h = open_uri (uri, e);
    char *next;

    if (!h)
        return NULL;
    if (!strcmp (word, ".."))
        next = copy_attr (h, "parent-uri");
    else if (!strcmp (word, "/"))
        next = root_uri (h);
    else if (!strcmp (word, "."))
        next = copy_attr (h, "local-uri");
    else {
        next = job_uri (h, word, wait, e);
        flux_close (h);
        return next;
    }
    if (!next)
        next = copy_attr (h, "local-uri");
    if (!next)
        err_set (e, ENOENT, "the instance does not tell its URI");
    flux_close (h);
    return next;
}

static char *resolve_path (const char *path, bool wait, flux_error_t *e)
{
    char *copy = xstrdup (path);
    char *save = NULL;
    char *uri = *path == '/' ? step (NULL, "/", wait, e) : NULL;
    bool failed = *path == '/' && !uri;
    int n = 0;

    for (char *w = strtok_r (copy, "/", &save); w && !failed;
         w = strtok_r (NULL, "/", &save), n++) {
        char *next = step (uri, w, wait, e);
        free (uri);
        uri = next;
        failed = !uri;
    }
    free (copy);
    if (!uri && !failed)
        return err_null (e, EINVAL, "'%s' names no instance", path);
    return uri;
}

static char *resolve (const char *target, bool wait, flux_error_t *e)
{
    const char *colon = strchr (target, ':');

    if (!strncmp (target, "local://", 8) || !strncmp (target, "ssh://", 6))
        return xstrdup (target);
    if (!colon)
        return resolve_path (target, wait, e);
    if (!strncmp (target, "jobid:", 6))
        return resolve_path (target + 6, wait, e);
    if (!strncmp (target, "pid:", 4))
        return resolve_pid (target + 4, e);
    return err_null (e,
                     EINVAL,
                     "No plugin for URI scheme %.*s",
                     (int)(colon - target),
                     target);
}

char *uri_resolve (const char *target, bool wait, flux_error_t *e)
{
    char *copy = xstrdup (target);
    char *query = strchr (copy, '?');
    char *uri;
    char *other;

    /* native URIs keep theirs */
    if (!strncmp (target, "ssh://", 6) || !strncmp (target, "local://", 8))
        query = NULL;
    if (query)
        *query++ = '\0';
    uri = resolve (copy, wait || (query && !strcmp (query, "wait")), e);
    if (uri && query
        && (!strcmp (query, "local") || !strcmp (query, "remote"))) {
        other = *query == 'l' ? uri_local (uri) : uri_remote (uri);
        free (uri);
        uri = other;
    }
    free (copy);
    return uri;
}
