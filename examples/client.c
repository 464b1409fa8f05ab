/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* client: submit a job from C, wait for it, say what became of it.
 *
 *     gcc -o client client.c $(pkg-config --cflags --libs flux-core)
 *     flux start ./client hostname
 */

#include <stdio.h>
#include <stdlib.h>

#include <flux/core.h>

static void die (const char *what, flux_future_t *f)
{
    fprintf (stderr,
             "client: %s: %s\n",
             what,
             f ? flux_future_error_string (f) : strerror (errno));
    exit (1);
}

/* The smallest jobspec there is (RFC 25): one task of argv on one core. */
static char *jobspec_create (int argc, char **argv)
{
    flux_jobspec1_t *spec;
    char *text;

    spec = flux_jobspec1_from_command (argc, argv, NULL, 1, 1, 0, 0, 0.);
    if (!spec || !(text = flux_jobspec1_encode (spec, 0)))
        die ("jobspec", NULL);
    flux_jobspec1_destroy (spec);
    return text;
}

int main (int argc, char **argv)
{
    flux_t *h;
    flux_future_t *f;
    flux_jobid_t id;
    const char *error;
    bool success;
    char *jobspec;
    char f58[32];

    if (argc < 2) {
        fprintf (stderr, "Usage: client COMMAND [ARG...]\n");
        return 1;
    }
    if (!(h = flux_open (NULL, 0)))
        die ("connect", NULL);

    jobspec = jobspec_create (argc - 1, argv + 1);
    f = flux_job_submit (h,
                         jobspec,
                         FLUX_JOB_URGENCY_DEFAULT,
                         FLUX_JOB_WAITABLE);
    free (jobspec);
    if (!f || flux_job_submit_get_id (f, &id) < 0)
        die ("submit", f);
    flux_future_destroy (f);
    flux_job_id_encode (id, "f58", f58, sizeof (f58));
    printf ("%s submitted\n", f58);

    if (!(f = flux_job_wait (h, id))
        || flux_job_wait_get_status (f, &success, &error) < 0)
        die ("wait", f);
    printf ("%s %s%s%s\n",
            f58,
            success ? "succeeded" : "failed",
            success ? "" : ": ",
            success ? "" : error);
    flux_future_destroy (f);
    flux_close (h);
    return success ? 0 : 1;
}
