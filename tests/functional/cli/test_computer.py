# SPDX-License-Identifier: Apache-2.0
"""``zhengban computer``: register and records change together, and no licence is lost. Source: DESIGN 8, C8, C9, L5."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.functional.cli.on_record import COMMERCIAL, SOFTWARE, commercial_seats, held, install, seats, snapshot
from zhengban.ledger import Ledger
from zhengban.model.record import Intent
from zhengban.model.register import Computer
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]
REGISTER = "inventories/register/computers.yml"


def computer(root: Path, number: str) -> Computer:
    return Workspace(root).register.computer_by_number[number]


def new_records(root: Path) -> list[tuple[str, str, str, str, int, str, str]]:
    """(book, action, package, user id, quantity, cause, evidence) of what was written after the adoption."""
    return [
        (item.book, item.record.action, item.record.package, item.record.user_id, item.record.quantity,
         item.record.cause, item.record.evidence)
        for item in Ledger(root / "ledger").all_records()
        if item.record.cause != "adopted"
    ]  # fmt: skip


def test_assigning_hands_over_every_seat(invoke: Invoke, root: Path) -> None:
    install(root, "PC-0002")
    before, text = held(root, "PC-0002"), (root / REGISTER).read_text(encoding="utf-8")
    result = invoke("computer", "assign", "pc-0002", "--user", "E0008", "--by", "E0002")
    assert result.exit_code == 0
    assert "PC-0002: is used by E0008 (刘洋)" in result.stdout
    assert computer(root, "PC-0002").user == "E0008"
    assert commercial_seats(root) == COMMERCIAL
    assert held(root, "PC-0002") == before
    records = new_records(root)
    assert len(records) == 2 * len(SOFTWARE)
    for book, package, _version, quantity in SOFTWARE:
        mine = [record for record in records if (record[0], record[2]) == (book, package)]
        assert mine == [
            (book, "uninstall", package, "E0007", quantity, "reassigned", "attested:E0002"),
            (book, "install", package, "E0008", quantity, "reassigned", "attested:E0002"),
        ]
    departments = {item.record.user_id: item.record.department for item in Ledger(root / "ledger").all_records()}
    assert departments == {"E0007": "财务处", "E0008": "业务处"}
    # One word of one line.
    assert (root / REGISTER).read_text(encoding="utf-8") == text.replace("user: E0007", "user: E0008")
    assert invoke("ledger", "verify").exit_code == 0


def test_assigning_twice_is_refused(invoke: Invoke, root: Path) -> None:
    install(root, "PC-0002")
    assert invoke("computer", "assign", "PC-0002", "--user", "E0008").exit_code == 0
    before = snapshot(root)
    again = invoke("computer", "assign", "PC-0002", "--user", "E0008")
    assert (again.exit_code, again.stderr) == (3, "PC-0002: is in use by E0008 already\n")
    assert snapshot(root) == before


def test_the_first_user_of_a_spare(invoke: Invoke, root: Path) -> None:
    install(root, "NB-0002")
    assert invoke("computer", "assign", "NB-0002", "--user", "E0007").exit_code == 0
    row = computer(root, "NB-0002")
    assert (row.user, row.status, row.oem) == ("E0007", "in_use", ("OEM-0001",))
    assert commercial_seats(root) == COMMERCIAL
    users = [(action, user) for _book, action, package, user, *_ in new_records(root) if "7zip" in package]
    assert users == [("uninstall", ""), ("install", "E0007")]
    # Nobody named who said so: the account that ran it did.
    assert {record[-1].partition("@")[0] for record in new_records(root)} == {f"attested:{_account()}"}


def _account() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def test_returning_keeps_what_is_on_the_disk_on_record(invoke: Invoke, root: Path) -> None:
    install(root, "PC-0002")
    before = held(root, "PC-0002")
    result = invoke("computer", "return", "PC-0002")
    assert result.exit_code == 0
    row = computer(root, "PC-0002")
    assert (row.user, row.status) == ("", "spare")
    assert (held(root, "PC-0002"), new_records(root)) == (before, [])
    assert commercial_seats(root) == COMMERCIAL
    again = invoke("computer", "return", "PC-0002")
    assert again.exit_code == 3
    assert again.stderr == "PC-0002: is a spare already; if its disk was wiped, say so with --wiped\n"
    # And when it is wiped later, the seats come back after all.
    assert invoke("computer", "return", "PC-0002", "--wiped").exit_code == 0
    before = snapshot(root)
    once_more = invoke("computer", "return", "PC-0002", "--wiped")
    assert once_more.exit_code == 3
    assert once_more.stderr == "PC-0002: is a spare already, and nothing is on record on it\n"
    assert snapshot(root) == before
    assert (commercial_seats(root), held(root, "PC-0002")) == ({}, {})


def test_returning_a_wiped_computer_gives_its_seats_back(
    invoke: Invoke, root: Path, adopt: Callable[[str], None]
) -> None:
    install(root, "PC-0002")
    adopt("PC-0002")
    result = invoke("computer", "return", "PC-0002", "--wiped", "--by", "E0006")
    assert result.exit_code == 0
    assert seats(root) == {}
    assert {(action, user, cause) for _, action, _, user, _, cause, _ in new_records(root)} == {
        ("uninstall", "E0007", "reassigned")
    }
    # What is installed on it next is another machine.
    assert not computer(root, "PC-0002").is_adopted
    assert "PC-0002: its identity was taken out of the register; adopt it again" in result.stdout


def test_scrapping_brings_commercial_seats_back_and_ends_what_was_preinstalled(invoke: Invoke, root: Path) -> None:
    """C9 and C8: the commercial lots have their seats again; the row stays, with its OEM licence."""
    install(root, "NB-0001")
    assert commercial_seats(root) == COMMERCIAL
    result = invoke("computer", "scrap", "NB-0001", "--by", "E0002", "--approval", "资产处置 2026-3")
    assert result.exit_code == 0
    row = computer(root, "NB-0001")
    assert (row.user, row.status, row.oem) == ("", "scrapped", ("OEM-0001",))
    assert (seats(root), held(root, "NB-0001")) == ({}, {})
    assert {record[1:2] + record[3:4] + record[5:] for record in new_records(root)} == {
        ("uninstall", "E0005", "scrapped", "attested:E0002")
    }
    assert len(new_records(root)) == len(SOFTWARE)
    event = Ledger(root / "ledger").events()[-1]
    assert (event.kind, event.computer) == ("computer_scrapped", "NB-0001")
    assert event.data == {"by": "E0002", "user_before": "E0005", "approval": "资产处置 2026-3"}
    commit = Ledger(root / "ledger").commits()[-1]
    assert (commit.plan, commit.run, len(commit.records)) == ("computer_scrapped", event.run, len(SOFTWARE))
    for again in ("scrap", "return"):
        by = ("--by", "E0002") if again == "scrap" else ("--wiped",)
        refused = invoke("computer", again, "NB-0001", *by)
        assert (refused.exit_code, refused.stderr) == (
            3,
            "NB-0001: is scrapped; a scrapped computer does not come back\n",
        )


def test_scrapping_needs_somebody_who_attests_it(invoke: Invoke, root: Path) -> None:
    before = snapshot(root)
    assert invoke("computer", "scrap", "PC-0002").exit_code == 2
    assert snapshot(root) == before


def test_adding_a_computer(invoke: Invoke, root: Path) -> None:
    text = (root / REGISTER).read_text(encoding="utf-8")
    result = invoke(
        "computer", "add", "PC-0100", "--kind", "desktop", "--brand", "联想 M750K", "--user", "E0007",
        "--ansible", "pc-0100", "--oem", "OEM-0001", "--by", "E0006",
    )  # fmt: skip
    assert result.exit_code == 0
    row = computer(root, "PC-0100")
    assert (row.user, row.status, row.names.ansible, row.oem) == ("E0007", "in_use", "pc-0100", ("OEM-0001",))
    assert not row.is_adopted
    assert (root / REGISTER).read_text(encoding="utf-8").startswith(text)
    (event,) = Ledger(root / "ledger").events()
    assert (event.kind, event.computer, event.data) == ("computer_added", "PC-0100", {"by": "E0006"})
    assert seats(root) == {}
    again = invoke("computer", "add", "PC-0100", "--kind", "desktop", "--brand", "x")
    assert (again.exit_code, again.stderr) == (3, "PC-0100: is in the register already; numbers are never reused\n")
    scrapped = invoke("computer", "add", "PC-0005", "--kind", "desktop", "--brand", "x")
    assert scrapped.exit_code == 3
    assert invoke("validate").exit_code == 0


def test_a_computer_nobody_uses_is_a_spare_but_for_a_server(invoke: Invoke, root: Path) -> None:
    assert invoke("computer", "add", "NB-0100", "--kind", "laptop", "--brand", "华为").exit_code == 0
    assert invoke("computer", "add", "SRV-0100", "--kind", "server", "--brand", "浪潮").exit_code == 0
    assert [computer(root, number).status for number in ("NB-0100", "SRV-0100")] == ["spare", "in_use"]


@pytest.mark.parametrize(
    "command",
    [
        ("add", "PC-0100", "--kind", "desktop", "--brand", "x"),
        ("assign", "PC-0002", "--user", "E0008"),
        ("return", "PC-0002", "--wiped"),
        ("scrap", "PC-0002", "--by", "E0002"),
    ],
    ids=lambda command: command[0],
)
def test_a_check_tells_the_same_and_writes_nothing(invoke: Invoke, root: Path, command: tuple[str, ...]) -> None:
    install(root, "PC-0002")
    before = snapshot(root)
    checked = json.loads(invoke("computer", *command, "--check", "--format", "json").stdout)
    shown = invoke("computer", *command, "--check").stdout
    assert snapshot(root) == before
    assert shown.endswith("nothing was written (--check)\n")
    assert f"+++ {REGISTER}" in shown
    done = json.loads(invoke("computer", *command, "--format", "json").stdout)
    assert (checked.pop("written"), done.pop("written")) == (False, True)
    assert checked == done
    (step,) = done["steps"]
    assert step["files"] == [REGISTER]
    written = [
        (item.book, item.record.action, item.record.package, item.record.quantity, item.record.user)
        for item in Ledger(root / "ledger").all_records()
        if item.record.cause != "adopted"
    ]
    told = [tuple(row[key] for key in ("book", "action", "package", "quantity", "user")) for row in step["records"]]
    # The ledger lists by book, the unit by book too, in its own order.
    assert sorted(told) == sorted(written)


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("assign", "PC-002", "--user", "E0008"), 2, "no computer has the number or the Ansible name 'PC-002'"),
        (("assign", "PC-0002", "--user", "E008"), 2, "people.yml: there is no person 'E008'; did you mean 'E0008'?"),
        (("assign", "PC-0002", "--user", "E0009"), 3, "E0009 (孙晓东): left on 2026-08-31; name somebody who is there"),
        (("assign", "PC-0005", "--user", "E0008"), 3, "PC-0005: is scrapped"),
        (("assign", "PC-0002", "--user", "E0008", "--by", "E0009"), 3, "E0009 (孙晓东): left on 2026-08-31"),
        (("scrap", "PC-0002", "--by", "张三"), 2, "people.yml: there is no person '张三'"),
        (("add", "PC-1", "--kind", "desktop", "--brand", "x", "--ansible", "pc-0002"), 2,
         "computers.yml:19:35: computers[8].names.ansible: the ansible name 'pc-0002' is used already in line 7"),
        (("add", "pc-0002", "--kind", "desktop", "--brand", "x"), 2,
         "computers.yml:19:12: computers[8].number: 'pc-0002' is the number of one computer and the ansible name of"),
        (("add", "", "--kind", "desktop", "--brand", "x"), 2, "NUMBER: '' is not a number such as COM-0001: "),
        (("add", "PC 1;", "--kind", "desktop", "--brand", "x"), 2, "NUMBER: 'PC 1;' is not a number such as COM-0001"),
        (("add", "PC-1", "--kind", "desktop", "--brand", " "), 2, "--brand: is empty"),
        (("scrap", "PC-0002", "--by", "E0002", "--approval", ""), 2, "--approval: is empty"),
        (("assign", "PC-0002", "--user", "E0008", "--by", " "), 2, "--by: is empty"),
        (("add", "PC-1", "--kind", "desktop", "--brand", "x", "--oem", "OEM-1"), 2,
         "no preinstalled software (oem) has the number 'OEM-1'; did you mean 'OEM-0001'?"),
        (("add", "PC-1", "--kind", "tablet", "--brand", "x"), 2, "tablet"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)  # fmt: skip
def test_wrong_input_is_told_and_nothing_is_written(
    invoke: Invoke, root: Path, command: tuple[str, ...], code: int, said: str
) -> None:
    install(root, "PC-0002")
    before = snapshot(root)
    result = invoke("computer", *command)
    assert result.exit_code == code
    assert said in result.stderr
    assert snapshot(root) == before


def test_a_register_with_a_problem_changes_nothing(invoke: Invoke, root: Path) -> None:
    """A user in no department: the file says where, and the command does not touch anything."""
    install(root, "PC-0002")
    people = root / "inventories" / "register" / "people.yml"
    people.write_text(
        people.read_text(encoding="utf-8").replace("department: D04", "department: D09"), encoding="utf-8"
    )
    before = snapshot(root)
    result = invoke("computer", "assign", "PC-0002", "--user", "E0008")
    assert result.exit_code == 2
    assert "people.yml:9:37: people[7].department: there is no department 'D09'" in result.stderr
    assert snapshot(root) == before


def test_an_open_change_is_settled_first(invoke: Invoke, root: Path, open_intent: Callable[..., Intent]) -> None:
    open_intent("PC-0002")
    before = snapshot(root)
    for command in (("scrap", "PC-0002", "--by", "E0002"), ("assign", "PC-0002", "--user", "E0008")):
        for check in ((), ("--check",)):
            result = invoke("computer", *command, *check)
            assert result.exit_code == 3
            assert result.stderr.endswith("is not settled; first run: zhengban ledger recover\n")
    assert snapshot(root) == before
    # Another computer's change does not wait for it.
    assert invoke("computer", "return", "PC-0003").exit_code == 0


def test_a_file_marked_read_only_is_not_replaced(invoke: Invoke, root: Path) -> None:
    install(root, "PC-0002")
    (root / REGISTER).chmod(0o444)
    before = snapshot(root)
    result = invoke("computer", "assign", "PC-0002", "--user", "E0008")
    assert result.exit_code == 2
    assert result.stderr == f"{REGISTER}: is marked read-only; if it may change, make it writable and run again\n"
    assert snapshot(root) == before
    assert Ledger(root / "ledger").pending() == ()


def test_an_edit_by_somebody_else_meanwhile_is_not_lost(
    invoke: Invoke, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading computers.yml and writing it a person saves it: their text stays and nothing is recorded."""
    from zhengban.life import living

    install(root, "PC-0002")
    theirs = (root / REGISTER).read_text(encoding="utf-8") + "# saved meanwhile\n"
    read = living.read_editable

    def read_and_save(path: Path, *, shown_as: str) -> str:
        text = read(path, shown_as=shown_as)
        path.write_text(theirs, encoding="utf-8")
        return text

    monkeypatch.setattr(living, "read_editable", read_and_save)
    result = invoke("computer", "assign", "PC-0002", "--user", "E0008")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{REGISTER}: changed by somebody else while a change to it was under way")
    assert (root / REGISTER).read_text(encoding="utf-8") == theirs
    assert (new_records(root), Ledger(root / "ledger").events(), Ledger(root / "ledger").pending()) == ([], (), ())


def test_two_commands_at_once(invoke: Invoke, root: Path) -> None:
    with Ledger(root / "ledger").lock_workspace():
        result = invoke("computer", "return", "PC-0002")
        assert result.exit_code == 3
        assert "wait until it has ended" in result.stderr
        assert invoke("computer", "return", "PC-0002", "--check").exit_code == 0
    assert computer(root, "PC-0002").status == "in_use"


def test_a_brand_is_data(invoke: Invoke, root: Path) -> None:
    hostile = "x}, {number: PC-9, kind: server} #"
    assert invoke("computer", "add", "PC-0100", "--kind", "desktop", "--brand", hostile).exit_code == 0
    assert computer(root, "PC-0100").brand == hostile
    assert "PC-9" not in Workspace(root).register.computer_by_number
    refused = invoke("computer", "add", "PC-0101", "--kind", "desktop", "--brand", "two\nlines")
    assert refused.exit_code == 2
    assert "PC-0101" not in Workspace(root).register.computer_by_number
