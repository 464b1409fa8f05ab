#!/bin/sh
test_description='what guests may do with jobs of their own and of others'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 2
. "$sluice_sharness"; use_utf8

me=$(id -u)
other=65534

# The owner speaks as somebody else (RFC 12): a guest, here.
guest () { FLUX_HANDLE_USERID=$other FLUX_HANDLE_ROLEMASK=2 "$@"; }
# A role without the user's either.
nobody () { FLUX_HANDLE_USERID=$other FLUX_HANDLE_ROLEMASK=8 "$@"; }
# J of RFC 15 for this user and the jobspec on standard input.
sign () {
	printf 'version\0i1\0userid\0i%s\0mechanism\0snone\0' $1 | base64 -w0 &&
	printf . && base64 -w0 && printf .none
}
# submit_as USER ARGS: the owner signs for the user.
submit_as () {
	user=$1 && shift &&
	J=$(flux submit --dry-run "$@" | sign $user) &&
	FLUX_HANDLE_USERID=$user flux rpc job-ingest.submit "{\"J\":\"$J\",\"urgency\":16,\"flags\":0}" \
		| jq -r .id | flux job id --to=f58
}
dec () { flux job id --to=dec $1; }
refused () { text=$1; shift; exits_with 1 "$@" >out 2>err; grep -F "$text" err; }

test_expect_success 'two jobs: one of the owner, one of a guest' '
	flux queue stop &&
	flux submit sleep 1000 >mine && submit_as $other sleep 1000 >theirs &&
	test "$(flux jobs -no {userid} $(cat mine))" = $me &&
	test "$(flux jobs -no {userid} $(cat theirs))" = $other
'
test_expect_success 'a guest signs for nobody' '
	J=$(flux submit --dry-run true | sign $me) &&
	echo "{\"J\":\"$J\",\"urgency\":16,\"flags\":0}" >as-me &&
	J=$(flux submit --dry-run true | sign $other) &&
	echo "{\"J\":\"$J\",\"urgency\":16,\"flags\":0}" >as-other &&
	echo "{\"J\":\"$J\",\"urgency\":17,\"flags\":0}" >urgent &&
	echo "{\"J\":\"$J\",\"urgency\":16,\"flags\":4}" >waitable &&
	echo "{\"J\":\"$J\",\"urgency\":16,\"flags\":8}" >novalidate &&
	refused "signer=$me != requestor=$other" guest flux rpc job-ingest.submit "$(cat as-me)" &&
	refused "signer=$other != requestor=$me" flux rpc job-ingest.submit "$(cat as-other)" &&
	refused "only instance owner can use sign-type=none" guest flux rpc job-ingest.submit "$(cat as-other)" &&
	refused "only the instance owner can submit with urgency >16" guest flux rpc job-ingest.submit "$(cat urgent)" &&
	refused "only the instance owner can submit with FLUX_JOB_WAITABLE" guest flux rpc job-ingest.submit "$(cat waitable)" &&
	refused "only the instance owner can submit with FLUX_JOB_NOVALIDATE" guest flux rpc job-ingest.submit "$(cat novalidate)"
'
test_expect_success 'raise' '
	refused "guests can only raise exceptions on their own jobs" \
		guest flux job raise --severity=1 $(cat mine) &&
	guest flux job raise --severity=1 $(cat theirs) &&
	flux job eventlog $(cat theirs) | grep "exception.*userid=$other"
'
test_expect_success 'raiseall' '
	refused "guests can only raise exceptions on their own jobs" \
		guest flux job raiseall --user=all cancel &&
	refused "guests can only raise exceptions on their own jobs" \
		guest flux job raiseall --user=$me cancel &&
	refused "matched 1 jobs" guest flux job raiseall --user=$other --states=PENDING cancel
'
test_expect_success 'kill' '
	refused "guests may only send signals to their own jobs" guest flux job kill $(cat mine) &&
	text="guests can only kill their own jobs" &&
	refused "$text" guest flux job killall --user=all &&
	refused "$text" guest flux job killall --user=$me &&
	refused "matched 0 jobs" guest flux job killall --user=$other &&
	refused "job is not running" guest flux job kill $(cat theirs)
'
test_expect_success 'urgency' '
	refused "guests can only reprioritize their own jobs" guest flux job urgency $(cat mine) 3 &&
	refused "guests can only adjust urgency <= default" guest flux job urgency $(cat theirs) 17 &&
	guest flux job urgency $(cat theirs) 3 &&
	guest flux job urgency $(cat theirs) default &&
	guest flux job urgency $(cat theirs) hold &&
	guest flux job urgency $(cat theirs) 16
'
test_expect_success 'update, until the owner did' '
	refused "guests may only update their own jobs" guest flux update $(cat mine) duration=60 &&
	guest flux update $(cat theirs) duration=60 &&
	flux update $(cat theirs) duration=120 &&
	refused "job is immutable due to previous instance owner update" \
		guest flux update $(cat theirs) duration=30
