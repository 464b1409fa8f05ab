#!/bin/sh
test_description='plugins and jobs after the broker died'
. "$(dirname "$0")/sluice-test.sh"
. "$sluice_sharness"; use_utf8

unset FLUX_URI
plugins=${SLUICE_PLUGINS:-$SLUICE_BUILD_DIR/plugins}
instance () { flux start --cores=4 -c c.toml -S statedir="$PWD/state" sh "$@"; }

cat >c.toml <<T
[job-manager]
plugins = [ { load = "$plugins/perilog.so" } ]
[job-manager.prolog]
command = [ "sh", "-c", "test ! -e slow || exec sleep 60" ]
T

test_expect_success 'an instance dies with jobs that wait' '
	mkdir -p state &&
	cat >before.sh <<-\T &&
	a=$(flux submit --urgency=hold true); echo $a >a
	flux submit --dependency=afterok:$a true >after
	flux submit --dependency=afterok:$a --dependency=begin-time:0 true >both
	flux job wait-event $(cat both) dependency-remove
	flux submit --dependency=begin-time:$(($(date +%s) + 2)) true >begin
	flux submit --dependency=singleton --job-name=x --urgency=hold true >s1
	flux submit --dependency=singleton --job-name=x true >s2
	flux submit --wait true >done
	touch slow
	flux submit true >prolog
	flux job wait-event $(cat prolog) prolog-start
	flux jobtap query .dependency-after | jq -S .dependencies >after.want
	flux jobtap query .dependency-singleton >single.want
	flux job last "[:]" >history.want
	rm slow
	kill -9 $(flux getattr broker.pid)
	T
	{ instance before.sh || :; }
'
test_expect_success 'the next one goes on' '
	cat >next.sh <<-\T &&
	flux jobtap query .dependency-after | jq -S .dependencies >after.got
	flux jobtap query .dependency-singleton >single.got
	flux job last "[:]" >history.got
	flux job urgency $(cat a) 16
	flux cancel $(cat s1)
	for j in a after both begin s1 s2 prolog; do
		flux job wait-event -t 30 $(cat $j) clean
		flux job eventlog $(cat $j) >$j.log
	done
	T
	instance next.sh &&
	test_cmp after.want after.got && test_cmp single.want single.got &&
	test_cmp history.want history.got
'
test_expect_success 'each job got what it waited for, once' '
	for j in after both begin s2 prolog; do
		grep " finish status=0" $j.log || { cat $j.log; return 1; }
	done &&
	test $(grep -c dependency-add both.log) -eq 2 &&
	test $(grep -c dependency-remove both.log) -eq 2 &&
	test $(grep -c dependency-add s2.log) -eq 1 &&
	test $(grep -c prolog-start prolog.log) -eq 1 &&
	test $(grep -c prolog-finish prolog.log) -eq 1
'
test_done
