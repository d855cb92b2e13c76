# SPDX-License-Identifier: Apache-2.0
"""Several threads read documents of the same type, none of which was read before."""

from __future__ import annotations

import signal
import subprocess
import sys

PROGRAM = """
import sys, threading
import msgspec
from zhengban.run.threads import prepare_for_threads

is_learning, is_read = threading.Event(), threading.Event()

def number():
    # An annotation that takes a while, so that the other thread comes in the midst of it.
    if threading.current_thread() is not threading.main_thread():
        is_learning.set()
        is_read.wait(10)
    return int

class Inner(msgspec.Struct):
    value: "number()"

class Outer(msgspec.Struct):
    inner: Inner
    value: int

class Unreadable(msgspec.Struct):
    either: Inner | Outer

document = {"inner": {"value": 1}, "value": 2}
if sys.argv[1] == "prepared":
    prepare_for_threads()
    is_learning.set()
other = threading.Thread(target=lambda: msgspec.convert(document, Outer))
other.start()
assert is_learning.wait(10)
assert msgspec.convert(document, Outer) == Outer(Inner(1), 2)
is_read.set()
other.join()
"""


def _run(how: str) -> int:
    return subprocess.run([sys.executable, "-c", PROGRAM, how], timeout=60).returncode


def test_a_process_reads_by_several_threads_once_it_is_prepared() -> None:
    assert _run("prepared") == 0


def test_without_preparation_msgspec_ends_the_process() -> None:
    """When this fails, msgspec has been mended, and the preparation can go."""
    assert _run("bare") == -signal.SIGSEGV
