#!/bin/sh
# SPDX-License-Identifier: LGPL-3.0-or-later
test_description='logs that tell of starts and of resources'
. "$(dirname "$0")/sluice-test.sh"
. "$(dirname "$0")/../crash/broker.sh"
. "$sluice_sharness"; use_utf8
trap 'crash_clean; die' EXIT

test_expect_success 'each life of the instance has a line' '
	broker_start && flux startlog >out && cat out && exits_with 0 flux startlog --check --quiet &&
	test $(wc -l <out) -eq 1 && grep " - running (.*s)$" out && broker_stop &&
	broker_start && flux startlog --show-version >out && cat out && test $(wc -l <out) -eq 2 &&
	head -n1 out | grep -E "^ +$(flux getattr version)  ([0-9-]+ [0-9:]+) - ([0-9-]+ [0-9:]+) \(.*s\)$" &&
	tail -n1 out | grep " - running "
'
test_expect_success 'a crash is told, and it is over after the next start' '
	broker_kill && broker_start && exits_with 1 flux startlog --check >out && cat out &&
	test $(wc -l <out) -eq 3 && sed -n 2p out | grep "[0-9] - crashed$" &&
	flux dmesg | grep "not shut down properly" &&
	flux kvs eventlog get admin.eventlog | cut -d" " -f2 | tr "\n" " " >names &&
	test "$(cat names)" = "start finish start start " &&
	broker_stop && broker_start && exits_with 0 flux startlog --check >out &&
	test $(wc -l <out) -eq 4 && ! flux dmesg | grep "not shut down properly"
'
test_expect_success 'a module that is loaded again is no start of the instance' '
	flux module reload job-manager && flux startlog >out && test $(wc -l <out) -eq 4
'
test_expect_success 'how long a life was has two digits' '
	life () {
		flux kvs eventlog append -t $1 admin.eventlog start "{\"version\":1}" &&
		flux kvs eventlog append -t $2 admin.eventlog finish "{\"version\":1}"
	} &&
	life 1700000000 1700000000.0123 && life 1700000000 1700000000.5 && life 1700000000 1700000059.4 &&
	life 1700000000 1700000090 && life 1700000000 1700004000 && life 1700000000 1710000000 &&
	flux kvs eventlog append -t 1710000000 admin.eventlog finish &&
	TZ=UTC flux startlog | tail -n 6 >out && cat >want <<-EOF && test_cmp want out
		2023-11-14 22:13 - 2023-11-14 22:13 (12ms)
		2023-11-14 22:13 - 2023-11-14 22:13 (0.5s)
		2023-11-14 22:13 - 2023-11-14 22:14 (59s)
		2023-11-14 22:13 - 2023-11-14 22:14 (1.5m)
		2023-11-14 22:13 - 2023-11-14 23:20 (1.1h)
		2023-11-14 22:13 - 2024-03-09 16:00 (116d)
	EOF
'
test_expect_success 'a log that is none is told, and so is one that is not there' '
	flux kvs put admin.eventlog=x && exits_with 1 flux startlog 2>err && grep "admin.eventlog: an entry" err &&
	flux kvs unlink admin.eventlog && exits_with 1 flux startlog 2>err && cat err &&
	grep "admin.eventlog: No such file" err
'
test_expect_success 'resource.eventlog has what lasts, once' '
	broker_stop && rm -rf "$crash_dir/state" && broker_start &&
	flux resource drain 0 dust && flux kvs eventlog get resource.eventlog >out && cat out &&
	tail -n 1 out | grep "drain idset=\"0\" nodelist=.* reason=\"dust\" overwrite=0" &&
	broker_kill && broker_start && flux resource undrain 0 swept &&
	flux kvs eventlog get resource.eventlog | cut -d" " -f2 | tr "\n" " " >names && cat names &&
	test "$(cat names)" = "resource-define drain resource-define undrain " &&
	flux resource eventlog | grep -c " drain " | grep 1
'
test_expect_success 'both are in a dump, and are restored' '
	flux startlog >before && flux dump "$crash_dir/x.tar" && broker_stop && rm -rf "$crash_dir/state" &&
	flux start -S content.restore="$crash_dir/x.tar" -S statedir="$crash_dir/state2" sh -c \
		"flux startlog; flux kvs eventlog get resource.eventlog" >out && cat out &&
	head -n 1 before >want && head -n 1 out >got && test_cmp want got && grep "undrain.*swept" out
'
test_done
