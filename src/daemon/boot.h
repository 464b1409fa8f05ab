/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Several brokers started together by a launcher that speaks PMI: rank 0
 * becomes the broker, each of the others an agent of it.
 */

#ifndef SLUICE_DAEMON_BOOT_H
#define SLUICE_DAEMON_BOOT_H

#include "daemon/broker.h"

/* Find out whether this is one of several: b->size, b->rank and b->pmi.  -1,
 * errno and a sentence.
 */
int boot_begin (struct broker *b, flux_error_t *error);
/* A rank above 0: wait for rank 0, then become its agent.  Returns only if
 * that fails: -1, errno and a sentence.
 */
int boot_follow (struct broker *b, flux_error_t *error);
/* Rank 0 can be reached: tell the others.  -1, errno and a sentence, as when
 * one of them is on another host.
 */
int boot_lead (struct broker *b, flux_error_t *error);

#endif
