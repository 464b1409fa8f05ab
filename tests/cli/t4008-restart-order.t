#!/bin/sh
test_description='what plugins are told after a restart, and in which order'
. "$(dirname "$0")/sluice-test.sh"
. "$sluice_sharness"; use_utf8

unset FLUX_URI
instance () { flux start --cores=4 -c c.toml -S statedir="$PWD/state" "$@"; }

cat >c.toml <<T
[job-manager]
plugins = [
  { load = "$SLUICE_BUILD_DIR/tests/plugins/order.so", conf = { file = "$PWD/log" } }
]
T

test_expect_success 'an instance dies with jobs that wait' '
	mkdir -p state &&
	cat >before.sh <<-\T &&
	flux queue stop
	flux submit --cc=1-2 true
	flux submit --urgency=hold true >hold
	flux submit --dependency=afterok:$(cat hold) true
	flux jobtap remove order.so
	kill -9 $(flux getattr broker.pid)
	T
	{ instance sh before.sh || :; } && rm log
'
test_expect_success 'all jobs are told before any goes on' '
	instance flux jobtap remove order.so &&
	cat >want <<-\T &&
	job.create SCHED 16
	job.new SCHED 16
	job.create SCHED 16
	job.new SCHED 16
	job.create SCHED 0
	job.new SCHED 0
	job.dependency.afterok DEPEND -1
	job.create DEPEND -1
	job.new DEPEND -1
	job.event.flux-restart PRIORITY -1
	job.state.priority PRIORITY -1
	job.event.priority SCHED 16
	job.state.sched SCHED 16
	T
	head -13 log >got && test_cmp want got
'
test_expect_success 'nobody is asked for priorities again' '
	! grep priority.get log
'
test_done
