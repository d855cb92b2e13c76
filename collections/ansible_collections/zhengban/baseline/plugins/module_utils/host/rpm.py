# SPDX-License-Identifier: Apache-2.0
"""The packages of an RPM host, asked of rpm, whatever its database is made of.

One query says what is there; a second one, only where that has changed, what needs what.

Source: rpm(8) --queryformat; rpm's header format; DESIGN 3.
"""

import os
import re
import time
from binascii import hexlify
from typing import BinaryIO, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from .command import Run, last_lines
from .database import DatabaseError

# Old place and new place; the old one is often a link to the new one.
_FOLDERS = ("var/lib/rpm", "usr/lib/sysimage/rpm")
# Berkeley DB, ndb and SQLite (with what is not yet written back).
_FILES = ("Packages", "Packages.db", "rpmdb.sqlite", "rpmdb.sqlite-wal")
# The region tag every stored package header begins its index with. Source: rpm's header format, tag 63, type 7 (BIN).
_HEADER = b"\x00\x00\x00\x3f\x00\x00\x00\x07"
_CHUNK = 1 << 20
_NONE = "(none)"
_KEY_ID = re.compile(r"Key (?:ID|Fingerprint:?) ([0-9A-Fa-f]{16,64})\b")
_FIELDS = ("NAME", "EPOCH", "VERSION", "RELEASE", "ARCH", "VENDOR", "INSTALLTIME")
# Where a signature may be: over the header, as everybody signs; over header and content, as old packages have it.
_SIGNATURES = ("RSAHEADER", "DSAHEADER", "SIGPGP", "SIGGPG")
_RELATIONS = ("REQUIRE", "PROVIDE", "RECOMMEND")

Capability = Tuple[str, int, str]
"""Name, rpm's flags, version; ``(none)`` and 0 where there is no version."""


class Installed(NamedTuple):
    """One installed package.

    ``version`` is ``[epoch:]version-release``, an epoch of 0 left out. ``signer`` is the id of the key, 16 lower-case
    hex digits, that its signature names; rpm has checked it when it was installed, if it had the key.
    """

    name: str
    version: str
    arch: str
    signer: Optional[str]
    vendor: Optional[str]
    installed_at: Optional[str]


class Relations(NamedTuple):
    """What a package requires, provides and recommends, as its header has it."""

    requires: Tuple[Capability, ...]
    provides: Tuple[Capability, ...]
    recommends: Tuple[Capability, ...]


NO_RELATIONS = Relations((), (), ())


def find_database(root: str) -> str:
    """The folder of the database that holds packages, empty where none does: an empty database is none."""
    for folder in _FOLDERS:
        if any(_holds_header(os.path.join(root, folder, name)) for name in _FILES):
            return os.path.join(root, folder)
    return ""


def read_installed(root: str, run: Run) -> List[Installed]:
    """Every installed package below ``root``, sorted by (name, arch, version) in code points.

    The keys that rpm files among its packages are none.

    Raises:
        DatabaseError: rpm is missing, complains about its database, or answers what cannot be understood.
    """
    found = _read_rows(root, ["-qa"], run)
    return sorted((row for row in found if row.name != "gpg-pubkey"), key=lambda row: (row.name, row.arch, row.version))


def read_files(paths: Sequence[str], run: Run) -> List[Installed]:
    """What package files say about themselves, in their order. Raises DatabaseError where one cannot be read."""
    return _read_rows("/", ["-qp", *paths], run)


def read_relations(root: str, run: Run) -> Dict[Tuple[str, str, str], Relations]:
    """What every installed package needs and gives, by (name, version, arch). Raises DatabaseError."""
    fields = ["%{{{}}}".format(name) for name in ("NAME", "EPOCH", "VERSION", "RELEASE", "ARCH")]
    return {
        (name, _version(epoch, version, release), _arch(arch)): Relations(*lists)
        for (name, epoch, version, release, arch), lists in _records(root, ["-qa"], fields, _RELATIONS, run)
    }


def read_file_relations(paths: Sequence[str], run: Run) -> List[Relations]:
    """What package files need and give, in their order; the files they hold are given too. Raises DatabaseError."""
    found = []
    for (held,), (requires, provides, recommends) in _records(
        "/", ["-qp", *paths], ["[%{FILENAMES}\\n]"], _RELATIONS, run
    ):
        files = tuple((path, 0, "") for path in held.split("\n") if path.startswith("/"))
        found.append(Relations(requires, provides + files, recommends))
    return found


def find_owners(root: str, paths: Sequence[str], run: Run) -> List[Tuple[str, Tuple[str, str]]]:
    """(path, (name, arch)) of the packages that own files, links resolved as rpm does. Raises DatabaseError."""
    mark = hexlify(os.urandom(6)).decode("ascii")
    arguments = ["-q", "--whatprovides", "--queryformat", "{0}%{{NAME}}{0}%{{ARCH}}{0}\\n".format(mark)]
    for path in paths:
        # Nobody provides the second: what rpm says about it ends the answer about the first.
        arguments += [path, "end-" + mark]
    owners = []
    waiting = list(paths)
    for line in _query(root, arguments, run, may_miss=True).split("\n"):
        parts = line.split(mark)
        if len(parts) == 4 and waiting:
            owners.append((waiting[0], (parts[1], parts[2])))
        elif "end-" + mark in line and waiting:
            waiting.pop(0)
    return owners


