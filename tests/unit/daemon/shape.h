/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* JSON values against shapes.  A shape is JSON too, compared exactly, key set
 * and number types included, but for
 *
 *   ":i" ":f" ":F" ":s" ":b" ":o" ":a" ":any"  any integer, real, number,
 *              string, boolean, object, array, value;
 *   ":i=NAME"  and remember it as $NAME;
 *   {"key?":}  a key that may be absent;
 *   {"*":}     the shape of all other keys, of which there may be any;
 *   {"~":a}    a string that is a as a line of JSON, with its newline;
 *   [a,"..."]  a again and again, or never;
 *   ["...",a]  a is among the elements.
 */

#ifndef SLUICE_TESTS_DAEMON_SHAPE_H
#define SLUICE_TESTS_DAEMON_SHAPE_H

#include <jansson.h>
#include <stdbool.h>

/* False, and what differs and where in why[], which is of this size.  vars
 * gets what is remembered: strings as they are, else as JSON text.
 */
#define SHAPE_WHY 512
bool shape_matches (json_t *shape, json_t *got, json_t *vars, char *why);

#endif
