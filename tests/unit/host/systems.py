# SPDX-License-Identifier: Apache-2.0
"""Small Debian systems as folders, for tests of the host code; and a package manager that answers from a script."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from zhengban.host.command import Completed


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pkg:
    """One stanza of dpkg's status file; ``fields`` are further lines, as written."""

    name: str
    version: str = "1.0"
    arch: str = "all"
    status: str = "install ok installed"
    fields: tuple[str, ...] = ()

    def stanza(self) -> str:
        lines = [f"Package: {self.name}", f"Status: {self.status}", f"Architecture: {self.arch}"]
        lines += [f"Version: {self.version}"] if self.version else []
        return "\n".join([*lines, *self.fields, "Description: short", " long line: with a colon", " ."]) + "\n"


DPKG = Pkg(name="dpkg", version="1.21.22", arch="amd64", fields=("Essential: yes", "Priority: required"))


def make_system(root: Path, *packages: Pkg, automatic: Sequence[str] = ()) -> Path:
    """Write a system with ``dpkg`` and these packages; ``automatic`` are ``name:arch`` as apt files them."""
    status = "\n".join(package.stanza() for package in (DPKG, *packages))
    write(root / "var/lib/dpkg/status", status)
    stanzas = (
        f"Package: {ref.split(':')[0]}\nArchitecture: {ref.split(':')[1]}\nAuto-Installed: 1\n" for ref in automatic
    )
    write(root / "var/lib/apt/extended_states", "\n".join(stanzas))
    write(root / "etc/os-release", 'PRETTY_NAME="Debian GNU/Linux 12"\nNAME=Debian\nID=debian\nVERSION_ID="12"\n')
    write(root / "etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    return root


def make_rpm_database(root: Path) -> None:
    """A database file of rpm that holds a package header, as far as finding it goes."""
    write(root / "var/lib/rpm/rpmdb.sqlite", b"\x00\x00\x00\x3f\x00\x00\x00\x07")


def write(path: Path, content: str | bytes) -> None:
    """Write a file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


@dataclasses.dataclass(frozen=True)
class Call:
    """An expected command: ``argv`` exactly, or only its first words when ``prefix``; what it answers, and does."""

    argv: tuple[str, ...]
    stdout: str = ""
    returncode: int = 0
    prefix: bool = False
    effect: Callable[[Sequence[str]], None] | None = None


class Script:
    """A ``run`` that expects exactly these calls in this order; :meth:`finish` says that none is left."""

    def __init__(self, *calls: Call) -> None:
        self._calls = list(calls)

    def __call__(self, argv: Sequence[str], output_path: str = "", inherited: Sequence[int] = ()) -> Completed:
        assert self._calls, f"unexpected command: {argv}"
        call = self._calls.pop(0)
        assert tuple(argv[: len(call.argv)] if call.prefix else argv) == call.argv
        if call.effect:
            call.effect(argv)
        if output_path:
            Path(output_path).write_text(call.stdout, encoding="utf-8")
            return Completed(call.returncode, "", "")
        return Completed(call.returncode, call.stdout, "")

    def finish(self) -> None:
        assert not self._calls, f"commands that were not run: {self._calls}"
