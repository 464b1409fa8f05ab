#!/bin/sh
test_description='flux: help, errors, ids; nothing here needs an instance'
. "$(dirname "$0")/sluice-test.sh"
unset FLUX_URI
. "$sluice_sharness"; use_utf8

test_expect_success 'flux --help lists commands' '
	flux --help >help.out &&
	grep "^   submit " help.out &&
	grep "^   jobs " help.out
'
test_expect_success 'every command and subcommand has help' '
	flux help --words | cut -f1 >words &&
	grep "^job attach$" words &&
	while read words; do
		test "$words" = flux && continue
		test "$words" = broker && continue
		flux $words --help >one.out || return 1
		grep -q "^Usage: flux $words" one.out || return 1
	done <words
'
test_expect_success 'an unknown command fails' '
	exits_with 1 flux nosuch 2>err &&
	echo "flux: \`nosuch'\'' is not a flux command.  See '\''flux --help'\''" >want &&
	test_cmp want err
'
test_expect_success 'a command is looked for in FLUX_EXEC_PATH' '
	mkdir -p bin &&
	printf "#!/bin/sh\necho found \$*\n" >bin/flux-mine &&
	chmod +x bin/flux-mine &&
	FLUX_EXEC_PATH=$(pwd)/bin flux mine a b >out &&
	echo "found a b" >want &&
	test_cmp want out
'
test_expect_success 'usage errors are one line that names the option' '
	exits_with 2 flux submit --nope true 2>err &&
	test $(wc -l <err) -eq 1 &&
	grep "^flux-submit: ERROR: unknown option --nope" err &&
	exits_with 2 flux submit --time=1m true 2>err &&
	grep "unknown option --time\." err &&
	exits_with 1 flux submit -n x true 2>err &&
	grep "ntasks.*.x." err
'
test_expect_success 'subcommands are checked' '
	exits_with 1 flux job 2>err && grep "subcommand is required" err &&
	exits_with 1 flux job nope 2>err && grep "nope" err
'
test_expect_success 'without an instance the socket is named' '
	exits_with 1 env FLUX_URI=local:///nonexistent/sock flux getattr size 2>err &&
	test $(wc -l <err) -eq 1 && grep "/nonexistent/sock" err
'
test_expect_success 'job ids are converted' '
	test $(flux job id --to=dec 0x17e9fb8df16c2e) = 6731191091817518 &&
	test $(flux job id --to=f58 6731191091817518) = ƒuZZybuNNy &&
	test $(flux job id --to=f58plain 6731191091817518) = fuZZybuNNy &&
	test $(flux job id --to=dothex ƒuZZybuNNy) = 0017.e9fb.8df1.6c2e &&
	test $(flux job id --to=kvs fuZZybuNNy) = job.0017.e9fb.8df1.6c2e &&
	test $(FLUX_F58_FORCE_ASCII=1 flux job id --to=f58 6731191091817518) = fuZZybuNNy
'
test_expect_success 'a bad job id is named' '
	exits_with 1 flux job id "x y" 2>err && grep "x y" err
'
test_expect_success 'flux jobs names its formats' '
	flux jobs --format=help >out && grep endreason out &&
	exits_with 1 flux jobs -o "{nope}" 2>err && grep nope err &&
	exits_with 1 flux jobs -o nope 2>err && grep nope err
'
test_expect_success 'flux start shows what it would run' '
	flux start -v -X --cores=4 -Sa=b echo hi 2>err &&
	grep "flux-broker -Sresource.cores=4 -Sa=b echo hi" err
'
test_expect_success 'bash completes commands, subcommands and options' '
	cat >complete.sh <<-"EOF2" &&
	. "$1/../../etc/flux.bash-completion"
	try () {
	    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
	    _flux
	    echo "${COMPREPLY[*]}"
	}
	try flux subm
	try flux job att
	try flux job attach --read
	try flux submit --dry
	EOF2
	bash complete.sh "$SLUICE_TEST_SOURCE" >out &&
	printf "%s\n" submit attach --read-only --dry-run >want &&
	test_cmp want out
'
test_done
