#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later
# A broker on a large state: all pending jobs are there, finished ones cost
# nothing at the start, and limits purge them.  PENDING and FINISHED may be
# given; the seconds of CPU until the first answer are printed.

if test "$1" = long && test -z "$SLUICE_LONG"; then
    echo "1..0 # SKIP SLUICE_LONG is not set"
    exit 0
fi
here=$(dirname "$0")
. "$here/../cli/sluice-test.sh"
. "$here/broker.sh"
trap crash_clean EXIT
pending=${PENDING:-1000} finished=${FINISHED:-3000}
test "$1" = long && pending=${PENDING:-100000} finished=${FINISHED:-200000}

n=0
is () { # GOT WANT WHAT
    n=$((n + 1))
    if test "$1" = "$2"; then
        echo "ok $n - $3"
    else
        echo "not ok $n - $3"
        echo "# got '$1', want '$2'"
    fi
}
# Of job-manager: active_jobs, inactive_jobs.
number () {
    flux module stats job-manager | tr -d ' \n' | sed "s/.*\"$1\":\([0-9]*\).*/\1/"
}
few_are_left () { test "$(number inactive_jobs)" -le 100; }

broker_start
flux run true
flux submit --urgency=hold true >"$crash_dir/id"
flux job wait-event "$(cat "$crash_dir/id")" priority >/dev/null
broker_kill
sh "$here/grow.sh" "$crash_dir/state" "$pending" "$finished"

broker_start
ticks=$(awk '{ print $14 + $15 }' "/proc/$broker_pid/stat")
echo "# $pending pending, $finished finished: $ticks ticks of CPU at $(getconf CLK_TCK) a second"
is "$(number active_jobs)" $((pending + 1)) "pending jobs are there"
is "$(number inactive_jobs)" $((finished + 1)) "so are finished ones"
is "$(flux jobs -c 0 -no '{state}' | sort | uniq -c | tr -d ' ')" "$((pending + 1))SCHED" \
    "each is listed as it was"
is "$(flux jobs -c 5 --filter=inactive -no '{result}' | uniq -c | tr -d ' ')" 5COMPLETED \
    "the last finished ones are listed"
flux run true
is $? 0 "a new job runs"
is "$(flux job purge --num-limit=$((finished / 2)))" \
    "use --force to purge $((finished + 2 - finished / 2)) of $((finished + 2)) inactive jobs" \
    "those beyond a limit are counted"
broker_kill
broker_start --conf=job-manager.inactive-num-limit=100
until few_are_left; do sleep 0.1; done
is "$(flux jobs -c 0 -no '{state}' | wc -l)" $((pending + 1)) "purging leaves pending jobs alone"
broker_stop
is $? 0 "an orderly end"
echo "1..$n"
