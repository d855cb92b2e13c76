# SPDX-License-Identifier: Apache-2.0
"""A computer as a folder, an order that fits it, and the commands a run of that order expects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.unit.host.systems import Call, Pkg, make_system
from zhengban.host import transaction
from zhengban.host.apt import OPTIONS
from zhengban.host.facts import collect
from zhengban.host.journal import Journal
from zhengban.run.host import read_answer

IDENTITY = {"serial_number": "", "machine_id": "0123456789abcdef0123456789abcdef"}
BEFORE = (Pkg(name="tool"), Pkg(name="unlisted"), Pkg(name="openssh-server", arch="amd64"))
AFTER = (Pkg(name="tool", version="2.0"), Pkg(name="newdep", arch="amd64"), BEFORE[2])
REQUEST: dict[str, Any] = {
    "manager": "dpkg",
    "install": [],
    "upgrade": [{"name": "tool", "versions": ">=2"}],
    "remove": ["unlisted:all"],
}
STEPS = [
    {"kind": "install", "name": "newdep", "arch": "amd64", "old": "", "new": "1.0"},
    {"kind": "remove", "name": "unlisted", "arch": "all", "old": "1.0", "new": ""},
    {"kind": "upgrade", "name": "tool", "arch": "all", "old": "1.0", "new": "2.0"},
]
MADISON = Call(argv=("apt-cache", "madison", "tool:amd64"), stdout="tool | 2.0 | r Packages\n")
SIMULATION = Call(
    argv=("apt-get", "-s", *OPTIONS, "install", "tool:amd64=2.0", "unlisted:amd64-"),
    stdout="Remv unlisted [1.0]\nInst newdep (1.0 r [amd64])\nInst tool [1.0] (2.0 r [all])\n",
)

SHOW = Call(argv=("apt-cache", "show", "newdep:amd64=1.0", "tool:amd64=2.0"), stdout="Package: tool\nDepends: newdep\n")
SIMULATED = (MADISON, SIMULATION, SHOW)
MARKS = Call(argv=("apt-mark", "auto", "newdep:amd64", "tool:amd64"))


class Computer:
    """A system, its state directory and an order that fits it."""

    def __init__(self, folder: Path) -> None:
        self.root = make_system(folder / "root", *BEFORE, automatic=["tool:amd64"])
        self.state = folder / "state"
        self.order: dict[str, Any] = {
            "intent": "run/PC-1",
            "plan": "f" * 64,
            "facts_digest": collect(str(self.root))["digest"],
            "identity": dict(IDENTITY),
            "protect": [],
            "transactions": [{"request": REQUEST, "steps": [dict(step) for step in STEPS]}],
        }

    def apply(self, run: Any) -> dict[str, Any]:
        result = transaction.apply(self.order, str(self.state), str(self.root), run)
        read_answer(result, source="test")
        return result

    def settle(self, intent: str = "run/PC-1", wait_seconds: float = 0) -> dict[str, Any]:
        result = transaction.settle(intent, wait_seconds, str(self.state), str(self.root))
        read_answer(result, source="test")
        return result

    def apt(
        self, *after: Pkg, verdict: str | None = "", stdout: str = "fine\n", returncode: int = 0, check: Any = None
    ) -> Call:
        """The real transaction: the hook's verdict, the packages it leaves (none given: unchanged)."""

        def effect(argv: Sequence[str]) -> None:
            state = self.state
            hooks = f"DPkg::Pre-Install-Pkgs::={state}/check-transaction {state}/transaction.json {state}/verdict.json"
            assert argv[argv.index("install") + 1 :] == ["newdep:amd64=1.0", "unlisted:amd64-", "tool:amd64=2.0"]
            assert {hooks, f"DPkg::Tools::Options::{state}/check-transaction::Version=3", "-y"} <= set(argv)
            assert json.loads((state / "transaction.json").read_text()) == [list(step.values()) for step in STEPS]
            assert Journal(str(state)).find("run/PC-1")["state"] == "started"
            if verdict is not None:
                (state / "verdict.json").write_text(json.dumps({"difference": verdict}))
            if after:
                make_system(self.root, *after)
            if check:
                check()

        return Call(argv=("apt-get", *OPTIONS, "-y"), prefix=True, stdout=stdout, returncode=returncode, effect=effect)
