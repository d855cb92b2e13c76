# SPDX-License-Identifier: Apache-2.0
"""flatpak on a real host: what it has deployed, for all and for a user, and what is changed through its client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.conftest import Office
from tests.hosts.managed import Coded, pack_host_code
from tests.lab.flatpak import FLATPAK, REMOTE, App, publish
from tests.lab.hosts import Host, Lab
from zhengban.model.facts import Facts, facts_from_plain

pytestmark = pytest.mark.slow

PLATFORM = App(name="org.lab.Platform", branch="22.08", groups={"Extension org.lab.Codecs": {"version": "1"}})
NEWER = App(name="org.lab.Platform", branch="24.08")
CODECS = App(
    name="org.lab.Codecs", branch="1", groups={"ExtensionOf": {"ref": "runtime/org.lab.Platform/x86_64/22.08"}}
)
EDITOR = App(name="org.lab.Editor", version="1.0", runtime="org.lab.Platform//22.08")
WRITER = App(name="org.lab.Writer", version="1.0", runtime="org.lab.Platform//22.08")
GAME = App(name="org.lab.Game", version="3.1", runtime="org.lab.Platform//22.08")
UNBUILT = App(name="org.lab.Orphan", version="1.0", runtime="org.lab.Gone//1")
SOFTWARE = """\
software:
- name: 编辑器
  number: FREE-9001
  type: free
  category: other
  state: required
  packages: [{manager: flatpak, name: org.lab.Editor, versions: ">=1", publisher: lab}]
- name: 游戏
  type: free
  category: other
  state: forbidden
  packages: [{manager: flatpak, name: org.lab.Game}]
