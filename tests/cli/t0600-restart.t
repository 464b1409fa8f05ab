#!/bin/sh
test_description='what a broker that was killed finds again'
. "$(dirname "$0")/sluice-test.sh"
. "$(dirname "$0")/../crash/broker.sh"
. "$sluice_sharness"; use_utf8
trap 'crash_clean; die' EXIT

test_expect_success 'a broker with jobs in all conditions' '
	broker_start -S exec.agent-grace=1m &&
	flux queue start >/dev/null &&
	flux submit true >done.id && flux job wait-event $(cat done.id) clean &&
	flux submit sh -c "echo before; sleep 2; echo after" >run.id &&
	flux job wait-event $(cat run.id) start &&
	flux submit --urgency=hold true >held.id &&
	flux submit -n4 --urgency=20 true >pending.id &&
	flux submit --dependency=afterok:$(cat held.id) true >dep.id &&
	flux queue disable --message="for a test" &&
	flux queue stop --message="also a test" &&
	flux job wait-event $(cat held.id) priority &&
	flux jobs -ano "{id} {state} {urgency} {priority} {dependencies} {result}" >before.jobs &&
	flux queue status >before.queue 2>&1
'
test_expect_success 'is killed and comes back' '
	broker_kill && broker_start -S exec.agent-grace=1m
'
test_expect_success 'jobs are as they were' '
	flux jobs -ano "{id} {state} {urgency} {priority} {dependencies} {result}" >after.jobs &&
	test_cmp before.jobs after.jobs
'
test_expect_success 'so are queues' '
	flux queue status >after.queue 2>&1 && test_cmp before.queue after.queue &&
	grep "for a test" after.queue &&
	test_must_fail flux submit true 2>err && grep "for a test" err
'
test_expect_success 'the running job ends as if nothing had been' '
	flux job attach $(cat run.id) >out && printf "before\nafter\n" >want &&
	test_cmp want out &&
	flux job eventlog $(cat run.id) >log &&
	test $(grep -c " start" log) = 1 && test $(grep -c " finish status=0" log) = 1
'
test_expect_success 'the others run when they may; ids grow' '
	flux queue enable >/dev/null && flux queue start >/dev/null &&
	flux job urgency $(cat held.id) 16 &&
	for j in held pending dep; do flux job wait-event -t 20 $(cat $j.id) clean || return 1; done &&
	flux submit true >new.id &&
	test $(flux job id --to=dec $(cat new.id)) -gt $(flux job id --to=dec $(cat dep.id))
'
test_expect_success 'drained resources stay drained' '
	flux resource drain 0 broken fan &&
	flux resource drain -no "{ranks} {reason}" >before.drain &&
	broker_kill && broker_start &&
	flux resource drain -no "{ranks} {reason}" >after.drain &&
	test_cmp before.drain after.drain && grep "broken fan" after.drain &&
	flux resource undrain 0
'
test_expect_success 'notes and annotations stay' '
	id=$(flux submit --urgency=hold true) && flux job memo $id color=red size=3 &&
	flux job wait-event $id memo && flux submit -n4 --dependency=after:$id true >after.id &&
	flux jobs -no "{id} {annotations.user}" >before.memo && grep red before.memo &&
	broker_kill && broker_start &&
	flux jobs -no "{id} {annotations.user}" >after.memo && test_cmp before.memo after.memo &&
	flux cancel $id
'
test_expect_success 'ids of jobs that are gone are not given again' '
	last=$(flux submit true) && flux job wait-event $last clean >/dev/null &&
	flux job purge --force $last &&
	broker_kill && broker_start && id=$(flux submit true) &&
	test $(flux job id --to=dec $id) -gt $(flux job id --to=dec $last) &&
	broker_stop
'
test_done
