# SPDX-License-Identifier: Apache-2.0
"""Windows-like hosts as computers of the example organisation, and the software they are judged by."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from ..workspace import read_register, write_register
from .hosts import UNINSTALL, WindowsHost, WindowsLab
from .products import Entry, Msi, Setup

_SYSTEM = r"C:\windows\system32"

WPS_OLD = Msi(short="wps", name="金山办公 WPS Office", version="11.1.9000", maker="珠海金山办公软件有限公司")
WPS = Msi(short="wps", name="金山办公 WPS Office", version="11.1.11719", maker="珠海金山办公软件有限公司")
KAV = Setup(short="kav", name="金山终端安全系统", version="9.2", maker="珠海金山软件")
PRINTING = Msi(short="print", name="打印助手: 第2版", version="2.0.1", maker="联想", bits=32)
WUKONG = Setup(short="Wukong", name="悟空工具箱", version="3.2.1", maker="悟空科技")
LATE = Setup(short="Late", name="迟到下载器", version="1.0", maker="迟到科技", late=True)
THUNDER = Setup(short="Thunder", name="迅雷", version="12.0", maker="迅雷网络", quiet=False)
TODESK = Setup(short="ToDesk", name="ToDesk", version="4.7", maker="有趣科技", hive="HKCU")
# Uninstallers that take their time: pings that nobody hears, a second each.
SLOW = Entry(
    key="Slow",
    values={
        "DisplayName": "慢慢来",
        "DisplayVersion": "2.0",
        "QuietUninstallString": rf"{_SYSTEM}\cmd.exe /c ping -n 6 127.0.0.1 & reg delete {UNINSTALL}\Slow /f",
    },
)
HANGING = Entry(
    key="Hanging",
    values={
        "DisplayName": "不肯走",
        "DisplayVersion": "6.6",
        "QuietUninstallString": rf"{_SYSTEM}\ping.exe -n 600 127.0.0.1",
    },
)
UPDATE = Entry(
    key="KB5031356",
    values={"DisplayName": "安全更新 (KB5031356)", "DisplayVersion": "1", "ParentKeyName": "wps"},
)
RUNTIME = Entry(
    key="vcredist",
    values={
        "DisplayName": "Visual C++ 运行库",
        "DisplayVersion": "14.3",
        "SystemComponent": 1,
        "Publisher": "Microsoft",
    },
)
INSTALLERS = (WPS, KAV)


def adopt_windows(
    workspace: Path, lab: WindowsLab, hosts: Mapping[str, WindowsHost], *, also: Collection[str] = ()
) -> None:
    """Make hosts the computers of these numbers in a workspace that holds the example, with the policy for them.

    Other computers than these and ``also`` leave the register.
    """
    folder = lab.build(INSTALLERS)
    (workspace / "files").mkdir(exist_ok=True)
    for product in INSTALLERS:
        shutil.copy(folder / product.file_name, workspace / "files")
    register = workspace / "inventories" / "register" / "computers.yml"
    entries = {entry["number"]: entry for entry in read_register(register)["computers"]}
    for number, host in hosts.items():
        entries[number] |= {
            "status": "in_use",
            "identity": {"serial_number": host.serial_number, "machine_id": host.machine_guid},
            "vars": {"ansible_host": "127.0.0.1"},
        }
        write_variables(workspace, host)
    kept = sorted({*hosts, *also})
    write_register(register, {"computers": [entries[number] for number in kept]})
    _write_policy(workspace)


def write_variables(workspace: Path, host: WindowsHost, **others: Any) -> None:
    """Write how a host is reached into its own variables; ``others`` replace single ones."""
    path = workspace / "inventories" / "host_vars" / f"{host.name}.yml"
    path.parent.mkdir(exist_ok=True)
    variables = {**WindowsLab.variables(), **host.variables, **others}
    path.write_text(yaml.safe_dump(variables, allow_unicode=True), encoding="utf-8")


def source_of(workspace: Path, product: Msi | Setup) -> dict[str, Any]:
    """The ``install`` of a product whose installer lies in the workspace."""
    path = workspace / "files" / product.file_name
    return {
        "source": f"files/{product.file_name}",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "version": product.version,
        **({"arguments": ["/S"]} if isinstance(product, Setup) else {}),
    }


def _write_policy(workspace: Path) -> None:
    platform = {"manager": "platform", "name": "windows", "versions": ">=10, <11"}
    updates = {"manager": "windows", "name": "安全更新 (KB*)"}
    listed = [
        _product("Windows 10", "FREE-0101", "os", platform),
        _product("Windows 更新", "FREE-0102", "component", updates),
    ]
    path = workspace / "policies" / "windows.yml"
    path.write_text(yaml.safe_dump({"software": listed}, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def add(document: Any) -> None:
        by_name = {entry["name"]: entry for entry in document["software"]}
        wps = {"manager": "windows", "name": WPS.name, "publisher": "珠海金山*", "versions": ">=11.1.11719, <12"}
        kav = {"manager": "windows", "name": KAV.name}
        others = [item for item in by_name["WPS Office"]["packages"] if item["manager"] != "windows"]
        by_name["WPS Office"]["packages"] = [*others, {**wps, "install": source_of(workspace, WPS)}]
        by_name[KAV.name]["packages"].append({**kav, "install": source_of(workspace, KAV)})

    def forbid(document: Any) -> None:
        (entry,) = (entry for entry in document["software"] if entry["name"] == THUNDER.name)
        entry["packages"].append({"manager": "windows", "name": THUNDER.name, "uninstall": {"arguments": ["/S"]}})

    rewrite(workspace / "policies" / "commercial.yml", add)
    rewrite(workspace / "policies" / "forbidden.yml", forbid)


def rewrite(path: Path, change: Callable[[Any], None]) -> None:
    """Change one YAML file."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _product(name: str, number: str, category: str, package: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "number": number, "type": "free", "category": category, "packages": [package]}
