#!/bin/sh
test_description='parallel programs find each other (PMI-1), and tools find them'
. "$(dirname "$0")/sluice-test.sh"
if test "$SLUICE_TEST_INSIDE" != "$(basename "$0")"; then
	SLUICE_TEST_INSIDE=$(basename "$0")
	export SLUICE_TEST_INSIDE
	unset FLUX_URI
	exec "$SLUICE_FLUX" start --test-size=3 --cores=4 sh "$0"
fi
. "$sluice_sharness"; use_utf8

pmi1=$SLUICE_BUILD_DIR/tests/helpers/pmi1

test_expect_success 'one task' '
	flux run "$pmi1" 2 >out && echo "(vector,(0,1,1))" >want && test_cmp want out
'
test_expect_success 'several on a node' '
	flux run -n4 "$pmi1" 3 >out && echo "(vector,(0,1,4))" >want && test_cmp want out
'
test_expect_success 'several on several nodes' '
	flux run -N3 -n6 "$pmi1" 3 >out && echo "(vector,(0,3,2))" >want && test_cmp want out
'
test_expect_success 'placed in turn' '
	flux run -N3 -n6 --taskmap=cyclic "$pmi1" >out &&
	echo "(vector,(0,3,1),(0,3,1))" >want && test_cmp want out
'
test_expect_success 'a map by hand' '
	flux run -N3 -n5 --taskmap="manual:[[1,2,1,1],[0,1,3,1]]" \
	    sh -c "echo \$FLUX_TASK_RANK \$FLUX_TASK_LOCAL_ID" >out &&
	sort out >got && printf "%s\n" "0 0" "1 0" "2 0" "3 1" "4 2" >want && test_cmp want got &&
	flux job taskmap --to=raw $(flux job last) >out && echo "2-4;0;1" >want && test_cmp want out
'
test_expect_success 'a map that does not fit, or is not known' '
	test_must_fail flux run -n2 --taskmap="manual:[[0,1,3,1]]" true 2>err && grep "3 tasks on 1 nodes" err &&
	test_must_fail flux run -n2 --taskmap=random true 2>err && grep "scheme .random. is not available" err
'
test_expect_success 'each request has its answer' '
	cat >requests <<-\EOF &&
	cmd=init pmi_version=2 pmi_subversion=0
	cmd=get_maxes
	cmd=get_universe_size
	cmd=get_appnum
	cmd=put kvsname=x key=a value=b c=d e
	cmd=get kvsname=x key=a
	cmd=get kvsname=x key=nope
	cmd=put kvsname=x key= value=b
	cmd=publish_name service=a port=b
	cmd=unpublish_name service=a
	cmd=lookup_name service=a
	mcmd=spawn
	nprocs=1
	endcmd
	cmd=get kvsname=x key=flux.taskmap
	cmd=finalize
	EOF
	cat >want <<-\EOF &&
	cmd=response_to_init rc=0 pmi_version=1 pmi_subversion=1
	cmd=maxes rc=0 kvsname_max=64 keylen_max=64 vallen_max=1024
	cmd=universe_size rc=0 size=1
	cmd=appnum rc=0 appnum=0
	cmd=put_result rc=0
	cmd=get_result rc=0 value=b c=d e
	cmd=get_result rc=-1 msg=no such key
	cmd=put_result rc=-1 msg=key or value not taken
	cmd=publish_result rc=-1 msg=not available
	cmd=unpublish_result rc=-1 msg=not available
	cmd=lookup_result rc=-1 msg=not available
	cmd=spawn_result rc=-1
	cmd=get_result rc=0 value={"version":1,"map":[[0,1,1,1]]}
	cmd=finalize_ack rc=0
	EOF
	flux run "$pmi1" raw <requests >got && test_cmp want got
'
test_expect_success 'keys that are known from the outset can be left out' '
	echo "cmd=get kvsname=x key=PMI_process_mapping" |
	    flux run -o pmi-simple.nomap "$pmi1" raw >out && grep "no such key" out
'
test_expect_success 'abort ends the job' '
	echo "cmd=abort exitcode=7" >in &&
	! flux run "$pmi1" raw <in 2>err && grep "PMI: task 0: abort, exit code 7" err
'
test_expect_success 'so does what is no PMI' '
	echo garbage >in &&
	! flux run "$pmi1" raw <in 2>err && grep "no request of PMI-1" err
'
test_expect_success 'the environment of tasks' '
	flux run -N2 -n3 env >out && test $(grep -c "^PMI_FD=3" out) = 3 &&
	test $(grep -c "^PMI_SIZE=3" out) = 3 && grep "^PMI_RANK=2" out &&
	PMI_RANK=9 PMI_FD=9 flux run -o pmi=off env >out && ! grep "^PMI_" out &&
	test_must_fail flux run -o pmi=pmix true 2>err && grep "pmi: only simple" err
'
test_expect_success 'flux job hostpids' '
	id=$(flux submit -N3 -n5 sleep 100) &&
	flux job hostpids $id >out &&
	tr , "\n" <out | sed "s/.*://" >got && test $(wc -l <got) = 5 &&
	flux job hostpids --delimiter="; " --ranks=1,3 $id >two && test $(tr -cd : <two) = "::" && grep "; " two &&
	svc=$(id -u)-shell-$(flux job id --to=f58plain $id) &&
	test_must_fail env FLUX_HANDLE_ROLEMASK=2 FLUX_HANDLE_USERID=12345 flux rpc $svc.proctable 2>err &&
	grep "owner credentials" err &&
	for p in $(cat got); do test -e /proc/$p || return 1; done &&
	flux cancel $id && flux job wait-event -q $id clean &&
	test_must_fail flux job hostpids $id 2>err && grep "is inactive" err
'
test_expect_success 'hostpids of what does not run' '
	test_must_fail flux job hostpids 123 2>err && grep "No such job" err &&
	id=$(flux submit --urgency=hold true) &&
	test_must_fail flux job hostpids -t 0.1s $id 2>err && grep "timeout waiting for shell.start" err &&
	flux cancel $id &&
	test_must_fail flux job hostpids $id 2>err && grep "is inactive" err
'
test_expect_success 'options that only a shell process could obey are refused' '
	for o in stage-in initrc=x userrc=x coprocess=x oom.adjust=5000; do
		test_must_fail flux run -o $o true 2>err && grep "shell option ${o%%=*}" err || return 1
	done
'
test_done
