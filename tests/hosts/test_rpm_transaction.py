# SPDX-License-Identifier: Apache-2.0
"""The host code on a real RPM host with real dnf and rpm: what it changes, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.managed import Coded, pack_host_code
from tests.lab.hosts import Lab
from tests.lab.rpm import RPM, Key, Package, build_repository, dnf, make_rpm_host, rpms

pytestmark = pytest.mark.slow

PACKAGES = (
    Package(name="approved"),
    Package(name="approved", version="2.0-1", relations=(("Requires", "newdep"), ("Requires", "libold.so.1"))),
    Package(name="newdep", arch="x86_64"),
    Package(name="olddep", relations=(("Provides", "libold.so.1"),)),
    Package(name="required", version="1:3.0-1", relations=(("Recommends", "extra"),)),
    Package(name="extra"),
    Package(name="unlisted", relations=(("Requires", "follower"),)),
    Package(name="follower", arch="x86_64"),
    Package(name="keeper", relations=(("Requires", "kept"),)),
    Package(name="kept"),
    Package(name="shell", relations=(("Provides", "/bin/sh"),)),
    Package(name="stubborn", scripts={"preun": "exit 3"}),
    Package(name="successor", version="9-1", relations=(("Obsoletes", "keeper"),)),
    Package(name="unsigned"),
)
SIGNED = (Package(name="signed"),)
INSTALLED = ("approved-1.0", "olddep", "unlisted", "keeper", "shell", "stubborn")


ASKED = """
import json, sys
sys.path.insert(0, "/opt/zhengban")
from host import dnf
print(json.dumps(dnf.find_asked()))
"""


class RpmHost(Coded):
    """A host whose ``programs`` are those of its dnf."""

    manager = "rpm"
    programs = ("/usr/bin/dnf", "/usr/bin/dnf-3")

    def asked(self) -> list[str]:
        """The command that the host code asks its dnf with, without the files of question and answer."""
        command: list[str] = json.loads(self.host.run(["python3", "-c", ASKED], check=True).stdout)
        return command

    def simulate(self, **request: Any) -> Any:
        return self.call("simulate", {"manager": "rpm", "install": [], "upgrade": [], "remove": [], **request})


def make_repository(folder: Path) -> Path:
    with Key() as key:
        repository = build_repository(folder / "repository", PACKAGES, signed=SIGNED, key=key)
        (repository / "key").write_text(key.public, encoding="ascii")
    return repository


@pytest.fixture(scope="module")
def rpm_host(lab: Lab, collection_root: Path, tmp_path_factory: pytest.TempPathFactory) -> RpmHost:
    (host,) = lab.start(["rpm-txn"], repository=make_repository(tmp_path_factory.mktemp("rpm")), recipe=RPM)
    dnf(make_rpm_host(host), "install", "--setopt=obsoletes=0", *INSTALLED)
    host.run(["dnf", "--quiet", "mark", "remove", "follower", "kept", "olddep"], check=True)
    return RpmHost(host, pack_host_code(collection_root))


@pytest.fixture
def untouched(rpm_host: RpmHost) -> Iterator[RpmHost]:
    """The host; afterwards its packages must be what they were."""
    before = rpms(rpm_host.host)
    yield rpm_host
    assert rpms(rpm_host.host) == before


def steps(answer: Any) -> list[tuple[str, str]]:
    return [(step["kind"], step["name"]) for step in answer["steps"]]


def reasons(answer: Any) -> list[tuple[str, str]]:
    return [(one["name"], one["reason"]) for one in answer["unavailable"]]


def test_a_simulation_needs_no_root_and_says_what_comes_along(untouched: RpmHost) -> None:
    asked = {"manager": "rpm", "install": [], "upgrade": [{"name": "approved", "versions": ">=2"}], "remove": []}
    command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "python3", "/opt/zhengban/main.py"]
    done = untouched.host.run([*command, "simulate"], input=json.dumps([asked]), check=True)
    answer = json.loads(done.stdout)
    assert (answer["error"], steps(answer)) == ("", [("install", "newdep"), ("upgrade", "approved")])
    assert answer["brings"] == [["approved", "newdep"]]
    assert answer == untouched.simulate(upgrade=asked["upgrade"])
    # and reads the same facts
    facts = json.loads(untouched.host.run([*command, "collect"], input="[]", check=True).stdout)
    assert facts["digest"] == untouched.call("collect")["digest"]


def test_collateral_is_part_of_the_answer(untouched: RpmHost) -> None:
    assert steps(untouched.simulate(remove=["kept:noarch"])) == [("remove", "keeper"), ("remove", "kept")]
    obsoleting = untouched.simulate(install=[{"name": "successor", "versions": ""}])
    assert steps(obsoleting) == [("install", "successor"), ("remove", "keeper")]
    # nothing is removed because nobody needs it any more
    assert steps(untouched.simulate(remove=["unlisted:noarch"])) == [("remove", "unlisted")]


def test_what_cannot_be_had_is_said(untouched: RpmHost) -> None:
    untouched.host.write_file("/etc/dnf/plugins/versionlock.list", "# held\nunlisted-0:1.0-1.*\n")
    try:
        answer = untouched.simulate(
            install=[{"name": "required", "versions": ">=10"}, {"name": "nowhere", "versions": ""}],
            upgrade=[{"name": "approved", "versions": "<1"}],
            remove=["unlisted:noarch", "absent:noarch"],
        )
        taken_along = untouched.simulate(remove=["follower:x86_64"])
    finally:
        untouched.host.write_file("/etc/dnf/plugins/versionlock.list", "")
    assert reasons(answer) == [
        ("absent:noarch", "not installed"),
        ("approved", "no version in range: 2.0-1, 1.0-1"),
        ("nowhere", "no repository of this host offers it"),
        ("required", "no version in range: 1:3.0-1"),
        ("unlisted:noarch", "held in version 1.0-1"),
    ]
    assert taken_along["error"] == "unlisted.noarch is held in version 1.0-1 and would change"


def test_what_dnf_protects_is_essential_and_refused(untouched: RpmHost) -> None:
    order = untouched.order(remove=["follower:x86_64", "unlisted:noarch"])
    untouched.host.write_file("/etc/dnf/protected.d/lab.conf", "follower\n")
    try:
        facts = untouched.call("collect")
        simulated = untouched.simulate(remove=["follower:x86_64"])
        result = untouched.call("apply", order)
    finally:
        untouched.host.run(["rm", "/etc/dnf/protected.d/lab.conf"], check=True)
    assert {row[1] for row in facts["packages"] if row[7]} == {"follower"}
    assert "protected" in simulated["error"]
    assert result["reason"] == "protected packages would be removed: rpm:follower:x86_64"


def test_dnf_stops_when_its_transaction_is_not_the_plan(untouched: RpmHost) -> None:
    """What may change between the last simulation and dnf's own lock is compared once more, under the lock."""
    question = {"ask": "run", "comes": [], "leaves": [["kept", "1.0-1", "noarch"]]}
    question["steps"] = [["remove", "kept", "noarch", "1.0-1", ""]]
    untouched.host.write_file("/root/question.json", json.dumps(question))
    untouched.host.run([*untouched.asked(), "/root/question.json", "/root/answer.json"], check=True)
    answer = json.loads(untouched.host.run(["cat", "/root/answer.json"], check=True).stdout)
    assert (answer["ran"], answer["difference"]) == (False, "not planned: remove keeper:noarch 1.0-1")


