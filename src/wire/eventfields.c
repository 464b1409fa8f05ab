/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <flux/job.h>

#include "job/job.h"
#include "wire/eventfields.h"
#include "wire/jload.h"

#define USERID_UNKNOWN 0xffffffffU

enum field_type {
    F_END,
    F_INT,
    F_INT64,
    F_USERID,
    F_STRING,
    F_BOOL,
    F_REAL,   /* any number */
    F_FLAGS,  /* array of names of job flags */
    F_CHECK,  /* an integer that has no field */
    F_OBJECT, /* an object or null that eventlog.c deals with */
};

struct field {
    const char *key;
    enum field_type type;
    size_t offset;
    bool optional;
    int64_t lo, hi; /* of integers */
};

#define AT(member) offsetof (struct event, member)
#define DESCRIPTION                               \
    {                                             \
        "description", F_STRING, AT (description) \
    }
#define STATUS                                                    \
    {                                                             \
        "status", F_INT, AT (status), false, INT32_MIN, INT32_MAX \
    }
#define URGENCY                                                      \
    {                                                                \
        "urgency", F_INT, AT (urgency), false, FLUX_JOB_URGENCY_MIN, \
            FLUX_JOB_URGENCY_MAX                                     \
    }

/* Kinds that are not here have no context, or one without fixed keys. */
static const struct field fields[EVENT_MAX][6] = {
    [EVENT_SUBMIT] = { { "userid", F_USERID, AT (userid) },
                       URGENCY,
                       { "flags", F_INT, AT (flags), false, 0, INT32_MAX },
                       { "version", F_CHECK, 0, false, 1, 1 } },
    [EVENT_SET_FLAGS] = { { "flags", F_FLAGS, AT (flags) } },
    [EVENT_DEPENDENCY_ADD] = { DESCRIPTION },
    [EVENT_DEPENDENCY_REMOVE] = { DESCRIPTION },
    [EVENT_PRIORITY] = { { "priority",
                           F_INT64,
                           AT (priority),
                           false,
                           FLUX_JOB_PRIORITY_MIN,
                           FLUX_JOB_PRIORITY_MAX } },
    [EVENT_URGENCY] = { URGENCY, { "userid", F_USERID, AT (userid) } },
    [EVENT_RESOURCE_UPDATE] = { { "expiration", F_REAL, AT (expiration) } },
    [EVENT_ANNOTATIONS] = { { "annotations", F_OBJECT } },
    [EVENT_ALLOC] = { { "annotations", F_OBJECT, 0, true } },
    [EVENT_PROLOG_START] = { DESCRIPTION },
    [EVENT_PROLOG_FINISH] = { DESCRIPTION, STATUS },
    [EVENT_EPILOG_START] = { DESCRIPTION },
    [EVENT_EPILOG_FINISH] = { DESCRIPTION, STATUS },
    [EVENT_EXCEPTION] = { { "type", F_STRING, AT (type) },
                          { "severity", F_INT, AT (severity), false, 0, 7 },
                          { "note", F_STRING, AT (note), true },
                          { "userid", F_USERID, AT (userid), true },
                          { "wait_status",
                            F_CHECK,
                            0,
                            true,
                            INT32_MIN,
                            INT32_MAX } },
    [EVENT_FINISH] = { STATUS },
    [EVENT_RELEASE] = { { "ranks", F_STRING, AT (ranks) },
                        { "final", F_BOOL, AT (final) } },
};

#define FIELD(ev, f, type) (*(type *)((char *)(ev) + (f)->offset))
#define CFIELD(ev, f, type) (*(type const *)((const char *)(ev) + (f)->offset))

static const char *const expected[] = {
    [F_INT] = "an integer",
    [F_INT64] = "an integer",
    [F_USERID] = "a user id",
    [F_STRING] = "a string",
    [F_BOOL] = "a boolean",
    [F_REAL] = "a number of 0 or more",
    [F_FLAGS] = "an array of names of job flags",
    [F_CHECK] = "an integer",
    [F_OBJECT] = "an object or null",
};

static int bad_field (const struct event *ev,
                      const struct field *f,
                      const json_t *value,
                      flux_error_t *error)
{
    char buf[48];

    if (!value)
        return err_set (error,
                        EINVAL,
                        "event %s: %s is missing, expected %s",
                        ev->name,
                        f->key,
                        expected[f->type]);
    if (json_is_integer (value) && f->hi > f->lo)
        return err_set (error,
                        EINVAL,
                        "event %s: %s: %s is not in the range %lld to %lld",
                        ev->name,
                        f->key,
                        jload_show (value, buf),
                        (long long)f->lo,
                        (long long)f->hi);
    return err_set (error,
                    EINVAL,
                    "event %s: %s: expected %s, got %s",
                    ev->name,
                    f->key,
                    expected[f->type],
                    jload_show (value, buf));
}

static bool read_flags (struct event *ev,
                        const struct field *f,
                        const json_t *value)
{
    size_t i;
    json_t *entry;
    int flags = 0;

    if (!json_is_array (value))
        return false;
    json_array_foreach (value, i, entry)
    {
        int flag = json_is_string (entry)
                       ? job_flag_parse (json_string_value (entry))
                       : -1;
        if (flag < 0)
            return false;
        flags |= flag;
    }
    FIELD (ev, f, int) = flags;
    return true;
}

static bool take_int (struct event *ev, const struct field *f, int64_t n)
{
    if (f->type == F_USERID) {
        if (n < -1 || n > UINT32_MAX)
            return false;
        FIELD (ev, f, uint32_t) = n;
        return true;
    }
    if (n < f->lo || n > f->hi)
        return false;
    if (f->type == F_INT)
        FIELD (ev, f, int) = n;
    else if (f->type == F_INT64)
        FIELD (ev, f, int64_t) = n;
    return true;
}

