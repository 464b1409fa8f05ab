#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='what the key-value store does not need any more goes'

. "$(dirname "$0")/sluice-test.sh"
test_under_instance 1
. "$sluice_sharness"

test_expect_success 'flux gc drops what was replaced' '
    flux kvs put big="$(printf %2000s a)" &&
    ref=$(flux kvs get --treeobj big) &&
    flux kvs put big="$(printf %2000s b)" &&
    flux gc >out && grep "reclaimed [1-9]" out &&
    exits_with 1 flux kvs put --treeobj back="$ref" 2>err &&
    grep "there is no blob" err &&
    test "$(flux kvs get big)" = "$(printf %2000s b)"
'
test_expect_success 'an old root that was asked for is kept' '
    flux kvs put k=old &&
    root=$(flux kvs getroot) &&
    flux kvs put k=new &&
    flux gc &&
    test "$(flux kvs get --at "$root" k)" = old
'
test_expect_success 'and what jobs left' '
    flux run flux kvs put kept="$(printf %200s x)" &&
    flux gc &&
    flux kvs get $(flux job id --to=kvs $(flux job last)).guest.kept >out &&
    test $(wc -c <out) -eq 201
'
test_done
