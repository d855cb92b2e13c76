# SPDX-License-Identifier: Apache-2.0
"""Form 11: which changes are signed for, by whom, and what happens when nobody signs. Source: DOMAIN I3, DESIGN 6."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from tests.unit.run.form_office import (
    ENGINEER,
    GONE,
    HEAD,
    IT,
    LEADER,
    NOW,
    OTHER_IT,
    RUN,
    TODAY,
    USER,
    approved,
    arm_plan,
    carry_out,
    edit_policy,
    edit_register,
    make_office,
    plan_request,
)
from tests.unit.run.memory_host import MemoryHost
from zhengban.judge import judge
from zhengban.ledger.confirmations import append_confirmations
from zhengban.life.stating import Statement, state_unit
from zhengban.model.confirmation import Confirmation
from zhengban.model.errors import InputError, Refused
from zhengban.model.finding import Finding
from zhengban.papers.confirming import confirm, confirm_pages, print_pages
from zhengban.papers.waiting import Page, waiting_pages
from zhengban.plan import Deployment
from zhengban.run.author import Author
from zhengban.run.facts import stored_facts
from zhengban.run.planning import plan_host
from zhengban.run.workspace import Workspace

OFFERS = {"p7zip": "23", "wps-2019": "11", "wps-2023": "12"}
SECOND, THIRD = "20261123T103000Z-def456", "20261123T113000Z-012345"
DAY = dt.timedelta(days=1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_office(tmp_path / "workspace")


@pytest.fixture
def host() -> MemoryHost:
    return MemoryHost(offers=OFFERS)


def deploy(workspace: Workspace, host: MemoryHost, *, run: str = RUN, computer: str = "PC-0001", **order: str) -> None:
    """A deployment, carried out: ``install="FREE-1"``."""
    row = workspace.register.computer_by_number[computer]
    host.machine_id = row.identity.machine_id
    deployment = Deployment(notice="2026-031", **{kind: (number,) for kind, number in order.items()})  # type: ignore[arg-type]
    plan = plan_host(workspace, row, host, now=NOW, check=False, deployment=deployment).plan
    assert plan is not None and plan.actions
    arm_plan(workspace, plan, run=run)
    assert carry_out(workspace, plan, host, run=run).state == "done"


def waiting(workspace: Workspace, department: str | None = None) -> tuple[Page, ...]:
    return waiting_pages(Workspace(workspace.root), now=NOW, department=department)


def sign_for(workspace: Workspace, *named: str, **changes: str) -> int:
    people: dict[str, str] = {"user": USER, "maintainer": ENGINEER, "reference": "扫描件-1", **changes}
    not_done = people.pop("not_done", None)
    return len(confirm(workspace, named, not_done=not_done, now=NOW, **people))


def unconfirmed(workspace: Workspace, now: dt.datetime, computer: str = "PC-0001") -> list[Finding]:
    fresh = Workspace(workspace.root)
    row = fresh.register.computer_by_number[computer]
    facts = stored_facts(fresh, computer)
    assert facts is not None
    today = fresh.register.organisation.today(now)
    found = judge(fresh.compiler.for_computer(row), row, facts, history=fresh.history(now), today=today)
    return [finding for finding in found.findings if finding.code == "unconfirmed"]


def test_i3_one_for_each_install_and_removal(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, install="FREE-1")
    deploy(workspace, host, run=SECOND, remove="FREE-1")
    first, second = waiting(workspace)
    assert (first.kind, first.before, first.date) == ("install", None, TODAY)
    assert first.after is not None and first.after.label == "FREE-1 7-Zip 23"
    assert (second.kind, second.after) == ("remove", None)
    assert (first.department, first.computer, first.brand, first.user, first.user_name) == (
        "财务处",
        "PC-0001",
        "联想",
        USER,
        "张三",
    )
    assert sign_for(workspace, RUN) == 1
    assert waiting(workspace) == (second,)
    assert sign_for(workspace, f"{SECOND}/PC-0001") == 1
    assert waiting(workspace) == ()
    assert Workspace(workspace.root).ledger.verify() == ()


def test_i3_one_for_an_upgrade_of_two_records(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, install="COM-2019")
    sign_for(workspace, RUN)
    identity = approved(workspace, "upgrade", "COM-2023")
    plan = plan_request(workspace, identity, host)
    arm_plan(workspace, plan, run=SECOND)
    carry_out(workspace, plan, host, run=SECOND)
    (page,) = waiting(workspace)
    assert page.kind == "upgrade"
    assert page.before is not None and page.before.label == "COM-2019 WPS 2019"
    assert page.after is not None and page.after.label == "COM-2023 WPS 2023"
    assert len(page.records) == 2
    # Either record names it.
    assert sign_for(workspace, page.records[1]) == 1
    assert waiting(workspace) == ()


def test_what_leaves_and_what_comes_in_one_deployment_are_two(workspace: Workspace) -> None:
    host = MemoryHost("wps-2019", offers=OFFERS)
    deploy(workspace, host, install="FREE-1", remove="COM-2019")
    assert sorted(page.kind for page in waiting(workspace)) == ["install", "remove"]


def test_upgrade_of_free_software_is_signed_for_and_a_new_build_is_not(workspace: Workspace) -> None:
    host = MemoryHost("p7zip", "wps-2019", offers=OFFERS)
    deploy(workspace, host, upgrade="FREE-1")
    # Commercial software in another build under its number (N1): no other version.
    deploy(workspace, host, run=SECOND, upgrade="COM-2019")
    (page,) = waiting(workspace)
    assert page.kind == "upgrade"
    assert page.before is not None and page.before.label == "FREE-1 7-Zip 1.0"
    assert page.after is not None and page.after.label == "FREE-1 7-Zip 23"
    # Without the signature for the one, the other is no finding either.
    (finding,) = unconfirmed(workspace, NOW + 15 * DAY)
    assert finding.message.startswith("1 change is not signed for as done: upgrade of dpkg:p7zip:amd64")


@pytest.mark.parametrize("cause", ["adopted", "lot_move", "reassigned", "scrapped", "correction", "private"])
def test_none_for_what_no_maintainer_did(workspace: Workspace, cause: str) -> None:
    row = workspace.register.computer_by_number["PC-0001"]
    author = Author.of(workspace.register, row, run=RUN, day=TODAY)
    item = Statement(book="FREE-1", action="install", package="dpkg:p7zip:amd64", version="1", quantity=1, cause=cause)
    state_unit(workspace, author, [item], known=workspace.history(NOW), what=cause, evidence="attested:E0010", now=NOW)
    assert waiting(workspace) == ()


def test_none_for_what_only_came_along(workspace: Workspace, host: MemoryHost) -> None:
    row = workspace.register.computer_by_number["PC-0001"]
    author = Author.of(workspace.register, row, run=RUN, day=TODAY)
    common = {"book": "FREE-1", "action": "install", "version": "1", "cause": "deployment"}
    items = [
        Statement(package="dpkg:p7zip:amd64", quantity=1, **common),  # type: ignore[arg-type]
        Statement(package="dpkg:libzip:amd64", quantity=0, **common),  # type: ignore[arg-type]
    ]
    state_unit(workspace, author, items, known=workspace.history(NOW), what="test", evidence="verified", now=NOW)
    (page,) = waiting(workspace)
    assert page.records == (f"{RUN}/PC-0001/0",)


def test_i3_nobody_signed_in_time(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, install="FREE-1")
    assert unconfirmed(workspace, NOW + 14 * DAY) == []
    (finding,) = unconfirmed(workspace, NOW + 15 * DAY)
    assert finding.clauses == ("I3",)
    assert finding.message == "1 change is not signed for as done: install of dpkg:p7zip:amd64 on 2026-11-23"
    shorter = edit_policy(workspace, "confirm_days: 14", "confirm_days: 1")
    assert len(unconfirmed(shorter, NOW + 2 * DAY)) == 1
    sign_for(workspace, RUN)
    assert unconfirmed(workspace, NOW + 15 * DAY) == []


def test_not_done_stays_open_until_it_is_done(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, install="FREE-1")
    sign_for(workspace, RUN, not_done="打不开")
    (page,) = waiting(workspace)
    assert page.objection == "打不开"
    # At once: somebody says that it is not right.
    (finding,) = unconfirmed(workspace, NOW)
    assert "(the user says it is not done: 打不开)" in finding.message
    sign_for(workspace, RUN)
    assert waiting(workspace) == ()
    assert unconfirmed(workspace, NOW) == []


def refused(workspace: Workspace, *named: str, **changes: str) -> str:
    with pytest.raises(Refused) as caught:
        sign_for(workspace, *named, **changes)
    assert len(waiting(workspace)) == 1
    return str(caught.value)


def test_i3_who_signs(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, install="FREE-1")
    record = waiting(workspace)[0].records[0]
    assert "E0003 赵红梅 is not the user of PC-0001: E0002 张三" in refused(workspace, record, user=HEAD)
    assert "E0003 赵红梅 does not maintain computers" in refused(workspace, record, maintainer=HEAD)
    assert "left on 2026-11-23" in refused(workspace, record, maintainer=GONE)
    # One of the responsible department, or under approvers.it.
    assert sign_for(workspace, record, maintainer=OTHER_IT) == 1


def test_nobody_signs_for_both_sides(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, computer="PC-0002", install="FREE-1")
    record = waiting(workspace)[0].records[0]
    assert "cannot sign for both sides" in refused(workspace, record, user=LEADER, maintainer=LEADER)


def test_a_user_who_left_is_followed_by_the_next(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, install="FREE-1")
    record = waiting(workspace)[0].records[0]
    workspace = edit_register(workspace, "people", "name: 张三,", "name: 张三, left_on: 2026-11-23,")
    assert "张三 left on" in refused(workspace, record)
    assert waiting(workspace)[0].user == ""
    workspace = edit_register(workspace, "computers", f"user: {USER}", f"user: {HEAD}")
    assert waiting(workspace)[0].user == HEAD
    assert sign_for(workspace, record, user=HEAD) == 1


def test_the_head_signs_for_a_computer_without_a_user(workspace: Workspace, host: MemoryHost) -> None:
    workspace = edit_register(workspace, "computers", f", user: {USER},", ",")
    deploy(workspace, host, install="FREE-1")
    assert waiting(workspace)[0].user == IT
    assert sign_for(workspace, RUN, user=IT) == 1


@pytest.mark.parametrize(
    ("named", "changes", "message"),
    [
        ("20261123", {}, r"no change of '20261123' waits for signatures"),
        (RUN, {"user": HEAD}, rf"no change of '{RUN}' on a computer of E0003 waits"),
        (RUN, {"user": "E00002"}, r"--user: no person has the id 'E00002'; did you mean 'E0002'"),
        (RUN, {"maintainer": "E00"}, r"--maintainer: no person has the id 'E00'"),
        (RUN, {"not_done": " "}, r"--not-done: the reason is missing"),
    ],
    ids=["unknown", "not-theirs", "user", "maintainer", "no-reason"],
)
def test_wrong_input(workspace: Workspace, host: MemoryHost, named: str, changes: dict[str, str], message: str) -> None:
    deploy(workspace, host, install="FREE-1")
    with pytest.raises(InputError, match=message):
        sign_for(workspace, named, **changes)
    assert len(waiting(workspace)) == 1


def test_signed_twice(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, install="FREE-1")
    assert sign_for(workspace, RUN, RUN) == 1
    (there,) = read_confirmations(workspace)
    for named in (RUN, f"{RUN}/PC-0001", *there.records):
        with pytest.raises(InputError, match=f"'{named}' is signed for already: {there.id}$"):
            sign_for(workspace, named)


def test_two_who_enter_the_same_sheet(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, install="FREE-1")
    sign_for(workspace, RUN)
    (there,) = read_confirmations(workspace)
    # What the second one saw was still waiting.
    assert append_confirmations(workspace.ledger, [there], day=TODAY, at=NOW) == ()
    assert read_confirmations(workspace) == [there]


def read_confirmations(workspace: Workspace) -> list[Confirmation]:
    return list(workspace.ledger.snapshot().ordered_confirmations())


def test_a_batch_by_department(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, install="FREE-1")
    deploy(workspace, MemoryHost(offers=OFFERS), run=SECOND, computer="PC-0002", install="FREE-1")
    assert [page.department for page in waiting(workspace)] == ["信息中心", "财务处"]
    for name in ("D02", "财务处", "计财处"):
        assert [page.computer for page in waiting(workspace, name)] == ["PC-0001"]
    with pytest.raises(InputError, match="there is no department '财务'; did you mean '财务处'"):
        waiting(workspace, "财务")
    mark, _pages = print_pages(workspace, department="D02", now=NOW)
    recorded = confirm_pages(workspace, mark=mark, maintainer=ENGINEER, reference="扫描件-7", now=NOW)
    (confirmation,) = recorded.confirmations
    writer = workspace.ledger.writer
    assert (confirmation.id, confirmation.reference) == (f"CNF-2026-{writer}-0001", "扫描件-7")
    assert (confirmation.user, confirmation.maintainer) == (USER, ENGINEER)
    assert recorded.left == ()
    mark, _pages = print_pages(workspace, now=NOW)
    (rest,) = confirm_pages(workspace, mark=mark, maintainer=ENGINEER, reference="扫描件-8", now=NOW).confirmations
    assert (rest.id, rest.computer) == (f"CNF-2026-{writer}-0002", "PC-0002")
    assert confirm_pages(workspace, mark=mark, maintainer=ENGINEER, reference="x", now=NOW).confirmations == ()
    assert print_pages(workspace, now=NOW) == ("", ())
    assert Workspace(workspace.root).ledger.verify() == ()


def test_a_batch_leaves_what_nobody_else_can_sign_for(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, install="FREE-1")
    deploy(workspace, MemoryHost(offers=OFFERS), run=SECOND, computer="PC-0002", install="FREE-1")
    workspace = edit_register(workspace, "people", "name: 张三,", "name: 张三, left_on: 2026-11-23,")
    mark, _pages = print_pages(workspace, now=NOW)
    recorded = confirm_pages(workspace, mark=mark, maintainer=LEADER, reference="扫描件-7", now=NOW)
    assert recorded.confirmations == ()
    assert sorted(why for _page, why in recorded.left) == [
        "nobody is there to sign as its user",
        "the maintainer is its user",
    ]


def test_a_scan_signs_for_what_was_printed_and_nothing_else(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, install="FREE-1")
    mark, (printed,) = print_pages(workspace, now=NOW)
    assert print_pages(workspace, now=NOW)[0] == mark
    deploy(workspace, host, run=SECOND, install="COM-2019")
    workspace = Workspace(workspace.root)
    recorded = confirm_pages(workspace, mark=mark, maintainer=ENGINEER, reference="扫描件-7", now=NOW)
    assert [item.records for item in recorded.confirmations] == [printed.records]
    assert [page.records[0].partition("/")[0] for page in waiting(workspace)] == [SECOND]
    with pytest.raises(InputError, match="no sheets were printed with the mark '3f9c0d21ab47'"):
        confirm_pages(workspace, mark="3f9c0d21ab47", maintainer=ENGINEER, reference="扫描件-7", now=NOW)


def test_a_batch_leaves_what_is_not_done(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, install="FREE-1")
    mark, _pages = print_pages(workspace, now=NOW)
    sign_for(workspace, RUN, not_done="打不开")
    recorded = confirm_pages(workspace, mark=mark, maintainer=ENGINEER, reference="扫描件-7", now=NOW)
    assert recorded.confirmations == ()
    assert [why for _page, why in recorded.left] == ["its user said it is not done (打不开): sign for it by itself"]


def test_a_batch_leaves_what_another_person_has_signed(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, install="FREE-1")
    mark, _pages = print_pages(workspace, now=NOW)
    edit_register(workspace, "people", "name: 张三,", "name: 张三, left_on: 2026-11-23,")
    workspace = edit_register(workspace, "computers", f"user: {USER}", f"user: {HEAD}")
    recorded = confirm_pages(workspace, mark=mark, maintainer=ENGINEER, reference="扫描件-7", now=NOW)
    assert recorded.confirmations == ()
    assert [why for _page, why in recorded.left] == [
        "its sheet names E0002, and E0003 signs for it now: print it again"
    ]


def test_not_done_after_done_opens_it_again(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, install="FREE-1")
    sign_for(workspace, RUN)
    (there,) = read_confirmations(workspace)
    # As two copies of a ledger that were merged can have it.
    objection = msgspec.structs.replace(there, done=False, reason="又坏了")
    assert len(append_confirmations(workspace.ledger, [objection], day=TODAY, at=NOW)) == 1
    assert [page.objection for page in waiting(workspace)] == ["又坏了"]
    assert sign_for(workspace, RUN) == 1
    assert waiting(workspace) == ()


def test_an_edited_confirmation_is_found(workspace: Workspace, host: MemoryHost) -> None:
    deploy(workspace, host, install="FREE-1")
    sign_for(workspace, RUN, not_done="打不开")
    sign_for(workspace, RUN)
    (path,) = (workspace.root / "ledger" / "confirmations").glob("*.yml")
    path.write_text(path.read_text(encoding="utf-8").replace("打不开", "没关系"), encoding="utf-8")
    assert any("altered" in problem.message for problem in Workspace(workspace.root).ledger.verify())
