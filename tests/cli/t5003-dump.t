#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='flux dump and restore, content.dump and content.restore'

. "$(dirname "$0")/sluice-test.sh"
. "$sluice_sharness"

unset FLUX_URI
use_utf8

test_expect_success 'an instance is dumped' '
    cat >dump.sh <<-\T &&
	set -e
	flux run sh -c "flux kvs put mine=1; echo hello"
	flux submit --wait false || :
	flux submit --urgency=hold --job-name=later echo late
	flux kvs put a.b=1 big="$(printf %2000s x)"
	flux kvs link a l
	flux kvs link -T primary a.b m
	flux dump -q all.tar
	flux dump -v all.tgz 2>keys
	flux dump - 2>count >piped.tar
	flux restore -q --key=back.here all.tar
	flux kvs get back.here.a.b back.here.big >back
	flux kvs readlink back.here.m >>back
	flux kvs get back.here.l.b >>back || :
	flux restore -q --size-limit=1K --key=small - <piped.tar 2>skipped
	! flux kvs get small.big
	! flux restore --checkpoint all.tar 2>refused
	flux jobs -a -no "{name} {status}" >jobs
	T
    flux start sh dump.sh
'
test_expect_success 'as files named by their keys' '
    tar tvf all.tar >list &&
    grep "a/b$" list && grep "l -> a$" list && grep "m -> primary::a.b$" list &&
    grep "job/.*/guest/mine$" list && grep "checkpoint/job-manager$" list &&
    test "$(tar xOf all.tar a/b)" = 1 &&
    test "$(tar xOf all.tar big | wc -c)" -eq 2000 &&
    tar tzf all.tgz >list && grep "resource/R" list &&
    grep "^a.b$" keys && grep "keys" count &&
    tar tf piped.tar | grep "^big$"
'
test_expect_success 'and comes back below a key' '
    printf "1\n%2000s\nprimary::a.b\n1\n" x >want &&
    test_cmp want back &&
    grep "big: skipped" skipped &&
    grep "is not replaced" refused
'
test_expect_success 'or as an instance with the jobs it had' '
    cat >again.sh <<-\T &&
	flux jobs -a -no "{name} {status}" >jobs2
	flux kvs get a.b >val
	flux job attach $(flux jobs -a -no "{id} {name}" | sed -n "s/ sh$//p") >output
	flux kvs get $(flux job id --to=kvs $(flux jobs -a -no "{id} {name}" |
		sed -n "s/ sh$//p")).guest.mine >>val
	id=$(flux jobs -no "{id}")
	flux job urgency $id 16
	flux job attach $id >>output
	flux run true
	flux job last >new
	T
    flux start -S content.restore=all.tgz sh again.sh &&
    test_cmp jobs jobs2 &&
    printf "1\n1\n" >want && test_cmp want val &&
    printf "hello\nlate\n" >want && test_cmp want output
'
test_expect_success 'a record that cannot be replayed is set aside' '
    mkdir -p x/job/0000/0000/0000/0001 &&
    echo "{\"timestamp\":1,\"name\":\"start\"}" >x/job/0000/0000/0000/0001/eventlog &&
    cp all.tar odd.tar &&
    tar rf odd.tar -C x job &&
    flux start -S content.restore=odd.tar \
        sh -c "flux module stats job-manager; flux jobs -a -no {name}" >out &&
    grep "\"unreplayable_jobs\": 1" out && grep -w later out
'
test_expect_success 'a statedir is filled once' '
    flux restore -q --statedir=state all.tar &&
    exits_with 1 flux restore -q --statedir=state all.tar 2>err &&
    grep "has the state of an instance already" err &&
    exits_with 1 flux start -S statedir="$PWD/state" \
        -S content.restore=all.tar true 2>err &&
    grep "content.restore: all.tar was not restored" err &&
    flux start -S statedir="$PWD/state" flux kvs get a.b >out && test "$(cat out)" = 1
'
test_expect_success 'bad archives are refused' '
    exits_with 1 flux restore --statedir=state2 nope.tar 2>err &&
    grep "nope.tar" err &&
    head -c 3000 all.tgz >cut.tgz &&
    exits_with 1 flux restore --statedir=state2 cut.tgz &&
    ! test -e state2/jobs.sqlite &&
    exits_with 1 flux restore all.tar &&
    exits_with 1 flux start flux dump x.unknown
'
test_expect_success 'a dump is left at the end, and begun with' '
    flux start -S content.dump="$PWD/end.tar" flux kvs put last=words &&
    test "$(tar xOf end.tar last)" = words &&
    flux start -S statedir="$PWD/auto" -S content.dump=auto \
        flux kvs put last=auto &&
    test -e auto/dump/RESTORE &&
    flux start -S statedir="$PWD/auto" -S content.restore=auto \
        flux kvs get last >out &&
    rm auto/jobs.sqlite* &&
    flux start -S statedir="$PWD/auto" -S content.restore=auto \
        flux kvs get last >>out &&
    printf "auto\nauto\n" >want && test_cmp want out
'
test_done
