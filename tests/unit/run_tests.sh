#!/bin/sh
# Run the unit test programs given as arguments, one after the other, and end
# with the sum of their totals. Fails if a test failed or a program broke off.
passed=0
failed=0
skipped=0

for program in "$@"; do
	echo "# ${program##*/}"
	total=$("$program" 2>&1 | tee /dev/stderr | tail -n 1)
	case $total in
	*" passed, "*" failed, "*" skipped")
		set -- $total
		passed=$((passed + $1))
		failed=$((failed + $3))
		skipped=$((skipped + $5))
		;;
	*)
		echo "FAIL ${program##*/} ended without a total"
		failed=$((failed + 1))
		;;
	esac
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
