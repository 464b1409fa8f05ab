#!/bin/sh
test_description='flux submit, run, jobs, cancel in an instance'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 4
. "$sluice_sharness"; use_utf8

test_expect_success 'submit prints an id' '
	flux submit true >id &&
	grep "^ƒ" id &&
	flux job wait-event -t 30 $(cat id) clean
'
test_expect_success 'submit --cc prints ids in order' '
	flux submit --quiet --wait --cc=1-20 true >none && test_must_be_empty none &&
	flux submit --wait --cc=1-20 true >ids &&
	test $(wc -l <ids) -eq 20 &&
	flux job id --to=dec $(cat ids) >dec && sort -n dec >sorted &&
	test_cmp sorted dec
'
test_expect_success 'submit --wait exits with the highest exit code' '
	exits_with 3 flux submit --quiet --wait --cc=1-3 sh -c "exit \$FLUX_JOB_CC"
'
test_expect_success 'submit --watch shows output' '
	flux submit --quiet --watch --cc=1-3 echo {cc} | sort >out &&
	printf "1\n2\n3\n" >want && test_cmp want out
'
test_expect_success 'run shows output and exit codes' '
	flux run echo hello >out && echo hello >want && test_cmp want out &&
	flux run sh -c "echo oops >&2" 2>err && grep oops err &&
	exits_with 7 flux run sh -c "exit 7" &&
	exits_with 137 flux run sh -c "kill -9 \$\$" &&
	exits_with 127 flux run /nonexistent/prog
'
test_expect_success 'run forwards standard input' '
	echo data | flux run cat >out && echo data >want && test_cmp want out &&
	seq 1 20000 >big && flux run cat <big >out && test_cmp big out
'
test_expect_success 'run -l puts ranks before lines' '
	flux run -n2 -l echo x </dev/null | sort >out &&
	printf "0: x\n1: x\n" >want && test_cmp want out
'
test_expect_success 'output goes to a file' '
	flux run --output=o.{{id}} echo there &&
	cat o.* >out && echo there >want && test_cmp want out
'
test_expect_success 'a refused job says why' '
	exits_with 1 flux submit --urgency=99 true 2>err &&
	grep 99 err &&
	exits_with 1 flux submit --dependency=nosuch:1 true 2>err &&
	grep "^flux-submit: ERROR: " err
'
test_expect_success 'cancel ends a job' '
	id=$(flux submit sleep 100) &&
	flux job wait-event -t 30 $id start &&
	flux cancel -m "no more" $id &&
	exits_with 1 flux cancel ƒzzzzz 2>err &&
	flux job wait-event -t 30 $id clean &&
	test "$(flux jobs -no {result} $id)" = CANCELED &&
	exits_with 143 flux job attach $id 2>err; grep "no more" err
'
test_expect_success 'cancel --all counts' '
	flux submit --quiet --cc=1-3 --urgency=hold true &&
	flux cancel --all --dry-run 2>out && grep "Would cancel 3 jobs" out &&
	flux cancel --all 2>out && grep "Canceled 3 jobs (0 errors)" out &&
	flux queue drain &&
	flux cancel --all 2>err && grep "Matched 0 jobs" err
'
test_expect_success 'jobs lists what it is asked for' '
	id=$(flux submit --job-name=held --urgency=hold true) &&
	flux jobs >out && head -1 out | grep "JOBID.*USER.*NAME.*ST.*NTASKS.*NNODES.*TIME.*INFO" &&
	grep "$id.*held.*S " out &&
	test "$(flux jobs -n --name=held -o "{id.dec} {status_abbrev} {contextual_info}")" = "$(flux job id --to=dec $id) S held" &&
	test "$(flux jobs -n -f completed --name=held | wc -l)" -eq 0 &&
	test "$(flux jobs -an -c5 | wc -l)" -eq 5 &&
	flux jobs -a --json | jq -e ".jobs | length > 10" &&
	flux jobs --json $id | jq -e ".state == \"SCHED\"" &&
	flux cancel $id
'
test_expect_success 'jobs of unknown ids' '
	exits_with 1 flux jobs ƒzzzzz 2>err && grep "ƒzzzzz" err
'
test_expect_success 'jobs --stats-only tells whether any is active' '
	flux queue drain &&
	exits_with 1 flux jobs --stats-only >out && grep "0 running" out
'
test_done
