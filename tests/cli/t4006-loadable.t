#!/bin/sh
test_description='submit-hold.so and alloc-bypass.so'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 2
. "$sluice_sharness"; use_utf8

plugins=${SLUICE_PLUGINS:-$SLUICE_BUILD_DIR/plugins}

test_expect_success 'submit-hold.so holds new jobs' '
	old=$(flux submit --urgency=hold --dependency=begin-time:$(($(date +%s) + 3600)) true) &&
	flux jobtap load $plugins/submit-hold.so &&
	j=$(flux submit true) &&
	flux job eventlog $j | grep "urgency userid=$(id -u) urgency=0" &&
	flux job eventlog $j | tail -1 | grep "priority priority=0" &&
	flux job eventlog $old | test_must_fail grep " urgency userid" &&
	flux job urgency $j 16 && flux job wait-event -t 30 $j clean &&
	flux jobtap remove submit-hold.so && flux submit --wait true && flux cancel $old
'
R="{\"version\":1,\"execution\":{\"R_lite\":[{\"rank\":\"0\",\"children\":{\"core\":\"0\"}}],\"starttime\":0.0,\"expiration\":0.0,\"nodelist\":[\"$(hostname)\"]}}"
test_expect_success 'alloc-bypass.so: a job runs on resources that are taken' '
	flux jobtap load $plugins/alloc-bypass.so &&
	full=$(flux submit -n2 sleep 1000) && flux job wait-event -t 30 $full start &&
	j=$(flux submit --setattr=alloc-bypass.R="$R" true) &&
	flux job wait-event -t 30 $j clean &&
	flux job eventlog $j >log && grep "set-flags flags=\[\"alloc-bypass\"\]" log &&
	grep "alloc bypass=true" log && grep "finish status=0" log &&
	flux job info $j R | jq -S . >got && echo "$R" | jq -S . >want && test_cmp want got &&
	flux cancel $full
'
test_expect_success 'alloc-bypass.so: a bad R is refused' '
	while IFS="|" read attr text; do
		exits_with 1 flux submit --setattr=$attr true 2>err && grep -F "$text" err || return 1
	done <<-\T
	alloc-bypass.R={}|alloc-bypass: invalid R: Object item not found: version
	alloc-bypass.R="x"|alloc-bypass: invalid R: Expected object, got string
	alloc-bypass=1|invalid system.alloc-bypass.R: Expected object, got integer
	T
'
test_done
