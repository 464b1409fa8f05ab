#!/bin/sh
test_description='housekeeping: nodes are cleaned before they are given again'
. "$(dirname "$0")/sluice-test.sh"
. "$sluice_sharness"; use_utf8

# config COMMAND [LINE]: where `gate` can make it wait.
config () {
	printf "[job-manager.housekeeping]\ncommand = [\"sh\", \"-c\", \"$1\"]\n$2\n" >c.toml
}
# under SIZE: run.sh in an instance so configured
under () {
	size=$1; shift
	flux start --test-size=$size --cores=1 -c c.toml "$@" sh -e run.sh
}

test_expect_success 'it runs on each rank with what it needs to know; the job is inactive' '
	config "echo id=\$FLUX_JOB_ID uid=\$FLUX_JOB_USERID ranks=\$FLUX_JOB_RANKS; echo err >&2; test -e gate || read x <fifo" &&
	mkfifo fifo &&
	cat >run.sh <<-\X &&
	j=$(flux submit -N2 -n2 true)
	flux job wait-event -t 30 $j clean
	flux job eventlog $j >log
	flux job id --to=dec $j >id
	flux jobs -no {state} $j >state
	flux submit -N2 -n2 true >next
	flux housekeeping list -no "{id.dec} {nnodes} {ranks} {pending.nnodes} {pending.ranks} {allocated.ranks}" >list
	flux housekeeping list >header
	flux housekeeping list -no "{ranks} {nodelist}" -i 1 >one
	flux housekeeping list -n -i 7 >none
	flux rpc job-manager.stats-get >stats
	flux resource list -no "{state} {nnodes}" >resources
	flux resource status -no "{state} {nnodes}" >status
	flux job eventlog $(cat next) >waits
	touch gate; exec 3<>fifo; echo >&3; echo >&3
	flux job wait-event -t 30 $(cat next) clean
	flux dmesg >dmesg
	X
	under 2 &&
	sed "s/^[0-9.]* //; s/ .*//" log | tail -3 >e && printf "release\nfree\nclean\n" >w && test_cmp w e &&
	test "$(cat state)" = INACTIVE &&
	echo "$(cat id) 2 0-1 2 0-1 0-1" >w && test_cmp w list &&
	grep "JOBID NNODES #ACTIVE  RUNTIME NODELIST" header &&
	grep "^1 " one && test_must_be_empty none &&
	jq -e ".housekeeping.running[] | .pending == \"0-1\" and .allocated == \"0-1\" and .t_start > 0" stats &&
	jq -e ".housekeeping.config | .[\"release-after\"] == -1 and (.command | test(\"^sh -c echo\"))" stats &&
	grep "allocated 2" resources && printf "avail 2\nhousekeeping 2\n" >w && test_cmp w status && test_must_fail grep alloc waits &&
	for r in 0 1; do
		grep "info.*housekeeping: .* (rank $r) ƒ.*: id=$(cat id) uid=$(id -u) ranks=0-1$" dmesg &&
		grep "err.*housekeeping: .* (rank $r) ƒ.*: err$" dmesg || return 1
	done
'
test_expect_success 'release-after 0: what is done is free at once' '
	rm -f fifo && mkfifo fifo &&
	config "mkdir once 2>/dev/null || read x <fifo" "release-after = \"0\"" &&
	cat >run.sh <<-\X &&
	flux submit -N2 -n2 true >id
	flux job wait-event -t 30 $(cat id) clean
	until test "$(flux housekeeping list -no {nnodes})" = 1; do sleep 0.05; done
	flux run true
	flux housekeeping list -no "{id}" >left
	X
	under 2 && grep -f id left
'
test_expect_success 'release-after a while: the timer of the first' '
	rm -f fifo && mkfifo fifo &&
	config "mkdir \$FLUX_JOB_ID 2>/dev/null && exit; read x <fifo" "release-after = \"10ms\"" &&
	cat >run.sh <<-\X &&
	flux run -N2 -n2 true
	until test "$(flux housekeeping list -no {nnodes})" = 1; do sleep 0.05; done
	flux rpc job-manager.stats-get >stats
	X
	under 2 && jq -e ".housekeeping.config[\"release-after\"] == 0.01" stats &&
	jq -e ".housekeeping.running[] | .pending == .allocated" stats
