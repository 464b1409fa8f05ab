#!/bin/sh
test_description='terminals and parallel programs outlive a broker'
. "$(dirname "$0")/sluice-test.sh"
. "$(dirname "$0")/../crash/broker.sh"
. "$sluice_sharness"; use_utf8
trap 'crash_clean; die' EXIT

helpers=$SLUICE_BUILD_DIR/tests/helpers
start () { broker_start -S broker.test-size=2 -S exec.agent-grace=1m; }

test_expect_success 'someone is attached, and a program is in its barrier' '
	start &&
	id=$(flux submit -o pty.interactive sh -c "echo ready; PS1= exec sh") && echo $id >pty.id &&
	flux submit -N2 -n4 "$helpers/pmi1" 3 "$PWD/there" "$PWD/go" >pmi.id &&
	wait_until test -e there &&
	{ flux job attach --read-only $id >before.out 2>before.err & } && client=$! &&
	wait_until grep ready before.out
'
test_expect_success 'the broker is killed' '
	broker_kill && exits_with 1 wait $client && grep "lost connection" before.err
'
test_expect_success 'the next one has the same terminal' '
	start &&
	printf "%s\n" "type echo na""me-\$FLUX_TASK_RANK\n" "expect name-0" "type exit 6\n" >script &&
	exits_with 6 "$helpers/typist" script flux job attach $(cat pty.id)
'
test_expect_success 'and the program meets, and ends' '
	touch go &&
	flux job attach $(cat pmi.id) >out && echo "(vector,(0,2,2))" >want && test_cmp want out &&
	broker_stop
'
test_done
