# SPDX-License-Identifier: Apache-2.0
"""``zhengban ledger adopt``: DESIGN 8, DOMAIN L3, L5."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.golden.facts import facts_document
from zhengban.judge.passed_over import list_packages
from zhengban.ledger import Ledger
from zhengban.ledger import ledger as ledger_module
from zhengban.ledger.ids import new_run_id
from zhengban.life import adopting, rows
from zhengban.life.adopting import adopt_computers
from zhengban.life.joining import form_package
from zhengban.life.stating import Statement, state_unit
from zhengban.model.errors import LedgerError
from zhengban.model.facts import facts_from_plain, moment_text
from zhengban.model.record import Event
from zhengban.run.author import Author
from zhengban.run.facts import keep_facts
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]
Store = Callable[..., None]

NOW = dt.datetime.now(dt.UTC)
TODAY = NOW.astimezone(dt.timezone(dt.timedelta(hours=8))).date().isoformat()
WPS = {"name": "wps-office", "version": "11.1.0.11719", "installed_at": "2026-03-01T16:00:00Z", "needs": ["libwps"]}
OFFICE = [WPS, {"name": "libwps"}, {"name": "game", "needs": ["libgame"]}, {"name": "libgame"}, {"name": "bash"}]
MACHINES = {"PC-0001": "a" * 32, "PC-0002": "b" * 32, "PC-0003": "c" * 32, "PC-0005": "d" * 32}


@pytest.fixture
def store(root: Path) -> Store:
    """Store facts of a computer, collected now unless ``collected_at`` says otherwise."""

    def keep(
        number: str,
        packages: list[dict[str, Any]],
        collected_at: dt.datetime = NOW,
        imported_at: str = "",
        **compact: Any,
    ) -> None:
        identity = {"machine_id": MACHINES[number], "serial_number": f"SN {number}"}
        document = facts_document({"identity": identity, "packages": packages, **compact})
        document["collected_at"] = collected_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        document["imported_at"] = imported_at
        keep_facts(Workspace(root), number, facts_from_plain(document, source="test"))

    return keep


@pytest.fixture
def booked(invoke: Invoke) -> Callable[..., list[tuple[Any, ...]]]:
    """Rows of the books: the book and these fields of each record."""

    def rows(*fields: str, computer: str = "PC-0001") -> list[tuple[Any, ...]]:
        result = invoke("ledger", "show", "--computer", computer, "--format", "json")
        return [(item["book"], *(item["record"][field] for field in fields)) for item in json.loads(result.stdout)]

    return rows


def events(root: Path, kind: str) -> list[Event]:
    return [event for event in Ledger(root / "ledger").events() if event.kind == kind]


def register_text(root: Path) -> str:
    return (root / "inventories/register/computers.yml").read_text(encoding="utf-8")


def add_software(root: Path, *lines: str) -> None:
    text = "\n".join(["software:", *(f"- {line}" for line in lines)]) + "\n"
    (root / "policies" / "more.yml").write_text(text, encoding="utf-8")


def set_quantity(root: Path, quantity: int) -> None:
    """Of the lot COM-0001."""
    path = root / "policies" / "commercial.yml"
    text = path.read_text(encoding="utf-8")
    assert "    quantity: 6\n" in text
    path.write_text(text.replace("    quantity: 6\n", f"    quantity: {quantity}\n"), encoding="utf-8")


def codes(invoke: Invoke, number: str = "PC-0001") -> list[tuple[str, str]]:
    (assessment,) = json.loads(invoke("assess", number, "--format", "json").stdout)
    return [(finding["code"], finding["package"]) for finding in assessment["findings"]]


def test_identity_and_books(invoke: Invoke, root: Path, store: Store, booked: Callable[..., Any]) -> None:
    before = register_text(root)
    thunder = {"name": "xunlei-thunder", "installed_at": "2099-01-01T00:00:00Z"}
    store("PC-0001", [*OFFICE, {"name": "kav-endpoint", "version": "9", "installed_at": "soon"}, thunder])
    result = invoke("ledger", "adopt", "PC-0001")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "PC-0001: adopted, 6 records (COM-0001 1, COM-0003 1, FREE-0001 1, UNLISTED 3)\n"
    assert booked("package", "version", "date", "quantity", "cause", "evidence", "user_id", "action") == [
        # The day in the organisation's time zone; what the clock of a host cannot know is today.
        (
            "COM-0001",
            "dpkg:wps-office:amd64",
            "11.1.0.11719",
            "2026-03-02",
            1,
            "adopted",
            "verified",
            "E0004",
            "install",
        ),
        ("COM-0003", "dpkg:kav-endpoint:amd64", "9", TODAY, 1, "adopted", "verified", "E0004", "install"),
        ("FREE-0001", "platform:debian:", "12", TODAY, 1, "adopted", "verified", "E0004", "install"),
        ("UNLISTED", "dpkg:game:amd64", "1.0", TODAY, 1, "adopted", "verified", "E0004", "install"),
        ("UNLISTED", "dpkg:libgame:amd64", "1.0", TODAY, 1, "adopted", "verified", "E0004", "install"),
        # Forbidden and without a number.
        ("UNLISTED", "dpkg:xunlei-thunder:amd64", "1.0", TODAY, 1, "adopted", "verified", "E0004", "install"),
    ]
    identity = '{serial_number: "SN PC-0001", machine_id: ' + "a" * 32 + "}"
    empty = 'identity: {serial_number: "", machine_id: ""}'
    after = before.splitlines()
    place = next(at for at, line in enumerate(after) if "user: E0004" in line)
    after[place] = after[place].replace(empty, f"identity: {identity}")
    assert register_text(root).splitlines() == after
    (event,) = events(root, "adopted")
    passed_over = list_packages(["dpkg:bash:amd64", "dpkg:libwps:amd64"])
    assert (event.computer, event.data) == ("PC-0001", {"date": TODAY, "records": 6, "passed_over": passed_over})
    assert invoke("ledger", "verify").exit_code == 0
    found = codes(invoke)
    assert not {"not_adopted", "private_install", "private_removal", "private_upgrade"} & {code for code, _ in found}


def test_parts_of_a_product_take_no_licence(
    invoke: Invoke, root: Path, store: Store, booked: Callable[..., Any]
) -> None:
    parts = "packages: [{manager: dpkg, name: suite}, {manager: dpkg, name: fonts}]"
    add_software(root, f"{{name: Suite, number: FREE-0900, type: free, category: other, {parts}}}")
    store("PC-0001", [{"name": "fonts"}, {"name": "suite"}, {"name": "suite", "arch": "i386"}])
    invoke("ledger", "adopt", "PC-0001")
    assert booked("package", "quantity")[1:] == [
        ("FREE-0900", "dpkg:fonts:amd64", 0),
        ("FREE-0900", "dpkg:suite:amd64", 1),
        ("FREE-0900", "dpkg:suite:i386", 0),
    ]


def test_lots_cover_as_many_computers_as_they_can(
    invoke: Invoke, root: Path, store: Store, booked: Callable[..., Any]
) -> None:
    """COM-0002 is for 财务处 alone, where PC-0002 is: it leaves the seat of COM-0001 to another."""
    set_quantity(root, 1)
    for number in ("PC-0001", "PC-0002", "PC-0003"):
        store(number, [WPS, {"name": "libwps"}])
    assert invoke("ledger", "adopt", "PC-0003", "PC-0002", "PC-0001").exit_code == 0
    books = [booked("package", computer=number)[0][0] for number in ("PC-0001", "PC-0002", "PC-0003")]
    assert books[:2] == ["COM-0001", "COM-0002"]
    assert ("UNASSIGNED", "dpkg:wps-office:amd64") in booked("package", computer="PC-0003")


def test_seats_that_are_taken_are_not_given_again(
    invoke: Invoke, root: Path, store: Store, booked: Callable[..., Any]
) -> None:
    set_quantity(root, 1)
    for number in ("PC-0003", "PC-0001"):
        store(number, [WPS, {"name": "libwps"}])
        assert invoke("ledger", "adopt", number).exit_code == 0
    assert ("COM-0001", "dpkg:wps-office:amd64") in booked("package", computer="PC-0003")
    assert ("UNASSIGNED", "dpkg:wps-office:amd64") in booked("package", computer="PC-0001")


def test_adopting_again_records_nothing_twice_and_nothing_that_came_since(
    invoke: Invoke, root: Path, store: Store, booked: Callable[..., Any]
) -> None:
    add_software(
        root,
        "{name: Viewer, number: FREE-0900, type: free, category: other, packages: [{manager: dpkg, name: viewer}]}",
    )
    store("PC-0001", OFFICE)
    invoke("ledger", "adopt", "PC-0001")
    before = booked("id")
    new = {"name": "viewer", "installed_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ")}
    store("PC-0001", [*OFFICE, new, {"name": "chess"}])
    result = invoke("ledger", "adopt", "PC-0001")
    assert (result.exit_code, result.stdout) == (0, "PC-0001: adopted already, nothing to reconcile\n")
    assert booked("id") == before
    assert len(events(root, "adopted")) == 1
    assert ("private_install", "dpkg:viewer:amd64") in codes(invoke)


def test_a_wiped_computer_is_adopted_as_another_machine(
    invoke: Invoke, root: Path, store: Store, booked: Callable[..., list[tuple[Any, ...]]]
) -> None:
    """What is on it now is recorded, and what was there before neither counts against it nor for it."""
    store("PC-0001", [WPS, {"name": "libwps"}])
    invoke("ledger", "adopt", "PC-0001")
    assert invoke("computer", "return", "PC-0001", "--wiped", "--by", "E0006").exit_code == 0
    assert invoke("computer", "assign", "PC-0001", "--user", "E0004", "--by", "E0006").exit_code == 0
    add_software(
        root, "{name: Lib, number: FREE-0900, type: free, category: other, packages: [{manager: dpkg, name: libwps}]}"
    )
    store("PC-0001", [{"name": "p7zip-desktop", "version": "24.01"}])
    assert [code for code, _package in codes(invoke) if code.startswith("private_")] == []
    before = set(booked("id"))
    result = invoke("ledger", "adopt", "PC-0001")
    assert (result.exit_code, result.stdout) == (0, "PC-0001: adopted, 2 records (FREE-0001 1, FREE-0002 1)\n")
    rows = [row for row in booked("id", "action", "package", "cause") if row[:2] not in before]
    assert [row[2:] for row in rows] == [
        ("install", "platform:debian:", "adopted"),
        ("install", "dpkg:p7zip-desktop:amd64", "adopted"),
    ]
    assert len(events(root, "adopted")) == 2
    # The part of the office of the machine before is no excuse.
    store("PC-0001", [{"name": "p7zip-desktop", "version": "24.01"}, {"name": "libwps"}])
    assert ("private_install", "dpkg:libwps:amd64") in codes(invoke)
    assert invoke("ledger", "verify").exit_code == 0


def test_what_has_a_number_by_now_moves(invoke: Invoke, root: Path, store: Store, booked: Callable[..., Any]) -> None:
    set_quantity(root, 0)
    old = {"name": "old-base", "installed_at": "2026-01-05T01:00:00Z"}
    needed = {"name": "needs-it", "needs": ["old-base"]}
    add_software(
        root,
        "{name: User, number: FREE-0901, type: free, category: other, packages: [{manager: dpkg, name: needs-it}]}",
    )
    store("PC-0001", [*OFFICE, old, needed])
    invoke("ledger", "adopt", "PC-0001")
    assert ("UNASSIGNED", "dpkg:wps-office:amd64") in booked("package")
    path = root / "policies" / "commercial.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("quantity: 0\n", "quantity: 6\n"), encoding="utf-8")
    add_software(
        root,
        "{name: Game, number: FREE-0900, type: free, category: other, packages: [{manager: dpkg, name: game}]}",
        "{name: User, number: FREE-0901, type: free, category: other, packages: [{manager: dpkg, name: needs-it}]}",
        "{name: Old, number: FREE-0902, type: free, category: other, packages: [{manager: dpkg, name: old-base}]}",
    )
    # The installed version is a newer build: what moves is what is on record.
    newer = [{**WPS, "version": "11.1.0.11900", "needs": []}, *OFFICE[2:]]
    # It was a part of WPS then, and nobody has listed it.
    left = {"name": "libwps", "installed_at": "2026-01-05T01:00:00Z"}
    store("PC-0001", [*newer, old, needed, left])
    before = set(booked("id"))
    result = invoke("ledger", "adopt", "PC-0001", "--format", "json")
    (answer,) = json.loads(result.stdout)
    assert answer["state"] == "reconciled"
    moves = [
        (item["book"], *(item["record"][key] for key in ("action", "package", "version", "cause", "date")))
        for item in answer["records"]
    ]
    assert moves == [
        ("UNLISTED", "uninstall", "dpkg:game:amd64", "1.0", "lot_move", TODAY),
        ("FREE-0900", "install", "dpkg:game:amd64", "1.0", "lot_move", TODAY),
        # It was there before the adoption, unlisted and needed by listed software.
        ("FREE-0902", "install", "dpkg:old-base:amd64", "1.0", "adopted", "2026-01-05"),
        ("UNASSIGNED", "uninstall", "dpkg:wps-office:amd64", "11.1.0.11719", "lot_move", TODAY),
        ("COM-0001", "install", "dpkg:wps-office:amd64", "11.1.0.11719", "lot_move", TODAY),
    ]
    assert len(set(booked("id")) - before) == 5
    assert Ledger(root / "ledger").commits()[-1].plan == "reconciled"
    assert invoke("ledger", "adopt", "PC-0001").stdout == "PC-0001: adopted already, nothing to reconcile\n"
    assert invoke("ledger", "verify").exit_code == 0
    held = Workspace(root).history(NOW).held_on["PC-0001"]
    assert {package: holding.number for package, holding in held.items()} == {
        "dpkg:game:amd64": "FREE-0900",
        "dpkg:libgame:amd64": "UNLISTED",
        "dpkg:needs-it:amd64": "FREE-0901",
        "dpkg:old-base:amd64": "FREE-0902",
        "dpkg:wps-office:amd64": "COM-0001",
        "platform:debian:": "FREE-0001",
    }


def test_what_was_there_is_known_and_no_date_of_a_host_says_so(
    invoke: Invoke, root: Path, store: Store, booked: Callable[..., list[tuple[Any, ...]]]
) -> None:
    """A part of the office then, updated and listed since; and what came later with the date of an old file."""
    store("PC-0001", OFFICE)
    invoke("ledger", "adopt", "PC-0001")
    (event,) = events(root, "adopted")
    assert event.data["passed_over"] == list_packages(["dpkg:bash:amd64", "dpkg:libwps:amd64"])
    add_software(
        root,
        "{name: Lib, number: FREE-0900, type: free, category: other, packages: [{manager: dpkg, name: libwps}]}",
        "{name: New, number: FREE-0901, type: free, category: other, packages: [{manager: dpkg, name: new}]}",
    )
    updated = {"name": "libwps", "version": "2", "installed_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ")}
    office = [{**WPS, "needs": []}, updated, *OFFICE[2:], {"name": "new", "installed_at": "2020-01-01T00:00:00Z"}]
    store("PC-0001", office)
    (assessment,) = json.loads(invoke("assess", "PC-0001", "--format", "json").stdout)
    found = [finding["package"] for finding in assessment["findings"] if finding["code"] == "private_install"]
    assert found == ["dpkg:new:amd64"]
    assert invoke("ledger", "adopt", "PC-0001").stdout == "PC-0001: reconciled, 1 records (FREE-0900 1)\n"
    assert [row for row in booked("package", "version") if row[0].startswith("FREE-09")] == [
        ("FREE-0900", "dpkg:libwps:amd64", "2")
    ]


def test_what_moves_is_what_is_on_record(invoke: Invoke, root: Path, store: Store, booked: Callable[..., Any]) -> None:
    """Upgraded since without a record: the old label goes to its lot, and the upgrade stays private."""
    labels = (("1", "<2", "COM-0900"), ("2", ">=2", "COM-0901"))
    lines = (
        f'{{name: Suite, version: "{label}", type: commercial, category: other, '
        f"lots: [{{number: {lot}, quantity: %d}}], "
        f'packages: [{{manager: dpkg, name: suite, versions: "{versions}"}}]}}'
        for label, versions, lot in labels
    )
    texts = tuple(lines)
    add_software(root, *(text % 0 for text in texts))
    store("PC-0001", [{"name": "suite", "version": "1.0"}])
    invoke("ledger", "adopt", "PC-0001")
    assert booked("version")[-1] == ("UNASSIGNED", "1.0")
    add_software(root, *(text % 9 for text in texts))
    store("PC-0001", [{"name": "suite", "version": "2.0"}])
    assert invoke("ledger", "adopt", "PC-0001").stdout == "PC-0001: reconciled, 2 records (COM-0900 1)\n"
    assert booked("version")[0] == ("COM-0900", "1.0")
    assert ("private_upgrade", "dpkg:suite:amd64") in codes(invoke)


def test_a_look_alike_goes_to_unlisted(invoke: Invoke, root: Path, store: Store, booked: Callable[..., Any]) -> None:
    selector = "{manager: rpm, name: tool, signer: Good*}"
    add_software(root, f"{{name: Tool, number: FREE-0900, type: free, category: other, packages: [{selector}]}}")
    rows = [{"manager": "rpm", "name": "tool", "arch": arch, "publisher": arch} for arch in ("Good Ltd", "Bad Ltd")]
    store("PC-0001", rows, managers=["rpm"])
    invoke("ledger", "adopt", "PC-0001")
    assert booked("package")[1:] == [("FREE-0900", "rpm:tool:Good Ltd"), ("UNLISTED", "rpm:tool:Bad Ltd")]


def test_an_identity_that_people_wrote_stays(invoke: Invoke, root: Path, store: Store) -> None:
    text = register_text(root).replace('machine_id: ""}, vars: {ansible_host: 10.0.0.11}', f"machine_id: {'a' * 32}}}")
    assert "a" * 32 in text
    (root / "inventories/register/computers.yml").write_text(text, encoding="utf-8")
    store("PC-0001", OFFICE)
    assert invoke("ledger", "adopt", "PC-0001").stdout.startswith("PC-0001: adopted, 4 records")
    assert register_text(root) == text


def test_a_machine_may_have_been_another_that_is_scrapped(invoke: Invoke, root: Path, store: Store) -> None:
    path = root / "inventories/register/computers.yml"
    scrapped = f"status: scrapped, identity: {{machine_id: {'a' * 32}}}}}"
    path.write_text(register_text(root).replace("status: scrapped}", scrapped), encoding="utf-8")
    store("PC-0001", OFFICE)
    assert invoke("ledger", "adopt", "PC-0001").exit_code == 0


def test_a_register_that_would_say_something_else_is_not_written(
    invoke: Invoke, root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = register_text(root)
    store("PC-0001", OFFICE)
    with monkeypatch.context() as patch:
        patch.setattr(rows, "set_value", lambda text, *_path, **_named: text.replace("kind: desktop", "kind: laptop"))
        result = invoke("ledger", "adopt", "PC-0001")
    assert result.exit_code == 2
    assert "would not say what it is to say" in result.stderr
    assert register_text(root) == before
    assert invoke("ledger", "show").stdout == "no records\n"


def _unread(store: Store) -> None:
    store("PC-0001", [], managers=[], unread={"dpkg": "status is cut off"})


def _of_yesterday(store: Store) -> None:
    store("PC-0001", OFFICE, collected_at=NOW - dt.timedelta(hours=25))


def _carried(store: Store) -> None:
    store("PC-0001", OFFICE, collected_at=NOW - dt.timedelta(hours=25), imported_at=moment_text(NOW))


def _of_tomorrow(store: Store) -> None:
    store("PC-0001", OFFICE, collected_at=NOW + dt.timedelta(hours=25))


def _nameless(store: Store) -> None:
    store("PC-0001", OFFICE, identity={})


def _hostile(store: Store) -> None:
    store("PC-0001", OFFICE, identity={"machine_id": "a\x1b[2J\n- {number: PC-9}"})


def _no_managers(store: Store) -> None:
    store("PC-0001", [], managers=[])


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda _store: None, "no facts of it are stored"),
        (_of_yesterday, "not of the last 24 hours; collect its facts: zhengban facts collect --hosts pc-0001"),
        (
            _carried,
            "not of the last 24 hours; collect its facts there again and carry them over: zhengban facts import",
        ),
        (_of_tomorrow, "not of the last 24 hours"),
        (_unread, "could not read dpkg (status is cut off)"),
        (_no_managers, "could not read any package manager"),
        (_nameless, "neither a machine id nor a serial number"),
        (_hostile, "is no text that the register could hold"),
    ],
    ids=["none", "old", "carried", "future", "unread", "no manager", "nameless", "hostile"],
)
def test_facts_that_cannot_be_used_are_named_and_the_others_go_on(
    invoke: Invoke, root: Path, store: Store, prepare: Callable[[Store], None], message: str
) -> None:
    before = register_text(root)
    prepare(store)
    store("PC-0002", OFFICE)
    result = invoke("ledger", "adopt", "PC-0001", "PC-0002")
    assert result.exit_code == 3
    (line,) = result.stderr.splitlines()
    assert line.startswith("PC-0001: ") and message in line
    assert result.stdout.startswith("PC-0002: adopted")
    assert "a" * 32 not in register_text(root) and register_text(root) != before
    assert [event.computer for event in events(root, "adopted")] == ["PC-0002"]


def test_scrapped_and_strange_machines_are_refused(invoke: Invoke, root: Path, store: Store) -> None:
    store("PC-0005", OFFICE)
    store("PC-0001", OFFICE)
    invoke("ledger", "adopt", "PC-0001")
    store("PC-0001", OFFICE, identity={"machine_id": "f" * 32, "serial_number": "SN PC-0001"})
    books = invoke("ledger", "show").stdout
    result = invoke("ledger", "adopt", "PC-0005", "PC-0001")
    assert result.exit_code == 3
    assert "PC-0005: the register says it is scrapped" in result.stderr
    assert f"PC-0001: it answers with machine_id {'f' * 32!r}, the register says {'a' * 32!r}" in result.stderr
    assert invoke("ledger", "show").stdout == books


def test_cloned_machines_are_refused_and_one_that_was_adopted_stays(invoke: Invoke, root: Path, store: Store) -> None:
    same = {"machine_id": "a" * 32, "serial_number": ""}
    store("PC-0001", OFFICE, identity=same)
    store("PC-0002", OFFICE, identity=same)
    result = invoke("ledger", "adopt", "PC-0001", "PC-0002")
    assert result.exit_code == 3
    assert [line.split(" has")[0] for line in result.stderr.splitlines()] == ["PC-0001: PC-0002", "PC-0002: PC-0001"]
    assert not events(root, "adopted")
    assert invoke("ledger", "adopt", "PC-0001").exit_code == 0
    result = invoke("ledger", "adopt", "PC-0001", "PC-0002")
    assert result.stderr.startswith(f"PC-0002: PC-0001 has the machine id {'a' * 32!r} too")
    assert result.stdout == "PC-0001: adopted already, nothing to reconcile\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("PC-0001", "PC-0009"), "'PC-0009'"),
        (
            ("PC-0001", "--by", "E007"),
            "no person has the id 'E007' (inventories/register/people.yml); did you mean 'E0007'?",
        ),
        (("PC-0001", "--by", "E0009"), "E0009 孙晓东 left on 2026-08-31"),
        (("PC-0001", "--by", "E0002", "--diff"), "nothing is written with --diff"),
    ],
)
def test_wrong_input_writes_nothing(
    invoke: Invoke, root: Path, store: Store, arguments: tuple[str, ...], message: str
) -> None:
    before = register_text(root)
    store("PC-0001", OFFICE)
    result = invoke("ledger", "adopt", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
    assert register_text(root) == before
    assert invoke("ledger", "show").stdout == "no records\n"


def test_a_person_may_attest_it(invoke: Invoke, root: Path, store: Store, booked: Callable[..., Any]) -> None:
    store("PC-0001", OFFICE)
    invoke("ledger", "adopt", "PC-0001", "--by", "E0002")
    assert {row[1] for row in booked("evidence")} == {"attested:E0002"}


def test_differences(invoke: Invoke, root: Path, store: Store) -> None:
    store("PC-0001", OFFICE)
    invoke("ledger", "adopt", "PC-0001")
    assert invoke("ledger", "adopt", "--diff", "PC-0001").stdout == "the books agree with 1 computers\n"
    path = root / "inventories/register/computers.yml"
    text = register_text(root).replace("user: E0004,", "user: E0004, oem: [OEM-0001, OEM-0099],")
    path.write_text(text, encoding="utf-8")
    add_software(
        root,
        "{name: Viewer, number: FREE-0900, type: free, category: other, packages: [{manager: dpkg, name: viewer}]}",
    )
    newer = {**WPS, "version": "11.1.0.11900"}
    store("PC-0001", [newer, {"name": "libwps"}, {"name": "libgame"}, {"name": "viewer"}, {"name": "chess"}])
    before = {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
    result = invoke("ledger", "adopt", "--diff", "PC-0001", "--format", "json")
    assert {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()} == before
    assert result.exit_code == 1
    (compared,) = json.loads(result.stdout)
    assert [
        tuple(row[key] for key in ("difference", "book", "package", "recorded", "installed"))
        for row in compared["differences"]
    ] == [
        ("only_books", "OEM-0001", "", "V10", ""),
        ("only_books", "OEM-0099", "", "", ""),
        ("only_host", "UNLISTED", "dpkg:chess:amd64", "", "1.0"),
        ("only_books", "UNLISTED", "dpkg:game:amd64", "1.0", ""),
        ("only_host", "FREE-0900", "dpkg:viewer:amd64", "", "1.0"),
        ("version", "COM-0001", "dpkg:wps-office:amd64", "11.1.0.11719", "11.1.0.11900"),
    ]
    text = invoke("ledger", "adopt", "--diff", "PC-0001")
    assert text.exit_code == 1
    assert "only on the host" in text.stdout and "version differs" in text.stdout


def test_a_computer_that_cannot_be_compared_is_named(invoke: Invoke, root: Path, store: Store) -> None:
    store("PC-0002", OFFICE)
    result = invoke("ledger", "adopt", "--diff", "PC-0001", "PC-0002")
    assert result.exit_code == 3
    assert result.stderr.startswith("PC-0001: no facts of it are stored")
    assert "dpkg:game:amd64" in result.stdout
    assert not (root / "ledger").exists()


def test_a_crash_before_the_event_is_gone_on_with(
    invoke: Invoke, root: Path, store: Store, booked: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has come meanwhile stays private: the day of the adoption is that of its unit."""
    add_software(
        root,
        "{name: Viewer, number: FREE-0900, type: free, category: other, packages: [{manager: dpkg, name: viewer}]}",
    )
    store("PC-0001", OFFICE)
    with monkeypatch.context() as patch:
        cut = LedgerError("cut")
        patch.setattr(ledger_module, "append_events", lambda *_arguments, **_named: (_ for _ in ()).throw(cut))
        assert invoke("ledger", "adopt", "PC-0001").exit_code == 2
    assert not events(root, "adopted")
    before = booked("id")
    assert before
    store("PC-0001", [*OFFICE, {"name": "viewer"}])
    assert invoke("ledger", "adopt", "PC-0001").stdout == "PC-0001: adopted already, nothing to reconcile\n"
    assert booked("id") == before
    (event,) = events(root, "adopted")
    passed_over = list_packages(["dpkg:bash:amd64", "dpkg:libwps:amd64"])
    assert event.data == {"date": TODAY, "records": len(before), "passed_over": passed_over}
    assert event.run == Ledger(root / "ledger").commits()[0].run
    assert ("private_install", "dpkg:viewer:amd64") in codes(invoke)


