#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='flux archive and flux content'

. "$(dirname "$0")/sluice-test.sh"
test_under_instance 1
. "$sluice_sharness"

test_expect_success 'files are archived and listed' '
    mkdir -p in/d/sub &&
    echo text >in/d/small &&
    printf "\0\1\2" >in/d/binary && : >in/d/empty &&
    ln -s small in/d/link && mkfifo pipe &&
    head -c 300000 /dev/urandom >in/d/large &&
    truncate -s 4M in/d/sparse && echo end >>in/d/sparse &&
    chmod 750 in/d/sub && chmod 600 in/d/small &&
    flux archive create -v --chunksize=100K -C in d 2>names &&
    grep -x d/large names &&
    flux archive list "d/s*" >out &&
    printf "d/small\nd/sparse\nd/sub\n" >want && test_cmp want out &&
    flux archive list -l >out &&
    grep "^f 0600        5 d/small" out && grep "^d 0750" out &&
    flux archive list --raw d/large | jq -e ".data | length == 3" &&
    flux archive list --raw d/sparse | jq -e ".data | length == 1"
'
test_expect_success 'and come back as they were' '
    mkdir out1 &&
    flux archive extract -t -C out1 d/link >out && test "$(cat out)" = d/link &&
    flux archive extract -C out1 &&
    diff -r in out1 && test "$(readlink out1/d/link)" = small &&
    test "$(stat -c "%a %Y" out1/d/small)" = "$(stat -c "%a %Y" in/d/small)" &&
    test "$(stat -c %a out1/d/sub)" = 750 &&
    test $(du -k out1/d/sparse | cut -f1) -lt 1000 &&
    exits_with 1 flux archive extract -C out1 2>err && grep "File exists" err &&
    flux archive extract --overwrite -C out1
'
test_expect_success 'an archive is whole after what nobody needs has gone' '
    flux gc && flux content dropcache &&
    mkdir out2 && flux archive extract -C out2 && diff -r in out2
'
test_expect_success 'archives are replaced, added to and removed' '
    exits_with 1 flux archive create -C in d 2>err && grep "exists" err &&
    flux archive create --append -C in/d small &&
    test "$(flux archive list small)" = small &&
    flux archive create --overwrite -C in/d empty &&
    test "$(flux archive list)" = empty &&
    flux archive remove && flux kvs ls archive >out && test_must_fail grep . out &&
    exits_with 1 flux archive remove && flux archive remove -f
'
test_expect_success 'one is waited for' '
    mkdir out3 &&
    { flux archive extract --waitcreate=10s -n late -C out3 & } &&
    flux archive create -n late -C in/d small &&
    wait $! && cmp out3/small in/d/small &&
    exits_with 1 flux archive extract --waitcreate=0.1s -n never
'
test_expect_success 'what cannot be archived, or leads out, is refused' '
    exits_with 1 flux archive create -n bad pipe 2>err &&
    grep "not a file, directory or symbolic link" err &&
    exits_with 1 flux archive create -n bad nope &&
    exits_with 1 flux archive create -n bad ../x &&
    exits_with 1 flux archive create -n bad --mmap in &&
    flux kvs put "archive.evil=[{\"path\":\"../x\",\"mode\":33188,\"size\":0}]" &&
    exits_with 1 flux archive extract -n evil 2>err &&
    grep "leads out" err && ! test -e ../x &&
    flux kvs put "archive.evil=[{\"path\":\"l\",\"mode\":41471,\"data\":\"/tmp\"},{\"path\":\"l/evil\",\"mode\":33188,\"size\":0}]" &&
    mkdir out4 && exits_with 1 flux archive extract -n evil -C out4 2>err &&
    grep "not a directory" err &&
    flux kvs put archive.evil=3 &&
    exits_with 1 flux archive list -n evil
'
test_expect_success 'blobs are stored and loaded' '
    ref=$(echo hello | flux content store) &&
    test $ref = sha1-f572d396fae9206628714fb2ce00f72e94f2258f &&
    test "$(flux content load $ref)" = hello &&
    printf abcdef | flux content store --chunksize=4 >refs &&
    test $(wc -l <refs) -eq 2 &&
    test "$(flux content load <refs)" = abcdef &&
    : | flux content store | grep sha1-da39a3ee5e6b4b0d3255bfef95601890afd80709 &&
    flux content flush && flux content dropcache &&
    test "$(flux content load $ref)" = hello &&
    exits_with 1 flux content load sha1-0000000000000000000000000000000000000000 &&
    exits_with 1 flux content load bad 2>err && grep "not a blobref" err
'
test_expect_success 'the root is the checkpoint' '
    flux content checkpoint list -n | grep "$(flux kvs getroot -b)" &&
    flux content checkpoint list -j | jq -e ".version == 1" &&
    exits_with 1 flux content checkpoint update $(flux kvs getroot -b) 2>err &&
    grep "each commit is a checkpoint" err
'
test_done
