# SPDX-License-Identifier: LGPL-3.0-or-later
# A broker on a state directory of its own, to be killed and started again.
# Sourced after sluice-test.sh; the current directory is the test's.

unset FLUX_URI
crash_dir=$(mktemp -d "${TMPDIR:-/tmp}/sluice-crash-XXXXXX")
FLUX_URI=local://$crash_dir/sock
export FLUX_URI

# broker_start [OPTION...]: in the background; returns when it answers.
broker_start () {
    flux broker -S local-uri="$FLUX_URI" -S statedir="$crash_dir/state" \
        -S resource.cores=4 "$@" </dev/null >>"$crash_dir/log" 2>&1 &
    broker_pid=$!
    wait_until flux getattr broker.pid >/dev/null 2>&1
}
broker_kill () {
    kill -9 "$broker_pid"
    wait "$broker_pid" 2>/dev/null
    :
}
# To its end: running jobs are ended.
broker_stop () {
    flux shutdown --quiet
    wait "$broker_pid"
}
# To be started again: jobs go on.
broker_terminate () {
    kill "$broker_pid"
    wait "$broker_pid"
}
agent_pid () {
    pgrep -f "flux-agent .*--socket=$crash_dir/state/rundir/agent" ||
        pgrep -f "flux-agent .*--socket=$(readlink "$crash_dir/state/rundir")/agent"
}
crash_clean () {
    kill -9 "$broker_pid" 2>/dev/null
    for pid in $(agent_pid); do kill "$pid"; done
    rm -rf "$crash_dir" 2>/dev/null
}
