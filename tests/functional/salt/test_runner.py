# SPDX-License-Identifier: Apache-2.0
"""The runner's functions on a workspace, over minions in memory. Source: DESIGN 9, 11."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from saltext.zhengban.modules import zhengban as module
from saltext.zhengban.runners import zhengban as runner
from saltext.zhengban.utils.minions import Minions
from saltext.zhengban.utils.office import Office
from saltext.zhengban.utils.targets import Targets
from tests.unit.run.form_office import HEAD, IT, OFFICE, approve, ask, make_office
from tests.unit.run.memory_host import MemoryHost
from zhengban.cli.main import app
from zhengban.ledger import Ledger
from zhengban.run.workspace import Workspace

OFFERS = {"p7zip": "23", "wps-2019": "11"}


class Bus:
    """The master's jobs over minions that are hosts in memory, by id; ``tests`` are what they were told of ``test``."""

    def __init__(self) -> None:
        self.hosts = {f"pc-{number}": MemoryHost("game", offers=OFFERS) for number in (1, 2)}
        self.hosts["pc-2"].machine_id = self.hosts["pc-2"].machine_id[:-1] + "2"
        self.tests: list[bool] = []

    def cmd(self, minions: list[str], function: str, kwarg: dict[str, Any], **_: object) -> dict[str, Any]:
        return {minion: {"ret": module._answer(self._ask(minion, function, kwarg), packed=True)} for minion in minions}

    def _ask(self, minion: str, function: str, kwarg: dict[str, Any]) -> Any:
        host = self.hosts[minion]
        if function != "zhengban.software_info":
            name = function.removeprefix("zhengban.")
            (argument,) = (value for key, value in kwarg.items() if key != "packed")
            return getattr(host, name)(argument)
        self.tests.append(kwarg["test"])
        answer = host.software_info(kwarg.get("known_digest", ""), kwarg.get("outside"))
        return {
            key: answer[key] for key in answer if not kwarg.get("header_only") or key not in ("columns", "packages")
        }


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    made = Bus()
    monkeypatch.setattr(Minions, "_client", lambda _self: made)
    monkeypatch.setattr(Office, "accepted", lambda _self: frozenset(made.hosts))
    monkeypatch.setattr(Office, "_say", lambda *_: None)
    return made


