/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Job ids as text: RFC 19 FLUIDs.
 *
 * 64 bits: 40 of milliseconds since the generator's epoch, 14 of a generator
 * number, 10 of a sequence within the millisecond.
 */

#ifndef SLUICE_BASE_JOBID_H
#define SLUICE_BASE_JOBID_H

#include <stddef.h>
#include <stdint.h>

enum jobid_form {
    JOBID_DEC,      /* 6731191091817518 */
    JOBID_HEX,      /* 0x17e9fb8df16c2e */
    JOBID_DOTHEX,   /* 0017.e9fb.8df1.6c2e */
    JOBID_KVS,      /* job.0017.e9fb.8df1.6c2e */
    JOBID_F58,      /* U+0192 or "f", and base 58 */
    JOBID_F58PLAIN, /* always "f" */
    JOBID_WORDS,
    JOBID_EMOJI,
};

/* Large enough for every form. */
enum { JOBID_TEXT_MAX = 64 };

/* "dec", "hex", "dothex", "kvs", "f58", "f58plain", "words", "emoji".  -1
 * and EINVAL for another name.
 */
int jobid_form_parse (const char *name, enum jobid_form *form);

/* Write the id.  F58 uses U+0192 where the locale of the process has
 * multibyte characters (setlocale() has been called) and the environment
 * does not set FLUX_F58_FORCE_ASCII.  EOVERFLOW if it does not fit.
 */
int jobid_encode (uint64_t id, enum jobid_form form, char *buf, size_t size);

/* Parse any form; white space around it is ignored.  -1 and EINVAL.
 */
int jobid_parse (const char *s, uint64_t *id);

/* The 576 emoji of RFC 19 in order, four bytes of UTF-8 each. */
extern const char *const jobid_emoji[576];

/* The words of the mnemonic form: six stand for an id, three for each half of
 * it, low half first and lowest digit first in each.
 */
enum { JOBID_NWORDS = 1626 };
extern const char *const jobid_words[JOBID_NWORDS];

#endif
