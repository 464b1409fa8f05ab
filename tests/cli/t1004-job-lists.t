#!/bin/sh
test_description='flux job: wait --all, list, timeleft, cancelall, times of eventlogs'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 2
. "$sluice_sharness"; use_utf8

test_expect_success 'wait: any, then all; the status is that of the worst' '
	a=$(flux submit --flags=waitable true) && flux job wait >out && echo $a >want && test_cmp want out &&
	a=$(flux submit --flags=waitable true) && b=$(flux submit --flags=waitable false) &&
	exits_with 1 flux job wait --all -v 2>err && test $(wc -l <err) -eq 2 &&
	grep "^$a: job completed successfully" err && grep "^$b: .*exit" err &&
	flux job wait --all && test_must_fail flux job wait --all $a 2>err && grep "cannot be used with a job id" err
'
test_expect_success 'list: those that wait and run, others by state, by user, as many as wanted' '
	r=$(flux submit sleep 1000) && h=$(flux submit --urgency=hold true) &&
	flux job wait-event -t 30 $r start &&
	flux job list >out && test $(wc -l <out) -eq 2 && head -1 out | jq -e ".state == 8" &&
	tail -1 out | jq -e ".state == 16 and .userid == $(id -u)" &&
	flux job list --states=inactive --count=2 >out && test $(wc -l <out) -eq 2 && head -1 out | jq -e ".state == 64" &&
	flux job list --states=pending,run --user=all | jq -es "length == 2" &&
	flux job list --user=$(($(id -u) + 7)) >out && test_must_be_empty out
'
test_expect_success 'timeleft: of a job, of the one it is asked in, of the instance' '
	t=$(flux submit -t 1h sleep 1000) && flux job wait-event -t 30 $t start &&
	s=$(flux job timeleft $t) && test $s -gt 3500 -a $s -le 3600 &&
	flux job timeleft --human $t | grep "m$" &&
	flux job cancel $t && flux job wait-event -t 30 $t clean && test "$(flux job timeleft $t)" = 0 &&
	s=$(flux run -t 10m flux job timeleft) && test $s -gt 500 -a $s -le 600 &&
	test "$(flux run flux job timeleft)" = 4294967295 && test "$(flux job timeleft)" = 4294967295 &&
	test_must_fail flux job timeleft $h 2>err && grep "has not started" err
'
test_expect_success 'cancelall says what it would do, and does it when it is told to' '
	flux job cancelall 2>err && grep "matched 2 jobs (-f to confirm)" err && flux job list | jq -es "length == 2" &&
	flux job cancelall -f 2>err && grep "Canceled 2 jobs (0 errors)" err && flux job wait-event -t 30 $r clean &&
	flux job wait-event -t 30 $h clean && flux job eventlog $h | grep "exception .*cancel"
'
test_expect_success 'an eventlog with times as people read them' '
	flux job eventlog -T iso $r | head -1 | grep -E "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z submit" &&
	flux job eventlog -T human $r >out && head -1 out | grep -E "^\[[A-Z][a-z]{2}[0-9]{2} [0-9]{2}:[0-9]{2}\] submit" &&
	sed -n 2p out | grep -E "^\[ +\+0\.[0-9]{6}\] validate" &&
	flux job eventlog -H --color=always $r | head -1 | grep "^.\[1m.\[32m\["
'
test_expect_success 'wait-event gives up' '
	r=$(flux submit sleep 1000) && exits_with 1 flux job wait-event -t 0.05 $r clean 2>err && grep -i "timeout\|timed out" err &&
	flux cancel $r
'
test_expect_success 'flux jobs: colors, an order, some hosts, a kept format' '
	flux jobs -a --color=always -o "{id} {result}" >out && grep "\[37m.*CANCELED" out && grep "\[31m.*FAILED" out &&
	flux jobs -a -no "{t_submit}" --sort=t_submit >up && sort -n up | test_cmp up - &&
	flux jobs -a -no "{t_submit}" --sort=-t_submit >down && sort -rn up | test_cmp down - &&
	flux jobs -a -no "{id}" >all && flux jobs -a -i 0 -no "{id}" >some && flux jobs -a -i $(hostname) -no "{id}" >here &&
	test -s some && test_cmp some here && test $(wc -l <some) -lt $(wc -l <all) &&
	test_must_fail flux jobs -i "[[" 2>err && grep "neither ranks nor hosts" err &&
	flux jobs --format=get-config=deps >out && head -1 out | grep "^\[.*deps\]" && grep "^format = " out &&
	test_must_fail flux jobs --format=get-config=nope 2>err && grep "no format is named .nope" err
'
test_expect_success 'flux env, flux uri --wait, flux kvs sync, links in a directory' '
	flux env sh -c "echo \$FLUX_EXEC_PATH" | grep . && flux env | grep "^FLUX_URI=" &&
	id=$(flux submit sleep 1000) && { flux uri --wait $id >out & } &&
	wait_until sh -c "flux module stats job-info | jq -e \".watchers == 1\"" && flux job memo $id uri=local:///some/where && wait && grep "/some/where" out && flux cancel $id &&
	flux kvs put a.b=1 && flux kvs link a.b a.l && flux kvs sync && flux kvs dir a >out && grep "^a.l -> a.b" out
'
test_done
