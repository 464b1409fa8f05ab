/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A handler for a topic that does not exist is never called, and its author
 * wonders why: say so when the plugin is loaded.
 */

#include <fnmatch.h>
#include <string.h>

#include "base/log.h"
#include "jobtap/private.h"
#include "lib/plugin_host.h"

/* What follows these is up to jobs. */
static const char *const families[] = { "job.event.",
                                        "job.dependency.",
                                        "job.update." };
/* Other names are free: a plugin may call them (flux_jobtap_call). */
static const char *const reserved[] = { "job.", "conf.", "plugin." };

#define COUNT(a) (sizeof (a) / sizeof (a[0]))

static bool in_family (const char *handler, const char *family)
{
    size_t literal = strcspn (handler, "*?[\\");
    size_t len = strlen (family);

    if (!handler[literal])
        return literal > len && !strncmp (handler, family, len);
    return !strncmp (handler, family, literal < len ? literal : len);
}

bool tap_topic_exists (const char *handler)
{
    for (int i = 0; i < TOPIC_MAX; i++) {
        if (fnmatch (handler, tap_topic_name (i), 0) == 0)
            return true;
    }
    if (fnmatch (handler, "conf.update", 0) == 0
        || fnmatch (handler, "plugin.query", 0) == 0)
        return true;
    for (size_t i = 0; i < COUNT (families); i++) {
        if (in_family (handler, families[i]))
            return true;
    }
    for (size_t i = 0; i < COUNT (reserved); i++) {
        if (!strncmp (handler, reserved[i], strlen (reserved[i])))
            return false;
    }
    return true;
}

void tap_warn_topics (const struct tap_plugin *t)
{
    const char *topic;

    for (size_t i = 0; (topic = flux_priv_plugin_topic (t->p, i)); i++) {
        if (!tap_topic_exists (topic))
            log_msg (LOG_WARNING,
                     TAP_PART,
                     "jobtap: %s: a handler for %s is never called: there is "
                     "no such topic",
                     t->name,
                     topic);
    }
}
