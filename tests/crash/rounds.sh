#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later
# The broker is killed, or told to terminate, at random moments while jobs are
# submitted and run: none that was acknowledged is lost, none runs twice, none
# is stuck.
# ROUNDS and SEED may be given; the seed is printed.

if test "$1" = long && test -z "$SLUICE_LONG"; then
    echo "1..0 # SKIP SLUICE_LONG is not set"
    exit 0
fi
. "$(dirname "$0")/../cli/sluice-test.sh"
. "$(dirname "$0")/broker.sh"
trap crash_clean EXIT

test "$1" = long && rounds=100
rounds=${ROUNDS:-${rounds:-4}}
seed=${SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
echo "# seed $seed, $rounds rounds"
n=$seed
random () { # below $1
    n=$(((n * 1103515245 + 12345) % 2147483648))
    random=$(((n / 65536) % $1))
}

# Each client submits one job after the other; what it was told goes to a file.
client () {
    while ! test -e "$crash_dir/enough"; do
        flux submit -n1 sh -c \
            "echo \$FLUX_JOB_ID >>$crash_dir/ran; sleep 0.0\$((\$\$ % 10))" \
            >>"$crash_dir/acked.$1" 2>/dev/null || sleep 0.05
    done
}

broker_start
client 1 & client_1=$!
client 2 & client_2=$!
round=0
while test $round -lt "$rounds"; do
    random 15
    sleep "$(printf '0.%02d' $((random * 6 + 5)))"
    random 4
    if test $random = 0; then
        broker_terminate || { echo "not ok 1 - the broker ends in order"; exit 1; }
    else
        broker_kill
    fi
    broker_start || { echo "not ok 1 - the broker comes back"; exit 1; }
    round=$((round + 1))
done
touch "$crash_dir/enough"
wait $client_1 $client_2
echo "ok 1 - the broker comes back"

# A slow machine has much to catch up with: as long as jobs run, none is stuck.
drained () {
    before=-1
    until timeout 30 flux queue drain >/dev/null; do
        now=$(wc -l <"$crash_dir/ran")
        test "$now" != "$before" || return 1
        before=$now
    done
}

if drained; then
    echo "ok 2 - no job is stuck"
else
    echo "not ok 2 - no job is stuck"
    flux jobs 2>&1 | sed 's/^/# /'
fi
cat "$crash_dir"/acked.* | sort >"$crash_dir/acked"
sort "$crash_dir/ran" >"$crash_dir/ran.sorted"
lost=$(comm -23 "$crash_dir/acked" "$crash_dir/ran.sorted" | sort -u)
twice=$(uniq -d "$crash_dir/ran.sorted")
echo "# $(wc -l <"$crash_dir/acked") acknowledged, $(wc -l <"$crash_dir/ran") run"
test -z "$lost" && echo "ok 3 - none is lost" || { echo "not ok 3 - none is lost"; echo "# " $lost; }
test -z "$twice" && echo "ok 4 - none ran twice" || { echo "not ok 4 - none ran twice"; echo "# " $twice; }
bad=$(flux jobs -a -no '{id} {result} {exception.note}' | grep -v ' COMPLETED' | head -5)
test -z "$bad" && echo "ok 5 - all of them completed" || { echo "not ok 5 - all of them completed"; echo "$bad" | sed 's/^/# /'; }
broker_stop && echo "ok 6 - an orderly end" || echo "not ok 6 - an orderly end"
no_agent () { test -z "$(agent_pid)"; }
wait_until no_agent && echo "ok 7 - no agent is left" || echo "not ok 7 - no agent is left"
sed 's/^/# /' "$crash_dir/log" | grep -v "is back" | tail -20
echo 1..7