"""
# Only flatpak is the matter here: whatever dpkg has belongs to the system.
PLATFORMS = """\
platforms:
- {number: FREE-0001, manager: dpkg, base: {names: ["*"]}}
"""
INSTALL = ("flatpak", "install", "--noninteractive", "--assumeyes", "--no-related", "--no-deps")


@pytest.fixture(scope="module")
def coded(lab: Lab, collection_root: Path) -> Coded:
    (host,) = lab.start(["flatpak"], recipe=FLATPAK)
    publish(host, [PLATFORM, NEWER, CODECS, EDITOR, WRITER, GAME, UNBUILT])
    return Coded(host, pack_host_code(collection_root))


@pytest.fixture
def arch(coded: Coded) -> str:
    return coded.host.run(["flatpak", "--default-arch"], check=True).stdout.strip()


@pytest.fixture
def empty(coded: Coded) -> Iterator[Coded]:
    """The host with nothing deployed, before and after."""
    yield coded
    coded.host.run(["sh", "-c", "flatpak uninstall --all -y; ! id zhang 2>/dev/null || userdel -r zhang"], check=True)
    assert rows(coded) == {}


def facts_of(coded: Coded) -> Facts:
    return facts_from_plain(coded.call("collect"), source="test")


def rows(coded: Coded) -> dict[str, tuple[str, bool]]:
    return {row.ref: (row.version, row.manual) for row in facts_of(coded).packages if row.manager == "flatpak"}


def listed(coded: Coded) -> set[str]:
    """What flatpak itself says is there for all."""
    return set(coded.host.run(["flatpak", "list", "--system", "--columns=ref"], check=True).stdout.split())


def apply(coded: Coded, **request: Any) -> dict[str, Any]:
    result: dict[str, Any] = coded.call("apply", coded.order(manager="flatpak", **request))
    return result


def test_an_app_comes_with_its_runtime_and_leaves_without_it(empty: Coded, arch: str) -> None:
    """The story of one app: installed, upgraded, removed; its runtime is not kept for its own sake."""
    request = {"manager": "flatpak", "install": [{"name": WRITER.name, "versions": ">=1"}], "upgrade": [], "remove": []}
    simulation = empty.call("simulate", request)
    assert [(step["kind"], step["name"], step["arch"], step["new"]) for step in simulation["steps"]] == [
        ("install", "org.lab.Platform", f"{arch}/22.08", "22.08"),
        ("install", "org.lab.Writer", f"{arch}/stable", "1.0"),
    ]
    assert simulation["brings"] == [["org.lab.Writer", "org.lab.Platform"]]
    result = apply(empty, install=request["install"])
    assert (result["state"], result["reason"]) == ("done", "")
    assert rows(empty) == {
        f"flatpak:org.lab.Writer:{arch}/stable": ("1.0", True),
        f"flatpak:org.lab.Platform:{arch}/22.08": ("22.08", False),
    }
    facts = facts_of(empty)
    platform, writer = (row for row in facts.packages if row.manager == "flatpak")
    assert (writer.publisher, writer.origin, writer.installed_at is not None) == (REMOTE, REMOTE, True)
    assert facts.packages[writer.needs[0]] == platform and len(writer.needs) == 1
    assert facts.native_arch("flatpak") == f"{arch}/stable"
    assert listed(empty) == {f"org.lab.Writer/{arch}/stable", f"org.lab.Platform/{arch}/22.08"}

    publish(empty.host, [App(name=WRITER.name, version="2.0", runtime=WRITER.runtime)])
    result = apply(empty, upgrade=[{"name": WRITER.name, "versions": ""}])
    assert [(one["package"], one["state"], one["version"]) for one in result["outcomes"]] == [
        (f"flatpak:org.lab.Writer:{arch}/stable", "done", "2.0")
    ]

    result = apply(empty, remove=[f"org.lab.Writer:{arch}/stable"])
    assert result["state"] == "done", result
    assert listed(empty) == {f"org.lab.Platform/{arch}/22.08"}


def test_what_flatpak_would_refuse_is_refused_before(empty: Coded, arch: str) -> None:
    empty.host.run([*INSTALL, REMOTE, "org.lab.Platform//22.08", GAME.name], check=True)

    def simulate(**request: Any) -> dict[str, Any]:
        base: dict[str, Any] = {"manager": "flatpak", "install": [], "upgrade": [], "remove": []}
        answer: dict[str, Any] = empty.call("simulate", {**base, **request})
        return answer

    def missing(**request: Any) -> list[str]:
        return [one["reason"] for one in simulate(**request)["unavailable"]]

    assert "is needed by org.lab.Game" in simulate(remove=[f"org.lab.Platform:{arch}/22.08"])["error"]
    orphan = simulate(install=[{"name": UNBUILT.name, "versions": ""}])
    assert f"org.lab.Orphan needs org.lab.Gone/{arch}/1, which no remote of this computer offers" in orphan["error"]
    empty.host.run(["flatpak", "mask", GAME.name], check=True)
    try:
        assert [row.held for row in facts_of(empty).packages if row.name == GAME.name] == [True]
        assert missing(remove=[f"org.lab.Game:{arch}/stable"]) == ["held in version 3.1"]
    finally:
        empty.host.run(["flatpak", "mask", "--remove", GAME.name], check=True)


def test_extensions_belong_to_their_base_and_pinned_runtimes_to_somebody(empty: Coded, arch: str) -> None:
    empty.host.run([*INSTALL, REMOTE, "org.lab.Platform//22.08", "org.lab.Codecs//1"], check=True)
    facts = facts_of(empty)
    codecs, platform = (row for row in facts.packages if row.manager == "flatpak")
    assert [facts.packages[row] for row in platform.wants] == [codecs]
    # An install by name pins a runtime: somebody wanted it.
    assert (codecs.manual, platform.manual) == (True, True)
    empty.host.run(["flatpak", "pin", "--remove", f"runtime/org.lab.Codecs/{arch}/1"], check=True)
    assert rows(empty)[f"flatpak:org.lab.Codecs:{arch}/1"] == ("1", False)


def test_two_branches_of_a_runtime_are_two(empty: Coded, arch: str) -> None:
    empty.host.run([*INSTALL, REMOTE, "org.lab.Platform//22.08", "org.lab.Platform//24.08"], check=True)
    result = apply(empty, remove=[f"org.lab.Platform:{arch}/24.08"])
    assert result["state"] == "done"
    assert listed(empty) == {f"org.lab.Platform/{arch}/22.08"}


def test_what_a_user_has_for_himself_is_seen_and_removed_as_that_user(empty: Coded, arch: str) -> None:
    empty.host.run([*INSTALL, REMOTE, "org.lab.Platform//22.08"], check=True)
    script = f"""
    set -e; useradd -m zhang; export HOME=/home/zhang
    flatpak remote-add --user --no-gpg-verify {REMOTE} file:///srv/flatpak
    {" ".join(INSTALL)} --user {REMOTE} {GAME.name}
    chown -R zhang: /home/zhang; chmod 700 /home/zhang
    """
    empty.host.run(["sh", "-c", script], check=True)
    facts = facts_of(empty)
    (game,) = (row for row in facts.packages if row.name == GAME.name)
    assert (game.arch, game.publisher, game.origin) == (f"{arch}/stable/zhang", None, REMOTE)
    assert [facts.packages[row].arch for row in game.needs] == [f"{arch}/22.08"]
    assert listed(empty) == {f"org.lab.Platform/{arch}/22.08"}
    # Somebody who is not root cannot know.
    asked = "import json; from host import facts; print(json.dumps(facts.collect()['managers']['flatpak']))"
    command = [
        "runuser",
        "-u",
        "nobody",
        "--",
        "python3",
        "-c",
        f"import sys; sys.path.insert(0, '/opt/zhengban'); {asked}",
    ]
    state = json.loads(empty.host.run(command, check=True).stdout)
    assert (state["read"], "only root sees everything" in state["why"]) == (False, True)

    result = apply(empty, remove=[f"org.lab.Game:{arch}/stable/zhang"])
    assert (result["state"], result["reason"]) == ("done", "")
    assert [row.name for row in facts_of(empty).packages if row.manager == "flatpak"] == ["org.lab.Platform"]


def test_a_deployment_that_is_damaged_is_unread(empty: Coded, arch: str) -> None:
    empty.host.run([*INSTALL, REMOTE, "org.lab.Platform//22.08"], check=True)
    path = f"/var/lib/flatpak/runtime/org.lab.Platform/{arch}/22.08/active/deploy"
    empty.host.run(["mv", path, "/root/deploy"], check=True)
    state = facts_of(empty).managers["flatpak"]
    empty.host.run(["mv", "/root/deploy", path], check=True)
    assert state.read is False
    assert "no readable deploy and metadata; run: flatpak repair" in state.why


def test_a_computer_without_a_client_cannot_be_changed_and_can_be_read(empty: Coded, arch: str) -> None:
    empty.host.run([*INSTALL, REMOTE, "org.lab.Platform//22.08"], check=True)
    empty.host.run(["mv", "/usr/bin/flatpak", "/usr/bin/flatpak.away"], check=True)
    try:
        assert list(rows(empty)) == [f"flatpak:org.lab.Platform:{arch}/22.08"]
        request = {"manager": "flatpak", "install": [{"name": GAME.name, "versions": ""}], "upgrade": [], "remove": []}
        assert "flatpak: No such file or directory" in empty.call("simulate", request)["error"]
    finally:
        empty.host.run(["mv", "/usr/bin/flatpak.away", "/usr/bin/flatpak"], check=True)


def test_an_office_decides_about_flatpak_as_about_everything_else(
    empty: Coded, arch: str, lab: Lab, office: Callable[[Lab, Mapping[str, Host]], Office]
) -> None:
    """Forbidden leaves, required comes with its runtime, what nobody listed is reported, and the books say so."""
    empty.host.run([*INSTALL, REMOTE, "org.lab.Platform//22.08", "org.lab.Platform//24.08", GAME.name], check=True)
    here = office(lab, {"PC-0001": empty.host})
    here.set_baseline(
        actions={"forbidden": "remove", "missing_required": "install"},
        outside={"look_for": ["programs"], "allow": ["/opt/zhengban"], "seconds": 60},
    )
    empty.host.write_file("/opt/by-hand/run", "#!/bin/sh\n", mode="0755")
    for path in (here.workspace / "policies").glob("*.yml"):
        if path.name != "baseline.yml":
            path.unlink()
    debian = (
        "- {name: Debian, number: FREE-0001, type: free, category: os, packages: [{manager: platform, name: debian}]}\n"
    )
    (here.workspace / "policies" / "software.yml").write_text(SOFTWARE + debian, encoding="utf-8")
    (here.workspace / "policies" / "platforms.yml").write_text(PLATFORMS, encoding="utf-8")

    check = here.run("zhengban.baseline.enforce", "--check")
    enforce = here.run("zhengban.baseline.enforce")

    assert enforce.code == 0, enforce.output
    assert check.hashes == enforce.hashes
    assert listed(empty) == {
        f"org.lab.{ref}" for ref in (f"Editor/{arch}/stable", f"Platform/{arch}/22.08", f"Platform/{arch}/24.08")
    }
    booked = {
        (item.book, item.record.action, item.record.package, item.record.version) for item in here.records("PC-0001")
    }
    assert booked == {
        ("UNLISTED", "uninstall", f"flatpak:org.lab.Game:{arch}/stable", "3.1"),
        ("FREE-9001", "install", f"flatpak:org.lab.Editor:{arch}/stable", "1.0"),
    }
    # By the facts read after the change: the runtime is needed by something approved now, its sister still by nobody.
    command = [
        sys.executable,
        "-m",
        "zhengban.cli.main",
        "--workspace",
        str(here.workspace),
        "assess",
        "--format",
        "json",
    ]
    (assessed,) = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    codes = {(finding["code"], finding["package"]) for finding in assessed["findings"]}
    assert ("unlisted", f"flatpak:org.lab.Platform:{arch}/24.08") in codes
    assert ("unlisted", f"flatpak:org.lab.Platform:{arch}/22.08") not in codes
    # What lies outside packages was looked for once, before the change, and is still known after it.
    assert ("unpackaged", "outside:/opt/by-hand:") in codes
    assert "unread" not in {code for code, _package in codes}
