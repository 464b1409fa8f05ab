#!/bin/sh
test_description='one job of a name at a time'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 4
. "$sluice_sharness"; use_utf8

state () { flux jobs -no "{state}" "$1"; }
is () { test "$(state $1)" = $2; }
single () { flux submit --dependency=singleton --job-name="$@"; }
ends () { flux job wait-event -t 30 "$1" clean >/dev/null; }

test_expect_success 'needs a name' '
	exits_with 1 flux submit --dependency=singleton true 2>err &&
	grep "singleton jobs require a job name" err
'
test_expect_success 'the only one goes ahead, the next ones wait for it' '
	a=$(single x --urgency=hold true) && is $a SCHED &&
	flux job eventlog $a | test_must_fail grep dependency &&
	b=$(single x --urgency=hold true) && c=$(single x --urgency=hold true) &&
	is $b DEPEND && is $c DEPEND &&
	flux job eventlog $b | grep "dependency-add description=\"singleton\"" &&
	flux jobtap query .dependency-singleton >q &&
	jq -e ".\"$(id -u):x\".count == 3" q &&
	jq -e ".\"$(id -u):x\".singletons == [$(flux job id --to=dec $b),$(flux job id --to=dec $c)]" q
'
test_expect_success 'other names are other jobs' '
	d=$(single y --urgency=hold true) && is $d SCHED && flux cancel $d
'
test_expect_success 'one at a time, the oldest first' '
	flux cancel $a && wait_until is $b SCHED && is $c DEPEND &&
	flux job urgency $b 16 && ends $b && wait_until is $c SCHED
'
test_expect_success 'jobs of the name without the dependency count' '
	e=$(flux submit --job-name=x --urgency=hold true) && is $e SCHED &&
	f=$(single x true) &&
	flux cancel $c && ends $c && is $f DEPEND &&
	flux cancel $e && ends $f &&
	flux job eventlog $f | grep " finish " &&
	flux jobtap query .dependency-singleton >q && jq -e "has(\"$(id -u):x\") | not" q
'
test_expect_success 'loaded again it knows what it knew' '
	a=$(single z --urgency=hold true) && b=$(single z --urgency=hold true) &&
	c=$(single z true) && flux cancel $c &&
	flux jobtap query .dependency-singleton >before &&
	flux jobtap remove .dependency-singleton && flux jobtap load .dependency-singleton &&
	flux jobtap query .dependency-singleton >after && test_cmp before after &&
	is $b DEPEND &&
	test $(flux job eventlog $b | grep -c dependency-add) -eq 1 &&
	flux cancel $a && wait_until is $b SCHED && flux cancel $b
'
test_done
