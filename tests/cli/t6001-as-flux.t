#!/bin/sh
test_description='answers that clients of Flux 0.88 rely on'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 2
. "$sluice_sharness"; use_utf8

dec () { flux job id --to=dec $1; }
refused () { text=$1; shift; exits_with 1 "$@" >out 2>err; grep -F "$text" err; }
watch () { flux rpc --stream job-info.eventlog-watch "{\"id\":$(dec $1),\"path\":\"$2\",\"flags\":0}"; }
# submit_spec FILTER: what jq makes of a good jobspec
submit_spec () {
	flux submit --dry-run true | jq -c "$1" >spec.json && flux job submit spec.json
}

test_expect_success 'logs of a job that never ran end at once' '
	j=$(flux submit -n 1000 true) && flux job wait-event -t 30 $j clean &&
	watch $j guest.exec.eventlog && watch $j guest.output &&
	refused "No such file" flux rpc --stream job-info.update-watch \
		"{\"id\":$(dec $j),\"key\":\"R\",\"flags\":0}"
'
test_expect_success 'logs that a job that ran does not have are not there' '
	j=$(flux submit true) && flux job wait-event -t 30 $j clean &&
	refused "No such file" watch $j guest.nosuch &&
	refused "No such file" watch 99 eventlog
'
test_expect_success 'an urgency out of range is one for any job' '
	refused "urgency value is out of range" flux rpc job-manager.urgency \
		"{\"id\":$(dec $(flux job last)),\"urgency\":32}"
'
test_expect_success 'flag debug: requests are events' '
	j=$(flux submit --flags=debug true) && flux job wait-event -t 30 $j clean &&
	flux job eventlog $j | cut -d" " -f2 | tr "\n" " " >events &&
	grep "debug.alloc-request alloc debug.start-request start" events &&
	j=$(flux submit true) && flux job wait-event -t 30 $j clean &&
	! flux job eventlog $j | grep debug
'
test_expect_success 'flag debug: a held job asks when it is released' '
	j=$(flux submit --flags=debug --urgency=hold true) && flux job wait-event -t 30 $j priority &&
	! flux job eventlog $j | grep debug &&
	flux job urgency $j 16 && flux job wait-event -t 30 $j clean &&
	flux job eventlog $j | cut -d" " -f2 | tr "\n" " " >events &&
	grep "urgency priority debug.alloc-request alloc" events
'
test_expect_success 'flag debug: a job asks when its queue is started, and again' '
	flux queue stop && j=$(flux submit --flags=debug true) &&
	flux job wait-event -t 30 $j priority && ! flux job eventlog $j | grep debug &&
	flux queue start && flux job wait-event -t 30 $j clean &&
	flux job eventlog $j | cut -d" " -f2 | tr "\n" " " >events &&
	grep "priority debug.alloc-request alloc" events &&
	j=$(flux submit --flags=debug --requires=host:$(hostname) -N1 --exclusive sleep 300) &&
	flux job wait-event -t 30 $j start && w=$(flux submit --flags=debug true) &&
	flux job wait-event -t 30 $w debug.alloc-request &&
	flux queue stop && flux queue start &&
	flux job wait-event -c 2 -t 30 $w debug.alloc-request &&
	flux module remove sched-simple && flux module load sched-simple &&
	flux job wait-event -c 3 -t 30 $w debug.alloc-request &&
	flux cancel $j && flux job wait-event -t 30 $w clean
'
test_expect_success 'a built-in plugin can be asked for again' '
	flux jobtap list -a >before && flux jobtap load .history &&
	flux jobtap list -a >after && test_cmp before after &&
	flux jobtap remove .history && flux jobtap load .history && flux job last
'
test_expect_success 'who asks for the end hears all of it' '
	dir=$(mktemp -d) && uri=local://$dir/sock &&
	{ flux broker -S local-uri=$uri </dev/null 2>log & } &&
	pid=$! &&
	(
		FLUX_URI=$uri && export FLUX_URI &&
		wait_until flux getattr broker.pid >/dev/null 2>&1 &&
		flux rpc --stream shutdown.start "{\"loglevel\":6}" >told
	) && wait $pid && rmdir $dir &&
	grep "requested by a client.n\"" told && grep "goodbye->exit" told
