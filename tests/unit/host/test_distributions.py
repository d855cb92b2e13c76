# SPDX-License-Identifier: Apache-2.0
"""The systems of the offices this is for, by their own os-release texts: what they are, and which manager is found.

Kylin and UOS come in a deb and in an rpm flavour under one id, so nothing may be concluded from the name. Source: the
distributions' ``/etc/os-release``; DESIGN 3.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.rpm import Package, build_packages, fill_database
from tests.unit.host.systems import Pkg, make_system, write
from zhengban.host.facts import collect
from zhengban.host.version import in_range

KYLIN_DESKTOP = """\
NAME="Kylin"
VERSION="银河麒麟桌面操作系统V10 (SP1)"
VERSION_US="Kylin Linux Desktop V10 (SP1)"
ID=kylin
ID_LIKE=debian
PRETTY_NAME="Kylin V10 SP1"
VERSION_ID="v10"
HOME_URL="http://www.kylinos.cn/"
VERSION_CODENAME=kylin
UBUNTU_CODENAME=kylin
"""
KYLIN_SERVER = """\
NAME="Kylin Linux Advanced Server"
VERSION="V10 (Lance)"
ID="kylin"
VERSION_ID="V10"
PRETTY_NAME="Kylin Linux Advanced Server V10 (Lance)"
ANSI_COLOR="0;31"

"""
UOS_DESKTOP = """\
PRETTY_NAME="UnionTech OS Desktop 20 Pro"
NAME="uos"
VERSION_ID="20"
VERSION="20"
ID=uos
HOME_URL="https://www.chinauos.com/"
BUG_REPORT_URL="http://bbs.chinauos.com"
VERSION_CODENAME=eagle
"""
UOS_SERVER = """\
PRETTY_NAME="UnionTech OS Server 20"
NAME="UnionTech OS Server 20"
VERSION_ID="20"
VERSION="20"
ID="uos"
HOME_URL="https://www.chinauos.com/"
VERSION_CODENAME="kongzi"
PLATFORM_ID="platform:uelc20"
"""
DEEPIN_23 = """\
PRETTY_NAME="Deepin 23"
NAME="Deepin"
VERSION_ID="23"
VERSION="23"
ID=Deepin
HOME_URL="https://www.deepin.org/"
VERSION_CODENAME=beige
"""
DEEPIN_25 = """\
PRETTY_NAME="Deepin 25"
NAME="Deepin"
VERSION_CODENAME=beige
ID=deepin
VERSION_ID="25"
VERSION="25"
"""
OPENEULER = """\
NAME="openEuler"
VERSION="24.03 (LTS-SP1)"
ID="openEuler"
VERSION_ID="24.03"
PRETTY_NAME="openEuler 24.03 (LTS-SP1)"
ANSI_COLOR="0;31"
"""
ANOLIS = """\
NAME="Anolis OS"
VERSION="8.8"
ID="anolis"
ID_LIKE="rhel fedora centos"
VERSION_ID="8.8"
PLATFORM_ID="platform:an8"
PRETTY_NAME="Anolis OS 8.8"
ANSI_COLOR="0;31"
HOME_URL="https://openanolis.cn/"
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (file,) = build_packages(tmp_path_factory.mktemp("rpm"), [Package(name="setup")])
    return file


@pytest.mark.parametrize(
    ("text", "database", "platform"),
    [
        (KYLIN_DESKTOP, "dpkg", ("kylin", "v10", "Kylin V10 SP1", ["debian"])),
        (KYLIN_SERVER, "var/lib/rpm", ("kylin", "V10", "Kylin Linux Advanced Server V10 (Lance)", [])),
        (UOS_DESKTOP, "dpkg", ("uos", "20", "UnionTech OS Desktop 20 Pro", [])),
        (UOS_SERVER, "var/lib/rpm", ("uos", "20", "UnionTech OS Server 20", [])),
        (DEEPIN_23, "dpkg", ("Deepin", "23", "Deepin 23", [])),
        (DEEPIN_25, "dpkg", ("deepin", "25", "Deepin 25", [])),
        (OPENEULER, "usr/lib/sysimage/rpm", ("openEuler", "24.03", "openEuler 24.03 (LTS-SP1)", [])),
        (ANOLIS, "var/lib/rpm", ("anolis", "8.8", "Anolis OS 8.8", ["rhel", "fedora", "centos"])),
    ],
)
def test_what_it_is_and_what_manages_it(
    tmp_path: Path, package: Path, text: str, database: str, platform: tuple[str, str, str, list[str]]
) -> None:
    if database == "dpkg":
        make_system(tmp_path, Pkg(name="base-files"))
    else:
        fill_database(tmp_path / database, [package])
        # An rpm system may have the dpkg tool, whose empty database manages nothing.
        write(tmp_path / "var/lib/dpkg/status", "")
    write(tmp_path / "etc/os-release", text)
    document = collect(str(tmp_path))
    found = document["platform"]
    assert (found["id"], found["version"], found["name"], found["id_like"]) == platform
    assert {name: state["read"] for name, state in document["managers"].items()} == {
        "dpkg" if database == "dpkg" else "rpm": True
    }


def test_one_line_is_for_both_flavours_of_kylin() -> None:
    """Its desktop calls itself v10, its server V10."""
    assert in_range("platform", "v10", "=V10")
    assert in_range("platform", "V10", "=v10")
    assert not in_range("platform", "v11", "=V10")
