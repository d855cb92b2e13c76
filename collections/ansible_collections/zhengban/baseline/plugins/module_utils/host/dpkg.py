# SPDX-License-Identifier: Apache-2.0
"""The packages of a Debian host, read straight from dpkg's database.

Source: deb-control(5), dpkg's ``status`` and ``updates`` files, apt's ``extended_states``; DESIGN 3.
"""

import os
import time
from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Set, Tuple

from .database import DatabaseError

DATABASE = "var/lib/dpkg"
EXTENDED_STATES = "var/lib/apt/extended_states"

# Bytes that are not UTF-8 become ``\xNN``: nothing is lost and nothing can break the JSON.
_READ_AS = ("utf-8", "backslashreplace")

_WANTED = frozenset(
    (
        "package",
        "status",
        "version",
        "architecture",
        "essential",
        "protected",
        "priority",
        "multi-arch",
        "provides",
        "pre-depends",
        "depends",
        "recommends",
    )
)
_NEEDED = ("package", "status")
_EXTENDED_WANTED = frozenset(("package", "architecture", "auto-installed"))
# Every other state may have files on the disk.
_ABSENT = frozenset(("not-installed", "config-files"))
_WANTS = frozenset(("unknown", "install", "hold", "deinstall", "purge"))
_STATES = frozenset(
    ("half-installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending", "installed")
)
_READ_ATTEMPTS = 5


class Installed(NamedTuple):
    """One installed package: what the database gives of a facts row, its state, its dependency fields as written."""

    name: str
    version: str
    arch: str
    manual: bool
    essential: bool
    priority: str
    held: bool
    state: str
    installed_at: Optional[str]
    multi_arch: str
    provides: str
    depends: Tuple[str, ...]
    recommends: str


def has_database(root: str) -> bool:
    """Whether dpkg manages this system: its database lists a package, or has lost its list of them.

    The empty database that an installed ``dpkg`` leaves on an rpm system is none.
    """
    base = os.path.join(root, DATABASE)
    try:
        if os.stat(os.path.join(base, "status")).st_size:
            return True
    except FileNotFoundError:
        pass
    except OSError:
        return True
    try:
        return any(name.endswith(".list") for name in os.listdir(os.path.join(base, "info")))
    except OSError:
        return False


def read_installed(root: str = "/") -> List[Installed]:
    """Every installed package below ``root``, sorted by (name, arch, version) in code points.

    Installed is every state but not-installed and config-files. What a killed dpkg left in ``updates`` counts.

    Raises:
        DatabaseError: a file cannot be read, is cut off, or says what dpkg would not write.
    """
    base = os.path.join(root, DATABASE)
    stanzas = _read_consistently(base)
    automatic = _read_automatic(os.path.join(root, EXTENDED_STATES))
    written = _read_list_times(os.path.join(base, "info"))
    native = next((fields.get("architecture", "") for fields in stanzas if fields["package"] == "dpkg"), "")
    rows = []
    for fields in stanzas:
        want, _flag, state = fields["status"].split()
        if state in _ABSENT:
            continue
        name, arch = fields["package"], fields.get("architecture", "")
        as_apt_names = native if arch == "all" else arch
        rows.append(
            Installed(
                name=name,
                version=fields.get("version", ""),
                arch=arch,
                manual=(name, as_apt_names) not in automatic and (name, "") not in automatic,
                essential="yes" in (fields.get("essential"), fields.get("protected")),
                priority=fields.get("priority", ""),
                held=want == "hold",
                state=state,
                installed_at=written.get("{}:{}".format(name, arch)) or written.get(name),
                multi_arch=fields.get("multi-arch", ""),
                provides=fields.get("provides", ""),
                depends=tuple(fields[key] for key in ("pre-depends", "depends") if key in fields),
                recommends=fields.get("recommends", ""),
            )
        )
    return sorted(rows, key=lambda row: (row.name, row.arch, row.version))


def _read_consistently(base: str) -> List[Dict[str, str]]:
    """The stanzas of ``status`` with the pending ones of ``updates`` in place, all of one moment."""
    for _attempt in range(_READ_ATTEMPTS):
        before = _stamp(base)
        stanzas: Dict[Tuple[str, str], Dict[str, str]] = {}
        for fields in _read_stanzas(os.path.join(base, "status")):
            key = fields["package"], fields.get("architecture", "")
            if key in stanzas:
                raise DatabaseError("{}/status: package {!r} {} is listed twice".format(base, *key))
            stanzas[key] = fields
        for update in before[1]:
            for fields in _read_stanzas(os.path.join(base, "updates", update)):
                _replace(stanzas, fields, base)
        if _stamp(base) == before:
            return list(stanzas.values())
    raise DatabaseError("{}/status changes while it is read; try again when dpkg has finished".format(base))


