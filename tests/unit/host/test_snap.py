# SPDX-License-Identifier: Apache-2.0
"""Snaps, as a snapd on a socket tells them; it is a fake one, faithful to the documentation."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.host.fake_snapd import CANONICAL, Entry, FakeSnapd, base, snap
from tests.unit.host.systems import make_system, write
from zhengban.host.changers import get_changer
from zhengban.host.facts import collect
from zhengban.host.snap_database import native_arch

ARCH = native_arch()
CORE, SNAPD = base("core22"), base("snapd", "snapd")
Start = Callable[..., FakeSnapd]


@pytest.fixture
def root() -> Iterator[Path]:
    """A Debian system with a short path: a socket's may have 107 characters."""
    with tempfile.TemporaryDirectory(prefix="snap-") as folder:
        yield make_system(Path(folder))


@pytest.fixture
def start(root: Path) -> Iterator[Start]:
    running: list[FakeSnapd] = []

    def run(*installed: Entry) -> FakeSnapd:
        running.append(FakeSnapd(root, *installed))
        return running[-1]

    yield run
    for snapd in running:
        snapd.stop()


def rows(root: Path) -> list[list[Any]]:
    return [row for row in collect(str(root))["packages"] if row[0] == "snap"]


def state(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = collect(str(root))["managers"]["snap"]
    return found


def simulate(root: Path, **request: Any) -> dict[str, Any]:
    changer = get_changer("snap")
    assert changer is not None
    base: dict[str, Any] = {"manager": "snap", "install": [], "upgrade": [], "remove": []}
    return changer.simulate({**base, **request}, str(root), lambda *_: pytest.fail("nothing is run"))


def want(name: str, versions: str = "") -> dict[str, str]:
    return {"name": name, "versions": versions}


def reasons(answer: dict[str, Any]) -> list[str]:
    assert answer["steps"] == []
    return [one["reason"] for one in answer["unavailable"]]


def carry_out(root: Path, snapd: FakeSnapd, steps: list[dict[str, str]]) -> tuple[Any, list[str]]:
    """Run the steps; how it ended, and the versions afterwards."""
    changer = get_changer("snap")
    assert changer is not None
    ended = changer.prepare(steps, {"install": []}, str(root), str(root))(snapd, ())
    find = changer.finder(str(root))
    found = [find(step["name"], step["arch"]) for step in steps]
    return ended, [present.version if present else "" for present in found]


def test_rows(root: Path, start: Start) -> None:
    snapd = start(
        SNAPD,
        CORE,
        snap("themes", base="core22"),
        snap("draw", "2.10", hold="2027-01-01T00:00:00Z", **{"install-date": "2026-11-20T08:00:00Z"}),
        snap("side-loaded", publisher=None, id=None, **{"tracking-channel": None, "install-date": None}),
    )
    snapd.content = [("draw", "themes", False), ("side-loaded", "themes", True), ("draw", "gone", False)]
    moment, core, daemon, themes = "2026-11-20T00:00:00Z", 1, 4, 5
    found = [(*row[1:3], *row[4:8], *row[9:12]) for row in rows(root)]
    assert found == [
        ("core22", "2026.1", "canonical", "latest/stable", False, False, False, moment, [daemon]),
        ("draw", "2.10", "maker", "latest/stable", True, False, True, "2026-11-20T08:00:00Z", [core, daemon, themes]),
        # Connected by hand, a snap approves nothing; and nobody vouches for one that was brought as a file.
        ("side-loaded", "1.0", None, None, True, False, False, None, [core, daemon]),
        ("snapd", "2026.1", "canonical", "latest/stable", False, True, False, moment, []),
        ("themes", "1.0", "maker", "latest/stable", True, False, False, moment, [core, daemon]),
    ]
    assert {(row[3], *map(tuple, row[12:])) for row in rows(root)} == {(ARCH, (), ())}
    assert state(root) == {"read": True, "why": "", "count": 5, "digest": state(root)["digest"], "arch": ARCH}
    assert collect(str(root))["platform"]["arch"] == "amd64"
    before = state(root)["digest"]
    snapd.installed["draw"]["version"] = "2.11"
    assert state(root)["digest"] != before


def test_a_computer_without_snapd_has_no_snaps(root: Path) -> None:
    (root / "var/lib/snapd/snaps").mkdir(parents=True)
    assert "snap" not in collect(str(root))["managers"]


def test_a_snapd_without_snaps_is_read(root: Path, start: Start) -> None:
    start()
    assert (state(root)["read"], state(root)["count"]) == (True, 0)


def test_snaps_without_a_snapd_are_unread(root: Path) -> None:
    write(root / "var/lib/snapd/snaps/draw_7.snap", "")
    assert (state(root)["read"], state(root)["count"]) == (False, 0)
    assert state(root)["why"] == f"snapd does not answer at {root}/run/snapd.socket: No such file or directory"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((200, b"<html>"), "snapd answers /v2/snaps with what is no answer"),
        ((200, b"[" * 100_000), "snapd answers /v2/snaps with what is no answer"),
        ((200, b'"x"'), "snapd answers /v2/snaps with what is no answer"),
        ((200, b'{"type": "sync"}'), "snapd answers /v2/snaps with what is no answer"),
        ((200, b'{"type": "sync", "result": {"established": "x"}}'), "connections as nobody does"),
        ((200, b'{"type": "sync", "result": {"established": []}}'), "snapd lists its snaps as {'established': []}"),
        ((500, b'{"type": "error", "result": {"message": "the state is broken"}}'), "/v2/snaps: the state is broken"),
        ((500, b'{"type": "error", "result": null}'), "snapd answers /v2/snaps: error"),
    ],
    ids=["html", "deep", "text", "empty", "connections", "list", "error", "odd error"],
)
def test_a_broken_snapd_is_unread_with_what_it_said(
    root: Path, start: Start, answer: tuple[int, bytes], why: str
) -> None:
    snapd = start(snap("draw"))
    snapd.answer = answer
    assert state(root)["read"] is False
    assert why in state(root)["why"]


