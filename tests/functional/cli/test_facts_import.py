# SPDX-License-Identifier: Apache-2.0
"""``zhengban facts import``: documents carried over from computers nobody can ask."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import Result

from tests.functional.cli.conftest import MACHINE_ID
from tests.lab.workspace import read_register, write_register
from zhengban.host import facts as digests
from zhengban.intake import importing
from zhengban.ledger.ledger import Ledger
from zhengban.model.evidence import describe_age
from zhengban.model.facts import COLUMNS, Facts, moment_text
from zhengban.run.facts import keep_facts, stored_facts
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]
AT = "2026-11-20T08:00:00Z"
LATER = "2026-11-21T08:00:00Z"
OTHER_ID = "f" * 32


def document(
    *names: str, host: str = "pc-0001", machine_id: str = MACHINE_ID, at: str = AT, **more: Any
) -> dict[str, Any]:
    """What a collector prints on a machine with these packages."""
    rows = [
        ["dpkg", name, "1.0", "amd64", None, None, True, False, "", False, None, [], [], []] for name in sorted(names)
    ]
    digest = digests.digest_packages([[row[0], row[1], row[2], row[3], row[6], row[9]] for row in rows])
    return {
        "format": "zhengban.facts/1",
        "host": host,
        "identity": {"serial_number": "", "machine_id": machine_id},
        "collected_at": at,
        "platform": {"id": "debian", "version": "12", "arch": "amd64"},
        "managers": {"dpkg": {"read": True, "why": "", "count": len(rows), "digest": digest, "arch": "amd64"}},
        "digest": digests.digest_managers([["dpkg", True, digest]]),
        "guard": {},
        "attempts": [],
        "columns": list(COLUMNS),
        "packages": rows,
        "removed": [],
        **more,
    }


@pytest.fixture
def carry(tmp_path: Path) -> Callable[..., str]:
    """Write a document to a file, as if it had been carried here; returns its path."""

    def write(name: str, content: dict[str, Any] | str | bytes) -> str:
        path = tmp_path / name
        text = json.dumps(content) if isinstance(content, dict) else content
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    return write


@pytest.fixture
def stored(root: Path) -> Callable[[str], Facts | None]:
    return lambda number: stored_facts(Workspace(root), number)


def set_identity(root: Path, **identities: dict[str, str]) -> None:
    path = root / "inventories" / "register" / "computers.yml"
    register = read_register(path)
    for entry in register["computers"]:
        given = identities.get(entry["number"].replace("-", "_"))
        if given is not None:
            entry["identity"] = {"serial_number": "", "machine_id": "", **given}
    write_register(path, register)


def test_a_computer_is_known_by_its_identity_whatever_it_is_called(
    invoke: Invoke, root: Path, carry: Callable[..., str], stored: Callable[[str], Facts | None]
) -> None:
    set_identity(root, PC_0002={"machine_id": MACHINE_ID})
    path = carry("a.json", document("bash", host="localhost.localdomain"))
    result = invoke("facts", "import", path)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{path}: PC-0002, facts of {AT}\n", "")
    facts = stored("PC-0002")
    assert facts is not None
    assert [package.name for package in facts.packages] == ["bash"]
    # Nobody read it by our clock, so that it is read in full once it can be asked.
    assert (facts.collected_at, facts.read_at) == (AT, "")
    imported = dt.datetime.fromisoformat(facts.imported_at)
    assert dt.timedelta(0) <= dt.datetime.now(dt.UTC) - imported < dt.timedelta(minutes=5)
    assert (
        f"{AT}  {describe_age(dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(AT))}, imported"
        in invoke("assess", "PC-0002").stdout
    )


def test_one_without_identity_is_known_by_its_name_and_that_is_said(
    invoke: Invoke, carry: Callable[..., str], stored: Callable[[str], Facts | None]
) -> None:
    path = carry("a.json", document("bash", host="PC-0001.office.local"))
    result = invoke("facts", "import", path)
    assert result.exit_code == 0
    assert result.stdout == (
        f"{path}: PC-0001, facts of {AT}, by its name 'PC-0001.office.local' alone: the register has no identity of it "
        "yet\n"
    )
    assert stored("PC-0001") is not None


def test_many_files_at_once_and_the_bad_ones_by_name(
    invoke: Invoke, root: Path, carry: Callable[..., str], stored: Callable[[str], Facts | None], tmp_path: Path
) -> None:
    set_identity(root, PC_0003={"machine_id": OTHER_ID})
    os.mkfifo(tmp_path / "pipe.json")
    good = carry("good.json", document("bash"))
    damaged = document("bash", host="pc-0002")
    damaged["packages"][0][2] = "9.9"
    bad = {
        "pipe.json": "is not a file",
        "missing.json": "No such file or directory",
        ".": "Is a directory",
        carry("text.json", "hello"): "text.json: not a zhengban.facts/1 document",
        carry("empty.json", b""): "not a zhengban.facts/1 document",
        carry("utf16.json", json.dumps(document("bash")).encode("utf-16")): "not a zhengban.facts/1 document",
        carry("deep.json", "[" * 100_000): "not a zhengban.facts/1 document",
        carry("deeper.json", '{"x":' * 100_000): "not a zhengban.facts/1 document",
        carry("format.json", document("bash", format="zhengban.facts/2")): "Invalid enum value 'zhengban.facts/2'",
        carry("short.json", {**document("bash"), "unchanged": True, "packages": None}): "not a zhengban.facts/1",
        carry("columns.json", document("bash", columns=["name"])): "columns ['name'] are not those",
        carry("long.json", document("bash", host="h" * 1001)): "not a zhengban.facts/1 document",
        carry("damaged.json", damaged): "its packages are not those that its digest is of",
        carry("smuggled.json", {**document("bash"), "managers": {}, "digest": digests.digest_managers([])}): (
            "its packages are not those that its digest is of"
        ),
        carry("stranger.json", document("bash", host="pc-1000", machine_id="9" * 32)): (
            f"no computer of the register has its identity (machine_id '{'9' * 32}') or its name 'pc-1000'"
        ),
        carry("other.json", document("bash", host="pc-0003")): (
            f"is like PC-0003, but its machine_id is '{MACHINE_ID}', not '{OTHER_ID}'"
        ),
        carry("bundle.txt", "zhengban.windows/1 1-2-3-4\n1-2-3-4 ask set\n"): "it is cut off: let the collector end",
        carry("bundle2.txt", "zhengban.windows/2 1-2-3-4\n"): "not a zhengban.facts/1 document",
        carry("timeless.json", document("bash", at="yesterday")): "it was collected at 'yesterday', which is no time",
        carry("future.json", document("bash", at="2999-01-01T00:00:00Z")): "which is still to come",
    }
    result = invoke("facts", "import", *list(bad)[:9], good, *list(bad)[9:])
    assert result.exit_code == 2
    assert result.stdout.startswith(f"{good}: PC-0001, ")
    messages = dict(zip(bad, result.stderr.splitlines(), strict=True))
    assert {path: message for path, message in messages.items() if bad[path] not in message} == {}
    assert all(message.startswith(f"{path}: ") for path, message in messages.items())
    assert stored("PC-0001") is not None
    assert stored("PC-0002") is None and stored("PC-0003") is None


def test_a_file_of_hostile_size_is_not_read(
    invoke: Invoke, carry: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(importing.MAX_BYTES + 1)
    result = invoke("facts", "import", str(huge))
    assert result.exit_code == 2
    assert result.stderr == f"{huge}: is larger than 64 MiB: no computer has so much to say\n"


def test_of_several_the_newest_counts(
    invoke: Invoke, carry: Callable[..., str], stored: Callable[[str], Facts | None]
) -> None:
    new = carry("new.json", document("bash", "vim", at=LATER))
    old, same = carry("old.json", document("bash")), carry("same.json", document("bash", "vim", at=LATER))
    result = invoke("facts", "import", old, new, same)
    assert result.exit_code == 2
    assert result.stderr == f"{old}: is older than {new}, of {LATER}\n"
    assert result.stdout.splitlines()[1:] == [f"{same}: says the same as {new}"]
    facts = stored("PC-0001")
    assert facts is not None and len(facts.packages) == 2


def test_two_machines_that_take_themselves_for_one_computer_are_both_refused(
    invoke: Invoke, carry: Callable[..., str], stored: Callable[[str], Facts | None]
) -> None:
    one, two = carry("1.json", document("bash")), carry("2.json", document("bash", machine_id=OTHER_ID, at=LATER))
    result = invoke("facts", "import", one, two)
    assert (result.exit_code, result.stdout) == (2, "")
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == [
        f"another machine than that of {two} takes itself for PC-0001; leave one of them out"
    ] * 2
    assert stored("PC-0001") is None


def test_two_documents_of_one_moment_that_contradict_each_other_are_both_refused(
    invoke: Invoke, carry: Callable[..., str], stored: Callable[[str], Facts | None]
) -> None:
    one, two = carry("1.json", document("bash")), carry("2.json", document("vim"))
    result = invoke("facts", "import", one, two)
    assert result.exit_code == 2
    assert result.stderr.count("is of the same moment as") == 2
    assert stored("PC-0001") is None


def test_what_is_older_than_known_is_refused_and_what_is_known_is_no_error(
    invoke: Invoke, root: Path, carry: Callable[..., str], stored: Callable[[str], Facts | None]
) -> None:
    path = carry("new.json", document("bash", at=LATER))
    assert invoke("facts", "import", path).exit_code == 0
    before = (root / "facts" / "PC-0001.json").read_bytes()
    again = invoke("facts", "import", path)
    assert (again.exit_code, again.stdout) == (0, f"{path}: is known already\n")
    old, other = carry("old.json", document("bash")), carry("other.json", document("vim", at=LATER))
    result = invoke("facts", "import", old)
    assert result.exit_code == 2
    assert result.stderr == f"{old}: is older than what is known of PC-0001, of {LATER}\n"
    assert "says something else than what is known of the same moment" in invoke("facts", "import", other).stderr
    assert (root / "facts" / "PC-0001.json").read_bytes() == before


def test_stored_facts_of_a_time_to_come_keep_nothing_out(
    invoke: Invoke, root: Path, carry: Callable[..., str], stored: Callable[[str], Facts | None]
) -> None:
    invoke("facts", "import", carry("a.json", document("bash")))
    facts = stored("PC-0001")
    assert facts is not None
    keep_facts(Workspace(root), "PC-0001", msgspec.structs.replace(facts, collected_at="2999-01-01T00:00:00Z"))
    assert invoke("facts", "import", carry("b.json", document("vim", at=LATER))).exit_code == 0
    facts = stored("PC-0001")
    assert facts is not None and facts.collected_at == LATER


def test_a_computers_clock_may_be_a_little_ahead(invoke: Invoke, carry: Callable[..., str]) -> None:
    soon = moment_text(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=30))
    assert invoke("facts", "import", carry("a.json", document("bash", at=soon))).exit_code == 0


def test_what_a_document_says_about_our_clock_does_not_count(
    invoke: Invoke, carry: Callable[..., str], stored: Callable[[str], Facts | None]
) -> None:
    claims = {"read_at": "2026-11-28T00:00:00Z", "imported_at": "1999-01-01T00:00:00Z"}
    assert invoke("facts", "import", carry("a.json", document("bash", **claims))).exit_code == 0
    facts = stored("PC-0001")
    assert facts is not None
    assert facts.read_at == "" and facts.imported_at > "2026"


def test_two_computers_with_one_identity(invoke: Invoke, root: Path, carry: Callable[..., str]) -> None:
    """The register's own check refuses the plain case: here one row has the serial number, another the machine id."""
    set_identity(root, PC_0001={"serial_number": "S1"}, PC_0002={"machine_id": MACHINE_ID})
    both = document("bash", identity={"serial_number": "S1", "machine_id": MACHINE_ID})
    result = invoke("facts", "import", carry("a.json", both))
    assert result.exit_code == 2
    assert "PC-0001 and PC-0002 have its identity (serial_number 'S1', machine_id" in result.stderr


