/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A small mutating fuzzer: PROGRAM [ITERATIONS [SEED]].
 *
 * Each iteration takes one of the given inputs, damages it in a few places
 * and hands it to the decoder, in a block of its exact size so that a
 * sanitizer sees every byte too far.  The same seed gives the same inputs.
 */

#ifndef SLUICE_TESTS_FUZZ_H
#define SLUICE_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* text has a NUL after len bytes that does not belong to it, and may have
 * others within.
 */
typedef void (*fuzz_f) (const char *text, size_t len);

static inline uint32_t fuzz_random (uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return *state >> 33;
}

/* Damage buf (len bytes, room for size) in one place. */
static inline size_t fuzz_mutate (char *buf,
                                  size_t len,
                                  size_t size,
                                  uint64_t *state)
{
    static const char *const tokens[] = {
        "{",    "}",       "[",     "]",
        ":",    ",",       "\"",    "\\",
        "-1",   "0",       "1e999", "null",
        "true", "{}",      "[]",    ".",
        "\n",   "\\u0000", "\xff",  "4294967296",
        "1.5",  "0-9",     "node",  "slot",
        "gpu",  "none",    "=",     "-9223372036854775809",
        "\"\"",
    };
    size_t at = len > 0 ? fuzz_random (state) % len : 0;
    size_t n = len > at ? fuzz_random (state) % (len - at) % 16 + 1 : 0;
    const char *t =
        tokens[fuzz_random (state) % (sizeof (tokens) / sizeof (tokens[0]))];

    switch (fuzz_random (state) % 5) {
    case 0: /* another byte */
        if (len > 0)
            buf[at] = fuzz_random (state);
        return len;
    case 1: /* cut out */
        memmove (buf + at, buf + at + n, len - at - n);
        return len - n;
    case 2: /* say twice */
        if (len + n > size)
            return len;
        memmove (buf + at + n, buf + at, len - at);
        return len + n;
    case 3: /* cut off */
        return fuzz_random (state) % 8 ? len : at;
    default: /* put something in, over or between */
        n = strlen (t);
        if (len + n > size)
            return len;
        if (fuzz_random (state) % 2) {
            memmove (buf + at + n, buf + at, len - at);
            len += n;
        }
        else if (at + n > len)
            return len;
        memcpy (buf + at, t, n);
        return len;
    }
}

static inline int fuzz_main (int argc,
                             char **argv,
                             const char *const *inputs,
                             size_t ninputs,
                             fuzz_f f)
{
    unsigned long iterations = argc > 1 ? strtoul (argv[1], NULL, 10) : 20000;
    uint64_t seed =
        argc > 2 ? strtoull (argv[2], NULL, 10) : (uint64_t)time (NULL);
    uint64_t state = seed;

    printf ("seed %llu, %lu iterations\n",
            (unsigned long long)seed,
            iterations);
    fflush (stdout);
    for (unsigned long i = 0; i < iterations; i++) {
        const char *input = inputs[fuzz_random (&state) % ninputs];
        size_t len = strlen (input);
        size_t size = 2 * len + 100;
        char *buf = malloc (size), *exact;
        unsigned int times = fuzz_random (&state) % 6;

        memcpy (buf, input, len);
        while (times-- > 0)
            len = fuzz_mutate (buf, len, size, &state);
        exact = malloc (len + 1);
        memcpy (exact, buf, len);
        exact[len] = '\0';
        free (buf);
        f (exact, len);
        free (exact);
    }
    return 0;
}

/* What must hold of any input. */
#define fuzz_assert(cond)                   \
    do {                                    \
        if (!(cond)) {                      \
            fprintf (stderr,                \
                     "%s:%d: not so: %s\n", \
                     __FILE__,              \
                     __LINE__,              \
                     #cond);                \
            abort ();                       \
        }                                   \
    } while (0)

#endif
