#!/bin/sh
test_description='what may be updated of a job, its history, posted events'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 2
. "$sluice_sharness"; use_utf8

# update JOB KEY VALUE
update () {
	flux rpc job-manager.update "{\"id\":$(flux job id --to=dec $1),\"updates\":{\"attributes.system.$2\":$3}}"
}
guest () { FLUX_HANDLE_ROLEMASK=2 "$@"; }
update_fails () { text=$1; shift; exits_with 1 "$@" 2>err && grep -F "$text" err; }

test_expect_success 'duration of a job that waits' '
	j=$(flux submit --urgency=hold -t 1m true) && update $j duration 7200.0 &&
	flux job eventlog $j | grep "jobspec-update attributes.system.duration=7200.0" &&
	flux job info $j jobspec | jq -e ".attributes.system.duration == 7200" &&
	update_fails "duration must not be negative" update $j duration -1 &&
	update_fails "Expected real" update $j duration "\"5m\"" &&
	update_fails "update of attributes.system.nosuch not supported" update $j nosuch 1 &&
	flux cancel $j
'
test_expect_success 'duration of a job that runs: R follows, and the job ends in time' '
	j=$(flux submit -t 1h sleep 1000) && flux job wait-event -t 30 $j start &&
	update $j duration 7200.0 &&
	flux job eventlog $j | tail -1 | grep "resource-update expiration=" &&
	flux job info $j R | jq -e ".execution | .expiration - .starttime | . > 7199.9 and . < 7200.1" &&
	flux job info --base $j R | jq -e ".execution | .expiration - .starttime | . > 3599.9 and . < 3600.1" &&
	flux kvs get $(flux job id --to=kvs $j).R >base && flux job info --base $j R | test_cmp base - &&
	update $j duration 0 &&
	flux job eventlog $j | tail -1 | grep "resource-update expiration=0" &&
	update_fails "requested duration places job expiration in the past" update $j duration 0.001 &&
	update_fails "duration update of running job requires instance owner privileges" \
		guest update $j duration 60.0 &&
	update $j duration 2.0 &&
	flux job wait-event -t 30 $j clean &&
	flux job eventlog $j | grep "type=\"timeout\"" &&
	flux job info $j R | jq -e ".execution | .expiration - .starttime | . < 3600" &&
	flux job info --base $j R | test_cmp base -
'
test_expect_success 'limits bind guests, not the owner' '
	cat >policy.toml <<-T &&
	[policy.limits]
	duration = "1h"
	T
	cat >run.sh <<-\T &&
	. ./functions
	j=$(flux submit --urgency=hold -t 1m true)
	guest update $j duration 60.0 && update $j duration 7200.0 &&
	update_fails "requested duration (3h) exceeds policy limit of 1h" guest update $j duration 10800.0
	rc=$?
	flux cancel $j
	exit $rc
	T
	cat >functions <<-\T &&
	update () {
	flux rpc job-manager.update "{\"id\":$(flux job id --to=dec $1),\"updates\":{\"attributes.system.$2\":$3}}"
	}
	guest () { FLUX_HANDLE_ROLEMASK=2 "$@"; }
	update_fails () { text=$1; shift; ! "$@" 2>err && grep -F "$text" err; }
	T
	flux start --cores=1 -c policy.toml sh run.sh
'
test_expect_success 'queue' '
	j=$(flux submit --urgency=hold true) &&
	update_fails "'"'nosuch'"' is not a valid queue" update $j queue "\"nosuch\"" &&
	update_fails "Expected string" update $j queue 7 && flux cancel $j &&
	j=$(flux submit sleep 1000) && flux job wait-event -t 30 $j start &&
	update_fails "update of queue for running job not supported" update $j queue "\"x\"" &&
	flux cancel $j
'
slice () { flux rpc job-manager.history.get "{\"slice\":\"$1\"}" | jq -c .jobs; }
test_expect_success 'history: slices as Python has them' '
	a=$(flux job id --to=dec $(flux submit --urgency=hold true)) &&
	b=$(flux job id --to=dec $(flux submit --urgency=hold true)) &&
	c=$(flux job id --to=dec $(flux submit --urgency=hold true)) &&
	test $(slice "[:1]") = "[$c]" && test $(slice "[:3]") = "[$c,$b,$a]" &&
	test $(slice "[1:3]") = "[$b,$a]" && test $(slice "[0:3:2]") = "[$c,$a]" &&
	test $(slice "[2::-1]") = "[$a,$b,$c]" && test $(slice "[1000:]") = "[]" &&
	slice "[:]" | jq -e "length > 5" && slice "[:-1]" | jq -e "length > 4" &&
	test $(slice "[::-1]" | jq .[-1]) = $c
'
slice_rpc () { flux rpc job-manager.history.get "{\"slice\":\"$1\"}"; }
test_expect_success 'history: slices that are none' '
	for s in 1 "[1]" "[]" "[ :1]" "[::0]" "[a:]" "[1:2:3:4]" "" "[:1]x"; do
		update_fails "could not parse python-style slice expression" slice_rpc "$s" || return 1
	done
'
test_expect_success 'history: loaded again it finds the jobs that have ended' '
	flux cancel --all && flux queue idle && slice "[:]" >before &&
	flux jobtap remove .history && flux jobtap load .history &&
	slice "[:]" >after && test_cmp before after
'
test_expect_success 'history: of each user' '
	FLUX_HANDLE_USERID=4242 FLUX_HANDLE_ROLEMASK=2 slice "[:]" >out &&
	echo "[]" >want && test_cmp want out
'
post () { flux rpc job-manager.post-event.post "$1"; }
test_expect_success 'post-event' '
	j=$(flux submit --urgency=hold true) && id=$(flux job id --to=dec $j) &&
	post "{\"id\":$id,\"name\":\"foo\"}" && flux job eventlog $j | tail -1 | grep " foo$" &&
	post "{\"id\":$id,\"name\":\"foo\",\"context\":{\"a\":1}}" &&
	flux job eventlog $j | tail -1 | grep " foo a=1$" &&
	exits_with 1 post "{\"id\":$id,\"name\":\"start\"}" 2>err && grep Invalid err &&
	exits_with 1 post "{\"id\":1,\"name\":\"foo\"}" 2>err && grep "No such file" err &&
	exits_with 1 post "{\"id\":1}" 2>err && grep "Protocol error" err &&
	FLUX_HANDLE_ROLEMASK=2 exits_with 1 post "{\"id\":$id,\"name\":\"foo\"}" &&
	flux cancel $j
'
test_done
