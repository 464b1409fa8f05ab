#!/bin/sh
test_description='jobs whose record in the store is damaged'
. "$(dirname "$0")/sluice-test.sh"
. "$(dirname "$0")/../crash/broker.sh"
. "$sluice_sharness"; use_utf8
trap 'crash_clean; die' EXIT

sql () {
	sqlite3 "$crash_dir/state/jobs.sqlite" "$1"
}
# hold NAME: submit a held job.  dec_NAME is its number, to be damaged.
hold () {
	flux submit --urgency=hold true >$1 && eval "dec_$1=$(flux job id --to=dec $(cat $1))"
}

test_expect_success 'jobs, and a broker that is killed' '
	broker_start &&
	for j in whole nolog garbage cut nospec badspec order unended; do hold $j || return 1; done &&
	flux job wait-event $(cat unended) priority &&
	broker_kill
'
test_expect_success 'damage of several kinds' '
	sql "DELETE FROM logs WHERE id = $dec_nolog;
	     UPDATE logs SET data = '\''garbage'\'' WHERE id = $dec_garbage AND seq =
	       (SELECT min (seq) FROM logs WHERE id = $dec_garbage);
	     UPDATE logs SET data = substr (data, 1, 30) WHERE id = $dec_cut;
	     DELETE FROM specs WHERE id = $dec_nospec;
	     UPDATE specs SET jobspec = x'\''00ff'\'' WHERE id = $dec_badspec;
	     UPDATE logs SET data = replace (data, '\''\"validate\"'\'', '\''\"start\"'\'') WHERE id = $dec_order;
	     UPDATE jobs SET state = 999, urgency = NULL, t_submit = '\''x'\'' WHERE id = $dec_unended"
'
test_expect_success 'the others come back, a row alone is made again from the log' '
	broker_start &&
	flux jobs -no "{id} {state} {urgency}" | sort >out &&
	{ echo "$(cat whole) SCHED 0"; echo "$(cat unended) SCHED 0"; } | sort >want &&
	test_cmp want out
'
test_expect_success 'those set aside are listed with the reason' '
	flux job list-aside >out && cat out && head -1 out | grep JOBID &&
	flux job list-aside -n | cut -d" " -f1 | sort >out &&
	cat nolog garbage cut nospec badspec order | sort >want && test_cmp want out &&
	flux job list-aside | grep "$(cat garbage) .*not valid JSON" &&
	flux job list-aside | grep "$(cat order) .*no start event" &&
	flux job list-aside | grep "$(cat nospec) .*jobspec"
'
test_expect_success 'counted, logged, and in the statistics' '
	flux uptime >out && cat out && grep "6 jobs set aside: see flux job list-aside" out &&
	flux dmesg | grep "set aside.*cannot be replayed" &&
	flux module stats job-manager >stats && grep "\"unreplayable_jobs\": *6" stats &&
	grep $dec_nolog stats
'
test_expect_success 'they stay as they are over another restart' '
	flux job eventlog $(cat order) | grep start &&
	broker_kill && broker_start &&
	test $(flux job list-aside -n | wc -l) = 6
'
test_expect_success 'a repaired one comes back' '
	broker_kill &&
	sql "UPDATE logs SET data = replace (data, '\''\"start\"'\'', '\''\"validate\"'\'') WHERE id = $dec_order" &&
	broker_start && flux jobs -no "{id}" | grep $(cat order) &&
	test $(flux job list-aside -n | wc -l) = 5
'
test_expect_success 'purge removes one for good' '
	flux job purge --force $(cat cut) && ! flux job list-aside | grep $(cat cut) &&
	flux uptime | grep "4 jobs set aside" &&
	broker_kill && broker_start && ! flux job list-aside | grep $(cat cut) &&
	flux job purge --force $(flux job list-aside -n | cut -d" " -f1) &&
	test -z "$(flux job list-aside -n)" && flux uptime >out && ! grep aside out
'
test_expect_success 'and the broker works' 'flux run true && broker_stop'
test_done
