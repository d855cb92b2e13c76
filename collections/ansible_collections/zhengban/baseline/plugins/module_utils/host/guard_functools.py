# SPDX-License-Identifier: Apache-2.0
"""Stands in for ``functools`` while the guard's program loads, as :mod:`guard_typing` does: only what that needs.

Whatever is loaded afterwards gets the real one.
"""


def lru_cache(maxsize):  # noqa: ARG001, callers say it by name
    """Remember every answer: no hook lives long enough for a limit."""

    def remember(function):
        known = {}

        def answer(*arguments):
            if arguments not in known:
                known[arguments] = function(*arguments)
            return known[arguments]

        return answer

    return remember
