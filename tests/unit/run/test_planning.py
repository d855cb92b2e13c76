# SPDX-License-Identifier: Apache-2.0
"""Planning against a host: what is asked, what is kept, and what check mode leaves alone. Source: DESIGN 3, 5."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from zhengban.model.errors import FactsError, InputError
from zhengban.model.facts import COLUMNS
from zhengban.model.plan import Plan, SimulationRequest, Want
from zhengban.model.register import Computer
from zhengban.plan import Deployment
from zhengban.run.facts import ask_facts, keep_changed, keep_facts, stored_facts
from zhengban.run.host import Host
from zhengban.run.planning import plan_host, plan_stored
from zhengban.run.workspace import Workspace

from .conftest import NOW
from .memory_host import ConnectionLost, MemoryHost


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_check_mode_gives_the_same_plan_and_writes_nothing(workspace: Workspace, computer: Computer) -> None:
    host = MemoryHost("game", "wps", offers={"kav": "9", "wps": "2.1"})
    before = files(workspace.root)

    checked = plan_host(workspace, computer, host, now=NOW, check=True)
    assert files(workspace.root) == before
    real = plan_host(workspace, computer, host, now=NOW, check=False)

    assert checked == real
    assert real.plan is not None
    assert [(action.kind, action.name) for action in real.plan.actions] == [
        ("remove", "game"),
        ("upgrade", "wps"),
        ("install", "kav"),
    ]
    written = set(files(workspace.root)) - set(before)
    assert {
        "facts/PC-0001.json",
        "facts/simulations/PC-0001.json",
        f"plans/PC-0001/{real.plan.hash}.json",
    } <= written
    assert not any(name.startswith("ledger/books") for name in written)


def test_stored_facts_and_simulations_give_the_same_plan(
    workspace: Workspace, computer: Computer, plan: Callable[[Host], Plan]
) -> None:
    assert plan_stored(workspace, computer, history=workspace.history(NOW), now=NOW)[0].assessment.verdict == "unread"
    made = plan(MemoryHost("game", offers={"kav": "9"}))

    planned, missing = plan_stored(workspace, computer, history=workspace.history(NOW), now=NOW)

    assert planned.plan == made
    assert missing is None


def test_stored_facts_without_a_simulation_name_what_to_ask(workspace: Workspace, computer: Computer) -> None:
    ask_facts(workspace, computer.number, MemoryHost("game"), now=NOW, keep=True)

    planned, missing = plan_stored(workspace, computer, history=workspace.history(NOW), now=NOW)

    assert planned.plan is None
    assert missing == SimulationRequest(
        manager="dpkg", install=(Want(name="kav", versions=""),), remove=("game:amd64",)
    )


def test_simulations_of_other_facts_are_worth_nothing(
    workspace: Workspace, computer: Computer, plan: Callable[[Host], Plan]
) -> None:
    host = MemoryHost("game", offers={"kav": "9"})
    plan(host)
    host.packages["tar"] = "1"
    ask_facts(workspace, computer.number, host, now=NOW, keep=True)

    assert plan_stored(workspace, computer, history=workspace.history(NOW), now=NOW)[1] is not None


def test_an_unchanged_host_answers_with_its_digest(workspace: Workspace, computer: Computer) -> None:
    host = MemoryHost("game")
    first = ask_facts(workspace, "PC-0001", host, now=NOW, keep=True)
    host.collected_at = "2026-11-24T01:00:00Z"

    again = ask_facts(workspace, "PC-0001", host, now=NOW + dt.timedelta(days=1), keep=True)

    assert [argument for _question, argument in host.asked] == ["", first.digest]
    assert again.packages == first.packages
    assert (again.collected_at, again.read_at) == ("2026-11-24T01:00:00Z", first.read_at)
    assert stored_facts(workspace, "PC-0001") == again


def test_a_full_read_every_seven_days(workspace: Workspace, computer: Computer) -> None:
    host = MemoryHost("game")
    read = dt.datetime(2026, 11, 23, 1, tzinfo=dt.UTC)
    week = dt.timedelta(days=7)
    first = ask_facts(workspace, "PC-0001", host, now=read, keep=True)

    for now in (read + week - dt.timedelta(seconds=1), read + week):
        host.collected_at = f"{now:%Y-%m-%dT%H:%M:%SZ}"
        ask_facts(workspace, "PC-0001", host, now=now, keep=True)

    assert [argument for _question, argument in host.asked] == ["", first.digest, ""]
    kept = stored_facts(workspace, "PC-0001")
    assert kept is not None
    assert (kept.collected_at, kept.read_at) == ("2026-11-30T01:00:00Z", "2026-11-30T01:00:00Z")


def test_a_changed_host_answers_in_full(workspace: Workspace, computer: Computer) -> None:
    host = MemoryHost("game")
    ask_facts(workspace, "PC-0001", host, now=NOW, keep=True)
    host.packages["tar"] = "1.34"

    assert [package.name for package in ask_facts(workspace, "PC-0001", host, now=NOW, keep=True).packages] == [
        "game",
        "tar",
    ]


def test_what_lies_outside_packages_is_asked_for_where_the_policy_says_so(
    workspace: Workspace, computer: Computer
) -> None:
    """Asked with every question, kept also when no package has changed, and in no hash of a plan."""
    host = MemoryHost("game", offers={"kav": "9"})
    plain = plan_host(workspace, computer, host, now=NOW, check=True)
    assert (kept := ask_facts(workspace, computer.number, host, now=NOW, keep=True)).outside is None
    baseline = workspace.root / "policies" / "baseline.yml"
    text = baseline.read_text(encoding="utf-8")
    baseline.write_text(f"{text.rstrip()}\n  outside: {{look_for: [programs], seconds: 5}}\n", encoding="utf-8")
    asking = Workspace(workspace.root)
    host.outside = [["program", "/opt/game", "game", "", "zhang"]]

    planned = plan_host(asking, computer, host, now=NOW, check=False)

    assert planned.plan is not None and plain.plan is not None
    assert planned.plan.hash == plain.plan.hash
    assert [finding.package for finding in planned.assessment.findings if finding.code == "unpackaged"] == [
        "outside:/opt/game:"
    ]
    facts = stored_facts(asking, computer.number)
    assert facts is not None and facts.outside is not None
    assert facts.digest == kept.digest
    # A change of ours does not make what lies outside unknown.
    keep_changed(asking, computer.number, msgspec.structs.replace(facts, outside=None), now=NOW)
    again = stored_facts(asking, computer.number)
    assert again is not None and again.outside == facts.outside


def test_a_host_cannot_make_itself_unchanged(workspace: Workspace, computer: Computer) -> None:
    host = MemoryHost("game")
    known = ask_facts(workspace, "PC-0001", host, now=NOW, keep=True)
    host.packages["evil"] = "1"
    short = host._facts("")
    del short["packages"], short["columns"]

    host.answers["software_info"] = {**short, "unchanged": True}
    with pytest.raises(FactsError, match="its digest is another one"):
        ask_facts(workspace, "PC-0001", host, now=NOW, keep=True)
    host.answers["software_info"] = {"unchanged": True, "digest": known.digest}
    with pytest.raises(FactsError, match="not a facts document"):
        ask_facts(workspace, "PC-0001", host, now=NOW, keep=True)


def test_an_unreadable_cache_is_asked_for_again(workspace: Workspace, computer: Computer) -> None:
    host = MemoryHost("game")
    ask_facts(workspace, "PC-0001", host, now=NOW, keep=True)
    workspace.facts_file("PC-0001").write_text("{")

    ask_facts(workspace, "PC-0001", host, now=NOW, keep=True)

    assert [argument for _question, argument in host.asked] == ["", ""]


def test_a_simulation_of_something_else_is_refused(workspace: Workspace, computer: Computer) -> None:
    host = MemoryHost("game", offers={"kav": "9"})
    host.answers["simulate"] = {"request": {"manager": "dpkg", "remove": ["tar:amd64"]}}

    with pytest.raises(FactsError, match="PC-0001: the simulation answers another request"):
        plan_host(workspace, computer, host, now=NOW, check=False)
    host.answers["simulate"] = {"request": 7}
    with pytest.raises(FactsError, match="PC-0001: not a simulation"):
        plan_host(workspace, computer, host, now=NOW, check=False)


def test_an_unreachable_host_stays_unplanned(workspace: Workspace, computer: Computer) -> None:
    host = MemoryHost("game")
    host.cut["software_info"] = "before"

    with pytest.raises(ConnectionLost):
        plan_host(workspace, computer, host, now=NOW, check=False)

    assert stored_facts(workspace, "PC-0001") is None


def first_seen(workspace: Workspace, now: dt.datetime) -> dict[tuple[str, str, str], dt.date]:
    return Workspace(workspace.root).history(now).first_seen


def test_first_detections_are_kept_and_closed(workspace: Workspace, computer: Computer) -> None:
    host = MemoryHost("game", "kav")
    # In Shanghai it is the 24th already.
    late = dt.datetime(2026, 11, 23, 20, 0, tzinfo=dt.UTC)
    key = ("PC-0001", "unlisted", "dpkg:game:amd64")

    plan_host(workspace, computer, host, now=late, check=False)
    plan_host(workspace, computer, host, now=late + dt.timedelta(days=3), check=False)
    assert first_seen(workspace, late) == {key: dt.date(2026, 11, 24)}

    del host.packages["game"]
    plan_host(workspace, computer, host, now=late + dt.timedelta(days=4), check=False)
    assert first_seen(workspace, late) == {}
    host.packages["game"] = "2.0"
    plan_host(workspace, computer, host, now=late + dt.timedelta(days=5), check=False)
    assert first_seen(workspace, late) == {key: dt.date(2026, 11, 29)}


def test_what_could_not_be_read_is_not_gone(workspace: Workspace, computer: Computer) -> None:
    host = MemoryHost("game", "kav")
    plan_host(workspace, computer, host, now=NOW, check=False)
    unread = MemoryHost("kav")._facts("")
    unread["managers"]["dpkg"] = {"read": False, "why": "its status file is broken"}
    host.answers["software_info"] = unread

    planned = plan_host(workspace, computer, host, now=NOW, check=False)

    assert planned.assessment.verdict == "unread"
    assert ("PC-0001", "unlisted", "dpkg:game:amd64") in first_seen(workspace, NOW)


def test_the_controllers_clock_decides_when_to_read_in_full(workspace: Workspace) -> None:
    """A host whose clock runs ahead was never read in full again."""
    host = MemoryHost("game")
    host.collected_at = "2099-01-01T00:00:00Z"
    ask_facts(workspace, "PC-0001", host, now=NOW, keep=True)
    ask_facts(workspace, "PC-0001", host, now=NOW + dt.timedelta(days=8), keep=True)
    assert [argument for _question, argument in host.asked] == ["", ""]


def test_unchanged_is_no_answer_to_a_full_read(workspace: Workspace) -> None:
    host = MemoryHost("game")
    digest = ask_facts(workspace, "PC-0001", host, now=NOW, keep=True).digest
    host.answers["software_info"] = host._facts(digest)
    with pytest.raises(FactsError, match=r"not a zhengban\.facts/1 document"):
        ask_facts(workspace, "PC-0001", host, now=NOW + dt.timedelta(days=8), keep=True)


def test_text_that_is_not_unicode_is_refused(workspace: Workspace) -> None:
    host = MemoryHost("game\ud800")
    with pytest.raises(FactsError, match="PC-0001: a package's text is not Unicode"):
        ask_facts(workspace, "PC-0001", host, now=NOW, keep=True)
    assert stored_facts(workspace, "PC-0001") is None


def test_another_machine_does_not_end_the_grace_of_this_one(
    workspace: Workspace, computer: Computer, plan: Callable[[Host], Plan]
) -> None:
    plan(MemoryHost("game", offers={"kav": "9"}))
    before = workspace.history(NOW).first_seen
    assert before
    stranger = MemoryHost("tar")
    stranger.machine_id = "f" * 32
    plan(stranger)
    assert workspace.history(NOW).first_seen == before


@pytest.mark.parametrize(
    "order",
    [
        Deployment(install=("FREE-9999",)),
        Deployment(),
        Deployment(install=("FREE-3",), remove=("FREE-3",)),
        Deployment(install=("dpkg:kav",), remove=("FREE-3",)),
        Deployment(install=("dpkg:game",)),
        Deployment(upgrade=("rpm:kav",)),
    ],
    ids=["unknown", "empty", "twice", "twice by package", "unlisted package", "of another manager"],
)
def test_an_order_nobody_can_have_meant(workspace: Workspace, computer: Computer, order: Deployment) -> None:
    host = MemoryHost("game")
    with pytest.raises(InputError, match="deployment: "):
        plan_host(workspace, computer, host, now=NOW, check=True, deployment=order)
    assert host.asked == []


def test_what_comes_may_be_ordered_by_its_package(workspace: Workspace, computer: Computer) -> None:
    host = MemoryHost(offers={"kav": "9"})
    order = Deployment(install=("dpkg:kav",), notice="2026-031")
    plan = plan_host(workspace, computer, host, now=NOW, check=True, deployment=order).plan
    assert plan is not None
    assert [(action.package, action.number) for action in plan.actions] == [("dpkg:kav:amd64", "FREE-3")]


@pytest.mark.parametrize("edges", [[-1], [0, 99, 0], [99]], ids=["negative", "hidden", "beyond"])
def test_edges_that_lead_nowhere_are_refused(workspace: Workspace, edges: list[int]) -> None:
    """One hostile host made the command line of everybody end in a traceback."""
    host = MemoryHost("game")
    document = host._facts("")
    document["packages"][0][COLUMNS.index("needs")] = edges
    host.answers["software_info"] = document
    with pytest.raises(FactsError, match=r"points to row 99|`int` >= 0"):
        ask_facts(workspace, "PC-0001", host, now=NOW, keep=True)


def test_an_edited_cache_is_not_believed(workspace: Workspace) -> None:
    """With its packages cut out and its digest kept, a cache made a violating computer compliant for seven days."""
    host = MemoryHost("game")
    known = ask_facts(workspace, "PC-0001", host, now=NOW, keep=True)
    keep_facts(workspace, "PC-0001", msgspec.structs.replace(known, packages=()))
    again = ask_facts(workspace, "PC-0001", host, now=NOW, keep=True)
    assert again.packages == known.packages
