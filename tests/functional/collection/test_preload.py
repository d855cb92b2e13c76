# SPDX-License-Identifier: Apache-2.0
"""What the inventory plugin reads in the parent process, the workers forked from it need not read again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.functional.collection import load_plugin_util
from tests.lab.workspace import copy_example
from tests.unit.ledger.examples import carry_out, make_intent
from zhengban.ledger import Ledger, batches
from zhengban.model.errors import LedgerError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = copy_example(tmp_path / "workspace")
    carry_out(Ledger(root / "ledger"), make_intent("PC-0001"))
    return root


def test_a_forked_worker_reads_only_what_was_appended(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    core = load_plugin_util("core")
    core.preload_workspace(root)
    carry_out(Ledger(root / "ledger"), make_intent("PC-0002"))
    read: list[bytes] = []
    original = batches._read_raws

    def noted(raws: list[bytes], *rest: object) -> object:
        read.extend(raws)
        return original(raws, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(batches, "_read_raws", noted)
    out, into = os.pipe()
    if not (child := os.fork()):
        try:
            workspace = core.open_workspace(SimpleNamespace(), {"workspace": str(root)}, {})
            holdings = workspace.ledger.recall().holdings
            foreign = [line for line in read if b"PC-0002" not in line]
            answer = f"{len(read)} {len(foreign)} {sorted({computer for computer, _package in holdings})}"
            os.write(into, answer.encode())
        finally:
            os._exit(0)
    os.close(into)
    deadline = time.monotonic() + 60
    while os.waitpid(child, os.WNOHANG) == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.01)
    # Six records and one commit line.
    assert os.read(out, 1000).decode() == "7 0 ['PC-0001', 'PC-0002']"
    os.close(out)


def test_damaged_ledger_stops_the_tasks_and_not_the_inventory(root: Path) -> None:
    core = load_plugin_util("core")
    with (root / "ledger" / "books" / "COM-0001.yml").open("ab") as stream:
        stream.write(b"- {damaged\n")
    workspace = core.preload_workspace(root)
    assert workspace.register.computers
    with pytest.raises(LedgerError, match=r"COM-0001.yml:4"):
        workspace.ledger.recall()


def test_reading_facts_alone_imports_nothing_of_the_core(repo_root: Path) -> None:
    """It would take longer than the host does to answer; only a Windows host is asked by the core."""
    program = (
        "import sys; from ansible.plugins.loader import init_plugin_loader, action_loader; init_plugin_loader();"
        "assert action_loader.get('zhengban.baseline.software_info', class_only=True);"
        "print(*(name for name in sys.modules if name.split('.')[0] in ('zhengban', 'msgspec')))"
    )
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(repo_root / "collections")}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
