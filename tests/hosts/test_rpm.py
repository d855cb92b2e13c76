# SPDX-License-Identifier: Apache-2.0
"""One policy for Debian and RPM hosts in one play and one ledger: the demo's story with dnf, signers and epochs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.conftest import Office
from tests.lab.hosts import Host, Lab
from tests.lab.office import DESKTOP, build_office_repository, install
from tests.lab.rpm import RPM, Key, Package, add_rpm, build_repository, dnf, make_rpm_host, rpms
from tests.lab.windows.workspace import rewrite

SIGNED = (
    Package(name="wps-office", version="1:11.1.0.9000-1", vendor="Kingsoft", relations=(("Requires", "wps-fonts"),)),
    Package(
        name="wps-office",
        version="1:11.1.0.11719-1",
        vendor="Kingsoft",
        relations=(("Requires", "wps-fonts"), ("Requires", "libQtWps.so.5()(64bit)")),
    ),
    Package(name="libqtwps5", version="5.12-1", arch="x86_64", relations=(("Provides", "libQtWps.so.5()(64bit)"),)),
)
UNSIGNED = (
    # Without its epoch it looks like the newest, and rpm holds it for the oldest.
    Package(name="wps-office", version="11.1.0.99999-1", vendor="Kingsoft", relations=(("Requires", "wps-fonts"),)),
    Package(name="wps-office", version="1:12.1.0.100-1", vendor="Kingsoft", relations=(("Requires", "wps-fonts"),)),
    Package(name="wps-fonts"),
    Package(name="kav-endpoint", version="9.2-1", relations=(("Requires", "kav-engine >= 9"), ("Recommends", "nag"))),
    Package(name="kav-engine", version="9.2-1", arch="x86_64"),
    Package(name="nag"),
    # Nobody has signed it: it is not the input method the policy allows.
    Package(name="sogoupinyin", version="4.2.1-1"),
    Package(name="xunlei-thunder", version="1.0.4-1", relations=(("Requires", "libxunlei-p2p"),)),
    Package(name="libxunlei-p2p", version="1.0.4-1"),
)
DESKTOP_RPMS = ("wps-office-1:11.1.0.9000-1.noarch", "sogoupinyin", "xunlei-thunder")
AFTER = {
    "wps-office": "1:11.1.0.11719-1",
    "wps-fonts": "1.0-1",
    "libqtwps5": "5.12-1",
    "kav-endpoint": "9.2-1",
    "kav-engine": "9.2-1",
}
BOOKED = {
    ("UNLISTED", "uninstall", "rpm:xunlei-thunder:noarch", "1.0.4-1"),
    ("UNLISTED", "uninstall", "rpm:libxunlei-p2p:noarch", "1.0.4-1"),
    ("UNLISTED", "uninstall", "rpm:sogoupinyin:noarch", "4.2.1-1"),
    ("COM-0001", "uninstall", "rpm:wps-office:noarch", "1:11.1.0.9000-1"),
    ("COM-0001", "install", "rpm:wps-office:noarch", "1:11.1.0.11719-1"),
    ("COM-0001", "install", "rpm:libqtwps5:x86_64", "5.12-1"),
    ("COM-0003", "install", "rpm:kav-endpoint:noarch", "9.2-1"),
    ("COM-0003", "install", "rpm:kav-engine:x86_64", "9.2-1"),
}
SOFTWARE = """\
software:
- {name: openEuler, number: FREE-0111, type: free, category: os, packages: [{manager: platform, name: openEuler}]}
- {name: RPM 工具, number: FREE-0112, type: free, category: component, packages: [{manager: dpkg, name: dnf},
   {manager: dpkg, name: dnf-plugins-core}, {manager: dpkg, name: rpm}]}
