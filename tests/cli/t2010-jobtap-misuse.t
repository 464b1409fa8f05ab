#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later

test_description='plugins that do everything wrong, and configured ones'

. "$(dirname "$0")/sluice-test.sh"
use_utf8
test_under_instance 2
. "$sluice_sharness"

plugins=$SLUICE_BUILD_DIR/tests/plugins
test -e "$plugins/misuse.so" && test_set_prereq PLUGINS

# The state of the instance: a job that behaves runs, and all cores come back.
healthy () {
    flux run true &&
    flux run -n2 true &&
    wait_until sh -c 'test "$(flux resource list -n -s allocated -o "{ncores}")" = 0'
}

test_expect_success PLUGINS 'hundreds of bad calls a job fail' '
    flux jobtap load $plugins/misuse.so &&
    flux run true &&
    flux rpc job-manager.misuse.get >got &&
    jq -e ".calls > 1000 and .succeeded == 0" got
'
test_expect_success PLUGINS 'and the instance is healthy' '
    healthy
'
# The plugin was called for this topic: the misuse happened.
called () {
    flux jobtap stats misuse.so | grep -q "$1"
}
for topic in job.new job.state.depend job.state.priority job.state.sched \
    job.state.run job.state.cleanup job.state.inactive job.destroy; do
test_expect_success PLUGINS "events out of turn in $topic" '
    for event in alloc free clean finish start release depend priority \
        exception epilog-finish prolog-finish invalidate; do
        flux submit --job-name=post:'$topic':$event true >>ids || :
    done &&
    wait_until called '$topic' &&
    flux jobtap remove misuse.so &&
    flux cancel --all >/dev/null 2>&1;
    flux queue drain --timeout=20s &&
    healthy &&
    flux jobtap load $plugins/misuse.so
'
test_expect_success PLUGINS "a plugin removes itself in $topic" '
    flux submit --job-name=remove:'$topic' true &&
    wait_until sh -c "! flux jobtap list | grep misuse" &&
    flux queue drain --timeout=20s &&
    flux jobtap load $plugins/misuse.so
'
done
test_expect_success PLUGINS 'the instance goes on' '
    flux jobtap remove misuse.so &&
    healthy
'
test_expect_success PLUGINS 'statistics' '
    flux jobtap load $plugins/counter.so &&
    flux run true &&
    flux jobtap stats counter.so >stats &&
    grep -E "^counter.so +job.state.run +1 +0 " stats &&
    flux jobtap stats >all && grep priority-default all &&
    test_must_fail flux jobtap stats nosuch.so 2>err &&
    grep "nosuch.so: plugin not found" err &&
    flux jobtap remove counter.so
'
config () {
    echo "{\"job-manager\":{\"plugins\":[$1]}}" | flux config load
}
test_expect_success PLUGINS 'a new configuration loads plugins' '
    config "{\"load\":\"$plugins/conf.so\",\"conf\":{\"own\":1}}" &&
    flux jobtap list >list && echo conf.so >want && test_cmp want list &&
    flux jobtap query conf.so >q && jq -e ".own == 1" q
'
test_expect_success PLUGINS 'or exchanges them' '
    config "{\"load\":\"$plugins/conf.so\",\"conf\":{\"own\":2}}" &&
    flux jobtap query conf.so >q && jq -e ".own == 2" q
'
test_expect_success PLUGINS 'a set that cannot be loaded leaves the old one' '
    test_must_fail config "{\"load\":\"$plugins/badinit.so\"}" 2>err &&
    grep "badinit.so: flux_plugin_init failed" err &&
    flux jobtap query conf.so >q && jq -e ".own == 2" q &&
    flux config get >conf && jq -e ".\"job-manager\".plugins[0].conf.own == 2" conf
'
test_expect_success PLUGINS 'what is said no more goes, but not what was loaded by hand' '
    flux jobtap load $plugins/counter.so &&
    echo "{}" | flux config load &&
    flux jobtap list >list && echo counter.so >want && test_cmp want list &&
    healthy
'
test_done
