# SPDX-License-Identifier: Apache-2.0
"""Programs that no package owns: what somebody put there by hand, or with a language's own installer.

They are looked for only when asked, where such programs are put, for a limited time. Nothing found is ever removed.
Source: DOMAIN S3, S6.
"""

import json
import os
import re
import stat
import time
from typing import Any, Collection, Dict, Iterable, Iterator, List, Tuple

from .homes import find_homes, read_head, read_small

KINDS = ("npm", "pip", "programs")
MAX_ROWS = 1000
MAX_ENTRIES = 300_000
_MAX_DEPTH = 12
_MAX_TEXT = 1000
# Whose files have to be known to tell what nobody owns.
SEARCHED = ("opt", "usr/local", "usr/lib/python", "usr/lib/node_modules")

# Each entry is one program, however many files it has.
_BUNDLES = ("opt",)
_USERS_BUNDLES = (".local/opt", "opt", "Applications", "AppImages")
_FILES = ("usr/local/bin", "usr/local/sbin", "usr/local/games")
_USERS_FILES = (".local/bin", "bin")
# One-file programs stay where people saved them.
_USERS_SAVED = ("", "Desktop", "Downloads", "桌面", "下载")
_ENTRIES = "usr/local/share/applications"
_USERS_ENTRIES = ".local/share/applications"
_MODULES = ("usr/local/lib/node_modules", "usr/lib/node_modules")
_USERS_MODULES = (".npm-global/lib/node_modules", ".local/lib/node_modules")

_PYTHON = re.compile(r"python3(\.[0-9]+)?\Z")
_DISTRIBUTION = re.compile(r"(.+?)-([^-]+)(?:-py[0-9.]+)?\.(?:dist|egg)-info\Z")
_NUMBERED = re.compile(r"(.+?)[-_]v?([0-9]+(?:\.[0-9]+)*)(?:[-_.].*)?\Z")
_TITLE = re.compile(r"^Name=(.*)$", re.M)


class Stopped(Exception):
    """The look is over before everything was seen; the text says why."""


def look_outside(root: str, kinds: Iterable[str], seconds: float, owned: Collection[str]) -> Dict[str, Any]:
    """Look for programs outside packages.

    Args:
        root: where the system to look at lies.
        kinds: some of :data:`KINDS`.
        seconds: after which the look is given up.
        owned: paths below ``root``, without it, of what packages own below :data:`SEARCHED`.

    Returns:
        ``{"kinds", "complete", "why", "rows"}``: what was looked for, sorted; whether everything was seen, and why not;
        rows of (kind, path, name, version, owner), sorted. ``kind`` is program, desktop, pip or npm; ``name`` and
        ``version`` are hints, often without a version; ``owner`` is a user's name, else the number.
    """
    asked = sorted(set(kinds) & set(KINDS))
    look = _Look(root, time.monotonic() + seconds, owned)
    why = ""
    try:
        for kind in asked:
            {"npm": look.npm, "pip": look.pip, "programs": look.programs}[kind]()
    except Stopped as err:
        why = str(err)
    if look.closed and not why:
        why = "{} cannot be looked into: only root sees everything".format(look.closed)
    return {"kinds": asked, "complete": not why, "why": why, "rows": sorted(look.rows)}


