#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='named queues: flux queue, defaults, restart, reload'

. "$(dirname "$0")/sluice-test.sh"
use_utf8
. "$sluice_sharness"

cat >conf.toml <<'EOF'
[resource]
noverify = true
[[resource.config]]
hosts = "fake[0-3]"
cores = "0-1"
[[resource.config]]
hosts = "fake[0-1]"
properties = ["debug"]
[[resource.config]]
hosts = "fake[2-3]"
properties = ["batch"]
[queues.debug]
requires = ["debug"]
[queues.batch]
requires = ["batch"]
policy.jobspec.defaults.system.duration = "10m"
[queues.vip]
parent = "batch"
[policy.jobspec.defaults.system]
duration = "5m"
queue = "debug"
EOF

cp conf.toml first.toml

# run a script from standard input in an instance whose state is kept
instance () {
    cat >script
    mkdir -p state
    "$SLUICE_FLUX" start -S statedir="$PWD/state" -c "$PWD/conf.toml" \
        sh -e ./script
}

test_expect_success 'queues with names are stopped at first' '
    instance >out <<-\EOF &&
	flux queue status
	EOF
    cat >expect <<-\EOF &&
	batch: Job submission is enabled
	batch: Scheduling is stopped
	debug: Job submission is enabled
	debug: Scheduling is stopped
	vip: Job submission is enabled
	vip: Scheduling is stopped
	EOF
    test_cmp expect out
'

test_expect_success 'each can be changed, or all' '
    instance >out 2>err <<-\EOF &&
	flux queue start --all --quiet
	flux queue stop -m tired --quiet debug
	flux queue disable -m full --quiet batch
	flux queue status
	! flux queue disable -m x
	! flux queue status nope
	EOF
    grep "^debug: Scheduling is stopped: tired" out &&
    grep "^debug: Job submission is enabled" out &&
    grep "^batch: Job submission is disabled: full" out &&
    grep "^vip: Scheduling is started" out &&
    grep "Use --all to apply this command to all queues" err &&
    grep "nope. is not a valid queue" err
'

test_expect_success 'the state outlives a restart' '
    instance >out 2>err <<-\EOF &&
	flux queue status
	! flux submit -q batch true
	flux queue enable -a --quiet
	flux queue start -a --quiet
	EOF
    grep "^debug: Scheduling is stopped: tired" out &&
    grep "^batch: Job submission is disabled: full" out &&
    grep "^vip: Scheduling is started" out &&
    grep "job submission to batch is disabled: full" err
'

test_expect_success 'a pending job moves to a queue that takes jobs' '
    instance >out 2>err <<-\EOF &&
	flux queue start --all --quiet
	id=$(flux submit -q debug --urgency=0 true)
	flux update $id queue=batch
	flux jobs -no "in {queue}" $id
	flux queue disable -m full --quiet debug
	! flux update $id queue=debug
	! flux update $id queue=nope
	flux jobs -no "still {queue}" $id
	flux queue enable --quiet debug
	flux cancel $id
	EOF
    grep "^in batch" out && grep "^still batch" out &&
    grep "queue debug is currently disabled" err &&
    grep "nope. is not a valid queue" err
'

test_expect_success 'jobs get the properties and defaults of their queue' '
    instance >out 2>err <<-\EOF &&
	flux run true
	flux run -q vip -N2 true
	flux jobs -ano "{queue} {duration} {ranks}"
	! flux submit -q nope true
	! flux run -q batch -N3 true
	EOF
    grep "^debug 300.0 0$" out &&
    grep "^vip 600.0 .*2-3" out &&
    grep "nope. is not a valid queue" err &&
    grep "unsatisfiable request" err
'

test_expect_success 'jobs of a virtual queue are listed with its parent' '
    instance >out <<-\EOF &&
	flux submit -q batch --quiet true
	flux queue drain
	flux jobs -an -q batch -o "in {queue}"
	flux jobs -an -q vip -o "virtual {queue}"
	EOF
    grep "^in batch" out && grep "^in vip" out &&
    grep "^virtual vip" out && ! grep "^virtual batch" out
'

test_expect_success 'a stopped queue holds up no other' '
    instance >out <<-\EOF
	flux queue stop --quiet batch
	b=$(flux submit -q batch true)
	v=$(flux submit -q vip true)
	flux run -q debug true
	test $(flux jobs -no {state} $b) = SCHED
	test $(flux jobs -no {state} $v) = SCHED
	flux queue start --quiet batch
	flux job wait-event -t 20 $b clean
	flux job wait-event -t 20 $v clean
	EOF
'

test_expect_success 'reload adds queues and takes them away' '
    instance >out 2>err <<-\EOF &&
	id=$(flux submit -q vip --urgency=hold true)
	sed -i -e "s/^\[queues.vip\]/[queues.new]/" conf.toml
	flux config reload
	flux queue status
	! flux submit -q vip true
	flux job urgency $id 16
	test $(flux jobs -no {state} $id) = SCHED
	flux cancel $id
	sed -i -e "s/^parent = .*/parent = \"nope\"/" conf.toml
	! flux config reload
	flux queue status new
	EOF
    grep "^new: Scheduling is stopped" out &&
    ! grep "^vip" out &&
    grep "vip. is not a valid queue" err &&
    grep "nope. is not a configured queue" err
'