'
test_expect_success 'memo' '
	refused "guests can only add a memo to their own jobs" guest flux job memo $(cat mine) a=1 &&
	guest flux job memo $(cat theirs) a=1
'
test_expect_success 'wait, purge, queues, drain, plugins, configuration: the owner' '
	text="Request requires owner credentials" &&
	refused "$text" guest flux job wait $(cat theirs) &&
	refused "$text" guest flux job purge --force --num-limit=0 &&
	refused "$text" guest flux queue stop &&
	refused "$text" guest flux queue disable because &&
	refused "$text" guest flux resource drain 0 &&
	refused "$text" guest flux jobtap list &&
	refused "$text" guest flux config load </dev/null &&
	refused "$text" guest flux setattr log-level 7 &&
	refused "$text" guest flux dmesg &&
	refused "$text" guest flux shutdown &&
	refused "$text" guest flux resource eventlog
'
test_expect_success 'no role at all' '
	text="Request rejected due to insufficient privilege" &&
	refused "$text" nobody flux jobs &&
	refused "$text" nobody flux job raise $(cat theirs) &&
	refused "$text" nobody flux ping -c1 job-manager &&
	refused "$text" nobody flux job last &&
	nobody flux getattr rank
'
test_expect_success 'lookup' '
	text="access is restricted to job/instance owner" &&
	for key in eventlog jobspec J; do
		refused "$text" guest flux job info $(cat mine) $key || return 1
	done &&
	guest flux job info $(cat theirs) eventlog >/dev/null &&
	guest flux job info $(cat theirs) jobspec | jq -e .version
'
test_expect_success 'watch' '
	refused "access is restricted" guest flux job wait-event -t5 $(cat mine) submit &&
	guest flux job wait-event -t5 $(cat theirs) submit &&
	refused "No such file" guest flux rpc --stream job-info.update-watch \
		"{\"id\":$(dec $(cat theirs)),\"key\":\"R\",\"flags\":0}" &&
	refused "access is restricted" guest flux rpc --stream job-info.update-watch \
		"{\"id\":$(dec $(cat mine)),\"key\":\"R\",\"flags\":0}"
'
test_expect_success 'lists show all jobs' '
	test $(guest flux jobs -n -A | wc -l) -eq 2 &&
	guest flux jobs $(cat mine) && guest flux job stats | jq -e .job_states
'
test_expect_success 'or their own only, in private mode' '
	echo "{\"access\":{\"private-mode\":true}}" >private.json &&
	flux config load private.json &&
	test "$(guest flux jobs -A -no {id.f58})" = "$(cat theirs)" &&
	test "$(guest flux jobs -no {id.f58} $(cat theirs))" = "$(cat theirs)" &&
	refused "No such file" guest flux rpc job-list.list-id "{\"id\":$(dec $(cat mine)),\"attrs\":[]}" &&
	guest flux rpc job-list.list-id "{\"id\":$(dec $(cat theirs)),\"attrs\":[]}" &&
	for topic in job-list.job-stats job-list.stats-get job-manager.stats-get job-manager.getinfo; do
		refused "not permitted" guest flux rpc $topic {} || return 1
	done &&
	test $(flux jobs -n -A | wc -l) -eq 2 &&
	test $(FLUX_HANDLE_USERID=$other FLUX_HANDLE_ROLEMASK=10 flux jobs -n -A | wc -l) -eq 2 &&
	flux config load </dev/null
'
test_expect_success 'key-value namespaces: their own' '
	flux kvs put a=1 &&
	exits_with 1 guest flux kvs get a 2>err && grep "not permitted" err &&
	exits_with 1 guest flux kvs put a=2 2>err && grep "not permitted" err &&
	refused "Request requires owner credentials" guest flux kvs namespace create x &&
	flux kvs namespace create --owner=$other theirs &&
	flux kvs namespace create mine &&
	guest flux kvs put --namespace=theirs b=1 &&
	test "$(guest flux kvs get --namespace=theirs b)" = 1 &&
	exits_with 1 guest flux kvs get --namespace=mine b 2>err && grep "not permitted" err &&
	exits_with 1 guest flux kvs put --namespace=mine b=1 2>err && grep "not permitted" err &&
	test "$(flux kvs get --namespace=theirs b)" = 1
'
test_expect_success 'services: names that begin with their userid' '
	exits_with 1 guest flux rpc service.add "{\"service\":\"mine\"}" &&
	exits_with 1 guest flux rpc service.add "{\"service\":\"${other}1-x\"}" &&
	exits_with 1 guest flux rpc service.add "{\"service\":\"$me-x\"}" &&
	exits_with 1 guest flux rpc service.add "{\"service\":\"job-manager\"}" &&
	guest flux rpc service.add "{\"service\":\"$other-x\"}"
'
test_expect_success 'both jobs end' '
	flux cancel $(cat mine) && guest flux cancel $(cat theirs) &&
	flux queue start --all && flux queue drain
'
test_done
