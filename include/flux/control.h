/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Messages between direct peers that are not routed (RFC 3).
 */

#ifndef FLUX_CONTROL_H
#define FLUX_CONTROL_H

#include <flux/types.h>
#include <flux/message.h>

#ifdef __cplusplus
extern "C" {
#endif

flux_msg_t *flux_control_encode (int type, int status);

int flux_control_decode (const flux_msg_t *msg, int *type, int *status);

#ifdef __cplusplus
}
#endif

#endif
