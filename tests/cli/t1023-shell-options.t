#!/bin/sh
test_description='shell options, and input and output of jobs'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 4
. "$sluice_sharness"; use_utf8

test_expect_success 'input for some tasks closes that of the others' '
	echo in | flux run -n3 -l --input=1 cat >out && echo "1: in" >want && test_cmp want out &&
	id=$(flux submit -n3 cat) && echo in | flux job attach -l -i 0,2 $id >out &&
	sort out >got && printf "0: in\n2: in\n" >want && test_cmp want got
'
test_expect_success 'any byte can be input' '
	printf "a\\000b\\377" >in && flux run cat <in >out && cmp in out
'
test_expect_success 'files are opened as the job says, named as it says' '
	flux run -n2 --output=o.{{task.id}} echo x 2>err && grep "^0: stdout redirected to o.0" err &&
	test "$(cat o.0 o.1)" = "x
x" &&
	flux run --output=o.0 -o output.mode=append echo y 2>/dev/null && printf "x\ny\n" >want && test_cmp want o.0
'
test_expect_success 'a file that cannot be opened is no missing command' '
	exits_with 1 flux run --output=/nonexistent/x true 2>err && grep "/nonexistent/x: No such file" err &&
	exits_with 1 flux run --input=/nonexistent true 2>err && grep "/nonexistent: No such file" err &&
	exits_with 127 flux run /nonexistent 2>err && exits_with 126 flux run /etc/passwd 2>err
'
test_expect_success 'exit-on-error, exit-timeout: the status is that of the first' '
	exits_with 3 flux run -n2 -o exit-on-error sh -c "test \$FLUX_TASK_RANK = 1 || exit 3; exec sleep 100" 2>err &&
	grep "exit-on-error" err &&
	exits_with 1 flux run -n2 -o exit-timeout=0.05s sh -c "test \$FLUX_TASK_RANK = 0 || exec sleep 100" 2>err &&
	grep "exit-timeout" err
'
test_expect_success 'values that mean nothing are errors' '
	for o in exit-timeout=x rlimit.x=1 signal=x pty.ranks=x input.stdin.type=x; do
		exits_with 1 flux run -o $o true 2>err && grep "shell option" err || return 1
	done
'
test_expect_success 'cpu-affinity says what it does' '
	flux run -o cpu-affinity="verbose,map:0" true 2>err && grep "cpu-affinity: task 0: cpus: 0" err &&
	grep Cpus_allowed_list /proc/self/status >want &&
	flux run -o cpu-affinity="dry-run,map:0" grep Cpus_allowed_list /proc/self/status >got 2>err &&
	grep "task 0: cpus: 0" err && test_cmp want got
'
test_expect_success 'gpu-affinity' '
	flux run -n2 -l -o gpu-affinity="map:1;0" sh -c "echo \$CUDA_VISIBLE_DEVICES \$CUDA_DEVICE_ORDER" >out &&
	sort out >got && printf "0: 1 PCI_BUS_ID\n1: 0 PCI_BUS_ID\n" >want && test_cmp want got &&
	CUDA_VISIBLE_DEVICES=9 flux run -o gpu-affinity="map:3" env >out && grep CUDA_VISIBLE out >got &&
	echo CUDA_VISIBLE_DEVICES=3 >want && test_cmp want got &&
	flux run -o gpu-affinity=off env >out && ! grep CUDA_VISIBLE out
'
test_expect_success 'hwloc.xmlfile' '
	HWLOC_COMPONENTS=x flux run -o hwloc.xmlfile -o hwloc.restrict \
	    sh -c "cat \$HWLOC_XMLFILE; echo \${HWLOC_COMPONENTS-unset}" >out &&
	grep "<topology" out && tail -1 out | grep unset
'
test_expect_success 'output.limit cuts what goes into the log' '
	flux run -o output.limit=10 sh -c "echo 1234567; echo 1234567" >out 2>err &&
	test $(wc -c <out) = 10 && grep "output.limit" err &&
	flux run -o output.limit=1k seq 100 >out 2>err && test_must_be_empty err
'
test_expect_success 'oom.adjust' '
	test "$(flux run -o oom.adjust=500 cat /proc/self/oom_score_adj)" = 500
'
test_expect_success 'stop-tasks-in-exec waits for a debugger' '
	id=$(flux submit -o stop-tasks-in-exec echo went) &&
	pid=$(flux job hostpids $id | sed "s/.*://") &&
	wait_until grep "^State:.T" /proc/$pid/status &&
	flux job kill -s CONT $id && flux job attach $id >out && grep went out
'
test_expect_success 'an event before the end says nothing of success' '
	exits_with 1 flux run --wait-event=start true &&
	exits_with 1 flux job attach --wait-event=start $(flux job last)
'
test_expect_success 'attach to what is not there' '
	exits_with 1 flux job attach 1234 2>err && grep "No such job" err
'
test_expect_success 'output of many jobs is labelled with their ids' '
	flux submit --cc=1-2 --watch --label-io --quiet echo x{cc} >out &&
	grep "^ƒ.*: 0: x1" out && grep "^ƒ.*: 0: x2" out
'
test_done
