# SPDX-License-Identifier: Apache-2.0
"""dpkg's command line, read as dpkg reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhengban.host import guard_dpkg
from zhengban.host.guard_dpkg import Arguments, find_files, read_arguments, read_unpacking

LINES = {
    "-i a.deb": (("a.deb",), False, False),
    "--install a.deb b.deb": (("a.deb", "b.deb"), False, False),
    "-iR dir": (("dir",), True, False),
    "-RGEBi dir": (("dir",), True, False),
    "--recursive -i dir": (("dir",), True, False),
    "-D2000 -i a.deb": (("a.deb",), False, False),
    "-D 2000 -i a.deb": (("a.deb",), False, False),
    "-iD 2000 a.deb": (("a.deb",), False, False),
    "--root / -i a.deb": (("a.deb",), False, False),
    "--root=/ -i a.deb": (("a.deb",), False, False),
    "--status-fd 13 --no-triggers --unpack --auto-deconfigure a.deb": (("a.deb",), False, False),
    "--pre-invoke --recursive -i a.deb": (("a.deb",), False, False),
    "--force-all --ignore-depends x -r foo bar:amd64": (("foo", "bar:amd64"), False, False),
    "-i -- -a.deb": (("-a.deb",), False, False),
    "-i a.deb --recursive": (("a.deb", "--recursive"), False, False),
    "-i - a.deb": (("-", "a.deb"), False, False),
    "-ra": ((), False, True),
    "--remove --pending": ((), False, True),
}


@pytest.mark.parametrize(("line", "expected"), LINES.items(), ids=LINES.keys())
def test_arguments(line: str, expected: tuple[tuple[str, ...], bool, bool]) -> None:
    assert read_arguments(["dpkg", *line.split()]) == Arguments(*expected)


def test_more_files_than_can_be_looked_at_are_not_let_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        (tmp_path / f"{number}.deb").write_text("")
    monkeypatch.setattr(guard_dpkg, "MAX_FILES", 3)
    transaction, objections = read_unpacking(Arguments((str(tmp_path),), True, False), list)
    assert transaction.comes == ()
    assert [(one.code, one.label) for one in objections] == [("unreadable", "more than 3 files at once")]


def test_files_below_directories_are_found_and_links_that_lead_back_end(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("a.deb", "no.txt", "in/b.deb", "in/deep/c.deb"):
        (tmp_path / name).write_text("")
    (tmp_path / "in" / "deep" / "back").symlink_to(tmp_path)
    (tmp_path / "elsewhere").symlink_to(tmp_path / "in" / "deep")
    found = find_files(Arguments((str(tmp_path), "x.deb"), True, False))
    assert found[-1] == "./x.deb"
    assert {Path(path).name for path in found[:-1]} == {"a.deb", "b.deb", "c.deb"}
    assert find_files(Arguments((str(tmp_path),), False, False)) == [str(tmp_path)]