def test_a_damaged_database_is_unread(untouched: RpmHost) -> None:
    untouched.host.run(["cp", "-a", "/var/lib/rpm", "/root/rpm.kept"], check=True)
    try:
        size = "conv=notrunc bs=4096 seek=1 count=8 status=none"
        untouched.host.run(["sh", "-c", f"dd if=/dev/zero of=/var/lib/rpm/rpmdb.sqlite {size}"], check=True)
        facts = untouched.call("collect")
    finally:
        untouched.host.run(["sh", "-c", "rm -rf /var/lib/rpm; mv /root/rpm.kept /var/lib/rpm"], check=True)
    assert facts["managers"]["rpm"]["read"] is False
    assert "/var/lib/rpm: rpm says: error:" in facts["managers"]["rpm"]["why"]
    assert facts["packages"] == []


def test_one_transaction_brings_upgrades_and_takes_what_was_planned(rpm_host: RpmHost) -> None:
    before = rpms(rpm_host.host)
    order = rpm_host.order(
        install=[{"name": "required", "versions": "<4"}],
        upgrade=[{"name": "approved", "versions": ">=2"}],
        remove=["follower:x86_64", "unlisted:noarch"],
    )
    result = rpm_host.call("apply", order)
    assert (result["state"], result["reason"]) == ("done", "")
    after = {**before, "required": "1:3.0-1", "newdep": "1.0-1", "approved": "2.0-1"}
    del after["follower"], after["unlisted"]
    assert rpms(rpm_host.host) == after
    rows = {row[1]: row for row in result["facts"]["packages"]}
    assert {name for name, row in rows.items() if not row[6]} == {"newdep", "olddep", "kept"}, "came along"
    numbers = list(rows)
    # by a soname that one package provides, and by a name
    assert [numbers[number] for number in rows["approved"][-3]] == ["newdep", "olddep"]
    assert {(row[0], row[1]) for row in result["facts"]["removed"]} == {("rpm", "follower"), ("rpm", "unlisted")}
    again = rpm_host.call("apply", {**order, "facts_digest": result["facts"]["digest"]})
    assert (again["state"], "in this host's journal as 'done'" in again["reason"]) == ("refused", True)
    assert rpm_host.call("settle", order["intent"], 0)["outcomes"] == result["outcomes"]


