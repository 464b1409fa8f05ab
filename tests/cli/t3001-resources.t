#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='resources that are configured: pretended nodes'

. "$(dirname "$0")/sluice-test.sh"
use_utf8
. "$sluice_sharness"

cat >conf.toml <<'EOF'
[resource]
noverify = true
exclude = "fake3"
[[resource.config]]
hosts = "fake[0-3]"
cores = "0-1"
[[resource.config]]
hosts = "fake[0-1]"
properties = ["small"]
gpus = "0"
EOF

instance () {
    cat >script
    mkdir -p state
    "$SLUICE_FLUX" start -S statedir="$PWD/state" -c "$PWD/conf.toml" \
        sh -e ./script
}

test_expect_success 'every pretended node runs tasks' '
    instance >out 2>err <<-\EOF &&
	flux getattr size
	flux getattr hostlist
	flux resource list -no "{state} {nnodes} {ncores} {ngpus} {nodelist}"
	flux run -N3 -n6 printenv FLUX_TASK_RANK | sort | tr "\n" " "
	echo input | flux run -N1 --requires=rank:2 cat
	EOF
    grep "^1$" out &&
    grep "^fake\[0-3\]$" out &&
    grep "^free 3 6 2 fake\[0-2\]" out &&
    grep "^0 1 2 3 4 5 input$" out &&
    test_must_be_empty err
'

test_expect_success 'constraints choose nodes' '
    instance >out <<-\EOF &&
	flux run -n1 --requires=host:fake1 true
	flux jobs -an -c1 -o "host {nodelist}"
	flux run -n1 --requires=^small true
	flux jobs -an -c1 -o "other {nodelist}"
	flux run -n1 --requires=rank:1 true
	flux jobs -an -c1 -o "rank {nodelist}"
	EOF
    cat >expect <<-\EOF &&
	host fake1
	other fake2
	rank fake1
	EOF
    test_cmp expect out
'

test_expect_success 'a job for hosts there are not is refused, wherever it names them' '
    instance 2>err <<-\EOF &&
	! flux submit --requires=host:nosuch true
	! flux submit --requires="not (small or host:fake[2-5],b,a)" true
	flux submit --requires="host:fake[0-3]" true
	! flux submit --requires=-host:fake9 true
	! flux submit --dry-run --requires=host:fake8 true | flux job submit
	flux submit --flags=novalidate --requires=host:fake7 true
	EOF
    cat >expect <<-\EOF &&
	flux-submit: ERROR: host constraint contains invalid hosts: host '"'nosuch'"' not found
	flux-submit: ERROR: host constraint contains invalid hosts: hosts '"'fake[4-5],b,a'"' not found
	flux-submit: ERROR: host constraint contains invalid hosts: host '"'fake9'"' not found
	flux-job: ERROR: host constraint contains invalid hosts: host '"'fake8'"' not found
	EOF
    test_cmp expect err
'

test_expect_success 'an excluded node does not exist for jobs' '
    instance >out 2>err <<-\EOF &&
	flux resource status -no "{state} {nnodes} {nodelist}"
	! flux run -N4 true
	! flux resource drain fake3
	EOF
    grep "^exclude 1 fake3" out &&
    grep "unsatisfiable request" err &&
    grep "rank 3 excluded" err
'

test_expect_success 'nodes are drained by rank and name, also after a restart' '
    instance <<-\EOF &&
	flux resource drain 0-1 maintenance
	flux resource drain fake2
	EOF
    instance >out <<-\EOF
	flux resource drain -no "{ranks} {reason}" >drained
	grep "^0-1 maintenance" drained
	grep "^2 " drained
	id=$(flux submit -N3 true)
	flux resource undrain 0-1
	test $(flux jobs -no {state} $id) = SCHED
	flux resource undrain fake2
	flux job wait-event -t 20 $id clean
	EOF
'

