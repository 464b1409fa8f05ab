/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The socket that clients connect to.
 *
 * Anyone may open it; the kernel says who they are, and the configuration
 * who is welcome (flux-config-access(5)).
 */

#include <errno.h>
#include <grp.h>
#include <jansson.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "daemon/config.h"
#include "daemon/parts.h"
#include "net/net.h"

/* A guest cannot take all descriptors, or all memory. */
#define GUEST_CONNECTIONS_MAX 128
static const struct net_limits guest_limits = {
    .max_message = 16UL << 20,
    .max_queue = 256UL << 20,
};

struct access {
    bool guest_user;
    bool root_owner;
    json_t *admin; /* [access.roles.admin], or NULL */
};

struct local_connector;

struct local_client {
    struct local_connector *lc;
    struct net_conn *conn;
    struct router_client *client;
    uint32_t uid;
    struct local_client *prev;
    struct local_client *next;
};

struct local_connector {
    struct broker *b;
    struct net_listener *listener;
    struct access access;
    struct local_client *clients;
};

/* ---- who may ---- */

static int parse_access (const char *json,
                         struct access *access,
                         flux_error_t *error)
{
    json_t *root = json_loads (json, 0, NULL);
    json_error_t jerror;
    int guest = 0;
    int root_owner = 0;
    int private_mode = 0;
    json_t *admin = NULL;
    int rc;

    rc = json_unpack_ex (root,
                         &jerror,
                         0,
                         "{s?{s?b s?b s?b s?{s?o}}}",
                         "access",
                         "allow-guest-user",
                         &guest,
                         "allow-root-owner",
                         &root_owner,
                         "private-mode",
                         &private_mode,
                         "roles",
                         "admin",
                         &admin);
    if (rc == 0 && access) {
        access->guest_user = guest;
        access->root_owner = root_owner;
        json_decref (access->admin);
        access->admin = json_incref (admin);
    }
    json_decref (root);
    if (rc < 0)
        return err_set (error, EINVAL, "[access]: %s", jerror.text);
    return 0;
}

static int access_check (void *arg, const char *json, flux_error_t *error)
{
    return parse_access (json, NULL, error);
}

static void access_apply (void *arg, const char *json)
{
    struct local_connector *lc = arg;

    (void)parse_access (json, &lc->access, NULL);
}

static bool is_member (const struct passwd *pw, const char *group)
{
    gid_t groups[256];
    int n = sizeof (groups) / sizeof (groups[0]);
    struct group *gr = getgrnam (group);

    if (!gr) {
        log_msg (LOG_ERR, "connector-local", "unknown group '%s'", group);
        return false;
    }
    if (getgrouplist (pw->pw_name, pw->pw_gid, groups, &n) < 0)
        n = sizeof (groups) / sizeof (groups[0]);
    for (int i = 0; i < n; i++) {
        if (groups[i] == gr->gr_gid)
            return true;
    }
    return false;
}

/* Is the user named by [access.roles.admin]? */
static bool is_admin (const json_t *admin, uint32_t uid)
{
    struct passwd *pw;
    json_t *entry;
    size_t i;

    if (!admin || !(pw = getpwuid (uid)))
        return false;
    json_array_foreach (json_object_get (admin, "users"), i, entry)
    {
        if (json_is_string (entry)
            && strcmp (json_string_value (entry), pw->pw_name) == 0)
            return true;
    }
    json_array_foreach (json_object_get (admin, "groups"), i, entry)
    {
        if (json_is_string (entry) && is_member (pw, json_string_value (entry)))
            return true;
    }
    return false;
}

/* The roles of a peer, 0 if it may not come in. */
static uint32_t roles_of (struct local_connector *lc, uint32_t uid)
{
    if (uid == lc->b->owner || (uid == 0 && lc->access.root_owner))
        return FLUX_ROLE_OWNER | FLUX_ROLE_LOCAL;
    if (!lc->access.guest_user)
        return FLUX_ROLE_NONE;
    return FLUX_ROLE_USER | FLUX_ROLE_LOCAL
           | (is_admin (lc->access.admin, uid) ? FLUX_ROLE_ADMIN : 0);
}

