#!/bin/sh
test_description='flux hostlist, flux uri'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 2
. "$sluice_sharness"; use_utf8

# hosts WANT ARGS...
hosts () {
	want=$1 && shift &&
	got=$(flux hostlist "$@" </dev/null) && test "$got" = "$want" && return
	echo >&2 "got $got, not $want: $*"
	return 1
}
test_expect_success 'sources' '
	id=$(flux submit sleep 300) && flux job wait-event -t 30 $id alloc &&
	host=$(hostname) &&
	hosts $host instance && hosts $host local && hosts $host -l &&
	hosts $host avail && hosts $host $id && hosts $host,$host $id $id &&
	(FLUX_JOB_ID=$id && export FLUX_JOB_ID && hosts $host local) &&
	flux resource drain 0 && hosts "" avail && flux resource undrain 0 &&
	printf "x1 x2\nx3,x4\n" | flux hostlist - y >out && grep "^x\[1-4\],y$" out &&
	hosts ""
'
test_expect_success 'sets' '
	hosts "a[1-3],b1,a1" a1 a2 a3 b1 a1 &&
	hosts "a[9-10],b,c" -S c b a10 a9 &&
	hosts "a[9-10],b,c" -u c b a10 a9 b &&
	hosts "a[2-3]" -i "a[1-3]" "a[2-5]" &&
	hosts a1 -m "a[1-3]" a2 a3 &&
	hosts "a[1,3,6-7]" -X "a[1-3]" "a[2-5]" "a[3-7]"
'
test_expect_success 'choice and form' '
	hosts "a1 a2 a3" -e "a[1-3]" && hosts "a1:a2" -ed: "a[1-2]" &&
	test $(flux hostlist -ed"\n" "a[1-3]" | wc -l) -eq 3 &&
	hosts 3 -c "a[1-3]" && hosts a3 -n -1 "a[1-3]" && hosts "a[1-2]" -n 0-1 "a[1-3]" &&
	hosts "1 2" -F "a[2-3]" "a[1-3]" && hosts "a[1-2]" -L 2 "a[1-3]" &&
	hosts "a[2-3]" -L -2 "a[1-3]" && hosts "a[1,3]" -x a2 "a[1-3]" &&
	hosts "a[2-3]" -x 0 "a[1-3]"
'
test_expect_success 'refusals' '
	exits_with 1 flux hostlist -n 7 "a[1-3]" 2>err && grep "out of range" err &&
	exits_with 1 flux hostlist -F a9 "a[1-3]" 2>err && grep "not found" err &&
	exits_with 1 flux hostlist "a[" && exits_with 2 flux hostlist -i -m a &&
	exits_with 1 flux hostlist foo1 2>err && grep "job foo1 not found" err &&
	hosts "foo[1-2]" -f foo1 foo2 &&
	exits_with 1 flux hostlist -q -i a b && flux hostlist -q a
'
test_expect_success 'uri of this instance' '
	test "$(flux uri .)" = "$FLUX_URI" && test "$(flux uri /)" = "$FLUX_URI" &&
	test "$(flux uri ..)" = "$FLUX_URI" && test "$(flux uri pid:$$)" = "$FLUX_URI" &&
	test "$(flux uri pid:$(flux getattr broker.pid))" = "$FLUX_URI"
'
test_expect_success 'forms' '
	test "$(flux uri local:///x)" = local:///x &&
	test "$(flux uri --remote local:///x)" = ssh://$(hostname)/x &&
	test "$(flux uri --local ssh://foo/x)" = local:///x &&
	test "$(flux uri ".?remote")" = "ssh://$(hostname)${FLUX_URI#local://}"
'
test_expect_success 'uri of a job' '
	exits_with 1 flux uri $id 2>err && grep "URI not found for job" err &&
	flux job memo $id uri=ssh://foo/bar &&
	test "$(flux uri $id)" = ssh://foo/bar && test "$(flux uri "$id?local")" = local:///bar &&
	flux cancel $id && flux job wait-event -t 30 $id clean &&
	exits_with 1 flux uri $id 2>err && grep "is not running" err
'
test_expect_success 'refused targets' '
	exits_with 1 flux uri f1 2>err && grep "jobid f1 not found" err &&
	exits_with 1 flux uri foo:bar 2>err && grep "scheme foo" err &&
	exits_with 1 flux uri pid:foo && exits_with 2 flux uri
'
test_done
