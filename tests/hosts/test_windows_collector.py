# SPDX-License-Identifier: Apache-2.0
"""The collector for Windows, run by Wine's own cmd.exe, and its file imported."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.windows.hosts import WindowsHost, WindowsLab
from tests.lab.windows.products import Entry, Msi
from tests.lab.workspace import copy_example, read_register, write_register
from zhengban.run.facts import stored_facts
from zhengban.run.workspace import Workspace
from zhengban.windows.bundle import collector_script

OFFICE = Msi(short="wps", name="金山办公 WPS Office", version="11.1.9000", maker="珠海金山办公软件有限公司")
PRINTING = Msi(short="print", name="打印助手", version="2.0.1", maker="联想", bits=32)
FORGER = Entry(key="Forger", values={"DisplayName": 'code 0 & del 100% "x" ^', "DisplayVersion": "1"})


@pytest.fixture(scope="module")
def host(windows_lab: WindowsLab) -> WindowsHost:
    (started,) = windows_lab.start(["pc-0001"])
    started.install(OFFICE, PRINTING)
    started.add_entry(FORGER)
    # Windows keeps how far its clock is from UTC, in minutes; Wine does not.
    bias = int(-(dt.datetime.now().astimezone().utcoffset() or dt.timedelta()).total_seconds() // 60)
    zone = r"HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation"
    started.registry.write({zone: {"ActiveTimeBias": bias % (1 << 32)}})
    return started


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "zhengban.cli.main", *command], capture_output=True, text=True)


def test_what_the_collector_wrote_is_imported(host: WindowsHost, tmp_path: Path) -> None:
    lab = host.drive / "lab"
    stick = lab / "stick"
    stick.mkdir()
    (lab / "collector.cmd").write_bytes(collector_script())
    assert host.wine("cmd", "/c", r"C:\lab\collector.cmd", r"C:\lab\stick") == 0
    (written,) = stick.iterdir()
    assert written.name.endswith(".zhengban.txt")
    carried = tmp_path / written.name
    shutil.copy(written, carried)

    workspace = copy_example(tmp_path / "workspace")
    path = workspace / "inventories/register/computers.yml"
    register = read_register(path)
    for entry in register["computers"]:
        if entry["number"] == "PC-0002":
            entry["identity"] = {"serial_number": host.serial_number, "machine_id": host.machine_guid}
    write_register(path, register)
    done = run("--workspace", str(workspace), "facts", "import", str(carried))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{carried}: PC-0002, facts of ")
    facts = stored_facts(Workspace(workspace), "PC-0002")
    assert facts is not None
    assert {(row.name, row.version, row.arch) for row in facts.packages} == {
        (OFFICE.name, OFFICE.version, "x64"),
        (PRINTING.name, PRINTING.version, "x86"),
        (FORGER.values["DisplayName"], "1", "x64"),
    }
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(facts.collected_at)
    assert abs(age) < dt.timedelta(minutes=10)
