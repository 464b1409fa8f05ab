#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='flux module: parts of the broker are removed and loaded'

. "$(dirname "$0")/sluice-test.sh"
test_under_instance 2
use_utf8
. "$sluice_sharness"

refused () {
    test_must_fail "$@" 2>err && cat err
}

test_expect_success 'parts have the names of modules' '
    flux module list >out &&
    for m in content cron heartbeat job-exec job-info job-ingest job-list \
        job-manager kvs kvs-watch resource sched-simple connector-local; do
        grep "^$m " out || return 1
    done &&
    grep "sched-simple .* sched,feasibility" out
'

test_expect_success 'a removed one is listed no more and serves nothing' '
    flux module remove job-list &&
    flux module list >out && ! grep job-list out &&
    refused flux jobs >out &&
    grep "No service matching job-list.list is registered" out &&
    refused flux module stats job-list >out &&
    grep "No service matching job-list.stats-get is registered" out &&
    flux module load job-list &&
    flux jobs
'

test_expect_success 'removing or loading twice is refused, or forced' '
    refused flux module load job-list >out && grep "loaded already" out &&
    flux module remove kvs-watch &&
    refused flux module remove kvs-watch &&
    flux module remove --force kvs-watch &&
    flux module reload --force kvs-watch &&
    flux module reload kvs-watch
'

test_expect_success 'what cannot go says why' '
    refused flux module remove connector-local >out &&
    grep "connector-local cannot be removed: " out &&
    refused flux module remove config >out &&
    grep "config cannot be removed: " out &&
    refused flux module remove nosuch >out && grep "no such module" out
'

test_expect_success 'what is no part cannot be loaded, nor under another name' '
    refused flux module load nosuch >out &&
    grep "module not found in search path" out &&
    flux module remove heartbeat &&
    refused flux module load --name=pulse heartbeat >out &&
    grep "no other name" out &&
    refused flux module load heartbeat period=fast >out &&
    grep "period fast: not a duration" out &&
    refused flux module load heartbeat speed=2 >out &&
    grep "unknown option: speed=2" out
'

test_expect_success 'the heart stops, and beats as often as it is told' '
    flux event sub --count=3 heartbeat.pulse >pulses &
    flux module load heartbeat period=20ms &&
    wait $! && test $(wc -l <pulses) -eq 3 &&
    flux module reload heartbeat
'

test_expect_success 'options of job-ingest are known' '
    flux module reload job-ingest disable-validator batch-count=4 &&
    flux module remove job-ingest &&
    refused flux submit true >out &&
    grep "No service matching job-ingest.submit is registered" out &&
    refused flux module load job-ingest batch-count=0 >out &&
    grep "batch-count=0" out &&
    flux module load job-ingest &&
    flux submit --wait true
'

test_expect_success 'without a scheduler jobs wait, and it is said why' '
    flux module remove sched-simple &&
    flux queue status >out && cat out &&
    grep "Scheduling is stopped: Scheduler is offline" out &&
    flux submit -n2 true >id &&
    flux queue status -v >out &&
    grep "0 alloc requests pending to scheduler" out &&
    grep "1 alloc requests queued" out &&
    flux jobs -no {state} $(cat id) >out && grep SCHED out &&
    refused flux rpc feasibility.check "{\"jobspec\":{}}" >out &&
    grep "No service matching feasibility.check" out
'

test_expect_success 'with it they go on' '
    flux module load sched-simple queue-depth=2 &&
    flux module reload sched-simple queue-depth=unlimited &&
    refused flux module reload sched-simple queue-depth=none >out &&
    grep "queue-depth=none: not a number from 1 or unlimited" out &&
    flux module load sched-simple mode=unlimited &&
    flux job attach $(cat id) &&
    flux queue status >out && grep "Scheduling is started" out &&
    refused flux module reload sched-simple mode=some >out &&
    grep "mode=some: not limited=N or unlimited" out &&
    flux module load sched-simple
'

test_expect_success 'the scheduler may want to know of a few jobs only' '
    flux module reload sched-simple mode=limited=2 &&
    flux submit -n2 sleep inf >running &&
    flux job wait-event $(cat running) start &&
    flux submit --cc=1-4 -n2 true >ids &&
    flux queue status -v >out && cat out &&
    grep "2 alloc requests pending to scheduler" out &&
    grep "2 alloc requests queued" out &&
    flux module reload sched-simple &&
    flux queue status -v >out &&
    grep "4 alloc requests pending to scheduler" out &&
    flux cancel $(cat running) &&
    flux job wait-event -q $(tail -n1 ids) clean
'

test_expect_success 'without job-exec jobs get resources and wait' '
    flux module remove job-exec &&
    flux submit true >id &&
    flux job wait-event $(cat id) alloc &&
    flux job eventlog $(cat id) >log && ! grep " start" log &&
    flux module load job-exec &&
    flux job attach $(cat id)
'

