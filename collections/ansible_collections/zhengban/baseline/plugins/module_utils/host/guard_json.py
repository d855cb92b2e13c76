# SPDX-License-Identifier: Apache-2.0
"""Stands in for ``json`` while the guard's program loads, as :mod:`guard_typing` does: only what that needs.

The real one loads regular expressions, which takes the hooks longer than reading the table. It is still asked wherever
its own scanner cannot be, and about every text that is not plainly right. What is loaded afterwards gets the real one.
"""

_BLANK = " \t\n\r"


def loads(text):
    """As ``json.loads`` reads a text. Raises ValueError, RecursionError."""
    try:
        from _json import make_scanner

        scan = make_scanner(_Settings)  # type: ignore[arg-type]
        value, end = scan(text, len(text) - len(text.lstrip(_BLANK)))
        if not text[end:].strip(_BLANK):
            return value
    except (ImportError, StopIteration, SystemError, ValueError):
        # SystemError: it has found something wrong, and needs the real one to say what.
        pass
    import json

    return json.loads(text)


def _refuse(text):
    raise ValueError(text)


class _Settings:
    """What the scanner asks of a decoder."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = _refuse