test_expect_success 'a configuration with a bad queue refuses to start' '
    printf "[queues.a]\nrequires = 1\n" >bad.toml &&
    test_must_fail "$SLUICE_FLUX" start -c "$PWD/bad.toml" true 2>err &&
    grep "must be an array of property strings" err
'

test_expect_success 'jobs are counted queue by queue' '
    rm -rf state && cp first.toml conf.toml &&
    instance >out <<-\EOF &&
	flux queue start --all --quiet
	flux submit -q debug true true >/dev/null
	flux submit -q batch false >id
	flux job wait-event -q $(cat id) clean
	flux queue stop --all --quiet
	flux submit -q vip --cc=1-2 true >/dev/null
	flux jobs --stats-only -q vip
	flux jobs --stats-only -q batch || echo nothing active
	flux job stats | jq -c ".queues[]|[.name,.job_states.sched,.failed]"
	flux cancel --all 2>/dev/null
	flux queue drain
	EOF
    cat >expect <<-\EOF &&
	0 running, 0 completed, 0 failed, 2 pending, 0 inactive purged
	0 running, 0 completed, 1 failed, 0 pending, 0 inactive purged
	nothing active
	["batch",0,1]
	["debug",0,0]
	["vip",2,0]
	EOF
    test_cmp expect out
'

test_expect_success 'after a restart, too, and with purged ones' '
    instance >out <<-\EOF &&
	flux job purge --force --num-limit=0 >/dev/null
	flux jobs --stats-only -q vip || :
	flux jobs --stats-only -q nosuch 2>&1 || :
	EOF
    cat >expect <<-\EOF &&
	0 running, 0 completed, 0 failed, 0 pending, 2 inactive purged
	flux-jobs: ERROR: no stats available for queue nosuch
	EOF
    test_cmp expect out
'

test_expect_success 'resources are shown of queues, ranks and hosts' '
    cp first.toml conf.toml && rm -rf state &&
    instance >out 2>err <<-\EOF &&
	flux resource list -no "{nodelist}" -q debug
	flux resource list -no "{nodelist}" -q debug,batch
	flux resource list -no "{nodelist}" -q vip
	flux resource list -no "{nodelist}" -i 1-2
	flux resource list -no "{nodelist}" -i fake3,elsewhere
	flux resource list -no "{nodelist}" -q batch -i 0-2
	flux queue list -no "{queue} {resources.all.nnodes} {resources.free.ncores}" | sort
	flux queue list -o "{resources.all.ngpus}" | head -1
	! flux resource list -q nope
	! flux resource list -i "[["
	EOF
    cat >expect <<-\EOF &&
	fake[0-1]
	fake[0-3]
	fake[2-3]
	fake[1-2]
	fake3
	fake2
	batch 2 4
	debug 2 4
	vip 2 4
	GPUS
	EOF
    test_cmp expect out &&
    grep "nope: no such queue" err &&
    grep "neither a set of ranks nor of hosts" err
'

test_expect_success 'stop-queues-on-restart: they wait for who starts them' '
    rm -rf state && { cat first.toml && printf "[job-manager]\nstop-queues-on-restart = true\n"; } >conf.toml &&
    instance <<-\EOF &&
	flux queue start -a --quiet
	EOF
    instance >out <<-\EOF &&
	flux queue status
	EOF
    test $(grep -c "Scheduling is stopped: Automatically stopped due to restart" out) -eq 3
'

test_expect_success 'list: limits end with what there is, queues have parents, nodes have states' '
	cat >virtual.toml <<-\EOF &&
		[policy]
		jobspec.defaults.system.queue = "batch"
		[resource]
		noverify = true
		[[resource.config]]
		hosts = "n[0-3]"
		cores = "0-1"
		[[resource.config]]
		hosts = "n[0-2]"
		properties = ["most"]
		[queues.batch]
		requires = ["most"]
		policy.limits.job-size.max.ncores = 4
		[queues.night]
		parent = "batch"
		[queues.all]
	EOF
	cat >script <<-\EOF &&
		flux queue start --quiet night; flux queue start --quiet all
		flux queue list
		flux queue list -n -o policy -q batch
		flux queue list -o nodes
		flux queue list -no "{queue} {scheduling} {started.ascii}|{color_started}{color_off}"
		flux queue idle; flux queue idle --quiet; flux queue drain --quiet -t 10
		for c in drain idle list "status a"; do flux queue $c x 2>/dev/null; echo $c: $?; done
	EOF
	flux start -c "$PWD/virtual.toml" sh script >out && cat out && cat >want <<-\EOF && test_cmp want out
		QUEUE    PARENT   EN ST TDEFAULT   TLIMIT     NNODES     NCORES      NGPUS
		all                ✔  ✔      inf      inf        0-4        0-8        0-0
		batch*             ✔  ✗      inf      inf        0-3        0-4        0-0
		night    batch     ✔  ⏸      inf      inf        0-3        0-6        0-0
		batch*    ✔  ✗      inf      inf      0-inf        0-4      0-inf
		QUEUE    PARENT   EN ST  NODES   NODES:UP NODES:DOWN NODES:ALLOC NODES:FREE
		all                ✔  ✔      4          4          0           0          4
		batch*             ✔  ✗      3          3          0           0          3
		night    batch     ✔  ⏸      3          3          0           0          3
		all started y|
		batch stopped n|
		night stopped (parent) p|
		0 jobs
		drain: 2
		idle: 2
		list: 2
		status a: 2
	EOF
'
test_done
