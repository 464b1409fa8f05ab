#!/bin/sh
test_description='prologs and epilogs'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 2
. "$sluice_sharness"; use_utf8

plugins=${SLUICE_PLUGINS:-$SLUICE_BUILD_DIR/plugins}
# under CONFIG SCRIPT: an instance that has them
under () {
	printf "[job-manager]\nplugins = [ { load = \"$plugins/perilog.so\" } ]\n$1\n" >c.toml &&
	printf "$2\n" >run.sh &&
	flux start --cores=2 -c c.toml sh -e run.sh
}

test_expect_success 'both run, in their places; what they say is logged' '
	under "[job-manager.prolog]
command = [\"sh\", \"-c\", \"echo out; echo err >&2; echo id=\$FLUX_JOB_ID uid=\$FLUX_JOB_USERID ranks=\$FLUX_JOB_RANKS; echo noise; flux jobs -no {state}\"]
[job-manager.epilog]
command = [\"sh\", \"-c\", \"printf unended\"]
[job-manager.perilog]
log-ignore = [\"^noi\"]" "j=\$(flux submit --wait true)
flux job eventlog \$j >log
flux dmesg >dmesg
flux jobtap query perilog.so >query
echo \$j >id" &&
	sed "s/^[0-9.]* //; s/ .*//" log >events &&
	cat >want <<-T &&
	submit
	validate
	depend
	priority
	alloc
	prolog-start
	prolog-finish
	start
	finish
	epilog-start
	release
	epilog-finish
	free
	clean
	T
	sort events >e && sort want >w && test_cmp w e &&
	grep -n "" events | sed -n "s/:.*-start$//p" | head -1 &&
	grep "prolog-start description=\"job-manager.prolog\"$" log &&
	grep "prolog-finish description=\"job-manager.prolog\" status=0" log &&
	grep "epilog-finish description=\"job-manager.epilog\" status=0" log &&
	grep "info.*prolog: .* (rank 0): stdout: out$" dmesg &&
	grep "err.*prolog: .* (rank 0): stderr: err$" dmesg &&
	grep "stdout: id=$(cat id) uid=$(id -u) ranks=0$" dmesg &&
	grep "stdout: RUN$" dmesg &&
	grep "epilog: .*: stdout: unended$" dmesg &&
	test_must_fail grep noise dmesg &&
	jq -e ".conf.prolog.timeout == 1800 and .conf.epilog.timeout == 0 and .procs == {}" query
'
test_expect_success 'a prolog that fails ends the job; the epilog runs all the same' '
	under "[job-manager.prolog]
command = [\"sh\", \"-c\", \"exit 3\"]
[job-manager.epilog]
command = [\"touch\", \"epilog-ran\"]" "flux submit --wait touch job-ran || :
flux job eventlog \$(flux job last) >log" &&
	grep "exception type=\"prolog\" severity=0 note=\"prolog exited with code=3 on " log &&
	grep "prolog-finish.*status=768" log && grep "epilog-finish.*status=0" log &&
	test -e epilog-ran && ! test -e job-ran
'
test_expect_success 'a command that is not there' '
	under "[job-manager.prolog]
command = [\"/nosuch\"]" "flux submit --wait true || :
flux job eventlog \$(flux job last) >log" &&
	grep "note=\"prolog exited with code=127" log && grep "prolog-finish.*status=32512" log
'
test_expect_success 'an epilog that fails does not harm the job' '
	under "[job-manager.epilog]
command = [\"sh\", \"-c\", \"kill -9 \$\$\"]" "flux submit --wait true
flux job eventlog \$(flux job last) >log" &&
	grep "exception type=\"epilog\" severity=2 note=\"epilog killed by signal 9" log
'
test_expect_success 'timeouts' '
	under "[job-manager.prolog]
command = [\"sleep\", \"1000\"]
timeout = \"100ms\"
[job-manager.epilog]
command = [\"sleep\", \"1000\"]
timeout = \"100ms\"" "flux submit --wait true || :
flux job eventlog \$(flux job last) >log" &&
	grep "type=\"prolog\" severity=0 note=\"prolog timed out on " log &&
	grep "prolog-finish.*status=15" log &&
	grep "type=\"epilog\" severity=2 note=\"epilog timed out on " log
'
test_expect_success 'one that does not react: the node is drained' '
	under "[job-manager.prolog]
command = [\"sh\", \"-c\", \"trap : TERM; echo \$\$ >pid; while :; do sleep 1; done\"]
timeout = \"500ms\"
kill-timeout = 0.2" "flux submit --wait true || :
flux job eventlog \$(flux job last) >log
flux resource drain >drained
flux jobtap query perilog.so >query
cat pid; kill -0 \$(cat pid)" &&
	grep "prolog timed out on" log && grep "prolog timed out for job" drained &&
	jq -e ".procs == {}" query &&
	wait_until test_must_fail kill -0 $(cat pid)
'
test_expect_success 'an exception cancels the prolog, and the epilog runs' '
	under "[job-manager.prolog]
command = [\"sleep\", \"1000\"]
[job-manager.epilog]
command = [\"true\"]" "j=\$(flux submit true)
flux job wait-event -t 30 \$j prolog-start
flux jobtap query perilog.so >query
flux cancel \$j
flux job wait-event -t 30 \$j clean
flux job eventlog \$j >log" &&
	jq -e ".procs[] | .name == \"prolog\" and .state == \"running\" and .active_ranks == \"0\" and .remaining_time > 1700" query &&
	grep "prolog-finish.*status=15" log && grep "epilog-finish.*status=0" log &&
	test_must_fail grep "type=\"prolog\"" log
'
test_expect_success 'a job that is canceled as it runs has its epilog after the end' '
	under "[job-manager.epilog]
command = [\"true\"]" "j=\$(flux submit sleep 1000)
flux job wait-event -t 30 \$j start
flux cancel \$j
flux job wait-event -t 30 \$j clean
flux job eventlog \$j >log" &&
	sed "s/^[0-9.]* //; s/ .*//" log | grep -A1 finish | head -2 | tail -1 | grep epilog-start
'
test_expect_success 'bad tables are refused, and say which' '
	while IFS="|" read table line text; do
		printf "[job-manager]\nplugins = [ { load = \"$plugins/perilog.so\" } ]\n[job-manager.$table]\n$line\n" >c.toml &&
		test_must_fail flux start --cores=1 -c c.toml true 2>err &&
		grep -F "[job-manager.$table]: $text" err || { cat c.toml err; return 1; }
	done <<-\T
	prolog|foo = 1|1 object item(s) left unpacked: foo
	prolog||no command specified and exec.imp not defined
	prolog|command = "x"|command must be an array
	prolog|command = [ 1 ]|malformed prolog command
	epilog|command = []|malformed epilog command
	epilog|timeout = 5|Expected string, got integer
	prolog|timeout = "x"|invalid prolog timeout
	perilog|log-ignore = 5|error parsing log-ignore: not an array
	perilog|log-ignore = [ "[" ]|error parsing log-ignore: Failed to compile regex: [
	T
'
test_expect_success 'per-rank: on each rank of the job, and all are told of' '
	printf "[job-manager]\nplugins = [ { load = \"$plugins/perilog.so\" } ]\n[job-manager.prolog]\nper-rank = true\ncommand = [\"sh\", \"-c\", \"echo on \$FLUX_JOB_RANKS\"]\n[job-manager.epilog]\nper-rank = true\ncommand = [\"sh\", \"-c\", \"exit 4\"]\n" >c.toml &&
	cat >run.sh <<-\T &&
	flux submit --wait -N2 -n2 true
	flux job eventlog $(flux job last) >log
	flux dmesg >dmesg
	flux resource drain >drained
	T
	flux start --test-size=3 -c c.toml sh -e run.sh &&
	grep "prolog: .* (rank 0): stdout: on 0-1$" dmesg &&
	grep "prolog: .* (rank 1): stdout: on 0-1$" dmesg &&
	test_must_fail grep "(rank 2)" dmesg &&
	grep "prolog-finish.*status=0" log &&
	grep "note=\"epilog exited with code=4 on .* (rank 0-1)\"" log &&
	grep "epilog failed for job" drained
'
test_expect_success 'per-rank: a prolog that times out drains; without it none does' '
	printf "[job-manager]\nplugins = [ { load = \"$plugins/perilog.so\" } ]\n[job-manager.prolog]\nper-rank = true\ntimeout = \"100ms\"\ncommand = [\"sleep\", \"1000\"]\n" >c.toml &&
	printf "flux submit --wait true || :\nflux resource drain >drained\n" >run.sh &&
	flux start --test-size=2 -c c.toml sh -e run.sh && grep "prolog timed out for job" drained &&
	sed -i "s/per-rank = true/per-rank = false/" c.toml &&
	flux start --test-size=2 -c c.toml sh -e run.sh && test_must_fail grep prolog drained
'
test_expect_success 'without a command, exec.imp runs that of the site' '
	printf "#!/bin/sh\necho imp: \"\$@\"\n" >imp && chmod +x imp &&
	printf "[exec]\nimp = \"$PWD/imp\"\n[job-manager]\nplugins = [ { load = \"$plugins/perilog.so\" } ]\n[job-manager.prolog]\n[job-manager.epilog]\n" >c.toml &&
	printf "flux submit --wait true\nflux dmesg >dmesg\n" >run.sh &&
	flux start --cores=1 -c c.toml sh -e run.sh &&
	grep "stdout: imp: run prolog$" dmesg && grep "stdout: imp: run epilog$" dmesg
'
test_done
