# SPDX-License-Identifier: Apache-2.0
"""Requests from the application to the approval: who decides, in which order, until when. Source: DOMAIN I1."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.unit.run.form_office import (
    GONE,
    HEAD,
    IT,
    LEADER,
    NOW,
    OFFICE,
    OTHER_IT,
    POLICY,
    TODAY,
    USER,
    approve,
    approved,
    arm_plan,
    ask,
    carry_out,
    edit_policy,
    edit_register,
    make_office,
    plan_request,
    state_of,
)
from tests.unit.run.memory_host import MemoryHost
from zhengban.ledger.lines import decode_line, encode_line, hash_line
from zhengban.ledger.requests import NOTED, extend_request, open_requests
from zhengban.model.errors import InputError, LedgerError, Refused
from zhengban.model.request import RequestEntry
from zhengban.papers import requesting
from zhengban.papers.deciding import decide
from zhengban.papers.decision import Decision
from zhengban.papers.requesting import Draft, apply_for
from zhengban.run.requests import order_of, read_requests, request_file
from zhengban.run.workspace import Workspace

DAY = dt.timedelta(days=1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_office(tmp_path / "workspace")


def refused(workspace: Workspace, identity: str, by: str, **more: object) -> str:
    before = state_of(workspace, identity)
    with pytest.raises(Refused) as caught:
        approve(workspace, identity, by, **more)
    assert state_of(workspace, identity) == before
    return str(caught.value)


def test_i1_the_department_then_it(workspace: Workspace) -> None:
    identity = ask(workspace)
    assert state_of(workspace, identity).state == "applied"
    assert approve(workspace, identity, HEAD).state == "department_approved"
    assert approve(workspace, identity, IT).state == "approved"
    request = state_of(workspace, identity)
    assert (request.approver("department"), request.approver("it")) == (HEAD, IT)
    assert request.expires == dt.date(2026, 12, 23)
    assert workspace.ledger.verify() == ()


def test_form_10_is_all_in_the_application(workspace: Workspace) -> None:
    request = state_of(workspace, ask(workspace))
    application = request.application
    assert request.id == f"REQ-2026-{workspace.ledger.writer}-0001"
    assert (request.date, request.reason) == (TODAY, "写报告")
    assert (application.department_name, application.applicant_name) == ("财务处", "张三")
    assert (application.computer, application.brand, application.label) == (
        "PC-0001",
        "联想",
        "install COM-2019 WPS 2019",
    )


def test_wrong_order(workspace: Workspace) -> None:
    assert "does not decide for the department" in refused(workspace, ask(workspace), IT)


def test_self_approval_by_the_department(workspace: Workspace) -> None:
    identity = ask(workspace, applicant=HEAD)
    assert "nobody decides about their own request" in refused(workspace, identity, HEAD)
    # The leader stands in for a head who applies.
    assert approve(workspace, identity, LEADER).state == "department_approved"


def test_self_approval_by_it(workspace: Workspace) -> None:
    identity = ask(workspace, applicant=OTHER_IT)
    approve(workspace, identity, HEAD)
    assert "nobody decides about their own request" in refused(workspace, identity, OTHER_IT)
    assert approve(workspace, identity, IT).state == "approved"


def test_one_person_twice(workspace: Workspace) -> None:
    # The head of the department of IT is an IT approver as well.
    identity = ask(workspace, applicant="E0012")
    approve(workspace, identity, IT)
    assert "IT's approval is another person's" in refused(workspace, identity, IT)
    assert approve(workspace, identity, OTHER_IT).state == "approved"


def test_a_leader_does_not_stand_in_for_a_head_who_is_there(workspace: Workspace) -> None:
    assert "E0003 赵红梅 does" in refused(workspace, ask(workspace), LEADER)


def test_somebody_who_left(workspace: Workspace) -> None:
    identity = ask(workspace)
    approve(workspace, identity, HEAD)
    assert "孙晓东 left on 2026-11-23" in refused(workspace, identity, GONE)


def test_a_head_who_left_is_replaced_by_the_leader(workspace: Workspace) -> None:
    workspace = edit_register(workspace, "people", "name: 赵红梅,", "name: 赵红梅, left_on: 2026-11-01,")
    identity = ask(workspace)
    assert "left on 2026-11-01" in refused(workspace, identity, HEAD)
    assert approve(workspace, identity, LEADER).state == "department_approved"


def test_somebody_nobody_knows(workspace: Workspace) -> None:
    with pytest.raises(InputError, match=r"no person has the id 'E0033'; did you mean"):
        approve(workspace, ask(workspace), "E0033")


def test_an_approval_is_good_until_its_last_day(workspace: Workspace) -> None:
    identity = approved(workspace)
    last_evening = dt.datetime(2026, 12, 23, 15, 59, tzinfo=dt.UTC)
    assert state_of(workspace, identity, last_evening).state == "approved"
    # Midnight in Shanghai.
    assert state_of(workspace, identity, last_evening + dt.timedelta(minutes=1)).state == "expired"


def test_shorter_approvals_count_at_once_and_longer_ones_never(workspace: Workspace) -> None:
    identity = approved(workspace)
    shorter = edit_policy(workspace, "valid_days: 30", "valid_days: 3")
    assert state_of(shorter, identity, NOW + 4 * DAY).state == "expired"
    longer = edit_policy(shorter, "valid_days: 3", "valid_days: 300")
    assert state_of(longer, identity, NOW + 40 * DAY).state == "expired"


def test_it_decides_while_the_department_s_approval_is_good(workspace: Workspace) -> None:
    identity = ask(workspace)
    approve(workspace, identity, HEAD, expires=TODAY)
    with pytest.raises(Refused, match="the request is expired already"):
        approve(workspace, identity, IT, now=NOW + DAY)


def test_it_lengthens_no_approval_of_the_department(workspace: Workspace) -> None:
    identity = ask(workspace)
    approve(workspace, identity, HEAD, expires=TODAY)
    assert approve(workspace, identity, IT).expires == TODAY
    assert state_of(workspace, identity, NOW + DAY).state == "expired"


@pytest.mark.parametrize("days", [-1, 31])
def test_a_last_day_the_policy_does_not_allow(workspace: Workspace, days: int) -> None:
    with pytest.raises(InputError, match="from 2026-11-23 to 2026-12-23"):
        approve(workspace, ask(workspace), HEAD, expires=TODAY + days * DAY)


def test_an_outside_approval_is_cited_with_who_recorded_it(workspace: Workspace) -> None:
    identity = ask(workspace)
    approve(workspace, identity, HEAD, evidence="OA-2026-77", recorded_by=IT)
    (decision,) = state_of(workspace, identity).decisions
    assert (decision.entry.by, decision.entry.evidence, decision.entry.recorded_by) == (HEAD, "OA-2026-77", IT)


def test_an_outside_approval_nobody_recorded(workspace: Workspace) -> None:
    with pytest.raises(InputError, match="--recorded-by"):
        approve(workspace, ask(workspace), HEAD, evidence="OA-2026-77")


def test_the_applicant_does_not_record_the_approval(workspace: Workspace) -> None:
    text = refused(workspace, ask(workspace), HEAD, evidence="OA-2026-77", recorded_by=USER)
    assert "cannot record the approval of their own request" in text


def test_who_left_records_nothing(workspace: Workspace) -> None:
    assert "left on" in refused(workspace, ask(workspace), HEAD, evidence="OA-2026-77", recorded_by=GONE)


def test_unsigned_where_signatures_are_required(workspace: Workspace) -> None:
    workspace = edit_policy(workspace, "signatures: optional", "signatures: required")
    assert "approvals.signatures is required" in refused(workspace, ask(workspace), HEAD)
    # Nor does one that cites an outside approval.
    assert "it is not signed" in refused(
        workspace, ask(workspace, number="FREE-1"), HEAD, evidence="OA-1", recorded_by=IT
    )


def test_approvals_from_before_signatures_were_required_count_no_more(workspace: Workspace) -> None:
    identity = approved(workspace)
    workspace = edit_policy(workspace, "signatures: optional", "signatures: required")
    request = state_of(workspace, identity)
    assert request.state == "applied"
    assert all("it is not signed" in item.objection or "decides now" in item.objection for item in request.decisions)
    with pytest.raises(
        Refused, match=r"is not approved, it is applied; E0003's decision does not count: it is not signed"
    ):
        order_of(workspace, identity, "PC-0001", now=NOW)


def test_rejected(workspace: Workspace) -> None:
    identity = ask(workspace)
    decide(workspace, identity, Decision(kind="rejected", by=HEAD, reason="不需要"), now=NOW)
    assert state_of(workspace, identity).state == "rejected"
    assert "the request is rejected already" in refused(workspace, identity, HEAD)


def test_no_change_of_the_register_revives_what_was_rejected(workspace: Workspace) -> None:
    by_head, by_it = ask(workspace), approved(workspace, number="FREE-1")
    decide(workspace, by_head, Decision(kind="rejected", by=HEAD, reason="no"), now=NOW)
    decide(workspace, by_it, Decision(kind="rejected", by=OTHER_IT, reason="no"), now=NOW)
    edit_register(workspace, "departments", f"head: {HEAD}", f"head: {LEADER}")
    edit_register(workspace, "organisation", f", {OTHER_IT}, {GONE}", "")
    assert [state_of(workspace, identity).state for identity in (by_head, by_it)] == ["rejected"] * 2


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("people", "name: 张三,", "name: 张三, left_on: 2026-11-23,", "its applicant: E0002 张三 left on 2026-11-23"),
        ("computers", f"user: {USER},", f"user: {HEAD},", "was E0002 张三 when it was applied for and is E0003 赵红梅"),
    ],
    ids=["left", "moved"],
)
def test_a_request_nobody_asks_for_any_more(workspace: Workspace, name: str, old: str, new: str, message: str) -> None:
    identity, other = approved(workspace), ask(workspace, number="FREE-1")
    workspace = edit_register(workspace, name, old, new)
    assert message in state_of(workspace, identity).void
    with pytest.raises(Refused, match=f"{identity} counts no more: .*{message}"):
        order_of(workspace, identity, "PC-0001", now=NOW)
    assert message in refused(workspace, other, HEAD)


def test_rejected_without_a_reason_or_by_somebody_else(workspace: Workspace) -> None:
    identity = ask(workspace)
    with pytest.raises(InputError, match="a rejection says why"):
        decide(workspace, identity, Decision(kind="rejected", by=HEAD), now=NOW)
    with pytest.raises(Refused, match="does not decide for the department"):
        decide(workspace, identity, Decision(kind="rejected", by=OTHER_IT, reason="no"), now=NOW)


def test_it_takes_its_approval_back(workspace: Workspace) -> None:
    identity = approved(workspace)
    assert decide(workspace, identity, Decision(kind="rejected", by=IT, reason="停止采购"), now=NOW).state == "rejected"


def test_only_the_applicant_withdraws(workspace: Workspace) -> None:
    identity = approved(workspace)
    with pytest.raises(Refused, match="only the applicant withdraws"):
        decide(workspace, identity, Decision(kind="withdrawn", by=HEAD), now=NOW)
    assert decide(workspace, identity, Decision(kind="withdrawn", by=USER), now=NOW).state == "withdrawn"
    with pytest.raises(Refused, match="it is withdrawn"):
        order_of(workspace, identity, "PC-0001", now=NOW)


def test_two_who_decide_at_once(workspace: Workspace) -> None:
    identity = ask(workspace)
    before = request_file(workspace, identity)
    approve(workspace, identity, HEAD)
    late = RequestEntry(seq=0, prev="", at=NOW, kind="rejected", by=HEAD, date=TODAY, account="ops", role="department")
    with pytest.raises(Refused, match="somebody else decided about it meanwhile"):
        extend_request(workspace.ledger, before, late, noted=1, at=NOW)
    assert state_of(workspace, identity).state == "department_approved"


# -- forged


def rewrite(workspace: Workspace, identity: str, index: int, old: str, new: str, *, mend: bool) -> None:
    """Edit a line of a request's file.

    ``mend`` chains the lines behind it anew and drops the events that name them, with the notes on those, as an owner
    of the files could.
    """
    path = workspace.root / "ledger" / "requests" / f"{identity}.yml"
    lines = path.read_bytes().split(b"\n")
    at = 2 + index
    assert old.encode() in lines[at]
    lines[at] = lines[at].replace(old.encode(), new.encode())
    if mend:
        for events in (workspace.root / "ledger" / "events").iterdir():
            events.unlink()
        shutil.rmtree(workspace.root / "ledger" / ".heads")
        decoder = msgspec.json.Decoder(RequestEntry)
        for number in range(at + 1, len(lines) - 1):
            entry = decode_line(lines[number], decoder)
            lines[number] = encode_line(msgspec.structs.replace(entry, prev=hash_line(lines[number - 1])))
    path.write_bytes(b"\n".join(lines))
    if mend:
        note(workspace, identity)


def note(workspace: Workspace, identity: str) -> None:
    """Name every line of a request as it is now in an event."""
    lines = (workspace.root / "ledger" / "requests" / f"{identity}.yml").read_bytes().split(b"\n")[2:-1]
    rows = [
        (NOTED, "", "", {"request": identity, "line": number, "sha256": hash_line(line)})
        for number, line in enumerate(lines, 1)
    ]
    Workspace(workspace.root).ledger.append_events(rows, at=NOW)


@pytest.mark.parametrize(("index", "old", "new"), [(0, "PC-0001", "PC-0002"), (1, HEAD, LEADER)], ids=["what", "who"])
def test_an_edited_entry_is_found_and_nothing_rests_on_it(workspace: Workspace, index: int, old: str, new: str) -> None:
    identity = approved(workspace)
    rewrite(workspace, identity, index, old, new, mend=False)
    assert any("chained to other bytes" in problem.message for problem in Workspace(workspace.root).ledger.verify())
    with pytest.raises(LedgerError, match="altered, removed or reordered"):
        state_of(workspace, identity)


def drop_last(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-2], lines[-1]]


def edit_last(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-2], lines[-2].replace(IT.encode(), OTHER_IT.encode()), lines[-1]]


@pytest.mark.parametrize("change", [edit_last, drop_last])
def test_the_last_entry_is_as_safe_as_the_others(
    workspace: Workspace, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    # No line behind it is chained to it; an event names it.
    identity = approved(workspace)
    path = workspace.root / "ledger" / "requests" / f"{identity}.yml"
    path.write_bytes(b"\n".join(change(path.read_bytes().split(b"\n"))))
    (problem,) = Workspace(workspace.root).ledger.verify()
    assert f"altered or removed: entry 3 of '{identity}'" in problem.message
    with pytest.raises(LedgerError, match="its last entry was altered or removed"):
        state_of(workspace, identity)


def test_an_application_is_safe_before_anybody_decides(workspace: Workspace) -> None:
    identity = ask(workspace)
    rewrite(workspace, identity, 0, "PC-0001", "PC-0002", mend=False)
    assert len(Workspace(workspace.root).ledger.verify()) == 1
    with pytest.raises(LedgerError, match="its last entry was altered or removed"):
        approve(Workspace(workspace.root), identity, HEAD)


def test_a_removed_file_is_found(workspace: Workspace) -> None:
    identity = approved(workspace)
    (workspace.root / "ledger" / "requests" / f"{identity}.yml").unlink()
    problems = Workspace(workspace.root).ledger.verify()
    assert {problem.file for problem in problems} == {f"ledger/requests/{identity}.yml"}


def test_a_removed_entry_is_found(workspace: Workspace) -> None:
    identity = approved(workspace)
    path = workspace.root / "ledger" / "requests" / f"{identity}.yml"
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(lines[:3] + lines[4:]))
    assert any("removed" in problem.message for problem in Workspace(workspace.root).ledger.verify())
    with pytest.raises(LedgerError, match="altered, removed or reordered"):
        state_of(workspace, identity)


def test_an_approval_somebody_chained_by_hand_counts_only_from_who_may_approve(workspace: Workspace) -> None:
    identity = approved(workspace)
    rewrite(workspace, identity, 2, IT, USER, mend=True)
    assert Workspace(workspace.root).ledger.verify() == ()
    request = state_of(workspace, identity)
    assert request.state == "department_approved"
    assert "nobody decides about their own request" in request.decisions[-1].objection


def append_by_hand(workspace: Workspace, identity: str, *entries: RequestEntry) -> None:
    path = workspace.root / "ledger" / "requests" / f"{identity}.yml"
    for entry in entries:
        lines = path.read_bytes().split(b"\n")[2:-1]
        line = encode_line(msgspec.structs.replace(entry, seq=len(lines) + 1, prev=hash_line(lines[-1])))
        path.write_bytes(path.read_bytes() + line + b"\n")


BY_HAND = RequestEntry(
    seq=0, prev="", at=NOW, kind="approved", by=IT, date=TODAY, account="ops", role="it", expires=TODAY + 30 * DAY
)


def test_an_entry_no_event_names_does_not_count(workspace: Workspace) -> None:
    identity = ask(workspace)
    approve(workspace, identity, HEAD)
    append_by_hand(workspace, identity, BY_HAND)
    request = state_of(workspace, identity)
    assert request.state == "department_approved"
    assert "no event of the ledger names it" in request.decisions[-1].objection
    (problem,) = Workspace(workspace.root).ledger.verify()
    assert f"foreign: no event names entry 3 of '{identity}'" in problem.message
    # It may be what a kill has kept from being named: the next decision names both.
    assert approve(Workspace(workspace.root), identity, OTHER_IT).state == "approved"
    assert Workspace(workspace.root).ledger.verify() == ()


def test_two_entries_no_event_names_are_no_accident(workspace: Workspace) -> None:
    identity = ask(workspace)
    append_by_hand(workspace, identity, msgspec.structs.replace(BY_HAND, by=HEAD, role="department"), BY_HAND)
    assert len(Workspace(workspace.root).ledger.verify()) == 2
    with pytest.raises(LedgerError, match="foreign: no event of the ledger names its entries 2 to 3"):
        state_of(workspace, identity)


def test_an_approval_for_ever_is_cut_to_what_the_policy_allows(workspace: Workspace) -> None:
    identity = approved(workspace)
    rewrite(workspace, identity, 2, "2026-12-23", "2036-12-23", mend=True)
    assert state_of(workspace, identity).expires == dt.date(2026, 12, 23)


# -- the application


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"computer": "PC-0009"}, r"computer: no computer has the number or the Ansible name 'PC-0009'; did you mean"),
        ({"computer": "PC-0004"}, "computer: PC-0004 is spare"),
        ({"applicant": "E0020"}, "applicant: no person has the id 'E0020'; did you mean"),
        ({"applicant": GONE}, "left on 2026-11-23"),
        ({"number": "COM-2O19"}, "install: no software has the number 'COM-2O19'; did you mean 'COM-2019'"),
        ({"number": "FREE-2"}, "install: Viewer is retired"),
        ({"reason": " "}, "reason: a request says why"),
        ({"old_number": "COM-2023"}, "from: only an upgrade starts from something"),
        ({"kind": "upgrade"}, "from: no other version of WPS on record on PC-0001; say what it is upgraded from"),
        ({"kind": "upgrade", "old_number": "FREE-1"}, "from: 'FREE-1' is no number of another version of WPS"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_an_application_that_is_wrong(workspace: Workspace, changes: dict[str, str], message: str) -> None:
    fields = {"computer": "PC-0001", "kind": "install", "number": "COM-2019", "applicant": USER, "reason": "写报告"}
    good = Draft(**fields)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=message):
        apply_for(workspace, [good, Draft(**(fields | changes))], now=NOW)  # type: ignore[arg-type]
    # All or nothing.
    assert workspace.ledger.request_ids() == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"2019"\n  type: commercial', '"2019"\n  for: {computers: [PC-0002]}\n  type: commercial',
         r"install: WPS 2019 is not for PC-0001; see who it is for: policies/\S+yml:5"),
        ("COM-2019, quantity: 5", "COM-2019, quantity: 5, for: {departments: [D03]}",
         "install: COM-2019 is not for PC-0001; no lot of WPS 2019 can be used on PC-0001 today"),
        ("COM-2019, quantity: 5", "COM-2019, quantity: 5, term: {from: 2024-01-01, until: 2026-11-22}",
         "install: COM-2019 ended on 2026-11-22; no lot of WPS 2019"),
        ("{number: COM-2019, quantity: 5}",
         "{number: COM-2019, quantity: 5, for: {computers: [PC-0002]}}, {number: COM-2020, quantity: 1}",
         "install: COM-2019 is not for PC-0001; ask for COM-2020"),
    ],
    ids=["scope of the software", "scope of the lot", "term", "another lot"],
)  # fmt: skip
def test_what_could_never_be_done_is_not_asked_for(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Two people would have approved it for nothing: it was only refused when it was planned."""
    assert old in POLICY
    workspace = make_office(tmp_path / "workspace", POLICY.replace(old, new))
    with pytest.raises(InputError, match=message):
        ask(workspace)


