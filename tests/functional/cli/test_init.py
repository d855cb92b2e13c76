# SPDX-License-Identifier: Apache-2.0
"""``zhengban init``: a workspace that is valid at once and overwrites nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from zhengban.cli.init import write_new_files
from zhengban.cli.starter import starter_files
from zhengban.model.errors import InputError
from zhengban.model.settings import Actions
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_new_workspace_is_valid_and_cautious(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("init", str(tmp_path / "new"), "--name", '某省"某厅": {{ 7*7 }} #1')
    assert result.exit_code == 0, result.stderr
    valid = invoke("validate", workspace=tmp_path / "new")
    assert (valid.exit_code, valid.stdout) == (0, "ok: 1 products, 0 computers\n")
    workspace = Workspace(tmp_path / "new")
    assert workspace.register.organisation.name == '某省"某厅": {{ 7*7 }} #1'
    baseline = workspace.policy.baseline
    assert (baseline.mode, baseline.grace_days, baseline.guard.mode) == ("audit", 30, "audit")
    assert baseline.actions == Actions()


@pytest.mark.parametrize("name", ["commercial", "oem", "free"])
def test_commented_example_is_valid_when_it_is_uncommented(invoke: Invoke, tmp_path: Path, name: str) -> None:
    invoke("init", str(tmp_path / "new"))
    path = tmp_path / "new" / "policies" / f"{name}.yml"
    heading, *lines = path.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line.removeprefix("# ") for line in lines).replace("software: []", "software:")
    path.write_text(f"{heading}\n{text}\n", encoding="utf-8")
    departments = tmp_path / "new" / "inventories" / "register" / "departments.yml"
    departments.write_text("departments: [{id: D01, name: 办公室}]\n", encoding="utf-8")
    result = invoke("validate", workspace=tmp_path / "new")
    assert result.stdout == "ok: 2 products, 0 computers\n"


def test_commented_register_is_valid_when_it_is_uncommented(invoke: Invoke, tmp_path: Path) -> None:
    invoke("init", str(tmp_path / "new"))
    for name in ("departments", "people", "computers"):
        path = tmp_path / "new" / "inventories" / "register" / f"{name}.yml"
        before, after = path.read_text(encoding="utf-8").split(f"{name}: []\n")
        text = "\n".join(line.removeprefix("# ") for line in after.splitlines())
        path.write_text(f"{before}{name}:\n{text}\n", encoding="utf-8")
    result = invoke("validate", workspace=tmp_path / "new")
    assert result.stdout == "ok: 1 products, 1 computers\n"


def test_list_of_base_packages_is_made_and_counts_once_it_is_named(invoke: Invoke, tmp_path: Path) -> None:
    new = tmp_path / "new"
    invoke("init", str(new))
    platforms = new / "policies" / "platforms.yml"
    text = platforms.read_text(encoding="utf-8")
    command = "zhengban policy base --from reference.json --output policies/bases/debian-12.yml"
    assert f"#   {command}\n" in text
    # As the comment says, in the workspace.
    reference = Path(__file__).parents[2] / "lab" / "example-facts.json"
    arguments = [str(reference) if word == "reference.json" else word for word in command.split()[1:]]
    arguments[-1] = str(new / arguments[-1])
    made = invoke(*arguments, workspace=new)
    assert made.exit_code == 0, made.stderr
    platforms.write_text(text.replace("# from: bases/", "from: bases/"), encoding="utf-8")
    (platform,) = Workspace(new).policy.platforms
    assert {"apt", "bash"} <= platform.names


def test_nothing_is_overwritten(invoke: Invoke, root: Path) -> None:
    before = files_below(root)
    result = invoke("init", str(root))
    assert result.exit_code == 2
    for path in ("policies/free.yml", "inventories/register/people.yml"):
        assert f"{root / path}: exists already" in result.stderr
    assert "policies/oem.yml" in result.stderr
    assert ".gitignore" not in result.stderr
    assert files_below(root) == before


def test_dangling_link_counts_as_existing(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / ".gitignore").symlink_to("nowhere")
    result = invoke("init", str(tmp_path / "new"))
    assert result.exit_code == 2
    assert ".gitignore: exists already" in result.stderr
    assert not (tmp_path / "new" / "policies").exists()


def test_half_a_workspace_is_taken_back_when_a_folder_is_in_the_way(invoke: Invoke, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (new / "inventories").write_text("not a folder", encoding="utf-8")
    result = invoke("init", str(new))
    assert result.exit_code == 2
    assert str(new / "inventories") in result.stderr
    assert files_below(new) == {"inventories": b"not a folder"}


def test_file_that_appears_meanwhile_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"a.yml": "ours", "b.yml": "ours"}
    (tmp_path / "b.yml").write_text("theirs", encoding="utf-8")
    with pytest.raises(InputError, match=r"b\.yml: exists already"):
        write_new_files(tmp_path, files)
    monkeypatch.setattr(Path, "exists", lambda _path: False)
    with pytest.raises(FileExistsError):
        write_new_files(tmp_path, files)
    monkeypatch.undo()
    assert files_below(tmp_path) == {"b.yml": b"theirs"}


@pytest.mark.parametrize("name", ["", " 某厅", "a\nb", "某\x1b[31m厅", "\udcff", "长" * 201])
def test_impossible_name_of_the_organisation_is_a_usage_error(invoke: Invoke, tmp_path: Path, name: str) -> None:
    result = invoke("init", str(tmp_path / "new"), "--name", name)
    assert result.exit_code == 2
    assert "--name" in result.stderr
    assert "\x1b" not in result.stderr
    assert not (tmp_path / "new").exists()


def test_directory_defaults_to_the_workspace(invoke: Invoke, tmp_path: Path) -> None:
    assert invoke("init", workspace=tmp_path / "other").exit_code == 0
    assert set(files_below(tmp_path / "other")) == set(starter_files("x"))
