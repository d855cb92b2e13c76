# SPDX-License-Identifier: Apache-2.0
"""An office of real hosts, and the playbooks run on it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.hosts import Host, Lab
from tests.lab.office import build_office_repository, enforce_everything
from tests.lab.rpm import Key
from tests.lab.windows.hosts import WindowsHost, WindowsLab
from tests.lab.windows.workspace import adopt_windows
from tests.lab.workspace import assemble_workspace, copy_example
from zhengban.ledger.ledger import Ledger
from zhengban.model.record import BookedRecord


@dataclass(frozen=True, kw_only=True)
class Run:
    """One ansible-playbook run: its exit code, its output, and every task result."""

    code: int
    output: str
    tasks: tuple[dict[str, Any], ...]

    def results(self, task: str) -> dict[str, dict[str, Any]]:
        """Results of one task by host; a loop or a second run of the task in one playbook keeps the last."""
        return {row["host"]: row["result"] for row in self.tasks if row["task"].endswith(task)}

    @property
    def plans(self) -> dict[str, dict[str, Any]]:
        return self.results("Read, judge and plan")

    @property
    def hashes(self) -> dict[str, str]:
        return {host: plan["hash"] for host, plan in self.plans.items()}


@dataclass(frozen=True, kw_only=True)
class Office:
    """A workspace of the example organisation whose computers are running hosts."""

    workspace: Path
    environment: Mapping[str, str]
    hosts: Mapping[str, Host]
    log: Path = field(repr=False)

    def command(self, playbook: str, *options: str) -> list[str]:
        return ["ansible-playbook", "-i", "inventories/hosts.yml", playbook, *options]

    def start(self, playbook: str, *options: str) -> subprocess.Popen[str]:
        """Start a playbook in a process group of its own and return at once."""
        return subprocess.Popen(
            self.command(playbook, *options),
            cwd=self.workspace,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, playbook: str, *options: str) -> Run:
        """Run a playbook to its end."""
        self.log.write_text("", encoding="utf-8")
        process = self.start(playbook, *options)
        output, _ = process.communicate(timeout=300)
        rows = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
        return Run(code=process.returncode, output=output, tasks=tuple(rows))

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.workspace / "ledger")

    def records(self, computer: str) -> list[BookedRecord]:
        return [booked for booked in self.ledger.all_records() if booked.record.computer == computer]

    def set_baseline(self, **settings: object) -> None:
        """Write a baseline that enforces everything, with single keys replaced."""
        enforce_everything(self.workspace, **settings)

    def rewrite(self, relative: str, change: Callable[[Any], None]) -> None:
        """Change one YAML file of the workspace, every scalar of it as text."""
        path = self.workspace / relative
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        change(document)
        path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def playbook(self, plays: Sequence[Mapping[str, Any]]) -> str:
        """Write a playbook of one's own; returns its path."""
        path = self.workspace / "test-playbook.yml"
        path.write_text(yaml.safe_dump(list(plays), sort_keys=False), encoding="utf-8")
        return str(path)


@pytest.fixture(scope="session")
def office_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The office's packages as a repository that hosts can mount."""
    return build_office_repository(tmp_path_factory.mktemp("office") / "repository")


@pytest.fixture(scope="module")
def key() -> Iterator[Key]:
    """A key that signs RPM packages."""
    with Key() as key:
        yield key


@pytest.fixture
def office(tmp_path: Path, ansible_environment: dict[str, str]) -> Callable[[Lab, Mapping[str, Host]], Office]:
    """A maker of offices: a fresh workspace over hosts that are already running."""

    def make(lab: Lab, hosts: Mapping[str, Host]) -> Office:
        workspace = assemble_workspace(tmp_path / "workspace", lab=lab, computers=hosts)
        return open_office(workspace, ansible_environment, hosts)

    return make


@pytest.fixture
def windows_office(tmp_path: Path, ansible_environment: dict[str, str]) -> Callable[..., Office]:
    """The same of Windows-like hosts, and of other hosts besides where they are given."""

    def make(
        windows_lab: WindowsLab,
        windows: Mapping[str, WindowsHost],
        *,
        lab: Lab | None = None,
        others: Mapping[str, Host] | None = None,
    ) -> Office:
        workspace = tmp_path / "workspace"
        if lab is not None and others is not None:
            assemble_workspace(workspace, lab=lab, computers=others, keep_others=True)
        else:
            copy_example(workspace)
        adopt_windows(workspace, windows_lab, windows, also=tuple(others or ()))
        return open_office(workspace, ansible_environment, others or {})

    return make


def open_office(workspace: Path, ansible_environment: Mapping[str, str], hosts: Mapping[str, Host]) -> Office:
    """An office that enforces everything, and notes every task of its playbooks."""
    enforce_everything(workspace)
    log = workspace.with_name("tasks.jsonl")
    environment = {
        **ansible_environment,
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "task_log",
        "TASK_LOG": str(log),
    }
    return Office(workspace=workspace, environment=environment, hosts=dict(hosts), log=log)
