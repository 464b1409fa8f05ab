/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <time.h>

#include "base/fsd.h"
#include "cmd/format.h"
#include "cmd/fsd.h"
#include "tap.h"

struct row {
    const char *name;
    long long n;
    double d;
};

static void get (const char *field, void *arg, struct value *v)
{
    struct row *r = arg;

    value_none (v);
    if (!strcmp (field, "name"))
        value_copy (v, r->name);
    else if (!strcmp (field, "n"))
        value_int (v, r->n);
    else if (!strcmp (field, "d"))
        value_real (v, r->d);
}

static const char *head (const char *field)
{
    static const char *const known[][2] = { { "name", "NAME" },
                                            { "n", "N" },
                                            { "d", "DUR" },
                                            { "none", "NONE" } };

    for (int i = 0; i < 4; i++) {
        if (!strcmp (field, known[i][0]))
            return known[i][1];
    }
    return NULL;
}

static const struct format_ops ops = { .get = get, .head = head };

static struct row rows[] = {
    { "sleepyhead", 12, 90. },
    { "ƒoo", 0, 0. },
};

/* The format applied to both rows, lines joined by "|". */
static const char *apply (const char *text, bool header)
{
    static char out[1024];
    void *list[] = { &rows[0], &rows[1] };
    struct format f;
    flux_error_t e;
    FILE *mem;

    memset (out, 0, sizeof (out));
    if (format_parse (&f, text, &ops, &e) < 0) {
        snprintf (out, sizeof (out), "error: %s", e.text);
        return out;
    }
    mem = fmemopen (out, sizeof (out), "w");
    format_fit (&f, list, 2, header);
    if (header)
        format_header (&f, mem);
    format_row (&f, list[0], mem);
    format_row (&f, list[1], mem);
    fclose (mem);
    format_clear (&f);
    for (char *s = out; *s; s++) {
        if (*s == '\n')
            *s = s[1] ? '|' : '\0';
    }
    return out;
}

static void test_layout (void)
{
    is_str (apply ("{name} {n}", false), "sleepyhead 12|ƒoo 0", "plain");
    is_str (apply ("{name:>12}.", false),
            "  sleepyhead.|         ƒoo.",
            "right aligned by characters, not bytes");
    is_str (apply ("{name:^6.5}.", false), "sleep .| ƒoo  .", "centered, cut");
    is_str (apply ("{name:<5.5+}.", false), "slee+.|ƒoo  .", "a cut is marked");
    is_str (apply ("{n:5}{n:<5}.", false),
            "   1212   .|    00    .",
            "numbers stand right by default");
    is_str (apply ("{n:05}", false), "00012|00000", "filled with zeros");
    is_str (apply ("{n:*>4}", false), "**12|***0", "filled with a character");
    is_str (apply ("{{{n}}}", false), "{12}|{0}", "doubled braces");
    is_str (apply ("{name:>4.4} {n:3}", true),
            "NAME N  |slee  12| ƒoo   0",
            "a header stands right only where the format says so");
}

static void test_convert (void)
{
    is_str (apply ("{d!F}", false), "1.5m|0s", "!F");
    is_str (apply ("{d!F:>6h}.", false), "  1.5m.|     -.", "!F with h");
    is_str (apply ("{d!H}", false), "0:01:30|0:00:00", "!H");
    is_str (apply ("{d:.1f}", false), "90.0|0.0", "a precision");
    is_str (apply ("{d}", false), "90.0|0.0", "reals as Python writes them");
    is_str (apply ("{d!D}", false), "1970-01-01T00:01:30|", "!D, unset empty");
    is_str (apply ("{d!d:%M:%S::>8}.", false),
            "   01:30.|        .",
            "!d with a width after ::");
    is_str (apply ("{none:h}", false), "-|-", "nothing is a hyphen with h");
}

static void test_collapse (void)
{
    is_str (apply ("{n} ?:{none:>5} {name:.1}", false),
            "12 s|0 ƒ",
            "?: removes an empty column");
    is_str (apply ("?:{none} {n}", false),
            "12|0",
            "?: at the beginning leaves no blank");
    is_str (apply ("?:{n:>3} {name:.1}", false),
            " 12 s|  0 ƒ",
            "?: keeps a column that has something");
    is_str (apply ("+:{name:<3.3}.", false),
            "sleepyhead.|ƒoo       .",
            "+: grows to the longest");
    is_str (apply ("?+:{none:>5}{n}", false), "12|0", "?+: is both");
}

static void test_errors (void)
{
    is_str (apply ("{bogus}", false),
            "error: unknown format field 'bogus'",
            "unknown field");
    is_str (apply ("{n", false),
            "error: '{' without '}' in format",
            "open brace");
    is_str (apply ("n}", false), "error: single '}' in format", "close brace");
    is_str (apply ("{n!Z}", false),
            "error: unknown conversion '!Z'",
            "unknown conversion");
    is_str (apply ("{n:>x9}", false),
            "error: invalid format '>x9' of field",
            "bad width");
}

static void test_sort (void)
{
    struct row r[3] = { { "b", 2, 0 }, { "a", 2, 0 }, { "c", 1, 0 } };
    void *list[] = { &r[0], &r[1], &r[2] };
    flux_error_t e;
    struct format f;

    ok (format_sort (&ops, "n,-name", list, 3, &e) == 0, "two keys");
    ok (list[0] == &r[2] && list[1] == &r[0] && list[2] == &r[1],
        "the first matters most, - reverses");
    ok (format_sort (&ops, "nope", list, 3, &e) < 0, "unknown key");
    is_str (e.text, "unknown sort key 'nope'", "it is named");
    ok (format_parse (&f, "sort:n,-name {n}", &ops, &e) == 0
            && !strcmp (f.sort, "n,-name") && f.count == 1,
        "sort: at the beginning");
    format_clear (&f);
}

static void test_fsd (void)
{
    char buf[32];
    double d;
    double now = 1700000000.;

    ok (fsd_decode ("1.5h", &d) == 0 && d == 5400., "hours");
    ok (fsd_decode ("20ms", &d) == 0 && d == 0.02, "milliseconds");
    ok (fsd_decode ("inf", &d) == 0 && d > 1E300, "inf");
    ok (fsd_decode ("", &d) < 0 && fsd_decode ("-1s", &d) < 0
            && fsd_decode ("1x", &d) < 0 && fsd_decode ("0x10", &d) < 0
            && fsd_decode ("nan", &d) < 0,
        "others are refused");
    fsd_format (buf, sizeof (buf), 6.5931);
    is_str (buf, "6.593s", "seconds");
    fsd_format (buf, sizeof (buf), 86400. * 2);
    is_str (buf, "2d", "days");
    ok (when_parse ("+1h", now, &d) == 0 && d == now + 3600., "an offset");
    ok (when_parse ("-1d", now, &d) == 0 && d == now - 86400., "into the past");
    ok (when_parse ("2021-06-21 6am", now, &d) == 0, "a date and time");
    ok (when_parse ("gibberish", now, &d) < 0, "gibberish is refused");
}

int main (void)
{
    setenv ("TZ", "UTC", 1);
    tzset ();
    test_layout ();
    test_convert ();
    test_collapse ();
    test_errors ();
    test_sort ();
    test_fsd ();
    return done_testing ();
}
