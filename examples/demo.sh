#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later
#
# The main job of Sluice, shown: run inside an instance, with release.so (made
# from release.c) in the directory given as the first argument.

dir=${1:-.}

say ()
{
    printf '\n\033[1m%s\033[0m\n' "$*"
}

try ()
{
    printf '$ %s\n' "$*"
    "$@" || { echo "demo: '$*' failed" >&2; exit 1; }
}

say "A plugin written in C decides priorities; until it is asked to release, it has none to give."
try flux jobtap load "$dir/release.so"
try flux jobtap list

say "Four jobs are submitted. They wait in state PRIORITY: their priority is unavailable."
try flux submit --cc=1-4 --job-name=demo sh -c 'echo "job {cc} ran on $(hostname)"'
last=$(flux job last)
flux job wait-event -q "$last" depend
try flux jobs -o '{id.f58:>12} {name:<6} {state:<9} {priority:>8}'

say "The queue is stopped to look at what follows; then the plugin calls flux_jobtap_reprioritize_all(3)."
try flux queue stop
try flux rpc job-manager.release.release
try flux jobs -o '{id.f58:>12} {name:<6} {state:<9} {priority:>8}'

say "flux_jobtap_reprioritize_job(3) lets the last job overtake the others."
try flux rpc job-manager.release.boost "{\"id\":$(flux job id --to=dec "$last")}"
try flux jobs -o '{id.f58:>12} {name:<6} {state:<9} {priority:>8}'

say "The queue is started: jobs run by priority, then age."
try flux queue start
try flux queue drain
try flux jobs -a -o '{id.f58:>12} {name:<6} {status:<9} {priority:>8} {t_run:18.6f}'

say "Output and history of the job that overtook."
try flux job attach "$last"
try flux job eventlog "$last"
