# SPDX-License-Identifier: Apache-2.0
"""The guard on a host with a real dnf 5: what it stops, what it lets pass, what it survives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.guarded_rpm import BEFORE, BLOCKED, DAMAGE, PACKAGES, SIGNED, GuardedDnf5, make_tables
from tests.hosts.managed import pack_host_code
from tests.lab.hosts import Lab
from tests.lab.rpm import DNF5, Key, Package, build_repository, rpms

ACTIONS = "/etc/dnf/libdnf5-plugins/actions.d/zhengban-guard.actions"
PLUGIN = "/usr/lib/x86_64-linux-gnu/libdnf5/plugins/actions.so"
# What runs the hook, and what may come in the way of it when it goes.
RUNNER = Package(name="libdnf5-plugin-actions")


@pytest.fixture(scope="module")
def tables(key: Key, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return make_tables(tmp_path_factory.mktemp("workspaces"), key.id)


@pytest.fixture(scope="module")
def shared(lab: Lab, key: Key, collection_root: Path, tmp_path_factory: pytest.TempPathFactory) -> GuardedDnf5:
    folder = tmp_path_factory.mktemp("rpms") / "repository"
    repository = build_repository(folder, (*PACKAGES, RUNNER), signed=SIGNED, key=key)
    (host,) = lab.start(["guard-dnf5"], repository=repository, recipe=DNF5)
    return GuardedDnf5(host, pack_host_code(collection_root))


@pytest.fixture
def guarded(shared: GuardedDnf5, tables: dict[str, str]) -> Iterator[GuardedDnf5]:
    """The host under the enforcing table; what a test installed goes away again."""
    shared.shut(tables["enforce"])
    yield shared
    shared.restore()


# One after the other, each on what the others left, and what is there at the end.
THROUGH = (
    # Its needs: a name, a library's name, a file, which dnf 5 looks for only when it is told to.
    "--setopt=optional_metadata_types=filelists install approved-1.0",
    "install approved-1.5",
    "upgrade deeper",
    "reinstall required-1.0",
    "upgrade required",
    # No package leaves.
    "mark dependency required",
    "install signed-1.0",
    "install /srv/repo/many0-1.0-1.noarch.rpm",
    "install file:///srv/repo/many1-1.0-1.noarch.rpm",
    "remove many0 many1",
    "remove kept",
    "install glibc-common python3-libs rpm-libs",
    "--installroot=/tmp/other --use-host-config install unlisted",
    "repoquery unlisted",
    "--setopt=cachedir=/tmp/own install many2",
    "--repofrompath=own.lab:x,file:///srv/repo --repo=own.lab:x install many3",
)
THERE = {
    **dict.fromkeys(("dep", "filed", "glibc-common", "python3-libs", "rpm-libs", "signed"), "1.0-1"),
    **dict.fromkeys(("many2", "many3", "openssh-server", "paint", "recorded"), "1.0-1"),
    "approved": "1.5-1",
    "deeper": "1.1-1",
    "required": "1.1-1",
}


def test_legitimate_transactions_pass(guarded: GuardedDnf5) -> None:
    guarded.check_passes(THROUGH, THERE)


SAID = {
    **BLOCKED,
    "a local file": ("install ./follower-1.0-1.x86_64.rpm", "unlisted follower:x86_64"),
    "a wrong version": ("install approved-2.0", "version_not_allowed approved:noarch"),
    "a removal of what is on record": ("remove recorded", "recorded recorded:noarch"),
    "the root by another name": ("--installroot=/tmp/slash install follower", "unlisted follower:x86_64"),
}


@pytest.mark.parametrize(("command", "reason"), SAID.values(), ids=SAID.keys())
def test_a_blocked_person_reads_why_and_whom_to_ask(guarded: GuardedDnf5, command: str, reason: str) -> None:
    guarded.sh("ln -sfn / /tmp/slash")
    guarded.check_blocked(command, reason)


def test_a_run_of_ours_passes(guarded: GuardedDnf5) -> None:
    """It asks dnf 5's library to load no plugin; so would anybody who is root and writes a program for it."""
    result = guarded.call(
        "apply", guarded.order(remove=["recorded:noarch"], install=[{"name": "many1", "versions": ""}])
    )
    assert (result["state"], result["reason"]) == ("done", "")
    assert guarded.attempts() == []


def test_audit_records_once_and_an_opening_too(guarded: GuardedDnf5, tables: dict[str, str]) -> None:
    guarded.check_only_recorded(tables["audit"])
    # Nor does what is not understood stop anybody then.
    guarded.sh("echo '{}' | /usr/lib/zhengban/guard dnf5 1 /", check=True)
    assert [one["verdict"] for one in guarded.attempts()][-2:] == ["audit", "audit"]


