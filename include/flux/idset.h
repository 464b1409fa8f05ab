/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_IDSET_H
#define FLUX_IDSET_H

#include <sys/types.h>
#include <sys/param.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

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

#define IDSET_INVALID_ID    (UINT_MAX - 1)
#define IDSET_MAX_UNIVERSE  ((size_t)(INT_MAX) + 1)

struct idset *idset_create (size_t size, int flags);
void idset_destroy (struct idset *idset);

size_t idset_universe_size (const struct idset *idset);

struct idset *idset_copy (const struct idset *idset);

char *idset_encode (const struct idset *idset, int flags);

struct idset *idset_decode (const char *s);

#ifndef FLUX_DEPRECATED
#define FLUX_DEPRECATED(...) __VA_ARGS__ __attribute__((deprecated))
#endif

FLUX_DEPRECATED(
struct idset *idset_ndecode (const char *s, size_t len)
);

struct idset *idset_decode_ex (const char *s,
                               ssize_t len,
                               ssize_t size,
                               int flags,
                               idset_error_t *error);

bool idset_decode_empty (const char *s, ssize_t len);

int idset_decode_info (const char *s,
                       ssize_t len,
                       size_t *count,
                       unsigned int *maxid,
                       idset_error_t *error);

int idset_decode_add (struct idset *idset,
                      const char *s,
                      ssize_t len,
                      idset_error_t *error);

int idset_decode_subtract (struct idset *idset,
                           const char *s,
                           ssize_t len,
                           idset_error_t *error);

int idset_set (struct idset *idset, unsigned int id);
int idset_range_set (struct idset *idset, unsigned int lo, unsigned int hi);

int idset_clear (struct idset *idset, unsigned int id);
int idset_range_clear (struct idset *idset, unsigned int lo, unsigned int hi);

bool idset_test (const struct idset *idset, unsigned int id);

unsigned int idset_first (const struct idset *idset);

unsigned int idset_next (const struct idset *idset, unsigned int id);

unsigned int idset_last (const struct idset *idset);

unsigned int idset_prev (const struct idset *idset, unsigned int id);

size_t idset_count (const struct idset *idset);

bool idset_empty (const struct idset *idset);

bool idset_equal (const struct idset *a, const struct idset *);

struct idset *idset_union (const struct idset *a, const struct idset *b);

int idset_add (struct idset *a, const struct idset *b);

struct idset *idset_difference (const struct idset *a, const struct idset *b);

int idset_subtract (struct idset *a, const struct idset *b);

#define idset_clear_all(x)  idset_subtract ((x), (x))

struct idset *idset_intersect (const struct idset *a, const struct idset *b);

bool idset_has_intersection (const struct idset *a, const struct idset *b);

int idset_alloc (struct idset *idset, unsigned int *val);
void idset_free (struct idset *idset, unsigned int val);
int idset_free_check (struct idset *idset, unsigned int val);

#ifdef __cplusplus
}
#endif

#endif
