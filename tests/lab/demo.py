# SPDX-License-Identifier: Apache-2.0
"""The main job on real hosts: audit, dry run, enforcement, ledger, and a second run with nothing to do.

``make demo`` runs it. The workspace stays in ``.demo/`` to be explored with the command line; the hosts go.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from . import LabUnavailable
from .hosts import Host, Lab
from .office import DESKTOP, RETIRED, SERVER, build_office_repository, enforce_everything, furnish
from .workspace import REPOSITORY_ROOT, assemble_workspace, copy_example

DEMO = REPOSITORY_ROOT / ".demo"
PLANNED = re.compile(r"([A-Z]+-[0-9]+) plan ([0-9a-f]{12}) \(enforce\)")
CHANGED = re.compile(r"changed=[1-9]")
COMPUTERS = {"PC-0001": DESKTOP, "PC-0002": (*DESKTOP, *RETIRED), "SRV-0001": SERVER}


class Story:
    """Runs the commands a user would type, in the workspace, and shows each with its output."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.environment = {
            **os.environ,
            # The test of the artefact names another place, where it has installed it.
            "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ZHENGBAN_COLLECTIONS", str(REPOSITORY_ROOT / "collections")),
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            "ANSIBLE_HOME": str(REPOSITORY_ROOT / ".cache" / "ansible"),
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
            "ANSIBLE_FORCE_COLOR": "true" if sys.stdout.isatty() else "false",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def chapter(self, title: str) -> None:
        print(f"\n=== {title}", flush=True)

    def run(self, *command: str, expect: int = 0) -> str:
        """Run a command, show it and its output, and give the output back; another exit code ends the demo."""
        print(f"$ {shlex.join(command)}", flush=True)
        result = subprocess.run(command, cwd=self.workspace, env=self.environment, capture_output=True, text=True)
        print(result.stdout + result.stderr, flush=True)
        if result.returncode != expect:
            raise SystemExit(f"expected exit code {expect}, got {result.returncode}")
        return result.stdout

    def playbook(self, name: str, *options: str) -> str:
        return self.run("ansible-playbook", "-i", "inventories/hosts.yml", f"zhengban.baseline.{name}", *options)


def tell(workspace: Path, hosts: dict[str, Host]) -> None:
    """The story itself. Every claim it prints has been checked here before."""
    story = Story(workspace)
    before = {number: host.packages() for number, host in hosts.items()}

    story.chapter("1. Audit: what is on the computers, and what the policy would change. Nothing is touched.")
    story.playbook("audit")

    story.chapter("2. Enforce in check mode: the same plan, nothing written anywhere.")
    written = _content(workspace)
    foreseen = set(PLANNED.findall(story.playbook("enforce", "--check")))
    if _content(workspace) != written:
        raise SystemExit("check mode wrote into the workspace")

    story.chapter("3. Enforce: plan all, arm the run once, apply, verify, record.")
    story.playbook("enforce")
    (armed,) = (workspace / "plans" / "armed").glob("*.json")
    hashes = json.loads(armed.read_text(encoding="utf-8"))["computers"]
    if {(number, value[:12]) for number, value in hashes.items()} != foreseen:
        raise SystemExit("the armed plans are not those of check mode")
    planned = {number: _plan(workspace, number) for number in hosts}
    for number, host in hosts.items():
        _compare(number, before[number], planned[number], host.packages())
    print(
        "Checked: check mode wrote nothing and showed the hashes that were armed; the packages of every host are what\n"
        "its plan said, dependencies and followers included. wps-fonts is in no list and stayed: WPS Office needs it."
    )

    story.chapter("4. The ledger: one book for each software number, a line for each change.")
    story.run("zhengban", "ledger", "show")
    story.run("zhengban", "ledger", "verify")
    for book in sorted((workspace / "ledger" / "books").iterdir()):
        print(f"--- ledger/books/{book.name}\n{book.read_text(encoding='utf-8')}", end="")

    story.chapter("5. Enforce again: nothing to do.")
    if CHANGED.search(story.playbook("enforce")):
        raise SystemExit("the second run changed something")
    print("PC-0002 still has Flash Player, which is retired: the policy only reports that, for a person to decide.")
    story.run("zhengban", "assess", expect=1)
    print("\nThe workspace stays in .demo/workspace. Where to look next:")
    print("  cd .demo/workspace")
    for command in ("assess", "plan", "ledger show --computer PC-0001", "validate"):
        print(f"  ../../.venv/bin/zhengban {command}")
    print("  policies/ is what was decided, inventories/register/ who has which computer, ledger/ what happened.")


def tell_without_hosts(workspace: Path, reason: str) -> None:
    """What can be shown where no host can run: the judgement of stored example facts."""
    story = Story(workspace)
    print(f"No throw-away host can run here ({reason}).\nThe demo judges stored facts of the example instead.")
    story.run("zhengban", "validate")
    facts = workspace / "facts"
    facts.mkdir()
    shutil.copy(Path(__file__).parent / "example-facts.json", facts / "PC-0001.json")
    story.run("zhengban", "assess", "PC-0001", expect=1)
    enforce_everything(workspace)
    story.run("zhengban", "plan", "PC-0001", expect=1)


def _content(workspace: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in workspace.rglob("*") if path.is_file()}


def _plan(workspace: Path, number: str) -> list[dict[str, str]]:
    (path,) = (workspace / "plans" / number).glob("*.json")
    actions: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))["actions"]
    return actions


def _compare(number: str, before: dict[str, str], actions: list[dict[str, str]], after: dict[str, str]) -> None:
    expected = dict(before)
    for action in actions:
        expected.pop(action["name"], None)
        if action["new"]:
            expected[action["name"]] = action["new"]
    if expected != after:
        raise SystemExit(f"{number}: the host differs from its plan: {sorted(expected.items() ^ after.items())}")


def main() -> int:
    started = time.monotonic()
    shutil.rmtree(DEMO, ignore_errors=True)
    DEMO.mkdir()
    workspace = DEMO / "workspace"
    try:
        with Lab() as lab:
            repository = build_office_repository(DEMO / "repository")
            names = {number: number.lower() for number in COMPUTERS}
            started_hosts = lab.start(names.values(), repository=repository)
            hosts = dict(zip(COMPUTERS, started_hosts, strict=True))
            furnish({hosts[number]: packages for number, packages in COMPUTERS.items()})
            assemble_workspace(workspace, lab=lab, computers=hosts)
            enforce_everything(workspace)
            print(f"{len(hosts)} Debian hosts are running ({time.monotonic() - started:.0f} s).", flush=True)
            tell(workspace, hosts)
    except LabUnavailable as err:
        tell_without_hosts(copy_example(workspace), str(err))
    print(f"Done in {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
