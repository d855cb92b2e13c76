# SPDX-License-Identifier: Apache-2.0
"""A lost connection ends no transaction half-way. Source: DESIGN 5, 6."""

import contextlib
import signal
import threading
from typing import Any, Iterator


@contextlib.contextmanager
def ignoring_hangups() -> Iterator[None]:
    """Let no lost connection end this process inside the block.

    Handlers that do nothing, not SIG_IGN: that would be inherited by every daemon a package starts. In another thread
    than the main one Python has no say in signals, and the caller's process decides.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _do_nothing) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            # None: set by something that is not Python, which Python cannot put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _do_nothing(_number: int, _frame: Any) -> None:
    return None
