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

sql () {
	sqlite3 "$crash_dir/state/jobs.sqlite" "$1"
}
# No file of the store is touched by a broker that refuses it.
sums () {
	cksum "$crash_dir"/state/jobs.sqlite
}

test_expect_success 'a second broker on the same state is refused' '
	broker_start && refused && cat err &&
	grep "another broker is using it" err &&
	flux submit true && broker_stop
'
test_expect_success 'tables of a version that is not known are refused' '
	broker_start && held=$(flux submit --urgency=hold true) &&
	for i in 1 2 3 4 5; do flux submit true >id; done &&
	flux job wait-event $(cat id) clean && broker_stop &&
	for v in 0 4 999; do
		sql "UPDATE meta SET value = $v WHERE key = '\''store.schema'\''" &&
		refused && cat err && grep "tables of version $v, and this program knows version 3" err || return 1
	done &&
	sql "UPDATE meta SET value = 3 WHERE key = '\''store.schema'\''" &&
	cp $crash_dir/state/jobs.sqlite good
'

# damaged WHAT COMMAND: the command, which has the file as $1, does harm to it.
damaged () {
	rm -f $crash_dir/state/jobs.sqlite-* &&
	cp good $crash_dir/state/jobs.sqlite &&
	sh -c "$1" sh $crash_dir/state/jobs.sqlite && sums >before &&
	refused && cat err && grep "state" err &&
	grep -i "malformed\|not a database\|I/O error\|Input/output" err &&
	sums >after && test_cmp before after
}
test_expect_success 'so is a file that is no database' '
	damaged "seq 10000 >\$1"
'
test_expect_success 'a database that was cut short' '
	damaged "truncate -s -16384 \$1" && damaged "truncate -s 20000 \$1"
'
test_expect_success 'one without its head' '
	damaged "dd if=/dev/zero of=\$1 bs=100 count=1 conv=notrunc"
'
test_expect_success 'one with garbage in it' '
	damaged "dd if=/dev/urandom of=\$1 bs=8192 seek=1 count=100 conv=notrunc" &&
	damaged "dd if=/dev/urandom of=\$1 bs=1 seek=100 count=8000 conv=notrunc"
'
test_expect_success 'what was refused is as it was, and once repaired it is taken' '
	rm -f $crash_dir/state/jobs.sqlite-* &&
	cp good $crash_dir/state/jobs.sqlite && broker_start &&
	test "$(flux jobs -no "{id} {state}")" = "$held SCHED" &&
	test $(flux jobs -ano "{id}" | wc -l) = 7 && broker_stop
'
test_done
