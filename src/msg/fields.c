/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The numbers in a message's header: who sent it, and the two fields that
 * mean another thing for each type.
 */

#include <errno.h>

#include "msg/msg.h"

static int fail (int errnum)
{
    errno = errnum;
    return -1;
}

int flux_msg_set_userid (flux_msg_t *msg, uint32_t userid)
{
    if (!msg)
        return fail (EINVAL);
    msg->userid = userid;
    return 0;
}

int flux_msg_get_userid (const flux_msg_t *msg, uint32_t *userid)
{
    if (!msg || !userid)
        return fail (EINVAL);
    *userid = msg->userid;
    return 0;
}

int flux_msg_set_rolemask (flux_msg_t *msg, uint32_t rolemask)
{
    if (!msg)
        return fail (EINVAL);
    msg->rolemask = rolemask;
    return 0;
}

int flux_msg_get_rolemask (const flux_msg_t *msg, uint32_t *rolemask)
{
    if (!msg || !rolemask)
        return fail (EINVAL);
    *rolemask = msg->rolemask;
    return 0;
}

int flux_msg_get_cred (const flux_msg_t *msg, struct flux_msg_cred *cred)
{
    if (!msg || !cred)
        return fail (EINVAL);
    cred->userid = msg->userid;
    cred->rolemask = msg->rolemask;
    return 0;
}

int flux_msg_set_cred (flux_msg_t *msg, struct flux_msg_cred cred)
{
    if (!msg)
        return fail (EINVAL);
    msg->userid = cred.userid;
    msg->rolemask = cred.rolemask;
    return 0;
}

int flux_msg_cred_authorize (struct flux_msg_cred cred, uint32_t userid)
{
    if ((cred.rolemask & FLUX_ROLE_OWNER))
        return 0;
    if ((cred.rolemask & FLUX_ROLE_USER) && cred.userid == userid
        && userid != FLUX_USERID_UNKNOWN)
        return 0;
    return fail (EPERM);
}

int flux_msg_authorize (const flux_msg_t *msg, uint32_t userid)
{
    struct flux_msg_cred cred;

    if (flux_msg_get_cred (msg, &cred) < 0)
        return -1;
    return flux_msg_cred_authorize (cred, userid);
}

bool flux_msg_is_local (const flux_msg_t *msg)
{
    return msg && (msg->rolemask & FLUX_ROLE_LOCAL);
}

/* The two fields whose meaning depends on the type. */

static int aux_set (flux_msg_t *msg, int typemask, uint32_t *field, uint32_t v)
{
    if (!msg || !(msg->type & typemask))
        return fail (EINVAL);
    *field = v;
    return 0;
}

int flux_msg_set_nodeid (flux_msg_t *msg, uint32_t nodeid)
{
    /* UPSTREAM is a word of the API, never of the wire (RFC 3). */
    if (nodeid == FLUX_NODEID_UPSTREAM)
        return fail (EINVAL);
    return aux_set (msg, FLUX_MSGTYPE_REQUEST, msg ? &msg->aux1 : NULL, nodeid);
}

int flux_msg_get_nodeid (const flux_msg_t *msg, uint32_t *nodeid)
{
    if (!msg || !nodeid)
        return fail (EINVAL);
    if (msg->type != FLUX_MSGTYPE_REQUEST)
        return fail (EPROTO);
    *nodeid = msg->aux1;
    return 0;
}

int flux_msg_set_errnum (flux_msg_t *msg, int errnum)
{
    return aux_set (msg,
                    FLUX_MSGTYPE_RESPONSE,
                    msg ? &msg->aux1 : NULL,
                    (uint32_t)errnum);
}

int flux_msg_get_errnum (const flux_msg_t *msg, int *errnum)
{
    if (!msg || !errnum)
        return fail (EINVAL);
    if (msg->type != FLUX_MSGTYPE_RESPONSE)
        return fail (EPROTO);
    *errnum = (int)msg->aux1;
    return 0;
}

int flux_msg_set_seq (flux_msg_t *msg, uint32_t seq)
{
    return aux_set (msg, FLUX_MSGTYPE_EVENT, msg ? &msg->aux1 : NULL, seq);
}

int flux_msg_get_seq (const flux_msg_t *msg, uint32_t *seq)
{
    if (!msg || !seq)
        return fail (EINVAL);
    if (msg->type != FLUX_MSGTYPE_EVENT)
        return fail (EPROTO);
    *seq = msg->aux1;
    return 0;
}

int flux_msg_set_control (flux_msg_t *msg, int type, int status)
{
    if (!msg || msg->type != FLUX_MSGTYPE_CONTROL)
        return fail (EINVAL);
    msg->aux1 = (uint32_t)type;
    msg->aux2 = (uint32_t)status;
    return 0;
}

int flux_msg_get_control (const flux_msg_t *msg, int *type, int *status)
{
    if (!msg)
        return fail (EINVAL);
    if (msg->type != FLUX_MSGTYPE_CONTROL)
        return fail (EPROTO);
    if (type)
        *type = (int)msg->aux1;
    if (status)
        *status = (int)msg->aux2;
    return 0;
}

int flux_msg_set_matchtag (flux_msg_t *msg, uint32_t matchtag)
{
    return aux_set (msg,
                    FLUX_MSGTYPE_REQUEST | FLUX_MSGTYPE_RESPONSE,
                    msg ? &msg->aux2 : NULL,
                    matchtag);
}

int flux_msg_get_matchtag (const flux_msg_t *msg, uint32_t *matchtag)
{
    if (!msg || !matchtag)
        return fail (EINVAL);
    if (!(msg->type & (FLUX_MSGTYPE_REQUEST | FLUX_MSGTYPE_RESPONSE)))
        return fail (EPROTO);
    *matchtag = msg->aux2;
    return 0;
}

bool flux_msg_cmp_matchtag (const flux_msg_t *msg, uint32_t matchtag)
{
    uint32_t tag;

    return flux_msg_get_matchtag (msg, &tag) == 0 && tag == matchtag;
}
