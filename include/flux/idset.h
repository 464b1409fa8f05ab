/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_IDSET_H
#define FLUX_IDSET_H

#include <sys/types.h>
#include <sys/param.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sets of non-negative integers (RFC 22, idset_create(3)), kept as ranges.
 *
 * AUTOGROW: the universe doubles when an id needs it.  INITFULL: begin with all
 * ids.  ALLOC_RR: idset_alloc goes round.  COUNT_LAZY is accepted; counting is
 * free.  BRACKETS, RANGE: for idset_encode.
 */
enum idset_flags {
    IDSET_FLAG_AUTOGROW = 1,
    IDSET_FLAG_BRACKETS = 2,
    IDSET_FLAG_RANGE = 4,
    IDSET_FLAG_INITFULL = 8,
    IDSET_FLAG_COUNT_LAZY = 16,

    IDSET_FLAG_ALLOC_RR = 32,
};

typedef struct {
    char text[160];
} idset_error_t;

#define IDSET_INVALID_ID (UINT_MAX - 1)
#define IDSET_MAX_UNIVERSE ((size_t)(INT_MAX) + 1)

/* size is the largest id + 1 (0: a default).  NULL and EINVAL for unknown
 * flags, ERANGE for too large a universe, ENOMEM.  destroy accepts NULL and
 * keeps errno.
 */
struct idset *idset_create (size_t size, int flags);
void idset_destroy (struct idset *idset);

size_t idset_universe_size (const struct idset *idset);

struct idset *idset_copy (const struct idset *idset);

/* Text, which the caller frees.  BRACKETS: unless it is one id. */
char *idset_encode (const struct idset *idset, int flags);

/* Ids and ranges in any order, brackets around or not; grows.  NULL and EINVAL
 * or ERANGE.
 */
struct idset *idset_decode (const char *s);

#ifndef FLUX_DEPRECATED
#define FLUX_DEPRECATED(...) __VA_ARGS__ __attribute__ ((deprecated))
#endif

FLUX_DEPRECATED (struct idset *idset_ndecode (const char *s, size_t len));

/* len < 0: all of s; size < 0: as large as needed (EINVAL for no ids, unless
 * AUTOGROW).
 */
struct idset *idset_decode_ex (const char *s,
                               ssize_t len,
                               ssize_t size,
                               int flags,
                               idset_error_t *error);

/* Is it text of the empty set? */
bool idset_decode_empty (const char *s, ssize_t len);

/* Either result may be NULL; maxid of the empty set is IDSET_INVALID_ID. */
int idset_decode_info (const char *s,
                       ssize_t len,
                       size_t *count,
                       unsigned int *maxid,
                       idset_error_t *error);

/* Bad text, or ids that do not fit, change nothing. */
int idset_decode_add (struct idset *idset,
                      const char *s,
                      ssize_t len,
                      idset_error_t *error);

int idset_decode_subtract (struct idset *idset,
                           const char *s,
                           ssize_t len,
                           idset_error_t *error);

/* Add ids; the ends of a range in either order.  EINVAL: out of a universe that
 * does not grow; ERANGE, ENOMEM.
 */
int idset_set (struct idset *idset, unsigned int id);
int idset_range_set (struct idset *idset, unsigned int lo, unsigned int hi);

/* Remove ids; those not there do not matter. */
int idset_clear (struct idset *idset, unsigned int id);
int idset_range_clear (struct idset *idset, unsigned int lo, unsigned int hi);

bool idset_test (const struct idset *idset, unsigned int id);

/* Iteration, upwards and downwards; IDSET_INVALID_ID at the end. */
unsigned int idset_first (const struct idset *idset);

unsigned int idset_next (const struct idset *idset, unsigned int id);

unsigned int idset_last (const struct idset *idset);

unsigned int idset_prev (const struct idset *idset, unsigned int id);

/* 0 for NULL; a NULL set is empty. */
size_t idset_count (const struct idset *idset);

bool idset_empty (const struct idset *idset);

bool idset_equal (const struct idset *a, const struct idset *);

/* Set algebra; NULL arguments are EINVAL.  New sets are the caller's. */
struct idset *idset_union (const struct idset *a, const struct idset *b);

int idset_add (struct idset *a, const struct idset *b);

struct idset *idset_difference (const struct idset *a, const struct idset *b);

int idset_subtract (struct idset *a, const struct idset *b);

#define idset_clear_all(x) idset_subtract ((x), (x))

struct idset *idset_intersect (const struct idset *a, const struct idset *b);

bool idset_has_intersection (const struct idset *a, const struct idset *b);

/* Take an id out of a set made with INITFULL, the lowest (or the next, with
 * ALLOC_RR); ENOSPC if there is none and it does not grow.  free puts one
 * back; free_check refuses one that is there: EEXIST.
 */
int idset_alloc (struct idset *idset, unsigned int *val);
void idset_free (struct idset *idset, unsigned int val);
int idset_free_check (struct idset *idset, unsigned int val);

#ifdef __cplusplus
}
#endif

#endif
