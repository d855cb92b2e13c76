# SPDX-License-Identifier: Apache-2.0
"""``zhengban policy schema``, ``lint``, ``base`` and ``draft``."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from zhengban.desk.schema import FILES
from zhengban.documents.schemas import SCHEMAS
from zhengban.model.facts import Facts
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]
StoreFacts = Callable[..., Facts]


def test_schema_lists_the_kinds(invoke: Invoke) -> None:
    result = invoke("policy", "schema")
    assert result.exit_code == 0
    header, *rows = result.stdout.splitlines()
    assert header.split() == ["kind", "files", "title"]
    assert [row.split()[0] for row in rows] == sorted(SCHEMAS)
    assert any("policies/bases/*.yml" in row and "基础包清单" in row for row in rows)
    kinds = json.loads(invoke("policy", "schema", "--format", "json").stdout)
    assert [set(kind) for kind in kinds] == [{"kind", "files", "title", "description"}] * len(SCHEMAS)


def test_schema_needs_no_workspace(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("policy", "schema", "software", workspace=tmp_path)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["$id"] == "zhengban:software/1"
    # For people too: one key a line, and Chinese as Chinese.
    assert '          "title": "Name · 软件名称",' in result.stdout.replace("  " * 6 + '"title"', " " * 10 + '"title"')


def test_unknown_schema(invoke: Invoke) -> None:
    result = invoke("policy", "schema", "sofware")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no schema 'sofware'; did you mean 'software'?" in result.stderr


def test_schemas_beside_the_policy(invoke: Invoke, root: Path) -> None:
    folder = root / ".schemas"
    for _again in range(2):
        result = invoke("policy", "schema", "--directory", str(folder))
        assert result.exit_code == 0
        assert {path.stem for path in folder.iterdir()} == set(SCHEMAS)
    # The line of the help makes an editor find it: relative to the file it stands in.
    free = root / "policies" / "free.yml"
    line = "# yaml-language-server: $schema=../.schemas/software.json"
    assert line in invoke("policy", "schema", "--help").stdout
    free.write_text(f"{line}\n{free.read_text(encoding='utf-8')}", encoding="utf-8")
    schema = json.loads((free.parent / line.partition("=")[2]).read_text(encoding="utf-8"))
    assert schema["title"].startswith("Software")
    assert FILES["software"] == "policies/*.yml"
    assert invoke("validate").exit_code == 0


def test_a_foreign_file_among_the_schemas_stays(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "base.json").write_text('{"mine": 1}', encoding="utf-8")
    result = invoke("policy", "schema", "--directory", str(tmp_path))
    assert result.exit_code == 2
    assert "not a schema of zhengban, nothing was written" in " ".join(result.stderr.replace("│", " ").split())
    assert (tmp_path / "base.json").read_text(encoding="utf-8") == '{"mine": 1}'
    assert not (tmp_path / "software.json").exists()


# The example's exceptions end some day, whenever this runs.
WITHOUT_EXCEPTIONS = [
    word for code in ("exception_expires", "exception_expired", "dead_exception") for word in ("--ignore", code)
]


def test_lint_of_the_example_without_facts(invoke: Invoke) -> None:
    result = invoke("policy", "lint", *WITHOUT_EXCEPTIONS)
    assert (result.exit_code, result.stdout) == (0, "warnings: 0, notes: 0; facts of 0 of 6 computers in use\n")


def test_lint_says_where_and_what_to_do(invoke: Invoke, store_facts: StoreFacts) -> None:
    store_facts("PC-0001", ("p7zip-dekstop", "16.02"), ("wps-office", "10.1"))
    result = invoke("policy", "lint")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    (dead,) = [line for line in lines if ": 7-Zip: " in line]
    assert dead.startswith("policies/free.yml:14: warning: dead_entry: 7-Zip: ")
    assert dead.endswith("; did you mean 'p7zip-dekstop'?")
    assert any(
        "version_never_met: WPS Office 2019: dpkg 'wps-office'" in line and "'10.1' (1)" in line for line in lines
    )
    assert lines[-1].endswith("; facts of 1 of 6 computers in use")
    places = [line.split(": ")[0].rsplit(":", 1) for line in lines[:-1]]
    assert places == sorted(places, key=lambda place: (place[0], int(place[1])))


def test_lint_as_json_and_without_some_codes(invoke: Invoke, store_facts: StoreFacts) -> None:
    store_facts("PC-0001", ("p7zip-desktop", "16.02"))
    document = json.loads(invoke("policy", "lint", "--format", "json", *WITHOUT_EXCEPTIONS).stdout)
    assert {key: document[key] for key in ("computers", "read")} == {"computers": 6, "read": 1}
    keys = {"place", "code", "severity", "entry", "message", "remedy"}
    assert [set(lint) for lint in document["lints"]] == [keys] * len(document["lints"])
    assert {"dead_entry", "dead_base_name"} == {lint["code"] for lint in document["lints"]}
    # Notes alone are no failure.
    result = invoke("policy", "lint", "--ignore", "dead_entry", "--format", "json", *WITHOUT_EXCEPTIONS)
    assert result.exit_code == 0
    assert {lint["code"] for lint in json.loads(result.stdout)["lints"]} == {"dead_base_name"}


def test_a_computer_with_damaged_facts_counts_as_one_without(invoke: Invoke, root: Path) -> None:
    damaged = root / "facts" / "PC-0001.json"
    damaged.parent.mkdir()
    damaged.write_text("{", encoding="utf-8")
    assert invoke("policy", "lint").stdout.endswith("facts of 0 of 6 computers in use\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--ignore", "dead_enrty"), "did you mean 'dead_entry'?"),
        (("--days", "-1"), "--days"),
        (("--days", "soon"), "--days"),
    ],
)
def test_lint_refuses_wrong_options(invoke: Invoke, arguments: tuple[str, ...], said: str) -> None:
    result = invoke("policy", "lint", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize("command", [("lint",), ("base", "--from", "PC-0001"), ("draft",)])
def test_a_broken_policy_is_reported_not_used(invoke: Invoke, root: Path, command: tuple[str, ...]) -> None:
    (root / "policies" / "free.yml").write_text("software: [{name: A}]\n", encoding="utf-8")
    result = invoke("policy", *command)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "policies/free.yml:1:12: software[0]: 'type', 'category' are missing" in result.stderr


@pytest.mark.parametrize("command", [("lint",), ("base", "--from", "PC-0001"), ("draft",)])
def test_what_is_no_workspace_is_refused(invoke: Invoke, tmp_path: Path, command: tuple[str, ...]) -> None:
    result = invoke("policy", *command, workspace=tmp_path)
    assert result.exit_code == 2
    assert "not a workspace" in result.stderr


def test_base_of_reference_computers_is_a_base_list(invoke: Invoke, root: Path, store_facts: StoreFacts) -> None:
    store_facts("PC-0001", ("bash", "5.2"), ("steam", "1"), ("wps-office", "11.1.0.11719"))
    store_facts("SRV-0001", ("bash", "5.3"))
    target = root / "policies" / "bases" / "reference.yml"
    # By number and by Ansible name, one of them twice.
    result = invoke("policy", "base", "--from", "PC-0001", "srv-0001", "PC-0001", "--output", str(target))
    assert (result.exit_code, result.stdout) == (0, f"wrote {target}\n")
    assert "  - bash  # 2/2: 5.2 (1), 5.3 (1)\n" in target.read_text(encoding="utf-8")
    platforms = root / "policies" / "platforms.yml"
    text = platforms.read_text(encoding="utf-8")
    assert "bases/debian-12.yml" in text
    platforms.write_text(text.replace("bases/debian-12.yml", "bases/reference.yml"), encoding="utf-8")
    assert invoke("validate").exit_code == 0
    (platform,) = Workspace(root).policy.platforms
    assert platform.names == {"bash", "steam"}


def test_an_existing_file_is_compared_not_replaced(invoke: Invoke, root: Path, store_facts: StoreFacts) -> None:
    target = root / "policies" / "bases" / "debian-12.yml"
    target.chmod(0o640)
    before = target.read_text(encoding="utf-8")
    store_facts("PC-0001", ("bash", "5.2"), ("steam", "1"))
    command = ("policy", "base", "--from", "PC-0001", "--output", str(target))
    result = invoke(*command)
    assert result.exit_code == 1
    assert "+  - steam  # 1/1: 1" in result.stdout.splitlines()
    assert "-  - adduser" in result.stdout.splitlines()
    assert f"{target} exists and was not changed; --force replaces it" in result.stderr
    assert target.read_text(encoding="utf-8") == before
    assert invoke(*command, "--force").stdout == f"replaced {target}\n"
    assert "  - steam  # 1/1: 1\n" in target.read_text(encoding="utf-8")
    assert target.stat().st_mode & 0o777 == 0o640
    assert invoke(*command).stdout == f"{target} is as it would be written\n"
    assert [path.name for path in target.parent.iterdir()] == ["debian-12.yml"]


def test_base_from_a_file_prints_utf_8(
    zhengban: Callable[..., subprocess.CompletedProcess[bytes]], root: Path, store_facts: StoreFacts, tmp_path: Path
) -> None:
    store_facts("PC-0001", ("bash", "5.2"))
    reference = shutil.copy(root / "facts" / "PC-0001.json", tmp_path / "reference.json")
    result = zhengban(
        "--workspace", root, "policy", "base", "--from", reference, environment={"LC_ALL": "C", "PYTHONUTF8": "0"}
    )
    assert result.returncode == 0
    assert "请逐行审核" in result.stdout.decode("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("base",), "--from"),
        (("base", "--from", "PC-0001"), "PC-0001: no facts of this computer are stored; collect them"),
        (("base", "--from", "PC-9999"), "PC-9999: is neither a computer of the register nor a file; one of"),
        (("base", "--from", "PC-9999", "PC-9998"), "PC-9998: is neither"),
        (("base", "--from", "empty"), "empty: holds no facts document (*.json)"),
        (("base", "--from", "broken.json"), "broken.json: not a zhengban.facts/1 document"),
        (("draft",), "facts: holds facts of no computer in use"),
        (("draft", "PC-0001"), "say where to look with --from FACTS"),
        (("draft", "--from", "broken.json"), "broken.json: not a zhengban.facts/1 document"),
        (("draft", "--from", "empty", "--force"), "empty: holds no facts document"),
    ],
)
def test_base_and_draft_refuse_what_they_cannot_read(
    invoke: Invoke, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.json").write_text('{"format": "zhengban.facts/2"}', encoding="utf-8")
    result = invoke("policy", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize("command", ["base", "draft"])
def test_force_is_for_a_file_and_directories_must_exist(
    invoke: Invoke, store_facts: StoreFacts, tmp_path: Path, command: str
) -> None:
    store_facts("PC-0001", ("bash", "5.2"), ("steam", "1"))
    result = invoke("policy", command, "--from", "PC-0001", "--force")
    assert result.exit_code == 2
    assert "--force" in result.stderr
    missing = tmp_path / "no" / "such" / "file.yml"
    result = invoke("policy", command, "--from", "PC-0001", "--output", str(missing))
    assert result.exit_code == 2
    assert f"{missing.parent}: No such file or directory" in result.stderr


def test_draft_makes_the_workspace_clean_of_unlisted_software(
    invoke: Invoke, root: Path, store_facts: StoreFacts
) -> None:
    store_facts("PC-0001", ("bash", "5.2"), ("steam", "1"), ("xunlei-thunder", "2"))
    store_facts("SRV-0001", ("steam", "2"), ("vim", "9"))
    # What a host answered about its facts is kept below them, and is none.
    (root / "facts" / "simulations").mkdir()
    (root / "facts" / "simulations" / "PC-0001.json").write_text("{}", encoding="utf-8")
    target = root / "policies" / "draft.yml"
    for source in ((), ("--from", str(root / "facts")), ("--from", "PC-0001", "SRV-0001")):
        target.unlink(missing_ok=True)
        assert invoke("policy", "draft", *source, "--output", str(target)).exit_code == 0
    assert "# 2/2 台, dpkg: 1 (1), 2 (1)\n- name: steam\n  number: FREE-0008\n" in target.read_text(encoding="utf-8")
    assert invoke("validate").exit_code == 0
    assessments = json.loads(invoke("assess", "PC-0001", "SRV-0001", "--format", "json").stdout)
    codes = {finding["code"] for assessment in assessments for finding in assessment["findings"]}
    assert "unlisted" not in codes
    # What is forbidden stays so.
    assert "forbidden" in codes