"""


@pytest.fixture(scope="module")
def hosts(lab: Lab, key: Key, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Host]:
    """A Debian desktop, an openEuler one, and one with both package managers."""
    repository = build_office_repository(tmp_path_factory.mktemp("both") / "repository")
    build_repository(repository, UNSIGNED, signed=SIGNED, key=key)
    (debian,) = lab.start(("pc-0001",), repository=repository)
    rpm, both = lab.start(("pc-0011", "pc-0012"), repository=repository, recipe=RPM)
    both.run(["sh", "-c", "echo 'deb [trusted=yes] file:///srv/repo ./' > /etc/apt/sources.list"], check=True)
    both.refresh_packages()
    install(debian, *DESKTOP)
    install(both, "xunlei-thunder", "wps-office=11.1.0.11719")
    dnf(make_rpm_host(rpm), "install", *DESKTOP_RPMS)
    dnf(add_rpm(both), "install", "xunlei-thunder", "kav-endpoint")
    dnf(both, "remove", "nag")
    return {"PC-0001": debian, "PC-0011": rpm, "PC-0012": both}


def allow_rpms(workspace: Path, key: Key) -> None:
    """The same products as rpm packages; the input method must carry the vendor's signature."""
    conditions = {
        "wps-office": {"versions": ">=11.1.0.11719, <12"},
        "kav-endpoint": {"versions": ">=9"},
        "xunlei-thunder": {"versions": ""},
        "sogoupinyin": {"signer": key.id},
    }
    found = []

    def allow(document: Any) -> None:
        for entry in document["software"]:
            for package in tuple(entry["packages"]):
                name = package["name"]
                if package["manager"] == "dpkg" and name in conditions:
                    entry["packages"].append({"manager": "rpm", "name": name, **conditions[name]})
                    found.append(name)

    for file in ("commercial", "forbidden", "free"):
        rewrite(workspace / "policies" / f"{file}.yml", allow)
    assert sorted(found) == sorted(conditions)
    (workspace / "policies" / "rpm.yml").write_text(SOFTWARE, encoding="utf-8")


def test_one_policy_one_play_one_ledger(
    lab: Lab, hosts: dict[str, Host], key: Key, office: Callable[[Lab, Mapping[str, Host]], Office]
) -> None:
    here = office(lab, hosts)
    allow_rpms(here.workspace, key)
    debian, rpm, both = hosts.values()
    before = rpms(rpm)

    check = here.run("zhengban.baseline.enforce", "--check")
    assert check.code == 0, check.output
    assert rpms(rpm) == before

    enforce = here.run("zhengban.baseline.enforce")
    assert enforce.code == 0, enforce.output
    assert enforce.hashes == check.hashes

    # the rpm host: the highest version in range by rpm's order, what it needs, and nothing recommended
    assert rpms(rpm) == AFTER
    actions = {item["name"]: item for item in check.plans["pc-0011"]["actions"]}
    assert {name: (item["kind"], item["role"], item["number"]) for name, item in actions.items()} == {
        "xunlei-thunder": ("remove", "named", "UNLISTED"),
        "libxunlei-p2p": ("remove", "follower", "UNLISTED"),
        "sogoupinyin": ("remove", "named", "UNLISTED"),
        "wps-office": ("upgrade", "named", "COM-0001"),
        "libqtwps5": ("install", "dependency", "COM-0001"),
        "kav-endpoint": ("install", "named", "COM-0003"),
        "kav-engine": ("install", "dependency", "COM-0003"),
    }
    assert "signer" in actions["sogoupinyin"]["because"]
    wanted = dnf(rpm, "repoquery", "--userinstalled", "--qf", "%{name}").split()
    assert {"wps-office", "kav-endpoint"} <= set(wanted)
    assert not {"kav-engine", "libqtwps5", "wps-fonts"} & set(wanted)

    # the host with both: a transaction of each
    assert "xunlei-thunder" not in {**rpms(both), **both.packages()}
    assert {"kav-endpoint", "kav-engine"} == set(rpms(both))
    assert "kav-endpoint" not in both.packages(), "it is there as an rpm"

    assert debian.packages()["wps-office"] == "11.1.0.11719"
    booked = {
        (item.book, item.record.action, item.record.package, item.record.version) for item in here.records("PC-0011")
    }
    assert booked == BOOKED
    assert {item.record.package.split(":")[0] for item in here.records("PC-0012")} == {"dpkg", "rpm"}
    assert here.ledger.verify() == ()

    again = here.run("zhengban.baseline.audit")
    assert again.code == 0, again.output
    assert [(plan["verdict"], plan["actions"]) for plan in again.plans.values()] == [("compliant", [])] * 3
