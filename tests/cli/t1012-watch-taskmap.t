#!/bin/sh
test_description='flux watch, job taskmap, overlay'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 2
. "$sluice_sharness"; use_utf8

test_expect_success 'jobs to look at' '
	good=$(flux submit --wait -n2 sh -c "echo fine; echo oops >&2") &&
	bad=$(flux submit sh -c "exit 3") &&
	exits_with 3 flux job status $bad
'
test_expect_success 'watch shows output and has the highest exit code' '
	flux watch $good >out 2>err && grep fine out && grep oops err &&
	test $(wc -l <out) -eq 2 &&
	exits_with 3 flux watch --all >out && grep fine out &&
	exits_with 3 flux watch -f failed >out && test_must_be_empty out &&
	flux watch -l $good >out && grep "^$good: 1: fine" out
'
test_expect_success 'watch waits for active jobs' '
	id=$(flux submit sh -c "sleep 0.2; echo late") &&
	flux watch --active >out && grep late out
'
test_expect_success 'nothing to watch' '
	flux watch -a 2>err && grep "No matching jobs" err &&
	flux watch f123 2>err && grep "JobID f123 unknown" err &&
	exits_with 1 flux watch 2>err && grep "selection" err
'
test_expect_success 'taskmap of a job' '
	test "$(flux job taskmap $good)" = "[[0,1,2,1]]" &&
	test "$(flux job taskmap --taskids=0 $good)" = 0-1 &&
	test "$(flux job taskmap --ntasks=0 $good)" = 2 &&
	test "$(flux job taskmap --nodeid=1 $good)" = 0 &&
	test "$(flux job taskmap --hostname=1 $good)" = "$(hostname)" &&
	test "$(flux job taskmap --to=hosts $good)" = "$(hostname): 0-1" &&
	exits_with 1 flux job taskmap --nodeid=7 $good 2>err &&
	exits_with 1 flux job taskmap f123 2>err && grep "no such job" err
'
test_expect_success 'forms of a map' '
	map="[[0,2,2,1]]" &&
	test "$(flux job taskmap --to=raw $map)" = "0-1;2-3" &&
	test "$(flux job taskmap --to=pmi $map)" = "(vector,(0,2,2))" &&
	test "$(flux job taskmap "0-1;2-3")" = $map &&
	test "$(flux job taskmap --to=multiline $map | tail -1)" = "3: 1" &&
	exits_with 1 flux job taskmap --to=hosts $map 2>err &&
	exits_with 1 flux job taskmap --to=foo $map 2>err &&
	exits_with 1 flux job taskmap "xx(" 2>err && grep decoding err
'
test_expect_success 'overlay' '
	test "$(flux overlay status)" = "0 $(hostname): full" &&
	test "$(flux overlay status --summary)" = full &&
	flux overlay status -v | grep "full for " &&
	flux overlay status -vv | grep " ms)$" &&
	test "$(flux overlay status -H 0)" = "<<0 $(hostname)>>: full" &&
	flux overlay status -w full && flux overlay errors >out &&
	test_must_be_empty out && flux overlay status --down >out &&
	test_must_be_empty out &&
	test "$(flux overlay lookup 0)" = "$(hostname)" &&
	test "$(flux overlay lookup $(hostname))" = 0 &&
	exits_with 1 flux overlay lookup 7 && exits_with 1 flux overlay lookup x &&
	exits_with 1 flux overlay parentof 0 2>err && grep "no parent" err &&
	exits_with 1 flux overlay disconnect 0
'
test_expect_success 'what is not available says so in one line' '
	for cmd in "alloc -n1" "batch x.sh" "proxy f1" "job hostpids f1" \
		"overlay trace"; do
		exits_with 1 flux $cmd 2>err && test $(wc -l <err) -eq 1 &&
		grep "not available yet" err || return 1
	done
'
test_done