'
test_expect_success 'it can be killed: by job, by rank, all; failures are logged and drain nothing' '
	config "test -e fail && exit 3; exec sleep 1000" "release-after = \"0\"" &&
	cat >run.sh <<-\X &&
	a=$(flux submit -N1 -n1 true) b=$(flux submit -N2 -n2 true)
	flux job wait-event -t 30 $a clean; flux job wait-event -t 30 $b clean
	until test $(($(flux housekeeping list -no {pending.nnodes} | paste -sd+))) = 3; do sleep 0.05; done
	flux housekeeping kill -j $a
	until test "$(flux housekeeping list -no {id})" = $b; do sleep 0.05; done
	flux housekeeping kill -t 1 -s 9
	until test "$(flux housekeeping list -no {ranks})" = 2; do sleep 0.05; done
	flux housekeeping kill -j 12345
	flux housekeeping kill -t 0
	flux housekeeping list -no {ranks} >still
	flux housekeeping kill --all
	until test -z "$(flux housekeeping list -n)"; do sleep 0.05; done
	touch fail; flux run -N4 -n4 true
	until test -z "$(flux housekeeping list -n)"; do sleep 0.05; done
	flux dmesg >dmesg
	flux resource drain -n >drained
	X
	under 4 && test "$(cat still)" = 2 && test_must_be_empty drained &&
	grep "err.*housekeeping: .* (rank 0) ƒ.*: Terminated" dmesg &&
	grep "err.*housekeeping: .* (rank 1) ƒ.*: Killed" dmesg &&
	grep "err.*housekeeping: .* (rank 3) ƒ.*: nonzero exit code" dmesg
'
test_expect_success 'bad uses of the command and the request' '
	cat >run.sh <<-\X &&
	bad () { text=$1; shift; if "$@" 2>err; then return 1; fi; grep -F -e "$text" err || { cat err; return 1; }; }
	bad "specify at least one of --targets, --jobid, or --all" flux housekeeping kill
	bad "cannot be used" flux housekeeping kill --all -j f1
	bad "not a signal" flux housekeeping kill --all -s foo
	bad "not found" flux housekeeping kill -t nohost
	bad "not found" flux housekeeping list -i nohost
	bad "Invalid signal" flux rpc job-manager.housekeeping-kill "{\"signum\":99}"
	bad "zz" flux rpc job-manager.housekeeping-kill "{\"signum\":15,\"ranks\":\"zz\"}"
	bad "signum" flux rpc job-manager.housekeeping-kill "{}"
	X
	under 1
'
test_expect_success 'a command that is not there does not hold the node for ever' '
	printf "[job-manager.housekeeping]\ncommand = [\"/nosuch\"]\n" >c.toml &&
	cat >run.sh <<-\X &&
	flux run true; flux run true
	flux dmesg >dmesg
	X
	under 1 && grep "housekeeping: .* (rank 0) .*: .*No such file" dmesg
'
test_expect_success 'bad tables are refused' '
	while IFS="|" read line text; do
		printf "[job-manager.housekeeping]\n$line\n" >c.toml &&
		test_must_fail flux start --cores=1 -c c.toml true 2>err &&
		grep -F "[job-manager.housekeeping]: $text" err || { cat c.toml err; return 1; }
	done <<-\T
	foo = 1|1 object item(s) left unpacked: foo
	|no command specified
	command = "x"|command must be an array of strings
	command = []|command must be an array of strings
	command = [ 1 ]|command must be an array of strings
	release-after = 5|Expected string, got integer
	release-after = "x"|release-after is not a duration
	T
'
test_expect_success 'without a command, exec.imp runs that of the site' '
	printf "#!/bin/sh\necho imp: \"\$@\"\n" >imp && chmod +x imp &&
	printf "[exec]\nimp = \"$PWD/imp\"\n[job-manager.housekeeping]\n" >c.toml &&
	cat >run.sh <<-\X &&
	flux run true
	until test -z "$(flux housekeeping list -n)"; do sleep 0.05; done
	flux dmesg >dmesg
	X
	under 1 && grep "imp: run housekeeping" dmesg
'
test_expect_success 'a configuration that comes and goes' '
	printf "" >c.toml &&
	cat >run.sh <<-\X &&
	flux run true
	printf "[job-manager.housekeeping]\ncommand = [\"sleep\", \"1000\"]\n" | flux config load
	flux run true
	flux housekeeping list -no {pending.nnodes} >with
	flux housekeeping kill --all
	flux config load </dev/null
	flux run true
	flux run true
	X
	under 1 && test "$(cat with)" = 1
'
test_expect_success 'after a restart it is held, and runs again' '
	mkdir sd &&
	config "echo \$FLUX_JOB_RANKS >>ran; test -e go || exec sleep 1000" &&
	cat >run.sh <<-\X &&
	flux submit -N2 -n2 true >id
	flux job wait-event -t 30 $(cat id) clean
	flux housekeeping list -no {id} >before
	until test $(wc -l <ran) = 2; do sleep 0.05; done
	X
	under 2 -S statedir=sd &&
	cat >run.sh <<-\X &&
	flux housekeeping list -no "{id} {allocated.ranks}" >after
	until test $(wc -l <ran) = 4; do sleep 0.05; done
	flux resource list -s allocated -no {nnodes} >allocated
	touch go; flux module reload job-manager
	flux run -N2 -n2 true
	X
	under 2 -S statedir=sd &&
	echo "$(cat id) 0-1" >w && test_cmp w after && test_cmp id before &&
	echo 2 >w && test_cmp w allocated &&
	test "$(sort -u ran)" = 0-1
'
test_done
