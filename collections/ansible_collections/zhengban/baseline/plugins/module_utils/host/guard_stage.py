# SPDX-License-Identifier: Apache-2.0
"""What the door test needs to try the ways in: throw-away packages and programs in a directory that goes away again.

The packages hold one text each, those of rpm none.
"""

import hashlib
import os
from typing import Any, Collection, Dict, Iterable, Optional, Sequence, Tuple
from zipfile import ZipFile

from .command import Run
from .deb_file import build_deb, write_text
from .dpkg import read_installed
from .guard_rpm_stage import make_rpm_stage
from .guard_samples import NAME, Kind, Present, make_samples
from .guard_table import System

# One of the names that may always come, which this system does not use and which may go again.
REPAIR = "gcc-0-base"
PLACE = "/usr/share/" + NAME
LEFT = {"LEFT_OPT": "/opt/" + NAME, "LEFT_BIN": "/usr/local/bin/" + NAME}
_TOOL = "#!/bin/sh\nexit 0\n"
_APT = """\
APT::Get::AllowUnauthenticated "true";
Dir::Etc::SourceList "{0}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State::Lists "{0}/lists";
Dir::State::extended_states "{0}/extended_states";
Dir::Cache "{0}/cache";
DPkg::Lock::Timeout "60";
"""


def make_stage(folder: str, system: Optional[System], managers: Collection[str], run: Run) -> Dict[str, str]:
    """Fill a directory; returns the variables of the ways' scripts.

    Args:
        folder: an empty directory that everybody may read: apt fetches as a user of its own.
        system: the table on this operating system; None when there is none, and then there are no samples of it.
        managers: those that are here: ``dpkg``, ``rpm``.

    Returns:
        ``NAME`` and the programs always, ``DEB`` and ``REPAIR_DEB`` beside dpkg, and as :func:`make_rpm_stage` beside
        rpm; what the table has no example of is absent. Nothing of the managers' own state is written.

    Raises:
        DebError, DatabaseError, OSError.
    """
    names = {
        "NAME": NAME,
        "TOOL": write_text(os.path.join(folder, "tool"), _TOOL, 0o755),
        "WHEEL": _wheel(folder),
        "NPM": folder + "/npm",
        "HOME": folder,
        "PIP_BREAK_SYSTEM_PACKAGES": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "LC_ALL": "C.UTF-8",
    }
    names.update(LEFT)
    os.mkdir(names["NPM"])
    write_text(names["NPM"] + "/package.json", '{{"name": "{}", "version": "1.0.0"}}\n'.format(NAME))
    if "dpkg" in managers:
        names.update(_make_deb_stage(folder, system, run))
    if "rpm" in managers:
        names.update(make_rpm_stage(folder, system, run))
    return names


def _make_deb_stage(folder: str, system: Optional[System], run: Run) -> Dict[str, str]:
    debs = os.path.join(folder, "repository")
    os.mkdir(debs)
    names = {}
    for variable, package in (("DEB", NAME), ("REPAIR_DEB", REPAIR)):
        fields = {"Package": package, "Version": "1.0", "Architecture": "all"}
        names[variable] = build_deb(debs, fields, {"{}/{}.txt".format(PLACE, package): "door test\n"}, run)
    write_text(os.path.join(debs, "Packages"), _index(debs, names["DEB"]))
    write_text(os.path.join(folder, "sources.list"), "deb [trusted=yes] file:{} ./\n".format(debs))
    for place in ("lists/partial", "cache/archives/partial"):
        os.makedirs(os.path.join(folder, place))
    names.update(
        APT_CONFIG=write_text(os.path.join(folder, "apt.conf"), _APT.format(folder)),
        CLEAR=write_text(os.path.join(folder, "clear.conf"), "#clear DPkg::Pre-Install-Pkgs;\n"),
        DEBIAN_FRONTEND="noninteractive",
    )

    def build(place: str, name: str, version: str, arch: str, replaces: Sequence[str]) -> str:
        fields = {"Package": name, "Version": version, "Architecture": arch or "all"}
        fields.update((key, ", ".join(replaces)) for key in ("Conflicts", "Replaces") if replaces)
        return build_deb(place, fields, {}, run)

    if system is not None:
        samples = os.path.join(folder, "samples")
        os.mkdir(samples)
        installed = [
            Present(row.name, row.version, row.arch, "{}:{}".format(row.name, row.arch)) for row in read_installed("/")
        ]
        names.update(make_samples(samples, Kind("dpkg", "", build), system, installed))
    return names


def _index(folder: str, deb: str) -> str:
    with open(deb, "rb") as file:
        content = file.read()
    fields: Iterable[Tuple[str, Any]] = (
        ("Package", NAME),
        ("Version", "1.0"),
        ("Architecture", "all"),
        ("Maintainer", "zhengban <root@localhost>"),
        ("Filename", "./" + os.path.relpath(deb, folder)),
        ("Size", len(content)),
        ("SHA256", hashlib.sha256(content).hexdigest()),
        ("Description", "a throw-away package"),
    )
    return "".join("{}: {}\n".format(*field) for field in fields)


def _wheel(folder: str) -> str:
    """A wheel of nothing. Source: the binary distribution format of Python packages."""
    name = NAME.replace("-", "_")
    path = os.path.join(folder, name + "-1.0-py3-none-any.whl")
    info = name + "-1.0.dist-info/"
    with ZipFile(path, "w") as archive:
        archive.writestr(name + ".py", "")
        archive.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: {}\nVersion: 1.0\n".format(NAME))
        archive.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(info + "RECORD", "{0}.py,,\n{1}METADATA,,\n{1}WHEEL,,\n{1}RECORD,,\n".format(name, info))
    return path
