# SPDX-License-Identifier: Apache-2.0
"""The role ``schedule``, with its files in a folder of the test; systemd does not run here, cron's script does."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.ansible import ansible_environment_in

PROGRAM = """#!/bin/sh
printf '%s\\n' "$PWD" "$OFFICE" "$@"
[ ! -e fails ] || exit 4
while [ -e waits ]; do sleep 0.1; done
"""


class Schedules:
    """The role, applied several times in one play; the result of each task by the play's own names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = folder / "work space"
        self.workspace.mkdir()
        self.program = folder / "ansible-playbook"
        self.program.write_text(PROGRAM, encoding="utf-8")
        self.program.chmod(0o755)
        self.places = {
            f"schedule_{name}": str(folder / name) for name in ("directory", "unit_directory", "cron_directory")
        }
        for name in ("unit_directory", "cron_directory"):
            (folder / name).mkdir()

    def apply(self, *roles: dict[str, Any], check: bool = False) -> subprocess.CompletedProcess[str]:
        common = {
            **self.places,
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "schedule_workspace": str(self.workspace),
            "schedule_command": str(self.program),
            "schedule_user": getpass.getuser(),
        }
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": common,
            "roles": [{"role": "zhengban.baseline.schedule", **role} for role in roles],
        }
        path = self.folder / "site.yml"
        path.write_text(yaml.safe_dump([play]), encoding="utf-8")
        command = ["ansible-playbook", "-i", "localhost,", "-c", "local", str(path), *(["--check"] if check else [])]
        return subprocess.run(command, env=ansible_environment_in(self.folder), capture_output=True, text=True)

    def files(self) -> dict[str, bytes]:
        roots = [Path(place) for place in self.places.values()]
        found = [path for root in roots for path in root.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in sorted(found)}

    def run(self, name: str) -> tuple[int, dict[str, Any]]:
        """Run a schedule's script now; its exit status and what it left in its status file."""
        script = self.folder / "directory" / f"{name}.sh"
        done = subprocess.run(["/bin/sh", str(script), "now"], cwd="/", capture_output=True, text=True, timeout=60)
        return done.returncode, self.status(name)

    def status(self, name: str) -> dict[str, Any]:
        path = self.folder / "directory" / name / "status.json"
        status: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return status


AUDIT = {"schedule_name": "audit", "schedule_kind": "systemd", "schedule_splay": 60, "schedule_longest": 1}
NIGHTLY = {
    "schedule_name": "nightly",
    "schedule_kind": "cron",
    "schedule_playbook": "zhengban.baseline.enforce",
    "schedule_options": ["-b", "--limit", "a b"],
    "schedule_environment": {"OFFICE": "某省 'office' $HOME"},
    "schedule_hours": [],
    "schedule_minute": 7,
    "schedule_weekdays": ["Mon", "Fri"],
    "schedule_wait": 0,
}


@pytest.fixture(scope="module")
def schedules(tmp_path_factory: pytest.TempPathFactory) -> Schedules:
    """Two schedules, made after a check mode that wrote nothing, and made again without a change."""
    made = Schedules(tmp_path_factory.mktemp("schedules"))
    checked = made.apply(NIGHTLY, check=True)
    assert checked.returncode == 0, checked.stdout
    assert made.files() == {}
    first = made.apply(AUDIT, NIGHTLY)
    assert first.returncode == 0, first.stdout
    again = made.apply(AUDIT, NIGHTLY)
    assert "changed=0" in again.stdout, again.stdout
    return made


def test_the_units_are_what_systemd_reads(schedules: Schedules) -> None:
    units = schedules.folder / "unit_directory"
    assert sorted(path.name for path in units.iterdir()) == ["zhengban-audit.service", "zhengban-audit.timer"]
    timer = (units / "zhengban-audit.timer").read_text(encoding="utf-8")
    assert "OnCalendar=*-*-* 2:00:00\nRandomizedDelaySec=60\n" in timer
    if analyze := shutil.which("systemd-analyze"):
        done = subprocess.run(
            [analyze, "verify", *(str(path) for path in units.iterdir())], capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_crons_entry(schedules: Schedules) -> None:
    entry = schedules.folder / "cron_directory" / "zhengban-nightly"
    (line,) = (line for line in entry.read_text(encoding="utf-8").splitlines() if line[0].isdigit())
    assert line == f"7 * * * Mon,Fri {getpass.getuser()} /bin/sh {schedules.folder}/directory/nightly.sh"


def test_a_run_leaves_its_status_and_its_log(schedules: Schedules) -> None:
    code, status = schedules.run("nightly")
    assert (code, status["exit"], status["playbook"]) == (0, 0, "zhengban.baseline.enforce")
    assert status["ended"] >= status["started"]
    words = ["-i", "inventories/hosts.yml", "zhengban.baseline.enforce", "-b", "--limit", "a b"]
    said = [str(schedules.workspace), "某省 'office' $HOME", *words]
    assert Path(status["log"]).read_text(encoding="utf-8").splitlines() == said
    (schedules.workspace / "fails").touch()
    code, status = schedules.run("nightly")
    (schedules.workspace / "fails").unlink()
    assert (code, status["exit"]) == (4, 4)


def test_no_two_runs_in_one_workspace(schedules: Schedules) -> None:
    held = os.open(schedules.workspace, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        code, status = schedules.run("nightly")
        assert (code, status["exit"]) == (75, 75)
    finally:
        os.close(held)
    assert schedules.run("nightly")[0] == 0


def test_a_run_that_hangs_is_ended(schedules: Schedules) -> None:
    waits = schedules.workspace / "waits"
    waits.touch()
    try:
        code, status = schedules.run("audit")
    finally:
        waits.unlink()
    assert (code, status["exit"]) == (124, 124)
    assert Path(status["log"]).read_text(encoding="utf-8").endswith("\nended after 1 seconds\n")
    assert schedules.run("nightly")[0] == 0


def test_a_run_that_is_asked_to_stop_is_finished(schedules: Schedules) -> None:
    waits = schedules.workspace / "waits"
    waits.touch()
    script = subprocess.Popen(
        ["/bin/sh", str(schedules.folder / "directory" / "nightly.sh"), "now"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_log(schedules.folder / "directory" / "nightly", script.pid)
        script.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            script.wait(timeout=1)
    finally:
        waits.unlink()
    assert script.wait(timeout=60) == 0
    assert schedules.status("nightly")["exit"] == 0


def wait_for_log(folder: Path, pid: int) -> None:
    """Wait until the program of a run has begun and said something."""
    deadline = time.monotonic() + 60
    while not any(path.stat().st_size for path in folder.glob(f"*-{pid}.log")):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_absent_removes_everything(schedules: Schedules) -> None:
    """The last test of this module: what the others look at is gone afterwards."""
    schedules.run("audit")
    absent = [{**role, "schedule_state": "absent"} for role in (AUDIT, NIGHTLY)]
    assert schedules.apply(*absent).returncode == 0
    assert schedules.files() == {}
    assert not list((schedules.folder / "directory").iterdir())


def test_a_schedule_without_a_workspace_is_refused(tmp_path: Path) -> None:
    schedules = Schedules(tmp_path)
    result = schedules.apply({**AUDIT, "schedule_workspace": "office"})
    assert result.returncode == 2
    assert "schedule_workspace (an absolute path)" in result.stdout