def read_owned(root: str, folders: Sequence[str], run: Run) -> Set[str]:
    """The paths, without a leading ``/``, that packages own and that begin like one of ``folders``.

    Raises:
        DatabaseError: as :func:`read_installed`.
    """
    beginnings = tuple("/" + folder for folder in folders)
    answer = _query(root, ["-qa", "--queryformat", "[%{FILENAMES}\n]"], run)
    return {line[1:] for line in answer.split("\n") if line.startswith(beginnings)}


def _query(root: str, arguments: List[str], run: Run, may_miss: bool = False) -> str:
    folder = find_database(root)
    done = run(["rpm", "--dbpath", folder or "/var/lib/rpm", "--nodigest", "--nosignature", *arguments])
    complaints = [line for line in done.stderr.split("\n") if line.startswith("error:")]
    if may_miss:
        # A required file that is not on the disk, and in no package.
        complaints = [line for line in complaints if not line.startswith("error: file ")]
    if complaints or (done.returncode and not may_miss):
        said = "\n".join(complaints) or last_lines(done.stderr + done.stdout) or "exit code {}".format(done.returncode)
        raise DatabaseError("{}: rpm says: {}; try rpm --rebuilddb".format(folder, said))
    return done.stdout


def _records(
    root: str, what: Sequence[str], fields: Sequence[str], relations: Sequence[str], run: Run
) -> Iterator[Tuple[List[str], List[Tuple[Capability, ...]]]]:
    """For each package its fields and its lists of capabilities, in rpm's order."""
    # What a package says of itself may hold any character, but not what is thrown now.
    thrown = hexlify(os.urandom(6)).decode("ascii")
    record, part, mark = ("{}{}".format(thrown, letter) for letter in "RL|")
    head = "".join(mark + field for field in fields)
    lists = "".join(
        "{1}[{2}%{{{0}NAME}}{2}%{{{0}FLAGS}}{2}%{{{0}VERSION}}]".format(relation, part, mark) for relation in relations
    )
    before, *records = _query(root, [*what, "--queryformat", record + head + lists], run).split(record)
    if before.strip():
        raise DatabaseError("rpm begins its answer with {!r}".format(before[:80]))
    for text in records:
        first, *rest = text.split(part)
        empty, *values = first.split(mark)
        if empty or len(values) != len(fields) or len(rest) != len(relations):
            raise DatabaseError("rpm's answer {!r} is not understood".format(text[:80].replace(mark, " ")))
        yield values, [_capabilities(one, mark) for one in rest]


def _read_rows(root: str, what: Sequence[str], run: Run) -> List[Installed]:
    fields = ["%{{{}}}".format(name) for name in _FIELDS] + ["%{{{}:pgpsig}}".format(name) for name in _SIGNATURES]
    return [_read_row(values) for values, _lists in _records(root, what, fields, (), run)]


def _read_row(fields: Sequence[str]) -> Installed:
    name, epoch, version, release, arch, vendor, installed_at = fields[: len(_FIELDS)]
    return Installed(
        name=name,
        version=_version(epoch, version, release),
        arch=_arch(arch),
        signer=_signer(fields[len(_FIELDS) :]),
        vendor=None if vendor == _NONE else vendor,
        installed_at=_moment(installed_at),
    )


def _version(epoch: str, version: str, release: str) -> str:
    return "{}{}-{}".format("" if epoch in (_NONE, "0") else epoch + ":", version, release)


def _arch(text: str) -> str:
    return "" if text == _NONE else text


def _capabilities(text: str, mark: str) -> Tuple[Capability, ...]:
    # rpm writes (none) for a list that is empty.
    parts = [] if text in ("", _NONE) else text.split(mark)[1:]
    if len(parts) % 3:
        raise DatabaseError("rpm's list {!r} is not understood".format(text[:80].replace(mark, " ")))
    return tuple(
        (parts[at], int(parts[at + 1]) if parts[at + 1].isdigit() else 0, parts[at + 2])
        for at in range(0, len(parts), 3)
    )


def _signer(signatures: Iterable[str]) -> Optional[str]:
    found = (_KEY_ID.search(text) for text in signatures)
    return next((match.group(1)[-16:].lower() for match in found if match), None)


def _moment(text: str) -> Optional[str]:
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(text)))
    except (ValueError, OverflowError, OSError):
        return None


def _holds_header(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            rest = b""
            for chunk in _chunks(file):
                if _HEADER in rest + chunk:
                    return True
                rest = chunk[-len(_HEADER) :]
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return False


def _chunks(file: BinaryIO) -> Iterable[bytes]:
    return iter(lambda: file.read(_CHUNK), b"")
