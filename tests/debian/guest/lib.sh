# shellcheck shell=bash
# Checks of the Debian suites; sourced by each of them, in the guest.
#
#	check NAME COMMAND WANT		prints WANT (and nothing else), status 0
#	check_like NAME COMMAND REGEX	prints something that matches
#	check_ok NAME COMMAND		status 0
#	check_status NAME STATUS COMMAND
#	python NAME <<'END' ...		a Python program that does not fail
#	perl_ NAME <<'END' ...		the same in Perl
#	expect_ NAME <<'END' ...	the same in expect, with two commands more: shell
#					starts a bash, see waits for a pattern
#	skip NAME REASON
#	tests_done
#
# What Linnet cannot do yet is in "missing", in lines "SUITE: NAME: WHY": such a
# check is skipped with that reason if it fails, and if it passes, that fails.
#
# A command is a bash script of its own, in an empty folder of its own, without
# input and with a time limit that only a hang reaches.

passed=0 failed=0 skipped=0
limit=$((60 * ${TEST_SCALE:-1}))
work=/tmp/check

result() { # VERDICT NAME
	echo "$1 $((passed + failed + skipped)) - $2"
}

pass() {
	[ -z "$(missing "$1")" ] || {
		fail "$1 # passes, and is in the list of what is missing"
		return
	}
	passed=$((passed + 1))
	result ok "$1"
}

missing() { # NAME: why it may fail
	[[ $(uname -r) = *linnet* ]] || return
	suite=$(basename "$0" .test)
	sed -n "s/^$suite: $1: //p" /tests/debian/missing
}

fail() { # NAME DETAIL...
	why=$(missing "$1")
	[ -z "$why" ] || {
		skip "$1" "$why"
		return
	}
	failed=$((failed + 1))
	result "not ok" "$1"
	shift
	printf '%s\n' "$@" | head -c 3000 | cat -v | sed 's/^/#   /'
}

skip() { # NAME REASON
	skipped=$((skipped + 1))
	result ok "$1 # SKIP $2"
}

run() { # COMMAND: its output in $output, its status in $status
	rm -rf "$work"
	mkdir "$work"
	output=$(cd "$work" && timeout -k 5 "$limit" bash -c "$1" \
		</dev/null 2>&1)
	status=$?
	[ "$status" != 124 ] || output+=$'\n'"(took longer than $limit s)"
}

check() {
	run "$2"
	if [ "$status" = 0 ] && [ "$output" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "ran:    $2" "got:    $output" "want:   $3" \
			"status: $status"
	fi
}

check_like() {
	run "$2"
	if [ "$status" = 0 ] && [[ $output =~ $3 ]]; then
		pass "$1"
	else
		fail "$1" "ran:    $2" "got:    $output" "want:   match for $3" \
			"status: $status"
	fi
}

check_ok() {
	check_status "$1" 0 "$2"
}

check_status() {
	run "$3"
	if [ "$status" = "$2" ]; then
		pass "$1"
	else
		fail "$1" "ran:    $3" "got:    $output" \
			"status: $status, want $2"
	fi
}

program() { # NAME INTERPRETER, the program as input
	cat >/tmp/program
	run "$2 /tmp/program"
	if [ "$status" = 0 ]; then
		pass "$1"
	else
		fail "$1" "got:    $output" "status: $status"
	fi
}

python() {
	program "$1" "python3 -u"
}

perl_() {
	program "$1" "perl -w"
}

expect_() {
	{
		cat <<-'END'
		log_user 0
		set timeout 30
		proc shell {} {
			uplevel #0 {spawn env "PS1=P> " bash --norc --noprofile -i}
			see {P> $}
		}
		proc see {pattern} {
			global expect_out spawn_id
			expect {
				-re $pattern {}
				default {
					puts "no $pattern in: $expect_out(buffer)"
					exit 1
				}
			}
		}
		END
		cat
	} >/tmp/script
	program "$1" expect </tmp/script
}

tests_done() {
	echo "1..$((passed + failed + skipped))"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
}
