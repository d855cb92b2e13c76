# SPDX-License-Identifier: Apache-2.0
"""One known way in or out of a host, as the door test tries it."""

from typing import NamedTuple

SHUT, OPEN, SEEN = "shut", "open", "detected-only"


class Way(NamedTuple):
    """One way.

    ``script``: POSIX sh (``-e``) in a directory of its own, with the stage's variables (``guard_stage``). Exit status 0
    means that it went through, 77 that it cannot be tried here. Empty: it is not tried, only listed.
    ``needs``: commands, one of which has to be there. ``sample``: the stage's variable without which there is nothing
    to try: the policy of this host has no such software.
    ``is_real``: the throw-away package is really installed, so what dpkg's database says afterwards decides; otherwise
    dpkg is told to change nothing.
    ``code``: why the guard blocks it. ``expected``: how the way should be found. ``past_it``: what it is where it went
    through: whether the next run sees what came or went.
    ``outside``: what kind of programs outside packages it brings: where the policy has those looked for, the next run
    has to see it; ``undo`` takes it away.
    ``door``: the door it tries; a host without that door has no such way.
    """

    name: str
    script: str
    code: str = "unlisted"
    sample: str = ""
    needs: str = ""
    is_real: bool = False
    expected: str = SHUT
    past_it: str = SEEN
    manager: str = "dpkg"
    outside: str = ""
    undo: str = ""
    door: str = ""


def real(
    name: str,
    script: str,
    code: str = "unlisted",
    needs: str = "",
    expected: str = SHUT,
    manager: str = "dpkg",
    door: str = "",
) -> Way:
    """The throw-away package, really installed."""
    return Way(name, script, code, needs=needs, is_real=True, expected=expected, manager=manager, door=door)


def listed(name: str, needs: str, expected: str, manager: str = "") -> Way:
    """Not tried: nothing throw-away can be made for it on the spot."""
    return Way(name, "", code="", needs=needs, expected=expected, past_it=expected, manager=manager)


def beyond(name: str, script: str, needs: str = "", outside: str = "", undo: str = "", manager: str = "") -> Way:
    """What nothing of ours blocks, nor sees but where the policy has programs outside packages looked for."""
    return Way(name, script, "", "", needs, False, OPEN, OPEN, manager, outside, undo)
