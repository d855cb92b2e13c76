# SPDX-License-Identifier: Apache-2.0
"""A damaged table is no table, and says why."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from zhengban.host.guard_table import TableError, load_table

RULE = {
    "manager": "dpkg",
    "name": "wps",
    "versions": ">=1",
    "publisher": "",
    "signer": "",
    "fits": "product",
    "misfits": "version",
    "is_required": False,
    "label": "WPS",
    "edition": "",
    "numbers": ["COM-0001"],
}
TABLE: dict[str, Any] = {
    "format": "zhengban.guard/1",
    "computer": "PC-0001",
    "mode": "enforce",
    "message": "",
    "policy": "",
    "written_at": 1000,
    "protected": [],
    "rules": [RULE],
    "bases": [{"number": "OS", "manager": "dpkg", "names": ["a"], "globs": [], "signers": [], "publishers": []}],
    "exceptions": [{"manager": "dpkg", "name": "x*", "versions": "", "number": "", "ends_at": 2000}],
    "recorded": [{"package": "dpkg:wps:all", "number": "COM-0001", "label": "", "edition": ""}],
}


def damaged(*path: str | int, value: object = None) -> str:
    table = copy.deepcopy(TABLE)
    place: Any = table
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(table)


DAMAGES = {
    "empty": ("", "Expecting value"),
    "torn": (json.dumps(TABLE)[:-30], "Expecting"),
    "not an object": ("[]", "table has not the keys"),
    "nested without end": ("[" * 100_000, "recursion"),
    "another format": (damaged("format", value="zhengban.guard/2"), "zhengban.guard/2"),
    "a key too few": (damaged("recorded"), "table has not the keys"),
    "a key too many": (damaged("extra", value=1), "table has not the keys"),
    "an unknown mode": (damaged("mode", value="off"), "table.mode is 'off'"),
    "a number as a text": (damaged("written_at", value="1000"), "table.written_at is no int"),
    "true as a number": (damaged("written_at", value=True), "table.written_at is no int"),
    "a list that is none": (damaged("protected", value="x"), "table.protected is no list"),
    "an unknown verdict": (damaged("rules", 0, "fits", value="base"), "table.rules.fits is 'base'"),
    "a rule without a name": (damaged("rules", 0, "name"), "table.rules has not the keys"),
    "a range nobody can read": (damaged("rules", 0, "versions", value=">>1"), "'>>1'"),
    "an unknown manager": (damaged("bases", 0, "manager", value="pip"), "table.bases.manager is 'pip'"),
}


@pytest.mark.parametrize(("text", "why"), DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_table_is_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "guard.json").write_text(text)
    with pytest.raises(TableError) as caught:
        load_table(str(tmp_path))
    assert caught.value.code == "table_corrupt"
    assert why in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_bytes_that_are_no_text_and_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(TableError) as caught:
        load_table(str(tmp_path))
    assert caught.value.code == "table_missing"
    (tmp_path / "guard.json").write_bytes(b"\xff\xfe")
    with pytest.raises(TableError) as caught:
        load_table(str(tmp_path))
    assert caught.value.code == "table_corrupt"


def test_a_clock_turned_back_brings_no_exception_back(tmp_path: Path) -> None:
    (tmp_path / "guard.json").write_text(damaged("exceptions", 0, "ends_at", value=900))
    table = load_table(str(tmp_path))
    ruling = table.on_system("debian", "12").rule("dpkg", "xterm", "1", None)
    assert ruling.verdict == "unlisted"
    assert not table.is_excused(ruling, "dpkg", "xterm", "1", now=100)
    (tmp_path / "guard.json").write_text(json.dumps(TABLE))
    table = load_table(str(tmp_path))
    assert table.is_excused(ruling, "dpkg", "xterm", "1", now=1999)
    assert not table.is_excused(ruling, "dpkg", "xterm", "1", now=2000)
