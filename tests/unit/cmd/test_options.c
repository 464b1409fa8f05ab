/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "cmd/options.h"
#include "tap.h"

static const struct option_def first[] = {
    { 'n', "number", "N", "A number." },
    { 'v', "verbose", NULL, "Say more." },
    { 'a', NULL, NULL, "All." },
    { 0 },
};

static const struct option_def second[] = {
    { 0, "color", "[WHEN]", "Color." },
    { 'L', "label", "[X]", "Label." },
    { 0 },
};

static const struct command loose = {
    .name = "loose",
    .options = { first, second },
};

static const struct command strict = {
    .name = "strict",
    .options = { first, second },
    .verbatim = true,
};

static int parse (struct opts *o, const struct command *c, flux_error_t *e, ...)
{
    static char *argv[20];
    va_list ap;
    int argc = 1;

    argv[0] = "x";
    va_start (ap, e);
    while ((argv[argc] = va_arg (ap, char *)))
        argc++;
    va_end (ap);
    e->text[0] = '\0';
    return opts_parse (o, c, argc, argv, e);
}

static void test_mixed (void)
{
    struct opts o;
    flux_error_t e;

    ok (parse (&o, &loose, &e, "one", "-n3", "two", "--verbose", "-va", NULL)
            == 0,
        "options and words mix");
    is_int (o.argc, 2, "two words are left");
    is_str (o.argv[1], "two", "in order");
    is_int (opt_count (&o, "verbose"), 2, "an option is counted");
    is_int (opt_count (&o, "a"), 1, "one without a long name is found");
    is_int (opt_int (&o, "number", 0, 0, 9), 3, "a number is read");
    opts_free (&o);

    ok (parse (&o, &loose, &e, "-n1", "--", "-v", NULL) == 0, "-- is taken");
    is_int (o.argc, 1, "what follows it is a word");
    is_int (opt_count (&o, "verbose"), 0, "and no option");
    opts_free (&o);
}

static void test_verbatim (void)
{
    struct opts o;
    flux_error_t e;

    ok (parse (&o, &strict, &e, "-v", "cmd", "-v", "--", "x", NULL) == 0,
        "a command line is taken");
    is_int (o.argc, 4, "the first word ends the options");
    is_str (o.argv[2], "--", "-- of the command is kept");
    is_int (opt_count (&o, "verbose"), 1, "its options are not ours");
    opts_free (&o);
    ok (parse (&o, &strict, &e, "-v", "--", "-x", NULL) == 0 && o.argc == 1,
        "-- before the command is dropped");
    opts_free (&o);
}

static void test_values (void)
{
    struct opts o;
    flux_error_t e;

    ok (parse (&o,
               &loose,
               &e,
               "--color",
               "always",
               "-Lx",
               "--number",
               "1",
               "--number=2",
               NULL)
            == 0,
        "values are taken");
    is_str (opt_str (&o, "color", "none"),
            "none",
            "an optional value must be attached");
    is_int (o.argc, 1, "so the next is a word");
    is_str (opt_str (&o, "label", NULL), "x", "-Lx has one");
    is_str (opt_str (&o, "number", NULL), "2", "the last of two counts");
    is_str (opt_nth (&o, "number", 0), "1", "the first can be asked for");
    ok (opt_nth (&o, "number", 2) == NULL, "there is no third");
    opts_free (&o);
}

static void test_errors (void)
{
    struct opts o;
    flux_error_t e;

    ok (parse (&o, &loose, &e, "--verb", NULL) < 0, "no abbreviations");
    is_str (e.text, "unknown option --verb", "the option is named");
    ok (parse (&o, &loose, &e, "--nope=3", NULL) < 0, "unknown option");
    is_str (e.text, "unknown option --nope", "it is named without value");
    ok (parse (&o, &loose, &e, "-z", NULL) < 0, "unknown letter");
    is_str (e.text, "unknown option -z", "it is named");
    ok (parse (&o, &loose, &e, "-n", NULL) < 0, "missing value");
    is_str (e.text, "option -n requires an argument", "it is named");
    ok (parse (&o, &loose, &e, "--number", NULL) < 0, "missing value");
    is_str (e.text, "option --number requires an argument", "it is named");
    ok (parse (&o, &loose, &e, "--verbose=1", NULL) < 0, "unwanted value");
    is_str (e.text, "option --verbose takes no argument", "it is named");
}

int main (void)
{
    test_mixed ();
    test_verbatim ();
    test_values ();
    test_errors ();
    return done_testing ();
}
