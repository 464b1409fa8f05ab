#!/bin/sh
test_description='a second user, by the credentials the kernel gives'
. "$(dirname "$0")/sluice-test.sh"
. "$sluice_sharness"; use_utf8

nobody=65534
as_nobody () { setpriv --reuid=$nobody --regid=$nobody --clear-groups "$@"; }
# In a directory that others may enter: the socket, scripts, output.
shared=$(mktemp -d /tmp/sluice-users-XXXXXX) && chmod 755 $shared
trap "rm -rf $shared" EXIT
mkdir $shared/theirs $shared/mine && chmod 700 $shared/mine
export shared nobody

test "$(id -u)" = 0 && as_nobody true 2>/dev/null && test_set_prereq ROOT
as_nobody test -x "$SLUICE_FLUX" 2>/dev/null && test_set_prereq READABLE
test_have_prereq ROOT && chown $nobody $shared/theirs

cat >$shared/lib.sh <<\T
as_nobody () { setpriv --reuid=$nobody --regid=$nobody --clear-groups "$@"; }
refused () { text=$1; shift; ! "$@" >$shared/theirs/out 2>$shared/theirs/err || return 1
	grep -F "$text" $shared/theirs/err || { cat $shared/theirs/err; return 1; }; }
sign () {
	printf 'version\0i1\0userid\0i%s\0mechanism\0snone\0' $1 | base64 -w0 &&
	printf . && base64 -w0 && printf .none
}
submit_as () {
	user=$1 && shift && J=$(flux submit --dry-run "$@" | sign $user) &&
	FLUX_HANDLE_USERID=$user flux rpc job-ingest.submit "{\"J\":\"$J\",\"urgency\":16,\"flags\":0}" \
		| jq -r .id | flux job id --to=f58
}
allow_guests () { echo '{"access":{"allow-guest-user":true}}' >$shared/a.json && flux config load $shared/a.json; }
T
# An instance of root's whose socket others may reach, running what is given.
root_instance () {
	{ echo "set -e; . $shared/lib.sh"; cat; } >$shared/run.sh &&
	flux start --cores=1 -S local-uri=local://$shared/sock sh $shared/run.sh
}

test_expect_success ROOT,READABLE 'others are not let in' '
	root_instance <<-\T
	refused "Operation not permitted" as_nobody flux getattr rank
	flux getattr rank
	T
'
test_expect_success ROOT,READABLE 'unless the configuration says so; then they are guests' '
	root_instance <<-\T
	allow_guests
	as_nobody flux getattr rank
	as_nobody flux jobs
	refused "Request requires owner credentials" as_nobody flux queue stop
	refused "only instance owner can use sign-type=none" as_nobody flux submit true
	as_nobody flux ping --userid -c1 broker >$shared/out
	grep "userid=65534 rolemask=0x6" $shared/out
	T
'
test_expect_success ROOT,READABLE 'whatever they say they are' '
	root_instance <<-\T
	allow_guests
	export FLUX_HANDLE_USERID=0 FLUX_HANDLE_ROLEMASK=1
	refused "Request requires owner credentials" as_nobody flux queue stop
	as_nobody flux ping --userid -c1 broker >$shared/out
	grep "userid=65534 rolemask=0x6" $shared/out
	T
'
test_expect_success ROOT,READABLE 'a job of theirs runs as they' '
	root_instance <<-\T
	j=$(submit_as $nobody sh -c "id -u; id -g; id -G")
	test "$(flux job attach $j | tr "\n" " ")" = "65534 65534 65534 "
	T
'
test_expect_success ROOT,READABLE 'and opens files as they' '
	root_instance <<-\T
	j=$(submit_as $nobody --output=$shared/theirs/o --error=$shared/theirs/e sh -c "echo out; echo err >&2")
	flux job attach $j
	test "$(cat $shared/theirs/o $shared/theirs/e | tr "\n" " ")" = "out err "
	test $(stat -c %u $shared/theirs/o) = 65534
	for opt in --output --error; do
		j=$(submit_as $nobody $opt=$shared/mine/o true)
		refused "Permission denied" flux job attach $j
	done
	echo secret >$shared/mine/in
	j=$(submit_as $nobody --input=$shared/mine/in cat)
	refused "Permission denied" flux job attach $j
	ln -sf $shared/mine/in $shared/theirs/link
	j=$(submit_as $nobody --input=$shared/theirs/link cat)
	refused "Permission denied" flux job attach $j
	j=$(submit_as $nobody --output=$shared/theirs/link echo overwritten)
	refused "Permission denied" flux job attach $j
	test "$(cat $shared/mine/in)" = secret
	# the agent is itself again
	flux run --output=$shared/mine/o echo hello
	grep hello $shared/mine/o
	T
'
test_expect_success ROOT,READABLE 'in a directory of theirs, which goes with the job' '
	root_instance <<-\T
	chmod 711 $(flux getattr rundir)
	echo content >$shared/theirs/data
	j=$(submit_as $nobody --add-file=x=$shared/theirs/data \
		sh -c "cd \$FLUX_JOB_TMPDIR && cat x && mkdir d && touch d/f && stat -c %u . x d && echo \$PWD >$shared/theirs/where")
	flux job attach $j >$shared/out
	test "$(tr "\n" " " <$shared/out)" = "content 65534 65534 65534 "
	flux job wait-event -t 30 $j clean
	! test -e $(cat $shared/theirs/where)
	T
'
test_expect_success ROOT,READABLE 'root is a guest, or less, in the instance of another' '
	cat >$shared/root.sh <<-\T &&
	. $shared/lib.sh
	touch $shared/theirs/ready
	for i in $(seq 1 200); do test -e $shared/theirs/done && exit 0; sleep 0.05; done
	exit 1
	T
	for what in none guest owner; do
		rm -f $shared/theirs/ready $shared/theirs/done &&
		echo "[access]" >$shared/root.toml &&
		case $what in
		guest) echo "allow-guest-user = true" ;;
		owner) echo "allow-root-owner = true" ;;
		esac >>$shared/root.toml &&
		{ TMPDIR=$shared/theirs as_nobody flux start --cores=1 -c $shared/root.toml \
			-S local-uri=local://$shared/theirs/sock sh $shared/root.sh & } &&
		wait_until test -e $shared/theirs/ready &&
		{ FLUX_URI=local://$shared/theirs/sock flux ping --userid -c1 broker; FLUX_URI=local://$shared/theirs/sock flux submit true; } >$what 2>&1
		touch $shared/theirs/done && wait $! || return 1
	done &&
	grep "not permitted" none &&
	grep "userid=0 rolemask=0x6" guest &&
	grep "userid=0 rolemask=0x5" owner &&
	grep "submission of jobs as user root not supported" guest owner
'
test_done
