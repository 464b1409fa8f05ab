#!/bin/sh
test_description='flux submit --dry-run: jobspecs'
. "$(dirname "$0")/sluice-test.sh"
unset FLUX_URI
. "$sluice_sharness"; use_utf8

dry () {
	flux submit --dry-run "$@"
}
test_expect_success 'a plain job' '
	dry -n2 echo hi >j &&
	test "$(jq -r .version j)" = 1 &&
	test "$(jq -c .tasks j)" = "[{\"command\":[\"echo\",\"hi\"],\"slot\":\"task\",\"count\":{\"per_slot\":1}}]" &&
	test "$(jq .resources[0].count j)" = 2 &&
	test "$(jq .attributes.system.duration j)" = 0 &&
	test "$(jq -r .attributes.system.cwd j)" = "$(pwd)" &&
	test "$(jq -r .attributes.system.environment.PATH j)" = "$PATH"
'
test_expect_success 'options of the command are left alone' '
	dry ls -l --color >j &&
	test "$(jq -c .tasks[0].command j)" = "[\"ls\",\"-l\",\"--color\"]"
'
test_expect_success '--cc makes a job for each id' '
	dry --cc=1-3 echo {cc} >j &&
	test $(wc -l <j) -eq 3 &&
	jq -r ".tasks[0].command[1] + .attributes.system.environment.FLUX_JOB_CC" j >out &&
	printf "11\n22\n33\n" >want &&
	test_cmp want out
'
test_expect_success '--bcc does not set FLUX_JOB_CC' '
	dry --bcc=1-2 echo {cc} >j &&
	test "$(jq -r .attributes.system.environment.FLUX_JOB_CC j | sort -u)" = null
'
test_expect_success 'environment rules' '
	dry --env=-* --env=A=1 --env="B=\$A/x" true >j &&
	test "$(jq -c .attributes.system.environment j)" = "{\"A\":\"1\",\"B\":\"1/x\"}" &&
	printf "%s\n" "-*" "C=3" >rules &&
	dry --env-file=rules true >j &&
	test "$(jq -c .attributes.system.environment j)" = "{\"C\":\"3\"}" &&
	exits_with 1 flux submit --dry-run --env="X=\$NOPE_NOT_SET" true 2>err &&
	grep NOPE_NOT_SET err
'
test_expect_success 'constraints, dependencies, time' '
	dry --requires="a|-host:n1" --dependency=afterok:f1 -t 1.5h true >j &&
	test "$(jq -c .attributes.system.constraints j)" = "{\"or\":[{\"properties\":[\"a\"]},{\"not\":[{\"hostlist\":[\"n1\"]}]}]}" &&
	test "$(jq -r .attributes.system.dependencies[0].scheme j)" = afterok &&
	test "$(jq .attributes.system.duration j)" = 5400
'
test_expect_success '--add-file carries a file' '
	echo hello >f.txt &&
	dry --add-file=f.txt --add-file=g:755=f.txt true >j &&
	test "$(jq -r ".attributes.system.files[\"f.txt\"].data" j)" = hello &&
	test "$(jq -r .attributes.system.files.g.mode j)" = 33261 &&
	exits_with 1 flux submit --dry-run --add-file=nope true 2>err && grep nope err
'
test_expect_success 'flux run takes the same options' '
	flux run -N2 -n4 --dry-run true >j &&
	test "$(jq -r .resources[0].type j)" = node
'
test_expect_success 'tasks for each node or core of what is asked for' '
	dry -N2 --cores=8 --tasks-per-node=3 true >j &&
	test "$(jq -c .resources[0].with[0].with j)" = "[{\"type\":\"core\",\"count\":4}]" &&
	test "$(jq -c ".attributes.system.shell.options[\"per-resource\"]" j)" = "{\"type\":\"node\",\"count\":3}" &&
	dry --cores=4 --tasks-per-core=2 true >j && test "$(jq .resources[0].count j)" = 4 &&
	test "$(jq -c ".attributes.system.shell.options[\"per-resource\"]" j)" = "{\"type\":\"core\",\"count\":2}" &&
	dry -N2 --tasks-per-node=1 --gpus-per-node=1 true >j && test "$(jq .resources[0].exclusive j)" = true &&
	bad () { exits_with 1 flux submit --dry-run "$@" true 2>err; } &&
	bad -N3 --cores=4 --tasks-per-node=1 && grep "cannot be divided evenly" err &&
	bad -N1 --tasks-per-node=1 --tasks-per-core=1 && grep "exclude each other" err &&
	bad --tasks-per-core=1 && grep "number of nodes or cores is required" err &&
	bad --cores=1 --gpus-per-node=1 && grep "requires --nodes" err
'
test_expect_success '--setattr=^key=file takes JSON from a file' '
	echo "{\"a\":[1,2]}" >attr.json && dry --setattr=^user.x=attr.json true >j &&
	test "$(jq -c .attributes.user.x j)" = "{\"a\":[1,2]}" &&
	exits_with 1 flux submit --dry-run --setattr=^user.x=nofile true 2>err && grep nofile err &&
	exits_with 1 flux submit --dry-run --setattr=^user.x true 2>err && grep "needs =FILE" err
'
test_expect_success '--begin-time knows the words of days' '
	dry --begin-time=tomorrow true >j && jq -r .attributes.system.dependencies[0].value j >t &&
	test "$(date -d @$(cut -d. -f1 t) +%H%M%S)" = 000000 && test $(cut -d. -f1 t) -gt $(date +%s)
'
test_done
