#!/bin/sh
test_description='policy limits and the lifetime of the instance'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 4
. "$sluice_sharness"; use_utf8


test_expect_success 'duration' '
	cat >policy.toml <<-T &&
	[policy.limits]
	duration = "1m"
	T
	cat >run.sh <<-T &&
	flux submit -t 1m true || exit 1
	flux submit -t 0 true 2>>err
	flux submit -t 90s true 2>>err
	flux submit -t 100d true 2>>err
	exit 0
	T
	flux start --cores=4 -c policy.toml sh run.sh &&
	cat err &&
	grep "requested duration (unlimited) exceeds policy limit of 1m$" err &&
	grep "requested duration (1.5m) exceeds policy limit of 1m$" err &&
	grep "requested duration (100d) exceeds policy limit of 1m$" err
'
test_expect_success 'size' '
	cat >policy.toml <<-T &&
	[policy.limits]
	job-size.max.ncores = 2
	job-size.max.ngpus = 0
	job-size.min.nnodes = -1
	job-size.min.ncores = 2
	T
	cat >run.sh <<-T &&
	flux submit -n2 true || exit 1
	flux submit -n3 true 2>>err2
	flux submit -n1 true 2>>err2
	flux submit -n2 -g1 true 2>>err2
	exit 0
	T
	flux start --cores=4 -c policy.toml sh run.sh &&
	grep "requested ncores (3) exceeds policy limit of 2$" err2 &&
	grep "requested ncores (1) is under policy limit of 2$" err2 &&
	grep "requested ngpus (2) exceeds policy limit of 0$" err2
'
test_expect_success 'bad tables are refused, and say which' '
	while IFS="|" read line text; do
		printf "[policy.limits]\n%s\n" "$line" >policy.toml &&
		test_must_fail flux start --cores=1 -c policy.toml true 2>err &&
		grep -F "$text" err || return 1
	done <<-T
	duration = 5|[policy.limits] config table: '"'"'duration'"'"' is not a valid FSD
	duration = "-1"|is not a valid FSD
	foo = 1|[policy.limits] config table: 1 object item(s) left unpacked: foo
	job-size = 5|[policy.limits.job-size] config table: Expected object, got integer
	job-size.max.nnodes = "x"|[policy.limits.max] config table: Expected integer, got string
	job-size.min.ngpus = -2|[policy.limits.min] config table: values must be >= -1
	T
'
test_expect_success 'no more time than the instance has left' '
	flux rpc resource.expiration-update "{\"expiration\":$(($(date +%s) + 600))}" &&
	wait_until exits_with 1 flux submit -t 11m true 2>err &&
	grep "job duration (11m) exceeds remaining instance lifetime (10m)" err &&
	flux submit -t 5m true &&
	flux submit -t 0 true &&
	flux jobtap remove .validate-duration &&
	flux submit -t 11m true &&
	flux rpc resource.expiration-update "{\"expiration\":0.0}"
'
test_done
