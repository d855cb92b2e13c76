# SPDX-License-Identifier: Apache-2.0
"""Files that change together with records: theirs is never overwritten, ours is written once."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from zhengban.ledger.edits import apply_edits, edit_of, edit_of_row, require_appliable, require_not_undone
from zhengban.model.errors import LedgerError
from zhengban.model.record import FileEdit

PATH = "inventories/register/computers.yml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / PATH).parent.mkdir(parents=True)
    (tmp_path / PATH).write_bytes("\ufeffcomputers: [] # 一\r\n".encode())
    return tmp_path


def test_an_edit_is_made_once_and_again_is_nothing(root: Path) -> None:
    edit = edit_of(root, PATH, "computers:\r\n- 二\r\n")
    apply_edits(root, [edit])
    assert (root / PATH).read_bytes() == "computers:\r\n- 二\r\n".encode()
    inode = (root / PATH).stat().st_ino
    require_appliable(root, [edit])
    apply_edits(root, [edit])
    assert (root / PATH).stat().st_ino == inode


def test_a_new_file_and_its_folder(root: Path) -> None:
    edit = edit_of(root, "policies/lots/new.yml", "software: []\n")
    assert edit.before == ""
    apply_edits(root, [edit])
    assert (root / "policies/lots/new.yml").read_text() == "software: []\n"


def test_what_somebody_else_wrote_meanwhile_stays(root: Path) -> None:
    first, second = edit_of(root, "policies/a.yml", "a: b\n"), edit_of(root, PATH, "ours\n")
    (root / PATH).write_text("theirs\n")
    for act in (require_appliable, apply_edits):
        with pytest.raises(LedgerError, match=f"^{PATH}: changed by somebody else"):
            act(root, [first, second])
    assert (root / PATH).read_text() == "theirs\n"
    # None of several is written when one cannot be.
    assert not (root / "policies/a.yml").exists()


def test_an_edit_of_a_text_that_was_read_before(root: Path) -> None:
    was = (root / PATH).read_bytes().decode()
    assert edit_of(root, PATH, "ours\n", was=was) == edit_of(root, PATH, "ours\n")
    (root / PATH).write_text("theirs\n")
    with pytest.raises(LedgerError, match="changed by somebody else"):
        apply_edits(root, [edit_of(root, PATH, "ours\n", was=was)])


@pytest.mark.parametrize(
    "path",
    ["ledger/books/COM-0001.yml", "inventories/register/../../ledger/a.yml", "/etc/passwd", "inventories/hosts.yml"],
)
def test_only_register_and_policy_change_with_records(root: Path, path: str) -> None:
    with pytest.raises(LedgerError, match="not a file of the register or the policies"):
        apply_edits(root, [FileEdit(path=path, before="", text="x")])


def test_a_file_marked_read_only_is_refused_before_anything_is_written(root: Path) -> None:
    edit = edit_of(root, PATH, "ours\n")
    (root / PATH).chmod(0o444)
    with pytest.raises(LedgerError, match=f"^{PATH}: is marked read-only"):
        require_appliable(root, [edit])
    (root / PATH).chmod(0o644)
    require_appliable(root, [edit])
    apply_edits(root, [edit])
    (root / PATH).chmod(0o444)
    # It holds what it is to hold: settling a unit that was cut off has nothing to write.
    require_appliable(root, [edit])


def test_a_folder_that_cannot_be_written_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit = edit_of(root, PATH, "ours\n")
    folder = (root / PATH).parent
    # The tests may run as root, whom nothing is denied.
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != folder)
    with pytest.raises(
        LedgerError, match="register: cannot write there: Permission denied; give this user the right to write there"
    ):
        require_appliable(root, [edit])


def test_a_read_only_file_system_is_named_as_such(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No right to write helps there, so none is asked for."""
    edit = edit_of(root, PATH, "ours\n")
    mounted = os.statvfs(root)
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    monkeypatch.setattr(os, "statvfs", lambda _path: SimpleNamespace(f_flag=mounted.f_flag | os.ST_RDONLY))
    with pytest.raises(LedgerError, match="Read-only file system; make the file system writable and run again"):
        require_appliable(root, [edit])


def test_mode_and_links_stay(root: Path) -> None:
    kept = root / "elsewhere.yml"
    (root / PATH).rename(kept)
    (root / PATH).symlink_to(kept)
    kept.chmod(0o600)
    apply_edits(root, [edit_of(root, PATH, "ours\n")])
    assert (root / PATH).is_symlink()
    assert kept.read_text() == "ours\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


ROWS = "computers:\n- number: A\n  kind: laptop\n- number: B\n- number: C\n"
FIRST = edit_of_row(PATH, "- number: A\n  kind: laptop\n", "- number: A\n  kind: laptop\n  user: 一\n")
LAST = edit_of_row(PATH, "- number: C\n", "- number: C\n  user: 三\n")


def test_rows_are_edited_at_once_and_each_by_itself(root: Path) -> None:
    (root / PATH).write_text(ROWS, encoding="utf-8")
    apply_edits(root, [LAST])
    apply_edits(root, [FIRST, LAST])
    done = ROWS.replace("laptop\n", "laptop\n  user: 一\n") + "  user: 三\n"
    assert (root / PATH).read_text(encoding="utf-8") == done
    # Others have written to other rows.
    (root / PATH).write_text(done.replace("- number: B\n", "- number: B\n  brand: 二\n"), encoding="utf-8")
    inode = (root / PATH).stat().st_ino
    for act in (require_appliable, apply_edits, require_not_undone):
        act(root, [FIRST, LAST])
    assert (root / PATH).stat().st_ino == inode
    (root / PATH).write_text(ROWS, encoding="utf-8")
    with pytest.raises(LedgerError, match="taken back"):
        require_not_undone(root, [FIRST])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("laptop\n", "laptop\n  brand: theirs\n"),
        ("kind: laptop", "kind: server"),
        ("- number: A\n  kind: laptop\n", ""),
        ("- number: A", "- number: AA"),
    ],
    ids=["a line more", "another value", "gone", "another row"],
)
def test_a_row_somebody_else_changed_stays(root: Path, old: str, new: str) -> None:
    theirs = ROWS.replace(old, new)
    (root / PATH).write_text(theirs, encoding="utf-8")
    for act in (require_appliable, apply_edits):
        with pytest.raises(LedgerError, match=f"^{PATH}: changed by somebody else"):
            act(root, [LAST, FIRST])
    assert (root / PATH).read_text(encoding="utf-8") == theirs
