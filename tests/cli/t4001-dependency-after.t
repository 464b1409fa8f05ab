#!/bin/sh
test_description='dependencies on other jobs'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 4
. "$sluice_sharness"; use_utf8

held () { flux submit --urgency=hold "$@"; }
ends () { flux job wait-event -t 30 "$1" clean >/dev/null; }
log_has () { flux job eventlog "$1" | grep -q "$2"; }
# ran JOB: it got what it waited for; hopeless JOB TEXT: it never will.
ran () { ends "$1" && log_has "$1" dependency-remove && log_has "$1" " finish "; }
hopeless () {
	ends "$1" && log_has "$1" "type=\"dependency\" severity=0 .*$2" &&
	! log_has "$1" dependency-remove
}
submit_all () {
	for s in afterstart afterany afterok afternotok afterexcept; do
		eval "$s=\$(flux submit --dependency=$s:$1 true)" || return 1
	done
}
refused () {
	exits_with 1 flux submit --dependency="$1" true 2>err && grep -F "$2" err
}

test_expect_success 'descriptions, and the query' '
	a=$(held true) &&
	submit_all $a &&
	flux jobs -no "{dependencies}" $afterok | grep "^after-success=$a$" &&
	log_has $afterstart "dependency-add description=\"after-start=$a\"" &&
	log_has $afterany "dependency-add description=\"after-finish=$a\"" &&
	log_has $afternotok "dependency-add description=\"after-failure=$a\"" &&
	log_has $afterexcept "dependency-add description=\"after-except=$a\"" &&
	flux jobtap query .dependency-after >q &&
	jq -e ".dependencies | length == 5" q &&
	jq -e ".dependencies[0].type == \"after-start\"" q &&
	jq -e ".dependencies[0].id == $(flux job id --to=dec $a)" q &&
	jq -e ".dependencies[0].depid == $(flux job id --to=dec $afterstart)" q
'
test_expect_success 'of a job that succeeds' '
	flux job urgency $a 16 &&
	ran $afterstart && ran $afterany && ran $afterok &&
	hopeless $afternotok "after-failure=$a can never be satisfied" &&
	hopeless $afterexcept "after-except=$a can never be satisfied" &&
	flux jobtap query .dependency-after | jq -e ".dependencies == []"
'
test_expect_success 'of a job that fails' '
	a=$(held false) && submit_all $a && flux job urgency $a 16 &&
	ran $afterstart && ran $afterany && ran $afternotok &&
	hopeless $afterok "can never be" && hopeless $afterexcept "can never be"
'
test_expect_success 'of a job that is canceled while it runs' '
	a=$(flux submit sleep 1000) && flux job wait-event -t 30 $a start &&
	submit_all $a && ran $afterstart &&
	flux cancel $a &&
	ran $afterany && ran $afternotok && ran $afterexcept &&
	hopeless $afterok "can never be"
'
test_expect_success 'of a job that is canceled before it runs' '
	a=$(held true) && submit_all $a && flux cancel $a &&
	ran $afterany &&
	for j in $afterstart $afterok $afternotok $afterexcept; do
		hopeless $j "job never started" || return 1
	done
'
test_expect_success 'jobs that have ended already' '
	refused afterok:$a "dependency: after: $a never started" &&
	ok=$(flux submit --wait true) && test_might_fail flux submit --wait false &&
	bad=$(flux job last) &&
	ran $(flux submit --dependency=afterok:$ok true) &&
	ran $(flux submit --dependency=afternotok:$bad true) &&
	ran $(flux submit --dependency=afterstart:$bad true) &&
	refused afterok:$bad "dependency: afterok: job $bad failed or was canceled" &&
	refused afternotok:$ok "dependency: afternotok: job $ok succeeded" &&
	refused afterexcept:$bad "dependency: afterexcept: job $bad: no exception"
'
test_expect_success 'jobs that are none' '
	refused afterok:1234 "dependency: afterok: id 1234: job not found" &&
	refused "afterany:!!" "dependency: afterany: \"!!\" is not a valid jobid" &&
	refused nosuch:1 "dependency scheme \"nosuch\" not supported"
'
test_expect_success 'after is an old name' '
	a=$(held true) && d=$(flux submit --dependency=after:$a true 2>&1 | tail -1) &&
	log_has $d "severity=3 note=\"dependency scheme .after. is deprecated" &&
	log_has $d "after-start=$a" && flux cancel $a && ends $d
'
test_expect_success 'twice the same, and more than one' '
	a=$(held true) && b=$(held true) &&
	d=$(flux submit --dependency=afterok:$a --dependency=afterok:$a --dependency=afterany:$b true) &&
	test $(flux job eventlog $d | grep -c dependency-add) -eq 2 &&
	flux job urgency $a 16 && ends $a &&
	test "$(flux jobs -no {state} $d)" = DEPEND &&
	flux cancel $b && ran $d
'
test_expect_success 'a job that waits can be canceled' '
	a=$(held true) && d=$(flux submit --dependency=afterok:$a --dependency=afterstart:$a true) &&
	flux cancel $d && ends $d &&
	flux jobtap query .dependency-after | jq -e ".dependencies == []" &&
	flux cancel $a
'
test_expect_success 'loaded again it knows what it knew' '
	a=$(held true) && met=$(flux submit --wait true) &&
	d=$(flux submit --dependency=afterok:$a --dependency=afterok:$met true) &&
	flux jobtap query .dependency-after | jq .dependencies >before &&
	flux job eventlog $d >log.before &&
	flux jobtap remove .dependency-after && flux jobtap load .dependency-after &&
	flux jobtap query .dependency-after | jq .dependencies >after &&
	test_cmp before after &&
	flux job eventlog $d >log.after && test_cmp log.before log.after &&
	flux job urgency $a 16 && ran $d
'
test_expect_success 'a chain of a hundred' '
	a=$(held true) && j=$a &&
	for i in $(seq 100); do j=$(flux submit --dependency=afterok:$j true) || return 1; done &&
	flux job urgency $a 16 && ran $j
'
test_done
