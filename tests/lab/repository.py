# SPDX-License-Identifier: Apache-2.0
"""Tiny Debian packages and a flat ``file://`` repository of them, written without dpkg-deb.

Source: deb(5), deb-control(5), the flat repository format of sources.list(5).
"""

import hashlib
import io
import lzma
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

SOURCES_LINE = "deb [trusted=yes] file:///srv/repo ./\n"
"""What a host's sources.list holds: its repository is mounted at /srv/repo."""


@dataclass(frozen=True, kw_only=True)
class Deb:
    """One binary package. ``relations`` are further control fields in order, such as Depends or Provides.

    ``files`` maps absolute paths to their text, ``scripts`` maps preinst, postinst … to shell text.
    A package without files gets one document, so that dpkg has something to own.
    """

    name: str
    version: str
    architecture: str = "all"
    section: str = "misc"
    description: str = "a package of the lab"
    relations: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        """``name_version_arch.deb`` without the epoch, as dpkg-deb would call it."""
        return f"{self.name}_{self.version.split(':')[-1]}_{self.architecture}.deb"

    def control(self) -> str:
        """The control stanza, without the fields that only an index has."""
        head = {
            "Package": self.name,
            "Version": self.version,
            "Architecture": self.architecture,
            "Maintainer": "Lab <lab@example.org>",
            "Section": self.section,
            "Priority": "optional",
        }
        fields = head | dict(self.relations) | {"Description": self.description}
        return "".join(f"{key}: {value}\n" for key, value in fields.items())


def build_deb(deb: Deb) -> bytes:
    """The package file; the same package is the same bytes."""
    files = deb.files or {f"/usr/share/lab/{deb.name}.txt": f"{deb.name} {deb.version}\n"}
    control = {"control": (deb.control(), 0o644)} | {name: (text, 0o755) for name, text in deb.scripts.items()}
    data = {path.lstrip("/"): (text, 0o755 if "/bin/" in path else 0o644) for path, text in files.items()}
    members = (
        ("debian-binary", b"2.0\n"),
        ("control.tar.xz", lzma.compress(_tar(control), preset=0)),
        ("data.tar.xz", lzma.compress(_tar(data), preset=0)),
    )
    return b"!<arch>\n" + b"".join(_ar_member(name, content) for name, content in members)


def build_repository(directory: Path, debs: Iterable[Deb]) -> Path:
    """Write the packages, ``Packages`` and ``Release`` into ``directory``; what it held before goes away.

    Several versions of one name may stand side by side. Files are readable by everybody: apt fetches as _apt.
    Hosts that are running see the new packages after ``Host.refresh_packages()``.
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o755)
    for old in directory.iterdir():
        old.unlink()
    stanzas = []
    for deb in sorted(debs, key=lambda deb: (deb.name, deb.version, deb.architecture)):
        content = build_deb(deb)
        _write(directory / deb.file_name, content)
        digest = hashlib.sha256(content).hexdigest()
        stanzas.append(f"{deb.control()}Filename: ./{deb.file_name}\nSize: {len(content)}\nSHA256: {digest}\n")
    index = "\n".join(stanzas).encode()
    _write(directory / "Packages", index)
    release = (
        "Origin: zhengban-lab\nLabel: zhengban-lab\nSuite: lab\nCodename: lab\n"
        "Date: Thu, 01 Jan 2026 00:00:00 UTC\n"
        f"SHA256:\n {hashlib.sha256(index).hexdigest()} {len(index)} Packages\n"
    )
    _write(directory / "Release", release.encode())
    return directory


def _tar(files: Mapping[str, tuple[str, int]]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        folders = {parent for path in files for parent in Path(path).parents} | {Path()}
        for folder in sorted(folders):
            entry = tarfile.TarInfo("./" if folder == Path() else f"./{folder}/")
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for path, (text, mode) in sorted(files.items()):
            content = text.encode()
            entry = tarfile.TarInfo(f"./{path}")
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def _ar_member(name: str, content: bytes) -> bytes:
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
    return header.encode() + content + b"\n" * (len(content) % 2)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o644)
