# SPDX-License-Identifier: Apache-2.0
"""The published schemas of the ledger say what the ledger writes: every key, no other, and every line validates."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from tests.unit.ledger.examples import NOW, RUN, all_done, carry_out, install_intent, make_intent, read_as_yaml
from tests.unit.ledger.test_lines import HOSTILE
from zhengban.desk.schema import FILES, schema_for_editors
from zhengban.documents.schemas import SCHEMAS, read_schema, validator_for
from zhengban.ledger import Ledger
from zhengban.ledger.confirmations import append_confirmations
from zhengban.ledger.requests import extend_request, open_papers, open_requests
from zhengban.model.confirmation import Confirmation
from zhengban.model.paper import Need, NeedEntry, NeedRow, PlanEntry, PlanRow, PurchasePlan
from zhengban.model.record import Commit, Event, FileEdit, Intent, Record
from zhengban.model.request import Application, RequestEntry, Software

LINES: dict[str, tuple[type[msgspec.Struct], str]] = {
    "ledger-book": (Record, "records"),
    "ledger-confirmation": (Confirmation, "confirmations"),
    "ledger-events": (Event, "events"),
    "ledger-need": (NeedEntry, "entries"),
    "ledger-purchase": (PlanEntry, "entries"),
    "ledger-request": (RequestEntry, "entries"),
    "ledger-runs": (Commit, "commits"),
}


def shape(schema: dict[str, Any], shared: dict[str, Any]) -> Any:
    """What a schema demands, without what explains it: kinds, keys and choices."""
    if "$ref" in schema:
        return shape(shared[schema["$ref"].rpartition("/")[2]], shared)
    if "anyOf" in schema:
        choices = [shape(choice, shared) for choice in schema["anyOf"]]
        if all(isinstance(choice, frozenset) for choice in choices):
            return frozenset().union(*choices)
        (choice,) = (choice for choice in choices if choice != "null")
        return ("or null", choice)
    if "enum" in schema:
        return frozenset(schema["enum"])
    kind = schema["type"]
    if isinstance(kind, list):
        (kind,) = set(kind) - {"null"}
        return ("or null", shape({**schema, "type": kind}, shared))
    if kind == "object" and "properties" in schema:
        return {key: (key in schema["required"], shape(child, shared)) for key, child in schema["properties"].items()}
    if kind == "array":
        item = schema["prefixItems"][0] if "prefixItems" in schema else schema["items"]
        return [shape(item, shared), schema.get("minItems", 0), schema.get("maxItems")]
    return "date" if schema.get("format") == "date" else kind


def shape_of(kind: type[msgspec.Struct]) -> Any:
    (schema,), shared = msgspec.json.schema_components(
        [kind], ref_template="{name}", schema_hook=lambda _object: {"type": "object"}
    )
    return shape(schema, shared)


@pytest.mark.parametrize("name", sorted(LINES))
def test_a_line_has_the_keys_of_its_type(name: str) -> None:
    kind, key = LINES[name]
    assert shape(read_schema(name)["properties"][key]["items"], {}) == shape_of(kind)


def test_an_intent_has_the_keys_of_its_type() -> None:
    found, wanted = shape(read_schema("ledger-pending"), {}), shape_of(Intent)
    # The type fills the format in where it is missing; the ledger always writes it.
    assert wanted["format"][0] is False
    assert found == {**wanted, "format": (True, wanted["format"][1])}


def test_every_kind_of_file_has_a_schema() -> None:
    assert {name for name in SCHEMAS if name.startswith("ledger-")} == {
        *LINES,
        "ledger-pending",
        "ledger-summary",
        "ledger-detail",
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A ledger with something in every kind of file, and hostile texts wherever a host or a person puts one."""
    ledger = Ledger(tmp_path / "ledger")
    carry_out(ledger, make_intent("PC-0001"))
    for number, text in enumerate([*HOSTILE.values(), "a\udc80b\ud800"]):
        carry_out(ledger, install_intent(f"PC-1{number:03}", text or "empty", "COM-0009"))
        ledger.append_events([("notice", RUN, text, {text[:100]: {"list": [text, 2**53 - 1, True, None]}})], at=NOW)
    unused = install_intent("PC-0002", "dpkg:a:all", "COM-0009")
    with ledger.lock_computer("PC-0002"):
        ledger.open_intent(unused)
        ledger.settle(unused, (), at=NOW)
    with ledger.lock_computer("PC-0003"):
        stated = make_intent("PC-0003")
        edit = FileEdit(path="policies/free.yml", before="", text="software: []\n")
        ledger.open_intent(msgspec.structs.replace(stated, evidence="attested:E0002", files=(edit,)))
    write_papers(ledger)
    assert ledger.verify() == ()
    return ledger.root


