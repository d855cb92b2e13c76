# SPDX-License-Identifier: Apache-2.0
"""``zhengban ledger show|verify|recover``."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from zhengban.cli import playbook
from zhengban.ledger import Ledger
from zhengban.model.record import Intent

Invoke = Callable[..., Result]
OpenIntent = Callable[..., Intent]
Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def booked(book_removals: Callable[..., None]) -> None:
    """Three records in two books; PC-0777 has left the register since."""
    book_removals(
        [
            ("PC-0002", "xunlei-thunder", "UNLISTED"),
            ("PC-0001", "wps-office", "COM-0001"),
            ("PC-0777", "=cmd|' /C calc'!A0\n", "UNLISTED"),
        ]
    )


def shown(result: Result) -> list[list[str]]:
    return [line.split()[:5] for line in result.stdout.splitlines()]


def test_records_by_book_in_order(invoke: Invoke, booked: None) -> None:
    result = invoke("ledger", "show")
    assert result.exit_code == 0
    assert shown(result)[:3] == [
        ["date", "book", "action", "computer", "package"],
        ["2026-11-23", "COM-0001", "uninstall", "PC-0001", "dpkg:wps-office:amd64"],
        ["2026-11-23", "UNLISTED", "uninstall", "PC-0002", "dpkg:xunlei-thunder:amd64"],
    ]
    assert len(result.stdout.splitlines()) == 4
    assert "dpkg:=cmd|' /C calc'!A0\\n:amd64" in result.stdout
    assert "张三" in result.stdout


@pytest.mark.parametrize(
    ("options", "computers"),
    [
        (("--book", "COM-0001"), ["PC-0001"]),
        (("--computer", "PC-0002"), ["PC-0002"]),
        (("--computer", "pc-0002"), ["PC-0002"]),
        (("--computer", "PC-0777"), ["PC-0777"]),
        (("--book", "UNLISTED", "--computer", "PC-0777"), ["PC-0777"]),
        # In the policy and in the register, but without records.
        (("--book", "COM-0002"), []),
        (("--book", "UNASSIGNED"), []),
        (("--computer", "PC-0003"), []),
        (("--run", "20261123T093001Z-abcdef"), ["PC-0001"]),
        (("--since", "2026-11-23", "--book", "COM-0001"), ["PC-0001"]),
        (("--since", "2026-11-24"), []),
    ],
)
def test_records_of_a_book_or_computer(
    invoke: Invoke, booked: None, options: tuple[str, ...], computers: list[str]
) -> None:
    result = invoke("ledger", "show", "--format", "json", *options)
    assert result.exit_code == 0
    records = json.loads(result.stdout)
    assert [row["record"]["computer"] for row in records] == computers
    for row in records:
        assert set(row) == {"book", "record"}
        assert row["record"]["date"] == "2026-11-23"
    text = invoke("ledger", "show", *options)
    assert (text.stdout == "no records\n") == (not computers)


@pytest.mark.parametrize(
    ("options", "message"),
    [(("--book", "COM-001"), "did you mean 'COM-0001'?"), (("--computer", "PC-9999"), "'PC-9999'")],
)
def test_unknown_book_or_computer(invoke: Invoke, booked: None, options: tuple[str, ...], message: str) -> None:
    result = invoke("ledger", "show", *options)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr


def test_empty_ledger_is_read_and_not_made(invoke: Invoke, root: Path) -> None:
    assert invoke("ledger", "show").stdout == "no records\n"
    assert invoke("ledger", "show", "--format", "json").stdout == "[]\n"
    assert invoke("ledger", "verify").stdout.startswith("ok: 0 books, 0 records\n")
    assert not (root / "ledger").exists()


def test_line_that_cannot_be_read_hides_no_other(invoke: Invoke, booked: None, root: Path) -> None:
    book = root / "ledger" / "books" / "UNLISTED.yml"
    lines = book.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[2] = '- {"id": 7}\n'
    book.write_text("".join(lines), encoding="utf-8")
    result = invoke("ledger", "show", "--format", "json")
    assert result.exit_code == 1
    assert [row["record"]["computer"] for row in json.loads(result.stdout)] == ["PC-0001", "PC-0777"]
    assert "ledger/books/UNLISTED.yml:3" in result.stderr


def test_verify(invoke: Invoke, booked: None, root: Path) -> None:
    result = invoke("ledger", "verify")
    evidence = "evident against accident, not against an owner of the files: see zhengban ledger checkpoint"
    assert (result.exit_code, result.stdout) == (0, f"ok: 2 books, 3 records\n{evidence}\n")
    assert invoke("ledger", "verify", "--format", "json").stdout == "[]\n"
    book = root / "ledger" / "books" / "COM-0001.yml"
    book.write_text(book.read_text(encoding="utf-8").replace('"1.0"', '"1.1"'), encoding="utf-8")
    result = invoke("ledger", "verify")
    assert result.exit_code == 1
    assert result.stdout.startswith("ledger/books/COM-0001.yml:3")
    listed = invoke("ledger", "verify", "--format", "json")
    assert listed.exit_code == 1
    assert (json.loads(listed.stdout)[0]["file"], json.loads(listed.stdout)[0]["line"]) == (
        "ledger/books/COM-0001.yml",
        3,
    )


class Ansible:
    """A stand-in for ansible-playbook: notes how it is called, may settle what is pending, exits as told."""

    def __init__(self, folder: Path, ledger: Path) -> None:
        self.program = folder / "ansible-playbook"
        self._calls = folder / "calls"
        self._pending = ledger / "pending"

    def behaves(self, *, exit_code: int = 0, settles: str = "") -> None:
        settle = f"rm {shlex.quote(str(self._pending))}/{settles}; " if settles else ""
        self.program.write_text(
            f"#!/bin/sh\nprintf '%s\\n' \"$@\" >>{shlex.quote(str(self._calls))}\n{settle}exit {exit_code}\n",
            encoding="utf-8",
        )
        self.program.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return self._calls.read_text(encoding="utf-8").splitlines() if self._calls.exists() else []


@pytest.fixture
def ansible(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ansible:
    fake = Ansible(tmp_path, root / "ledger")
    monkeypatch.setattr(playbook, "find_ansible_playbook", lambda: str(fake.program))
    return fake


def test_nothing_to_recover_asks_nobody(invoke: Invoke, ansible: Ansible) -> None:
    result = invoke("ledger", "recover")
    assert (result.exit_code, result.stdout) == (0, "nothing is pending\n")
    assert ansible.calls == []


def test_mending_an_emptied_book_does_not_bring_its_records_back(
    invoke: Invoke, root: Path, booked: None, ansible: Ansible
) -> None:
    """It said that the book was mended, that nothing was pending, and no more."""
    book = root / "ledger" / "books" / "COM-0001.yml"
    book.write_bytes(b"")
    result = invoke("ledger", "recover")
    assert (result.exit_code, result.stdout) == (1, "mended ledger/books/COM-0001.yml\nnothing is pending\n")
    assert result.stderr.startswith("ledger/books/COM-0001.yml: 1 records that commit lines name are missing")
    assert ansible.calls == []


def test_recover_asks_only_the_hosts_concerned(invoke: Invoke, ansible: Ansible, open_intent: OpenIntent) -> None:
    open_intent("PC-0001")
    open_intent("PC-0002", run="20261123T093001Z-abcdef")
    ansible.behaves(settles="*")
    result = invoke("ledger", "recover")
    assert result.exit_code == 0, result.stderr
    assert "PC-0001: 1 changes of run 20261123T093000Z-abcdef, open since 2026-11-23 09:30 UTC" in result.stdout
    assert result.stdout.endswith("nothing is pending any more\n")
    assert ansible.calls == [
        "-i",
        "inventories/hosts.yml",
        "-e",
        '{"zhengban_hosts": "pc-0001,pc-0002,"}',
        "zhengban.baseline.recover",
    ]


@pytest.mark.parametrize("exit_code", [0, 4])
def test_what_stays_open_is_a_failure(
    invoke: Invoke, ansible: Ansible, open_intent: OpenIntent, root: Path, exit_code: int
) -> None:
    open_intent("PC-0001")
    open_intent("PC-0002", run="20261123T093001Z-abcdef")
    ansible.behaves(settles="PC-0002.json", exit_code=exit_code)
    result = invoke("ledger", "recover")
    assert result.exit_code == 3
    assert "still pending: PC-0001" in result.stderr
    assert "PC-0002" not in result.stderr
    assert [intent.computer for intent in Ledger(root / "ledger").pending()] == ["PC-0001"]


def test_failed_playbook_is_a_failure_even_when_nothing_is_open(
    invoke: Invoke, ansible: Ansible, open_intent: OpenIntent
) -> None:
    open_intent("PC-0001")
    ansible.behaves(settles="*", exit_code=2)
    assert invoke("ledger", "recover").exit_code == 3


@pytest.mark.parametrize("computer", ["PC-0777", "PC-0005"], ids=["unknown", "scrapped"])
def test_computer_without_a_host_stays_open(
    invoke: Invoke, ansible: Ansible, open_intent: OpenIntent, computer: str
) -> None:
    open_intent(computer)
    result = invoke("ledger", "recover")
    assert result.exit_code == 3
    assert f"{computer}: not a computer in use" in result.stderr
    assert ansible.calls == []


def test_unreachable_host_stays_open_through_real_ansible(
    zhengban: Run, open_intent: OpenIntent, root: Path, ansible_environment: dict[str, str]
) -> None:
    open_intent("PC-0001")
    # No network: what Ansible takes for ssh ends at once, as ssh does when a host is away.
    away = root / "inventories" / "group_vars" / "all.yml"
    away.parent.mkdir()
    ssh = root.parent / "ssh"
    ssh.write_text("#!/bin/sh\nexit 255\n", encoding="utf-8")
    ssh.chmod(0o755)
    away.write_text(f"ansible_ssh_executable: {ssh}\n", encoding="utf-8")
    done = zhengban("--workspace", root, "ledger", "recover", environment=ansible_environment)
    output = done.stdout.decode()
    assert done.returncode == 3, output
    assert "UNREACHABLE" in output
    assert "pc-0002" not in output
    assert b"still pending: PC-0001" in done.stderr
    assert [intent.computer for intent in Ledger(root / "ledger").pending()] == ["PC-0001"]


LOST = "ledger/books/COM-0001.yml: the book is missing, with 1 records that commit lines name"


@pytest.mark.parametrize(
    "command",
    [
        ("licence", "status"),
        ("licence", "assign", "--check"),
        ("ledger", "refresh"),
        ("assess", "PC-0001"),
        ("plan", "PC-0001"),
        ("request", "list"),
    ],
    ids=" ".join,
)
def test_a_ledger_without_one_of_its_books_decides_nothing(
    invoke: Invoke, booked: None, root: Path, command: tuple[str, ...]
) -> None:
    (root / "ledger" / "books" / "COM-0001.yml").unlink()
    result = invoke(*command)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{LOST}; nothing is counted or written without them: see zhengban ledger verify")


def test_a_ledger_without_one_of_its_books_shows_the_rest(invoke: Invoke, booked: None, root: Path) -> None:
    (root / "ledger" / "books" / "COM-0001.yml").unlink()
    result = invoke("ledger", "show")
    assert result.exit_code == 1
    assert [row[3] for row in shown(result)[1:]] == ["PC-0002", "PC-0777"]
    assert result.stderr.startswith("ledger/books/COM-0001.yml") and "the book is missing" in result.stderr
    verified = invoke("ledger", "verify")
    assert verified.exit_code == 1
    assert "ledger/books/COM-0001.yml" in verified.stdout and "removed or unreadable" in verified.stdout
