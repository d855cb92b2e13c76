# SPDX-License-Identifier: Apache-2.0
"""The hosts and the workspace of the collection's Molecule scenarios, kept by a process of its own.

``python -m tests.lab.molecule start FOLDER`` returns once everything is there, ``stop FOLDER`` once it is gone. The
create and destroy playbooks call them; whoever forgets to stop finds the hosts gone after half an hour.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from zhengban.papers.deciding import decide
from zhengban.papers.decision import Decision
from zhengban.papers.requesting import Draft, apply_for
from zhengban.run.workspace import Workspace

from .hosts import Lab
from .office import DEBS, DESKTOP, SERVER, enforce_everything, furnish
from .process import process_identity, process_is
from .repository import Deb, build_repository
from .workspace import REPOSITORY_ROOT, assemble_workspace

COMPUTERS = {"PC-0001": DESKTOP, "PC-0002": (*DESKTOP, "ruler=1.0"), "SRV-0001": SERVER}
RULER = (Deb(name="ruler", version="1.0"), Deb(name="ruler", version="2.0"))
POLICY = """\
software:
- name: 量尺
  number: FREE-0901
  type: free
  category: other
  vendor: Lab
  made_in: domestic
  packages: [{manager: dpkg, name: ruler}]
"""
UPGRADES = """\
upgrades:
- {software: 量尺, to_version: ">=2", rollout: [{percent: 100, from: 2026-01-01}]}
"""
ACTIONS = {
    "unlisted": "remove",
    "forbidden": "remove",
    "version_not_allowed": "upgrade",
    "missing_required": "install",
    "upgrade_due": "upgrade",
}
KEPT_SECONDS = 1800
START_SECONDS = 300


def keep(folder: Path) -> None:
    """Have the hosts until we are told to end, or for half an hour."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Lab() as lab:
        repository = build_repository(folder / "repository", (*DEBS, *RULER))
        started = lab.start((number.lower() for number in COMPUTERS), repository=repository)
        hosts = dict(zip(COMPUTERS, started, strict=True))
        furnish({hosts[number]: packages for number, packages in COMPUTERS.items()})
        root = assemble_workspace(folder / "workspace", lab=lab, computers=hosts)
        enforce_everything(root, actions=ACTIONS)
        (root / "policies" / "ruler.yml").write_text(POLICY, encoding="utf-8")
        (root / "policies" / "upgrades.yml").write_text(UPGRADES, encoding="utf-8")
        (folder / "request").write_text(_approve_request(Workspace(root)), encoding="utf-8")
        (folder / "ready").touch()
        time.sleep(KEPT_SECONDS)


def _approve_request(workspace: Workspace) -> str:
    """E0007 applies for 7-Zip on PC-0001; the head of the department and IT approve."""
    now = dt.datetime.now(dt.UTC)
    draft = Draft(computer="PC-0001", kind="install", number="FREE-0002", applicant="E0007", reason="解压")
    (filed,) = apply_for(workspace, [draft], now=now)
    for person in ("E0003", "E0002"):
        decide(workspace, filed.id, Decision(kind="approved", by=person), now=now)
    return filed.id


def start(folder: Path) -> int:
    """Start a keeper in place of one that is there."""
    stop(folder)
    folder.mkdir(parents=True)
    with (folder / "log").open("wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.molecule", "keep", str(folder)],
            cwd=REPOSITORY_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (folder / "keeper").write_text(f"{keeper.pid} {process_identity(keeper.pid)}", encoding="ascii")
    deadline = time.monotonic() + START_SECONDS
    while not (folder / "ready").exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            print((folder / "log").read_text(encoding="utf-8", errors="replace"), file=sys.stderr)
            stop(folder)
            return 1
        time.sleep(0.1)
    return 0


def stop(folder: Path) -> int:
    """End the keeper, which removes its hosts, and its folder. Stopping twice is fine."""
    keeper = folder / "keeper"
    if keeper.exists():
        pid, _, identity = keeper.read_text(encoding="ascii").partition(" ")
        if process_is(int(pid), identity):
            os.kill(int(pid), signal.SIGTERM)
        while process_is(int(pid), identity):
            time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def main(arguments: list[str]) -> int:
    match arguments:
        case ["start", folder]:
            return start(Path(folder))
        case ["stop", folder]:
            return stop(Path(folder))
        case ["keep", folder]:
            keep(Path(folder))
            return 0
        case _:
            print("usage: python -m tests.lab.molecule start|stop FOLDER", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
