# SPDX-License-Identifier: Apache-2.0
"""Serial numbers are secrets: of everything the program says or writes, one command shows them. Source: DOMAIN C5."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.functional.cli.every_command import every_command
from tests.lab.filled import fill_example
from zhengban.cli.life import diff_lines
from zhengban.cli.main import app
from zhengban.ledger import Ledger

SECRET = "QX7-4419-SERIAL"
SHOWN = ("report", "form", "7", "--with-serials")
KINDS = ("csv", "json", "html", "xlsx")
# What reads or writes without asking a host, an editor or git; {} is a file in a folder of the test.
COMMANDS = (
    ("validate",),
    ("assess", "--format", "json"),
    ("plan", "--format", "json"),
    ("policy", "lint"),
    ("policy", "match", "--format", "json"),
    ("policy", "explain", "PC-0001", "wps-office"),
    ("policy", "explain", "PC-0001", "wps-office", "--format", "json"),
    ("policy", "test"),
    ("policy", "draft"),
    ("ledger", "show", "--format", "json"),
    ("ledger", "verify"),
    ("ledger", "refresh"),
    ("ledger", "refresh", "--check"),
    ("ledger", "adopt", "--diff", "--format", "json"),
    ("ledger", "checkpoint"),
    ("licence", "status", "--format", "json"),
    ("licence", "status"),
    ("licence", "assign", "--check", "--format", "json"),
    (
        "licence",
        "renew",
        "COM-0003",
        "--until",
        "2030-01-01",
        "--new-number",
        "COM-0103",
        "--quantity",
        "10",
        "--by",
        "E0002",
        "--check",
    ),
    ("computer", "list", "--format", "json"),
    ("person", "list", "--format", "json"),
    ("department", "list", "--format", "json"),
    ("request", "list", "--format", "json"),
    ("need", "list", "--format", "json"),
    ("purchase", "list", "--format", "json"),
    ("purchase", "draft"),
    ("upgrade", "status", "--format", "json"),
    ("urgent", "list", "--format", "json"),
    ("confirm", "--batch", "--format", "json"),
    ("guard", "status", "--format", "json"),
    ("guard", "applocker", "PC-0001"),
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example office with everything on record, its serial numbers other ones."""
    root = fill_example(tmp_path_factory.mktemp("office") / "workspace").root
    path = root / "policies" / "commercial.yml"
    text = path.read_text(encoding="utf-8")
    assert text.count("vault:") == 4
    path.write_text(text.replace("vault:", f"vault:{SECRET}_"), encoding="utf-8")
    return root


def run(office: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(app, ["--workspace", str(office), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def parts(path: Path) -> Iterator[bytes]:
    """What is in a file, a workbook unpacked."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    else:
        yield path.read_bytes()


def holders(folder: Path) -> set[str]:
    """The files below a folder that have the secret."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(SECRET.encode() in part for part in parts(path))
    }


def test_no_command_shows_a_serial_number(office: Path) -> None:
    for command in COMMANDS:
        result = run(office, *command)
        assert "Usage" not in result.stderr, (command, result.stderr)
        assert SECRET not in result.output, command
    # Neither the ledger, its derived forms nor any cache has it: only the file its owner wrote.
    assert (office / "ledger" / "summary.yml").is_file()
    assert holders(office) == {"policies/commercial.yml"}


@pytest.mark.parametrize("kind", KINDS)
def test_no_form_shows_a_serial_number(office: Path, tmp_path: Path, kind: str) -> None:
    for number in range(1, 12):
        path = tmp_path / f"form-{number}.{kind}"
        assert run(office, "report", "form", str(number), "--output", str(path)).exit_code == 0
    assert holders(tmp_path) == set()
    assert len(list(tmp_path.iterdir())) == 11


def test_one_command_shows_them_and_that_is_noted_first(office: Path, tmp_path: Path) -> None:
    ledger = Ledger(office / "ledger")
    noted = len([event for event in ledger.events() if event.kind == "serials_shown"])
    for kind in KINDS:
        path = tmp_path / f"form-7.{kind}"
        assert run(office, *SHOWN, "--output", str(path)).exit_code == 0
        assert holders(tmp_path) == {path.name}
        events = [event for event in ledger.events() if event.kind == "serials_shown"]
        noted += 1
        assert (len(events), events[-1].data["output"]) == (noted, str(path))
        path.unlink()


def test_the_list_of_commands_is_whole() -> None:
    """A new command that reads has to be asked here too, or be one that says what it was told."""
    asked = {tuple(word for word in command[:2] if not word.startswith("-")) for command in COMMANDS}
    rest = {name for name in every_command() if name[-1] not in ACTING}
    assert rest - asked == {("report", "form"), ("purchase", "plan")}


# Commands that ask hosts, install, or write down and say again what they are told.
ACTING = frozenset(
    (
        *("init", "collect", "collector", "import", "diff", "schema", "base", "impact", "recover", "release"),
        *(
            "correct",
            "merge",
            "buy",
            "dispose",
            "approve",
            "reject",
            "withdraw",
            "new",
            "show",
            "bytes",
            "assign",
            "return",
        ),
        *("scrap", "add", "leave", "rename", "doors", "install", "raise", "open", "close", "note"),
    )
)


@pytest.mark.parametrize(
    "serials",
    [f"[vault:{SECRET}, x]", f"\n    - vault:{SECRET}\n    - '{SECRET}'", f'["{SECRET}",\n      {SECRET}2]'],
)
def test_a_diff_of_the_policy_masks_them(serials: str) -> None:
    before = f"  - number: COM-1\n    quantity: 1\n    serials: {serials}\n    references: [x]\n"
    lines = "\n".join(diff_lines("policies/a.yml", before, before.replace("[x]", "[y]")))
    assert "serials: ****" in lines and "+    references: [y]" in lines
    assert SECRET not in lines
