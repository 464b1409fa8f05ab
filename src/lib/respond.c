/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Answers to requests (flux_respond(3)). */

#include <errno.h>
#include <string.h>

#include <flux/core.h>

/* Set *response to a new answer; to NULL if the sender wants none. */
static int derive (flux_t *h,
                   const flux_msg_t *request,
                   int errnum,
                   flux_msg_t **response)
{
    if (!h || !request) {
        errno = EINVAL;
        return -1;
    }
    *response = NULL;
    if (flux_msg_is_noresponse (request))
        return 0;
    if (!(*response = flux_response_derive (request, errnum)))
        return -1;
    return 0;
}

/* Send msg if rc, of what was done to it last, is 0; it is gone after. */
static int finish (flux_t *h, flux_msg_t *msg, int rc)
{
    if (rc == 0)
        rc = flux_send_new (h, &msg, 0);
    flux_msg_destroy (msg);
    return rc;
}

int flux_respond (flux_t *h, const flux_msg_t *request, const char *s)
{
    flux_msg_t *msg;

    if (derive (h, request, 0, &msg) < 0)
        return -1;
    if (!msg)
        return 0;
    return finish (h, msg, s ? flux_msg_set_string (msg, s) : 0);
}

int flux_respond_pack (flux_t *h,
                       const flux_msg_t *request,
                       const char *fmt,
                       ...)
{
    flux_msg_t *msg;
    va_list ap;
    int rc;

    if (!fmt) {
        errno = EINVAL;
        return -1;
    }
    if (!h || !request) {
        errno = EINVAL;
        return -1;
    }
    /* The arguments may hold references ("o"): pack them in any case. */
    if (!(msg = flux_response_derive (request, 0)))
        return -1;
    va_start (ap, fmt);
    rc = flux_msg_vpack (msg, fmt, ap);
    va_end (ap);
    if (rc == 0 && flux_msg_is_noresponse (request)) {
        flux_msg_destroy (msg);
        return 0;
    }
    return finish (h, msg, rc);
}

int flux_respond_raw (flux_t *h,
                      const flux_msg_t *request,
                      const void *data,
                      int len)
{
    flux_msg_t *msg;

    if (len < 0 || (!data && len > 0)) {
        errno = EINVAL;
        return -1;
    }
    if (derive (h, request, 0, &msg) < 0)
        return -1;
    if (!msg)
        return 0;
    return finish (h, msg, data ? flux_msg_set_payload (msg, data, len) : 0);
}

int flux_respond_error (flux_t *h,
                        const flux_msg_t *request,
                        int errnum,
                        const char *errstr)
{
    flux_msg_t *msg;

    if (derive (h, request, errnum ? errnum : EINVAL, &msg) < 0)
        return -1;
    if (!msg)
        return 0;
    return finish (h, msg, errstr ? flux_msg_set_string (msg, errstr) : 0);
}