def test_a_unit_that_was_cut_off_is_gone_on_with(
    invoke: Invoke, root: Path, store: Store, booked: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    store("PC-0001", OFFICE)
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "settle", lambda *_arguments, **_named: (_ for _ in ()).throw(LedgerError("cut")))
        assert invoke("ledger", "adopt", "PC-0001").exit_code == 2
    assert "a" * 32 in register_text(root)
    assert invoke("ledger", "show").stdout == "no records\n"
    assert invoke("ledger", "adopt", "PC-0001").exit_code == 0
    assert len(booked("id")) == 4
    assert len(events(root, "adopted")) == 1
    assert not Ledger(root / "ledger").pending()


def adopted_text(root: Path) -> list[str]:
    """The computers whose machine id is in the register's text."""
    return [number for number, machine in MACHINES.items() if machine in register_text(root)]


@pytest.mark.parametrize("cut_at", ["apply_files", "settle"])
def test_a_batch_that_was_cut_off_is_gone_on_with(
    invoke: Invoke, root: Path, store: Store, booked: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, cut_at: str
) -> None:
    """Each computer is a unit of its own, also where the register is written once for many of them."""
    numbers = ("PC-0001", "PC-0002", "PC-0003")
    for number in numbers:
        store(number, OFFICE)
    calls: list[str] = []
    original = getattr(Ledger, cut_at)

    def cut(self: Ledger, *arguments: Any, **named: Any) -> object:
        calls.append(cut_at)
        if cut_at == "apply_files" or len(calls) == 2:
            raise LedgerError("cut")
        return original(self, *arguments, **named)

    before = register_text(root)
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, cut_at, cut)
        assert invoke("ledger", "adopt", *numbers).exit_code == 2
    ledger = Ledger(root / "ledger")
    assert len(ledger.pending()) == (3 if cut_at == "apply_files" else 2)
    assert (register_text(root) == before) == (cut_at == "apply_files")
    assert adopted_text(root) == ([] if cut_at == "apply_files" else list(numbers))
    if cut_at == "apply_files":
        # Each is settled by itself, whoever edits the rest of the file meanwhile.
        (root / "inventories/register/computers.yml").write_text(f"# theirs\n{before}", encoding="utf-8")
    assert invoke("ledger", "recover").exit_code == 0
    assert adopted_text(root) == list(numbers)
    assert [event.computer for event in events(root, "adopted")] == list(numbers)
    assert {len(booked("id", computer=number)) for number in numbers} == {4}
    assert invoke("ledger", "verify").exit_code == 0
    assert invoke("validate").exit_code == 0


