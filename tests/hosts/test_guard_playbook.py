# SPDX-License-Identifier: Apache-2.0
"""The guard through its playbook: put there by the policy, passed by our own runs, read back as findings and events."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.hosts.conftest import Office, Run
from tests.lab.hosts import Host, Lab
from tests.lab.office import DESKTOP, furnish

GUARD = "zhengban.baseline.guard"
TASK = "Keep the guard"


@pytest.fixture
def host(lab: Lab, office_repository: Path) -> Iterator[Host]:
    (started,) = lab.start(["pc-0001"], repository=office_repository)
    furnish({started: DESKTOP})
    yield started
    started.stop()


def codes(run: Run) -> list[str]:
    return [finding["code"] for finding in run.plans["pc-0001"]["findings"]]


def doors(office: Office) -> dict[str, str]:
    """What the command says about each way on the host; it is content."""
    command = [sys.executable, "-m", "zhengban.cli.main", "--workspace", str(office.workspace)]
    command += ["guard", "doors", "pc-0001", "--format", "json"]
    done = subprocess.run(command, env=office.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (test,) = json.loads(done.stdout)
    assert (test["computer"], test["left"]) == ("PC-0001", [])
    return {way["way"]: way["result"] for way in test["ways"]}


def test_the_guard_from_the_policy_to_the_ledger(
    lab: Lab, host: Host, office: Callable[[Lab, Mapping[str, Host]], Office]
) -> None:
    here = office(lab, {"PC-0001": host})
    here.set_baseline(guard={"mode": "enforce", "message": "请联系信息中心"})
    assert "guard_open" in codes(here.run("zhengban.baseline.audit"))

    check = here.run(GUARD, "--check", "--diff")
    assert check.code == 0, check.output
    assert check.results(TASK)["pc-0001"]["changed"] is True
    assert "+/etc/dpkg/dpkg.cfg.d/zhengban-guard" in check.output
    assert host.run(["ls", "/usr/lib/zhengban"]).returncode != 0

    first = here.run(GUARD)
    assert first.code == 0, first.output
    result = first.results(TASK)["pc-0001"]
    assert (result["mode"], result["doors"]["apt"], result["doors"]["dpkg"]) == ("enforce", "shut", "shut")
    again = here.run(GUARD).results(TASK)["pc-0001"]
    assert (again["changed"], again["changes"]) == (False, [])

    ways = doors(here)
    assert (ways["apt"], ways["dpkg -i"], ways["dpkg-deb -x /"]) == ("shut", "shut", "open")
    host.run(["rm", "/var/lib/zhengban/attempts.jsonl"], check=True)
    blocked = host.run(["apt-get", "-y", "install", "flash-player"])
    assert (blocked.returncode, "请联系信息中心" in blocked.stdout + blocked.stderr) == (100, True)
    assert "request new --computer PC-0001" in blocked.stdout + blocked.stderr
    audit = here.run("zhengban.baseline.audit")
    assert "guard_open" not in codes(audit), audit.output
    (attempt,) = [event for event in here.ledger.events() if event.kind == "guard_attempt"]
    assert (attempt.computer, attempt.data["verdict"]) == ("PC-0001", "blocked")
    assert "flash-player:all" in str(attempt.data["reasons"])

    # Our own run removes, upgrades and installs what the policy orders, past a guard that is shut.
    enforce = here.run("zhengban.baseline.enforce")
    assert enforce.code == 0, enforce.output
    assert enforce.results("Carry out the plan")["pc-0001"]["state"] == "done"
    assert "xunlei-thunder" not in host.packages()
    assert host.packages()["wps-office"] == "11.1.0.11719"
    # What came is on record now, and the next table knows.
    assert here.run(GUARD).results(TASK)["pc-0001"]["changes"] == ["/var/lib/zhengban/guard.json"]
    assert host.run(["dpkg", "-r", "wps-office"]).returncode == 2

    host.run(["zhengban-guard", "open", "--minutes", "5", "--reason", "打印机"], check=True)
    audit = here.run("zhengban.baseline.audit")
    (finding,) = [one for one in audit.plans["pc-0001"]["findings"] if one["code"] == "guard_open"]
    assert "打印机" in finding["message"]
    # What was collected is not collected again.
    attempts = [event for event in here.ledger.events() if event.kind == "guard_attempt"]
    assert [event.data["verdict"] for event in attempts] == ["blocked", "blocked", "opened"]

    lowered = here.run(GUARD, "-e", "zhengban_guard=audit").results(TASK)["pc-0001"]
    assert (lowered["mode"], lowered["changed"]) == ("audit", True)
    gone = here.run(GUARD, "-e", "zhengban_guard=absent").results(TASK)["pc-0001"]
    assert (gone["changed"], gone["doors"], gone["mode"]) == (True, {}, "")

    host.run(["sh", "-c", "echo 0123456789abcdef0123456789abcdef > /etc/machine-id"], check=True)
    other = here.run(GUARD)
    assert (other.code != 0, "this machine has" in other.output) == (True, True)
    assert host.run(["ls", "/usr/lib/zhengban"]).returncode != 0
