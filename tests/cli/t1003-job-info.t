#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later
test_description='what is kept of a job: its input, and what it was before updates'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 4
. "$sluice_sharness"; use_utf8

# input JOB: its input log without times, one event a line
input () { flux job eventlog -p input $1 | cut -d" " -f2-; }
header='header version=1 encoding={"stdin":"UTF-8"} count={"stdin":1} options={}'

test_expect_success 'what tasks were sent is a log' '
	printf "a\nb\n" | flux run -n2 cat >/dev/null && input $(flux job last) >log && cat >want <<-EOF && test_cmp want log
		$header
		data stream="stdin" rank="all" data="a\nb\n"
		data stream="stdin" rank="all" eof=true
	EOF
'
test_expect_success 'bytes that are no text, and who is meant' '
	printf "a\0\377" | flux run -n2 --input=0 cat >/dev/null && input $(flux job last) >log && cat log &&
	grep "rank=\"0\" encoding=\"base64\" data=\"YQD/\"" log && grep "rank=\"1\" eof=true" log
'
test_expect_success 'a job that is sent nothing has the beginning of the log, one with a file names it' '
	flux run cat </dev/null && input $(flux job last) | head -n 1 >log && echo "$header" >want && test_cmp want log &&
	j=$(flux submit sleep 300) && flux job wait-event -t 30 $j start && input $j >log && test_cmp want log &&
	echo x >infile && flux run --input=infile cat && input $(flux job last) >log && cat log &&
	grep "^redirect stream=\"stdin\" rank=\"all\" path=\"infile\"$" log && test $(wc -l <log) -eq 2
'
test_expect_success 'it can be followed as it grows' '
	flux job wait-event -p input -t 30 $j header && flux job eventlog -F -p input $j >log &
	echo late | timeout 30 flux job attach $j >out & attach=$! &&
	flux job wait-event -q -p input -t 30 -m data="late
" $j data && flux cancel $j && { wait $attach; :; } && wait && grep "data=\"late.n\"" log
'
test_expect_success 'every key of a job is there, and is a key of the key-value store' '
	echo x | flux run cat && j=$(flux job last) && flux job wait-event -t 30 $j clean &&
	for key in J R jobspec eventlog guest.exec.eventlog guest.output guest.input; do
		flux job info $j $key | grep . >info && test -s info &&
		flux kvs get $(flux job id --to=kvs $j).$key | grep . >got && test_cmp info got || return 1
	done && exits_with 1 flux job info $j guest.nosuch 2>err && grep "guest.nosuch: key not found" err
'
test_expect_success 'a task that starts reads what came before it, in the log too' '
	j=$(flux submit --urgency=hold cat) && { echo early | flux job attach $j >out & } && attach=$! &&
	flux job urgency $j 16 && wait $attach && grep early out && input $j | grep "data=\"early.n\""
'
test_expect_success 'R is kept as it was allocated' '
	j=$(flux submit -t 10m sleep 300) && flux job wait-event -t 30 $j start &&
	flux job info --base $j R >before && flux update $j duration=20m &&
	flux job info --base $j R >base && flux job info $j R >current && test_cmp before base &&
	flux kvs get $(flux job id --to=kvs $j).R >base && test_cmp before base &&
	test $(jq -n --slurpfile a base --slurpfile b current "\$b[0].execution.expiration - \$a[0].execution.expiration") -eq 600 &&
	flux cancel $j && flux job wait-event -t 30 $j clean && flux job info $j R >late && test_cmp current late &&
	flux job info --base $j R >base && test_cmp before base
'
test_expect_success 'the jobspec is kept with its defaults, and without updates' '
	cat >q.toml <<-EOF &&
		[policy]
		jobspec.defaults.system.queue = "batch"
		jobspec.defaults.system.duration = "1h"
		[queues.batch]
		[queues.debug]
	EOF
	flux config load q.toml && j=$(flux submit --urgency=hold true) &&
	flux job info --base $j jobspec | jq -e ".attributes.system.queue == \"batch\"" &&
	flux update $j queue=debug && flux update $j duration=2h &&
	flux job info $j jobspec | jq -ce "[.attributes.system.queue, .attributes.system.duration] == [\"debug\", 7200]" &&
	flux job info --base $j jobspec | jq -ce "[.attributes.system.queue, .attributes.system.duration] == [\"batch\", 3600]" &&
	flux kvs get $(flux job id --to=kvs $j).jobspec | jq -ce "[.attributes.system.queue, .attributes.system.duration] == [\"batch\", 3600]" &&
	flux job info --original $j jobspec | jq -e ".attributes.system.queue == null"
'
test_expect_success 'a job that is not there, and a log' '
	exits_with 1 flux job wait-event -t 30 1234 start 2>err && grep "job 1234 not found" err &&
	exits_with 1 flux job eventlog -F 1234 2>err && grep "job 1234 not found" err &&
	echo "" | flux config load && j=$(flux submit true) && flux job wait-event -t 30 $j clean &&
	exits_with 1 flux job wait-event -t 30 -p guest.nosuch $j x 2>err && grep "eventlog path guest.nosuch not found" err
'
test_expect_success 'commands for many jobs only count them unless told otherwise' '
	j=$(flux submit sleep 300) && flux job wait-event -t 30 $j start &&
	flux job killall 2>err && grep "Command matched [0-9]* jobs (-f to confirm)" err &&
	flux job raiseall foo 2>err && grep "Command matched [0-9]* jobs (-f to confirm)" err &&
	flux jobs -no "{state} {status_emoji}" $j | grep "^RUN 🏃" && flux cancel $j && flux job wait-event -t 30 $j clean &&
	test "$(flux jobs --threads=2 -no "{state_emoji} {status_emoji} {result_emoji}" $j)" = "💀 💥 💥"
'
test_done
