#!/bin/sh
test_description='the disk of the job store is full'
. "$(dirname "$0")/sluice-test.sh"

# The store is on a small file system of its own, which takes a mount.
if test -z "$SLUICE_TEST_MOUNTS"; then
    if ! unshare -rm sh -c 'mount -t tmpfs none /mnt' 2>/dev/null; then
        echo "1..0 # SKIP mounting in a namespace of its own is not permitted"
        exit 0
    fi
    SLUICE_TEST_MOUNTS=1
    export SLUICE_TEST_MOUNTS
    exec unshare -rm sh "$SLUICE_TEST_SOURCE/$(basename "$0")" "$@"
fi
. "$(dirname "$0")/../crash/broker.sh"
. "$sluice_sharness"; use_utf8
trap 'crash_clean; umount -l "$crash_dir/state"; rm -rf "$crash_dir"; die' EXIT

mkdir "$crash_dir/state" && mount -t tmpfs -o size=6m,mode=700 none "$crash_dir/state"

fill () { ! dd if=/dev/zero of="$crash_dir/state/fill" bs=4096 2>/dev/null; }
empty () { rm "$crash_dir/state/fill"; }

# Submit until one is refused; those that have to wait go on in the background.
refused=
submit_until_refused () {
	n=0
	while test $n -lt 2000; do
		n=$((n + 1))
		{ flux submit --urgency=hold true >>acked 2>err.$n || touch refused; } &
		waiting="$waiting $!"
		test $((n % 4)) = 0 && sleep 0.02
		test -e refused && break
	done
	test -e refused && cat err.* && grep -q "refused until the job store has space" err.*
}
all_acked_there () {
	sort acked >acked.sorted && flux jobs -ano "{id}" | sort >there &&
	test -z "$(comm -23 acked.sorted there)"
}

test_expect_success 'a job runs, and the disk is filled' '
	broker_start && flux submit --urgency=hold true >acked &&
	run=$(flux submit sh -c "echo before; until test -e $crash_dir.go; do sleep 0.05; done; echo after; touch $crash_dir.went") &&
	flux job wait-event $run start && echo $run >>acked && fill
'
test_expect_success 'submissions are refused and told why' '
	submit_until_refused && flux uptime >out && cat out && grep "disk is full" out
'
test_expect_success 'nothing acknowledged is lost, nothing else acknowledged' '
	all_acked_there
'
test_expect_success 'the running job goes on' '
	touch $crash_dir.go && wait_until test -e $crash_dir.went
'
test_expect_success 'with space again it all goes on' '
	empty && wait $waiting;
	flux job attach $run >out && printf "before\nafter\n" >want && test_cmp want out &&
	all_acked_there && flux run true
'
test_expect_success 'full again, and the broker is killed' '
	rm -f refused err.* $crash_dir.go $crash_dir.went && waiting= &&
	run=$(flux submit sh -c "echo before; until test -e $crash_dir.go; do sleep 0.05; done; echo after; touch $crash_dir.went") &&
	flux job wait-event $run start && echo $run >>acked && fill &&
	submit_until_refused && touch $crash_dir.go && wait_until test -e $crash_dir.went &&
	broker_kill; wait $waiting; test -s acked
'
disk_is_full () { flux uptime >out && grep -q "disk is full" out; }
test_expect_success 'a broker started on a full disk serves, and ends when told to' '
	broker_start && wait_until disk_is_full && all_acked_there &&
	! broker_terminate && test -n "$(agent_pid)"
'
test_expect_success 'with space again nothing is lost' '
	empty && broker_start && all_acked_there &&
	flux job attach $run >out && printf "before\nafter\n" >want && test_cmp want out &&
	flux job eventlog $run >log && test $(grep -c " finish status=0" log) = 1 &&
	flux run true
'
test_expect_success 'and each ends in order' '
	flux cancel --all && flux queue drain -t 20 >/dev/null && broker_stop &&
	test -z "$(agent_pid)"; rm -f $crash_dir.go $crash_dir.went
'
test_done