@pytest.mark.parametrize(("damage", "said"), DAMAGE.values(), ids=DAMAGE.keys())
def test_without_a_table_only_repairs_pass(guarded: GuardedDnf5, damage: str, said: str) -> None:
    guarded.check_only_repairs(damage, said)


def test_without_python_the_hook_says_what_brings_it_back(guarded: GuardedDnf5) -> None:
    guarded.sh("mv /usr/bin/python3 /usr/bin/python3.aside", check=True)
    try:
        done = guarded.dnf("install many1")
        assert (done.returncode, "防护程序无法运行" in done.stderr) == (1, True)
        (advice,) = (line for line in done.stderr.splitlines() if line.startswith("dnf5 "))
        guarded.dnf(advice.replace("dnf5 ", "").replace("python3", "python3-libs"), check=True)
        # Another system is none of its business.
        guarded.dnf("--installroot=/tmp/other --use-host-config install deeper", check=True)
    finally:
        guarded.sh("mv /usr/bin/python3.aside /usr/bin/python3", check=True)
    assert "python3-libs" in rpms(guarded.host)


def test_a_program_that_is_gone_stops_dnf5_and_is_put_right(guarded: GuardedDnf5, tables: dict[str, str]) -> None:
    guarded.sh("rm -r /usr/lib/zhengban", check=True)
    done = guarded.dnf("install many1")
    assert (done.returncode, ACTIONS in done.stderr) == (1, True)
    assert guarded.call("collect")["guard"]["dnf5"] == "broken"
    guarded.sh(f"echo >> {ACTIONS}", check=True)
    assert ACTIONS in guarded.install(tables["enforce"])["changes"]
    assert guarded.status()["dnf5"] == "shut"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("echo plugins=0 >> /etc/dnf/dnf.conf", "sed -i '/^plugins=0/d' /etc/dnf/dnf.conf"),
        (
            "sed -i 's/enabled = 1/enabled = 0/' /etc/dnf/libdnf5-plugins/actions.conf",
            "sed -i 's/enabled = 0/enabled = 1/' /etc/dnf/libdnf5-plugins/actions.conf",
        ),
    ],
    ids=["plugins", "actions"],
)
def test_a_guard_that_does_not_work_is_taken_away_again(
    guarded: GuardedDnf5, tables: dict[str, str], before: str, after: str
) -> None:
    guarded.sh(before, check=True)
    try:
        assert "dnf5 did not stop an unlisted package" in guarded.install(tables["enforce"])["error"]
        assert guarded.sh(f"ls {ACTIONS}").returncode != 0
        # The proof's own package refuses to be installed.
        assert rpms(guarded.host) == BEFORE
    finally:
        guarded.sh(after, check=True)


def test_without_its_plugin_the_door_is_broken_and_the_plugin_is_protected(
    guarded: GuardedDnf5, tables: dict[str, str]
) -> None:
    guarded.sh("rpm -i /srv/repo/libdnf5-plugin-actions-1.0-1.noarch.rpm", check=True)
    done = guarded.dnf("remove libdnf5-plugin-actions")
    assert (done.returncode, "系统运行所需" in done.stderr) == (1, True), done.stderr
    guarded.sh(f"mv {PLUGIN} /root/actions.so", check=True)
    try:
        assert guarded.status()["dnf5"] == "broken"
        assert "libdnf5-plugin-actions" in guarded.install(tables["enforce"])["error"]
    finally:
        guarded.sh(f"mv /root/actions.so {PLUGIN}", check=True)
    assert guarded.install(tables["enforce"])["doors"]["dnf5"] == "shut"


def test_putting_it_there_twice_changes_nothing_and_removal_is_clean(
    guarded: GuardedDnf5, tables: dict[str, str]
) -> None:
    guarded.check_removal_is_clean(tables["enforce"])


TWICE = """
import libdnf5, sys
base = libdnf5.base.Base()
base.load_config()
base.get_config().keepcache = True
base.setup()
sack = base.get_repo_sack()
sack.create_repos_from_system_configuration()
sack.load_repos()
for name in sys.argv[1:]:
    goal = libdnf5.base.Goal(base)
    goal.add_install(name)
    transaction = goal.resolve()
    transaction.download()
    transaction.run()
"""


def test_a_program_gets_no_second_transaction_through_by_what_was_said_of_its_first(guarded: GuardedDnf5) -> None:
    """dnf 5's plugin keeps the first transaction of a program and describes it as every later one."""
    guarded.host.write_file("/root/twice.py", TWICE)
    done = guarded.sh("python3 /root/twice.py many2 follower")
    assert done.returncode != 0
    assert rpms(guarded.host) == {**BEFORE, "many2": "1.0-1"}
    (attempt,) = guarded.attempts()
    assert attempt["reasons"].startswith("protocol")
    guarded.sh("python3 /root/twice.py many3", check=True)
