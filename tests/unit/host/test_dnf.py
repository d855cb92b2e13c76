# SPDX-License-Identifier: Apache-2.0
"""Which dnf a host has, by what its programs begin with; without one the reason says what is there instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhengban.host import dnf

DNF5 = {"dnf": b"\x7fELF", "dnf5": b"\x7fELF", "yum": b"\x7fELF"}


@pytest.fixture
def usr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the programs of the host lie."""
    here = [str(tmp_path / Path(path).name) for path in dnf._PROGRAMS]
    monkeypatch.setattr(dnf, "_PROGRAMS", tuple(here))
    monkeypatch.setattr(dnf, "_DNF5", str(tmp_path / "dnf5"))
    monkeypatch.setattr(dnf, "_DNF5_LIBRARY", str(tmp_path / "libdnf5*"))
    others = tuple((str(tmp_path / Path(path).name), name) for path, name in dnf._OTHERS)
    monkeypatch.setattr(dnf, "_OTHERS", others)
    return tmp_path


@pytest.mark.parametrize(
    ("programs", "python", "reason"),
    [
        ({"dnf-3": b"#!/usr/bin/python3.6\n"}, "/usr/bin/python3.6", ""),
        ({"yum": b"#!/usr/libexec/platform-python\n"}, "/usr/libexec/platform-python", ""),
        ({}, "", "neither dnf 4 nor dnf 5 is there, and rpm alone has no repositories"),
        # Fedora 41 on: /usr/bin/dnf and yum lead to dnf5, and a dnf 4 that stayed is dnf-3.
        ({**DNF5, "libdnf5.py": b""}, "/usr/bin/python3", ""),
        ({**DNF5, "libdnf5.py": b"", "dnf-3": b"#!/usr/bin/python3.6\n"}, "/usr/bin/python3", ""),
        ({**DNF5, "dnf-3": b"#!/usr/bin/python3.6\n"}, "/usr/bin/python3.6", ""),
        (DNF5, "", "install python3-libdnf5"),
        # Beside a dnf 4 that is the system's own.
        ({"dnf": b"#!/usr/bin/python3.6\n", "dnf5": b"\x7fELF", "libdnf5.py": b""}, "/usr/bin/python3.6", ""),
        # CentOS 7: its python is Python 2, which once ran our program and failed in it.
        ({"yum": b"#!/usr/bin/python\n"}, "", "yum 3 is there, and only dnf 4 and dnf 5 are asked"),
        ({"microdnf": b"\x7fELF"}, "", "or do it on the host with microdnf"),
    ],
)
def test_the_systems_own_dnf_is_asked(usr: Path, programs: dict[str, bytes], python: str, reason: str) -> None:
    for name, content in programs.items():
        (usr / name).write_bytes(content)
    assert dnf.find_asked()[:1] == ([python] if python else [])
    if reason:
        assert reason in dnf.say_missing()
