#!/bin/sh
test_description='flux pstree, config, resource eventlog, job purge'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 2
. "$sluice_sharness"; use_utf8

test_expect_success 'pstree without jobs is the root' '
	test "$(flux pstree)" = .
'
test_expect_success 'pstree combines what looks alike' '
	done=$(flux submit --wait --job-name=dd true) &&
	a=$(flux submit sleep 300) && b=$(flux submit sleep 300) &&
	flux job wait-event -t 30 $b start &&
	printf ".\n└── 2*[sleep]\n" >expect && flux pstree >out && test_cmp expect out &&
	printf ".\n├── 2*[sleep:R]\n└── dd:CD\n" >expect && flux pstree -a >out &&
	test_cmp expect out &&
	printf ".\n|-- sleep\n\`-- sleep\n" >expect && flux pstree -X --ascii >out &&
	test_cmp expect out &&
	test "$(flux pstree --skip-root=yes)" = "2*[sleep]" &&
	test "$(flux pstree $done)" = dd
'
test_expect_success 'pstree with details, and of options run together' '
	flux pstree -x >out && head -1 out | grep "JOBID USER" &&
	test $(wc -l <out) -eq 3 && grep "$a.* sleep$" out &&
	flux pstree -xnlpXCxnlpXCxnlpXC >out && test $(wc -l <out) -eq 2 &&
	flux pstree -o "{id} {name}" | grep "$a sleep" &&
	test "$(flux jobs -no "{id}" $a)" = $a &&
	test "$(flux jobs -no "{id:d}" $a)" = $(flux job id $a) &&
	exits_with 1 flux pstree -d progress 2>err && grep "not available yet" err &&
	exits_with 2 flux pstree --skip-root=x && flux cancel --all
'
test_expect_success 'purge tells what it would do, and does it' '
	flux queue drain && id=$(flux submit --wait true) &&
	flux job purge | grep "^use --force to purge 0 of 4 inactive jobs" &&
	flux job purge $id | grep "purge 1 of 4" &&
	flux job purge -f $id | grep "^purged 1 inactive jobs, 3 remaining" &&
	exits_with 1 flux job purge $id 2>err && grep "id not found" err &&
	held=$(flux submit --urgency=hold true) &&
	exits_with 1 flux job purge $held 2>err && grep "active job" err &&
	flux cancel $held && exits_with 1 flux job purge --num-limit=1 $held &&
	flux job purge -f --num-limit=0 | grep ", 0 remaining"
'
test_expect_success 'config load and get read TOML and JSON' '
	echo "a.b = 1" >x.toml && mkdir d && cp x.toml d &&
	flux config load x.toml && test "$(flux config get a.b)" = 1 &&
	echo "[c]" | flux config load && test "$(flux config get)" = "{\"c\":{}}" &&
	flux config load d && test "$(flux config get)" = "{\"a\":{\"b\":1}}" &&
	echo "{\"x\":1}" | flux config load && test "$(flux config get x)" = 1 &&
	echo "x x" >bad.toml && exits_with 1 flux config load bad.toml &&
	exits_with 1 flux config load <bad.toml && test "$(flux config get x)" = 1 &&
	test "$(flux config get -c x.toml a.b)" = 1 &&
	exits_with 1 flux config get -c nosuch a.b
'
test_expect_success 'config set needs a type, unset does not mind' '
	exits_with 1 flux config set new.key 1 2>err && grep "type" err &&
	flux config set -t integer new.key 1 && flux config set new.key 2 &&
	test "$(flux config get new.key)" = 2 &&
	flux config unset new.key && flux config unset new.key &&
	exits_with 1 flux config get -q new.key
'
test_expect_success 'config builtin' '
	flux config builtin confdir | grep "/flux$" &&
	exits_with 1 flux config builtin nosuch 2>err && grep "nosuch is invalid" err
'
test_expect_success 'resource eventlog' '
	flux resource eventlog >out && grep "restart ranks=\"0\"" out && grep online out &&
	flux resource eventlog -f json | tail -1 | jq -e .name &&
	flux resource eventlog -w online | tail -1 | grep online &&
	exits_with 1 flux resource eventlog -w drain -t 0.05 2>err && grep timeout err &&
	exits_with 1 flux resource eventlog -w foo &&
	flux resource drain 0 broken && flux resource eventlog -w drain -m idset=0 >out &&
	tail -1 out | grep "reason=\"broken\"" &&
	flux resource eventlog -i 0 >out && ! grep resource-define out &&
	exits_with 1 flux resource eventlog -i 7 && flux resource undrain 0
'
test_expect_success 'module debug, and what is not available' '
	test "$(flux module debug job-manager)" = 0x0 &&
	exits_with 1 flux module debug nosuch &&
	exits_with 1 flux alloc -n1 2>err && grep "not available yet" err &&
	exits_with 1 flux jobs --recursive 2>err && grep "not available yet" err
'
test_expect_success 'types of values, numbers of events, no words too many' '
	printf "[a]\nh = \"5m\"\ng = [1]\n" | flux config load &&
	test "$(flux config get -t fsd-real a.h)" = 300.000000 && test "$(flux config get -t any a.g)" = "[1]" &&
	flux event pub -s foo | grep "^seq=[0-9]*$" && exits_with 1 flux lsattr foo && echo "" | flux config load
'
test_expect_success 'top wants a terminal' '
	exits_with 1 flux top </dev/null 2>err && grep "not a terminal" err &&
	exits_with 1 flux top a b
'
command -v script >/dev/null && test_set_prereq SCRIPT
test_expect_success SCRIPT 'top shows jobs and leaves at q' '
	id=$(flux submit --job-name=topjob sleep 300) &&
	flux job wait-event -t 30 $id start &&
	(wait_until grep -aq topjob log; printf jkdq) |
		(TERM=xterm script -qefc "flux top" log >/dev/null) &&
	grep -a topjob log && grep -a "1 running" log && flux cancel $id
'
# Only what differs from the screen before is drawn.
# typed FILE OPTION...: flux top at a terminal, with what FILE says
typed () {
	file=$1 && shift &&
	TERM=xterm "$SLUICE_BUILD_DIR/tests/helpers/typist" $file flux top "$@"
}
test -x "$SLUICE_BUILD_DIR/tests/helpers/typist" && test_set_prereq TYPIST
test_expect_success TYPIST 'top of a queue shows it alone, and arrows lead to the others' '
	printf "[queues.batch]\n[queues.debug]\n" | flux config load && flux queue start --all >/dev/null &&
	a=$(flux submit -q batch --job-name=aaaa sleep 300) &&
	b=$(flux submit -q debug --job-name=zzzz sleep 300) &&
	flux job wait-event -t 30 $a start && flux job wait-event -t 30 $b start &&
	cat >keys <<-\EOF &&
		expect queue batch
		expect 1 running
		expect aaaa
		type l
		expect debug
		expect zzzz
		type h
		expect batch
		expect aaaa
		type q
	EOF
	typed keys -q batch >log && grep -aq zzzz log &&
	printf "expect zzzz\nexpect aaaa\ntype q\n" >keys && typed keys >log &&
	printf "expect unknown\n" >keys && exits_with 1 typed keys --queue=nosuch >out && cat out && grep -a "queue nosuch unknown" out &&
	flux cancel $a $b && echo "" | flux config load
'
test_done
