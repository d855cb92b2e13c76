# SPDX-License-Identifier: Apache-2.0
"""A real salt-master with real minions, on hosts that share nothing but a loopback."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.lab import LabUnavailable
from tests.lab.office import enforce_everything, furnish
from tests.lab.salt_office import ENGINE, REACTOR, UNLISTED, SaltOffice, open_office
from tests.lab.workspace import REPOSITORY_ROOT
from zhengban.papers.deciding import decide
from zhengban.papers.decision import Decision
from zhengban.papers.requesting import Draft, apply_for
from zhengban.run.workspace import Workspace

pytestmark = pytest.mark.slow

NUMBERS = ("PC-0001", "PC-0002", "PC-0003", "PC-0004", "SRV-0001")
JOURNAL = "/var/lib/zhengban/journal.jsonl"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SaltOffice]:
    """Started once for all tests here; afterwards no process of it is left."""
    with ExitStack() as stack:
        try:
            office = stack.enter_context(open_office(tmp_path_factory.mktemp("salt"), NUMBERS))
        except LabUnavailable as err:
            if os.environ.get("ZHENGBAN_REQUIRE_HOSTS") == "1":
                pytest.fail(f"hosts are required here: {err}", pytrace=False)
            pytest.skip(f"no hosts for Salt: {err}")
        yield office
        inside = _network_of(office.lab.network.pid)
        assert len(_processes_in(inside)) > len(NUMBERS)
    assert _processes_in(inside) == []


def _network_of(pid: int | str) -> int:
    return Path(f"/proc/{pid}/ns/net").stat().st_ino


def _processes_in(network: int) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if _network_of(folder.name) == network:
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def test_hashes_from_salt_ansible_and_the_command_line_are_equal(
    office: SaltOffice, ansible_environment: dict[str, str], tmp_path: Path
) -> None:
    """First of all tests: nothing has been enforced yet, and test=True leaves it so."""
    furnish({office.hosts["PC-0001"]: ("wps-office=11.1.0.9000", "xunlei-thunder", "steam-launcher")})
    before = office.content()
    code, dry = office.run("enforce", "test=True")
    assert office.content() == before
    assert code == 0
    hashes = {number: look["hash"] for number, look in dry["computers"].items()}
    assert len(set(hashes.values())) == len(NUMBERS)
    assert {look["state"] for look in dry["computers"].values()} == {"planned", "unchanged"}

    log = tmp_path / "tasks.jsonl"
    environment = {
        **ansible_environment,
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "task_log",
        "TASK_LOG": str(log),
    }
    command = ["ansible-playbook", "-i", "inventories/hosts.yml", "zhengban.baseline.enforce", "--check"]
    played = subprocess.run(command, cwd=office.workspace, env=environment, capture_output=True, text=True)
    assert played.returncode == 0, played.stdout + played.stderr
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    plans = [row["result"] for row in rows if row["task"].endswith("Read, judge and plan")]
    assert {plan["computer"]: plan["hash"] for plan in plans} == hashes

    _code, kept = office.run("audit")
    assert {look["hash"] for look in kept["computers"].values()} == set(hashes.values())
    command = [".venv/bin/zhengban", "--workspace", str(office.workspace), "plan", "--format", "json"]
    shown = subprocess.run(command, cwd=REPOSITORY_ROOT, capture_output=True)
    assert {row["computer"]: row["plan"]["hash"] for row in json.loads(shown.stdout)} == hashes


def test_enforce_changes_what_the_plan_said_and_records_it(office: SaltOffice) -> None:
    assert set(office.states("enforce", "PC-*").values()) == {"done"}
    assert not office.has("PC-0001", "steam-launcher")
    assert office.has("PC-0001", "kav-endpoint")
    assert {booked.record.action for booked in office.records("PC-0001", "dpkg:wps-office:all")} == {
        "install",
        "uninstall",
    }
    assert set(office.states("enforce").values()) == {"unchanged"}
    _code, stored = office.run("report")
    _code, asked = office.run("audit")
    assert [look["verdict"] for look in stored["computers"].values()] == [
        look["verdict"] for look in asked["computers"].values()
    ]
    assert office.ledger.verify() == ()


def test_reactor_undoes_what_a_user_did(office: SaltOffice) -> None:
    office.restart_master(**REACTOR)
    office.install("PC-0001")
    office.wait_for_removal("PC-0001")
    assert {booked.record.cause for booked in office.records("PC-0001")} == {"enforcement"}

    # An event is a hint, and its id what a minion claims: none of ours, one that would select everything, another's.
    ended = office.lab.listen("salt/run/")
    office.lab.burst([f"salt/beacon/{name}/zhengban/changed" for name in ("nobody", "*", office.hosts["PC-0003"].name)])
    answers: list[dict[str, Any]] = []

    def all_ended() -> bool:
        answers.extend(event["return"] for event in ended() if "return" in event)
        return len(answers) == 3

    office.lab.wait_for(all_ended, "three runs have ended")
    assert sorted(answer["retcode"] for answer in answers) == [0, 2, 2]
    assert [list(answer["computers"]) for answer in answers if "computers" in answer] == [["PC-0003"]]


def test_engine_undoes_what_users_did_and_limits_are_shared(office: SaltOffice) -> None:
    office.restart_master(**ENGINE)
    for number in ("PC-0002", "PC-0003"):
        office.install(number)
    office.wait_for_removal("PC-0002", "PC-0003")

    # A burst: every hint is answered, and the looks find nothing to do.
    looked = office.lab.listen("zhengban/looked")
    names = [office.hosts[number].name for number in NUMBERS]
    office.lab.burst([f"salt/beacon/{names[count % 5]}/zhengban/changed" for count in range(300)])
    answered: dict[str, int] = {}

    def all_answered() -> bool:
        for event in looked():
            for minion, count in event["hints"].items():
                answered[minion] = answered.get(minion, 0) + count
        return sum(answered.values()) >= 300

    office.lab.wait_for(all_answered, "every hint is answered")
    # A minion that has found its master again says so too.
    assert all(60 <= answered[name] <= 65 for name in names), answered

    # PC-0001, PC-0002 and PC-0003 lost something within the window, whoever noticed it: one more is one too many.
    enforce_everything(office.workspace, limits={"removals_per_computer": 5, "computers_per_run": 3, "window": "24h"})
    office.install("SRV-0001")
    office.install("PC-0002")
    office.wait_for_removal("PC-0002")
    time.sleep(3)
    assert office.has("SRV-0001")
    code, answer = office.run("enforce", "SRV-0001")
    assert code == 3
    assert "4 computers would lose software" in answer["refused"][0]
    enforce_everything(office.workspace)
    assert office.states("enforce", "SRV-0001") == {"SRV-0001": "done"}
    office.restart_master()


def begin_a_slow_removal(office: SaltOffice, number: str) -> subprocess.Popen[bytes]:
    """Start a run that takes a package away for some seconds; returns when the host is at it."""
    host = office.hosts[number]
    host.run(["dpkg", "-i", "/srv/repo/slow-tool_1.0_all.deb"], check=True)
    done = host.run(["cat", JOURNAL]).stdout.count('"started"')
    run = office.lab.start_run("zhengban.enforce", number)
    office.lab.wait_for(
        lambda: host.run(["cat", JOURNAL]).stdout.count('"started"') > done, "the host has begun the transaction"
    )
    return run


def test_a_master_killed_while_a_minion_works_is_settled_once(office: SaltOffice) -> None:
    before = len(office.records("PC-0001", "dpkg:slow-tool:all"))
    run = begin_a_slow_removal(office, "PC-0001")
    office.lab.kill_run()
    run.communicate(timeout=30)
    office.restart_master()
    assert office.run("audit", "PC-0001", "test=True")[0] == 3
    code, answer = office.run("recover", "details=True")
    assert code == 0
    assert [booked["record"]["package"] for booked in answer["computers"]["PC-0001"]["settled"]] == [
        "dpkg:slow-tool:all"
    ]
    assert office.run("recover")[1]["computers"] == {}
    assert not office.has("PC-0001", "slow-tool")
    assert len(office.records("PC-0001", "dpkg:slow-tool:all")) == before + 1
    assert office.ledger.verify() == ()


def test_a_minion_killed_while_it_works_is_settled_once_and_a_silent_one_is_unread(office: SaltOffice) -> None:
    before = len(office.records("PC-0002", "dpkg:slow-tool:all"))
    run = begin_a_slow_removal(office, "PC-0002")
    gone = [office.hosts[number] for number in ("PC-0002", "PC-0004")]
    for host in gone:
        office.lab.kill(host)
    output, _ = run.communicate(timeout=60)
    answer = json.loads(output)
    assert (answer["retcode"], answer["computers"]["PC-0002"]["state"]) == (3, "pending")
    assert len(office.records("PC-0002", "dpkg:slow-tool:all")) == before
    assert office.states("audit", "PC-0003,PC-0004") == {"PC-0003": "unchanged", "PC-0004": "unread"}
    for host in gone:
        office.lab.start_minion(host)
    office.lab.wait_for_minions([host.name for host in gone])
    # The next run settles it by itself.
    _code, answer = office.run("enforce", "PC-0002")
    assert (answer["computers"]["PC-0002"]["state"], answer["computers"]["PC-0002"]["settled"]) == ("unchanged", 1)
    assert len(office.records("PC-0002", "dpkg:slow-tool:all")) == before + 1


def test_two_runs_at_once_do_it_once(office: SaltOffice) -> None:
    before = len(office.records("PC-0003", "dpkg:slow-tool:all"))
    run = begin_a_slow_removal(office, "PC-0003")
    code, answer = office.run("enforce", "PC-0003")
    assert (code, answer["computers"]["PC-0003"]["state"]) == (3, "pending")
    assert "another run is working on this computer" in answer["computers"]["PC-0003"]["reason"]
    output, _ = run.communicate(timeout=60)
    assert json.loads(output)["computers"]["PC-0003"]["state"] == "done"
    assert len(office.records("PC-0003", "dpkg:slow-tool:all")) == before + 1
    assert office.ledger.verify() == ()


def test_deploy_is_planned_shown_and_recorded_as_a_deployment(office: SaltOffice) -> None:
    order = ("deploy", "PC-0004", "install=FREE-0002", "notice=2026-031")
    code, shown = office.run(*order, "test=True")
    assert (code, shown["computers"]["PC-0004"]["state"]) == (0, "planned")
    code, done = office.run(*order)
    assert (code, done["computers"]["PC-0004"]["state"]) == (0, "done")
    assert done["computers"]["PC-0004"]["hash"] == shown["computers"]["PC-0004"]["hash"]
    (booked,) = office.records("PC-0004", "dpkg:p7zip-desktop:all")
    assert booked.record.cause == "deployment"
    code, answer = office.run("deploy", "PC-0004", "install=FREE-9999")
    assert code == 2
    assert any("no software has the number 'FREE-9999'" in error for error in answer["errors"])


def test_maintain_carries_out_an_approved_request_once(office: SaltOffice) -> None:
    workspace, now = Workspace(office.workspace), dt.datetime.now(dt.UTC)
    draft = Draft(computer="PC-0001", kind="install", number="FREE-0002", applicant="E0007", reason="解压")
    (filed,) = apply_for(workspace, [draft], now=now)
    for person in ("E0003", "E0002"):
        decide(workspace, filed.id, Decision(kind="approved", by=person), now=now)
    assert office.states("maintain", filed.id) == {"PC-0001": "done"}
    (booked,) = office.records("PC-0001", "dpkg:p7zip-desktop:all")
    assert booked.record.cause == f"request:{filed.id}"
    assert office.run("maintain", filed.id)[0] == 3
    assert office.ledger.verify() == ()


def test_the_guard_from_the_master_to_the_state(
    office: SaltOffice, ansible_environment: dict[str, str], tmp_path: Path
) -> None:
    """The runner brings the table, the state keeps what it brought; both show what Ansible's check mode shows."""
    enforce_everything(office.workspace, guard={"mode": "enforce", "message": "请联系信息中心"})
    host = office.hosts["PC-0004"]

    def keep(*arguments: str) -> dict[str, Any]:
        answer = office.lab.salt([host.name], "state.single", "zhengban.guarded", "name=guard", *arguments)[host.name]
        ((_id, state),) = answer.items()
        return dict(state)

    lost = keep("test=True")
    assert (lost["result"], f"salt-run zhengban.guard {host.name}" in lost["comment"]) == (False, True)

    code, shown = office.run("guard", "PC-0004", "test=True")
    look = shown["computers"]["PC-0004"]
    assert (code, look["state"], look["mode"], look["doors"]) == (0, "planned", "enforce", {})
    check = ["--check", "--diff", "--limit", "pc-0004"]
    command = ["ansible-playbook", "-i", "inventories/hosts.yml", "zhengban.baseline.guard", *check]
    played = subprocess.run(command, cwd=office.workspace, env=ansible_environment, capture_output=True, text=True)
    assert played.returncode == 0, played.stdout + played.stderr
    diff = [line[1:] for line in played.stdout.splitlines() if line.startswith("+/")]
    assert look["changes"] == diff
    assert host.run(["ls", "/usr/lib/zhengban"]).returncode != 0

    code, done = office.run("guard", "PC-0004")
    look = done["computers"]["PC-0004"]
    assert (code, look["state"], look["changes"]) == (0, "done", diff)
    assert (look["doors"]["apt"], look["doors"]["dpkg"]) == ("shut", "shut")
    assert office.states("guard", "PC-0004") == {"PC-0004": "unchanged"}
    blocked = host.run(["dpkg", "-i", UNLISTED])
    assert (blocked.returncode, "请联系信息中心" in blocked.stderr) == (2, True)
    kept = keep()
    assert (kept["result"], kept["changes"]) == (True, {})

    hook = "/etc/dpkg/dpkg.cfg.d/zhengban-guard"
    host.run(["rm", hook], check=True)
    damaged = {"old": "", "new": f"{hook}\n"}
    dry = keep("test=True")
    assert (dry["result"], dry["changes"], host.run(["ls", hook]).returncode != 0) == (None, damaged, True)
    assert office.run("guard", "PC-0004", "test=True")[1]["computers"]["PC-0004"]["changes"] == [hook]
    mended = keep()
    assert (mended["result"], mended["changes"]) == (True, damaged)
    assert host.run(["dpkg", "-i", UNLISTED]).returncode == 2

    # A state lowers the mode and never raises it; the master does.
    table = "/var/lib/zhengban/guard.json"
    assert keep("ensure=audit")["changes"] == {"old": "", "new": f"{table}\n"}
    assert keep()["changes"] == {}
    assert "dpkg: recorded" in host.run(["zhengban-guard", "status"]).stdout
    assert office.run("guard", "PC-0004")[1]["computers"]["PC-0004"]["changes"] == [table]
    gone = keep("ensure=absent")
    assert (gone["result"], hook in gone["changes"]["old"], gone["changes"]["new"]) == (True, True, "")
    assert keep("ensure=absent")["changes"] == {}
    assert office.states("guard", "PC-0004", "ensure=absent") == {"PC-0004": "unchanged"}
