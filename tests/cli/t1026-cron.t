#!/bin/sh
test_description='flux cron: commands at intervals, at times and after events'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 1
. "$sluice_sharness"; use_utf8

key () { flux cron dump --key="$2" "$1"; }
has () { test "$(key "$1" "$2")" = "$3"; }

test_expect_success 'it waits for the heart unless told otherwise' '
	echo "sync: sync to event \"heartbeat.pulse\" epsilon=0.015s." >want &&
	flux cron sync >out && test_cmp want out &&
	echo "sync: sync disabled." >want &&
	flux cron sync --disable >out && test_cmp want out &&
	flux cron sync >out && test_cmp want out
'
test_expect_success 'interval: again and again, what it says is logged' '
	echo "interval: cron-1 created" >want &&
	flux cron interval -N name -a 0.01s 0.05s "echo out; echo err >&2" >out && test_cmp want out &&
	has_three () { test $(key 1 stats.success) -ge 3; } && wait_until has_three &&
	flux dmesg >log &&
	grep "cron.info.*: cron-1\[name\]: rank=0: command=\"echo out; echo err >&2\": \"out\"$" log &&
	grep "cron.err.*: \"err\"$" log &&
	echo "Stopped cron-1" >want && flux cron stop 1 >out && test_cmp want out &&
	has 1 stopped true && test_must_fail flux cron stop 1 2>err && grep "stopped already" err &&
	flux cron list >list && head -1 list | grep "ID CMD/NAME *STATE *#RUNS *LASTRUN *STATUS" &&
	grep "1 name  *Stopped .*Exited:rc=0" list &&
	flux cron start 1 >out && grep "Started cron-1" out && test_must_fail flux cron start 1 &&
	flux cron delete 1 >out && grep "Removed cron-1: name last ran " out &&
	test_must_fail flux cron delete 1 2>err && grep "no such entry" err
'
test_expect_success 'count, environment and directory' '
	id=$(X=y flux cron interval -c 2 -E -d /tmp 0.02s "echo \$X \$(pwd)" | sed "s/.*cron-\([0-9]*\) .*/\1/") &&
	wait_until has $id stats.success 2 && has $id stopped true && has $id stats.total 2 &&
	flux dmesg | grep -c "\"y /tmp\"$" >n && echo 2 >want && test_cmp want n &&
	flux cron list | grep "$id echo .*Stopped  *2/2"
'
test_expect_success 'failures are counted, and may stop it; as many tasks are kept as wanted' '
	id=$(flux cron interval -o stop-on-failure=3,task-history-count=2 0.02s "exit 7" | sed "s/.*cron-\([0-9]*\) .*/\1/") &&
	wait_until has $id stopped true && has $id stats.failure 3 && has $id task.1.code 7 &&
	has $id task.2.state Failed && test_must_fail key $id task.3.code &&
	flux dmesg >log && grep "cron-$id: \"exit 7\": Failed: Exit 7" log &&
	grep "cron-$id: exceeded failure limit of 3. stopping" log
'
test_expect_success 'a timeout' '
	id=$(flux cron interval -c 1 -o timeout=0.05 0.01s "exec sleep 1000" | sed "s/.*cron-\([0-9]*\) .*/\1/") &&
	wait_until has $id stats.failure 1 && has $id task.1.state Timeout
'
test_expect_success 'event: each, each nth after some, and no more often than told' '
	flux cron event -N each t.a "echo" >out && grep "event: cron-[0-9]* created" out && e=$(sed "s/.*cron-\([0-9]*\) .*/\1/" out) &&
	n=$(flux cron event -n 2 -a 3 t "echo" | sed "s/.*cron-\([0-9]*\) .*/\1/") &&
	i=$(flux cron event -i 1000 t "echo" | sed "s/.*cron-\([0-9]*\) .*/\1/") &&
	for k in 1 2 3 4 5 6; do
		flux event pub t.a && wait_until has $e stats.success $k || return 1
	done &&
	flux event pub t.b && wait_until has $n typedata.counter 7 && wait_until has $n stats.success 3 &&
	has $e stats.total 6 && has $i stats.total 1 && has $e typedata.topic t.a &&
	flux cron delete $e $n $i
'
test_expect_success 'sync: what is due waits for the event' '
	flux cron sync -e 0 go >out && grep "sync to event \"go\" epsilon=0.000s" out &&
	id=$(flux cron interval -c 1 0.01s "echo" | sed "s/.*cron-\([0-9]*\) .*/\1/") &&
	wait_until has $id stats.deferred 1 && has $id task.1.state Deferred && has $id stats.success 0 &&
	flux event pub go && wait_until has $id stats.success 1 &&
	id=$(flux cron interval -c 1 0.01s "echo" | sed "s/.*cron-\([0-9]*\) .*/\1/") &&
	wait_until has $id stats.deferred 1 && flux cron sync -d && wait_until has $id stats.success 1
