# SPDX-License-Identifier: Apache-2.0
"""Debian packages for the guard: what a package file is, and what there would be after a transaction.

Source: dpkg-deb(1), deb-control(5).
"""

# Salt and package managers run this too, without an AnsibleModule. pylint: disable=ansible-bad-function

from typing import Callable, Iterable, List, NamedTuple, Sequence, Set, Tuple

from .dpkg import Installed, read_installed
from .guard_decide import After, Coming, Leaving, Row

_FIELDS = ("Package", "Version", "Architecture", "Multi-Arch", "Pre-Depends", "Depends", "Conflicts", "Replaces")
# No control field can hold it, so a folded field cannot look like the next one.
_BETWEEN = "\x1f"
_FORMAT = _BETWEEN.join("${{{}}}".format(field) for field in _FIELDS)


class FileError(Exception):
    """A file is no Debian package; the text is dpkg-deb's."""


class DebFile(NamedTuple):
    """What a package file says about itself; ``depends`` are Pre-Depends and Depends as written."""

    name: str
    version: str
    arch: str
    multi_arch: str
    depends: Tuple[str, ...]
    conflicts: str
    replaces: str


def read_deb(path: str) -> DebFile:
    """Ask dpkg-deb, which reads a file exactly as dpkg will. Raises FileError."""
    # Here, for most transactions open no file and nobody should wait for it.
    import subprocess

    command = ["dpkg-deb", "--showformat=" + _FORMAT, "--show", path]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"LC_ALL": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
        stdout, stderr = process.communicate()
    except (OSError, ValueError) as err:
        raise FileError(str(err)) from err
    values = stdout.decode("utf-8", "backslashreplace").split(_BETWEEN)
    if process.returncode or len(values) != len(_FIELDS) or not values[0]:
        raise FileError(stderr.decode("utf-8", "backslashreplace").strip() or "dpkg-deb cannot read it")
    name, version, arch, multi_arch, pre_depends, depends, conflicts, replaces = values
    return DebFile(name, version, arch, multi_arch, (pre_depends, depends), conflicts, replaces)


def work_out(
    comes: Sequence[Coming],
    leaves: Iterable[Leaving],
    file_of: Callable[[Coming], DebFile],
    read: Callable[[], List[Installed]] = read_installed,
) -> After:
    """What there would be afterwards; package files are only opened where somebody asks for what they need.

    Args:
        file_of: gives the package file of a package that comes. Raises FileError.
        read: the installed packages. Raises DatabaseError.
    """
    # Here, for most transactions need nobody's dependencies.
    from .edges import Resolver

    going = {(one.name, one.arch) for one in leaves} | {(one.name, one.arch) for one in comes if one.old}
    installed = read()
    native = next((row.arch for row in installed if row.name == "dpkg"), "")
    # A package may change between one architecture and all; it is the same package then.
    going |= {(name, native if arch == "all" else "all") for name, arch in going if arch in ("all", native)}
    rows = [row for row in installed if (row.name, row.arch) not in going]
    first = len(rows)
    rows += [_as_installed(one) for one in comes]
    resolver = Resolver(rows, native)
    opened: Set[int] = set()

    def needs(number: int, names: Set[str]) -> Iterable[int]:
        if number >= first and number not in opened:
            opened.add(number)
            file = file_of(comes[number - first])
            rows[number] = rows[number]._replace(depends=file.depends)
        # Most packages need none of a few names: looking for the letters is much cheaper than resolving.
        if not any(name in field for field in rows[number].depends for name in names):
            return ()
        return resolver.edges(number)[0]

    return After([Row(row.name, row.version, row.arch) for row in rows], needs)


def displaced(files: Sequence[DebFile], installed: Sequence[Installed]) -> Iterable[Leaving]:
    """What dpkg takes away on its own to make room: installed packages a file both conflicts with and replaces."""
    names: Set[str] = set()
    for file in files:
        names |= _names(file.conflicts) & _names(file.replaces)
    upgraded = {file.name for file in files}
    for row in installed:
        if row.name not in upgraded and (row.name in names or names & _names(row.provides)):
            yield Leaving(row.name, row.version, row.arch)


def _names(relation: str) -> Set[str]:
    parts = (part.split("(")[0].split(":")[0].strip() for field in relation.split(",") for part in field.split("|"))
    return {part for part in parts if part}


def _as_installed(coming: Coming) -> Installed:
    """A package that comes among those installed. What it provides is left out: it approves nothing."""
    return Installed(
        name=coming.name,
        version=coming.version,
        arch=coming.arch,
        manual=True,
        essential=False,
        priority="",
        held=False,
        state="installed",
        installed_at=None,
        multi_arch=coming.multi_arch,
        provides="",
        depends=(),
        recommends="",
    )
