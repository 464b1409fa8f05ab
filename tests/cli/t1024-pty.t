#!/bin/sh
test_description='terminals of tasks, and people who attach to them'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 4
. "$sluice_sharness"; use_utf8

typist=$SLUICE_BUILD_DIR/tests/helpers/typist

test_expect_success 'flux run -o pty.interactive is a terminal from here to there' '
	printf "%s\n" "expect ready" "type tty; stty size\n" "expect /dev/pts/" "expect 30 90" \
	    "size 41 99" "type until stty size | grep -q ^41; do sleep 0.05; done; stty size; exit 3\n" "expect 41 99" >script &&
	exits_with 3 "$typist" script flux run -o pty.interactive sh -c "echo ready; PS1= exec sh" >out
'
test_expect_success 'ctrl-C goes to what runs there' '
	printf "%s\n" "expect ready" "type \\x03" "expect caught" >script &&
	exits_with 5 "$typist" script flux run -o pty.interactive \
	    sh -c "trap \"echo caught; exit 5\" INT; echo ready; while :; do sleep 0.05; done"
'
test_expect_success 'our terminal is as it was afterwards' '
	cat >run.sh <<-\EOF &&
	stty -a >before
	flux run -o pty.interactive true
	stty -a >after
	EOF
	echo >script && "$typist" script sh run.sh && test_cmp before after
'
test_expect_success '~. at the beginning of a line detaches' '
	printf "%s\n" "expect ready" "type stty -echo\n~." "expect detached from" >script &&
	exits_with 1 "$typist" script flux run -o pty.interactive sh -c "echo ready; exec sh" &&
	id=$(flux jobs -no "{id}") && test -n "$id"
'
test_expect_success 'who attaches finds the same program' '
	printf "%s\n" "type echo na""me-\$FLUX_TERMINUS_SESSION\n" "expect name-0" "type exit 4\n" >script &&
	exits_with 4 "$typist" script flux job attach $id
'
test_expect_success 'several may watch, and one types' '
	id=$(flux submit -o pty.interactive sh -c "echo ready; exec cat") &&
	{ flux job attach --read-only $id >ro.out 2>ro.err & } && ro=$! &&
	wait_until grep ready ro.out &&
	mkfifo keys && { flux job attach $id <keys >rw.out & } && rw=$! &&
	exec 9>keys && echo one >&9 &&
	wait_until grep one ro.out && wait_until grep one rw.out &&
	echo two >&9 && wait_until grep two ro.out && exec 9>&- &&
	wait $rw && wait $ro
'
test_expect_success 'output that nobody saw is in the log' '
	id=$(flux submit -o pty.interactive sh -c "echo seen; exit 2") &&
	flux job wait-event -q $id clean &&
	exits_with 2 flux job attach $id >out && tr -d "\r" <out >got &&
	echo seen >want && test_cmp want got
'
test_expect_success 'what was shown is not, unless it is captured' '
	flux run -o pty.interactive echo shown </dev/null >out && grep shown out &&
	id=$(flux job last) &&
	printf "%s\n" "expect go" "type x\\n" >script &&
	"$typist" script flux run -o pty.interactive sh -c "echo go; head -c1" >out &&
	flux job eventlog -p guest.output $(flux job last) >log && ! grep go log &&
	"$typist" script flux run -o pty.interactive -o pty.capture sh -c "echo go; head -c1" >out &&
	test $(grep -c go out) = 1 &&
	flux job attach $(flux job last) | grep go
'
test_expect_success 'standard input that is no terminal is typed, to its end' '
	echo "echo ty""ped" | flux run -o pty.interactive sh >out && test $(grep -c typed out) = 2
'
test_expect_success '-o pty gives all tasks a terminal and captures it' '
	flux run -n2 -l -o pty sh -c "tty; echo err >&2" >out &&
	test $(grep -c /dev/pts out) = 2 && grep "^0: err" out && grep "^1: err" out &&
	flux job eventlog -p guest.exec.eventlog $(flux job last) >log &&
	! grep pty= log
'
test_expect_success '-o pty.ranks chooses' '
	exits_with 1 flux run -n2 -l -o pty.ranks=1 tty >out &&
	grep "^0: not a tty" out && grep "^1: /dev/pts" out
'
test_expect_success 'the terminal controls the session of the task' '
	flux run -o pty sh -c "echo hi >/dev/tty" >out && grep hi out
'
test_expect_success 'captured output goes to files as stdout does' '
	flux run -o pty --output=tty.out sh -c "echo filed" >out && test_must_be_empty out &&
	grep filed tty.out
'
test_expect_success 'of a job without one there is nothing to attach to' '
	id=$(flux submit sleep 100) && flux job wait-event -q -p guest.exec.eventlog $id shell.start &&
	svc=$(id -u)-shell-$(flux job id --to=f58plain $id) &&
	test_must_fail flux rpc $svc.terminus.0 "{\"type\":\"attach\"}" 2>err && grep "Unknown service method" err &&
	flux cancel $id
'
test_expect_success 'bad requests are told what is wrong' '
	id=$(flux submit -o pty.interactive sleep 100) &&
	flux job wait-event -q -p guest.exec.eventlog $id shell.start &&
	svc=$(id -u)-shell-$(flux job id --to=f58plain $id) &&
	ask () { flux rpc $svc.terminus.0 "$1" 2>err; } &&
	test_must_fail ask "{}" && grep "needs a type" err &&
	test_must_fail ask "{\"type\":\"x\"}" && grep "unknown type" err &&
	test_must_fail ask "{\"type\":\"attach\",\"mode\":\"x\"}" && grep "mode is none" err &&
	test_must_fail ask "{\"type\":\"attach\"}" && grep "streaming" err &&
	test_must_fail ask "{\"type\":\"data\",\"data\":\"x\"}" && grep "not attached" err &&
	test_must_fail ask "{\"type\":\"resize\",\"winsize\":{\"rows\":-1,\"cols\":1}}" && grep "rows and cols" err &&
	FLUX_HANDLE_ROLEMASK=2 FLUX_HANDLE_USERID=12345 && export FLUX_HANDLE_ROLEMASK FLUX_HANDLE_USERID &&
	test_must_fail ask "{\"type\":\"attach\"}" && grep "owner credentials" err
'
unset FLUX_HANDLE_ROLEMASK FLUX_HANDLE_USERID
test_done
