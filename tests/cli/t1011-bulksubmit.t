#!/bin/sh
test_description='flux bulksubmit'
. "$(dirname "$0")/sluice-test.sh"
test_under_instance 4
. "$sluice_sharness"; use_utf8

command -v python3 >/dev/null && test_set_prereq PYTHON3

# dry ARGS...: what would be submitted, without the first two words
dry () {
	flux bulksubmit --dry-run "$@" | sed "s/^bulksubmit: submit//; s/^ //"
}
# is LINE... <OUT
is () {
	printf "%s\n" "$@" >expect && cat >actual && test_cmp expect actual
}
test_expect_success 'inputs of the command line, of stdin and of files' '
	dry echo {} ::: 1 2 | is "echo 1" "echo 2" &&
	seq 2 | dry echo {} | is "echo 1" "echo 2" &&
	seq 2 | dry | is 1 2 &&
	seq 2 >list && dry echo {} :::: list | is "echo 1" "echo 2" &&
	seq 2 | dry {0}{1} ::: a :::: - | is a1 a2 &&
	printf "a b,c d" | dry --sep=, echo {} | is "echo a b" "echo c d" &&
	printf "a b\n c\n" | dry --sep=none echo {} | is "echo a" "echo b" "echo c"
'
test_expect_success 'combinations and links' '
	dry {1} {0} ::: 1 2 ::: 3 4 | is "3 1" "4 1" "3 2" "4 2" &&
	dry {0} {1} ::: 1 2 3 :::+ 4 5 | is "1 4" "2 5" "3 4" &&
	dry {0}{1}{2} ::: a b ::: 1 2 :::+ x y | is a1x a2y b1x b2y
'
test_expect_success 'methods' '
	dry {.%} {./} {./%} {.//} {seq} {seq1} ::: /a/b.c d.e.f g |
	is "/a/b b.c b /a 0 1" "d.e d.e.f d.e  1 2" "g g g  2 3" &&
	dry {1./} {0.%} ::: a.b ::: /x/y | is "y a"
'
test_expect_success PYTHON3 'methods of our own' '
	dry --define=p2="2**int(x)" -n {.p2} hostname ::: 0 2 |
	is "-n1 hostname" "-n4 hostname"
'
test_expect_success 'options are templates too' '
	dry --cc={} --job-name=n{seq} echo {cc} ::: 0-1 2 |
	is "--cc=0-1 --job-name=n0 echo {cc}" "--cc=2 --job-name=n1 echo {cc}"
'
test_expect_success 'shuffle keeps all' '
	seq 50 | dry --shuffle | sort -n >out && seq 50 | test_cmp - out
'
test_expect_success 'what means nothing is refused' '
	exits_with 1 flux bulksubmit --dry-run {2} ::: 1 2>err &&
	grep "Invalid replacement string" err &&
	exits_with 1 flux bulksubmit --dry-run {.foo} ::: 1 2>err &&
	grep "Unknown input string method .\\.foo" err &&
	exits_with 1 flux bulksubmit true ::: 2>err && grep "no jobs provided" err &&
	exits_with 1 flux bulksubmit true :::: nosuch 2>err && grep nosuch err &&
	exits_with 1 flux bulksubmit -n {} true ::: x
'
test_expect_success 'jobs run' '
	flux bulksubmit --quiet --watch echo x{}{cc} ::: 1 2 | sort | is x1 x2 &&
	flux bulksubmit --wait --cc=0-{} true ::: 1 2 >out &&
	test $(wc -l <out) -eq 5 &&
	exits_with 3 flux bulksubmit --wait sh -c "exit {}" ::: 0 3 1
'
test_done
