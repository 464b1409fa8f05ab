#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='docs/plugin-in-ten-minutes.md, done as it says'

. "$(dirname "$0")/sluice-test.sh"
use_utf8
test_under_instance 2
. "$sluice_sharness"

PKG_CONFIG_PATH=${SLUICE_PREFIX:-$SLUICE_BUILD_DIR/P}/lib/pkgconfig
export PKG_CONFIG_PATH
pkg-config --exists flux-core 2>/dev/null && test_set_prereq INSTALLED

top=$SLUICE_TEST_SOURCE/../..
doc=$top/docs/plugin-in-ten-minutes.md
# People have no blanks in their paths.
work=$(mktemp -d)

# Code block number N, without what is a new shell and without comments.
block () {
    awk -v want="$1" '/^```/ { if (!inside) n++; inside = !inside; next }
        inside && n == want' "$doc" |
        sed -e '/^flux start/d' -e 's/ *#.*//'
}

test_expect_success 'the text has three blocks of commands' '
    for i in 1 2 3; do block $i >b$i && test -s b$i || return 1; done &&
    block 4 >b4 && test_must_fail test -s b4
'
test_expect_success INSTALLED 'step 1: it compiles' '
    cp -r "$top/examples" $work/examples &&
    (cd $work && sh -ec "$(block 1)") &&
    test -s $work/examples/release.so
'
test_expect_success INSTALLED 'step 2: the job waits, in state P' '
    (cd $work/examples && sh -ec "$(block 2)") >out &&
    id=$(flux job last) &&
    flux jobs -no "{status_abbrev} {id}" >jobs &&
    grep "^P $id" jobs &&
    grep "$id .* P " out
'
test_expect_success INSTALLED 'and runs when it is released' '
    sh -ec "$(block 3)" >out &&
    flux job wait-event -qt 20 $id clean &&
    flux jobs -ano "{status_abbrev}" $id >state && grep CD state
'
test_expect_success INSTALLED 'the plugin is listed, and taken out' '
    flux jobtap list >list && grep -x release.so list &&
    flux jobtap remove release.so &&
    test_must_fail flux rpc job-manager.release.release
'
test_expect_success INSTALLED 'changed and built again, the new code runs' '
    (cd $work/examples &&
     sed "s/waited/sat_here/" release.c >r && mv r release.c) &&
    (cd $work && sh -ec "$(block 1)") &&
    flux jobtap load $work/examples/release.so report-every=10 &&
    flux rpc job-manager.release.release >answer && grep sat_here answer &&
    flux jobtap remove release.so
'
test_expect_success 'each function and topic that the text names is there' '
    grep -o "flux_[a-z_]*()" "$doc" | tr -d "()" | sort -u >names &&
    test -s names &&
    while read name; do
        grep -qrw "$name" "$top/include/flux" "$top/examples" || return 1
    done <names
'
test_expect_success 'clean up' '
    rm -r $work
'
test_done