test_expect_success 'a job that waits for job-exec can be canceled' '
    flux module remove job-exec &&
    flux submit true >id &&
    flux job wait-event $(cat id) alloc &&
    flux cancel $(cat id) &&
    flux job wait-event $(cat id) clean &&
    flux module load job-exec
'

test_expect_success 'while job-manager is away jobs run on' '
    flux submit sh -c "while ! test -e go; do sleep 0.01; done; echo done" \
        >running &&
    flux submit -n2 true >pending &&
    flux job wait-event $(cat running) start &&
    flux module remove job-manager &&
    refused flux cancel $(cat pending) >out &&
    grep "No service matching job-manager.raise is registered" out &&
    flux kvs put a=1 && test "$(flux kvs get a)" = 1
'

test_expect_success 'it comes back with them' '
    touch go &&
    flux module load job-manager &&
    flux job attach $(cat running) >out && test "$(cat out)" = "done" &&
    flux job attach $(cat pending) &&
    test "$(flux kvs get a)" = 1
'

test_expect_success 'its plugins are those of the configuration again' '
    flux jobtap list -a >before &&
    flux module reload job-manager &&
    flux jobtap list -a >after && test_cmp before after &&
    flux submit --wait true
'

test_expect_success 'other resources are taken over by a reload' '
    flux submit sleep inf >running &&
    flux job wait-event $(cat running) start &&
    flux config load <<-\EOF &&
	[resource]
	noverify = true
	[[resource.config]]
	hosts = "fake[0-3]"
	cores = "0-3"
	EOF
    test "$(flux resource list -no {nnodes} -s all)" = 1 &&
    flux module remove sched-simple &&
    flux module reload resource &&
    test "$(flux resource list -no {nnodes}:{ncores} -s all)" = 4:16 &&
    flux queue status >out && grep "Scheduler is offline" out &&
    flux module load sched-simple &&
    flux submit --wait -N4 -n4 true &&
    flux cancel $(cat running) &&
    flux job wait-event $(cat running) clean
'

test_expect_success 'resources that cannot be read are refused' '
    refused sh -c "echo \"resource.config = 1\" | flux config load &&
        flux module reload resource" >out && cat out &&
    echo "" | flux config load &&
    flux module load resource &&
    flux submit --wait true
'

test_expect_success 'other resources are taken over by request' '
    set_R () {
        echo "{\"version\":1,\"execution\":{\"R_lite\":[{\"rank\":\"$1\",\"children\":{\"core\":\"$2\"}}],\
	    \"starttime\":0,\"expiration\":0,\"nodelist\":[\"$3\"]}}" >R.json
    } &&
    flux submit sleep inf >running &&
    flux job wait-event $(cat running) start &&
    set_R 0 0-7 big && refused flux resource reload R.json >out &&
    grep "resources are busy (unload scheduler?)" out &&
    flux module remove sched-simple && flux resource reload R.json &&
    test "$(flux resource list -no {nnodes}:{ncores}:{nodelist} -s all)" = 1:8:big &&
    flux resource eventlog | grep "resource-define method=\"reload\"" &&
    set_R 0-1 0-7 big,small && refused flux resource reload R.json >out &&
    grep "ranks exceeding size=1" out &&
    test "$(flux resource info -s all)" = "1 Nodes, 8 Cores, 0 GPUs" &&
    flux resource reload -f R.json &&
    echo bad >bad.json && refused flux resource reload bad.json >out && grep "bad.json" out &&
    mkdir -p xml && refused flux resource reload -x xml >out && grep "no XML input files" out &&
    flux module load sched-simple && flux submit --wait -N2 -n2 true &&
    test "$(flux jobs -no "{id} {state}")" = "$(cat running) RUN" &&
    flux cancel $(cat running) && flux job wait-event $(cat running) clean &&
    flux resource acquire-mute
'

test_expect_success 'also from descriptions by hwloc, until resource is loaded again' '
    flux rpc resource.topo-get >xml/0.xml && flux module remove sched-simple &&
    flux resource reload --xml xml && flux resource info -s all >out && grep "^1 Nodes" out &&
    echo "<topology>" >xml/1.xml && refused flux resource reload -x -f xml >out && grep "1.xml: hwloc" out &&
    flux module load sched-simple && flux module reload resource &&
    test "$(flux resource info -s all)" = "1 Nodes, 2 Cores, 0 GPUs"
'

test_expect_success 'messages of a module can be watched' '
    (flux module trace --full -T "*.job-stats" job-list >traced; :) &
    pid=$! &&
    wait_until sh -c "flux job stats >/dev/null; test -s traced" &&
    grep "job-list rx > job-list.job-stats" traced &&
    grep "job-list tx < job-list.job-stats \[[0-9]*\] success" traced &&
    grep job_states traced
'

test_expect_success 'of types that are known' '
    refused flux module trace -t letter job-list >out &&
    grep "letter. is not request" out
'

test_expect_success 'statistics of all ranks can be cleared' '
    flux module stats -C content && flux module stats content
'

test_done
