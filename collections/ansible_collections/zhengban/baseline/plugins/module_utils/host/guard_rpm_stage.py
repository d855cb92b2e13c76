# SPDX-License-Identifier: Apache-2.0
"""What the door test needs beside rpm: package files that hold nothing, and a repository of them.

Source: rpm's package format (:mod:`.rpm_file`), createrepo's metadata.
"""

import hashlib
import os
from typing import Dict, List, Optional, Sequence
from xml.sax.saxutils import quoteattr

from .command import Run
from .deb_file import write_text
from .dnf import find_program
from .guard_samples import NAME, Kind, Present, make_samples
from .guard_table import System
from .rpm import read_installed
from .rpm_file import build_rpm

# One of the names that may always come, which no system has.
REPAIR = "python3.0-libs"
_PRIMARY = """\
<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="1">
<package type="rpm"><name>{name}</name><arch>noarch</arch><version epoch="0" ver="1.0" rel="1"/>
<checksum type="sha256" pkgid="YES">{sum}</checksum><summary>throw-away</summary><description/><packager/><url/>
<time file="0" build="0"/><size package="{size}" installed="0" archive="0"/><location href={href}/>
<format><rpm:license>none</rpm:license><rpm:sourcerpm>{name}-1.0-1.src.rpm</rpm:sourcerpm>
<rpm:provides><rpm:entry name="{name}" flags="EQ" epoch="0" ver="1.0" rel="1"/></rpm:provides></format></package>
</metadata>
"""
_REPOMD = """\
<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision>
<data type="primary"><checksum type="sha256">{sum}</checksum><location href="repodata/primary.xml"/></data></repomd>
"""
_REPOSITORY = "[door]\nname=door\nbaseurl=file://{}\ngpgcheck=0\n"


def make_rpm_stage(folder: str, system: Optional[System], run: Run) -> Dict[str, str]:
    """Fill a directory; returns the variables of the ways' scripts.

    Returns:
        ``RPM`` and ``REPAIR_RPM``; ``DNF_OPTIONS`` for dnf to know the test's repository and no other, and
        ``DNF_PYTHON`` where dnf 4 is there; samples of the table as :func:`guard_samples.make_samples`, with ``RPM_``
        before them.

    Raises:
        DatabaseError, OSError.
    """
    packages = os.path.join(folder, "rpms")
    os.makedirs(packages + "/repodata")
    package = build_rpm(packages, NAME, "1.0-1", "noarch")
    primary = _PRIMARY.format(
        name=NAME, sum=_sum_of(package), size=os.path.getsize(package), href=quoteattr(os.path.basename(package))
    )
    listed = write_text(packages + "/repodata/primary.xml", primary)
    write_text(packages + "/repodata/repomd.xml", _REPOMD.format(sum=_sum_of(listed)))
    for place in ("repos", "cache"):
        os.makedirs(os.path.join(folder, place), exist_ok=True)
    write_text(folder + "/repos/door.repo", _REPOSITORY.format(packages))
    options = ["--setopt=cachedir={}/cache".format(folder), "--setopt=reposdir={}/repos".format(folder)]
    names = {
        "RPM": package,
        "REPAIR_RPM": build_rpm(folder, REPAIR, "1.0-1", "noarch"),
        "DNF_OPTIONS": " ".join(["--quiet", "--assumeyes", *options]),
    }
    program, python = find_program()
    if program:
        names.update(DNF=program, DNF_PYTHON=python[0])
    if system is not None:
        samples = os.path.join(folder, "rpm-samples")
        os.mkdir(samples)
        installed = read_installed("/", run)
        present = [Present(row.name, row.version, row.arch, "{}.{}".format(row.name, row.arch)) for row in installed]
        names.update(make_samples(samples, Kind("rpm", "RPM_", _build), system, present))
    return names


def find_left(run: Run) -> List[str]:
    """The test's own packages that rpm has."""
    return [name for name in (NAME, REPAIR) if not run(["rpm", "-q", name]).returncode]


def _build(folder: str, name: str, version: str, arch: str, replaces: Sequence[str]) -> str:
    return build_rpm(folder, name, version, arch or "noarch", replaces)


def _sum_of(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
