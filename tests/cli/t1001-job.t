#!/bin/sh
test_description='flux job, queue, jobtap and the rest in an instance'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 4
. "$sluice_sharness"; use_utf8

test_expect_success 'eventlog and info' '
	id=$(flux submit --wait true) &&
	flux job eventlog $id >log && head -1 log | grep " submit " && tail -1 log | grep " clean" &&
	flux job eventlog -f json $id | jq -e .name &&
	flux job eventlog -T offset $id | head -1 | grep "^0\.000000 submit" &&
	flux job info $id jobspec | jq -e ".version == 1" &&
	flux job info $id R | jq -e .execution &&
	flux job info --original $id jobspec | jq -e .attributes.system.environment &&
	exits_with 1 flux job info $id nokey 2>err && test $(wc -l <err) -eq 1
'
test_expect_success 'wait-event' '
	id=$(flux submit true) &&
	flux job wait-event -t 30 $id clean >out && grep clean out &&
	exits_with 1 flux job wait-event -t 30 $id nosuch 2>err &&
	grep "never received" err &&
	flux job wait-event -t 30 -p exec $id shell.init >out && grep shell.init out
'
test_expect_success 'status, attach, last' '
	id=$(flux submit sh -c "echo out; exit 3") &&
	exits_with 3 flux job status $id &&
	exits_with 3 flux job attach $id >out && grep out out &&
	test "$(flux job last)" = $id
'
test_expect_success 'wait for waitable jobs' '
	good=$(flux submit --flags=waitable true) &&
	bad=$(flux submit --flags=waitable false) &&
	flux job wait $good &&
	exits_with 1 flux job wait $bad &&
	exits_with 2 flux job wait 2>err
'
test_expect_success 'urgency, kill, raise' '
	id=$(flux submit --urgency=hold sleep 100) &&
	flux job urgency -v $id default 2>err && grep "held" err &&
	flux job wait-event -t 30 $id start &&
	flux job raise -s 7 -t test $id a b && flux job wait-event -m note="a b" -t 30 $id exception &&
	flux job kill -s TERM $id &&
	flux job wait-event -t 30 $id clean
'
test_expect_success 'queue status, stop, start' '
	flux queue status >out && grep "Job submission is enabled" out && grep "Scheduling is started" out &&
	flux queue stop -m maintenance >out && grep "Scheduling is stopped: maintenance" out &&
	flux queue start --quiet >out && test_must_be_empty out &&
	flux queue disable -m closed --quiet &&
	exits_with 1 flux submit true 2>err && grep closed err &&
	flux queue enable --quiet &&
	flux queue status -v | grep "running jobs" &&
	flux queue idle && flux queue list >out && grep NNODES out
'
test_expect_success 'jobtap' '
	flux jobtap list -a | grep "^.priority-default$" &&
	flux jobtap list | test_must_fail grep "^\\." &&
	flux jobtap query .priority-default | jq -e ".path == \"builtin\"" &&
	exits_with 1 flux jobtap load nosuch.so 2>err && grep nosuch err &&
	exits_with 1 flux jobtap remove nosuch 2>err
'
test_expect_success 'resource' '
	flux resource info | grep "^1 Nodes, 4 Cores, 0 GPUs$" &&
	flux resource list >out && grep "STATE.*NNODES.*NCORES.*NODELIST" out && grep "free.* 1 .* 4 " out &&
	test "$(flux resource list -no {ncores})" = 4 &&
	flux resource drain 0 broken disk &&
	flux resource drain >out && grep "broken disk" out &&
	exits_with 1 flux resource drain 0 again 2>err &&
	flux resource status | grep drained &&
	flux resource undrain 0 &&
	flux resource R | jq -e .version
'
test_expect_success 'attributes, log, ping, uptime, version' '
	test "$(flux getattr size)" = 1 &&
	flux setattr test.x 1 || true &&
	flux lsattr >out && grep "^rank$" out &&
	flux logger -s err -n mytest hello world &&
	wait_until sh -c "flux dmesg | grep \"mytest.err\[0\]: hello world\"" &&
	flux dmesg -C && flux dmesg >out && ! grep mytest out &&
	flux ping -c 2 -i 0 broker >out && test $(wc -l <out) -eq 3 &&
	flux ping -c 1 0 >out && grep "^0!broker.ping" out &&
	flux uptime | grep " run .*owner" &&
	flux version | grep broker
'
test_expect_success 'config, module, event' '
	flux config get | jq -e "type == \"object\"" &&
	exits_with 1 flux config get no.such 2>err &&
	test "$(flux config get --default=x no.such)" = x &&
	flux module list | grep job-manager &&
	flux module stats job-manager | jq -e .active_jobs+1 &&
	flux event pub -l my.topic "{\"a\":1}"
'
test_done