def test_who_is_busy_is_left_out_of_the_register_too(root: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adopting, "BATCH", 2)
    numbers = ("PC-0001", "PC-0002", "PC-0003")
    for number in numbers:
        store(number, OFFICE)
    workspace = Workspace(root)
    with Ledger(root / "ledger").lock_computer("PC-0002"):
        answers = adopt_computers(workspace, map(workspace.computer_named, numbers), now=NOW)
        assert [answer.state for answer in answers] == ["adopted", "refused", "adopted"]
    assert adopted_text(root) == ["PC-0001", "PC-0003"]
    assert Workspace(root).history(NOW).adopted.keys() == {"PC-0001", "PC-0003"}
    assert Ledger(root / "ledger").verify() == ()


def test_somebody_edits_the_register_meanwhile(root: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adopting, "BATCH", 1)
    for number in ("PC-0001", "PC-0002"):
        store(number, OFFICE)
    workspace = Workspace(root)
    computers = [workspace.register.computer_by_number[number] for number in ("PC-0001", "PC-0002")]
    answers = adopt_computers(workspace, computers, now=NOW)
    assert next(answers).state == "adopted"
    theirs = register_text(root) + "# theirs\n"
    (root / "inventories/register/computers.yml").write_text(theirs, encoding="utf-8")
    with pytest.raises(LedgerError, match="changed by somebody else"):
        next(answers)
    assert register_text(root) == theirs
    assert Workspace(root).history(NOW).adopted.keys() == {"PC-0001"}
    assert not workspace.ledger.pending()
    (answer,) = adopt_computers(Workspace(root), computers[1:], now=NOW)
    assert answer.state == "adopted"
    assert register_text(root).endswith("# theirs\n")


