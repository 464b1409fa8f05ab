#!/bin/sh
test_description='state directories that cannot be used'
. "$(dirname "$0")/sluice-test.sh"
. "$(dirname "$0")/../crash/broker.sh"
. "$sluice_sharness"; use_utf8
trap 'crash_clean; die' EXIT

refused () {
	test_must_fail timeout 20 flux broker -S statedir="$crash_dir/state" \
		-S local-uri="$FLUX_URI.2" </dev/null 2>err
}

test_expect_success 'a second broker on the same state is refused' '
	broker_start && refused && cat err &&
	grep "another broker is using it" err &&
	flux submit true && broker_stop
'
test_expect_success 'tables of an unknown version are refused' '
	python3 -c "
import sqlite3
db = sqlite3.connect (\"$crash_dir/state/jobs.sqlite\")
db.execute (\"update meta set value = 999 where key = '"'store.schema'"'\")
db.commit ()
" &&
	refused && cat err && grep "tables of version 999" err
'
test_expect_success 'a file that is no database is refused' '
	rm -f $crash_dir/state/jobs.sqlite-* &&
	seq 10000 >$crash_dir/state/jobs.sqlite &&
	refused && cat err && grep "jobs.sqlite\|not a database" err
'
test_expect_success 'and so is a damaged one' '
	rm -f $crash_dir/state/jobs.sqlite* && broker_start &&
	for i in 1 2 3 4 5; do flux submit true >id; done &&
	flux job wait-event $(cat id) clean && broker_stop &&
	size=$(stat -c %s $crash_dir/state/jobs.sqlite) &&
	dd if=/dev/urandom of=$crash_dir/state/jobs.sqlite bs=1 seek=100 \
		count=16000 conv=notrunc 2>/dev/null &&
	refused && cat err && grep -i "malformed\|not a database\|version" err
'
test_done
