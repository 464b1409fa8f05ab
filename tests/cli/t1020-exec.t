#!/bin/sh
test_description='flux exec, flux sproc, and flux_rexec in a plugin'
. "$(dirname "$0")/sluice-test.sh"
if test "$SLUICE_TEST_INSIDE" != "$(basename "$0")"; then
	SLUICE_TEST_INSIDE=$(basename "$0")
	export SLUICE_TEST_INSIDE
	unset FLUX_URI
	exec "$SLUICE_FLUX" start --test-size=3 sh "$SLUICE_TEST_SOURCE/$(basename "$0")"
fi
. "$sluice_sharness"; use_utf8
NL='
'

test_expect_success 'on all ranks, in this directory and environment' '
	X=there flux exec -n sh -c "pwd; echo \$X" >out &&
	{ pwd; pwd; pwd; echo there; echo there; echo there; } | sort >want &&
	sort out >got && test_cmp want got
'
test_expect_success 'on some, with labels, and by lines' '
	flux exec -n -l -r 0-2 -x 1 sh -c "echo a; printf b" | tr "\n" . >out &&
	grep "0: a.*0: b" out && grep "2: a.*2: b" out && test_must_fail grep 1: out
'
test_expect_success 'exit codes: the highest, 128 + signal, not found, not executable' '
	exits_with 7 flux exec -n -r 0-1 sh -c "test -e first-$$ || { touch first-$$; exit 7; }; exit 1" 2>err &&
	grep "Exit 7" err &&
	exits_with 137 flux exec -n sh -c "kill -9 \$\$" 2>err &&
	echo "[0-2]: Killed" >want && test_cmp want err &&
	exits_with 3 flux exec -q -n sh -c "exit 3" 2>err && test_must_be_empty err &&
	exits_with 127 flux exec -n -r 1 nosuch 2>err &&
	echo "flux-exec: Error: rank 1: nosuch: error launching process: No such file or directory" >want &&
	test_cmp want err &&
	exits_with 126 flux exec -n -r 1 /etc/passwd
'
test_expect_success 'a directory, and one that is not there' '
	test "$(flux exec -n -r 2 -d / pwd)" = / &&
	test "$(flux exec -n -r 2 -d /nosuch pwd 2>err)" = /tmp &&
	grep "Could not change dir to /nosuch: No such file or directory. Going to /tmp instead" err
'
test_expect_success 'bad command lines' '
	while IFS="|" read args text; do
		exits_with 1 flux exec $args 2>err && grep -e "$text" err || return 1
	done <<-\T
	-r 5 true|One or more invalid --ranks specified: 5
	-r x true|.x. is not a set of ranks
	-x 0-2 true|No targets specified
	--waitable true|--waitable can only be used with --bg
	--attach --bg x|--attach cannot be used with --bg or --waitable
	--with-imp true|there is no IMP
	-n|a command is required
	-j f999 true|job f999 not found
	T
'
test_expect_success 'input goes to all' '
	seq 100000 >in && flux exec -r 0-2 md5sum <in >out &&
	test $(sort -u out | wc -l) -eq 1 && test "$(sort -u out)" = "$(md5sum <in)" &&
	flux exec -r 0 true <in
'
test_expect_success 'much output, of bytes of all kinds' '
	head -c 3000000 /dev/urandom >in && flux exec -n -r 1 cat "$(pwd)/in" | cmp - in
'
test_expect_success 'an interrupt goes to the processes' '
	{ flux exec -n -r 0-1 sh -c "echo up; exec sleep 1000" >up 2>err & } && p=$! &&
	wait_until sh -c "test \$(wc -l <up) -eq 2" &&
	kill -TERM $p && { wait $p; test $? -eq 143; } && grep "\[0-1\]: Terminated" err
'
test_expect_success 'a client that dies takes its processes along' '
	{ flux exec -n -r 1 sh -c "echo \$\$ >pid; exec sleep 1000" & } && p=$! &&
	wait_until test -s pid && kill -9 $p && wait_until test_must_fail kill -0 $(cat pid)
'
test_expect_success 'in the background: list, kill, wait' '
	flux exec --bg --label=one -r 0-1 sleep 1000 >pids && test $(wc -l <pids) -eq 2 &&
	exits_with 1 flux exec --bg --label=one -r 0 true 2>err &&
	grep "command label is not unique" err &&
	flux sproc ps -r 1 >ps && grep "PID ST LABEL *COMMAND" ps && grep "R  one  *sleep" ps &&
	test "$(flux sproc ps -n -r 1 -o "{pid} {rank} {state} {label}")" = "$(sed -n "s/1: //p" pids) 1 R one" &&
	exits_with 1 flux sproc wait one 2>err && grep "process is not waitable" err &&
	flux sproc kill 15 one && flux sproc kill -r 1 TERM $(sed -n "s/1: //p" pids) &&
	wait_until test "$(flux sproc ps -n)" = "" &&
	exits_with 1 flux sproc kill 15 one 2>err && grep "label one does not belong" err
'
test_expect_success 'one that is waited for' '
	flux exec --bg --waitable --label=w -r 1 sh -c "echo out; echo err >&2; exit 5" &&
	wait_until sh -c "flux sproc ps -n -r 1 | grep Z" &&
	exits_with 5 flux sproc wait -o -r 1 w >out 2>err &&
	grep "^out$" out && grep "^err$" err &&
	exits_with 1 flux sproc wait -r 1 w &&
	flux exec --bg --waitable --label=v -r 0 sleep 1000 &&
	exits_with 137 flux sproc kill -w 9 v
'
test_expect_success 'attach' '
	flux exec --bg --label=a -r 2 sh -c "until test -e go; do echo tick; sleep 0.05; done; exit 6" &&
	{ flux exec -r 2 --attach a >out & } && p=$! &&
	wait_until grep -q tick out && touch go && { wait $p; test $? -eq 6; } &&
	exits_with 127 flux exec -r 2 --attach a
'
test_expect_success 'beside the tasks of a job' '
	j=$(flux submit -N2 -n2 sleep 1000) && flux job wait-event -t 30 $j start &&
	flux exec -n -j $j -l echo hi | sort >out && echo "0: hi${NL}1: hi" >want && test_cmp want out &&
	flux exec -n -j $j -r 1 -l echo hi >out && echo "1: hi" >want && test_cmp want out &&
	{ flux exec -n -j $j -r 0 sh -c "echo up; exec sleep 1000" >up 2>err & } && p=$! &&
	wait_until test -s up && flux cancel $j && { wait $p; test $? -ne 0; } &&
	flux job wait-event -t 30 $j clean && exits_with 1 flux exec -j $j true 2>err &&
	grep "is not currently running" err
'
test_expect_success 'a plugin compiled as anybody would runs commands on any rank' '
	gcc -Wall -Werror -shared -fPIC -o remote.so "$SLUICE_TEST_SOURCE/../plugins/remote.c" \
		-I"$SLUICE_TEST_SOURCE/../../include" -I"$SLUICE_BUILD_DIR/include" &&
	flux jobtap load ./remote.so &&
	flux rpc job-manager.remote.run "{\"rank\":2,\"command\":\"echo here; exit 4\"}" >out &&
	jq -e ".out == \"here\" and .code == 4 and .rank == 2" out &&
	test_must_fail flux rpc job-manager.remote.run "{\"rank\":7,\"command\":\"true\"}"
'
test_done
