#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='flux start: its options'

. "$(dirname "$0")/sluice-test.sh"
use_utf8
. "$sluice_sharness"
unset FLUX_URI

test_expect_success '--test-size and --test-hosts make ranks with names' '
    flux start --test-size=3 --test-hosts="a[1-3]" --cores=2 \
        "flux resource list -no {nodelist}:{ncores} -s free
         flux getattr size; flux getattr hostlist" >out &&
    printf "a[1-3]:6\n3\na[1-3]\n" >expect && test_cmp expect out
'

test_expect_success 'options for several brokers are checked and change nothing' '
    flux start -s2 --test-exit-timeout=1m --test-exit-mode=leader \
        --test-start-mode=all --test-pmi-clique=none true &&
    test_must_fail flux start --test-exit-mode=both true 2>err &&
    grep "test-exit-mode: .both. is none of: any leader" err &&
    test_must_fail flux start --test-exit-timeout=x true 2>err &&
    grep "test-exit-timeout: .x. is not a duration" err
'

test_expect_success '--test-rundir has to exist, and may be removed' '
    mkdir rundir &&
    flux start --test-rundir="$PWD/rundir" flux getattr rundir >out &&
    echo "$PWD/rundir" >expect && test_cmp expect out && test -d rundir &&
    flux start --test-rundir="$PWD/rundir" --test-rundir-cleanup true &&
    ! test -e rundir &&
    test_must_fail flux start --test-rundir="$PWD/rundir" true 2>err &&
    grep "test-rundir: .*rundir: No such file" err &&
    flux start --rundir="$PWD/rundir" true && ! test -e rundir
'

test_expect_success '--recovery shows what is there and runs no job' '
    flux start -Sstatedir="$PWD/state" sh -c "flux submit true >id &&
        flux job wait-event -q \$(cat id) clean" &&
    flux start --recovery="$PWD/state" -Sbroker.rc1_path=false \
        sh -c "flux jobs -ano {id} && flux queue status && flux submit true >id2 &&
        flux jobs -no {state}" >out &&
    grep "$(cat id)" out && grep "Scheduler is offline" out && grep SCHED out &&
    test_must_fail flux start --recovery true 2>err &&
    grep "a directory is needed" err
'

test_expect_success 'rc1 and rc3 run around the program' '
    flux start -o "-Sbroker.rc1_path=echo one" -Sbroker.rc3_path="echo three" \
        echo two >out &&
    printf "one\ntwo\nthree\n" >expect && test_cmp expect out &&
    exits_with 1 flux start -Sbroker.rc1_path=false echo two >out 2>&1 &&
    ! grep two out
'

test_expect_success 'cleanup-push: what runs after the program, before rc3' '
    cat >push.sh <<-\X &&
	flux admin cleanup-push "echo three; flux jobs -no {name}"
	flux submit sleep 1000 >id
	printf "echo one\n\necho two; exit 3\n" | flux admin cleanup-push
	! flux admin cleanup-push </dev/null 2>err && grep -q "there is no command" err &&
	! flux rpc runat.push "{\"name\":\"x\",\"commands\":[\"a\"]}" &&
	! flux rpc runat.push "{\"name\":\"cleanup\",\"commands\":[1]}" &&
	echo program
	X
    exits_with 3 flux start -Sbroker.rc3_path="echo rc3" sh push.sh >out 2>log &&
    printf "program\none\ntwo\nthree\nsleep\nrc3\n" >expect && test_cmp expect out &&
    grep "cleanup.1: exited with 3" log &&
    exits_with 5 flux start "flux admin cleanup-push exit 3; exit 5"
'

test_expect_success '--recovery of an archive' '
    flux start "flux submit --wait --job-name=kept true && flux dump -q d.tar" &&
    flux start --recovery=d.tar "flux jobs -ano {name} && flux submit true >id && flux jobs -no {state}" >out &&
    printf "kept\nSCHED\n" >expect && test_cmp expect out &&
    test_must_fail flux start --recovery=push.sh true 2>err && grep "push.sh was not restored" err
'

test_expect_success 'unknown attributes are kept' '
    flux start -Smy.own=1 --conf=a.b=2 \
        "flux getattr my.own; flux config get a.b" >out &&
    printf "1\n2\n" >expect && test_cmp expect out
'

test_done
