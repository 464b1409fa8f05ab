/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_HOSTLIST_H
#define FLUX_HOSTLIST_H

#ifdef __cplusplus
extern "C" {
#endif

/* Ordered lists of host names (RFC 29, hostlist_create(3)).  NULL or -1 with
 * EINVAL, ENOMEM, or ERANGE for a range of more than a million hosts.  Names
 * that are returned belong to the list until the cursor moves.
 */
struct hostlist *hostlist_create (void);

void hostlist_destroy (struct hostlist *hl);

struct hostlist *hostlist_decode (const char *s);

/* Text, which the caller frees. */
char *hostlist_encode (struct hostlist *hl);

struct hostlist *hostlist_copy (const struct hostlist *hl);

/* Append the hosts of a text; how many, or -1 and nothing changed. */
int hostlist_append (struct hostlist *hl, const char *hosts);

int hostlist_append_list (struct hostlist *hl1, struct hostlist *hl2);

/* The nth host from 0, and the cursor goes there; NULL and ENOENT. */
const char *hostlist_nth (struct hostlist *hl, int n);

/* The index of a host, and the cursor goes there; -1 and ENOENT. */
int hostlist_find (struct hostlist *hl, const char *hostname);

/* A name prepared for searching many lists. */
struct hostlist_hostname *hostlist_hostname_create (const char *hostname);

void hostlist_hostname_destroy (struct hostlist_hostname *hn);

int hostlist_find_hostname (struct hostlist *hl, struct hostlist_hostname *hn);

/* Remove each host of a text once; how many were there. */
int hostlist_delete (struct hostlist *hl, const char *hosts);

int hostlist_count (struct hostlist *hl);

#define hostlist_is_empty(__hl) (hostlist_count (__hl) == 0)

/* By name, numbers by value. */
void hostlist_sort (struct hostlist *hl);

void hostlist_uniq (struct hostlist *hl);

/* Move the cursor; NULL when it is at the end. */
const char *hostlist_first (struct hostlist *hl);

const char *hostlist_last (struct hostlist *hl);

const char *hostlist_next (struct hostlist *hl);

const char *hostlist_current (struct hostlist *hl);

/* Remove at the cursor, which goes to the next: 1; 0 at the end. */
int hostlist_remove_current (struct hostlist *hl);

#ifdef __cplusplus
}
#endif

#endif
