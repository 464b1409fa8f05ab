/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/idset.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "wire/requests_job.h"
#include "wire/submit_scan.h"

/* Unpack by jansson's format; optional things keep what they were. */
static int unpack (const flux_msg_t *msg,
                   flux_error_t *error,
                   const char *fmt,
                   ...)
{
    const char *topic = NULL;
    const char *why;
    va_list ap;
    int rc;

    va_start (ap, fmt);
    rc = flux_msg_vunpack (msg, fmt, ap);
    va_end (ap);
    if (rc == 0)
        return 0;
    (void)flux_msg_get_topic (msg, &topic);
    why = flux_msg_last_error (msg);
    return err_set (error,
                    EPROTO,
                    "malformed %s request: %s",
                    topic ? topic : "",
                    why && why[0] ? why : "a JSON object is expected");
}

/* -1 and 2^32-1 both mean anyone. */
static int to_userid (json_int_t n, uint32_t *userid, flux_error_t *error)
{
    if (n < -1 || n > UINT32_MAX)
        return err_set (error,
                        EPROTO,
                        "userid %lld is out of range",
                        (long long)n);
    *userid = n;
    return 0;
}

int req_submit_decode (const flux_msg_t *msg,
                       struct req_submit *r,
                       flux_error_t *error)
{
    const char *s, *signed_part;
    size_t len;
    char *J;

    if (flux_msg_get_string (msg, &s) == 0 && s
        && submit_scan (s, r, &signed_part, &len)) {
        if (!(J = strndup (signed_part, len))
            || flux_msg_aux_set (msg, "sluice::J", J, free) < 0) {
            free (J);
            return err_set (error, ENOMEM, "out of memory");
        }
        r->J = J;
        return 0;
    }
    return unpack (msg,
                   error,
                   "{s:s s:i s:i}",
                   "J",
                   &r->J,
                   "urgency",
                   &r->urgency,
                   "flags",
                   &r->flags);
}

int req_raise_decode (const flux_msg_t *msg,
                      struct req_raise *r,
                      flux_error_t *error)
{
    json_int_t id;

    r->note = NULL;
    if (unpack (msg,
                error,
                "{s:I s:i s:s s?s}",
                "id",
                &id,
                "severity",
                &r->severity,
                "type",
                &r->type,
                "note",
                &r->note)
        < 0)
        return -1;
    r->id = id;
    return 0;
}

int req_raiseall_decode (const flux_msg_t *msg,
                         struct req_all *r,
                         flux_error_t *error)
{
    json_int_t userid;
    int dry_run;

    r->note = NULL;
    if (unpack (msg,
                error,
                "{s:b s:I s:i s:i s:s s?s}",
                "dry_run",
                &dry_run,
                "userid",
                &userid,
                "states",
                &r->states,
                "severity",
                &r->severity,
                "type",
                &r->type,
                "note",
                &r->note)
        < 0)
        return -1;
    r->dry_run = dry_run;
    return to_userid (userid, &r->userid, error);
}

int req_killall_decode (const flux_msg_t *msg,
                        struct req_all *r,
                        flux_error_t *error)
{
    json_int_t userid;
    int dry_run;

    if (unpack (msg,
                error,
                "{s:b s:I s:i}",
                "dry_run",
                &dry_run,
                "userid",
                &userid,
                "signum",
                &r->signum)
        < 0)
        return -1;
    r->dry_run = dry_run;
    return to_userid (userid, &r->userid, error);
}

int req_housekeeping_kill_decode (const flux_msg_t *msg,
                                  struct req_housekeeping_kill *r,
                                  flux_error_t *error)
{
    json_int_t id = -1;
    const char *ranks = NULL;

    if (unpack (msg,
                error,
                "{s:i s?I s?s}",
                "signum",
                &r->signum,
                "jobid",
                &id,
                "ranks",
                &ranks)
        < 0)
        return -1;
    r->one = id >= 0;
    r->id = (uint64_t)id;
    r->ranks = NULL;
    if (ranks && !(r->ranks = idset_decode (ranks)))
        return err_set (error, EINVAL, "ranks: %s: not a set of ranks", ranks);
    return 0;
}

int req_id_decode (const flux_msg_t *msg,
                   uint64_t *id,
                   const char *key,
                   int *value,
                   flux_error_t *error)
{
    json_int_t n;
    int rc;

    if (key)
        rc = unpack (msg, error, "{s:I s:i}", "id", &n, key, value);
    else
        rc = unpack (msg, error, "{s:I}", "id", &n);
    if (rc < 0)
        return -1;
    *id = n;
    return 0;
}

static int dump (json_t *o, char **text, flux_error_t *error)
{
    if (!json_is_object (o))
        return err_set (error, EPROTO, "malformed request: not an object");
    if (!(*text = json_dumps (o, JSON_COMPACT)))
        return err_set (error, ENOMEM, "out of memory");
    return 0;
}

int req_object_decode (const flux_msg_t *msg,
                       uint64_t *id,
                       const char *key,
                       char **text,
                       bool *volatile_,
                       flux_error_t *error)
{
    json_int_t n;
    json_t *o;
    int b = 0;

    if (unpack (msg, error, "{s:I s?b s:o}", "id", &n, "volatile", &b, key, &o)
        < 0)
        return -1;
    *id = n;
    if (volatile_)
        *volatile_ = b;
    return dump (o, text, error);
}

