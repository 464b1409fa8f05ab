#!/bin/sh
test_description='flux update, pgrep and pkill'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 2
. "$sluice_sharness"; use_utf8

test_expect_success 'two jobs, one of them held' '
	run=$(flux submit --job-name=runner sleep 300) &&
	held=$(flux submit --job-name=held --urgency=hold -t 10m true)
'
test_expect_success 'update -n prints what would be sent' '
	flux update -n $held duration=5m name=foo x=1 attributes.user.z=q >out &&
	jq -e ".\"attributes.system.duration\" == 300" out &&
	jq -e ".\"attributes.system.job.name\" == \"foo\"" out &&
	jq -e ".\"attributes.system.x\" == 1" out &&
	jq -e ".\"attributes.user.z\" == \"q\"" out
'
test_expect_success 'durations can be relative' '
	flux update -n $held duration=+1m | grep ": 660.0" &&
	flux update -n $held duration=-1m | grep ": 540.0" &&
	exits_with 1 flux update -n $held duration=-10m 2>err &&
	grep "(10m) cannot be reduced by 10m" err &&
	exits_with 1 flux update -n $run duration=+1m 2>err &&
	grep "is unlimited" err &&
	exits_with 1 flux update -n $held duration=+x 2>err
'
test_expect_success 'update changes the job' '
	flux update -v --wait $held duration=+1m 2>err &&
	grep "updated attributes.system.duration to 660.0" err &&
	test "$(flux jobs -no {duration} $held)" = 660.0
'
test_expect_success 'updates nobody supports are refused' '
	exits_with 1 flux update $held foo=bar 2>err &&
	grep "update of attributes.system.foo not supported" err &&
	exits_with 1 flux update f123 duration=1m 2>err && grep "unknown job id" err
'
test_expect_success 'bad command lines of update exit with 2' '
	exits_with 2 flux update && exits_with 2 flux update $held &&
	exits_with 2 flux update $held foo && exits_with 2 flux update xx a=b
'
test_expect_success 'pgrep finds by name, id and both' '
	test "$(flux pgrep runner)" = $run &&
	test "$(flux pgrep "^(runner|held)$" | wc -l)" = 2 &&
	test "$(flux pgrep $run..$held held)" = $held &&
	test "$(flux pgrep $run..$run)" = $run &&
	test "$(flux pgrep -c 1 .)" = $held &&
	exits_with 1 flux pgrep $run..$run held &&
	exits_with 1 flux pgrep name:f1..f2
'
test_expect_success 'pgrep by state, and in other formats' '
	test "$(flux pgrep -f sched .)" = $held &&
	test "$(flux pgrep -no {name} runner)" = runner &&
	flux pgrep -o full runner >out && grep JOBID out && grep runner out &&
	flux pgrep -o help | grep full
'
test_expect_success 'bad expressions exit with 2' '
	exits_with 2 flux pgrep && exits_with 2 flux pgrep "(" 2>err &&
	grep "expression error" err
'
test_expect_success 'pkill cancels and waits' '
	exits_with 1 flux pkill nosuch &&
	flux pkill --wait runner &&
	test "$(flux jobs -no {status_abbrev} $run)" = CA &&
	flux pkill held && exits_with 1 flux pgrep .
'
test_expect_success 'pgrep -a finds what is over' '
	flux job wait-event -t 30 $held clean &&
	test "$(flux pgrep -a runner)" = $run
'
test_done
