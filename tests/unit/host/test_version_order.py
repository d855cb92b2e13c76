# SPDX-License-Identifier: Apache-2.0
"""The order of 5,000 generated pairs each: dpkg's and rpm's own tools, and univers, must say the same."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from univers.rpm import compare_rpm_versions
from univers.versions import DebianVersion

from zhengban.host.version import compare

PAIRS = 5_000
OPERATORS = {-1: "lt", 0: "eq", 1: "gt"}

# Few values, so that versions often agree for a while and differ in what is hard.
NUMBERS = ("0", "1", "2", "9", "10", "11", "009", "00", "20261123", "18446744073709551616")
LETTERS = ("a", "b", "z", "A", "Z", "rc", "alpha", "dfsg", "git")
# What a manager's versions put between numbers and letters, and how an equal version may be spelt differently.
JOINTS = {"dpkg": (".", ".", ".", "+", "~", "~~", "", ".+"), "rpm": (".", ".", ".", "+", "~", "^", "_", "~~", "^~", "")}

Pair = tuple[str, str]


def make_pairs(manager: str) -> tuple[Pair, ...]:
    """Pairs of versions: unrelated ones, neighbours that differ in one piece, and different spellings of one."""
    source = random.Random(f"zhengban {manager} 20261123")
    pairs = []
    for at in range(PAIRS):
        version = _version(source, manager)
        other = (_unrelated, _neighbour, _respelt)[at % 3](source, manager, version)
        pairs.append((version, other) if source.random() < 0.5 else (other, version))
    return tuple(pairs)


def _version(source: random.Random, manager: str) -> str:
    epoch = source.choice(("", "", "", "0:", "1:", "10:", "01:"))
    # A dpkg version begins with a digit, or dpkg warns.
    text = (source.choice(NUMBERS) if manager == "dpkg" else "") + _pieces(source, manager, source.randrange(1, 5))
    end = "-" + _pieces(source, manager, source.randrange(1, 3)) if source.random() < 0.6 else ""
    return epoch + text + end


def _pieces(source: random.Random, manager: str, count: int) -> str:
    text = source.choice(NUMBERS + LETTERS)
    for _piece in range(count - 1):
        text += source.choice(JOINTS[manager]) + source.choice(NUMBERS + NUMBERS + LETTERS)
    return text


def _unrelated(source: random.Random, manager: str, _version_of_it: str) -> str:
    return _version(source, manager)


def _neighbour(source: random.Random, manager: str, version: str) -> str:
    pieces = re.findall("[0-9]+|[A-Za-z]+|.", version)
    # The first two pieces may be an epoch, or the digit a version has to begin with.
    places = [at for at in range(2, len(pieces)) if pieces[at] not in ":-"]
    if not places or source.random() < 0.3:
        return version + source.choice(("~", "~1", ".0", "a", "0", "+b1", "~rc1") + (("^", "^1") * (manager == "rpm")))
    at = source.choice(places)
    pieces[at] = source.choice(
        NUMBERS if pieces[at].isdigit() else LETTERS if pieces[at].isalpha() else ("~", ".", "+")
    )
    return "".join(pieces)


def _respelt(source: random.Random, manager: str, version: str) -> str:
    """Leading zeros, an epoch of 0, a revision of 0 (dpkg) and other separators (rpm) say the same."""
    epoch, colon, rest = version.rpartition(":")
    rest = re.sub("(?<![0-9])(?=[0-9])", lambda _found: source.choice(("", "", "0", "000")), rest)
    if not colon:
        colon, epoch = source.choice((("", ""), (":", "0")))
    if manager == "dpkg":
        return epoch + colon + (rest if "-" in rest else rest + source.choice(("", "-0")))
    return epoch + colon + re.sub("[._+]", lambda _found: source.choice("._+"), rest)


def all_orders(pairs: tuple[Pair, ...], manager: str) -> list[int]:
    """Our own order of every pair; asserts that each answer is common, so that no oracle is asked for nothing."""
    orders = [compare(manager, a, b) for a, b in pairs]
    assert min(Counter(orders)[order] for order in (-1, 0, 1)) > PAIRS // 10
    return orders


@pytest.mark.skipif(not shutil.which("dpkg"), reason="dpkg is the oracle")
def test_order_is_dpkgs_own() -> None:
    """One shell asks dpkg whether it agrees with each answer, and prints where it does not."""
    pairs = make_pairs("dpkg")
    lines = [f"{a} {OPERATORS[order]} {b}\n" for (a, b), order in zip(pairs, all_orders(pairs, "dpkg"), strict=True)]
    script = 'while read -r a op b; do dpkg --compare-versions "$a" "$op" "$b" || echo "$a $op $b"; done'
    # A version dpkg does not like at all is a warning; the generator must not make such.
    answer = subprocess.run(["sh", "-c", script], input="".join(lines), capture_output=True, text=True, check=True)
    assert (answer.stdout, answer.stderr) == ("", "")


@pytest.mark.skipif(not shutil.which("rpm"), reason="rpm is the oracle")
def test_order_is_rpms_own(tmp_path: Path) -> None:
    pairs = make_pairs("rpm")
    (tmp_path / "pairs").write_text("".join(f"{a} {b}\n" for a, b in pairs), encoding="ascii")
    script = """%{lua:
        for line in io.lines("pairs") do
            local a, b = line:match("(%S+) (%S+)")
            print(rpm.vercmp(a, b) .. " ")
        end}"""
    answer = subprocess.run(["rpm", "--eval", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert _different(pairs, all_orders(pairs, "rpm"), [int(order) for order in answer.stdout.split()]) == []


def test_order_of_dpkg_agrees_with_univers() -> None:
    pairs = make_pairs("dpkg")
    versions = [(DebianVersion(a), DebianVersion(b)) for a, b in pairs]
    theirs = [(a > b) - (a < b) for a, b in versions]
    assert _different(pairs, all_orders(pairs, "dpkg"), theirs) == []


def test_order_of_rpm_agrees_with_univers() -> None:
    pairs = make_pairs("rpm")
    theirs = [compare_rpm_versions(a, b) for a, b in pairs]
    assert _different(pairs, all_orders(pairs, "rpm"), [(order > 0) - (order < 0) for order in theirs]) == []


def _different(pairs: tuple[Pair, ...], ours: list[int], theirs: list[int]) -> list[tuple[Pair, int, int]]:
    return [row for row in zip(pairs, ours, theirs, strict=True) if row[1] != row[2]]
