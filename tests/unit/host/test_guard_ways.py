# SPDX-License-Identifier: Apache-2.0
"""The ways past the guard as data: what the door test and the host tests rest on."""

from __future__ import annotations

import re
import subprocess
from collections import Counter

import pytest

from zhengban.host.guard_message import _REASONS
from zhengban.host.guard_way import OPEN, SEEN, SHUT, Way
from zhengban.host.guard_ways import WAYS


def test_ways_have_names_of_their_own_and_at_least_25_are_shut_with_each_manager() -> None:
    assert [name for name, count in Counter(way.name for way in WAYS).items() if count > 1] == []
    for doors in ("dpkg", ""), ("rpm", "dnf"), ("rpm", "dnf5"):
        assert sum(way.expected == SHUT and (way.manager, way.door) == doors for way in WAYS) >= 25


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_way_is_sound(way: Way) -> None:
    assert way.expected in (SHUT, SEEN, OPEN) and way.past_it in (SEEN, OPEN)
    # What is not shut is found where it went through; what is shut has a reason that the guard can give.
    assert way.expected in (SHUT, way.past_it)
    assert (way.code in _REASONS) if way.expected == SHUT else (way.code == "")
    assert way.script or way.needs, "what is only listed says what it is about"
    for shell in ("dash", "bash"):
        done = subprocess.run([shell, "-n", "-c", way.script], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), shell


@pytest.mark.parametrize("way", [way for way in WAYS if way.sample or "apt " in way.script], ids=lambda way: way.name)
def test_software_of_the_host_is_never_touched(way: Way) -> None:
    """A way about a package the host really has must not change anything where the door is open."""
    if way.sample or re.search(r"-r apt\b", way.script):
        assert re.search("--no-act|--setopt=tsflags=test|rpm -e --test|false > own/actions.d/zz.actions", way.script)
    assert way.sample == "" or f'"${way.sample}"' in way.script