@pytest.fixture
def use(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Make a workspace that of the master."""
    del bus
    return lambda root: monkeypatch.setattr(runner, "__opts__", {"zhengban": {"workspace": str(root)}}, raising=False)


@pytest.fixture
def root(tmp_path: Path, use: Callable[[Path], None]) -> Iterator[Path]:
    office = OFFICE
    for number in "12":
        office = office.replace(f"{{ansible: pc-000{number}}}", f"{{minion: pc-{number}}}")
    workspace = make_office(tmp_path / "workspace", office=office)
    use(workspace.root)
    yield workspace.root
    assert Ledger(workspace.root / "ledger").verify() == ()


def apply_for_seven_zip(root: Path, *approvers: str) -> str:
    workspace, now = Workspace(root), dt.datetime.now(dt.UTC)
    identity = ask(workspace, "install", "FREE-1", now=now)
    for person in approvers:
        approve(workspace, identity, person, now=now)
    return identity


def content(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def records(root: Path) -> list[tuple[str, str, str]]:
    found = (booked.record for booked in Ledger(root / "ledger").all_records())
    return [(record.computer, record.package, record.cause) for record in found]


def test_maintain_carries_out_an_approved_request_once(root: Path, bus: Bus) -> None:
    """The baseline only audits: a request is decided by people, and changes what it asks for and nothing else."""
    request = apply_for_seven_zip(root, HEAD, IT)
    before = content(root)
    shown = runner.maintain(request, test=True)
    assert (shown["retcode"], shown["computers"]["PC-0001"]["state"]) == (0, "planned")
    assert content(root) == before
    assert bus.tests == [True, True]

    done = runner.maintain(request)
    assert (done["retcode"], {number: look["state"] for number, look in done["computers"].items()}) == (
        0,
        {"PC-0001": "done"},
    )
    assert done["computers"]["PC-0001"]["hash"] == shown["computers"]["PC-0001"]["hash"]
    assert bus.hosts["pc-1"].packages == {"game": "1.0", "p7zip": "23"}
    assert records(root) == [("PC-0001", "dpkg:p7zip:amd64", f"request:{request}")]
    assert bus.hosts["pc-2"].asked == []

    again = runner.maintain(request)
    assert (again["retcode"], again["computers"]["PC-0001"]["state"]) == (3, "refused")
    assert "a request is good for one change" in again["computers"]["PC-0001"]["reason"]
    assert len(records(root)) == 1


def test_maintain_refuses_what_is_not_approved(root: Path, bus: Bus) -> None:
    request = apply_for_seven_zip(root, HEAD)
    answer = runner.maintain(request)
    assert (answer["retcode"], answer["computers"]["PC-0001"]["state"]) == (3, "refused")
    assert request in answer["computers"]["PC-0001"]["reason"]
    assert bus.hosts["pc-1"].questions() == ["software_info"]


@pytest.mark.parametrize(
    ("request_id", "said"),
    [("REQ-2026-000000-0001", "there is no request"), ("", "no request is named")],
    ids=["unknown", "empty"],
)
def test_maintain_needs_a_request(root: Path, bus: Bus, request_id: str, said: str) -> None:
    answer = runner.maintain(request_id)
    assert answer["retcode"] == 2
    assert said in answer["errors"][0]
    assert not (root / "ledger").exists()
    assert bus.tests == []


@pytest.mark.parametrize("function", ["audit", "enforce", "report"])
def test_a_masked_policy_is_refused(root: Path, bus: Bus, function: str) -> None:
    """Salt 3008 masks values of pillar so; a policy that came that way would name nothing any more."""
    path = root / "policies" / "software.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("name: p7zip", "name: '**********'"), encoding="utf-8")
    answer = getattr(runner, function)()
    assert answer["retcode"] == 2
    assert "policies/software.yml:" in answer["errors"][0]
    assert "'**********' is what a masked value looks like" in answer["errors"][0]
    assert bus.tests == []


def test_the_policy_never_comes_from_pillar_or_configuration(root: Path, bus: Bus, monkeypatch: Any) -> None:
    office = {"workspace": str(root)}
    monkeypatch.setattr(runner, "__opts__", {"zhengban": office, "pillar": {"zhengban": {"policies": "**********"}}})
    assert runner.audit(test=True)["retcode"] == 1
    asked = [argument for host in bus.hosts.values() for _question, argument in host.asked]
    assert asked == [""] * 4, "and no question carries any of it"


def test_the_engine_looks_at_minions_whatever_the_file_for_windows_is(root: Path, bus: Bus) -> None:
    office = Office({"zhengban": {"workspace": str(root), "winrm": "/nowhere/winrm.yml"}})
    minions = tuple(computer for computer in office.workspace.register.in_use if computer.names.minion)
    run = office.fleet().audit(Targets(computers=minions), test=True)
    assert {look.minion for look in run.computers if look.assessment is not None} == set(bus.hosts)


def test_another_machine_under_a_minions_id_gets_nothing(root: Path, bus: Bus) -> None:
    request = apply_for_seven_zip(root, HEAD, IT)
    bus.hosts["pc-1"].machine_id = "f" * 32
    for answer in (runner.maintain(request), runner.deploy("PC-0001", install="FREE-1", notice="2026-031")):
        look = answer["computers"]["PC-0001"]
        assert (answer["retcode"], look["state"], look["verdict"]) == (1, "unchanged", "violating")
        assert any("identity_mismatch" in line for line in look["lines"])
    assert set(bus.hosts["pc-1"].questions()) == {"software_info"}
    assert bus.hosts["pc-1"].packages == {"game": "1.0"}
    assert records(root) == []


def test_an_order_that_another_machine_answers_stays_open(root: Path, bus: Bus) -> None:
    host, stranger = bus.hosts["pc-1"], MemoryHost("p7zip", "game")
    stranger.machine_id = "f" * 32
    outcome = {"package": "dpkg:p7zip:amd64", "state": "done", "version": "23", "reason": ""}
    host.answers["apply"] = {"state": "done", "outcomes": [outcome], "facts": stranger.document()}
    answer = runner.deploy("PC-0001", install="FREE-1", notice="2026-031")
    assert (answer["retcode"], answer["computers"]["PC-0001"]["state"]) == (3, "pending")
    assert "another machine answered the order" in answer["computers"]["PC-0001"]["reason"]
    assert records(root) == []

    # The computer itself never got the order, and says so.
    assert runner.recover()["computers"]["PC-0001"]["state"] == "done"
    assert records(root) == []
    assert runner.deploy("PC-0001", install="FREE-1", notice="2026-031")["retcode"] == 3, "it was answered for again"
    del host.answers["apply"]
    assert runner.recover()["retcode"] == 0
    assert runner.deploy("PC-0001", install="FREE-1", notice="2026-031")["retcode"] == 0
    assert records(root) == [("PC-0001", "dpkg:p7zip:amd64", "deployment")]


def test_ledgers_of_two_masters_merge(root: Path, use: Callable[[Path], None], tmp_path: Path) -> None:
    """Each master writes in a workspace of its own about its own minions; one of them takes in the other's.

    The second began as a copy of the first, without what makes that one a writer.
    """
    other = tmp_path / "other"
    assert runner.deploy("PC-0001", install="FREE-1", notice="2026-031")["retcode"] == 0
    shutil.copytree(root, other, ignore=shutil.ignore_patterns(".writer", ".heads"))
    for master, number in ((root, "PC-0001"), (other, "PC-0002")):
        use(master)
        assert runner.deploy(number, install="COM-2019", notice="2026-032")["retcode"] == 0
    assert Ledger(root / "ledger").writer != Ledger(other / "ledger").writer
    for command in (("merge", str(other)), ("verify",)):
        result = CliRunner().invoke(app, ["--workspace", str(root), "ledger", *command])
        assert result.exit_code == 0, result.output
    # From then on the limits, the seats and what is on record are of both.
    history = Workspace(root).history(dt.datetime.now(dt.UTC))
    assert len(history.armed) == 3
    assert set(history.holdings) == {
        ("PC-0001", "dpkg:p7zip:amd64"),
        ("PC-0001", "dpkg:wps-2019:amd64"),
        ("PC-0002", "dpkg:wps-2019:amd64"),
    }
