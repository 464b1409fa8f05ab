#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='jobs that are only pretended: exec.test'

. "$(dirname "$0")/sluice-test.sh"
test_under_instance 8
use_utf8
. "$sluice_sharness"

# submit a job with these keys of exec.test
pretend () {
    pretend_args=
    for arg; do
        pretend_args="$pretend_args --setattr=exec.test.$arg"
    done
    flux submit $pretend_args /nonexistent
}
event () {
    flux job wait-event -f json "$1" "$2" | jq -c .context
}

test_expect_success 'it lasts as long as it is told, and ends as it is told' '
    id=$(pretend run_duration=0.01s wait_status=256) &&
    test "$(event $id finish)" = "{\"status\":256}" &&
    id=$(pretend run_duration=0.01 wait_status=9) &&
    test "$(event $id finish)" = "{\"status\":9}"
'

test_expect_success 'it may fail before it starts, or after' '
    id=$(pretend mock_exception=init) &&
    event $id exception | grep "\"note\":\"mock initialization exception generated\"" &&
    flux job wait-event -q $id clean &&
    flux job eventlog $id >log && ! grep " start" log && ! grep finish log &&
    id=$(pretend mock_exception=run) &&
    event $id exception | grep "\"note\":\"mock run exception generated\"" &&
    test "$(event $id finish)" = "{\"status\":15}"
'

test_expect_success 'it may start and end when somebody says so' '
    id=$(pretend override=1) &&
    flux job wait-event -q $id alloc &&
    test_must_fail flux job-exec-override finish $id 0 2>err &&
    grep "Job not running" err &&
    flux job-exec-override start $id &&
    flux job wait-event -q $id start &&
    test_must_fail flux job-exec-override start $id 2>err &&
    grep "Job already running" err &&
    flux job-exec-override finish $id 256 &&
    test "$(event $id finish)" = "{\"status\":256}" &&
    test_must_fail flux job-exec-override start $id 2>err &&
    grep "Job not found" err
'

test_expect_success 'the command is checked' '
    test_must_fail flux job-exec-override start 2>err && grep "job id" err &&
    test_must_fail flux job-exec-override finish 1 x 2>err &&
    grep "is not a wait status" err
'

test_expect_success 'one that waits can be canceled' '
    id=$(pretend override=1) &&
    flux job wait-event -q $id alloc &&
    flux cancel $id && flux job wait-event -q $id clean
'

test_expect_success 'bad values fail the job and are named' '
    id=$(pretend run_duration=soon) &&
    event $id exception | grep "exec.test.run_duration: invalid value"
'

test_expect_success 'after a restart it goes on, or is over' '
    long=$(pretend run_duration=10m) &&
    over=$(pretend run_duration=10m reattach_finish=1) &&
    flux job wait-event -q $long start && flux job wait-event -q $over start &&
    flux module reload job-manager &&
    flux job wait-event -q $over clean &&
    flux jobs -no {state} $long >out && test "$(cat out)" = RUN &&
    flux job wait-event -q -p exec $long reattach &&
    flux cancel $long && flux job wait-event -q $long clean
'

# the owner signs for a guest
sign () {
    header=$(printf "version\0i1\0userid\0i42\0mechanism\0snone\0" | base64 -w0) &&
    printf "%s.%s.none" "$header" "$(base64 -w0 "$1")"
}
submit_as_guest () {
    FLUX_HANDLE_USERID=42 flux rpc job-ingest.submit \
        "{\"J\":\"$(sign spec.json)\",\"urgency\":16,\"flags\":0}" |
        jq .id
}

test_expect_success 'guests may not, unless the configuration says so' '
    flux submit --dry-run --setattr=exec.test.run_duration=0.01s true >spec.json &&
    id=$(submit_as_guest) &&
    event $id exception | grep "not allowed for guests" &&
    flux config load <<-\EOF &&
	[exec.testexec]
	allow-guests = true
	EOF
    id=$(submit_as_guest) &&
    test "$(event $id finish)" = "{\"status\":0}" &&
    flux job list-ids $id | jq .userid >out && test "$(cat out)" = 42
'

test_expect_success 'events can be posted by hand' '
    id=$(pretend run_duration=10m) && flux job wait-event -q $id start &&
    flux post-job-event $id my.own a=1 b.c=text &&
    test "$(event $id my.own)" = "{\"a\":1,\"b\":{\"c\":\"text\"}}" &&
    flux post-job-event $id bare && flux job wait-event -q $id bare &&
    test_must_fail flux post-job-event $id my.own a 2>err &&
    grep "is not KEY=VALUE" err &&
    flux cancel $id && flux job wait-event -q $id clean &&
    test_must_fail flux post-job-event $id my.own 2>err &&
    grep "No such job $id" err
'

test_expect_success 'one that lasts as long as its time limit does not exceed it' '
    for limit in 0.05 0.1 0.2; do
        flux submit -t ${limit}s --setattr=exec.test.wait_status=0 true || return 1
    done >ids &&
    for id in $(cat ids); do
        flux job wait-event -q -t 30 $id clean &&
        test "$(flux jobs -no {result} $id)" = COMPLETED || return 1
    done
'
test_done
