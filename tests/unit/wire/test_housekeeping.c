/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "wire/housekeeping.h"

static void test_settings (void)
{
    struct housekeeping_settings s;
    flux_error_t error;

    ok (housekeeping_settings_decode (NULL, &s, &error) == 0 && !s.argv
            && s.release_after < 0.,
        "without a configuration there is none");
    ok (housekeeping_settings_decode ("{\"job-manager\":{\"housekeeping\":{"
                                      "\"command\":[\"a\",\"b\"],"
                                      "\"release-after\":\"1m\","
                                      "\"exit-on-first-error\":true}}}",
                                      &s,
                                      &error)
            == 0,
        "all keys");
    is_str (s.argv[1], "b", "the command");
    ok (!s.argv[2] && s.release_after == 60., "and a time");
    housekeeping_settings_clear (&s);
    ok (housekeeping_settings_decode ("{\"job-manager\":{\"housekeeping\":{"
                                      "\"release-after\":\"infinity\"}},"
                                      "\"exec\":{\"imp\":\"/imp\"}}",
                                      &s,
                                      &error)
                == 0
            && s.release_after < 0.,
        "for ever is not at all");
    is_str (s.argv[0], "/imp", "the IMP");
    is_str (s.argv[2], "housekeeping", "runs that of the site");
    housekeeping_settings_clear (&s);
    errno = 0;
    ok (housekeeping_settings_decode ("{\"job-manager\":{\"housekeeping\":5}}",
                                      &s,
                                      &error)
                < 0
            && errno == EINVAL && !s.argv,
        "a number is no table");
    diag ("%s", error.text);
}

static void test_saved (void)
{
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "{\"id\":1,\"userid\":1,\"t_start\":1.0,\"ranks\":\"0\"}",
        "{\"id\":1,\"userid\":1,\"t_start\":1.0,\"ranks\":\"0\",\"R\":{}}",
        NULL
    };
    struct housekeeping_saved in = { .id = 7,
                                     .userid = 8,
                                     .t_start = 9.5,
                                     .ranks = (char *)"1-2" };
    struct housekeeping_saved out;
    char *text;

    in.R = rset_create ();
    for (unsigned int rank = 0; rank < 3; rank++)
        rset_add_core (in.R, rank, 1);
    text = housekeeping_saved_encode (&in);
    ok (text && housekeeping_saved_decode (text, &out) == 0, "there and back");
    ok (out.id == 7 && out.userid == 8 && out.t_start == 9.5, "numbers");
    is_str (out.ranks, "1-2", "ranks");
    ok (rset_equal (in.R, out.R), "resources");
    housekeeping_saved_clear (&out);
    free (text);
    for (int i = 0; bad[i]; i++) {
        errno = 0;
        ok (housekeeping_saved_decode (bad[i], &out) < 0 && errno == EINVAL
                && !out.ranks && !out.R,
            "refused: %s",
            bad[i]);
    }
    rset_destroy (in.R);
}

int main (void)
{
    test_settings ();
    test_saved ();
    return done_testing ();
}
