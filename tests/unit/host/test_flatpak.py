# SPDX-License-Identifier: Apache-2.0
"""flatpak's folders as facts, where a real flatpak would never leave them so; tests/hosts has the real one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.unit.host.systems import Call, Script, make_system, write
from zhengban.host.facts import collect
from zhengban.host.flatpak_change import FlatpakChanger
from zhengban.host.flatpak_offers import native_arch

ARCH = native_arch()
USERS = "home/zhang/.local/share/flatpak"
SYSTEM = "var/lib/flatpak"
PASSWD = "root:x:0:0:root:/root:/bin/sh\nzhang:x:1000:1000::/home/zhang:/bin/sh\nnobody:x:9:9::/:/bin/false\n"
LIST = ("flatpak", "remote-ls", "--system", "--all", "--columns=ref,version,runtime,origin")


def deploy(
    root: Path, ref: str, *, folder: str = SYSTEM, version: str = "", origin: str = "flathub", metadata: str = ""
) -> Path:
    """Write what flatpak leaves of an app; the deploy data is laid out as real ones are."""
    commit = "c" * 64
    path = root / folder / ref / commit
    data = f"{origin}\0{commit}\0".encode()
    data += b"\0" * (-len(data) % 8) + b"appdata-name\0\0\0\0appdata-version\0\0s".ljust(40, b"\0")
    if version:
        data += b"appdata-version\0" + version.encode() + b"\0\0s\x10"
    write(path / "deploy", data)
    write(path / "metadata", metadata)
    (path.parent / "active").symlink_to(commit)
    return path


def rows(root: Path) -> list[list[Any]]:
    return [row for row in collect(str(root))["packages"] if row[0] == "flatpak"]


@pytest.fixture
def system(tmp_path: Path) -> Path:
    make_system(tmp_path)
    write(tmp_path / "etc/passwd", PASSWD)
    write(tmp_path / SYSTEM / "repo/config", "[core]\nxa.masked=org.x.Held;app/org.y.*//beta\n")
    return tmp_path


def test_a_computer_that_is_set_up_for_flatpak_and_has_nothing_is_read(system: Path) -> None:
    document = collect(str(system))
    assert document["managers"]["flatpak"]["read"] is True
    assert document["managers"]["flatpak"]["count"] == 0
    # The operating system's own manager says what the machine is.
    assert document["platform"]["arch"] == "amd64"


def test_rows(system: Path) -> None:
    runtime = f"runtime=org.gnome.Platform/{ARCH}/45\n"
    deploy(system, f"app/org.x.Held/{ARCH}/stable", version="2.10", metadata=f"[Application]\nname=x\n{runtime}")
    deploy(system, f"app/org.y.Draw/{ARCH}/beta", metadata="no key file")
    deploy(
        system, f"runtime/org.gnome.Platform/{ARCH}/45", origin="", metadata="[Extension org.gnome.Platform.Locale]\n"
    )
    deploy(system, f"runtime/org.gnome.Platform.Locale/{ARCH}/45")
    # Left behind, not deployed: a folder without "active", and the link to the usual branch.
    (system / SYSTEM / f"app/org.gone.App/{ARCH}/stable").mkdir(parents=True)
    (system / SYSTEM / "app/org.x.Held/current").symlink_to(f"{ARCH}/stable")
    assert [[*row[1:7], row[9], *row[11:]] for row in rows(system)] == [
        ["org.gnome.Platform", "45", f"{ARCH}/45", None, None, False, False, [], [], [2]],
        ["org.gnome.Platform.Locale", "45", f"{ARCH}/45", "flathub", "flathub", False, False, [], [], []],
        ["org.x.Held", "2.10", f"{ARCH}/stable", "flathub", "flathub", True, True, [1], [], []],
        ["org.y.Draw", "beta", f"{ARCH}/beta", "flathub", "flathub", True, True, [], [], []],
    ]


def test_another_installation_of_the_system_is_read_and_told_apart(system: Path) -> None:
    write(system / "etc/flatpak/installations.d/x.conf", '[Installation "big disk"]\nPath=/srv/apps\n')
    deploy(system, f"app/org.x.Game/{ARCH}/stable", folder="srv/apps")
    assert [row[3] for row in rows(system)] == [f"{ARCH}/stable/@_big_disk_"]


def test_what_people_do_to_their_own_folders_hides_nothing_of_the_others(system: Path) -> None:
    """A pipe would stop the reading for ever, a link lead it elsewhere, a crowd make it endless."""
    deploy(system, f"app/org.x.Office/{ARCH}/stable", version="1.0")
    for name in ("Pipe", "Link", "Large", "None"):
        path = deploy(system, f"app/org.z.{name}/{ARCH}/stable", folder=USERS)
        (path / "metadata").unlink()
        (path / "deploy").unlink()
        if name == "Pipe":
            os.mkfifo(path / "metadata")
            os.mkfifo(path / "deploy")
        if name == "Link":
            (path / "deploy").symlink_to("/etc/passwd")
        if name == "Large":
            write(path / "deploy", b"x" * (1 << 17))
    write(system / USERS / "app/no id/x86_64/stable/active", "")
    assert [(row[1], row[2], row[3], row[4], row[5]) for row in rows(system)] == [
        ("org.x.Office", "1.0", f"{ARCH}/stable", "flathub", "flathub"),
        *(
            (f"org.z.{name}", "stable", f"{ARCH}/stable/zhang", None, None)
            for name in ("Large", "Link", "None", "Pipe")
        ),
    ]
    for number in range(2001):
        (system / USERS / f"runtime/org.crowd.N{number}").mkdir(parents=True)
    state = collect(str(system))["managers"]["flatpak"]
    assert state["read"] is False
    assert "has 2001 entries, which flatpak did not make" in state["why"]


def test_a_home_of_a_directory_service_is_found_by_its_folder(system: Path) -> None:
    deploy(system, f"app/org.x.Game/{ARCH}/stable", folder="home/DOMAIN li/.local/share/flatpak")
    assert [row[3] for row in rows(system)] == [f"{ARCH}/stable/home_DOMAIN_li"]
    changer = FlatpakChanger()
    step = {"kind": "remove", "name": "org.x.Game", "arch": rows(system)[0][3], "old": "stable", "new": ""}
    with pytest.raises(Exception, match="nobody in passwd owns it; remove it by hand"):
        changer.prepare([step], {"install": []}, str(system), str(system))


def offers(*lines: Sequence[str]) -> Call:
    return Call(LIST, stdout="".join("\t".join(line) + "\n" for line in lines))


def simulate(root: Path, script: Script, **request: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"manager": "flatpak", "install": [], "upgrade": [], "remove": []}
    answer: dict[str, Any] = FlatpakChanger().simulate({**base, **request}, str(root), script)
    return answer


def test_a_version_nobody_knows_is_not_promised(system: Path) -> None:
    """Without its application data a remote offers apps of unknown version: a promise could not be kept."""
    line = (f"app/org.x.App/{ARCH}/stable", "", "", "hub")
    want = [{"name": "org.x.App", "versions": ""}]
    answer = simulate(system, Script(offers(line)), install=want)
    assert answer["unavailable"][0]["reason"] == "hub does not say its version; run: flatpak update --appstream"
    (system / SYSTEM / f"appstream/hub/{ARCH}/active").mkdir(parents=True)
    (step,) = simulate(system, Script(offers(line)), install=want)["steps"]
    assert (step["arch"], step["new"]) == (f"{ARCH}/stable", "stable")


def test_the_highest_in_range_comes_and_the_usual_branch_among_equals(system: Path) -> None:
    lines = [
        (f"app/org.x.App/{ARCH}/beta", "2.0", "", "hub"),
        (f"app/org.x.App/{ARCH}/stable", "2.0", "", "hub"),
        (f"app/org.x.App/{ARCH}/nightly", "3.0", "", "hub"),
        ("app/org.x.App/other/stable", "2.5", "", "hub"),
        ("app/--user/x/y", "2.5", "", "hub"),
        ("not", "four columns"),
    ]
    (step,) = simulate(system, Script(offers(*lines)), install=[{"name": "org.x.App", "versions": "<3"}])["steps"]
    assert (step["arch"], step["new"]) == (f"{ARCH}/stable", "2.0")


def test_a_remote_that_does_not_answer_is_an_error(system: Path) -> None:
    script = Script(Call(LIST, stdout="error: hub: no network\n", returncode=1))
    answer = simulate(system, script, install=[{"name": "org.x.App", "versions": ""}])
    assert answer["error"] == "flatpak remote-ls: error: hub: no network"


def test_what_only_people_have_for_themselves_is_theirs_to_upgrade(system: Path) -> None:
    deploy(system, f"app/org.x.Game/{ARCH}/stable", folder=USERS)
    answer = simulate(system, Script(offers()), upgrade=[{"name": "org.x.Game", "versions": ""}])
    assert answer["unavailable"][0]["reason"] == "only people have it for themselves, and upgrade it"


def test_what_cannot_be_had(system: Path) -> None:
    deploy(system, f"app/org.x.Game/{ARCH}/stable", version="3.1", origin="hub")
    offered = offers((f"app/org.x.Game/{ARCH}/stable", "3.1", "", "hub"))

    def reason(**request: Any) -> str:
        answer = simulate(system, Script(offered), **request)
        assert answer["steps"] == []
        return str(answer["unavailable"][0]["reason"])

    assert reason(remove=[f"org.x.Game:{ARCH}/beta"]) == "not installed"
    assert reason(install=[{"name": "org.x.Nothing", "versions": ""}]) == "no remote of this computer offers it"
    assert reason(install=[{"name": "--user", "versions": ""}]) == "no remote of this computer offers it"
    assert reason(install=[{"name": "org.x.Game", "versions": ">=3"}]) == "already installed in version 3.1"
    assert reason(install=[{"name": "org.x.Game", "versions": ">=4"}]) == "no version in range: 3.1"
    lower = "only lower versions than the installed 3.1: 3.1"
    assert reason(upgrade=[{"name": "org.x.Game", "versions": ""}]) == lower
