#!/bin/sh
test_description='what becomes of jobs when the broker ends in order'
. "$(dirname "$0")/sluice-test.sh"
. "$(dirname "$0")/../crash/broker.sh"
. "$sluice_sharness"; use_utf8
trap 'crash_clean; die' EXIT

no_sleep () { ! pgrep -fx "sleep $1" >pids; }

test_expect_success 'SIGTERM: a service is about to come back' '
	broker_start &&
	run=$(flux submit sh -c "echo before; until test -e $crash_dir/go; do sleep 0.05; done; echo after") &&
	held=$(flux submit --urgency=hold true) &&
	large=$(flux submit -n4 echo large) &&
	flux job wait-event $run start && agent=$(agent_pid) &&
	broker_terminate &&
	kill -0 $agent && test -d $(readlink $crash_dir/state/rundir)
'
test_expect_success 'the running job was left running, pending ones pending' '
	broker_start && test "$(agent_pid)" = $agent &&
	flux jobs -no "{id} {state}" | sort >out &&
	{ echo $run RUN; echo $held SCHED; echo $large SCHED; } | sort >want &&
	test_cmp want out &&
	touch $crash_dir/go && flux job attach $run >out && printf "before\nafter\n" >want &&
	test_cmp want out && flux job attach $large >out && grep large out
'
test_expect_success 'SIGTERM without a running job leaves no agent and no rundir' '
	dir=$(readlink $crash_dir/state/rundir) &&
	broker_terminate && test -z "$(agent_pid)" && test ! -e $dir
'
test_expect_success 'jobs that nobody comes back for end after the grace' '
	broker_start -S exec.agent-grace=0.5s &&
	id=$(flux submit sleep 4243) && flux job wait-event $id start &&
	broker_terminate && wait_until no_sleep 4243 && wait_until test -z "$(agent_pid)" &&
	broker_start && flux job wait-event -t 20 $id clean
'
test_expect_success 'flux shutdown ends running jobs; pending ones stay' '
	id=$(flux submit sleep 4244) && flux job wait-event $id start &&
	flux shutdown --quiet && wait $broker_pid &&
	test -z "$(agent_pid)" && no_sleep 4244 &&
	broker_start && flux job eventlog $id >log &&
	grep "exception type=\"cancel\"" log && grep " clean" log &&
	test "$(flux jobs -no "{id} {state}")" = "$held SCHED"
'
test_expect_success 'so does SIGINT' '
	id=$(flux submit sleep 4245) && flux job wait-event $id start &&
	kill -INT $broker_pid && wait $broker_pid;
	test -z "$(agent_pid)" && no_sleep 4245 &&
	broker_start && test "$(flux jobs -no "{id} {state}")" = "$held SCHED" &&
	broker_stop
'
test_expect_success 'and the end of an initial program' '
	flux start -S statedir=$crash_dir/state2 sh -c "
		flux submit --urgency=hold true >held.id &&
		flux submit sleep 4246 >run.id && flux job wait-event \$(cat run.id) start" &&
	no_sleep 4246 &&
	flux start -S statedir=$crash_dir/state2 flux jobs -ano "{id} {state} {status}" >out &&
	grep "$(cat held.id) SCHED" out && grep "$(cat run.id) INACTIVE CANCELED" out
'
test_expect_success 'SIGTERM to a broker with an initial program is no return' '
	flux start -S statedir=$crash_dir/state2 sh -c "
		flux submit sleep 4247 >run.id && flux job wait-event \$(cat run.id) start &&
		kill \$(flux getattr broker.pid) && sleep 60";
	no_sleep 4247
'
test_expect_success 'without a kept statedir all jobs are canceled' '
	flux broker -S local-uri=$FLUX_URI.b </dev/null & pid=$! &&
	FLUX_URI=$FLUX_URI.b && export FLUX_URI &&
	wait_until flux getattr broker.pid &&
	dir=$(flux getattr rundir) &&
	id=$(flux submit sleep 4248) && flux job wait-event $id start &&
	kill $pid && wait $pid; no_sleep 4248 && test ! -e $dir
'

# The service manager's end of NOTIFY_SOCKET: print a line for each message.
cat >listen.py <<-\EOF
	import socket, sys
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.bind(sys.argv[1])
	print("listening", flush=True)
	while True:
	    line = s.recv(4096).decode()
	    print(line, flush=True)
	    if line == "STATUS=Exiting":
	        break
EOF
test_expect_success 'broker.sd-notify tells the service manager, exit-norestart tells it to stop' '
	{ timeout 30 python3 listen.py $crash_dir/notify >told & } && listener=$! &&
	wait_until grep -q listening told &&
	cat >script <<-\EOF &&
		flux rpc state-machine.sd-notify "{\"status\":\"halfway\"}" >answer &&
		! flux rpc state-machine.sd-notify "{\"status\":\"two\\nlines\"}" &&
		env >inner && flux shutdown
	EOF
	NOTIFY_SOCKET=$crash_dir/notify exits_with 42 flux start -S broker.sd-notify=1 -S broker.sd-stop-timeout=5m \
		-S broker.exit-norestart=42 sh ./script 2>err &&
	wait $listener && cat told && cat >want <<-\EOF && test_cmp want told &&
		listening
		READY=1
		STATUS=Waiting for instance quorum
		STATUS=Running as leader of 1 node Flux instance
		STATUS=halfway
		STOPPING=1
		STATUS=Ending jobs
		EXTEND_TIMEOUT_USEC=300000000
		STATUS=Exiting
	EOF
	grep "a status is one line" err && ! grep NOTIFY_SOCKET inner
'
test_expect_success 'an initial program that ends has its own exit code' '
	exits_with 3 flux start -S broker.exit-norestart=42 sh -c "exit 3"
'
test_done