'
test_expect_success 'bits and counters of modules' '
	test "$(flux module debug -s 0x10 kvs)" = 0x10 &&
	test "$(flux module debug -s 1 kvs)" = 0x11 &&
	test "$(flux module debug -c 0x10 kvs)" = 0x1 &&
	test "$(flux module debug -S 7 kvs)" = 0x7 &&
	test "$(flux module debug -C kvs)" = 0x0 &&
	for n in 1 2 3 4 5; do flux ping -c1 heartbeat || return 1; done &&
	test $(flux module stats -p rx.request -t int heartbeat) -ge 5 &&
	flux module stats -C heartbeat && flux module stats --clear-all nosuch &&
	test $(flux module stats -p rx.request -t int heartbeat) -lt 5
'
test_expect_success 'the service of a shell comes first' '
	flux job eventlog -p exec $(flux job last) | grep "shell.init service=\"$(id -u)-shell-f.*\" leader-rank=0 size=1"
'
test_expect_success 'jobspecs are refused when they come' '
	refused "foo" submit_spec ".foo=1" &&
	refused "nope" submit_spec ".attributes.system.constraints={nope:[]}" &&
	refused "version" submit_spec ".version=2"
'
test_expect_success 'output that cannot be opened' '
	exits_with 1 flux run --output=/nonexistent/x true 2>err &&
	grep "/nonexistent/x: No such file or directory" err
'
test_expect_success 'a pipe that nobody reads does not stop others' '
	mkfifo pipe &&
	exits_with 1 flux run --output=pipe true 2>err && grep "pipe: No such device" err &&
	flux run --input=pipe true && flux run true
'
test_expect_success 'what lists say of jobs that failed, and of those that wait' '
	fields="{result_abbrev} {returncode} {inactive_reason}" &&
	j=$(flux submit -n 1000 true) && flux job wait-event -t 30 $j clean &&
	flux jobs -no "$fields" $j | grep "^F 1 Exception: type=alloc note=unsatisfiable" &&
	j=$(flux submit /nonexistent) && flux job wait-event -t 30 $j clean &&
	test "$(flux jobs -no "$fields" $j)" = "F 127 command not found" &&
	test "$(flux jobs -o "{result_abbrev}" $j | head -1)" = RS &&
	flux jobs -no "{t_submit!d}" $j | grep "^20..-..-..T..:..:..$" &&
	j=$(flux submit --begin-time=+1h true) &&
	flux jobs -no "{contextual_info}" $j | grep "^depends:begin@..:..:..$" &&
	k=$(flux submit --begin-time=+48h true) &&
	flux jobs -no "{dependencies}" $k | grep "^begin@...[0-9][0-9]-..:..:..$" &&
	flux jobs --json $j | jq -e ".jobid == \"$j\" and .exception == {occurred: false} and
		.annotations == {} and (has(\"state_single\") | not)" &&
	flux cancel $j $k
'
test_expect_success 'the status of a job as JSON' '
	j=$(flux submit sh -c "exit 3") &&
	exits_with 3 flux job status --json $j >status.json &&
	jq -e ".result == 2 and .exception_occurred == false and .waitstatus == 768" status.json &&
	exits_with 3 flux job status -v $j 2>err && grep "^flux-job: $j: exited with exit code 3" err
'
test_expect_success 'watched output' '
	flux submit --watch -l -n2 echo hello >out && j=$(head -1 out) &&
	grep "^$j: 0: hello" out && grep "^$j: 1: hello" out &&
	exits_with 127 flux submit --watch /nonexistent 2>err &&
	grep "^flux-shell\[0\]: FATAL: task 0" err && grep "^job.exception: type=exec severity=0 task 0" err &&
	exits_with 127 flux run /nonexistent 2>err && grep "^[0-9.]*s: flux-shell\[0\]: FATAL" err
'
test_expect_success 'ping, logger' '
	flux ping -c1 --userid job-manager >out &&
	grep "^0!job-manager.ping pad=0 userid=$(id -u) rolemask=0x5 seq=0 time=" out &&
	flux logger hello && flux dmesg | grep "logger.notice\[0\]: hello"
'
test_expect_success 'small words of commands' '
	j=$(flux submit --urgency=hold --job-name=victim true) &&
	refused "memo: no value for key=a" flux job memo $j a &&
	flux pkill victim 2>err && grep "flux-pkill: INFO: Canceled 1 job$" err &&
	j=$(flux submit --flags=waitable false) &&
	exits_with 1 flux job wait $j 2>err && grep "^flux-job: task(s) exited with exit code 1" err &&
	j=$(flux submit true) && exits_with 1 flux job attach -w start $j
'
test_done
