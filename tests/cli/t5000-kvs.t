#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='flux kvs: values, directories, links, namespaces'

. "$(dirname "$0")/sluice-test.sh"
test_under_instance 1
. "$sluice_sharness"

test_expect_success 'values are put and printed' '
    flux kvs put a=1 b.c=two &&
    test "$(flux kvs get a)" = 1 &&
    test "$(flux kvs get --label a b.c | tr "\n" " ")" = "a=1 b.c=two "
'
test_expect_success 'missing keys and directories are no values' '
    exits_with 1 flux kvs get nope 2>err &&
    grep "nope: No such file" err &&
    exits_with 1 flux kvs get b 2>err &&
    grep "b: Is a directory" err
'
test_expect_success 'raw values come from standard input as they are' '
    printf "x\ny" | flux kvs put --raw r=- &&
    flux kvs get --raw r >out &&
    printf "x\ny" >want &&
    test_cmp want out
'
test_expect_success 'values are appended to' '
    flux kvs put log=one &&
    flux kvs put --append log=two &&
    test "$(flux kvs get log)" = onetwo
'
test_expect_success 'directories are listed' '
    flux kvs mkdir d &&
    flux kvs put d.e.f=1 d.g=2 &&
    flux kvs link d l &&
    test "$(flux kvs ls d)" = "e    g" &&
    flux kvs dir -R d >out &&
    printf "d.e.f = 1\nd.g = 2\n" >want &&
    test_cmp want out &&
    flux kvs ls -1F >out &&
    grep -x "d\." out && grep -x "l@" out
'
test_expect_success 'links are followed and read' '
    test "$(flux kvs get l.g)" = 2 &&
    test "$(flux kvs readlink l)" = d &&
    flux kvs link p q && flux kvs link q p &&
    exits_with 1 flux kvs get p 2>err &&
    grep "Too many levels" err
'
test_expect_success 'unlink is careful with directories' '
    exits_with 1 flux kvs unlink d 2>err &&
    grep "not empty" err &&
    exits_with 1 flux kvs unlink nope &&
    flux kvs unlink -f nope &&
    flux kvs unlink -R d &&
    exits_with 1 flux kvs get d.g
'
test_expect_success 'copies do not follow their source' '
    flux kvs put s.x=1 &&
    flux kvs copy s t &&
    flux kvs put s.x=2 &&
    test "$(flux kvs get t.x)" = 1 &&
    flux kvs move t u &&
    exits_with 1 flux kvs get t.x &&
    test "$(flux kvs get u.x)" = 1
'
test_expect_success 'an old root is a snapshot' '
    root=$(flux kvs getroot) &&
    flux kvs put s.x=3 &&
    test "$(flux kvs get --at "$root" s.x)" = 2 &&
    test "$(flux kvs get s.x)" = 3
'
test_expect_success 'versions count commits and are waited for' '
    v=$(flux kvs version) &&
    test $(flux kvs put --sequence a=1) -eq $((v + 1)) &&
    { flux kvs wait $((v + 2)) & } &&
    pid=$! &&
    flux kvs put a=2 &&
    wait $pid
'
test_expect_success 'namespaces are apart' '
    flux kvs namespace create -o 1234 ns &&
    exits_with 1 flux kvs namespace create ns &&
    flux kvs namespace list | grep "^ns .* 1234 " &&
    flux kvs put -N ns a=other &&
    test "$(FLUX_KVS_NAMESPACE=ns flux kvs get a)" = other &&
    test "$(flux kvs getroot -N ns --owner)" = 1234 &&
    flux kvs link -T ns a ln &&
    test "$(flux kvs get ln)" = other &&
    flux kvs namespace remove ns &&
    exits_with 1 flux kvs get -N ns a 2>err &&
    grep "Operation not supported" err
'
test_expect_success 'a watch prints what is written' '
    flux kvs put w=0 &&
    { flux kvs get --watch --count=3 w >out & } &&
    pid=$! &&
    wait_until grep -q 0 out &&
    flux kvs put w=1 && flux kvs put w=2 &&
    wait $pid &&
    test "$(tr "\n" " " <out)" = "0 1 2 "
'
test_expect_success 'a key is waited for' '
    { flux kvs get --waitcreate late.key >out & } &&
    pid=$! &&
    flux kvs put late.key=here &&
    wait $pid &&
    test "$(cat out)" = here
'
test_expect_success 'eventlogs are appended to and waited for' '
    flux kvs eventlog append -t 1.5 ev one &&
    { flux kvs eventlog wait-event -v -t 10 ev two >out & } &&
    pid=$! &&
    flux kvs eventlog append -t 2.5 ev two "{\"x\":1}" &&
    wait $pid &&
    printf "1.500000 one\n2.500000 two x=1\n" >want &&
    test_cmp want out &&
    flux kvs eventlog get ev >out &&
    test_cmp want out &&
    exits_with 1 flux kvs eventlog wait-event -t 0.1 ev three &&
    exits_with 1 flux kvs eventlog append ev bad nojson
'
test_expect_success 'jobs are seen and cannot be written' '
    id=$(flux submit --wait echo hello) &&
    dir=$(flux job id --to=kvs $id) &&
    flux kvs eventlog get $dir.eventlog | grep clean &&
    flux kvs get $dir.guest.output | grep hello &&
    flux kvs get resource.R | grep "\"expiration\":0.0" &&
    exits_with 1 flux kvs put $dir.eventlog=x 2>err &&
    grep "only read" err
'
test_expect_success 'bad arguments are refused' '
    exits_with 1 flux kvs put novalue &&
    exits_with 1 flux kvs put --treeobj "x={}" &&
    exits_with 1 flux kvs put .=1 &&
    exits_with 1 flux kvs get --uniq a &&
    exits_with 1 flux kvs wait -- -1 &&
    exits_with 1 flux kvs namespace &&
    exits_with 1 flux kvs nope
'
test_expect_success 'links are listed as such with -F and -d, else followed; empty directories have a line' '
    flux kvs mkdir dl.e.f && flux kvs link dl lnk && flux kvs link --target-namespace=nosuch a lnk2 &&
    flux kvs ls -1F lnk lnk2 >out && printf "lnk@\nlnk2@\n" >want && test_cmp want out &&
    test "$(flux kvs ls -d lnk)" = lnk && test "$(flux kvs ls lnk)" = e &&
    test_must_fail flux kvs ls lnk2 && test "$(flux kvs dir -R dl)" = "dl.e.f." &&
    test "$(flux kvs readlink -o lnk)" = dl && test "$(flux kvs readlink -o lnk2)" = nosuch
'
test_done
