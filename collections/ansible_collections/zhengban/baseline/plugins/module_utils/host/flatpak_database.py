# SPDX-License-Identifier: Apache-2.0
"""What flatpak has deployed on this machine, read from its folders: the client is not needed.

Source: flatpak's installations (flatpak-installation(5)), metadata (flatpak-metadata(5)), the deploy data
``(ssasta{sv})`` of its ``common/flatpak-dir.c``; DESIGN 3.
"""

import os
import re
import time
from typing import Dict, List, NamedTuple, Optional, Tuple

from .database import DatabaseError
from .homes import find_homes, read_bytes, read_small
from .match import name_matches

SYSTEM = "var/lib/flatpak"
CONFIG = "repo/config"
_OTHERS = "etc/flatpak/installations.d"
_USERS = ".local/share/flatpak"
_TRACES = ("usr/bin/flatpak", SYSTEM)
_KINDS = ("app", "runtime")
# More than any computer has: whatever somebody puts into a folder of theirs costs no more than this.
_MOST = 2000
_MOST_BYTES = 1 << 16
_MOST_EXTENSIONS = 500

ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+\Z")
ARCH = re.compile(r"[A-Za-z0-9_]+\Z")
BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
_COMMIT = re.compile(r"[0-9a-f]{64}\Z")
# An entry of the deploy data begins at a multiple of 8; its key takes 16 bytes, so that the value follows at once.
_VERSION = re.compile(rb"appdata-version\0([^\0]{1,200})\0\0s")


class Installation(NamedTuple):
    """One of flatpak's folders.

    ``label`` tells it from the system's own, which has none: ``@ID`` for another of the system, else the user's name.
    ``user`` is whom it belongs to, empty for the system's and for nobody in ``passwd``.
    """

    path: str
    label: str
    user: str

    @property
    def is_users(self) -> bool:
        """Whether somebody put there what they wanted for themselves."""
        return bool(self.label) and not self.label.startswith("@")


class Deployed(NamedTuple):
    """One app or runtime, as ``KIND/NAME/ARCH/BRANCH`` names it; ``runtime`` is what it needs, as ``NAME/ARCH/BRANCH``.

    ``version`` is that of its application data, else the branch. ``extensions`` are the extension points of its
    metadata as (name, branches, takes names below it).
    """

    installation: Installation
    kind: str
    name: str
    arch: str
    branch: str
    version: str
    origin: Optional[str]
    runtime: str
    extensions: Tuple[Tuple[str, Tuple[str, ...], bool], ...]
    manual: bool
    held: bool
    installed_at: Optional[str]

    @property
    def ref(self) -> str:
        """As flatpak writes it."""
        return "{}/{}/{}/{}".format(self.kind, self.name, self.arch, self.branch)

    @property
    def row_arch(self) -> str:
        """As facts write it: the branch, and whose it is, tell one from another of the same name."""
        return "/".join(filter(None, (self.arch, self.branch, self.installation.label)))


def has_database(root: str) -> bool:
    """Whether flatpak manages anything here, or may: it is set up, or somebody has deployed something."""
    if os.path.exists(os.path.join(root, SYSTEM, CONFIG)):
        return True
    holding = [
        _holds(os.path.join(installation.path, kind)) for installation in _installations(root) for kind in _KINDS
    ]
    return True in holding or (None in holding and _is_installed(root))


def read_deployed(root: str) -> List[Deployed]:
    """Everything deployed, for all and for single users, sorted by (name, arch of its row, version).

    Raises:
        DatabaseError: a folder cannot be looked into, or one of the system's is not what flatpak leaves.
    """
    found = []
    for installation in _installations(root):
        if not installation.is_users or _is_installed(root) or _holds(os.path.dirname(installation.path)) is not None:
            found += _read_installation(installation)
    return sorted(found, key=lambda one: (one.name, one.row_arch, one.version))


def read_metadata(text: str) -> Dict[str, Dict[str, str]]:
    """A key file: group to key to value."""
    groups: Dict[str, Dict[str, str]] = {}
    group: Dict[str, str] = {}
    for line in map(str.strip, text.split("\n")):
        if line.startswith("[") and line.endswith("]"):
            group = groups.setdefault(line[1:-1], {})
        elif line and not line.startswith("#"):
            key, _equals, value = line.partition("=")
            group[key.strip()] = value.strip()
    return groups


def _installations(root: str) -> List[Installation]:
    found = [Installation(os.path.join(root, SYSTEM), "", "")]
    folder = os.path.join(root, _OTHERS)
    for name in sorted(_list(folder)):
        for group, fields in read_metadata(read_small(os.path.join(folder, name)) or "").items():
            kind, _space, label = group.partition(" ")
            if kind == "Installation" and fields.get("Path", "").startswith("/"):
                path = os.path.join(root, fields["Path"].lstrip("/"))
                found.append(Installation(path, "@" + re.sub(r"[^A-Za-z0-9_.-]", "_", label), ""))
    found += [Installation(os.path.join(home.path, _USERS), home.label, home.user) for home in find_homes(root)]
    return found


