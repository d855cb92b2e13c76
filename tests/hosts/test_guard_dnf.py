# SPDX-License-Identifier: Apache-2.0
"""The guard on a real RPM host with real dnf 4 and rpm: what it stops, what it lets pass, what it survives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.guarded import STATE, OnGuard
from tests.hosts.guarded_rpm import BLOCKED, DAMAGE, PACKAGES, SIGNED, GuardedRpm, make_tables
from tests.hosts.managed import pack_host_code
from tests.lab.hosts import Lab
from tests.lab.rpm import RPM, Key, add_rpm, build_repository, dnf

PLUGIN = "/usr/lib/python3/dist-packages/dnf-plugins/zhengban_guard.py"


@pytest.fixture(scope="module")
def tables(key: Key, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return make_tables(tmp_path_factory.mktemp("workspaces"), key.id)


@pytest.fixture(scope="module")
def repository(key: Key, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_repository(tmp_path_factory.mktemp("rpms") / "repository", PACKAGES, signed=SIGNED, key=key)


@pytest.fixture(scope="module")
def shared(lab: Lab, repository: Path, collection_root: Path) -> GuardedRpm:
    (host,) = lab.start(["guard-dnf"], repository=repository, recipe=RPM)
    return GuardedRpm(host, pack_host_code(collection_root))


@pytest.fixture
def guarded(shared: GuardedRpm, tables: dict[str, str]) -> Iterator[GuardedRpm]:
    """The host under the enforcing table; what a test installed goes away again."""
    shared.shut(tables["enforce"])
    yield shared
    shared.restore()


# One after the other, each on what the others left, and what is there at the end.
THROUGH = (
    # Its needs: a name, a library's name, a file.
    "install approved-1.0",
    "install approved-1.5",
    "upgrade deeper",
    "reinstall required-1.0",
    "upgrade required",
    "install signed-1.0",
    "install /srv/repo/many0-1.0-1.noarch.rpm",
    "remove many0",
    "remove kept",
    "install glibc-common python3-libs rpm-libs",
    "--installroot=/tmp/other install unlisted",
    "repoquery unlisted",
)
THERE = {
    **dict.fromkeys(("dep", "filed", "glibc-common", "python3-libs", "rpm-libs", "signed"), "1.0-1"),
    **dict.fromkeys(("openssh-server", "paint", "recorded"), "1.0-1"),
    "approved": "1.5-1",
    "deeper": "1.1-1",
    "required": "1.1-1",
}


def test_legitimate_transactions_pass(guarded: GuardedRpm) -> None:
    guarded.check_passes(THROUGH, THERE)


@pytest.mark.parametrize(("command", "reason"), BLOCKED.values(), ids=BLOCKED.keys())
def test_a_blocked_person_reads_why_and_whom_to_ask(guarded: GuardedRpm, command: str, reason: str) -> None:
    guarded.check_blocked(command, reason)


def test_a_run_of_ours_passes(guarded: GuardedRpm) -> None:
    """It asks dnf's library, which loads no plugin; so would anybody who is root and writes a program for it."""
    result = guarded.call(
        "apply", guarded.order(remove=["recorded:noarch"], install=[{"name": "many1", "versions": ""}])
    )
    assert (result["state"], result["reason"]) == ("done", "")
    assert guarded.attempts() == []


def test_audit_records_once_and_an_opening_too(guarded: GuardedRpm, tables: dict[str, str]) -> None:
    guarded.check_only_recorded(tables["audit"])


@pytest.mark.parametrize(("damage", "said"), DAMAGE.values(), ids=DAMAGE.keys())
def test_without_a_table_only_repairs_pass(guarded: GuardedRpm, damage: str, said: str) -> None:
    guarded.check_only_repairs(damage, said)


def test_a_full_disk_changes_no_verdict(guarded: GuardedRpm) -> None:
    guarded.sh(f"mv {STATE} /dev/shm/zhengban && ln -s /dev/shm/zhengban {STATE}", check=True)
    try:
        guarded.sh("dd if=/dev/zero of=/dev/shm/fill bs=64k; dd if=/dev/zero of=/dev/shm/rest bs=1")
        blocked = guarded.dnf("install follower")
        assert (blocked.returncode, "已阻止" in blocked.stderr, "not recorded" in blocked.stderr) == (1, True, True)
        guarded.dnf("install many1", check=True)
    finally:
        guarded.sh(f"rm -f /dev/shm/fill /dev/shm/rest {STATE}; mv /dev/shm/zhengban {STATE}", check=True)


def test_a_program_that_is_damaged_stops_dnf_and_is_put_right(guarded: GuardedRpm, tables: dict[str, str]) -> None:
    guarded.sh("rm -r /usr/lib/zhengban", check=True)
    done = guarded.dnf("install many1")
    assert (done.returncode, "重新运行 guard 剧本" in done.stderr) == (1, True)
    assert guarded.call("collect")["guard"]["dnf"] == "broken"
    guarded.sh(f"echo >> {PLUGIN}", check=True)
    assert PLUGIN in guarded.install(tables["enforce"])["changes"]
    assert guarded.status()["dnf"] == "shut"


def test_a_guard_that_does_not_work_is_taken_away_again(guarded: GuardedRpm, tables: dict[str, str]) -> None:
    guarded.sh("echo plugins=0 >> /etc/dnf/dnf.conf", check=True)
    try:
        assert "dnf did not stop an unlisted package" in guarded.install(tables["enforce"])["error"]
        assert guarded.sh(f"ls {PLUGIN}").returncode != 0
    finally:
        guarded.sh("sed -i '/^plugins=0/d' /etc/dnf/dnf.conf", check=True)


def test_putting_it_there_twice_changes_nothing_and_removal_is_clean(
    guarded: GuardedRpm, tables: dict[str, str]
) -> None:
    guarded.check_removal_is_clean(tables["enforce"])


def test_a_computer_with_both_managers_has_the_doors_of_both(
    lab: Lab, repository: Path, collection_root: Path, tables: dict[str, str]
) -> None:
    (host,) = lab.start(["guard-both"], repository=repository, recipe=RPM)
    both = OnGuard(host, pack_host_code(collection_root))
    doors = both.install(tables["enforce"])["doors"]
    assert "dnf" not in doors, "dnf is there, and rpm has no package"
    dnf(add_rpm(host), "install", "kept")
    assert both.call("collect")["guard"]["dnf"] == "absent"
    doors = both.install(tables["enforce"])["doors"]
    assert [doors[door] for door in ("apt", "dnf", "dpkg")] == ["shut"] * 3
    assert both.remove()["doors"] == {}
    host.stop()
