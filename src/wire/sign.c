/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/base64.h"
#include "wire/sign.h"

char *sign_none_wrap (const void *payload, size_t len, uint32_t userid)
{
    char header[96];
    char *h = NULL, *p = NULL, *J = NULL;
    int n;

    /* RFC 38: NAME NUL type VALUE NUL */
    n = snprintf (header,
                  sizeof (header),
                  "version%ci1%cuserid%ci%" PRIu32 "%cmechanism%csnone%c",
                  0,
                  0,
                  0,
                  userid,
                  0,
                  0,
                  0);
    if (!(h = base64_encode (header, n)) || !(p = base64_encode (payload, len))
        || asprintf (&J, "%s.%s.none", h, p) < 0)
        J = NULL;
    free (h);
    free (p);
    if (!J)
        errno = ENOMEM;
    return J;
}

struct header {
    bool has_version, has_userid;
    int64_t version;
    int64_t userid;
    const char *mechanism; /* NULL: absent */
};

static bool read_int (const char *s, int64_t *n)
{
    char *end;
    intmax_t value;

    if (*s != '-' && (*s < '0' || *s > '9'))
        return false;
    errno = 0;
    value = strtoimax (s, &end, 10);
    if (errno != 0 || *end != '\0')
        return false;
    *n = value;
    return true;
}

/* Next string up to and without its NUL; NULL if there is none. */
static const char *next_string (const char **p, const char *end)
{
    const char *s = *p;
    const char *nul = memchr (s, '\0', end - s);

    if (!nul)
        return NULL;
    *p = nul + 1;
    return s;
}

static int read_pair (const char *key,
                      const char *value,
                      struct header *h,
                      flux_error_t *error)
{
    bool good = false;

    if (!strcmp (key, "version"))
        good = !h->has_version && *value == 'i'
               && (h->has_version = read_int (value + 1, &h->version));
    else if (!strcmp (key, "userid"))
        good = !h->has_userid && *value == 'i'
               && (h->has_userid = read_int (value + 1, &h->userid))
               && h->userid >= 0 && h->userid <= UINT32_MAX;
    else if (!strcmp (key, "mechanism")) {
        good = !h->mechanism && *value == 's' && value[1] != '\0';
        h->mechanism = value + 1;
    }
    else if (h->mechanism && strcmp (h->mechanism, "none") != 0)
        return 0; /* keys of that mechanism */
    if (good)
        return 0;
    return err_set (error,
                    EINVAL,
                    "signed request: header: key \"%.32s\" is not expected, "
                    "or has the value \"%.32s\"",
                    key,
                    value);
}

static int read_header (const char *s,
                        size_t len,
                        struct header *h,
                        flux_error_t *error)
{
    const char *p = s, *end = s + len;

    memset (h, 0, sizeof (*h));
    while (p < end) {
        const char *key = next_string (&p, end);
        const char *value = key && *key ? next_string (&p, end) : NULL;

        if (!value)
            return err_set (error,
                            EINVAL,
                            "signed request: header: not made of key, value "
                            "pairs");
        if (read_pair (key, value, h, error) < 0)
            return -1;
    }
    if (!h->has_version || h->version != 1)
        return err_set (error,
                        EINVAL,
                        "signed request: header: version is not 1");
    if (!h->has_userid || !h->mechanism)
        return err_set (error,
                        EINVAL,
                        "signed request: header: %s is missing",
                        h->mechanism ? "userid" : "mechanism");
    return 0;
}

static int check_mechanism (const struct header *h,
                            const char *signature,
                            char *mech,
                            flux_error_t *error)
{
    if (mech)
        snprintf (mech, 32, "%s", h->mechanism);
    if (strcmp (h->mechanism, "none") != 0)
        return err_set (error,
                        EINVAL,
                        "signed request: mechanism \"%.32s\" is not supported",
                        h->mechanism);
    if (strcmp (signature, "none") != 0)
        return err_set (error,
                        EINVAL,
                        "signed request: signature \"%.32s\" is not \"none\"",
                        signature);
    return 0;
}

int sign_none_unwrap (const char *J,
                      char **payload,
                      size_t *len,
                      uint32_t *userid,
                      char *mech,
                      flux_error_t *error)
{
    const char *dot1, *dot2;
    struct header h;
    char *header;
    size_t n;

    if (mech)
        *mech = '\0';
    if ((n = strlen (J)) > SIGN_MAX_SIZE)
        return err_set (error,
                        EINVAL,
                        "signed request: %zu bytes, at most %d are accepted",
                        n,
                        SIGN_MAX_SIZE);
    if (!(dot1 = strchr (J, '.')) || !(dot2 = strchr (dot1 + 1, '.')))
        return err_set (error,
                        EINVAL,
                        "signed request: not HEADER.PAYLOAD.SIGNATURE");
    if (!(header = base64_decode (J, dot1 - J, &n)))
        return err_set (error, errno, "signed request: header is not base64");
    if (read_header (header, n, &h, error) < 0
        || check_mechanism (&h, dot2 + 1, mech, error) < 0) {
        free (header);
        return -1;
    }
    free (header);
    if (!(*payload = base64_decode (dot1 + 1, dot2 - dot1 - 1, len)))
        return err_set (error, errno, "signed request: payload is not base64");
    *userid = h.userid;
    return 0;
}
