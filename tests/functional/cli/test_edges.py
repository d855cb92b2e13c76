# SPDX-License-Identifier: Apache-2.0
"""What holds for every command: usage, exit codes, pipes, terminals and locales."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.functional.cli.every_command import every_command
from zhengban.cli import assess
from zhengban.model.errors import Busy
from zhengban.model.facts import Facts
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]
Run = Callable[..., subprocess.CompletedProcess[bytes]]

COMMANDS = [
    ("init",),
    ("validate",),
    ("facts", "collect"),
    ("assess",),
    ("plan",),
    ("ledger", "show"),
    ("ledger", "verify"),
    ("ledger", "recover"),
]
EVERY = every_command()
READING = [command for command in COMMANDS if command[0] not in ("init", "facts") and command[-1] != "recover"]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_tells_what_a_command_does(invoke: Invoke, command: tuple[str, ...]) -> None:
    result = invoke(*command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout
    # Markup and parameter lists of the source do not leak into it.
    assert "Raises:" not in result.stdout


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_the_json_in_a_help_is_whole(command: tuple[str, ...]) -> None:
    text = EVERY[command].help
    assert text
    assert [text.count(bracket) for bracket in "{["] == [text.count(bracket) for bracket in "}]"]


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_reading_commands_document_their_json_and_refuse_another_format(
    invoke: Invoke, command: tuple[str, ...]
) -> None:
    assert "JSON: a list" in invoke(*command, "--help").stdout
    result = invoke(*command, "--format", "xml")
    assert result.exit_code == 2
    assert "xml" in result.stderr


@pytest.mark.parametrize("command", [*COMMANDS, ("nonsense",), ("ledger", "nonsense")], ids=" ".join)
def test_unknown_option_or_command_is_a_usage_error(invoke: Invoke, command: tuple[str, ...]) -> None:
    result = invoke(*command, "--nonsense")
    assert result.exit_code == 2
    assert "Usage:" in result.stderr


def test_version(zhengban: Run) -> None:
    done = zhengban("--version")
    assert done.returncode == 0
    assert done.stdout.startswith(b"zhengban ")


def test_workspace_comes_from_option_environment_or_here(zhengban: Run, root: Path, tmp_path: Path) -> None:
    assert zhengban("validate").returncode == 2
    assert zhengban("validate", environment={"ZHENGBAN_WORKSPACE": str(root)}).returncode == 0
    assert zhengban("--workspace", root, "validate", environment={"ZHENGBAN_WORKSPACE": "/nowhere"}).returncode == 0
    os.chdir(root)
    assert zhengban("validate").returncode == 0


@pytest.mark.parametrize("how", ["text", "json"])
def test_reader_that_leaves_ends_the_command_in_silence(
    root: Path, store_facts: Callable[..., Facts], how: str
) -> None:
    store_facts("SRV-0001", *((f"package-{index}", "1.0") for index in range(3000)))
    process = subprocess.Popen(
        [sys.executable, "-m", "zhengban.cli.main", "--workspace", str(root), "assess", "--format", how],
        bufsize=0,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Buffered, as it is for people: what is left in the buffer is what would complain.
        env={key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"},
    )
    assert process.stdout is not None
    process.stdout.read(1)
    process.stdout.close()
    process.stdout = None
    _output, errors = process.communicate(timeout=60)
    assert errors == b""
    assert process.returncode == 141


def test_locale_without_chinese_gets_escapes(zhengban: Run, root: Path) -> None:
    plain = {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    (root / "policies" / "free.yml").write_text("软件: []\n", encoding="utf-8")
    done = zhengban("--workspace", root, "validate", environment=plain)
    assert done.returncode == 2
    assert b"unknown key '\\u8f6f\\u4ef6'" in done.stdout
    # JSON is UTF-8 whatever the locale.
    done = zhengban("--workspace", root, "validate", "--format", "json", environment=plain)
    assert "unknown key '软件'" in done.stdout.decode()


@pytest.mark.parametrize("environment", [{}, {"FORCE_COLOR": "1", "COLUMNS": "40"}], ids=["plain", "forced"])
def test_piped_output_has_no_colour_and_is_not_wrapped(
    zhengban: Run, root: Path, store_facts: Callable[..., Facts], environment: dict[str, str]
) -> None:
    store_facts("SRV-0001", ("长" * 300, "1.0"))
    done = zhengban("--workspace", root, "assess", "SRV-0001", environment=environment)
    assert b"\x1b" not in done.stdout
    assert f"dpkg:{'长' * 300}:amd64" in done.stdout.decode()


def test_terminal_gets_colour_and_data_does_not_colour_it(root: Path, store_facts: Callable[..., Facts]) -> None:
    store_facts("SRV-0001", ("[bold]a[/]\x1b[7m:smile:", "1.0"))
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "zhengban.cli.main", "--workspace", str(root), "assess", "SRV-0001"],
        stdout=theirs,
        stderr=theirs,
        env={**environment, "TERM": "xterm-256color", "COLUMNS": "100"},
    )
    os.close(theirs)
    chunks = []
    while True:
        try:
            chunks.append(os.read(ours, 65536))
        except OSError:  # the terminal's other end is closed
            break
    os.close(ours)
    assert process.wait(timeout=60) == 1
    output = b"".join(chunks).decode()
    assert "\x1b[31mviolating" in output
    assert "[bold]a[/]\\x1b[7m:smile:" in output


def test_interrupt_is_130(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(assess, "select_computers", interrupt)
    result = invoke("assess")
    assert (result.exit_code, result.output) == (130, "")


def test_refusal_is_a_failed_action(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise Busy(["PC-0001: another run is working on this computer", "PC-0002: the same"])

    monkeypatch.setattr(assess, "select_computers", refuse)
    result = invoke("assess")
    assert result.exit_code == 3
    assert result.stderr.splitlines() == ["PC-0001: another run is working on this computer", "PC-0002: the same"]


@pytest.mark.parametrize("error", [OSError("no file in it"), ValueError("a bug")])
def test_broken_code_keeps_its_traceback(
    root: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke, error: Exception
) -> None:
    def fail(_self: Workspace, _name: str) -> None:
        raise error

    monkeypatch.setattr(Workspace, "computer_named", fail)
    with pytest.raises(AssertionError, match=str(error)):
        invoke("assess", "PC-0001")


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (("request", "approve", "R-1", "--by", "E0003", "--evidence", ""), "--evidence"),
        (("request", "approve", "R-1", "--by", "E0003", "--sign", ""), "--sign"),
        (("request", "reject", "R-1", "--by", "E0003", "--reason", " "), "--reason"),
        (("confirm", "RUN", "--user", "", "--maintainer", "E0006"), "--user"),
        (("computer", "add", "PC-9", "--kind", "desktop", "--brand", "x", "--oem", ""), "--oem"),
        (("licence", "assign", "--by", ""), "--by"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_option_that_is_given_says_something(invoke: Invoke, command: tuple[str, ...], option: str) -> None:
    result = invoke(*command)
    assert (result.exit_code, f"Invalid value for {option}: is empty" in result.stderr) == (2, True), result.stderr


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (
            ("request", "new", "--computer", "PC-0002", "--applicant", "E0007", "--install", "FREE-0002", "--reason"),
            "--reason",
        ),
        (("computer", "add", "PC-9", "--kind", "desktop", "--brand"), "--brand"),
        (("department", "rename", "D01"), "NEW"),
        (("ledger", "adopt"), "COMPUTER"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_chinese_from_a_terminal_set_to_gbk_is_not_written(
    invoke: Invoke, root: Path, command: tuple[str, ...], name: str
) -> None:
    """It went into the ledger for good as bytes that nobody can read; of the register it was said that the change
    would touch something else.
    """
    result = invoke(*command, "联想".encode("gbk").decode("utf-8", "surrogateescape"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"Invalid value for {name}: is not UTF-8; set the terminal" in result.stderr
    assert not (root / "ledger").exists()
