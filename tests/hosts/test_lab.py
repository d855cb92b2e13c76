# SPDX-License-Identifier: Apache-2.0
"""The lab itself: what the demo and every host test stand on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.hosts import Host, Lab, choose_runtime
from tests.lab.image import CACHE
from tests.lab.process import process_identity
from tests.lab.repository import Deb, build_repository
from tests.lab.workspace import assemble_workspace
from zhengban.policy.load import load_policy
from zhengban.register.load import load_register

DEBS = (
    Deb(name="lab-tool", version="1.0", relations={"Depends": "lab-library (>= 1)"}),
    Deb(name="lab-tool", version="2.0", relations={"Depends": "lab-library (>= 1)"}),
    Deb(name="lab-library", version="1:1.2-3", files={"/usr/share/lab/library.txt": "中文\n"}),
)


@pytest.fixture(scope="module", params=["podman", "chroot"])
def runtime_name(request: pytest.FixtureRequest) -> Iterator[str]:
    before = os.environ.get("ZHENGBAN_LAB_RUNTIME")
    os.environ["ZHENGBAN_LAB_RUNTIME"] = request.param
    yield request.param
    del os.environ["ZHENGBAN_LAB_RUNTIME"]
    if before is not None:
        os.environ["ZHENGBAN_LAB_RUNTIME"] = before


@pytest.fixture(scope="module")
def two_hosts(
    runtime_name: str, new_lab: Callable[[], Lab], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Lab, Host, Host]]:
    repository = build_repository(tmp_path_factory.mktemp("repository"), DEBS)
    lab = new_lab()
    assert lab.runtime.name == runtime_name
    first, second = lab.start(["lab-a", "lab-b"], repository=repository)
    yield lab, first, second
    lab.stop()


def test_hosts_are_debian_and_their_own(two_hosts: tuple[Lab, Host, Host]) -> None:
    _, first, second = two_hosts
    assert "ID=debian\n" in first.run(["cat", "/etc/os-release"], check=True).stdout
    assert first.run(["cat", "/etc/machine-id"]).stdout == f"{first.machine_id}\n"
    assert first.machine_id != second.machine_id
    first.write_file("/srv/note/a.txt", "只在这里\n")
    assert first.run(["cat", "/srv/note/a.txt"]).stdout == "只在这里\n"
    assert second.run(["cat", "/srv/note/a.txt"]).returncode != 0


def test_hosts_have_no_network(two_hosts: tuple[Lab, Host, Host]) -> None:
    _, first, _ = two_hosts
    devices = first.run(["cat", "/proc/net/dev"], check=True).stdout.splitlines()[2:]
    assert [line.split(":")[0].strip() for line in devices] == ["lo"]


def test_repository_serves_versions_and_dependencies(two_hosts: tuple[Lab, Host, Host]) -> None:
    _, first, second = two_hosts
    first.run(["apt-get", "-qq", "install", "--yes", "lab-tool=1.0"], check=True)
    assert {name: version for name, version in first.packages().items() if name.startswith("lab-")} == {
        "lab-library": "1:1.2-3",
        "lab-tool": "1.0",
    }
    assert "lab-tool" not in second.packages()
    first.run(["apt-get", "-qq", "remove", "--yes", "lab-tool"], check=True)
    assert "lab-tool" not in first.packages()


def test_ansible_reaches_hosts_over_ssh(
    two_hosts: tuple[Lab, Host, Host], ansible_environment: dict[str, str], tmp_path: Path
) -> None:
    lab, first, second = two_hosts
    inventory = tmp_path / "hosts.yml"
    group = {"hosts": {first.name: {}, second.name: {}}, "vars": lab.ssh_variables()}
    inventory.write_text(json.dumps({"all": group}), encoding="utf-8")
    ansible = [sys.executable, "-m", "ansible", "adhoc", "all", "-i", str(inventory), "-o"]
    ping = subprocess.run([*ansible, "-m", "ping"], capture_output=True, text=True, env=ansible_environment)
    assert ping.stdout.count('"ping": "pong"') == 2, ping.stdout + ping.stderr
    name = subprocess.run(
        [*ansible, "-m", "command", "-a", "cat /etc/machine-id"],
        capture_output=True,
        text=True,
        env=ansible_environment,
    )
    assert first.machine_id in name.stdout, name.stdout + name.stderr
    assert second.machine_id in name.stdout


def test_stop_leaves_nothing(runtime_name: str, new_lab: Callable[[], Lab]) -> None:
    before = _states_of(os.getpid())
    lab = new_lab()
    (host,) = lab.start(["lab-c"])
    assert len(_states_of(os.getpid())) == len(before) + 1
    directory = lab.identity_file.parent
    lab.stop()
    assert host.run(["true"]).returncode != 0
    assert not directory.exists()
    assert _states_of(os.getpid()) == before


def test_hosts_go_when_their_owner_is_killed(runtime_name: str, new_lab: Callable[[], Lab], repo_root: Path) -> None:
    """kill -9 of a demo or test run must not leave containers on somebody's machine."""
    new_lab().stop()  # skips where no host can run
    script = (
        "from tests.lab.hosts import Lab\nlab = Lab()\n(host,) = lab.start(['lab-d'])\n"
        "print(host.handle, flush=True)\ninput()\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=repo_root,
    )
    assert owner.stdin is not None
    assert owner.stdout is not None
    handle = owner.stdout.readline().strip()
    probe = [*choose_runtime().enter(handle), "true"]
    assert subprocess.run(probe).returncode == 0
    states = _states_of(owner.pid)
    assert len(states) == 1
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdin.close()
    owner.stdout.close()
    deadline = time.monotonic() + 20
    while states[0].exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not states[0].exists()
    assert subprocess.run(probe, capture_output=True).returncode != 0


def test_process_identity_tells_a_process_that_ended() -> None:
    child = subprocess.Popen(["sleep", "60"])
    identity = process_identity(child.pid)
    assert identity
    child.kill()
    child.wait()
    assert process_identity(child.pid) == ""


def _states_of(owner: int) -> list[Path]:
    found = sorted((CACHE / "labs").glob("*.json"))
    return [state for state in found if json.loads(state.read_text(encoding="utf-8"))["owner"][0] == owner]


def test_workspace_adopts_hosts_into_the_example(
    runtime_name: str, two_hosts: tuple[Lab, Host, Host], tmp_path: Path
) -> None:
    lab, first, second = two_hosts
    workspace = assemble_workspace(tmp_path, lab=lab, computers={"PC-0001": first, "PC-9001": second})
    register = load_register(workspace)
    assert {computer.number: computer.identity.machine_id for computer in register.computers} == {
        "PC-0001": first.machine_id,
        "PC-9001": second.machine_id,
    }
    assert load_policy(workspace, register).products
