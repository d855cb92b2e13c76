# SPDX-License-Identifier: Apache-2.0
"""What goes wrong between a controller and Windows hosts: each has its message, and every change one record."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hosts.conftest import Office
from tests.hosts.test_kill import end_with_workers, wait_for
from tests.hosts.test_windows_lab import processes_of
from tests.lab.windows.hosts import UNINSTALL, WindowsHost, WindowsLab
from tests.lab.windows.workspace import HANGING, KAV, SLOW, WPS, WUKONG, write_variables

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hosts(windows_lab: WindowsLab) -> Iterator[dict[str, WindowsHost]]:
    started = windows_lab.start(["pc-0001", "pc-0002"], secure=["pc-0002"])
    for host in started:
        host.install(KAV, WPS)
    yield {"PC-0001": started[0], "PC-0002": started[1]}


@pytest.fixture
def here(windows_lab: WindowsLab, hosts: dict[str, WindowsHost], windows_office: Callable[..., Office]) -> Office:
    return windows_office(windows_lab, hosts)


def start_until(here: Office, host: WindowsHost, program: str) -> subprocess.Popen[str]:
    """Enforce on PC-0002, and return as soon as the host runs a program."""
    host.forget()
    process = here.start("zhengban.baseline.enforce", "--limit", "pc-0002")

    def is_at_work() -> bool:
        return any(program in event.get("line", "") for event in host.asked())

    wait_for(lambda: is_at_work() or process.poll() is not None)
    assert is_at_work(), process.communicate()[0]
    return process


def uninstalls(here: Office, number: str, name: str) -> int:
    return sum(item.record.action == "uninstall" and name in item.record.package for item in here.records(number))


def test_wrong_password_and_strange_certificate(
    here: Office, hosts: dict[str, WindowsHost], windows_lab: WindowsLab
) -> None:
    write_variables(here.workspace, hosts["PC-0001"], ansible_password="wrong")
    strange = windows_lab.certificate("strange")
    write_variables(here.workspace, hosts["PC-0002"], ansible_winrm_ca_trust_path=str(strange))
    run = here.run("zhengban.baseline.enforce")
    assert run.code != 0
    messages = {row["host"]: row["result"]["msg"] for row in run.tasks if row["status"] == "unreachable"}
    assert "the specified credentials were rejected by the server" in messages["pc-0001"]
    assert "certificate verify failed" in messages["pc-0002"]
    assert here.ledger.all_records() == ()


def test_what_windows_hosts_are_not_asked(here: Office, hosts: dict[str, WindowsHost]) -> None:
    """Another connection than winrm, and to try doors, each with what to do."""
    write_variables(here.workspace, hosts["PC-0001"], ansible_connection="ssh", ansible_shell_type="cmd")
    tasks = [{"zhengban.baseline.doors": {}, "ignore_errors": True}]
    run = here.run(here.playbook([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    failed = [(row["host"], row["result"]["msg"]) for row in run.tasks if row["status"] == "failed"]
    assert len(failed) == 2
    for host, message in failed:
        expected = "is a Windows host over ssh: use winrm" if host == "pc-0001" else "are not tried, only read"
        assert expected in message


def test_an_uninstaller_that_hangs_is_ended(here: Office, hosts: dict[str, WindowsHost]) -> None:
    host = hosts["PC-0001"]
    host.add_entry(HANGING)
    host.install(WUKONG)
    write_variables(here.workspace, host, zhengban_program_timeout=6)
    before = set(processes_of(str(host.prefix)))
    run = here.run("zhengban.baseline.enforce", "--limit", "pc-0001")
    (result,) = run.results("Carry out the plan").values()
    assert run.code != 0, run.output
    assert "did not end within 6 s and was ended" in result["msg"]
    assert uninstalls(here, "PC-0001", WUKONG.name) == 1, "what could leave has left"
    assert uninstalls(here, "PC-0001", "不肯走") == 0
    assert here.ledger.pending() == ()
    assert HANGING.key in host.entries()
    hanging = [pid for pid in set(processes_of(str(host.prefix))) - before if "ping" in command_of(pid)]
    assert hanging == []
    host.registry.delete(f"{UNINSTALL}\\{HANGING.key}")


def test_the_service_dies_in_the_middle_of_a_command(here: Office, hosts: dict[str, WindowsHost]) -> None:
    host = hosts["PC-0002"]
    host.add_entry(SLOW)
    process = start_until(here, host, "ping -n 6")
    host.kill_endpoint()
    output, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "stopped answering over WinRM" in output
    assert [intent.computer for intent in here.ledger.pending()] == ["PC-0002"], "what the host did is unknown"

    # What it had started went on. No key at all is a reg.exe that could not list them, not an uninstaller that is done.
    wait_for(lambda: SLOW.key not in (host.entries() or {SLOW.key}))
    host.start_endpoint()
    write_variables(here.workspace, host)
    recover = here.run("zhengban.baseline.recover")
    assert recover.code == 0, recover.output
    assert uninstalls(here, "PC-0002", "慢慢来") == 1
    assert here.ledger.pending() == () and here.ledger.verify() == ()


def test_killed_in_the_middle_then_recovered(here: Office, hosts: dict[str, WindowsHost]) -> None:
    """The recovering run waits for the program the killed one had started, by the id of its command."""
    host = hosts["PC-0002"]
    host.add_entry(SLOW)
    process = start_until(here, host, "ping -n 6")
    time.sleep(0.5)
    end_with_workers(process)
    assert here.records("PC-0002") == []
    recover = here.run("zhengban.baseline.recover")
    assert recover.code == 0, recover.output
    assert SLOW.key not in host.entries()
    assert uninstalls(here, "PC-0002", "慢慢来") == 1
    again = here.run("zhengban.baseline.recover")
    assert again.code == 0 and uninstalls(here, "PC-0002", "慢慢来") == 1
    assert here.ledger.pending() == () and here.ledger.verify() == ()


def command_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
