#!/bin/sh
test_description='flux run and flux job attach: signals, ends, waiting'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 4
. "$sluice_sharness"; use_utf8

# Start "flux run ARGS" behind us; its pid is in $pid when its task runs.
run_behind () {
	rm -f started
	flux run "$@" </dev/null >run.out 2>run.err &
	pid=$!
	wait_until test -e started
}
test_expect_success 'two ctrl-C cancel the job' '
	run_behind sh -c "touch started; sleep 100" &&
	kill -INT $pid && wait_until grep "one more ctrl-C within 2s" run.err &&
	kill -INT $pid &&
	exits_with 143 wait $pid &&
	grep "interrupted by ctrl-C" run.err
'
test_expect_success 'ctrl-C and ctrl-Z detach' '
	run_behind sh -c "touch started; sleep 100" &&
	kill -INT $pid && wait_until grep "one more ctrl-C within 2s" run.err &&
	kill -TSTP $pid &&
	exits_with 1 wait $pid &&
	grep "detaching" run.err &&
	flux cancel --all
'
test_expect_success 'other signals go to the job' '
	run_behind sh -c "trap \"echo got; exit 5\" USR1; touch started; while :; do sleep 0.05; done" &&
	kill -USR1 $pid &&
	exits_with 5 wait $pid &&
	grep got run.out
'
test_expect_success 'a time limit ends the job' '
	exits_with 142 flux run -t 1s sleep 100 2>err &&
	grep "job.exception .* type=timeout severity=0" err
'
test_expect_success 'a job canceled before it ran' '
	id=$(flux submit --urgency=hold true) &&
	flux cancel $id &&
	exits_with 1 flux job attach $id 2>err &&
	grep "type=cancel severity=0" err &&
	exits_with 4 flux job status -e 4 $id
'
test_expect_success 'attach --tail shows the last lines' '
	id=$(flux submit --wait seq 1 50) &&
	flux job attach --tail=2 $id >out &&
	printf "49\n50\n" >want && test_cmp want out
'
test_expect_success 'attach -E shows events' '
	flux job attach -E -X --read-only $id >out 2>err &&
	grep "^0.000s: job.submit " err && grep "exec.shell.init" err
'
test_expect_success 'submit --wait-event' '
	flux submit --quiet --wait-event=start true &&
	flux submit --quiet --wait-event=exec.shell.init true &&
	exits_with 1 flux submit --quiet --wait-event=never true 2>err &&
	grep "never received" err
'
test_expect_success 'submit --log writes a file for each job' '
	flux submit --cc=1-3 --watch --log=log{cc} echo x{cc} &&
	grep "^ƒ" log2 && grep "^x2$" log2 && ! grep "^x1$" log2
'
test_expect_success 'what became of the tasks is said' '
	exits_with 7 flux run sh -c "exit 7" 2>err &&
	grep "task(s) exited with exit code 7" err &&
	exits_with 137 flux run sh -c "kill -9 \$\$" 2>err &&
	grep "task(s) Killed" err
'
test_done