/* ---- connections ---- */

static void client_destroy (struct local_client *c)
{
    DL_DELETE (c->lc->clients, c);
    router_client_remove (c->client);
    net_conn_destroy (c->conn);
    free (c);
}

static int deliver (const flux_msg_t *msg, void *arg)
{
    struct local_client *c = arg;

    return net_conn_send (c->conn, msg);
}

static size_t queued (void *arg)
{
    struct local_client *c = arg;

    return net_conn_queued (c->conn);
}

static void pause_reading (void *arg, bool paused)
{
    struct local_client *c = arg;

    net_conn_pause (c->conn, paused);
}

static void message_cb (struct net_conn *conn, flux_msg_t *msg, void *arg)
{
    struct local_client *c = arg;

    router_client_take (c->client, msg);
}

static void closed_cb (struct net_conn *conn, const char *reason, void *arg)
{
    struct local_client *c = arg;

    if (reason)
        log_msg (LOG_WARNING,
                 "connector-local",
                 "client of uid %u dropped: %s",
                 (unsigned int)c->uid,
                 reason);
    client_destroy (c);
}

static void written_cb (struct net_conn *conn, void *arg)
{
    struct local_client *c = arg;

    router_client_read (c->client);
}

static const struct net_conn_ops conn_ops = {
    .message = message_cb,
    .closed = closed_cb,
    .written = written_cb,
};

static unsigned int count_of (const struct local_connector *lc, uint32_t uid)
{
    const struct local_client *c;
    unsigned int n = 0;

    DL_FOREACH (lc->clients, c)
    {
        n += c->uid == uid;
    }
    return n;
}

static int accept_cb (struct net_conn *conn,
                      const struct net_peer *peer,
                      void *arg)
{
    struct local_connector *lc = arg;
    uint32_t roles = roles_of (lc, peer->uid);
    struct local_client *c;

    if (roles == FLUX_ROLE_NONE)
        return EPERM;
    if (!(roles & FLUX_ROLE_OWNER)
        && count_of (lc, peer->uid) >= GUEST_CONNECTIONS_MAX) {
        log_msg (LOG_WARNING,
                 "connector-local",
                 "client of uid %u refused: %d are connected",
                 (unsigned int)peer->uid,
                 GUEST_CONNECTIONS_MAX);
        return EMFILE;
    }
    if (!(c = calloc (1, sizeof (*c))))
        return ENOMEM;
    c->lc = lc;
    c->conn = conn;
    c->uid = peer->uid;
    c->client = router_client_add (lc->b->router, peer->uid, roles, deliver, c);
    if (!c->client) {
        free (c);
        return ENOMEM;
    }
    router_client_set_queued (c->client, queued);
    router_client_set_pause (c->client, pause_reading);
    DL_APPEND (lc->clients, c);
    net_conn_start (conn,
                    roles & FLUX_ROLE_OWNER ? NULL : &guest_limits,
                    &conn_ops,
                    c);
    return 0;
}

int local_connector_start (struct broker *b, void **data, flux_error_t *error)
{
    struct local_connector *lc;
    struct config_listener listener = { access_check, access_apply };

    if (!(lc = calloc (1, sizeof (*lc))))
        return err_set (error, ENOMEM, "out of memory");
    lc->b = b;
    listener.arg = lc;
    if (config_listen (b, &listener, error) < 0) {
        free (lc);
        return -1;
    }
    access_apply (lc, config_text (b));
    if (!(lc->listener = net_listen (b->loop,
                                     b->local_uri + strlen ("local://"),
                                     0777,
                                     true,
                                     accept_cb,
                                     lc,
                                     error))) {
        local_connector_stop (b, lc);
        return -1;
    }
    *data = lc;
    return 0;
}

void local_connector_stop (struct broker *b, void *data)
{
    struct local_connector *lc = data;
    int saved_errno = errno;

    config_unlisten (b, lc);
    net_listener_destroy (lc->listener);
    while (lc->clients)
        client_destroy (lc->clients);
    json_decref (lc->access.admin);
    free (lc);
    errno = saved_errno;
}
