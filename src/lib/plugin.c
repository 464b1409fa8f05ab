/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <dlfcn.h>
#include <errno.h>
#include <flux/plugin.h>
#include <fnmatch.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include "base/err.h"
#include "lib/plugin_host.h"
#include "msg/auxlist.h"

struct handler {
    char *topic;
    bool glob;
    flux_plugin_f cb;
    void *data;
};

struct flux_plugin {
    char *path;
    char *name;
    char uuid[UUID_STR_LEN];
    int flags;
    struct handler *handlers; /* in order of registration */
    size_t nhandlers;
    uint32_t version; /* of the handlers */
    struct auxitem *aux;
    json_t *conf;
    char *conf_text;
    void *dso;
    flux_error_t error;
};

flux_plugin_t *flux_plugin_create (void)
{
    flux_plugin_t *p;
    uuid_t uuid;

    if (!(p = calloc (1, sizeof (*p))))
        return NULL;
    p->flags = FLUX_PLUGIN_RTLD_NOW;
    uuid_generate (uuid);
    uuid_unparse (uuid, p->uuid);
    return p;
}

static void handlers_clear (flux_plugin_t *p)
{
    for (size_t i = 0; i < p->nhandlers; i++)
        free (p->handlers[i].topic);
    free (p->handlers);
    p->handlers = NULL;
    p->nhandlers = 0;
    p->version++;
}

void flux_priv_plugin_retire (flux_plugin_t *p)
{
    handlers_clear (p);
    auxlist_clear (&p->aux);
}

/* Destructors of aux values are code of the plugin, so it is unmapped last. */
void flux_plugin_destroy (flux_plugin_t *p)
{
    int saved_errno = errno;

    if (!p)
        return;
    flux_priv_plugin_retire (p);
    json_decref (p->conf);
    free (p->conf_text);
    free (p->name);
    free (p->path);
    if (p->dso)
        dlclose (p->dso);
    free (p);
    errno = saved_errno;
}

static int invalid (flux_plugin_t *p)
{
    return err_set (p ? &p->error : NULL, EINVAL, "Invalid argument");
}

int flux_plugin_get_flags (flux_plugin_t *p)
{
    return p ? p->flags : 0;
}

int flux_plugin_set_flags (flux_plugin_t *p, int flags)
{
    const int binding = FLUX_PLUGIN_RTLD_LAZY | FLUX_PLUGIN_RTLD_NOW;
    const int all =
        binding | FLUX_PLUGIN_RTLD_GLOBAL | FLUX_PLUGIN_RTLD_DEEPBIND;

    if (!p || (flags & ~all) || (flags & binding) == binding)
        return invalid (p);
    p->flags = flags;
    return 0;
}

const char *flux_plugin_strerror (flux_plugin_t *p)
{
    return p ? p->error.text : "Invalid argument";
}

static int replace (char **s, const char *with)
{
    char *cpy = strdup (with);

    if (!cpy)
        return -1;
    free (*s);
    *s = cpy;
    return 0;
}

int flux_plugin_set_name (flux_plugin_t *p, const char *name)
{
    if (!p || !name)
        return invalid (p);
    return replace (&p->name, name);
}

const char *flux_plugin_get_name (flux_plugin_t *p)
{
    if (!p) {
        errno = EINVAL;
        return NULL;
    }
    return p->name ? p->name : p->path;
}

const char *flux_plugin_get_uuid (flux_plugin_t *p)
{
    if (!p) {
        errno = EINVAL;
        return NULL;
    }
    return p->uuid;
}

const char *flux_plugin_get_path (flux_plugin_t *p)
{
    if (!p) {
        errno = EINVAL;
        return NULL;
    }
    return p->path;
}

int flux_priv_plugin_set_path (flux_plugin_t *p, const char *path)
{
    return replace (&p->path, path);
}

uint32_t flux_priv_plugin_version (flux_plugin_t *p)
{
    return p->version;
}

const char *flux_priv_plugin_topic (flux_plugin_t *p, size_t i)
{
    return i < p->nhandlers ? p->handlers[i].topic : NULL;
}

static struct handler *find_exact (flux_plugin_t *p, const char *topic)
{
    for (size_t i = 0; i < p->nhandlers; i++) {
        if (strcmp (p->handlers[i].topic, topic) == 0)
            return &p->handlers[i];
    }
    return NULL;
}

static struct handler *find_match (flux_plugin_t *p, const char *topic)
{
    for (size_t i = 0; i < p->nhandlers; i++) {
        struct handler *h = &p->handlers[i];

        if (h->glob ? fnmatch (h->topic, topic, 0) == 0
                    : strcmp (h->topic, topic) == 0)
            return h;
    }
    return NULL;
}

int flux_plugin_remove_handler (flux_plugin_t *p, const char *topic)
{
    struct handler *h;

    if (!p || !topic)
        return invalid (p);
    if (!(h = find_exact (p, topic)))
        return 0;
    free (h->topic);
    p->nhandlers--;
    memmove (h, h + 1, (char *)&p->handlers[p->nhandlers] - (char *)h);
    p->version++;
    return 0;
}

int flux_plugin_add_handler (flux_plugin_t *p,
                             const char *topic,
                             flux_plugin_f cb,
                             void *arg)
{
    struct handler *h;

    if (!p || !topic)
        return invalid (p);
    if (!cb)
        return flux_plugin_remove_handler (p, topic);
    if (!(h = realloc (p->handlers, (p->nhandlers + 1) * sizeof (*h))))
        return -1;
    p->handlers = h;
    h += p->nhandlers;
    *h = (struct handler){ .cb = cb, .data = arg };
    if (!(h->topic = strdup (topic)))
        return -1;
    h->glob = strpbrk (topic, "*?[\\") != NULL;
    p->nhandlers++;
    p->version++;
    return 0;
}

