# SPDX-License-Identifier: Apache-2.0
"""The door of dpkg: what a dpkg with these arguments is about to install or remove.

dpkg has accepted the arguments already when it runs its hooks. Source: dpkg(1).
"""

import os
from itertools import islice
from typing import Callable, Iterable, List, NamedTuple, Sequence, Set, Tuple

from .dpkg import Installed
from .guard_deb import DebFile, FileError, displaced, read_deb, work_out
from .guard_decide import Coming, Leaving, Reason, Transaction

# Long options whose value may be the next argument; the forces have theirs behind a dash.
_VALUED = frozenset(
    (
        "path-exclude",
        "path-include",
        "verify-format",
        "status-logger",
        "status-fd",
        "log",
        "pre-invoke",
        "post-invoke",
        "abort-after",
        "admindir",
        "instdir",
        "root",
        "ignore-depends",
        "debug",
    )
)
MAX_FILES = 5000


class Arguments(NamedTuple):
    """What matters of dpkg's command line; ``targets`` are files, directories or packages."""

    targets: Tuple[str, ...]
    is_recursive: bool
    is_pending: bool


def read_arguments(argv: Sequence[str]) -> Arguments:
    """Read a command line, program included, as dpkg does: options end at the first argument that is none."""
    at, flags = 1, set()
    while at < len(argv) and argv[at].startswith("-") and argv[at] != "-":
        argument = argv[at]
        at += 1
        if argument == "--":
            break
        if argument.startswith("--"):
            at += argument[2:] in _VALUED
            flags.add(argument[2:])
            continue
        for place, letter in enumerate(argument[1:], 2):
            flags.add(letter)
            if letter == "D":
                # Its number is what follows in this argument, or the next one.
                at += place == len(argument)
                break
    return Arguments(tuple(argv[at:]), bool(flags & {"R", "recursive"}), bool(flags & {"a", "pending"}))


def read_unpacking(arguments: Arguments, read: Callable[[], List[Installed]]) -> Tuple[Transaction, Tuple[Reason, ...]]:
    """What comes with these files, and what dpkg takes away for them; with what cannot be read as a package.

    Raises DatabaseError as ``read`` does.
    """
    files: List[DebFile] = []
    broken: List[Reason] = []
    paths = find_files(arguments)
    if len(paths) > MAX_FILES:
        paths, broken = [], [Reason("unreadable", "dpkg", "", "more than {} files at once".format(MAX_FILES))]
    for path in paths:
        try:
            # What is no file may say one thing to us and another to dpkg.
            if not os.path.isfile(path):
                raise FileError("it is no file")
            files.append(read_deb(path))
        except FileError as err:
            broken.append(Reason("unreadable", path, "", str(err)))
    installed = read() if files else []
    there = {(row.name, row.arch): row.version for row in installed}
    by_package = {(file.name, file.version, file.arch): file for file in files}
    comes = tuple(
        Coming(file.name, file.version, file.arch, there.get((file.name, file.arch), ""), file.multi_arch)
        for file in by_package.values()
    )
    leaves = tuple(displaced(files, installed))

    def file_of(one: Coming) -> DebFile:
        return by_package[one.name, one.version, one.arch]

    return Transaction("dpkg", comes, leaves, lambda: work_out(comes, leaves, file_of, read)), tuple(broken)


def read_removal(arguments: Arguments, read: Callable[[], List[Installed]]) -> Transaction:
    """What leaves with these packages, every architecture of one that names none. Raises DatabaseError."""
    wanted = _pending() if arguments.is_pending else set(arguments.targets)
    leaves = tuple(
        Leaving(row.name, row.version, row.arch)
        for row in read()
        if row.name in wanted or "{}:{}".format(row.name, row.arch) in wanted
    )
    return Transaction("dpkg", (), leaves, lambda: work_out((), leaves, _no_file, read))


def find_files(arguments: Arguments) -> List[str]:
    """The package files among the targets, with those below directories where dpkg looks there.

    More than :data:`MAX_FILES` are not looked for, so a longer list is not all of them.
    """
    found: List[str] = []
    for target in arguments.targets:
        # A name that begins like an option is a file all the same.
        path = target if target.startswith("/") else os.path.join(".", target)
        if arguments.is_recursive and os.path.isdir(path):
            found += islice(_below(path), MAX_FILES + 1)
        else:
            found.append(path)
        if len(found) > MAX_FILES:
            break
    return found


def _below(folder: str) -> Iterable[str]:
    seen: Set[Tuple[int, int]] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        here = os.stat(place)
        if (here.st_dev, here.st_ino) in seen:
            # A link that leads back.
            folders.clear()
            continue
        seen.add((here.st_dev, here.st_ino))
        for name in sorted(names):
            if name.endswith(".deb"):
                yield os.path.join(place, name)


def _pending() -> Set[str]:
    """What somebody selected for removal, for ``--pending``."""
    # Slow to load and seldom asked for.
    from .command import run_command

    done = run_command(["dpkg-query", "-W", "-f", "${db:Status-Want} ${Package}:${Architecture}\n"])
    rows = (line.split(" ", 1) for line in done.stdout.split("\n") if " " in line)
    return {package for want, package in rows if want in ("deinstall", "purge")}


def _no_file(one: Coming) -> DebFile:
    raise FileError("{} comes with no file".format(one.name))
