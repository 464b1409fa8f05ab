/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <string.h>

#include "cmd/help.h"

static const char *const sections[] = {
    "submission",
    "jobs",
    "instance",
    "other",
};

static const char *const headings[] = {
    "run and submit jobs, allocate resources",
    "list and interact with jobs",
    "get resource, queue and other instance information",
    "other useful commands",
};

void help_all (FILE *f)
{
    fprintf (f, "Usage: flux [OPTIONS] COMMAND ARGS\n");
    fprintf (f, "  -h, --help             Display this message.\n");
    fprintf (f, "  -p, --parent           Connect to the parent instance.\n");
    fprintf (f, "  -r, --root             Connect to the root instance.\n");
    fprintf (f, "  -v, --verbose          Show the environment and search.\n");
    fprintf (f, "  -V, --version          Display version and exit.\n");
    for (size_t s = 0; s < sizeof (sections) / sizeof (sections[0]); s++) {
        fprintf (f, "\n%s:\n", headings[s]);
        for (int i = 0; commands[i]; i++) {
            const struct command *c = commands[i];
            if (c->section && !strcmp (c->section, sections[s]))
                fprintf (f, "   %-18s %s\n", c->name, c->summary);
        }
    }
    fprintf (f, "\nSee 'flux help COMMAND' for one of them.\n");
}

static void help_option_line (FILE *f, const struct option_def *d)
{
    char left[80];
    int n = 0;

    if (d->letter && d->name)
        n = snprintf (left, sizeof (left), "-%c, --%s", d->letter, d->name);
    else if (d->letter)
        n = snprintf (left, sizeof (left), "-%c", d->letter);
    else
        n = snprintf (left, sizeof (left), "    --%s", d->name);
    if (d->arg && d->arg[0] == '[')
        snprintf (left + n,
                  sizeof (left) - n,
                  "[%s%s",
                  d->name ? "=" : "",
                  d->arg + 1);
    else if (d->arg)
        snprintf (left + n,
                  sizeof (left) - n,
                  "%s%s",
                  d->name ? "=" : " ",
                  d->arg);
    if (strlen (left) > 26)
        fprintf (f, "  %s\n  %-26s %s\n", left, "", d->help);
    else
        fprintf (f, "  %-26s %s\n", left, d->help);
}

void help_command (FILE *f, const struct command *c, const char *path)
{
    fprintf (f, "Usage: %s %s\n", path, c->usage ? c->usage : "");
    fprintf (f, "%s\n", c->summary);
    if (c->subs) {
        fprintf (f, "\nSubcommands:\n");
        for (int i = 0; c->subs[i]; i++)
            fprintf (f, "  %-16s %s\n", c->subs[i]->name, c->subs[i]->summary);
    }
    fprintf (f, "\nOptions:\n");
    for (int i = 0; i < OPTION_TABLES && c->options[i]; i++) {
        for (const struct option_def *d = c->options[i]; d->name || d->letter;
             d++)
            help_option_line (f, d);
    }
    fprintf (f, "  %-26s %s\n", "-h, --help", "Show this help and exit.");
}

static void words_of (FILE *f, const struct command *c, const char *path)
{
    fprintf (f, "%s\t", path);
    for (int i = 0; c->subs && c->subs[i]; i++)
        fprintf (f, "%s ", c->subs[i]->name);
    for (int i = 0; i < OPTION_TABLES && c->options[i]; i++) {
        for (const struct option_def *d = c->options[i]; d->name || d->letter;
             d++) {
            if (d->letter)
                fprintf (f, "-%c ", d->letter);
            if (d->name)
                fprintf (f,
                         "--%s%s ",
                         d->name,
                         d->arg && d->arg[0] != '[' ? "=" : "");
        }
    }
    fprintf (f, "--help\n");
    for (int i = 0; c->subs && c->subs[i]; i++) {
        char sub[128];
        snprintf (sub, sizeof (sub), "%s %s", path, c->subs[i]->name);
        words_of (f, c->subs[i], sub);
    }
}

void help_words (FILE *f)
{
    fprintf (f, "flux\t");
    for (int i = 0; commands[i]; i++)
        fprintf (f, "%s ", commands[i]->name);
    fprintf (f, "--help --parent --root --verbose --version\n");
    for (int i = 0; commands[i]; i++)
        words_of (f, commands[i], commands[i]->name);
}