test_expect_success 'status: lines by what the format shows, states and queues are chosen' '
    cat conf.toml >queues.toml &&
    printf "[queues.s]\nrequires = [\"small\"]\n[queues.all]\n" >>queues.toml &&
    "$SLUICE_FLUX" start -c "$PWD/queues.toml" sh -e >out <<-\EOF &&
	flux resource drain 1 dust; flux resource drain 2 rust
	s() { echo "$@:"; flux resource status -no "{state} {nodelist}" "$@"; }
	s; s -s drain; s -s drained,exclude,torpid; s -s drained,exclude,torpid --skip-empty; s -s offline; s -s avail,online
	s -q s; s -i 2; s -s all
	flux resource status -no "{state} {reason} {nnodes}"
	flux resource status -no "{status} {nnodes}"
	flux resource status -o long
	flux resource drain -no {nodelist} -q s
	! flux resource status -s nosuch 2>err
	! flux resource status -q nosuch 2>>err
	EOF
    cat >expect <<-\EOF &&
	:
	avail fake0
	exclude fake3
	drained fake[1-2]
	-s drain:
	draining 
	drained fake[1-2]
	-s drained,exclude,torpid:
	exclude fake3
	torpid 
	drained fake[1-2]
	-s drained,exclude,torpid --skip-empty:
	exclude fake3
	drained fake[1-2]
	-s offline:
	avail* 
	exclude* 
	torpid* 
	housekeeping* 
	-s avail,online:
	avail fake0
	-q s:
	avail fake0
	drained fake1
	-i 2:
	drained fake2
	-s all:
	avail fake0
	exclude fake3
	allocated 
	torpid 
	housekeeping 
	draining 
	drained fake[1-2]
	avail  1
	exclude  1
	drained dust 1
	drained rust 1
	online 4
	       STATE UP NNODES REASON                         NODELIST
	       avail  ✔      1                                fake0
	     exclude  ✔      1                                fake3
	     drained  ✔      1 dust                           fake1
	     drained  ✔      1 rust                           fake2
	fake1
	EOF
    test_cmp expect out && grep "INFO: valid states: avail,.*housekeeping" err &&
    grep "Invalid resource state nosuch" err && grep "queue: nosuch: no such queue" err
'

test_expect_success 'R can be read from a file' '
    cat >R.json <<-\EOF &&
	{"version":1,"execution":{"R_lite":[{"rank":"0-1","children":
	{"core":"0-3"}}],"starttime":0,"expiration":0,"nodelist":["n[0-1]"]}}
	EOF
    printf "[resource]\nnoverify = true\npath = \"$PWD/R.json\"\n" >path.toml &&
    "$SLUICE_FLUX" start -c "$PWD/path.toml" \
        flux resource list -no "{nnodes} {ncores} {nodelist}" >out &&
    grep "^2 8 n\[0-1\]" out
'

# refused SENTENCE: the configuration on standard input, with that sentence
refused () {
    cat >bad.toml &&
    test_must_fail "$SLUICE_FLUX" start -c "$PWD/bad.toml" true 2>err &&
    grep "$1" err
}

test_expect_success 'what is wrong is told' '
    printf "[[resource.config]]\nhosts = \"a[\"\ncores = \"0\"\n" |
        refused "is not a list of hosts" &&
    printf "[[resource.config]]\nhosts = \"a\"\ncores = \"x\"\n" |
        refused "is not a set of ids" &&
    printf "[[resource.config]]\nhosts = \"a\"\n" |
        refused "host a has no cores" &&
    printf "[[resource.config]]\nhosts = \"a\"\ncores = \"0\"\nx = 1\n" |
        refused "unknown key" &&
    printf "[[resource.config]]\nhosts = \"a\"\nproperties = [\"!\"]\n" |
        refused "invalid property" &&
    printf "[resource]\npath = \"/nonexistent\"\n" |
        refused "/nonexistent"
'

test_expect_success 'flux start --test-size pretends to be several nodes' '
    "$SLUICE_FLUX" start --test-size=3 --cores=2 sh -e >out <<-\EOF &&
	flux getattr size
	flux resource list -no "{state} {nnodes} {ncores}"
	flux run -N3 sh -c "echo task"
	flux ping -c1 2 >/dev/null
	! flux ping -c1 3 >/dev/null 2>&1
	EOF
    grep "^3$" out &&
    grep "^free 3 6" out &&
    test $(grep -c "^task$" out) -eq 3
'

test_expect_success 'a node that becomes excluded is drained no more' '
    sed -e "/^exclude/d" conf.toml >live.toml &&
    "$SLUICE_FLUX" start -c "$PWD/live.toml" sh -e >out <<-EOF &&
	flux resource drain 1-2
	sed -e "/^noverify/aexclude = \"fake1\"" live.toml >new.toml
	mv new.toml live.toml
	flux config reload
	flux resource status -no "{state} {nodelist}"
	EOF
    grep "^exclude fake1" out &&
    grep "^drained fake2" out
'

test_expect_success 'nodes of one name are drained by number' '
    mkdir -p same &&
    "$SLUICE_FLUX" start -S statedir="$PWD/same" --test-size=3 \
        flux resource drain 2 &&
    "$SLUICE_FLUX" start -S statedir="$PWD/same" --test-size=3 \
        flux resource drain -no "{ranks}" >out &&
    grep "^2$" out
'

test_expect_success 'what a scheduler is to know comes from a file' '
    echo "{\"writer\":\"me\"}" >sched.json &&
    sed "s|^noverify|scheduling = \"$PWD/sched.json\"\nnoverify|" conf.toml >with.toml &&
    "$SLUICE_FLUX" start -c "$PWD/with.toml" flux rpc resource.get >out &&
    jq -e ".R.scheduling.writer == \"me\"" out &&
    echo "[" >sched.json &&
    exits_with 1 "$SLUICE_FLUX" start -c "$PWD/with.toml" true 2>err &&
    grep "sched.json" err
'

test_done
