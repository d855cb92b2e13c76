# SPDX-License-Identifier: Apache-2.0
"""Which dnf a host has, by what its programs begin with; without dnf 4 the reason says what is there instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhengban.host import dnf


@pytest.fixture
def usr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the programs of the host lie."""
    here = [str(tmp_path / Path(path).name) for path in dnf._PROGRAMS]
    monkeypatch.setattr(dnf, "_PROGRAMS", tuple(here))
    others = tuple((str(tmp_path / Path(path).name), name) for path, name in dnf._OTHERS)
    monkeypatch.setattr(dnf, "_OTHERS", others)
    return tmp_path


@pytest.mark.parametrize(
    ("programs", "python", "reason"),
    [
        ({"dnf-3": b"#!/usr/bin/python3\n"}, "/usr/bin/python3", ""),
        ({"yum": b"#!/usr/libexec/platform-python\n"}, "/usr/libexec/platform-python", ""),
        ({}, "", "dnf 4 is not there, and rpm alone has no repositories"),
        # Fedora 41 on: /usr/bin/dnf and yum lead to dnf5.
        ({"dnf": b"\x7fELF", "dnf5": b"\x7fELF", "yum": b"\x7fELF"}, "", "dnf 5 is there, and only dnf 4 is asked"),
        # CentOS 7: its python is Python 2, which once ran our program and failed in it.
        ({"yum": b"#!/usr/bin/python\n"}, "", "yum 3 is there, and only dnf 4 is asked"),
        ({"microdnf": b"\x7fELF"}, "", "or do it on the host with microdnf"),
    ],
)
def test_only_dnf_4_is_asked(usr: Path, programs: dict[str, bytes], python: str, reason: str) -> None:
    for name, content in programs.items():
        (usr / name).write_bytes(content)
    assert dnf.find_python() == ([python] if python else [])
    if reason:
        assert reason in dnf.say_missing()
