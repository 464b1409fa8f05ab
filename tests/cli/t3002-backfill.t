#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='backfill, and why a job waits'

. "$(dirname "$0")/sluice-test.sh"
test_under_instance 4
use_utf8
. "$sluice_sharness"

pending () {
    test -n "$(flux jobs -no "{annotations.sched.reason_pending}" "$1")"
}

test_expect_success 'the first job of a queue says why it waits, and till when' '
    flux submit -n3 -t 10m sleep inf >running &&
    flux submit -n4 -t 1m true >head &&
    flux submit -n1 -t 1m sleep inf >short &&
    flux job wait-event -q $(cat running) start &&
    wait_until pending $(cat head) &&
    flux jobs -no "{annotations.sched.reason_pending}" $(cat head) >out &&
    test "$(cat out)" = "needs 4 core(s), 1 free" &&
    flux job list-ids $(cat head) $(cat running) >list &&
    t=$(jq -s ".[0].annotations.sched.t_estimate - .[1].expiration" list) &&
    test "$t" = 0 &&
    flux jobs -no "{contextual_info}" $(cat head) >out && grep "eta:[0-9]" out
'

test_expect_success 'in strict order what is behind it waits' '
    flux jobs -no "{state}" $(cat short) >out && test "$(cat out)" = SCHED
'

test_expect_success 'with queue-policy easy a shorter job starts before it' '
    flux config load <<-\EOF &&
	[sched-simple]
	queue-policy = "easy"
	EOF
    flux job wait-event -q $(cat short) start &&
    flux jobs -no "{state}" $(cat head) >out && test "$(cat out)" = SCHED
'

test_expect_success 'a longer one does not' '
    flux cancel $(cat short) && flux job wait-event -q $(cat short) clean &&
    flux submit -n1 -t 1h true >long &&
    flux submit -n1 -t 1m true >short &&
    flux job attach $(cat short) &&
    flux jobs -no "{state}" $(cat long) >out && test "$(cat out)" = SCHED
'

test_expect_success 'what was said of waiting goes with it' '
    flux cancel $(cat running) &&
    flux job attach $(cat head) && flux job attach $(cat long) &&
    flux jobs -no "{annotations.sched.reason_pending}{annotations.sched.t_estimate}" \
        $(cat head) >out && test -z "$(cat out)" &&
    flux job eventlog $(cat head) >log && ! grep pending log
'

test_expect_success 'a policy that is not known is refused' '
    test_must_fail flux config load <<-\EOF 2>err &&
	[sched-simple]
	queue-policy = "hybrid"
	EOF
    grep "queue-policy: \"hybrid\" is not \"fcfs\" or \"easy\"" err
'

test_done
