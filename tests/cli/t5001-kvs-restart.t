#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='the key-value store outlives a broker that is killed'

. "$(dirname "$0")/sluice-test.sh"
. "$sluice_sharness"

unset FLUX_URI
mkdir -p state
instance () { flux start --cores=1 -S statedir="$PWD/state" sh "$@"; }

test_expect_success 'a broker is killed right after it answered' '
    cat >before.sh <<-\T &&
	flux kvs put --sequence a.b=kept >first
	flux kvs namespace create ns
	flux kvs put -N ns k=v
	flux kvs put --sequence a.c=2 >seq
	kill -9 $(flux getattr broker.pid)
	T
    { instance before.sh || :; } &&
    test "$(cat seq)" -eq $(($(cat first) + 1))
'
test_expect_success 'what was answered is there' '
    cat >after.sh <<-\T &&
	flux kvs get a.b a.c && flux kvs get -N ns k && flux kvs version >now
	T
    instance after.sh >out &&
    printf "kept\n2\nv\n" >want &&
    test_cmp want out &&
    test $(cat now) -ge $(cat seq)
'
test_expect_success 'a job goes on to write to its namespace' '
    cat >before.sh <<-\T &&
	flux submit sh -c "flux kvs put k=1; until flux kvs get go; do sleep 0.05; done; flux kvs put l=2" >id
	flux kvs get --waitcreate -N job-$(flux job id --to=dec $(cat id)) k
	kill -9 $(flux getattr broker.pid)
	T
    cat >after.sh <<-\T &&
	id=$(cat id) ns=job-$(flux job id --to=dec $(cat id))
	flux kvs get -N $ns k
	flux kvs put -N $ns go=1
	flux job wait-event -q -t 20 $id clean
	dir=$(flux job id --to=kvs $id)
	flux kvs get $dir.guest.k $dir.guest.l
	T
    { instance before.sh || :; } &&
    instance after.sh >out &&
    printf "1\n1\n2\n" >want &&
    test_cmp want out
'
test_expect_success 'and what it wrote is there for the next broker' '
    cat >later.sh <<-\T &&
	dir=$(flux job id --to=kvs $(cat id))
	flux gc >&2
	flux kvs get $dir.guest.k $dir.guest.l
	T
    instance later.sh >out &&
    printf "1\n2\n" >want &&
    test_cmp want out
'
test_done