def test_what_is_on_record_is_not_asked_for_again(tmp_path: Path) -> None:
    lot = "COM-2019, quantity: 5}"
    policy = POLICY.replace(lot, f"{lot}, {{number: COM-2020, quantity: 1}}")
    workspace = make_office(tmp_path / "workspace", policy)
    host = MemoryHost(offers={"wps-2019": "11"})
    plan = plan_request(workspace, approved(workspace), host)
    arm_plan(workspace, plan)
    assert carry_out(workspace, plan, host).state == "done"
    # Under another lot of the same software it is the same.
    for number in ("COM-2019", "COM-2020"):
        with pytest.raises(InputError, match="install: WPS 2019 is on record on PC-0001 already, in COM-2019; if it"):
            ask(workspace, number=number)
    assert ask(workspace, "remove") and ask(workspace, computer="PC-0002", applicant=LEADER)


def test_an_application_nobody_could_approve(tmp_path: Path) -> None:
    office = OFFICE.replace(f"it: [{IT}, {OTHER_IT}, {GONE}]", f"it: [{IT}, {GONE}]").replace(
        f", leader: [{LEADER}]", ""
    )
    workspace = make_office(tmp_path / "alone", POLICY, office)
    with pytest.raises(InputError, match="no two persons could approve what E0012 asks for"):
        ask(workspace, applicant="E0012")


