#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='several brokers started by a launcher that speaks PMI'

. "$(dirname "$0")/sluice-test.sh"
use_utf8
. "$sluice_sharness"

if ! command -v python3 >/dev/null; then
    skip_all='python3 is not there'
    test_done
fi
unset FLUX_URI

launch () {
    python3 "$SLUICE_TEST_SOURCE/pmi-launch.py" "$@"
}
broker () {
    n=$1
    shift
    launch "$n" flux broker -Sresource.cores=2 "$@"
}

test_expect_success 'they become one instance, each a rank of it' '
    broker 3 sh -c "flux getattr size; flux getattr rank;
        flux getattr broker.quorum
        flux resource list -no {nnodes}:{ncores} -s free
        flux rpc groups.get {\\\"name\\\":\\\"broker.online\\\"}" >out 2>err &&
    cat >expect <<-\EOF &&
	3
	0
	3
	3:6
	{"members":"0-2"}
	EOF
    test_cmp expect out &&
    grep "exit: 0 0 0" err
'

test_expect_success 'jobs run on all of them' '
    broker 3 flux run -N3 -n6 sh -c "echo \$FLUX_TASK_RANK" >out &&
    sort out >sorted && printf "0\n1\n2\n3\n4\n5\n" >expect &&
    test_cmp expect sorted
'

test_expect_success 'no agent is started beside them' '
    broker 2 sh -c "flux run -N2 true && pgrep -f -c \$(flux getattr rundir)/agent" \
        >out && test "$(cat out)" = 2
'

test_expect_success 'the exit status is that of the program, and all end' '
    exits_with 3 broker 3 sh -c "exit 3" 2>err && grep "exit: 3 0 0" err
'

test_expect_success 'a rank that dies is offline, and so are its jobs' '
    cat >script <<-\EOF &&
	flux submit -N2 -n2 sleep inf >id
	flux job wait-event $(cat id) start >/dev/null
	kill -9 $(sed -n 2p pids)
	flux job wait-event $(cat id) clean >/dev/null
	flux jobs -no {status} $(cat id)
	flux resource status -no {ranks} -s offline
	flux resource list -no {nnodes} -s down
	flux rpc groups.get "{\"name\":\"broker.online\"}"
	flux overlay status | grep offline
	flux run true && echo rank 0 goes on
	EOF
    broker 2 sh ./script >out 2>err
    cat >expect <<-\EOF &&
	FAILED
	1
	1
	{"members":"0"}
	rank 0 goes on
	EOF
    grep -v "offline" out >out2 && test_cmp expect out2 && grep "offline" out
'

test_expect_success 'a reload of the job manager finds them again' '
    cat >script <<-\EOF &&
	flux module reload job-manager
	flux run -N2 -n2 true && echo good
	EOF
    broker 2 sh ./script >out && test "$(cat out)" = good
'

test_expect_success 'with a smaller quorum the program starts without them' '
    cat >script <<-\EOF &&
	flux getattr broker.quorum
	EOF
    broker 2 -Sbroker.quorum=1 sh ./script >out && test "$(cat out)" = 1
'

test_expect_success 'they have to be on one machine' '
    test_must_fail env FAKE_sluice.host.1=elsewhere \
        python3 "$SLUICE_TEST_SOURCE/pmi-launch.py" 2 flux broker true 2>err &&
    grep "rank 0 is on .* and rank 1 on elsewhere: all brokers" err
'

test_expect_success 'pretending to be several is refused then' '
    test_must_fail launch 2 flux broker -Sbroker.test-size=4 true 2>err &&
    grep "broker.test-size is for one broker, and PMI says there are 2" err
'

test_expect_success 'PMI without a connection is refused' '
    test_must_fail env PMI_RANK=0 PMI_SIZE=2 flux broker true 2>err &&
    grep "PMI_SIZE=2, but neither PMI_FD nor PMI_PORT" err &&
    PMI_RANK=0 PMI_SIZE=1 flux broker true
'

test_done