def test_a_unit_that_somebody_is_at_is_left_to_them(
    invoke: Invoke, root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store("PC-0001", OFFICE)
    invoke("ledger", "adopt", "PC-0001")
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "settle", lambda *_arguments, **_named: (_ for _ in ()).throw(LedgerError("cut")))
        why = ("--by", "E0002", "--reason", "x")
        place = ("--computer", "PC-0001", "--package", "dpkg:game:amd64", "--book", "UNLISTED")
        invoke("ledger", "correct", *place, "--not-installed", *why)
    with Ledger(root / "ledger").lock_computer("PC-0001"):
        result = invoke("ledger", "adopt", "PC-0001")
    assert result.exit_code == 3
    assert result.stderr == "PC-0001: another run is working on this computer; wait until it has ended\n"
    assert invoke("ledger", "adopt", "PC-0001").exit_code == 0
    assert not Ledger(root / "ledger").pending()


def test_an_open_change_on_the_host_comes_first(
    invoke: Invoke, root: Path, store: Store, open_intent: Callable[..., Any]
) -> None:
    store("PC-0001", OFFICE)
    open_intent("PC-0001")
    result = invoke("ledger", "adopt", "PC-0001")
    assert result.exit_code == 3
    assert "zhengban ledger recover" in result.stderr
    assert "a" * 32 not in register_text(root)


