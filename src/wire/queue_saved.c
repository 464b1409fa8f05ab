/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "wire/jbuf.h"
#include "wire/queue_settings.h"

static void optional (struct jbuf *b, const char *key, const char *value)
{
    if (!value)
        return;
    jbuf_lit (b, ",");
    jbuf_string (b, key);
    jbuf_lit (b, ":");
    jbuf_string (b, value);
}

char *queue_saved_encode (const struct queue_saved *list, size_t count)
{
    struct jbuf b = { 0 };

    jbuf_lit (&b, "{\"version\":1,\"queues\":[");
    for (size_t i = 0; i < count; i++) {
        jbuf_lit (&b, i > 0 ? ",{\"enable\":" : "{\"enable\":");
        jbuf_lit (&b, list[i].enable ? "true" : "false");
        jbuf_lit (&b, ",\"start\":");
        jbuf_lit (&b, list[i].start ? "true" : "false");
        optional (&b, "name", list[i].name);
        optional (&b, "disable_reason", list[i].disable_reason);
        optional (&b, "stop_reason", list[i].stop_reason);
        jbuf_lit (&b, "}");
    }
    jbuf_lit (&b, "]}");
    return jbuf_take (&b, NULL);
}

static char *copy (const char *s)
{
    return s ? strdup (s) : NULL;
}

static int decode_one (json_t *o, struct queue_saved *q)
{
    const char *name = NULL, *why_disabled = NULL, *why_stopped = NULL;
    int enable, start;

    if (json_unpack (o,
                     "{s?s s:b s:b s?s s?s}",
                     "name",
                     &name,
                     "enable",
                     &enable,
                     "start",
                     &start,
                     "disable_reason",
                     &why_disabled,
                     "stop_reason",
                     &why_stopped)
        < 0)
        return -1;
    q->name = copy (name);
    q->enable = enable;
    q->disable_reason = copy (why_disabled);
    q->start = start;
    q->stop_reason = copy (why_stopped);
    return name && !q->name ? -1 : 0;
}

int queue_saved_decode (const char *text,
                        struct queue_saved **list,
                        size_t *count)
{
    json_t *o = json_loads (text, 0, NULL);
    json_t *queues = json_object_get (o, "queues");
    json_t *item;
    size_t i;

    *list = calloc (json_array_size (queues) + 1, sizeof (**list));
    *count = json_array_size (queues);
    if (!*list || !json_is_array (queues))
        goto error;
    json_array_foreach (queues, i, item)
    {
        if (decode_one (item, &(*list)[i]) < 0)
            goto error;
    }
    json_decref (o);
    return 0;
error:
    if (*list)
        queue_saved_destroy (*list, *count);
    json_decref (o);
    errno = EINVAL;
    return -1;
}

void queue_saved_destroy (struct queue_saved *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free (list[i].name);
        free (list[i].disable_reason);
        free (list[i].stop_reason);
    }
    free (list);
}
