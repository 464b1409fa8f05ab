/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/pmi.h"

#define LINE_MAX_PMI 4096
#define RANKS_MAX 4096

struct pmi {
    int fd;
    int rank;
    int size;
    char *kvsname;
    char buf[LINE_MAX_PMI];
    size_t have; /* bytes in buf */
    char line[LINE_MAX_PMI];
};

int pmi_rank (const struct pmi *pmi)
{
    return pmi->rank;
}

int pmi_size (const struct pmi *pmi)
{
    return pmi->size;
}

/* ---- lines ---- */

static int send_line (struct pmi *pmi, const char *line, flux_error_t *error)
{
    size_t len = strlen (line);

    while (len > 0) {
        ssize_t n = write (pmi->fd, line, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set (error, errno, "PMI: write: %s", strerror (errno));
        line += n;
        len -= (size_t)n;
    }
    return 0;
}

/* The next line is in pmi->line, without its end. */
static int read_line (struct pmi *pmi, flux_error_t *error)
{
    char *end;
    size_t len;
    ssize_t n;

    while (!(end = memchr (pmi->buf, '\n', pmi->have))) {
        if (pmi->have == sizeof (pmi->buf))
            return err_set (error, EPROTO, "PMI: a line is too long");
        n = read (pmi->fd, pmi->buf + pmi->have, sizeof (pmi->buf) - pmi->have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set (error, errno, "PMI: read: %s", strerror (errno));
        if (n == 0)
            return err_set (error,
                            ECONNRESET,
                            "PMI: the launcher closed the connection");
        pmi->have += (size_t)n;
    }
    len = (size_t)(end - pmi->buf);
    memcpy (pmi->line, pmi->buf, len);
    pmi->line[len] = '\0';
    pmi->have -= len + 1;
    memmove (pmi->buf, end + 1, pmi->have);
    return 0;
}

/* The value of a key in the line, up to white space; malloced, or NULL. */
static char *value_of (const struct pmi *pmi, const char *key)
{
    size_t len = strlen (key);
    const char *s = pmi->line;

    while (*s) {
        s += strspn (s, " \t");
        if (strncmp (s, key, len) == 0 && s[len] == '=')
            return strndup (s + len + 1, strcspn (s + len + 1, " \t"));
        s += strcspn (s, " \t");
    }
    return NULL;
}

/* Send a request and wait for its answer, which begins with cmd=REPLY and has
 * no rc but 0.
 */
static int call (struct pmi *pmi,
                 const char *request,
                 const char *reply,
                 flux_error_t *error)
{
    char *cmd, *rc;
    bool good;

    if (send_line (pmi, request, error) < 0 || read_line (pmi, error) < 0)
        return -1;
    cmd = value_of (pmi, "cmd");
    rc = value_of (pmi, "rc");
    good = cmd && !strcmp (cmd, reply) && (!rc || !strcmp (rc, "0"));
    free (cmd);
    free (rc);
    if (!good)
        return err_set (error,
                        EPROTO,
                        "PMI: %.*s: the launcher says: %s",
                        (int)strcspn (request, "\n"),
                        request,
                        pmi->line);
    return 0;
}

/* ---- what it is for ---- */

static int check_word (const char *s, flux_error_t *error)
{
    if (strpbrk (s, " \t\n"))
        return err_set (error, EINVAL, "PMI: '%s' has a blank in it", s);
    return 0;
}

int pmi_put (struct pmi *pmi,
             const char *key,
             const char *value,
             flux_error_t *error)
{
    char *request;
    int rc;

    if (check_word (value, error) < 0)
        return -1;
    if (asprintf (&request,
                  "cmd=put kvsname=%s key=%s value=%s\n",
                  pmi->kvsname,
                  key,
                  value)
        < 0)
        return err_set (error, ENOMEM, "out of memory");
    rc = call (pmi, request, "put_result", error);
    free (request);
    return rc;
}

char *pmi_get (struct pmi *pmi, const char *key, flux_error_t *error)
{
    char *request;
    char *value = NULL;

    if (asprintf (&request, "cmd=get kvsname=%s key=%s\n", pmi->kvsname, key)
        < 0)
        return err_null (error, ENOMEM, "out of memory");
    if (call (pmi, request, "get_result", error) == 0
        && !(value = value_of (pmi, "value")))
        err_set (error, EPROTO, "PMI: %s has no value", key);
    free (request);
    return value;
}

int pmi_barrier (struct pmi *pmi, flux_error_t *error)
{
    return call (pmi, "cmd=barrier_in\n", "barrier_out", error);
}

/* ---- connecting ---- */

static int env_int (const char *name, int otherwise)
{
    const char *s = getenv (name);

    return s && *s ? (int)strtol (s, NULL, 10) : otherwise;
}

static int connect_port (const char *where, flux_error_t *error)
{
    const char *colon = strrchr (where, ':');
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    char *host;
    int fd = -1;

    if (!colon || !(host = strndup (where, (size_t)(colon - where))))
        return err_set (error, EINVAL, "PMI_PORT=%s: not HOST:PORT", where);
    if (getaddrinfo (host, colon + 1, &hints, &list) == 0) {
        for (struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next) {
            fd = socket (ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (fd >= 0 && connect (fd, ai->ai_addr, ai->ai_addrlen) < 0) {
                close (fd);
                fd = -1;
            }
        }
        freeaddrinfo (list);
    }
    free (host);
    if (fd < 0)
        return err_set (error, ECONNREFUSED, "PMI_PORT=%s: no answer", where);
    return fd;
}

/* After connecting to a port: say who we are, hear how many there are. */
static int say_id (struct pmi *pmi, flux_error_t *error)
{
    const char *id = getenv ("PMI_ID");
    char request[64];
    char *s;

    if (!id || check_word (id, error) < 0)
        return err_set (error, EINVAL, "PMI_PORT is set without PMI_ID");
    snprintf (request, sizeof (request), "cmd=initack pmiid=%.16s\n", id);
    if (call (pmi, request, "initack", error) < 0)
        return -1;
    for (int i = 0; i < 3; i++) {
        if (read_line (pmi, error) < 0)
            return -1;
        if ((s = value_of (pmi, "size")))
            pmi->size = atoi (s);
        free (s);
        if ((s = value_of (pmi, "rank")))
            pmi->rank = atoi (s);
        free (s);
    }
    return 0;
}

static int connect_launcher (struct pmi *pmi, flux_error_t *error)
{
    const char *port = getenv ("PMI_PORT");

    pmi->fd = env_int ("PMI_FD", -1);
    pmi->rank = env_int ("PMI_RANK", -1);
    pmi->size = env_int ("PMI_SIZE", 1);
    if (pmi->fd < 0 && port) {
        if ((pmi->fd = connect_port (port, error)) < 0
            || say_id (pmi, error) < 0)
            return -1;
    }
    if (pmi->size <= 1 || pmi->fd < 0)
        return 0;
    if (pmi->rank < 0 || pmi->rank >= pmi->size || pmi->size > RANKS_MAX)
        return err_set (error,
                        EINVAL,
                        "PMI_RANK=%d, PMI_SIZE=%d: not a rank of at most %d "
                        "brokers",
                        pmi->rank,
                        pmi->size,
                        RANKS_MAX);
    return 0;
}

struct pmi *pmi_open (flux_error_t *error)
{
    struct pmi *pmi = calloc (1, sizeof (*pmi));

    if (!pmi)
        return err_null (error, ENOMEM, "out of memory");
    if (connect_launcher (pmi, error) < 0)
        goto error;
    if (pmi->size <= 1 || pmi->fd < 0) {
        if (pmi->size > 1)
            err_set (error,
                     EINVAL,
                     "PMI_SIZE=%d, but neither PMI_FD nor PMI_PORT says where "
                     "the launcher is",
                     pmi->size);
        else
            errno = 0;
        goto error;
    }
    if (call (pmi,
              "cmd=init pmi_version=1 pmi_subversion=1\n",
              "response_to_init",
              error)
            < 0
        || call (pmi, "cmd=get_my_kvsname\n", "my_kvsname", error) < 0)
        goto error;
    if (!(pmi->kvsname = value_of (pmi, "kvsname"))) {
        err_set (error, EPROTO, "PMI: the launcher names no kvs");
        goto error;
    }
    return pmi;
error:;
    int saved_errno = errno;

    free (pmi);
    errno = saved_errno;
    return NULL;
}

void pmi_close (struct pmi *pmi)
{
    if (!pmi)
        return;
    (void)call (pmi, "cmd=finalize\n", "finalize_ack", NULL);
    close (pmi->fd);
    free (pmi->kvsname);
    free (pmi);
}
