/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* .post-event: lets the instance owner post an event to a job by hand
 * (flux-post-job-event(1)), with job-manager.post-event.post.
 */

#include <errno.h>

#include <flux/core.h>
#include <flux/jobtap.h>
#include <jansson.h>

#include "builtins.h"

static void post_cb (flux_t *h,
                     flux_msg_handler_t *mh,
                     const flux_msg_t *msg,
                     void *arg)
{
    flux_plugin_t *p = arg;
    flux_jobid_t id;
    const char *name;
    json_t *context = NULL;
    int rc;

    if (flux_request_unpack (msg,
                             NULL,
                             "{s:I s:s s?o}",
                             "id",
                             &id,
                             "name",
                             &name,
                             "context",
                             &context)
        < 0)
        goto error;
    if (context)
        rc = flux_jobtap_event_post_pack (p, id, name, "O", context);
    else
        rc = flux_jobtap_event_post_pack (p, id, name, NULL);
    if (rc < 0)
        goto error;
    if (flux_respond (h, msg, NULL) < 0)
        flux_log_error (h, ".post-event: respond");
    return;
error:
    if (flux_respond_error (h, msg, errno, NULL) < 0)
        flux_log_error (h, ".post-event: respond");
}

int post_event_init (flux_plugin_t *p)
{
    if (flux_plugin_set_name (p, ".post-event") < 0)
        return -1;
    return flux_jobtap_service_register (p, "post", post_cb, p);
}
