# SPDX-License-Identifier: Apache-2.0
"""The host's journal: what a kill or a full disk may leave behind."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from zhengban.host.journal import Journal, JournalError


def lines(folder: Path) -> list[str]:
    return (folder / "journal.jsonl").read_text().splitlines()


def test_the_last_entry_of_an_intent_is_its_state(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    assert journal.find("r/PC-1") == {}
    journal.append({"intent": "r/PC-1", "state": "started"})
    journal.append({"intent": "r/PC-2", "state": "settled"})
    journal.append({"intent": "r/PC-1", "state": "done", "outcomes": []})
    assert Journal(str(tmp_path)).find("r/PC-1")["state"] == "done"
    assert Journal(str(tmp_path)).find("r/PC-2")["state"] == "settled"
    assert stat.S_IMODE((tmp_path / "journal.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize("torn", ['{"intent": "r/PC-1", "sta', "\x00" * 40, '{"intent": "r/PC-1", "state": "done"}'])
def test_a_torn_last_line_was_never_confirmed(tmp_path: Path, torn: str) -> None:
    journal = Journal(str(tmp_path))
    journal.append({"intent": "r/PC-1", "state": "started"})
    with (tmp_path / "journal.jsonl").open("a") as file:
        file.write(torn)
    assert journal.find("r/PC-1")["state"] == "started"
    journal.append({"intent": "r/PC-2", "state": "started"})
    assert [json.loads(line)["intent"] for line in lines(tmp_path)] == ["r/PC-1", "r/PC-2"]


@pytest.mark.parametrize("bad", ["garbage", "[]", '{"intent": 1, "state": "done"}', '{"intent": "r/PC-1"}', "\x00"])
def test_a_journal_that_cannot_be_believed_is_not(tmp_path: Path, bad: str) -> None:
    journal = Journal(str(tmp_path))
    journal.append({"intent": "r/PC-1", "state": "started"})
    path = tmp_path / "journal.jsonl"
    path.write_text(bad + "\n" + path.read_text())
    with pytest.raises(JournalError, match=r"journal\.jsonl:1"):
        journal.find("r/PC-1")
    with pytest.raises(JournalError, match=r"journal\.jsonl:1"):
        journal.append({"intent": "r/PC-2", "state": "started"})


def test_the_last_two_hundred_intents_are_kept(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    journal.append({"intent": "r/oldest", "state": "started"})
    for number in range(250):
        journal.append({"intent": f"r/{number}", "state": "started"})
        journal.append({"intent": f"r/{number}", "state": "done", "outcomes": [number]})
        assert len(lines(tmp_path)) <= 400
    assert journal.find("r/oldest") == {}
    assert [journal.find(f"r/{number}").get("outcomes") for number in range(50, 250)] == [[n] for n in range(50, 250)]
    assert not list(tmp_path.glob("*.new"))
