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
	flux kvs put a.b=kept
	flux kvs namespace create ns
	flux kvs put -N ns k=v
	flux kvs put --sequence a.c=2 >seq
	kill -9 $(flux getattr broker.pid)
	T
    { instance before.sh || :; } &&
    test "$(cat seq)" = 2
'
test_expect_success 'what was answered is there' '
    cat >after.sh <<-\T &&
	flux kvs get a.b a.c && flux kvs get -N ns k && flux kvs version
	T
    instance after.sh >out &&
    printf "kept\n2\nv\n2\n" >want &&
    test_cmp want out
'
test_done
