"""Runs one module of CPython's own tests and prints a line for each test.

usage: python_tests.py MODULE

A line is "@@ RESULT MODULE.CLASS.TEST" with RESULT one of PASS, FAIL, SKIPPED; it
goes to the console as it is, whatever the tests do with their own output. A
module that cannot be imported is one test, SKIPPED if it says so itself.
Sub-tests count for the test they are in.
"""

import importlib
import os
import sys
import unittest

from test import support

CONSOLE = os.open("/dev/console", os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC)


def report(result, name):
    os.write(CONSOLE, f"\n@@ {result} {name}\n".encode())


class Result(unittest.TextTestResult):
    """Also notes on the console how each test ended."""

    def startTest(self, test):
        super().startTest(test)
        self.bad = False

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.note_bad(test)

    def addError(self, test, err):
        super().addError(test, err)
        self.note_bad(test)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.bad = True

    def note_bad(self, test):
        self.bad = True
        if not isinstance(test, unittest.TestCase):
            report("FAIL", test.id())

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        report("SKIPPED", test.id())
        self.bad = None

    def stopTest(self, test):
        super().stopTest(test)
        if self.bad is not None:
            report("FAIL" if self.bad else "PASS", test.id())


def main():
    name = sys.argv[1]
    support.use_resources = ["subprocess"]
    support.verbose = True
    try:
        module = importlib.import_module("test." + name)
    except unittest.SkipTest as reason:
        print(f"{name}: {reason}")
        report("SKIPPED", name)
        return
    tests = unittest.defaultTestLoader.loadTestsFromModule(module)
    unittest.TextTestRunner(sys.stdout, verbosity=2,
                            resultclass=Result).run(tests)
    support.reap_children()


if __name__ == "__main__":
    main()
