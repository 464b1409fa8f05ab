#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='jobs write to namespaces of their own'

. "$(dirname "$0")/sluice-test.sh"
test_under_instance 2
. "$sluice_sharness"

# The directory of the last job.
lastdir () { flux job id --to=kvs "$(flux job last)"; }

test_expect_success 'what a job puts goes to its own namespace' '
    flux run sh -c "flux kvs put a.b=\$FLUX_KVS_NAMESPACE && flux kvs get a.b" >out &&
    test "$(cat out)" = "job-$(flux job id --to=dec $(flux job last))" &&
    exits_with 1 flux kvs get a.b
'
test_expect_success 'the job is over: it is found in its directory' '
    flux kvs get $(lastdir).guest.a.b >kept &&
    test_cmp out kept &&
    flux kvs dir -R $(lastdir).guest >dir &&
    grep "guest.a.b = job-" dir && grep "guest.exec.eventlog = " dir &&
    flux kvs ls $(lastdir) | grep guest &&
    exits_with 1 flux kvs put $(lastdir).guest.a.b=x 2>err &&
    grep "only read" err
'
test_expect_success 'while it runs others see it' '
    id=$(flux submit sh -c "flux kvs put k=v; flux kvs get --waitcreate go") &&
    dir=$(flux job id --to=kvs $id) ns=job-$(flux job id --to=dec $id) &&
    test "$(flux kvs get --waitcreate -N $ns k)" = v &&
    test "$(flux kvs get $dir.guest.k)" = v &&
    test "$(flux kvs readlink $dir.guest)" = "$ns::." &&
    flux kvs namespace list | grep "^$ns " &&
    flux kvs get -N $ns exec.eventlog | grep shell.start &&
    exits_with 1 flux kvs namespace remove $ns &&
    flux kvs put -N $ns go=1 &&
    flux job attach $id &&
    flux job wait-event -q $id clean &&
    exits_with 1 flux kvs get -N $ns k 2>err &&
    grep "not supported" err &&
    test "$(flux kvs get $dir.guest.go)" = 1
'
test_expect_success 'logs are seen in it, and are not written' '
    flux run sh -c "flux job wait-event -q -p exec \$FLUX_JOB_ID shell.start
        flux kvs ls; flux kvs put output=x || echo refused" >out &&
    grep -w exec out && grep refused out
'
test_expect_success 'it goes with the job' '
    dir=$(lastdir) &&
    flux run flux kvs put a=1 &&
    gone=$(lastdir) &&
    flux job purge --force $(flux job last) &&
    exits_with 1 flux kvs get $gone.guest.a &&
    flux kvs get $dir.eventlog >log
'
test_done
