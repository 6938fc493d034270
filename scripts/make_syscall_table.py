#!/usr/bin/env python3
"""Makes the table of system calls in docs/syscalls/README.md.

usage: scripts/make_syscall_table.py [--check] [--build DIR] [FILE]

    FILE         the page (docs/syscalls/README.md); what stands between its
                 "table" marks is replaced
    --check      change nothing; fail if the page is not up to date
    --build DIR  the build folder (build), for the list of numbers

Numbers and names come from the UAPI headers, states from the SYSCALL_DEFINEs
of the sources, restrictions from partly.list beside the page, tests from the
programs that make the call, by its name or by that of its C library function.

The headers belong to the machine: newer ones know more calls. --check does not
look at calls that are not there (ENOSYS), so it gives the same answer everywhere.
"""

import argparse
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ("arch", "drivers", "fs", "kernel", "mm")
TESTS = ("tests/abi/*.c", "tests/phase_a/*.c", "tests/stress/stress.c")
BEGIN, END = "<!-- table -->", "<!-- end of table -->"
MANY = 6  # more programs than that: the call is used throughout
ENOSYS = "ENOSYS"

# What programs say for a call that has another name in the C library.
LIBRARY = {
    "brk": "sbrk",
    "clone": "fork pthread_create",
    "dup3": "dup2",
    "epoll_create1": "epoll_create",
    "epoll_pwait": "epoll_wait",
    "eventfd2": "eventfd",
    "exit": "_exit",
    "exit_group": "_exit exit",
    "faccessat": "access",
    "fadvise64": "posix_fadvise",
    "fchmodat": "chmod",
    "fchownat": "chown lchown",
    "getdents64": "readdir",
    "getpriority": "nice",
    "inotify_init1": "inotify_init",
    "linkat": "link",
    "mkdirat": "mkdir",
    "mknodat": "mknod mkfifo",
    "newfstatat": "stat lstat fstatat",
    "openat": "open creat",
    "pipe2": "pipe",
    "ppoll": "poll",
    "pread64": "pread",
    "prlimit64": "prlimit getrlimit setrlimit",
    "pselect6": "select pselect",
    "pwrite64": "pwrite",
    "readlinkat": "readlink",
    "renameat": "rename",
    "renameat2": "rename renameat",
    "rt_sigaction": "sigaction signal",
    "rt_sigpending": "sigpending",
    "rt_sigprocmask": "sigprocmask pthread_sigmask",
    "rt_sigqueueinfo": "sigqueue",
    "rt_sigsuspend": "sigsuspend pause",
    "rt_sigtimedwait": "sigtimedwait sigwaitinfo sigwait",
    "setitimer": "alarm",
    "signalfd4": "signalfd",
    "symlinkat": "symlink",
    "umount2": "umount",
    "unlinkat": "unlink rmdir remove",
    "utimensat": "futimens utimes",
    "wait4": "wait waitpid abi_reap abi_exit_code",
}


class Problem(Exception):
    """What is wrong, in words for the user."""


def numbers(build):
    """{number: (ABI name, name of the kernel's function)}"""
    functions = dict(
        (int(nr), fn)
        for nr, fn in re.findall(
            r"^__SYSCALL\((\d+), sys_(\w+)\)",
            (build / "gen/syscall_list.h").read_text(),
            re.M,
        )
    )
    header = (build / "uapi/asm-generic/unistd.h").read_text()
    # Another name of the same call, for other architectures.
    header = re.sub(
        r"#ifdef __ARCH_WANT_SYNC_FILE_RANGE2.*?#else", "", header, flags=re.S
    )
    known, names = {}, {}
    for name, value in re.findall(
        r"^#define (__NR(?:3264)?_\w+) (\w+)\s*(?:/\*.*)?$", header, re.M
    ):
        number = int(value) if value.isdigit() else known.get(value)
        if number is not None:
            known.setdefault(name, number)
            if name.startswith("__NR_"):
                names.setdefault(number, name[len("__NR_") :])
    return {nr: (names.get(nr, fn), fn) for nr, fn in functions.items()}


def definitions():
    """{name of the kernel's function: file}"""
    found = {}
    for folder in SOURCES:
        for path in sorted((pathlib.Path(folder)).rglob("*.c")):
            text = path.read_text()
            names = re.findall(r"^SYSCALL_DEFINE[0-6]\((\w+)", text, re.M)
            # Calls that need the whole register frame define themselves.
            names += re.findall(r"^long (?:\w+ )*sys_(\w+)\([^;]*?\)\n\{", text, re.M)
            for name in names:
                found[name] = path.as_posix()
    return found


def programs():
    """{test: set of the identifiers it calls or names}"""
    found = {}
    for pattern in TESTS:
        for path in sorted(pathlib.Path().glob(pattern)):
            text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
            words = set(re.findall(r"\b(\w+)(?=\()", text))
            words.update(re.findall(r"\b(?:SYS|__NR)_(\w+)", text))
            folder = path.parent.name
            label = path.stem if folder == "abi" else f"{folder}/{path.stem}"
            found[label] = words
    return found


def tests_of(name, used):
    words = {name, *LIBRARY.get(name, "").split()}
    tests = [label for label, called in used.items() if words & called]
    return "throughout" if len(tests) > MANY else ", ".join(tests)


def restrictions(path, names):
    """partly.list: "NAME[,NAME]...: what is refused"."""
    found = {}
    for line in path.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        calls, _, text = line.partition(":")
        for call in calls.split(","):
            if call.strip() not in names:
                raise Problem(f"{path.name}: there is no call '{call.strip()}'")
            found[call.strip()] = text.strip()
    return found


def table(build, page):
    calls = numbers(build)
    defined = definitions()
    used = programs()
    partly = restrictions(
        page.parent / "partly.list",
        {name for name, fn in calls.values() if fn in defined},
    )
    rows, there = [], 0
    for nr, (name, fn) in sorted(calls.items()):
        if fn not in defined:
            rows.append(f"| {nr} | `{name}` | {ENOSYS} | | |")
            continue
        there += 1
        state = f"partly: {partly[name]}" if name in partly else "implemented"
        rows.append(
            f"| {nr} | `{name}` | {state} | {defined[fn]} "
            f"| {tests_of(name, used)} |"
        )
    return "\n".join(
        [
            f"{there} calls are there, {len(partly)} of them with restrictions.",
            "",
            "| number | name | state | file | tests |",
            "| --- | --- | --- | --- | --- |",
            *rows,
        ]
    )


def without_missing(text):
    return [line for line in text.splitlines() if f"| {ENOSYS} |" not in line]


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument(
        "page",
        nargs="?",
        type=pathlib.Path,
        default=pathlib.Path("docs/syscalls/README.md"),
    )
    args = parser.parse_args()
    os.chdir(ROOT)
    if args.help:
        print(__doc__.strip())
        return 0
    old = args.page.read_text()
    if old.count(BEGIN) != 1 or old.count(END) != 1:
        raise Problem(f"{args.page} lacks the marks of the table")
    head, rest = old.split(BEGIN)
    tail = rest.split(END)[1]
    new = f"{head}{BEGIN}\n{table(args.build, args.page)}\n{END}{tail}"
    if not args.check:
        args.page.write_text(new)
        return 0
    stale = set(without_missing(old)) ^ set(without_missing(new))
    if stale:
        print(f"not ok {args.page} is out of date: run make syscall-table")
        print("\n".join(f"#   {line}" for line in sorted(stale)))
        return 1
    print(f"ok {args.page} is up to date")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, Problem) as problem:
        sys.exit(f"make_syscall_table.py: {problem}")
