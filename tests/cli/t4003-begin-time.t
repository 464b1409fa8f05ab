#!/bin/sh
test_description='jobs that wait for a time'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 2
. "$sluice_sharness"; use_utf8

log () { flux job eventlog "$1"; }

test_expect_success 'what is no time' '
	for t in foo -1 nan inf 1e300 "1 2"; do
		exits_with 1 flux submit --dependency="begin-time:$t" true 2>err &&
		grep -F "Invalid begin-time=$t" err || return 1
	done
'
test_expect_success 'a time that has come' '
	j=$(flux submit --dependency=begin-time:0 true) &&
	flux job wait-event -t 30 $j clean &&
	log $j | grep "dependency-add description=\"begin-time=0.000\"" &&
	log $j | grep "dependency-remove description=\"begin-time=0.000\"" &&
	log $j | grep " finish status=0"
'
test_expect_success 'a time to come' '
	t=$(($(date +%s) + 3600)) &&
	j=$(flux submit --dependency=begin-time:$t true) &&
	log $j | grep "dependency-add description=\"begin-time=$t.000\"" &&
	test "$(flux jobs -no {state} $j)" = DEPEND && flux cancel $j
'
test_expect_success 'it begins then, not before; loading the plugin again does not matter' '
	t=$(($(date +%s) + 2)) &&
	j=$(flux submit --dependency=begin-time:$t true) &&
	k=$(flux submit --dependency=begin-time:$t true) &&
	flux jobtap remove .begin-time && flux jobtap load .begin-time &&
	flux job wait-event -t 30 $j clean && flux job wait-event -t 30 $k clean &&
	at=$(flux job eventlog -f json $j | jq "select(.name == \"depend\").timestamp | floor") &&
	test $at -ge $t &&
	test $(log $k | grep -c dependency-add) -eq 1
'
test_done
