/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* How messages between broker and agent are put together and taken apart;
 * their form is told in wire/agent_msgs.h.
 */

#ifndef SLUICE_WIRE_AGENT_PARTS_H
#define SLUICE_WIRE_AGENT_PARTS_H

#include <jansson.h>

#include "wire/agent_msgs.h"

struct agent_part {
    const char *s; /* NULL: absent, on the wire like an empty one */
    size_t len;
};

/* One number of the head; the first call begins it. */
void agent_put_int (struct jbuf *b, const char *key, int64_t value);

/* The message with the head in b, which it takes.  NULL and ENOMEM. */
flux_msg_t *agent_message (enum agent_topic topic,
                           struct jbuf *b,
                           const struct agent_part *parts,
                           int nparts);

/* The head, and exactly nparts texts, which point into msg.  NULL and EPROTO.
 */
json_t *agent_open (const flux_msg_t *msg,
                    struct agent_part *parts,
                    size_t nparts,
                    flux_error_t *error);

/* Give up on msg, and o (may be NULL): -1 and EPROTO. */
int agent_bad (const flux_msg_t *msg, json_t *o, flux_error_t *error);

#endif