static bool read_int (struct event *ev,
                      const struct field *f,
                      const json_t *value)
{
    return json_is_integer (value)
           && take_int (ev, f, json_integer_value (value));
}

static bool read_field (struct event *ev,
                        const struct field *f,
                        const json_t *value)
{
    switch (f->type) {
    case F_STRING:
        FIELD (ev, f, const char *) = json_string_value (value);
        return json_is_string (value);
    case F_BOOL:
        FIELD (ev, f, bool) = json_is_true (value);
        return json_is_boolean (value);
    case F_REAL:
        FIELD (ev, f, double) = json_number_value (value);
        return json_is_number (value) && json_number_value (value) >= 0;
    case F_FLAGS:
        return read_flags (ev, f, value);
    case F_OBJECT:
        return json_is_object (value) || json_is_null (value);
    default:
        return read_int (ev, f, value);
    }
}

/* An integer as JSON has it, short enough to fit; NULL for all else. */
static const char *scan_int (const char *p, int64_t *n)
{
    const char *digits = p + (*p == '-');
    size_t len = strspn (digits, "0123456789");

    if (len == 0 || len > 18 || (len > 1 && *digits == '0'))
        return NULL;
    *n = strtoll (p, NULL, 10);
    return digits + len;
}

/* `"KEY":N`, and the comma where another follows. */
static const char *scan_field (const char *p,
                               const struct field *f,
                               struct event *ev)
{
    size_t len = strlen (f->key);
    int64_t n;

    if (f->type != F_INT && f->type != F_INT64 && f->type != F_USERID
        && f->type != F_CHECK)
        return NULL;
    if (*p++ != '"' || strncmp (p, f->key, len) || p[len] != '"'
        || p[len + 1] != ':' || !(p = scan_int (p + len + 2, &n))
        || !take_int (ev, f, n))
        return NULL;
    if (f[1].type == F_END)
        return p;
    return *p == ',' ? p + 1 : NULL;
}

bool eventfields_scan (struct event *ev, const char *context)
{
    const struct field *f = fields[ev->kind];
    struct event tmp = *ev;
    const char *p = context;

    tmp.userid = USERID_UNKNOWN;
    if (f->type == F_END || *p++ != '{')
        return false;
    for (; f->type != F_END; f++) {
        if (!(p = scan_field (p, f, &tmp)))
            return false;
    }
    if (strcmp (p, "}"))
        return false;
    *ev = tmp;
    return true;
}

int eventfields_read (struct event *ev,
                      const json_t *context,
                      flux_error_t *error)
{
    const struct field *f;

    ev->userid = USERID_UNKNOWN;
    for (f = fields[ev->kind]; f->type != F_END; f++) {
        const json_t *value =
            context ? json_object_get (context, f->key) : NULL;

        if (!value && f->optional)
            continue;
        if (!value || !read_field (ev, f, value))
            return bad_field (ev, f, value, error);
    }
    return 0;
}

static void write_flags (int flags, struct jbuf *b)
{
    bool first = true;

    jbuf_raw (b, "[", 1);
    for (unsigned int bit = 0; bit < 31; bit++) {
        const char *name = (flags >> bit) & 1 ? job_flag_name (1 << bit) : NULL;

        if (!name)
            continue;
        if (!first)
            jbuf_raw (b, ",", 1);
        jbuf_string (b, name);
        first = false;
    }
    jbuf_raw (b, "]", 1);
}

/* Is there something to write for f?  Optional keys are left out when their
 * field is unset, but RFC 21 wants a note even if it is empty.
 */
static bool has_field (const struct event *ev, const struct field *f)
{
    if (f->type == F_CHECK)
        return !f->optional;
    if (f->type == F_USERID && f->optional)
        return ev->userid != USERID_UNKNOWN;
    if (f->type == F_OBJECT && f->optional)
        return ev->annotations != NULL;
    return true;
}

static void write_field (const struct event *ev,
                         const struct field *f,
                         struct jbuf *b)
{
    switch (f->type) {
    case F_INT:
        jbuf_int (b, CFIELD (ev, f, int));
        break;
    case F_INT64:
        jbuf_int (b, CFIELD (ev, f, int64_t));
        break;
    case F_USERID:
        jbuf_int (b, CFIELD (ev, f, uint32_t));
        break;
    case F_STRING:
        jbuf_string (b, CFIELD (ev, f, char *));
        break;
    case F_BOOL:
        jbuf_lit (b, CFIELD (ev, f, bool) ? "true" : "false");
        break;
    case F_REAL:
        jbuf_real (b, CFIELD (ev, f, double));
        break;
    case F_FLAGS:
        write_flags (CFIELD (ev, f, int), b);
        break;
    case F_OBJECT:
        jbuf_lit (b, ev->annotations ? ev->annotations->s : "null");
        break;
    default:
        jbuf_int (b, f->lo);
    }
}

bool eventfields_write (const struct event *ev, struct jbuf *b)
{
    const struct field *f;
    bool any = false;

    for (f = fields[ev->kind]; f->type != F_END; f++) {
        if (!has_field (ev, f))
            continue;
        jbuf_lit (b, any ? "," : ",\"context\":{");
        jbuf_string (b, f->key);
        jbuf_raw (b, ":", 1);
        write_field (ev, f, b);
        any = true;
    }
    if (any)
        jbuf_raw (b, "}", 1);
    return any;
}
