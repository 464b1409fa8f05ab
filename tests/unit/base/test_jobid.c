/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <inttypes.h>
#include <locale.h>

#include "base/jobid.h"
#include "tap.h"

/* The examples of RFC 19. */
static const struct {
    uint64_t id;
    const char *forms[8]; /* in order of enum jobid_form; NULL: not checked */
} ids[] = {
    { 6731191091817518,
      { "6731191091817518",
        "0x17e9fb8df16c2e",
        "0017.e9fb.8df1.6c2e",
        "job.0017.e9fb.8df1.6c2e",
        "fuZZybuNNy",
        "fuZZybuNNy",
        NULL,
        NULL } },
    { 0x71cc92e2000000,
      { NULL, NULL, NULL, NULL, NULL, NULL, NULL, "🚹💂🙌😳💱🏃" } },
    { 0xedaf97d000000, { NULL, "0xedaf97d000000", "000e.daf9.7d00.0000" } },
    { 0,
      { "0",
        "0x0",
        "0000.0000.0000.0000",
        "job.0000.0000.0000.0000",
        "f1",
        "f1",
        NULL,
        "😃" } },
    { UINT64_MAX,
      { "18446744073709551615",
        "0xffffffffffffffff",
        "ffff.ffff.ffff.ffff",
        "job.ffff.ffff.ffff.ffff",
        "fjpXCZedGfVQ",
        "fjpXCZedGfVQ",
        NULL,
        NULL } },
};

static const char *bad[] = {
    "",
    " ",
    "x",
    "-1",
    "f",
    "f0",
    "ƒ",
    "fl",
    "0x",
    "0xg",
    "12a",
    "1 2",
    ".",
    "1.2.3.4",
    "0017.e9fb.8df1.6c2g",
    "fjpXCZedGfVR",
    "18446744073709551616",
    "0x10000000000000000",
    "\xf0\x9f",
    "😃x",
    "00017.e9fb.8df1.6c2",
};

static void test_text (void)
{
    char buf[JOBID_TEXT_MAX];
    uint64_t id;

    for (size_t i = 0; i < sizeof (ids) / sizeof (ids[0]); i++) {
        for (int form = 0; form < 8; form++) {
            const char *want = ids[i].forms[form];

            if (form == JOBID_WORDS)
                continue;
            if (jobid_encode (ids[i].id, form, buf, sizeof (buf)) < 0)
                bail_out ("encode");
            if (want)
                is_str (buf, want, "%" PRIu64 " form %d", ids[i].id, form);
            id = 1;
            ok (jobid_parse (buf, &id) == 0 && id == ids[i].id,
                "%s parses",
                buf);
        }
    }
    ok (jobid_parse (" ƒuZZybuNNy\n", &id) == 0 && id == ids[0].id,
        "white space is ignored");
    for (size_t i = 0; i < sizeof (bad) / sizeof (bad[0]); i++) {
        errno = 0;
        ok (jobid_parse (bad[i], &id) < 0 && errno == EINVAL,
            "'%s' is refused",
            bad[i]);
    }
    ok (jobid_encode (6731191091817518, JOBID_WORDS, buf, sizeof (buf)) == 0,
        "words");
    is_str (buf, "reform-remote-galileo--heart-package-academy", "of RFC 19");
    ok (jobid_parse (buf, &id) == 0 && id == 6731191091817518, "and back");
    jobid_encode (UINT64_MAX, JOBID_WORDS, buf, sizeof (buf));
    ok (jobid_parse (buf, &id) == 0 && id == UINT64_MAX, "the largest too");
    errno = 0;
    ok (jobid_parse ("a-b-c--d-e-f", &id) < 0 && errno == EINVAL,
        "other words are refused");
    ok (jobid_parse ("academy-academy-academy", &id) < 0, "as are too few");
    errno = 0;
    ok (jobid_encode (ids[0].id, JOBID_DEC, buf, 4) < 0 && errno == EOVERFLOW,
        "a small buffer");
    if (setlocale (LC_CTYPE, "C.UTF-8")) {
        jobid_encode (ids[0].id, JOBID_F58, buf, sizeof (buf));
        is_str (buf, "ƒuZZybuNNy", "f58 in a UTF-8 locale");
        setenv ("FLUX_F58_FORCE_ASCII", "1", 1);
        jobid_encode (ids[0].id, JOBID_F58, buf, sizeof (buf));
        is_str (buf, "fuZZybuNNy", "unless ASCII is forced");
    }
    enum jobid_form form;
    ok (jobid_form_parse ("dothex", &form) == 0 && form == JOBID_DOTHEX,
        "form by name");
    ok (jobid_form_parse ("xyz", &form) < 0 && errno == EINVAL, "unknown");
}

int main (void)
{
    test_text ();
    return done_testing ();
}