def test_half_an_identity_is_another_machine(invoke: Invoke, root: Path, carry: Callable[..., str]) -> None:
    """A disk that moved into another case, or a board that was replaced: people have to look."""
    set_identity(root, PC_0001={"serial_number": "S1", "machine_id": MACHINE_ID})
    moved = document("bash", host="pc-0002", identity={"serial_number": "S2", "machine_id": MACHINE_ID})
    result = invoke("facts", "import", carry("a.json", moved))
    assert result.exit_code == 2
    assert "is like PC-0001, but its serial_number is 'S2', not 'S1'; find out which machine this is" in result.stderr


def test_what_the_guard_stopped_there_comes_along_once(
    invoke: Invoke, root: Path, carry: Callable[..., str], adopt: Callable[[str], None]
) -> None:
    adopt("PC-0001")
    attempt = {"id": "1" * 32, "at": AT, "door": "apt", "package": "xunlei"}
    invoke("facts", "import", carry("a.json", document("bash", attempts=[attempt])))
    invoke("facts", "import", carry("b.json", document("bash", "vim", at=LATER, attempts=[attempt])))
    events = [event for event in Ledger(root / "ledger").recall().events if event.kind == "guard_attempt"]
    assert [event.data for event in events] == [attempt]


def test_json(invoke: Invoke, carry: Callable[..., str]) -> None:
    good, bad = carry("a.json", document("bash")), carry("b.json", "{}")
    result = invoke("facts", "import", good, bad, "--format", "json")
    assert result.exit_code == 2
    assert json.loads(result.stdout) == [
        {
            "file": good,
            "state": "imported",
            "computer": "PC-0001",
            "known_by": "host_name",
            "host": "pc-0001",
            "collected_at": AT,
            "reason": "",
        },
        {
            "file": bad,
            "state": "refused",
            "computer": "",
            "known_by": "",
            "host": "",
            "collected_at": "",
            "reason": json.loads(result.stdout)[1]["reason"],
        },
    ]


def test_a_text_from_a_file_cannot_drive_a_terminal(invoke: Invoke, carry: Callable[..., str]) -> None:
    path = carry("a.json", document("bash", host="x\x1b[2J\nPC-0001: imported", machine_id="9"))
    result = invoke("facts", "import", path)
    assert result.exit_code == 2
    assert "\x1b" not in result.stderr and len(result.stderr.splitlines()) == 1


def test_a_broken_register_is_named_and_nothing_is_imported(
    invoke: Invoke, root: Path, carry: Callable[..., str]
) -> None:
    (root / "inventories/register/computers.yml").write_text("computers: [{nummer: 1}]\n", encoding="utf-8")
    result = invoke("facts", "import", carry("a.json", document("bash")))
    assert result.exit_code == 2
    assert "inventories/register/computers.yml:1" in result.stderr
    assert not list((root / "facts").glob("*.json"))