@pytest.mark.parametrize("entry", [{"name": "draw"}, {"name": "--all", "version": "1"}, {"name": "x", "version": 3}, 7])
def test_what_is_no_snap_is_not_guessed_at(root: Path, start: Start, entry: Any) -> None:
    snapd = start()
    snapd.answer = (200, json.dumps({"type": "sync", "result": [entry]}).encode())
    assert state(root)["read"] is False


def test_an_install_brings_base_and_snapd(root: Path, start: Start) -> None:
    snapd = start()
    snapd.store = {"draw": snap("draw", "2.10"), "core22": CORE, "snapd": SNAPD}
    answer = simulate(root, install=[want("draw", ">=2")])
    assert [(step["kind"], step["name"], step["arch"], step["new"]) for step in answer["steps"]] == [
        ("install", "core22", ARCH, "2026.1"),
        ("install", "draw", ARCH, "2.10"),
        ("install", "snapd", ARCH, "2026.1"),
    ]
    assert answer["brings"] == [["draw", "core22"], ["draw", "snapd"]]
    ended, versions = carry_out(root, snapd, answer["steps"])
    assert (ended.refused, ended.problem, versions) == ("", "", ["2026.1", "2.10", "2026.1"])
    assert snapd.commands == [["snap", "install", "core22", "draw", "snapd"]]


def test_one_without_confinement_is_installed_as_the_policy_wants_it(root: Path, start: Start) -> None:
    snapd = start(CORE, SNAPD)
    snapd.store = {"ide": snap("ide", confinement="classic"), "beta": snap("beta", confinement="devmode")}
    answer = simulate(root, install=[want("ide")])
    carry_out(root, snapd, answer["steps"])
    assert snapd.commands == [["snap", "install", "--classic", "ide"]]
    assert reasons(simulate(root, install=[want("beta")])) == ["it is published for developers only (devmode)"]


def test_upgrade_and_removal(root: Path, start: Start) -> None:
    snapd = start(CORE, SNAPD, snap("draw", "2.10"), snap("game"))
    snapd.refreshes = {"draw": snap("draw", "2.11")}
    answer = simulate(root, upgrade=[want("draw", "<3")], remove=[f"game:{ARCH}"])
    assert [(step["kind"], step["name"], step["old"], step["new"]) for step in answer["steps"]] == [
        ("remove", "game", "1.0", ""),
        ("upgrade", "draw", "2.10", "2.11"),
    ]
    _ended, versions = carry_out(root, snapd, answer["steps"])
    assert versions == ["", "2.11"]
    assert snapd.commands == [["snap", "refresh", "draw"], ["snap", "remove", "game"]]


def test_what_cannot_be_had(root: Path, start: Start) -> None:
    held = snap("held", hold="2027-01-01T00:00:00Z")
    snapd = start(CORE, SNAPD, held, snap("draw", "2.10"))
    snapd.store = {"old": snap("old", "0.9")}
    snapd.refreshes = {"draw": snap("draw", "2.9")}
    assert reasons(simulate(root, install=[want("nothing")])) == ["the store does not offer it"]
    assert reasons(simulate(root, install=[want("--devmode")])) == [
        "it cannot be passed to snapd: no snap is called that"
    ]
    assert reasons(simulate(root, install=[want("old", ">=1")])) == ["no version in range: 0.9"]
    assert reasons(simulate(root, install=[want("draw")])) == ["already installed in version 2.10"]
    assert reasons(simulate(root, install=[want("draw", ">=3")])) == ["no version in range: 2.9"]
    assert reasons(simulate(root, upgrade=[want("draw")])) == ["only lower versions than the installed 2.10: 2.9"]
    assert reasons(simulate(root, upgrade=[want("old")])) == ["not installed"]
    assert reasons(simulate(root, upgrade=[want("held")])) == ["held in version 1.0"]
    assert reasons(simulate(root, remove=[f"held:{ARCH}"])) == ["held in version 1.0"]
    assert reasons(simulate(root, remove=["draw:other"])) == ["not installed"]
    del snapd.refreshes["draw"]
    (reason,) = reasons(simulate(root, upgrade=[want("draw")]))
    assert reason == "snapd has no refresh for it in the channel it tracks (latest/stable)"
    assert simulate(root, remove=[f"core22:{ARCH}"])["error"] == "core22 is needed by draw"
    snapd.store["app"] = snap("app", base="core99")
    assert simulate(root, install=[want("app")])["error"] == "app needs core99, which the store does not offer"


def test_what_the_client_says_when_it_fails(root: Path, start: Start) -> None:
    snapd = start(CORE, SNAPD, snap("game"), snap("draw", "2.10"))
    snapd.refreshes = {"draw": snap("draw", "2.11")}
    answer = simulate(root, upgrade=[want("draw")], remove=[f"game:{ARCH}"])
    snapd.refuses = 'error: cannot refresh "draw": no space\n'
    ended, versions = carry_out(root, snapd, answer["steps"])
    # Nothing is removed after an upgrade that failed.
    assert (ended.problem, versions) == ('snap ended with 1: error: cannot refresh "draw": no space', ["1.0", "2.10"])
    assert len(snapd.commands) == 1


def test_a_publisher_is_an_account(root: Path, start: Start) -> None:
    """A display name is not anybody's alone, and may be that of another."""
    start(CORE, snap("draw", publisher={**CANONICAL, "username": "imposter"}))
    assert [row[4] for row in rows(root)] == ["canonical", "imposter"]
