#!/bin/sh
test_description='agents that die, with and without their broker'
. "$(dirname "$0")/sluice-test.sh"
. "$(dirname "$0")/../crash/broker.sh"
. "$sluice_sharness"; use_utf8
trap 'crash_clean; die' EXIT

test_expect_success 'an agent that dies fails its jobs and says so' '
	broker_start && id=$(flux submit sh -c "sleep 4242 & wait") &&
	flux job wait-event $id start && kill -9 $(agent_pid) &&
	flux job wait-event -t 20 $id clean &&
	flux job eventlog $id >log && grep "exception type=\"exec\".*flux-agent on rank 0 died" log &&
	test $(grep -c " finish" log) = 1
'
test_expect_success 'another runs the next job, and no process is left' '
	flux run true && ! pgrep -fx "sleep 4242"
'
test_expect_success 'broker and agent die: the job is lost and says so' '
	id=$(flux submit sleep 300) && flux job wait-event $id start &&
	kill -9 $broker_pid $(agent_pid) && wait $broker_pid;
	broker_start && flux job wait-event -t 20 $id clean &&
	flux job eventlog $id >log && grep "exception type=\"exec\".*lost" log &&
	test $(grep -c " finish" log) = 1 && flux run true
'
test_expect_success 'a broker that does not come back in time' '
	broker_stop && broker_start -S exec.agent-grace=0.5s &&
	id=$(flux submit sleep 300) && flux job wait-event $id start &&
	pid=$(agent_pid) && broker_kill &&
	wait_until test ! -e /proc/$pid &&
	broker_start && flux job wait-event -t 20 $id clean &&
	flux job eventlog $id >log && grep "exception type=\"exec\".*lost" log &&
	broker_stop
'
test_done
