/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <string.h>

#include "job/event.h"

#define EVENT_NAME_MAX 63

static const char *const event_names[] = {
    [EVENT_SUBMIT] = "submit",
    [EVENT_VALIDATE] = "validate",
    [EVENT_INVALIDATE] = "invalidate",
    [EVENT_SET_FLAGS] = "set-flags",
    [EVENT_DEPENDENCY_ADD] = "dependency-add",
    [EVENT_DEPENDENCY_REMOVE] = "dependency-remove",
    [EVENT_DEPEND] = "depend",
    [EVENT_PRIORITY] = "priority",
    [EVENT_URGENCY] = "urgency",
    [EVENT_JOBSPEC_UPDATE] = "jobspec-update",
    [EVENT_RESOURCE_UPDATE] = "resource-update",
    [EVENT_ANNOTATIONS] = "annotations",
    [EVENT_MEMO] = "memo",
    [EVENT_ALLOC] = "alloc",
    [EVENT_PROLOG_START] = "prolog-start",
    [EVENT_PROLOG_FINISH] = "prolog-finish",
    [EVENT_START] = "start",
    [EVENT_EXCEPTION] = "exception",
    [EVENT_FINISH] = "finish",
    [EVENT_EPILOG_START] = "epilog-start",
    [EVENT_EPILOG_FINISH] = "epilog-finish",
    [EVENT_RELEASE] = "release",
    [EVENT_FREE] = "free",
    [EVENT_CLEAN] = "clean",
    [EVENT_FLUX_RESTART] = "flux-restart",
    [EVENT_OTHER] = NULL,
};

_Static_assert(sizeof (event_names) / sizeof (event_names[0]) == EVENT_MAX,
               "every kind of event has a name");
_Static_assert(EVENT_MAX <= 32, "job.posted has a bit for every kind");

const char *event_kind_name (enum event_kind kind)
{
    return (unsigned int)kind < EVENT_MAX ? event_names[kind] : NULL;
}

enum event_kind event_kind_parse (const char *name)
{
    for (int kind = 0; kind < EVENT_MAX; kind++) {
        const char *known = event_names[kind];

        if (known && known[0] == name[0] && !strcmp (name, known))
            return kind;
    }
    return EVENT_OTHER;
}

bool event_name_valid (const char *name)
{
    size_t n = 0;

    for (const char *s = name; *s; s++, n++) {
        if (*s <= ' ' || *s > '~' || *s == '"' || *s == '\\')
            return false;
    }
    return n > 0 && n <= EVENT_NAME_MAX;
}
