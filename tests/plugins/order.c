/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Writes what it is called for, with the job's state and priority, to the
 * file that its configuration names.
 */

#include <stdio.h>
#include <stdlib.h>

#include <flux/core.h>
#include <flux/jobtap.h>

static int any_cb (flux_plugin_t *p,
                   const char *topic,
                   flux_plugin_arg_t *args,
                   void *arg)
{
    FILE *f = flux_plugin_aux_get (p, "file");
    flux_jobid_t id;
    int state, priority;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:I s:i s:i}",
                                "id",
                                &id,
                                "state",
                                &state,
                                "priority",
                                &priority)
        < 0)
        return 0;
    fprintf (f,
             "%s %s %d\n",
             topic,
             flux_job_statetostr (state, "L"),
             priority);
    return 0;
}

static int new_cb (flux_plugin_t *p,
                   const char *topic,
                   flux_plugin_arg_t *args,
                   void *arg)
{
    flux_jobtap_job_subscribe (p, FLUX_JOBTAP_CURRENT_JOB);
    return any_cb (p, topic, args, arg);
}

static const struct flux_plugin_handler handlers[] = {
    { "job.new", new_cb, NULL },
    { "job.*", any_cb, NULL },
    { NULL, NULL, NULL },
};

static void file_close (void *f)
{
    fclose (f);
}

int flux_plugin_init (flux_plugin_t *p)
{
    const char *path;
    FILE *f;

    if (flux_plugin_conf_unpack (p, "{s:s}", "file", &path) < 0
        || !(f = fopen (path, "a")))
        return -1;
    setlinebuf (f);
    if (flux_plugin_aux_set (p, "file", f, file_close) < 0)
        return -1;
    return flux_plugin_register (p, "order", handlers);
}
