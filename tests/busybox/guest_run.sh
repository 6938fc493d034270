#!/bin/sh
# Runs in the guest as /bbtest/run: BusyBox's testsuite and ash's tests.
#
# usage: /bbtest/run [APPLET...]
#
#	APPLET	only the tests of these applets ("ash_test" for the shell's)

export bindir=/bbtest SKIP_INTERNET_TESTS=1

applets=
ash_test=no
for word; do
	case $word in
	ash_test) ash_test=yes ;;
	*) applets="$applets $word" ;;
	esac
done
[ $# -gt 0 ] || ash_test=yes

if [ $# = 0 ] || [ -n "$applets" ]; then
	cd /bbtest/testsuite || exit 1
	# shellcheck disable=SC2086 # a list
	./runtest $applets </dev/null 2>&1
fi
if [ $ash_test = yes ]; then
	cd /bbtest/shell/ash_test || exit 1
	./run-all </dev/null 2>&1
fi
echo
echo BBTEST END