'
test_expect_success 'at: once' '
	flux cron at "now + 1 second" echo done >out && grep "at: cron-.* created: scheduled in .*s at " out &&
	id=$(sed "s/.*cron-\([0-9]*\) .*/\1/" out) && has $id repeat 1 &&
	wait_until has $id stats.success 1 && has $id stopped true &&
	test_must_fail flux cron at nonsense true 2>err && grep "not a date and time" err &&
	test_must_fail flux cron at yesterday true 2>err && grep "that is past" err
'
test_expect_success 'tab' '
	printf "# comment\n\n*/20 1,2 1-3 */3 */2 echo tab  x\n0 5 * * 1-5 true\n" >tab &&
	flux cron tab tab >out && test $(wc -l <out) = 2 && grep "^tab: cron-[0-9]* created: scheduled in .*s at " out &&
	id=$(sed -n "1s/.*cron-\([0-9]*\) .*/\1/p" out) &&
	has $id typedata.minute 0,20,40 && has $id typedata.hour 1-2 && has $id typedata.month 0,3,6,9 &&
	has $id typedata.weekday 0,2,4,6 && has $id typedata.second 0 && has $id command "echo tab  x" &&
	while IFS="|" read -r line text; do
		printf "%s\n" "$line" | test_must_fail flux cron tab 2>err && grep -F -e "$text" err || { cat err; return 1; }
	done <<-\X
	1 2 3 true|not five fields
	60 * * * * true|minute: 60: not a set of numbers from 0 to 59
	x * * * * true|minute: x: not a set
	*/0 * * * * true|minute: */0: not a set
	0 0 31 1 * true|no time to come fits
	X
'
test_expect_success 'a task that runs is left to its end, or killed' '
	mkfifo fifo &&
	a=$(flux cron interval -c 1 -d "$PWD" 0.01s "read x <fifo; touch ended" | sed "s/.*cron-\([0-9]*\) .*/\1/") &&
	k=$(flux cron interval -c 1 -d "$PWD" 0.01s "echo \$\$ >pid; exec sleep 1000" | sed "s/.*cron-\([0-9]*\) .*/\1/") &&
	wait_until has $a task.1.state Running && wait_until test -s pid &&
	flux cron delete $a && flux cron delete -k $k &&
	echo >fifo && wait_until test -e ended && wait_until test_must_fail kill -0 $(cat pid)
'
test_expect_success 'bad requests' '
	while IFS="|" read -r req text; do
		test_must_fail flux rpc cron.create "$req" 2>err && grep -F -e "$text" err || { echo "$req"; cat err; return 1; }
	done <<-\X &&
	{}|name
	{"name":"x","command":"true","type":"nope","args":{}}|nope: no such type
	{"name":"x","command":"true","type":"interval","args":{}}|interval
	{"name":"x","command":"true","type":"interval","args":{"interval":0.0}}|not a time above 0
	{"name":"x","command":"true","type":"event","args":{}}|topic
	{"name":"x","command":"true","type":"interval","args":{"interval":1.0},"rank":7}|rank 7 does not exist
	{"name":"x","command":"true","type":"interval","args":{"interval":1.0},"task-history-count":0}|task-history-count
	{"name":"x","command":"true","type":"interval","args":{"interval":1.0},"environ":{"A":1}}|environ
	X
	while IFS="|" read -r words text; do
		eval "test_must_fail flux cron $words" 2>err && grep -F -e "$text" err || { echo "$words"; cat err; return 1; }
	done <<-\X
	interval 1h|INTERVAL and COMMAND required
	interval x true|Invalid duration
	interval -o foo=1 1h true|foo: no such option
	interval -o rank=x 1h true|rank=x: not a number
	stop x|not the number of an entry
	dump 777|no such entry
	sync a b|only one topic
	X
'
test_expect_success 'the module: removed, all entries go; loaded as told' '
	flux cron interval 1h true && flux module remove cron &&
	test_must_fail flux cron list && flux module load cron sync=beat sync_epsilon=1s &&
	flux cron sync | grep "sync to event \"beat\" epsilon=1.000s" &&
	flux cron list >list && test $(wc -l <list) = 1
'
test_expect_success 'crontabs of a directory are there from the start, of each start' '
	mkdir -p tabs/sub state && printf "# twice an hour\n*/30 * * * * echo often\n\n0 1 * * * echo seldom\n" >tabs/a &&
	echo "0 0 1 1 * echo yearly" >"tabs/b c" &&
	for i in 1 2; do
		flux start -S statedir="$PWD/state" -S cron.directory="$PWD/tabs" flux cron list >out && cat out &&
		test $(wc -l <out) -eq 4 && grep "^ *3 echo" out || return 1
	done &&
	echo "0 0 1 echo" >tabs/d &&
	exits_with 1 flux start -S cron.directory="$PWD/tabs" true 2>err && cat err &&
	grep "tabs/d:1: not five fields and a command" err && grep "rc1 failed with exit code 1" err
'
test_done