def _is_installed(root: str) -> bool:
    """Whether there is a flatpak that could run what people have deployed where we may not look."""
    return any(os.path.exists(os.path.join(root, path)) for path in _TRACES)


def _holds(folder: str) -> Optional[bool]:
    """Whether a folder has an entry; None for one that cannot be looked into."""
    try:
        return any(not name.startswith(".") for name in os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return None


def _list(folder: str) -> List[str]:
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as err:
        raise DatabaseError("{}: {}; only root sees everything".format(folder, err.strerror)) from err
    if len(names) > _MOST:
        raise DatabaseError("{} has {} entries, which flatpak did not make".format(folder, len(names)))
    return names


def _read_installation(installation: Installation) -> List[Deployed]:
    found: List[Deployed] = []
    config: Optional[Dict[str, str]] = None
    for kind in _KINDS:
        for name in _list(os.path.join(installation.path, kind)):
            for arch in _list(os.path.join(installation.path, kind, name)) if ID.match(name) else ():
                for branch in _list(os.path.join(installation.path, kind, name, arch)) if _is_arch(arch) else ():
                    folder = os.path.join(installation.path, kind, name, arch, branch)
                    # The one that runs.
                    active = _link(os.path.join(folder, "active"))
                    if not BRANCH.match(branch) or not _COMMIT.match(active):
                        continue
                    if config is None:
                        config = read_metadata(read_small(os.path.join(installation.path, CONFIG)) or "").get(
                            "core", {}
                        )
                    parts = kind, name, arch, branch
                    found.append(_read_one(installation, parts, os.path.join(folder, active), config))
                    if len(found) > _MOST:
                        raise DatabaseError("{} has more than {} apps".format(installation.path, _MOST))
    return found


def _read_one(
    installation: Installation, parts: Tuple[str, str, str, str], folder: str, config: Dict[str, str]
) -> Deployed:
    kind, name, arch, branch = parts
    path = os.path.join(folder, "deploy")
    data, metadata = read_bytes(path, _MOST_BYTES), read_small(os.path.join(folder, "metadata"), _MOST_BYTES)
    # What people break in their own folders hides nothing: it is there, only less is known of it.
    if not installation.is_users and (data is None or metadata is None):
        raise DatabaseError("{}: no readable deploy and metadata; run: flatpak repair".format(folder))
    origin = (data or b"").split(b"\0", 1)[0].decode("utf-8", "backslashreplace")
    version = next((found for found in _VERSION.finditer(data or b"") if found.start() % 8 == 0), None)
    groups = read_metadata(metadata or "")
    main = groups.get("Application", groups.get("Runtime", {}))
    return Deployed(
        installation=installation,
        kind=kind,
        name=name,
        arch=arch,
        branch=branch,
        version=version.group(1).decode("utf-8", "backslashreplace") if version else branch,
        origin=origin or None,
        runtime=main.get("runtime", "") if kind == "app" else "",
        extensions=tuple(_extensions(groups, branch)),
        manual=kind == "app" or is_listed(parts, config.get("xa.pinned", "")),
        held=is_listed(parts, config.get("xa.masked", "")),
        installed_at=_modified(path),
    )


def _extensions(groups: Dict[str, Dict[str, str]], branch: str) -> List[Tuple[str, Tuple[str, ...], bool]]:
    found = []
    for group, fields in groups.items():
        kind, _space, name = group.partition(" ")
        if kind == "Extension" and name:
            branches = fields.get("versions", fields.get("version", branch)).split(";")
            takes_below = fields.get("subdirectories", "false") == "true"
            found.append((name.split("@", 1)[0], tuple(filter(None, branches)), takes_below))
    return found[:_MOST_EXTENSIONS]


def is_listed(parts: Tuple[str, str, str, str], patterns: str) -> bool:
    """Whether one of the patterns of ``flatpak mask`` or ``flatpak pin`` means this app or runtime."""
    for pattern in patterns.split(";"):
        wanted = pattern.split("/")
        if wanted[0] not in _KINDS:
            wanted.insert(0, "")
        if any(wanted) and all(not glob or name_matches(glob, part) for glob, part in zip(wanted, parts)):
            return True
    return False


def _is_arch(name: str) -> bool:
    """Whether a name is one of an architecture; the link beside them, to the branch that runs by default, is none."""
    return name != "current" and bool(ARCH.match(name))


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _modified(path: str) -> Optional[str]:
    """When flatpak deployed it, as UTC."""
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(os.lstat(path).st_mtime))
    except (OSError, ValueError, OverflowError):
        return None
