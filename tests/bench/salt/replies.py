# SPDX-License-Identifier: Apache-2.0
"""The runner's audit of many minions whose replies are made up: the time and the memory of the master's side.

The replies are the facts of the lab's example computer, each with its own identity, packed as a minion packs them.
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from saltext.zhengban.modules import zhengban as module
from saltext.zhengban.utils.fleet import Fleet
from saltext.zhengban.utils.minions import Minions
from saltext.zhengban.utils.targets import select_targets
from saltext.zhengban.utils.ways import Ways
from tests.lab.workspace import REPOSITORY_ROOT, copy_example, write_register
from zhengban.run.workspace import Workspace

EXAMPLE = REPOSITORY_ROOT / "tests" / "lab" / "example-facts.json"


class MadeUp(Minions):
    """Replies at once, as the bus would bring them."""

    def __init__(self) -> None:
        super().__init__({}, timeout_seconds=1)
        self._document: dict[str, Any] = json.loads(EXAMPLE.read_text(encoding="utf-8"))

    def _client(self) -> Any:
        return self

    def cmd(self, minions: list[str], function: str, kwarg: dict[str, Any], **_: object) -> dict[str, Any]:
        return {
            minion: {"ret": module._answer(self._reply(minion, function, kwarg), packed=True)} for minion in minions
        }

    def _reply(self, minion: str, function: str, kwarg: dict[str, Any]) -> dict[str, Any]:
        if function == "zhengban.simulate":
            return {"request": kwarg["request"], "steps": [], "error": "made up"}
        document = {**self._document, "identity": identity(int(minion))}
        if kwarg.get("header_only"):
            return {key: value for key, value in document.items() if key not in ("columns", "packages")}
        return document


def identity(number: int) -> dict[str, str]:
    return {"serial_number": "", "machine_id": f"{number:032x}"}


def measure(computers: int) -> dict[str, Any]:
    """Seconds of the first audit, which reads everything, and of a second, which finds nothing changed."""
    with tempfile.TemporaryDirectory(prefix="zhengban-bench-") as folder:
        root = copy_example(Path(folder) / "workspace")
        rows = [
            {"number": f"PC-{at:05}", "names": {"minion": str(at)}, "brand": "x", "kind": "desktop", "user": "E0007"}
            | {"identity": identity(at)}
            for at in range(1, computers + 1)
        ]
        write_register(root / "inventories" / "register" / "computers.yml", {"computers": rows})
        (root / "policies" / "exceptions.yml").write_text("exceptions: []\n", encoding="utf-8")
        seconds = []
        for _turn in range(2):
            started = time.monotonic()
            workspace = Workspace(root)
            fleet = Fleet(
                workspace, Ways(MadeUp(), lambda: None, root), batch=20, wait_seconds=0, progress=lambda *_: None
            )
            run = fleet.audit(select_targets(workspace.register, "*", accepted=[]), test=False)
            seconds.append(time.monotonic() - started)
            assert len(run.computers) == computers
            assert all(look.assessment is not None for look in run.computers), run.computers[0].reason
    return {
        "computers": computers,
        "first": seconds[0],
        "unchanged": seconds[1],
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
