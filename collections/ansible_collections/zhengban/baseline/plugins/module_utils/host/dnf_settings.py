# SPDX-License-Identifier: Apache-2.0
"""What dnf and yum are told to keep: protected names, and versions that are locked.

Source: dnf.conf(5) protected_packages, dnf-plugin versionlock(8), dnf5-versionlock(8); DESIGN 3.
"""

import glob
import os
import re
from fnmatch import fnmatchcase
from typing import Iterable, Iterator, List, NamedTuple, Tuple

_PROTECTED = ("etc/dnf/protected.d/*.conf", "etc/yum/protected.d/*.conf", "usr/share/dnf5/protected.d/*.conf")
_LOCKS = ("etc/dnf/plugins/versionlock.list", "etc/yum/pluginconf.d/versionlock.list")
_LOCKS_TOML = "etc/dnf/versionlock.toml"
_TOML_NAME = re.compile(r'^\s*name\s*=\s*"([^"]+)"', re.M)
_EPOCH_FIRST = re.compile(r"([0-9]+):(?=.)")


class Settings(NamedTuple):
    """``protected`` are names or patterns, ``locked`` patterns of what :func:`full_names` gives."""

    protected: Tuple[str, ...]
    locked: Tuple[str, ...]

    def is_protected(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.protected)

    def is_locked(self, name: str, version: str, arch: str) -> bool:
        """Whether a package is held in the version it has."""
        return any(fnmatchcase(full, pattern) for pattern in self.locked for full in full_names(name, version, arch))


def read_settings(root: str) -> Settings:
    """What the files below ``root`` say; one that cannot be read says nothing."""
    protected = [line for pattern in _PROTECTED for path in _found(root, pattern) for line in _lines(path)]
    locked = [lock for place in _LOCKS for line in _lines(os.path.join(root, place)) for lock in _lock(line)]
    names = _TOML_NAME.findall("\n".join(_lines(os.path.join(root, _LOCKS_TOML))))
    return Settings(
        # glob:… names further files, which the same folders hold.
        tuple(sorted({line for line in protected if ":" not in line})),
        tuple(sorted({*locked, *names})),
    )


def full_names(name: str, version: str, arch: str) -> Tuple[str, ...]:
    """The ways a lock can name a package: name, name and version, with the architecture."""
    evr = version if ":" in version else "0:" + version
    return name, "{}-{}".format(name, evr), "{}-{}.{}".format(name, evr, arch)


def _lock(line: str) -> Iterator[str]:
    """A line of a lock list as a pattern: yum writes the epoch first, ``!`` bars a version instead of locking one."""
    if line.startswith("!"):
        return
    epoch = _EPOCH_FIRST.match(line)
    if epoch:
        name, _dash, rest = line[epoch.end() :].rpartition("-")
        name, _dash, version = name.rpartition("-")
        line = "{}-{}:{}-{}".format(name, epoch.group(1), version, rest)
    yield line


def _found(root: str, pattern: str) -> List[str]:
    return sorted(glob.glob(os.path.join(glob.escape(root), pattern)))


def _lines(path: str) -> Iterable[str]:
    try:
        with open(path, "rb") as file:
            text = file.read().decode("utf-8", "backslashreplace")
    except OSError:
        return []
    lines = (line.partition("#")[0].strip() for line in text.split("\n"))
    return [line for line in lines if line]