def write_papers(ledger: Ledger) -> None:
    hostile = "\n".join(HOSTILE.values())
    product = Software(number="COM-0001", name=hostile)
    asked = Application(department="D02", department_name="财务处", applicant="E0007", applicant_name="张三",
        computer="PC-0007", kind="install", after=product)  # fmt: skip
    entry = RequestEntry(seq=0, prev="", at=NOW, kind="applied", by="E0007", date=NOW.date(), account="ops@ctl",
        reason=hostile, application=asked)  # fmt: skip
    (identity,) = open_requests(ledger, [entry], day=NOW.date(), at=NOW)
    file = ledger.request(identity)
    assert file is not None
    approval = RequestEntry(seq=0, prev="", at=NOW, kind="approved", by="E0003", date=NOW.date(), account="ops@ctl",
        role="department", expires=dt.date(2026, 12, 31), evidence="OA-7", recorded_by="E0002")  # fmt: skip
    extend_request(ledger, file, approval, noted=1, at=NOW)
    signed = Confirmation(seq=0, prev="", at=NOW, id="", records=(f"{RUN}/PC-0001/0",), computer="PC-0001",
        kind="install", after=product, user="E0007", user_name="张三", maintainer="E0002", maintainer_name="李四",
        date=NOW.date(), done=False, reason=hostile, account="ops@ctl")  # fmt: skip
    append_confirmations(ledger, [signed], day=NOW.date(), at=NOW)
    rows = (NeedRow(category="office", purpose=hostile, functions=hostile, quantity=3, note=hostile),)
    need = Need(department="D02", department_name="财务处", handled_by="E0007", handled_by_name="张三", rows=rows)
    bought = (PlanRow(name=hostile, price=Decimal("580.00"), quantity=2, needed=3, free=1, needs=("NED-x#1",)),)
    plan = PurchasePlan(handled_by="E0007", handled_by_name="张三", phone="1", rows=bought)
    first = msgspec.structs.asdict(msgspec.structs.replace(entry, application=None))
    first = {key: first[key] for key in ("seq", "prev", "at", "kind", "by", "date", "account")}
    open_papers(ledger, "NED", [NeedEntry(**first, need=need)], day=NOW.date(), at=NOW)
    open_papers(ledger, "PUR", [PlanEntry(**first, plan=plan)], day=NOW.date(), at=NOW)


def files_of(root: Path, kind: str) -> list[Path]:
    found = sorted(root.parent.glob(FILES[kind]))
    assert found
    return found


@pytest.mark.parametrize("kind", [*sorted(LINES), "ledger-pending"])
def test_everything_the_ledger_writes_validates(root: Path, kind: str) -> None:
    for path in files_of(root, kind):
        document = json.loads(path.read_bytes()) if path.suffix == ".json" else plain_reader(path)
        for validator in (validator_for(kind), Draft202012Validator(schema_for_editors(kind))):
            assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)] == []


@pytest.mark.parametrize("kind", sorted(LINES))
def test_yaml_tools_and_a_plain_line_reader_agree(root: Path, kind: str) -> None:
    """PyYAML in Python and in C, ruamel, and JSON of what follows the dash."""
    for path in files_of(root, kind):
        seen = read_as_yaml(path)
        assert seen == plain_reader(path)
        ((_key, owner), (_rows, rows)) = seen.items()  # type: ignore[attr-defined]
        assert isinstance(owner, str)
        assert rows


def plain_reader(path: Path) -> dict[str, Any]:
    """A reader that knows no YAML: a header of two lines, then a JSON object in each."""
    first, second, *rows = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    key, _, owner = first.partition(": ")
    assert all(row.startswith("- {") for row in rows)
    return {key: json.loads(owner), second.removesuffix(":"): [json.loads(row[2:]) for row in rows]}


def test_a_book_without_records_validates(tmp_path: Path) -> None:
    """The fixed bytes it begins with: YAML sees null where the records will be."""
    path = tmp_path / "book.yml"
    path.write_bytes(b'number: "COM-0001"\nrecords:\n')
    assert validator_for("ledger-book").is_valid(read_as_yaml(path))


def test_a_line_a_hand_rewrote_is_read_and_a_bad_one_is_named(root: Path) -> None:
    ledger, path = Ledger(root), root / "books" / "COM-0009.yml"
    lines = path.read_bytes().splitlines(keepends=True)
    before = ledger.records("COM-0009")
    row = json.loads(lines[3][2:])
    by_hand = "- {" + ", ".join(f"{key}: '{value}'" for key, value in row.items() if key != "quantity")
    lines[3] = f"{by_hand}, quantity: {row['quantity']}}}  # as the old ledger had it\n".encode()
    lines[5] = b"- {id: x, action: instal}\n"
    path.write_bytes(b"".join(lines))
    assert ledger.records("COM-0009") == (*before[:3], *before[4:])
    (problem,) = ledger.read_problems()
    assert (problem.file, problem.line) == ("ledger/books/COM-0009.yml", 6)
    assert "restore the line" in problem.hint


def test_settling_writes_what_the_schema_says_after_a_crash_too(tmp_path: Path) -> None:
    ledger, intent = Ledger(tmp_path / "ledger"), make_intent()
    with ledger.lock_computer(intent.computer):
        ledger.open_intent(intent)
    again = Ledger(tmp_path / "ledger")
    with again.lock_computer(intent.computer):
        again.settle(again.pending()[0], all_done(intent), at=NOW)
    for path in files_of(ledger.root, "ledger-runs"):
        assert validator_for("ledger-runs").is_valid(plain_reader(path))