def test_one_command_at_a_time(invoke: Invoke, root: Path, store: Store) -> None:
    store("PC-0001", OFFICE)
    with Ledger(root / "ledger").lock_workspace():
        result = invoke("ledger", "adopt", "PC-0001")
    assert result.exit_code == 3
    assert "wait until it has ended" in result.stderr


def test_names_from_hosts_are_data(invoke: Invoke, root: Path, store: Store, booked: Callable[..., Any]) -> None:
    name = '=cmd|\' /C calc\'!A0\n- {"id": "x"}\x1b[2J'
    store("PC-0001", [{"name": name}])
    assert invoke("ledger", "adopt", "PC-0001").exit_code == 0
    assert ("UNLISTED", f"dpkg:{name}:amd64") in booked("package")
    assert invoke("ledger", "verify").exit_code == 0
    assert "\x1b" not in invoke("ledger", "adopt", "--diff", "PC-0001").stdout


def test_what_a_form_stated_is_the_package_that_is_found(
    invoke: Invoke, root: Path, store: Store, booked: Callable[..., Any]
) -> None:
    """Excel against hosts, row by row; the lot is the form's, and one install stays one."""
    workspace = Workspace(root)
    computer = workspace.computer_named("PC-0001")
    author = Author.of(workspace.register, computer, run=new_run_id(NOW), day=dt.date(2024, 4, 2))
    stated = [
        Statement(book=book, action="install", package=form_package(book), version=version, quantity=1, cause="adopted")
        for book, version in (("COM-0001", "11.1"), ("COM-0003", "9.2"))
    ]
    history = workspace.history(NOW)
    state_unit(workspace, author, stated, known=history, what="imported", evidence="attested:E0006", now=NOW)
    store("PC-0001", [WPS, {"name": "libwps"}])
    (found,) = json.loads(invoke("ledger", "adopt", "PC-0001", "--diff", "--format", "json").stdout)
    rows = [(row["package"], row["difference"], row["recorded"], row["installed"]) for row in found["differences"]]
    assert ("form:COM-0001:any", "version", "11.1", "11.1.0.11719") in rows
    assert ("form:COM-0003:any", "only_books", "9.2", "") in rows
    assert "wps-office" not in str(rows)
    assert invoke("ledger", "adopt", "PC-0001").exit_code == 0
    held = Workspace(root).history(NOW).held_on["PC-0001"]
    assert {package: holding.number for package, holding in held.items() if holding.number.startswith("COM")} == {
        "dpkg:wps-office:amd64": "COM-0001",
        "form:COM-0003:any": "COM-0003",
    }
    assert [row[1] for row in booked("action") if row[0] == "COM-0001"] == ["install", "uninstall", "install"]
    assert Workspace(root).history(NOW).seats_taken["COM-0001"] == 1
