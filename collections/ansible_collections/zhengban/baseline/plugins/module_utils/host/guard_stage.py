# SPDX-License-Identifier: Apache-2.0
"""What the door test needs to try the ways in: throw-away packages and programs in a directory that goes away again.

The packages hold one text each. Where a way is about software of this host, its package has the name the table gives it
and no such content, and dpkg is only asked, never let.
"""

import hashlib
import os
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple
from zipfile import ZipFile

from .command import Run
from .deb_file import build_deb, write_text
from .dpkg import Installed
from .guard_table import APPROVED, System
from .version import parse_range

NAME = "zhengban-door-test"
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


def make_stage(folder: str, system: Optional[System], installed: List[Installed], run: Run) -> Dict[str, str]:
    """Fill a directory; returns the variables of the ways' scripts.

    Args:
        folder: an empty directory that everybody may read: apt fetches as a user of its own.
        system: the table on this operating system; None when there is none, and then there are no samples of it.
        installed: the packages of this host.

    Returns:
        ``NAME``, ``DEB`` and ``REPAIR_DEB`` always; what the table has no example of is absent. ``PATH`` and apt's
        settings are those of the stage: nothing of apt's own state is written.

    Raises:
        DebError, OSError.
    """
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
        NAME=NAME,
        APT_CONFIG=write_text(os.path.join(folder, "apt.conf"), _APT.format(folder)),
        CLEAR=write_text(os.path.join(folder, "clear.conf"), "#clear DPkg::Pre-Install-Pkgs;\n"),
        TOOL=write_text(os.path.join(folder, "tool"), _TOOL, 0o755),
        WHEEL=_wheel(folder),
        NPM=folder + "/npm",
        HOME=folder,
        PIP_BREAK_SYSTEM_PACKAGES="1",
        PIP_ROOT_USER_ACTION="ignore",
        LC_ALL="C.UTF-8",
        DEBIAN_FRONTEND="noninteractive",
        **LEFT,
    )
    os.mkdir(names["NPM"])
    write_text(names["NPM"] + "/package.json", '{{"name": "{}", "version": "1.0.0"}}\n'.format(NAME))
    if system is not None:
        names.update(_samples(os.path.join(folder, "samples"), system, installed, run))
    return names


def _samples(folder: str, system: System, installed: List[Installed], run: Run) -> Dict[str, str]:
    """What is about the software of this host, as the table has it: the first example of each kind."""
    there = {(row.name, row.arch): row for row in installed}
    recorded = system.table.recorded
    kept = [row for row in installed if "dpkg:{}:{}".format(row.name, row.arch) in recorded]
    found: Dict[str, str] = {}
    wanted: Dict[str, Tuple[str, str, str]] = {}
    if kept:
        found["KEPT"] = "{}:{}".format(kept[0].name, kept[0].arch)
    for rule in system.table.plain["rules"]:
        if rule["manager"] != "dpkg" or "*" in rule["name"] or "?" in rule["name"]:
            continue
        row = next((row for (name, _arch), row in there.items() if name == rule["name"]), None)
        if rule["is_required"] and row is not None:
            found.setdefault("REQUIRED", row.name)
        arch = row.arch if row is not None else "all"
        record = recorded.get("dpkg:{}:{}".format(rule["name"], arch)) if row is not None else None
        for version in _versions(rule["versions"]):
            ruling = system.rule("dpkg", rule["name"], version, None)
            kind = {"version": "WRONG_VERSION", "forbidden": "FORBIDDEN"}.get(ruling.verdict, "")
            if ruling.verdict in APPROVED:
                edition = ruling.rule["edition"] if ruling.rule else ""
                changes = bool(record and record["edition"] and edition not in ("", record["edition"]))
                kind = "EDITION" if changes else "FORGED"
            if kind:
                wanted.setdefault(kind, (rule["name"], version, arch))
    os.mkdir(folder)
    for kind, (name, version, arch) in wanted.items():
        fields = {"Package": name, "Version": version, "Architecture": arch}
        place = os.path.join(folder, kind)
        os.mkdir(place)
        found[kind] = build_deb(place, fields, {}, run)
    if kept:
        fields = {"Package": NAME, "Version": "1.0", "Architecture": "all"}
        fields.update(dict.fromkeys(("Conflicts", "Replaces"), kept[0].name))
        found["REPLACING"] = build_deb(folder, fields, {}, run)
    return found


def _versions(text: str) -> Iterator[str]:
    """Versions in and around a range: its bounds, just before and behind them, the least and the greatest."""
    for _operator, bound in parse_range("dpkg", text):
        yield bound
        yield bound + "~"
        yield bound + "+1"
    yield "0~"
    yield "999999"


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
