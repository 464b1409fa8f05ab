/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Parts of the daemon that need nobody else: options and log records. */

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

#include "daemon/options.h"
#include "daemon/rfc5424.h"
#include "tap.h"

static void test_options (void)
{
    struct options opt;
    char *good[] = { "x",          "-S",  "a=1", "--setattr=a=2=3", "--conf={}",
                     "--conf=k=v", "-vv", "-c",  "/etc/x",          "prog",
                     "-S",         "b=1", NULL };
    char *bad_attr[] = { "x", "-S", "novalue", NULL };
    char *bad_name[] = { "x", "-S", "=value", NULL };
    char *unknown[] = { "x", "--nosuch", NULL };

    unsetenv ("FLUX_CONF_DIR");
    ok (options_parse (&opt, 12, good) == 0, "options are read");
    is_str (options_attr (&opt, "a"), "2=3", "the last value counts");
    ok (options_attr (&opt, "b") == NULL, "the program's own are left alone");
    is_int (opt.argc, 3, "and are given to it");
    is_str (opt.argv[0], "prog", "from its name on");
    is_int (opt.verbose, 2, "-v adds up");
    is_str (opt.config_path, "/etc/x", "-c");
    ok (opt.confs && !strcmp (opt.confs->value, "{}")
            && !strcmp (opt.confs->next->value, "k=v"),
        "--conf keeps its order");
    options_clear (&opt);
    ok (options_parse (&opt, 3, bad_attr) < 0 && errno == EINVAL,
        "an attribute needs a value");
    options_clear (&opt);
    ok (options_parse (&opt, 3, bad_name) < 0, "and a name");
    options_clear (&opt);
    ok (options_parse (&opt, 2, unknown) < 0, "an unknown option is refused");
    options_clear (&opt);
    setenv ("FLUX_CONF_DIR", "/c", 1);
    good[1] = NULL;
    ok (options_parse (&opt, 1, good) == 0 && !strcmp (opt.config_path, "/c"),
        "FLUX_CONF_DIR is -c");
    options_clear (&opt);
}

static void test_records (void)
{
    struct log_record rec;
    char *s = rfc5424_format (LOG_ERR, 1.5, 3, "app", 42, "two\nlines");

    is_str (s,
            "<24>1 1970-01-01T00:00:01.500000Z 3 app 42 - - two lines",
            "a record is one line");
    ok (rfc5424_parse (s, &rec) == 0, "and is read back");
    is_int (rec.severity, LOG_ERR, "severity");
    is_str (rec.appname, "app", "appname");
    is_str (rec.hostname, "3", "hostname");
    is_str (rec.text, "two lines", "text");
    free (s);
    ok (rfc5424_parse ("<48>1 - - - - - [a b=\"]\\]\"][c] hi", &rec) == 0,
        "structured data");
    is_int (rfc5424_parse ("<48>1 - - - - - -", &rec), 0, "no text");
    is_str (rec.text, "", "is an empty text");
    is_str (log_severity_name (LOG_DEBUG), "debug", "names");
    const char *bad[] = { "",
                          "hello",
                          "<48>",
                          "<999>1 - - - - - - x",
                          "<-1>1 - - - - - - x",
                          "<48>2 - - - - - - x",
                          "<48>1 - -",
                          "<48>1 - - - - - [open",
                          "<48>1 - - - - - x",
                          NULL };
    for (int i = 0; bad[i]; i++) {
        errno = 0;
        ok (rfc5424_parse (bad[i], &rec) < 0 && errno == EPROTO,
            "'%s' is no record",
            bad[i]);
    }
}

int main (void)
{
    test_options ();
    test_records ();
    return done_testing ();
}
