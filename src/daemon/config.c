/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* config.get, config.load, config.reload. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include <flux/conf.h>
#include <flux/msglist.h>
#include "base/log.h"
#include "daemon/attrs.h"
#include "daemon/config.h"
#include "daemon/options.h"
#include "daemon/parts.h"

struct link {
    struct config_listener l;
    struct link *next;
};

struct config {
    json_t *object;
    char *text;
    struct link *links;
    struct flux_msglist *watchers; /* streaming config.get */
};

const json_t *config_get (struct broker *b)
{
    return b->config->object;
}

const char *config_text (struct broker *b)
{
    return b->config->text;
}

int config_listen (struct broker *b,
                   const struct config_listener *listener,
                   flux_error_t *error)
{
    struct link *k;

    if (listener->check
        && listener->check (listener->arg, b->config->text, error) < 0)
        return -1;
    if (!(k = calloc (1, sizeof (*k))))
        return err_set (error, ENOMEM, "out of memory");
    k->l = *listener;
    LL_APPEND (b->config->links, k);
    return 0;
}

void config_unlisten (struct broker *b, void *arg)
{
    struct link *k, *tmp;

    LL_FOREACH_SAFE (b->config->links, k, tmp)
    {
        if (k->l.arg == arg) {
            LL_DELETE (b->config->links, k);
            free (k);
        }
    }
}

/* Ask all; take back what was agreed to if one refuses. */
static int check_all (struct config *cfg, const char *text, flux_error_t *error)
{
    struct link *k, *done;
    flux_error_t ignored;

    LL_FOREACH (cfg->links, k)
    {
        if (!k->l.check || k->l.check (k->l.arg, text, error) == 0)
            continue;
        int saved_errno = errno ? errno : EINVAL;

        for (done = cfg->links; done != k; done = done->next) {
            if (done->l.check)
                (void)done->l.check (done->l.arg, cfg->text, &ignored);
        }
        errno = saved_errno;
        return -1;
    }
    return 0;
}

static void tell_watchers (struct broker *b)
{
    const flux_msg_t *req = flux_msglist_first (b->config->watchers);

    while (req) {
        router_respond (b->router, req, b->config->text);
        req = flux_msglist_next (b->config->watchers);
    }
}

/* Replace the configuration (a new reference is taken): checks first.  -1,
 * errno and a sentence; then nothing changed.
 */
static int config_replace (struct broker *b,
                           json_t *object,
                           flux_error_t *error)
{
    struct config *cfg = b->config;
    struct link *k;
    char *text;

    if (!(text = json_dumps (object, JSON_COMPACT)))
        return err_set (error, ENOMEM, "out of memory");
    if (check_all (cfg, text, error) < 0) {
        int saved_errno = errno;

        free (text);
        errno = saved_errno;
        return -1;
    }
    json_incref (object);
    json_decref (cfg->object);
    free (cfg->text);
    cfg->object = object;
    cfg->text = text;
    LL_FOREACH (cfg->links, k)
    {
        if (k->l.apply)
            k->l.apply (k->l.arg, cfg->text);
    }
    tell_watchers (b);
    return 0;
}

/* The object in conf: a new reference. */
static json_t *conf_object (const flux_conf_t *conf, flux_error_t *error)
{
    json_t *o;

    if (flux_conf_unpack (conf, error, "o", &o) < 0)
        return NULL;
    return json_incref (o);
}

/* What files and, at the start, the command line say. */
static json_t *read_config (struct broker *b, bool conf, flux_error_t *error)
{
    const char *path = attrs_get (b, "config.path");
    flux_conf_t *c;
    json_t *o = NULL;

    c = path ? flux_conf_parse (path, error) : flux_conf_create ();
    if (!c)
        return NULL;
    for (struct setting *s = b->opt->confs; conf && s; s = s->next) {
        if (flux_conf_update (c, s->value, error) < 0)
            goto done;
    }
    o = conf_object (c, error);
done:
    flux_conf_decref (c);
    return o;
}

static int get_cb (struct router *r,
                   const flux_msg_t *msg,
                   void *arg,
                   flux_error_t *error)
{
    struct broker *b = arg;

    if (flux_msg_is_streaming (msg)
        && flux_msglist_append (b->config->watchers, msg) < 0)
        return REQUEST_ERROR;
    router_respond (r, msg, b->config->text);
    return flux_msg_is_streaming (msg) ? REQUEST_LATER : REQUEST_DONE;
}

static int load_cb (struct router *r,
                    const flux_msg_t *msg,
                    void *arg,
                    flux_error_t *error)
{
    json_t *o;

    if (flux_msg_unpack (msg, "o", &o) < 0
        || config_replace (arg, o, error) < 0)
        return REQUEST_ERROR;
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

static int reload_cb (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    struct broker *b = arg;
    flux_error_t why;
    json_t *o;
    int rc;

    if (!attrs_get (b, "config.path")) {
        router_respond (r, msg, NULL);
        return REQUEST_DONE;
    }
    if (!(o = read_config (b, false, &why)))
        return err_set (error,
                        errno ? errno : EINVAL,
                        "Config file error: %s",
                        why.text);
    rc = config_replace (b, o, error);
    json_decref (o);
    if (rc < 0)
        return REQUEST_ERROR;
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

static int cancel_cb (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    struct broker *b = arg;
    const flux_msg_t *req = flux_msglist_first (b->config->watchers);

    while (req) {
        if (router_same_client (req, msg)) {
            router_respond_error (r, req, ENODATA, NULL);
            flux_msglist_delete (b->config->watchers);
        }
        req = flux_msglist_next (b->config->watchers);
    }
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "config.get", FLUX_ROLE_USER, 0, get_cb },
    { "config.load", FLUX_ROLE_OWNER, METHOD_HELD, load_cb },
    { "config.reload", FLUX_ROLE_OWNER, METHOD_HELD, reload_cb },
    { "config.cancel", FLUX_ROLE_USER, 0, cancel_cb },
    { "config.disconnect", FLUX_ROLE_ALL, 0, cancel_cb },
    { NULL },
};

int config_start (struct broker *b, void **data, flux_error_t *error)
{
    struct config *cfg;
    flux_error_t why = { .text = "" };

    if (!(cfg = calloc (1, sizeof (*cfg)))
        || !(cfg->watchers = flux_msglist_create ())) {
        free (cfg);
        return err_set (error, ENOMEM, "out of memory");
    }
    b->config = cfg;
    if (!(cfg->object = read_config (b, true, &why))) {
        err_set (error, errno, "Config file error: %s", why.text);
        goto error;
    }
    if (!(cfg->text = json_dumps (cfg->object, JSON_COMPACT))
        || router_methods_add (b->router, rows, b) < 0
        || router_standard_methods (b->router, "config", NULL, NULL) < 0)
        goto error;
    *data = cfg;
    return 0;
error:
    config_stop (b, cfg);
    return -1;
}

void config_stop (struct broker *b, void *data)
{
    struct config *cfg = data;
    struct link *k, *tmp;
    int saved_errno = errno;

    router_methods_remove (b->router, rows);
    LL_FOREACH_SAFE (cfg->links, k, tmp)
    free (k);
    flux_msglist_destroy (cfg->watchers);
    json_decref (cfg->object);
    free (cfg->text);
    free (cfg);
    b->config = NULL;
    errno = saved_errno;
}