int req_queue_decode (const flux_msg_t *msg,
                      const char *key,
                      struct req_queue *r,
                      flux_error_t *error)
{
    int on, all, nocheckpoint = 0;

    r->name = r->reason = NULL;
    if (unpack (msg,
                error,
                "{s?s s:b s?s s:b s?b}",
                "name",
                &r->name,
                key,
                &on,
                "reason",
                &r->reason,
                "all",
                &all,
                "nocheckpoint",
                &nocheckpoint)
        < 0)
        return -1;
    r->on = on;
    r->all = all;
    r->nocheckpoint = nocheckpoint;
    return 0;
}

int req_name_decode (const flux_msg_t *msg,
                     const char **name,
                     flux_error_t *error)
{
    *name = NULL;
    if (!flux_msg_has_payload (msg))
        return 0;
    return unpack (msg, error, "{s?s}", "name", name);
}

int req_getattr_decode (const flux_msg_t *msg,
                        uint64_t *id,
                        const char ***attrs,
                        flux_error_t *error)
{
    json_int_t n;
    json_t *list, *entry;
    size_t i;

    if (unpack (msg, error, "{s:I s:o}", "id", &n, "attrs", &list) < 0)
        return -1;
    if (!(*attrs = calloc (json_array_size (list) + 1, sizeof (char *))))
        return err_set (error, ENOMEM, "out of memory");
    *id = n;
    json_array_foreach (list, i, entry)
    {
        if (!((*attrs)[i] = json_string_value (entry))) {
            free (*attrs);
            return err_set (error, EPROTO, "attrs[%zu] is not a string", i);
        }
    }
    return 0;
}

int req_list_decode (const flux_msg_t *msg,
                     int *max_entries,
                     flux_error_t *error)
{
    return unpack (msg, error, "{s:i}", "max_entries", max_entries);
}

int req_purge_decode (const flux_msg_t *msg,
                      struct req_purge *r,
                      flux_error_t *error)
{
    int force;

    if (unpack (msg,
                error,
                "{s:F s:i s:i s:b}",
                "age_limit",
                &r->age_limit,
                "num_limit",
                &r->num_limit,
                "batch",
                &r->batch,
                "force",
                &force)
        < 0)
        return -1;
    r->force = force;
    return 0;
}

int req_number_decode (const flux_msg_t *msg,
                       const char *key,
                       double *value,
                       flux_error_t *error)
{
    return unpack (msg, error, "{s:F}", key, value);
}

int req_drain_decode (const flux_msg_t *msg,
                      struct req_drain *r,
                      flux_error_t *error)
{
    r->reason = r->mode = NULL;
    return unpack (msg,
                   error,
                   "{s:s s?s s?s}",
                   "targets",
                   &r->targets,
                   "reason",
                   &r->reason,
                   "mode",
                   &r->mode);
}

int wire_drain_decode (const char *context,
                       char **ranks,
                       char **hosts,
                       char **reason)
{
    const char *idset, *names = "", *why = NULL;
    json_t *o = json_loads (context, 0, NULL);
    int rc;

    rc = json_unpack (o,
                      "{s:s s?s s?s}",
                      "idset",
                      &idset,
                      "nodelist",
                      &names,
                      "reason",
                      &why);
    if (rc == 0) {
        *ranks = strdup (idset);
        *hosts = strdup (names[0] ? names : idset);
        *reason = why ? strdup (why) : NULL;
    }
    json_decref (o);
    return rc;
}

int req_jobspec_decode (const flux_msg_t *msg, char **text, flux_error_t *error)
{
    json_t *o;

    if (unpack (msg, error, "{s:o}", "jobspec", &o) < 0)
        return -1;
    return dump (o, text, error);
}

/* The keys of an object. */
static int take_keys (json_t *o, char ***names, flux_error_t *error)
{
    const char *key;
    json_t *value;
    size_t n = 0;

    if (!o)
        return 0;
    if (!json_is_object (o))
        return err_set (error, EPROTO, "allow and deny are objects");
    if (!(*names = calloc (json_object_size (o) + 1, sizeof (char *))))
        return err_set (error, ENOMEM, "out of memory");
    json_object_foreach (o, key, value)
    {
        if (!((*names)[n++] = strdup (key)))
            return err_set (error, ENOMEM, "out of memory");
    }
    return 0;
}

int req_journal_decode (const flux_msg_t *msg,
                        struct req_journal *r,
                        flux_error_t *error)
{
    json_t *allow = NULL, *deny = NULL;
    int full = 0;

    *r = (struct req_journal){ 0 };
    if (!flux_msg_has_payload (msg))
        return 0;
    if (unpack (msg,
                error,
                "{s?o s?o s?b}",
                "allow",
                &allow,
                "deny",
                &deny,
                "full",
                &full)
        < 0)
        return -1;
    r->full = full;
    if (take_keys (allow, &r->allow, error) < 0
        || take_keys (deny, &r->deny, error) < 0) {
        req_journal_clear (r);
        return -1;
    }
    return 0;
}

static void free_names (char **names)
{
    for (char **s = names; s && *s; s++)
        free (*s);
    free (names);
}

void req_journal_clear (struct req_journal *r)
{
    free_names (r->allow);
    free_names (r->deny);
    r->allow = r->deny = NULL;
}