class _Look:
    def __init__(self, root: str, deadline: float, owned: Collection[str]) -> None:
        self.rows: List[List[str]] = []
        self.closed = ""
        self._root = root
        self._deadline = deadline
        self._owned = owned
        self._entries = 0
        self._homes = [os.path.relpath(home.path, root) for home in find_homes(root)]
        passwd = (line.split(":") for line in (read_small(os.path.join(root, "etc/passwd")) or "").split("\n"))
        self._users = {fields[2]: fields[0] for fields in passwd if len(fields) == 7}

    def programs(self) -> None:
        """Executables, AppImages and entries of menus."""
        for folder in (*_BUNDLES, *self._below_homes(*_USERS_BUNDLES)):
            for path, entry in self._scan(folder):
                if self._holds_program(path, entry, 0):
                    self._add("program", path, entry, *_guess(entry.name))
        for folder in (*_FILES, *self._below_homes(*_USERS_FILES)):
            for path, entry in self._scan(folder):
                if self._is_program(path, entry):
                    self._add("program", path, entry, *_guess(entry.name))
        for folder in self._below_homes(*_USERS_SAVED):
            for path, entry in self._scan(folder):
                if entry.name.lower().endswith(".appimage") and entry.is_file(follow_symlinks=False):
                    self._add("program", path, entry, *_guess(entry.name[: -len(".appimage")]))
        for folder in (_ENTRIES, *self._below_homes(_USERS_ENTRIES)):
            for path, entry in self._scan(folder):
                is_file = entry.name.endswith(".desktop") and entry.is_file(follow_symlinks=False)
                if is_file and path not in self._owned:
                    title = _TITLE.search(read_small(entry.path) or "")
                    self._add("desktop", path, entry, title.group(1) if title else entry.name, "")

    def pip(self) -> None:
        """What Python's installers put beside what packages own."""
        for library in ("usr/local/lib", "usr/lib", *self._below_homes(".local/lib")):
            for python, entry in self._scan(library):
                if not _PYTHON.match(entry.name) or not entry.is_dir(follow_symlinks=False):
                    continue
                for folder in ("dist-packages", "site-packages"):
                    for path, found in self._scan("{}/{}".format(python, folder)):
                        named = _DISTRIBUTION.match(found.name)
                        if named and path not in self._owned:
                            self._add("pip", path, found, *named.groups())

    def npm(self) -> None:
        """What npm has installed for all, or a user for themselves with a folder of their own."""
        for folder in (*_MODULES, *self._below_homes(*_USERS_MODULES)):
            for path, entry in self._scan(folder):
                inside = self._scan(path) if entry.name.startswith("@") else iter([(path, entry)])
                for module, found in inside:
                    about = _read_module(os.path.join(found.path, "package.json"))
                    if about and module not in self._owned:
                        self._add("npm", module, found, *about)

    def _below_homes(self, *folders: str) -> List[str]:
        return [os.path.normpath(os.path.join(home, folder)) for home in self._homes for folder in folders]

    def _scan(self, folder: str) -> Iterator[Tuple[str, Any]]:
        """(path below the root, entry), by name; nothing of a folder that is not there."""
        if time.monotonic() > self._deadline:
            raise Stopped("the time was up at /{}".format(_text(folder)))
        try:
            with os.scandir(os.path.join(self._root, folder)) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError:
            self.closed = self.closed or "/" + _text(folder)
            return
        self._entries += len(entries)
        if self._entries > MAX_ENTRIES:
            raise Stopped("there are more than {} files, at /{}".format(MAX_ENTRIES, _text(folder)))
        for entry in entries:
            yield "{}/{}".format(folder, entry.name), entry

    def _holds_program(self, path: str, entry: Any, depth: int) -> bool:
        if not entry.is_dir(follow_symlinks=False):
            return self._is_program(path, entry)
        if depth >= _MAX_DEPTH:
            raise Stopped("/{} goes deeper than {} folders".format(_text(path), _MAX_DEPTH))
        return any(self._holds_program(below, found, depth + 1) for below, found in self._scan(path))

    def _is_program(self, path: str, entry: Any) -> bool:
        """An executable file of its own, no library, that no package owns."""
        if path in self._owned or ".so" in entry.name:
            return False
        try:
            mode = entry.stat(follow_symlinks=False).st_mode
        except OSError:
            return False
        return bool(stat.S_ISREG(mode) and mode & 0o111) and read_head(entry.path, 4).startswith((b"\x7fELF", b"#!"))

    def _add(self, kind: str, path: str, entry: Any, name: str, version: str) -> None:
        if len(self.rows) >= MAX_ROWS:
            raise Stopped("there are more than {} programs".format(MAX_ROWS))
        try:
            number = str(entry.stat(follow_symlinks=False).st_uid)
        except OSError:
            number = ""
        texts = ("/" + path, name.strip(), version, self._users.get(number, number))
        self.rows.append([kind, *map(_text, texts)])


def _guess(name: str) -> Tuple[str, str]:
    """Name and version of what a file or folder is called."""
    found = _NUMBERED.match(name)
    return (found.group(1), found.group(2)) if found else (name, "")


def _read_module(path: str) -> Tuple[str, ...]:
    """Name and version in a ``package.json``; empty where there is none to read."""
    try:
        about = json.loads(read_small(path) or "")
        named = about["name"], about.get("version", "")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return ()
    return named if all(isinstance(text, str) for text in named) else ()


def _text(raw: str) -> str:
    """Bytes that are no UTF-8 as ``\\xNN``, and no more of it than facts may hold."""
    return os.fsencode(raw).decode("utf-8", "backslashreplace")[:_MAX_TEXT]