def test_an_upgrade_names_both_versions(workspace: Workspace) -> None:
    request = state_of(workspace, ask(workspace, "upgrade", "COM-2023", old_number="COM-2019"))
    assert request.application.label == "upgrade COM-2019 WPS 2019 to COM-2023 WPS 2023"


def test_the_same_is_not_filed_twice_by_two_at_once(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of four commands at one moment two filed it: both had looked before either wrote."""
    between: list[str] = []

    def file_after_somebody_else(*arguments: Any, **more: Any) -> tuple[str, ...]:
        monkeypatch.setattr(requesting, "open_requests", open_requests)
        between.append(ask(Workspace(workspace.root)))
        return open_requests(*arguments, **more)

    monkeypatch.setattr(requesting, "open_requests", file_after_somebody_else)
    draft = Draft(computer="PC-0001", kind="install", number="COM-2019", applicant=USER, reason="写报告")
    (filed,) = apply_for(workspace, [draft], now=NOW)
    assert ([filed.id], filed.is_new) == (between, False)
    assert workspace.ledger.request_ids() == (filed.id,)


def test_the_same_is_not_asked_for_twice_while_it_is_open(workspace: Workspace) -> None:
    first = ask(workspace)
    draft = Draft(computer="pc-0001", kind="install", number="COM-2019", applicant=USER, reason="又写报告")
    assert [(filed.id, filed.is_new) for filed in apply_for(workspace, [draft, draft], now=NOW)] == [(first, False)] * 2
    decide(workspace, first, Decision(kind="withdrawn", by=USER), now=NOW)
    again = apply_for(workspace, [draft, draft], now=NOW)
    assert {filed.id for filed in again} == {f"{first[:-1]}2"}


def test_requests_are_listed_by_id(workspace: Workspace) -> None:
    first, second = ask(workspace), ask(workspace, number="FREE-1")
    listed = read_requests(workspace, history=workspace.history(NOW), now=NOW)
    assert [request.id for request in listed] == [first, second]


def test_a_request_nobody_knows(workspace: Workspace) -> None:
    identity = ask(workspace)
    with pytest.raises(
        InputError, match=f"there is no request 'REQ-2026'; did you mean '{identity}'|one of {identity}"
    ):
        state_of(workspace, "REQ-2026")