def _stamp(base: str) -> Tuple[Tuple[int, int, int], List[str]]:
    path = os.path.join(base, "status")
    try:
        status = os.stat(path)
        # dpkg's own rule: the journal is the files whose names are numbers, in their order.
        pending = sorted(name for name in os.listdir(os.path.join(base, "updates")) if name.isdigit())
    except FileNotFoundError as err:
        if err.filename == path:
            raise DatabaseError("{} is missing".format(path)) from err
        pending = []
    except OSError as err:
        raise DatabaseError("{}: {}".format(err.filename, err.strerror)) from err
    return (status.st_ino, status.st_mtime_ns, status.st_size), pending


def _replace(stanzas: Dict[Tuple[str, str], Dict[str, str]], fields: Dict[str, str], base: str) -> None:
    """Put a pending stanza in place. One without architecture is a purged package: dpkg has blanked it."""
    name, arch = fields["package"], fields.get("architecture", "")
    if not arch:
        same = [key for key in stanzas if key[0] == name]
        if len(same) > 1:
            raise DatabaseError(
                "{}/updates: which {!r} was purged is not written; run: dpkg --configure -a".format(base, name)
            )
        for key in same:
            del stanzas[key]
    stanzas[name, arch] = fields


def _read_stanzas(
    path: str, wanted: FrozenSet[str] = _WANTED, needed: Tuple[str, ...] = _NEEDED
) -> Iterator[Dict[str, str]]:
    """The stanzas of a database file: wanted fields by lower-case name, each with the fields ``needed``."""
    try:
        with open(path, "rb") as file:
            text = file.read().decode(*_READ_AS)
    except OSError as err:
        raise DatabaseError("{}: {}".format(path, err.strerror)) from err
    if text and not text.endswith("\n"):
        raise DatabaseError("{}: the file is cut off in its last line".format(path))
    line_number = 1
    for block in text.split("\n\n"):
        lines = block.split("\n")
        fields: Dict[str, str] = {}
        kept = ""
        for offset, line in enumerate(lines):
            if line[:1] in (" ", "\t"):
                if kept:
                    fields[kept] += "\n" + line
                continue
            if not line:
                continue
            name, colon, value = line.partition(":")
            kept = name.lower()
            if not colon or not name:
                raise DatabaseError("{}:{}: {!r} is no field".format(path, line_number + offset, line[:80]))
            if kept not in wanted:
                kept = ""
                continue
            if kept in fields:
                raise DatabaseError("{}:{}: a second {!r} in one package".format(path, line_number + offset, name))
            fields[kept] = value.strip(" \t")
        if fields or any(lines):
            for name in needed:
                if not fields.get(name):
                    raise DatabaseError("{}:{}: a package without {!r}".format(path, line_number, name))
            if "status" in needed:
                _check_status(fields, "{}:{}".format(path, line_number))
            yield fields
        line_number += len(lines) + 1


def _check_status(fields: Dict[str, str], place: str) -> None:
    words = fields["status"].split()
    if len(words) != 3 or words[0] not in _WANTS or words[2] not in _STATES | _ABSENT:
        raise DatabaseError("{}: {!r} has the status {!r}".format(place, fields["package"], fields["status"]))
    # Only a first unpacking that broke off may leave a package without a version.
    if not fields.get("version") and words[2] not in _ABSENT and words[2] != "half-installed":
        raise DatabaseError("{}: {!r} has no version".format(place, fields["package"]))


def _read_automatic(path: str) -> Set[Tuple[str, str]]:
    """(name, architecture as apt writes it: arch:all packages under the native one) that apt installed on its own."""
    if not os.path.exists(path):
        return set()
    return {
        (fields["package"], fields.get("architecture", ""))
        for fields in _read_stanzas(path, _EXTENDED_WANTED, ("package",))
        if fields.get("auto-installed") == "1"
    }


def _read_list_times(path: str) -> Dict[str, str]:
    """UTC time of each ``NAME.list`` or ``NAME:ARCH.list``, which dpkg writes when it unpacks."""
    times = {}
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name.endswith(".list"):
                    moment = time.gmtime(entry.stat().st_mtime)
                    times[entry.name[: -len(".list")]] = time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)
    except OSError:
        # A hint nobody decides by: without it the moment is unknown, which facts can say.
        return {}
    return times
