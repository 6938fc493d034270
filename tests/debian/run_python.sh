#!/bin/sh
# CPython's own tests of what the kernel does for it, in the guest: the result of
# every test must be the one that the Linux reference gives.
#
# usage: tests/debian/run_python.sh [OPTION]... [MODULE]...
#
#	--kernel IMAGE	the kernel to test (build/Image)
#	--reference	only make the reference's results
#	--smp, --mem, --gic, --cpu, --console, --append
#			as for tests/phase_a/run_tests.sh (4 CPUs, 1G)
#	MODULE		only these: test_os, ...
#
# Prints the tests whose results differ, Linux on the left, and ends with
# "N passed, N failed, N skipped", where a test passes if both kernels agree.
# build/debian/python/ has the whole table and the consoles' logs. The
# reference's results are kept until the packages or the reference change.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
SMP=${SMP:-4}
GIC=${GIC:-3}
MEM=${MEM:-1G}
. "$here/side_by_side.sh"

MODULES='test_os test_posix test_signal test_subprocess test_threading test_thread
test_threadsignals test_threading_local test_select test_selectors test_poll
test_epoll test_mmap test_fcntl test_ioctl test_pty test_openpty test_pipes
test_wait3 test_wait4 test_fork1 test_resource test_time test_tempfile
test_threadedtempfile test_shutil test_glob test_pathlib test_io test_file
test_file_eintr test_fileio test_bufio test_posixpath test_genericpath test_stat
test_eintr test_faulthandler test_popen test_shelve test_dbm_dumb
test_largefile test_mailbox test_zipfile test_tarfile test_gzip test_bz2
test_lzma test_filecmp test_fileinput test_fnmatch test_pwd test_grp test_spwd
test_getpass test_sched test_queue test_locale test_c_locale_coercion
test_cmd_line test_cmd_line_script test_script_helper test_repl test_runpy
test_import test_py_compile test_compileall test_zipimport test_sys test_gc
test_atexit test_regrtest test_random test_uuid test_platform test_sysconfig
test_site test_ctypes test_multiprocessing_fork test_multiprocessing_main_handling
test_concurrent_futures test_unicode_file test_unicode_file_functions
test_interpreters test_finalization test_exceptions test_weakref
test_contextlib test_timeit test_trace test_readline'

side_by_side_arguments "$@"
# shellcheck disable=SC2086 # a list
side_by_side python packages.python /tests/debian/run_python ${words:-$MODULES}
