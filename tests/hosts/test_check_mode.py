# SPDX-License-Identifier: Apache-2.0
"""Check mode of every playbook says what it would do and writes nothing: not a byte, a name or a mode of the workspace,
and nothing on the host. Source: DESIGN 5.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.hosts.conftest import Office
from tests.hosts.test_maintain import apply_and_approve
from tests.lab.hosts import Host, Lab
from tests.lab.office import DEBS, DESKTOP, furnish, install
from tests.lab.repository import Deb, build_repository
from tests.lab.workspace import REPOSITORY_ROOT
from zhengban.model.record import BookedRecord, Change, Intent, Record

pytestmark = pytest.mark.slow

PLAYBOOKS = REPOSITORY_ROOT / "collections/ansible_collections/zhengban/baseline/playbooks"
NUMBER = "PC-0001"
SOFTWARE = """\
software:
- {name: 量尺, number: FREE-0901, type: free, category: other,
   packages: [{manager: dpkg, name: ruler, versions: ">=1"}]}
"""
UPGRADES = 'upgrades:\n- {software: 量尺, to_version: ">=2", rollout: [{percent: 100, from: 2026-01-01}]}\n'
# Each playbook: its exit code, its variables (%NAME% is filled in) and what its check has to say. One that is not here
# fails the test below: it has to be tried too.
ENTRIES: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "targets": (0, "", ()),
    "collect": (0, "", ()),
    "audit": (0, "", ("- xunlei-thunder",)),
    "enforce": (0, "", ("- xunlei-thunder", "armed")),
    # By itself there is no plan to arm.
    "carry_out": (2, "", ("plan",)),
    "deploy": (0, '{"zhengban_install": ["FREE-0002"], "zhengban_notice": "2026-031"}', ("+ p7zip-desktop",)),
    "maintain": (0, '{"zhengban_request": "%REQUEST%"}', ("+ p7zip-desktop",)),
    "restore": (0, '{"zhengban_run": "%RUN%"}', ("wps-office",)),
    "upgrade": (0, "", ("ruler",)),
    "urgent": (0, "", ("- steam-launcher",)),
    "guard": (0, "", ()),
    "doors": (0, '{"zhengban_unguarded": true}', ()),
    "recover": (0, "", ()),
}


def test_every_playbook_is_here() -> None:
    assert set(ENTRIES) == {path.stem for path in PLAYBOOKS.glob("*.yml")}


def digest(root: Path) -> dict[str, tuple[int, str]]:
    """Mode and content of everything below a folder, by name."""
    return {
        str(path.relative_to(root)): (
            path.lstat().st_mode,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(root.rglob("*"))
    }


def on_host(host: Host) -> str:
    """What a change would leave on a host: packages, and every file of ours and of the doors."""
    ours = "find /etc/apt /etc/dpkg /etc/zhengban /var/lib/zhengban /usr/lib/zhengban /usr/local -type f"
    script = f"dpkg-query -W; {ours} -exec sha256sum {{}} + 2>/dev/null | sort -k2; cat /var/lib/apt/extended_states"
    return host.run(["sh", "-c", script]).stdout


@pytest.fixture(scope="module")
def host(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    rulers = (Deb(name="ruler", version="1.0"), Deb(name="ruler", version="2.0"))
    repository = build_repository(tmp_path_factory.mktemp("check") / "repository", (*DEBS, *rulers))
    (started,) = lab.start(("pc-0001",), repository=repository)
    furnish({started: (*DESKTOP, "ruler=1.0")})
    yield started
    started.stop()


def leave_open(here: Office) -> None:
    """A change that a run which was killed left open."""
    run = "20261123T093000Z-abcdef"
    record = Record(
        id=f"{run}/{NUMBER}/0",
        action="uninstall",
        computer=NUMBER,
        package="dpkg:xunlei-thunder:amd64",
        version="1.0.4",
        date=dt.date(2026, 11, 23),
        quantity=1,
        cause="enforcement",
        evidence="verified",
        run=run,
        by="ops@controller",
    )
    booked = BookedRecord(book="UNLISTED", record=record)
    change = Change(package=record.package, kind="remove", old="1.0.4", records=(booked,))
    at = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
    ledger = here.ledger
    with ledger.lock_computer(NUMBER):
        ledger.open_intent(
            Intent(id=f"{run}/{NUMBER}", run=run, computer=NUMBER, plan="3" * 64, at=at, changes=(change,))
        )


def test_check_mode_of_every_playbook_writes_nothing(
    lab: Lab, host: Host, office: Callable[[Lab, Mapping[str, Host]], Office]
) -> None:
    here = office(lab, {NUMBER: host})
    (here.workspace / "policies" / "ruler.yml").write_text(SOFTWARE, encoding="utf-8")
    first = here.run("zhengban.baseline.enforce")
    assert first.code == 0, first.output
    # Something to do again for each of them.
    install(host, "xunlei-thunder", "steam-launcher")
    (here.workspace / "policies" / "upgrades.yml").write_text(UPGRADES, encoding="utf-8")
    here.set_baseline(
        actions={"unlisted": "remove", "forbidden": "remove", "upgrade_due": "upgrade"}, guard={"mode": "enforce"}
    )
    filled = {"%REQUEST%": apply_and_approve(here), "%RUN%": here.ledger.all_records()[0].record.run}
    command = ["zhengban", "urgent", "open", "dpkg:steam-*", "--computers", "5", "--reason", "RCE"]
    subprocess.run([*command, "--approved-by", "E0001"], cwd=here.workspace, env=dict(here.environment), check=True)
    # What a check would have to make first if it wrote: caches and locks.
    for folder in ("facts", "plans", "ledger/.locks"):
        shutil.rmtree(here.workspace / folder)
    wrong = []
    for name, (code, variables, said) in ENTRIES.items():
        if name == "recover":
            leave_open(here)
            shutil.rmtree(here.workspace / "ledger" / ".locks")
        options = ["-e", variables] if variables else []
        for key, value in filled.items():
            options = [option.replace(key, value) for option in options]
        before, host_before = digest(here.workspace), on_host(host)
        run = here.run(f"zhengban.baseline.{name}", "--check", "--diff", *options)
        wrong += [f"{name}: {path}" for path in digest(here.workspace).items() ^ before.items()]
        wrong += [f"{name}: the host changed"] * (on_host(host) != host_before)
        wrong += [f"{name}: exit code {run.code}\n{run.output}"] * (run.code != code)
        wrong += [f"{name}: does not say {text!r}\n{run.output}" for text in said if text not in run.output]
    assert not wrong, "\n".join(wrong)
