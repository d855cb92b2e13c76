# SPDX-License-Identifier: Apache-2.0
"""Programs that no package owns: what is found, what is not, and what a look that was cut short says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.unit.host.systems import make_system, write
from zhengban.host import outside
from zhengban.host.facts import collect
from zhengban.model.facts import facts_from_plain

PASSWD = f"root:x:0:0:root:/root:/bin/sh\nzhang:x:{os.getuid() or 7}:7::/home/zhang:/bin/sh\n"
OWNER = "root" if os.getuid() == 0 else "zhang"
ALL: dict[str, Any] = {"kinds": ["programs", "pip", "npm"], "seconds": 60}
ELF = b"\x7fELF" + bytes(60)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make_system(tmp_path)
    write(tmp_path / "etc/passwd", PASSWD)
    own(tmp_path)
    return tmp_path


def program(path: Path, content: bytes = ELF) -> None:
    write(path, content)
    path.chmod(0o755)


def own(root: Path, *paths: str) -> None:
    """Let a package own these, with the folders above, as dpkg writes it."""
    write(root / "var/lib/dpkg/info/owner.list", "".join(f"{path}\n" for path in ("/.", *paths)))


def look(root: Path, **asked: Any) -> dict[str, Any]:
    document = collect(str(root), outside={**ALL, **asked})
    # What the host says is what the core reads.
    assert facts_from_plain(document, source="test").outside is not None
    found: dict[str, Any] = document["outside"]
    return found


def found(root: Path, **asked: Any) -> list[list[str]]:
    answer = look(root, **asked)
    assert (answer["complete"], answer["why"]) == (True, "")
    rows: list[list[str]] = answer["rows"]
    return rows


def test_nobody_looks_unless_asked(root: Path) -> None:
    program(root / "opt/game/bin/game")
    plain = collect(str(root))
    assert "outside" not in plain
    asked = collect(str(root), known_digest=plain["digest"], outside=ALL)
    # It says so with every answer, also where no package has changed; and no digest moves by it.
    assert (asked["digest"], asked["unchanged"], len(asked["outside"]["rows"])) == (plain["digest"], True, 1)


def test_programs_put_there_by_hand(root: Path) -> None:
    program(root / "opt/game-2.1/lib/engine/run", b"#!/bin/sh\n")
    program(root / "opt/game-2.1/lib/engine/run2")
    program(root / "usr/local/bin/tool")
    program(root / "home/zhang/.local/bin/mine")
    program(root / "home/zhang/.local/opt/editor/editor")
    write(root / "home/zhang/下载/Krita_v5.2-x86_64.AppImage", ELF)
    write(root / "home/zhang/.local/share/applications/x.desktop", "[Desktop Entry]\nName=迅雷\nExec=/tmp/x\n")
    assert found(root) == [
        ["desktop", "/home/zhang/.local/share/applications/x.desktop", "迅雷", "", OWNER],
        ["program", "/home/zhang/.local/bin/mine", "mine", "", OWNER],
        ["program", "/home/zhang/.local/opt/editor", "editor", "", OWNER],
        ["program", "/home/zhang/下载/Krita_v5.2-x86_64.AppImage", "Krita", "5.2", OWNER],
        ["program", "/opt/game-2.1", "game", "2.1", OWNER],
        ["program", "/usr/local/bin/tool", "tool", "", OWNER],
    ]


def test_what_is_no_program_or_a_packages_is_not_found(root: Path) -> None:
    program(root / "opt/google/chrome/chrome")
    program(root / "opt/data/readme.txt", b"text\n")
    program(root / "opt/libs/libx.so.1")
    write(root / "opt/notes/script", b"#!/bin/sh\n")
    (root / "usr/local/bin").mkdir(parents=True)
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    own(root, "/opt", "/opt/google", "/opt/google/chrome", "/opt/google/chrome/chrome")
    assert found(root) == []
    program(root / "opt/google/chrome/added-by-hand")
    assert [row[1] for row in found(root)] == ["/opt/google"]


def test_what_pip_and_npm_installed(root: Path) -> None:
    for folder in ("usr/local/lib/python3.11/dist-packages", "home/zhang/.local/lib/python3.9/site-packages"):
        (root / folder / "requests-2.31.0.dist-info").mkdir(parents=True)
    (root / "usr/lib/python3/dist-packages/apt_pkg-2.6.egg-info").mkdir(parents=True)
    (root / "usr/lib/python3/dist-packages/hand_made-1.0-py3.11.egg-info").mkdir(parents=True)
    own(root, "/usr/lib/python3/dist-packages/apt_pkg-2.6.egg-info")
    modules = root / "usr/local/lib/node_modules"
    write(modules / "typescript/package.json", json.dumps({"name": "typescript", "version": "5.4.2"}))
    write(modules / "@vue/cli/package.json", json.dumps({"name": "@vue/cli", "version": "5.0.8"}))
    for name, text in {"a": "{", "b": '{"name": 3}', "c": "[1]", "d": "[" * 100_000, "e": '{"version": "1"}'}.items():
        write(modules / name / "package.json", text)
    assert [(row[0], row[2], row[3]) for row in found(root)] == [
        ("npm", "@vue/cli", "5.0.8"),
        ("npm", "typescript", "5.4.2"),
        ("pip", "requests", "2.31.0"),
        ("pip", "hand_made", "1.0"),
        ("pip", "requests", "2.31.0"),
    ]
    assert {row[0] for row in found(root, kinds=["pip"])} == {"pip"}


def test_what_people_put_in_the_way_stops_nothing(root: Path) -> None:
    """Pipes would wait for ever, links lead elsewhere or round in a circle, names break a text."""
    home = root / "home/zhang"
    for folder in (".local/bin", ".local/opt/loop", ".local/share/applications"):
        (home / folder).mkdir(parents=True)
    os.mkfifo(home / ".local/bin/pipe", 0o755)
    os.mkfifo(home / ".local/share/applications/pipe.desktop")
    (home / ".local/opt/loop/again").symlink_to("..")
    (home / ".local/bin/elsewhere").symlink_to("/bin/sh")
    program(Path(os.fsdecode(os.fsencode(home) + b"/.local/bin/\xff\n")))
    program(home / ".local/bin" / ("长" * 80))
    assert [row[1] for row in found(root)] == [
        "/home/zhang/.local/bin/\\xff\n",
        f"/home/zhang/.local/bin/{'长' * 80}",
    ]


def test_a_look_ends_in_time_and_says_where(root: Path) -> None:
    program(root / "opt/game/game")
    answer = look(root, seconds=0)
    assert (answer["complete"], answer["rows"]) == (False, [])
    assert answer["why"].startswith("the time was up at /")


def test_a_look_ends_where_there_is_no_end(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "MAX_ENTRIES", 5)
    for number in range(6):
        write(root / f"opt/data/{number}", "")
    assert look(root)["why"] == "there are more than 5 files, at /opt/data"
    monkeypatch.setattr(outside, "MAX_ENTRIES", 1000)
    monkeypatch.setattr(outside, "MAX_ROWS", 2)
    for number in range(3):
        program(root / f"usr/local/bin/{number}")
    answer = look(root)
    assert (answer["why"], len(answer["rows"])) == ("there are more than 2 programs", 2)
    write(root / ("opt/deep/" + "d/" * 20 + "x"), "")
    assert "goes deeper than 12 folders" in look(root)["why"]


def test_a_folder_that_is_closed_makes_it_incomplete(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "opt/closed").mkdir(parents=True)
    scandir = os.scandir

    def refuse(path: str) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert look(root)["why"] == "/opt/closed cannot be looked into: only root sees everything"


def test_packages_whose_files_are_not_known_make_it_incomplete(root: Path) -> None:
    program(root / "opt/game/game")
    (root / "var/lib/dpkg/info/broken.list").mkdir()
    answer = look(root)
    assert (answer["complete"], answer["rows"]) == (False, [])
    assert answer["why"].endswith("broken.list: Is a directory")