flux_plugin_f flux_plugin_get_handler (flux_plugin_t *p, const char *topic)
{
    struct handler *h;

    if (!p || !topic) {
        invalid (p);
        return NULL;
    }
    if (!(h = find_exact (p, topic))) {
        errno = ENOENT;
        return NULL;
    }
    return h->cb;
}

flux_plugin_f flux_priv_plugin_match (flux_plugin_t *p,
                                      const char *topic,
                                      void **data)
{
    struct handler *h = find_match (p, topic);

    if (!h)
        return NULL;
    *data = h->data;
    return h->cb;
}

flux_plugin_f flux_plugin_match_handler (flux_plugin_t *p, const char *topic)
{
    struct handler *h;

    if (!p || !topic) {
        invalid (p);
        return NULL;
    }
    if (!(h = find_match (p, topic))) {
        errno = ENOENT;
        return NULL;
    }
    return h->cb;
}

int flux_plugin_register (flux_plugin_t *p,
                          const char *name,
                          const struct flux_plugin_handler t[])
{
    if (!p || !t)
        return invalid (p);
    if (name && flux_plugin_set_name (p, name) < 0)
        return -1;
    for (; t->topic; t++) {
        if (flux_plugin_add_handler (p, t->topic, t->cb, t->data) < 0)
            return -1;
    }
    return 0;
}

/* The handler may change the table: nothing of it is used after the call. */
int flux_plugin_call (flux_plugin_t *p,
                      const char *name,
                      flux_plugin_arg_t *args)
{
    struct handler *h;

    if (!p || !name)
        return invalid (p);
    if (!(h = find_match (p, name)))
        return 0;
    return h->cb (p, name, args, h->data) < 0 ? -1 : 1;
}

int flux_plugin_aux_set (flux_plugin_t *p,
                         const char *key,
                         void *val,
                         flux_free_f free_fn)
{
    if (!p)
        return invalid (p);
    return auxlist_set (&p->aux, key, val, free_fn);
}

void *flux_plugin_aux_get (flux_plugin_t *p, const char *key)
{
    if (!p) {
        errno = EINVAL;
        return NULL;
    }
    return auxlist_get (p->aux, key);
}

void flux_plugin_aux_delete_value (flux_plugin_t *p, const void *val)
{
    if (p)
        auxlist_delete_value (&p->aux, val);
}

void flux_plugin_aux_delete (flux_plugin_t *p, const void *val)
{
    flux_plugin_aux_delete_value (p, val);
}

int flux_plugin_set_conf (flux_plugin_t *p, const char *json_str)
{
    json_error_t e;
    json_t *conf;

    if (!p || !json_str)
        return invalid (p);
    if (!(conf = json_loads (json_str, JSON_DECODE_ANY, &e)))
        return err_set (&p->error,
                        EINVAL,
                        "parse error: col %d: %s",
                        e.column,
                        e.text);
    json_decref (p->conf);
    p->conf = conf;
    free (p->conf_text);
    p->conf_text = NULL;
    return 0;
}

const char *flux_plugin_get_conf (flux_plugin_t *p)
{
    const int flags = JSON_COMPACT | JSON_ENCODE_ANY;

    if (!p) {
        errno = EINVAL;
        return NULL;
    }
    if (!p->conf)
        return err_null (&p->error, ENOENT, "No plugin conf set");
    if (!p->conf_text && !(p->conf_text = json_dumps (p->conf, flags)))
        return err_null (&p->error, ENOMEM, "out of memory");
    return p->conf_text;
}

int flux_plugin_conf_unpack (flux_plugin_t *p, const char *fmt, ...)
{
    json_error_t e;
    va_list ap;
    int rc;

    if (!p || !fmt)
        return invalid (p);
    if (!p->conf)
        return err_set (&p->error, ENOENT, "No plugin conf set");
    va_start (ap, fmt);
    rc = json_vunpack_ex (p->conf, &e, 0, fmt, ap);
    va_end (ap);
    if (rc < 0)
        return err_set (&p->error, EINVAL, "unpack error: %s", e.text);
    return 0;
}

static int dlopen_flags (int flags)
{
    int mode = flags & FLUX_PLUGIN_RTLD_LAZY ? RTLD_LAZY : RTLD_NOW;

    mode |= flags & FLUX_PLUGIN_RTLD_GLOBAL ? RTLD_GLOBAL : RTLD_LOCAL;
#ifdef RTLD_DEEPBIND
    if (flags & FLUX_PLUGIN_RTLD_DEEPBIND)
        mode |= RTLD_DEEPBIND;
#endif
    return mode;
}

int flux_plugin_load_dso (flux_plugin_t *p, const char *path)
{
    flux_plugin_init_f init;

    if (!p || !path)
        return invalid (p);
    if (access (path, R_OK) < 0)
        return err_set (&p->error, errno, "%s: %s", path, strerror (errno));
    if (p->dso)
        return err_set (&p->error, EEXIST, "%s: already loaded", p->path);
    dlerror ();
    if (!(p->dso = dlopen (path, dlopen_flags (p->flags))))
        return err_set (&p->error, EINVAL, "dlopen: %s", dlerror ());
    if (replace (&p->path, path) < 0)
        return err_set (&p->error, ENOMEM, "out of memory");
    /* POSIX wants this of dlsym: an object pointer that is a function's */
    *(void **)&init = dlsym (p->dso, "flux_plugin_init");
    if (init && init (p) < 0)
        return err_set (&p->error, EINVAL, "%s: flux_plugin_init failed", path);
    return 0;
}