def test_signatures_are_checked_where_the_repository_asks_for_it(rpm_host: RpmHost) -> None:
    """As ``dnf -y`` does: the repository's own key is imported, and what it has not signed is not installed."""
    checked = "gpgcheck=1\\ngpgkey=file:///srv/repo/key"
    rpm_host.host.run(["sed", "-i", f"s#gpgcheck=0#{checked}#", "/etc/yum.repos.d/lab.repo"], check=True)
    try:
        signed = rpm_host.call("apply", rpm_host.order(install=[{"name": "signed", "versions": ""}]))
        unsigned = rpm_host.call("apply", rpm_host.order(install=[{"name": "unsigned", "versions": ""}]))
    finally:
        rpm_host.host.run(["sed", "-i", "s#gpgcheck=1#gpgcheck=0#", "/etc/yum.repos.d/lab.repo"], check=True)
    assert (signed["state"], signed["reason"]) == ("done", "")
    (row,) = (row for row in signed["facts"]["packages"] if row[1] == "signed")
    assert len(row[4]) == 16, "the id of the key"
    assert (unsigned["state"], "dnf failed: " in unsigned["reason"], "is not signed" in unsigned["reason"]) == (
        "failed",
        True,
        True,
    )
    assert "unsigned" not in rpms(rpm_host.host)


def test_a_failure_is_told_with_what_really_happened(rpm_host: RpmHost) -> None:
    result = rpm_host.call("apply", rpm_host.order(remove=["stubborn:noarch"]))
    assert result["state"] == "failed"
    (outcome,) = result["outcomes"]
    assert (outcome["package"], outcome["state"]) == ("rpm:stubborn:noarch", "not_done")
    assert "still installed" in outcome["reason"]
    # dnf 4 takes it for done, dnf 5 says that it failed.
    assert outcome["reason"] in result["reason"] or "dnf failed: " in result["reason"]
    assert "scriptlet failed" in result["output"]


def test_rpm_itself_removes_where_dnf_is_missing(rpm_host: RpmHost) -> None:
    rpm_host.host.run(["mkdir", "/root/away"], check=True)
    rpm_host.host.run(["mv", *rpm_host.programs, "/root/away/"], check=True)
    rpm_host.host.run(["rm", "-f", "/usr/bin/yum"], check=True)
    try:
        needed = rpm_host.simulate(remove=["kept:noarch"])
        wanted = rpm_host.simulate(install=[{"name": "extra", "versions": ""}])
        result = rpm_host.call("apply", rpm_host.order(remove=["keeper:noarch", "kept:noarch"]))
    finally:
        rpm_host.host.run(["sh", "-c", "mv /root/away/* /usr/bin/"], check=True)
    assert "kept is needed by (installed) keeper-1.0-1.noarch" in needed["error"]
    assert reasons(wanted) == [("extra", "neither dnf 4 nor dnf 5 is there, and rpm alone has no repositories")]
    assert (result["state"], result["reason"]) == ("done", "")
    assert not {"keeper", "kept"} & set(rpms(rpm_host.host))
