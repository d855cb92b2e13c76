# SPDX-License-Identifier: Apache-2.0
"""What has to be done before documents are read by several threads."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import msgspec

_lock = threading.Lock()
_prepared: set[type[object]] = set()


def prepare_for_threads() -> None:
    """Have msgspec learn every type there is, now, by one thread.

    It learns the fields of a type when it first reads one, and while it does, another thread that reads the same type
    finds fields without a type: the process ends with a segmentation fault. Who starts threads, or may be one of them,
    calls this first; a second call costs next to nothing.
    """
    with _lock:
        for kind in _types_below(msgspec.Struct):
            if kind not in _prepared:
                # Nothing can be read as one of those that it does not take, by no thread.
                with contextlib.suppress(TypeError, NameError):
                    msgspec.json.Decoder(kind)
                _prepared.add(kind)


def _types_below(kind: type[object]) -> Iterator[type[object]]:
    for below in kind.__subclasses__():
        yield below
        yield from _types_below(below)
