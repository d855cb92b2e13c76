# SPDX-License-Identifier: Apache-2.0
"""When the beacon says that something changed, and when it does not."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from saltext.zhengban.beacons import zhengban as beacon
from saltext.zhengban.modules import zhengban as module
from zhengban.host.journal import Journal

STATUS = "Package: {name}\nStatus: install ok installed\nArchitecture: all\nVersion: {version}\n\n"


class Minion:
    """A dpkg database and a state directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / "state"
        (root / "var/lib/dpkg/info").mkdir(parents=True)
        self.state.mkdir(mode=0o700)
        self.install()

    def install(self, **packages: str) -> str:
        """Have these packages, all others gone; returns the digest."""
        text = "".join(STATUS.format(name=name, version=version) for name, version in packages.items())
        (self.root / "var/lib/dpkg/status").write_text(text or "\n", encoding="utf-8")
        return str(beacon.facts.collect(str(self.root))["digest"])

    def order(self, intent: str, **packages: str) -> None:
        """An order of ours that leaves these packages."""
        digest = self.install(**packages)
        Journal(str(self.state)).append({"intent": intent, "state": "done", "outcomes": [], "digest": digest})

    def look(self) -> list[dict[str, str]]:
        return list(beacon.look(str(self.state), str(self.root)))


@pytest.fixture
def minion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Minion:
    monkeypatch.setattr(beacon, "_QUIET_SECONDS", 0)
    made = Minion(tmp_path)
    assert made.look() == []
    return made


def test_a_change_is_said_once(minion: Minion) -> None:
    before = minion.install()
    digest = minion.install(game="1.0")
    assert minion.look() == [{"tag": "changed", "digest": digest, "before": before}]
    assert minion.look() == []


def test_an_unchanged_stamp_reads_nothing(minion: Minion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beacon.facts, "collect", lambda *_: pytest.fail("packages were read"))
    assert minion.look() == []


def test_what_does_not_change_the_packages_is_not_said(minion: Minion) -> None:
    (minion.root / "var/lib/dpkg/status").touch()
    assert minion.look() == []


def test_our_own_order_is_not_said_and_undoing_it_is(minion: Minion) -> None:
    minion.install(game="1.0")
    assert len(minion.look()) == 1
    minion.order("run/PC-1")
    # The user is faster than the next pass: what is there is what was there before the order.
    minion.install(game="1.0")
    assert len(minion.look()) == 1
    minion.order("run-2/PC-1")
    assert minion.look() == []


def test_a_change_is_said_again_until_somebody_asks(minion: Minion, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_800_000_000.0]
    monkeypatch.setattr(beacon.time, "time", lambda: now[0])
    digest = minion.install(game="1.0")
    said = []
    for second in range(75):
        now[0] = 1_800_000_000.0 + second
        if events := minion.look():
            said.append((second, events[0]["digest"]))
    assert said == [(0, digest), (10, digest), (30, digest), (70, digest)]

    monkeypatch.setattr(module.transaction, "STATE_DIR", str(minion.state))
    monkeypatch.setattr(module.facts, "collect", lambda **_: {})  # it reads this machine
    module.software_info(test=True)
    assert not (minion.state / "asked").exists(), "test=True writes nothing"
    module.software_info(test=False)
    os.utime(minion.state / "asked", (now[0] + 1, now[0] + 1))
    for second in range(80, 400):
        now[0] = 1_800_000_000.0 + second
        assert minion.look() == []


def test_it_waits_for_the_end_of_a_transaction(minion: Minion) -> None:
    lock = minion.root / "var/lib/dpkg/lock-frontend"
    minion.install(game="1.0")
    with lock.open("wb") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        assert minion.look() == []
    assert len(minion.look()) == 1


def test_a_damaged_state_or_journal_does_not_stop_it(minion: Minion) -> None:
    (minion.state / "beacon.json").write_text("[1, 2", encoding="utf-8")
    (minion.state / "journal.jsonl").write_text("garbage\n", encoding="utf-8")
    assert minion.look() == []
    minion.install(game="1.0")
    assert len(minion.look()) == 1


@pytest.mark.parametrize(
    ("config", "is_valid"),
    [
        ([{"interval": 1}], True),
        ([{"interval": 1}, {"_beacon_name": "zhengban"}], True),
        ([{"intervall": 1}], False),
        ({"interval": 1}, False),
        (["interval"], False),
    ],
    ids=["interval", "as Salt passes it", "misspelt", "mapping", "text"],
)
def test_its_configuration_is_checked(config: object, is_valid: bool) -> None:
    assert beacon.validate(config)[0] is is_valid
