# SPDX-License-Identifier: Apache-2.0
"""The doors as facts say them, for a system in a folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.unit.host.test_guard_table import TABLE
from zhengban.host import guard_status
from zhengban.host.facts import collect
from zhengban.host.guard_hooks import APT_FILE, APT_TEXT, DPKG_FILE, DPKG_TEXT, HOOK
from zhengban.host.guard_open import open_guard
from zhengban.host.guard_spool import record_attempt
from zhengban.host.guard_status import read_doors

from .systems import make_system, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A system with the guard on it."""
    make_system(tmp_path)
    for path, text in ((APT_FILE, APT_TEXT), (DPKG_FILE, DPKG_TEXT), (HOOK, "#!/bin/sh\n")):
        write(tmp_path / path.lstrip("/"), text)
    (tmp_path / HOOK.lstrip("/")).chmod(0o755)
    write(tmp_path / "var/lib/zhengban/guard.json", json.dumps(TABLE))
    return tmp_path


def doors(root: Path, now: float = 1000.0) -> dict[str, str]:
    return read_doors(str(root / "var/lib/zhengban"), now, str(root))


def test_a_host_without_a_guard_has_no_doors(tmp_path: Path) -> None:
    assert doors(tmp_path) == {}


def test_a_guard_that_stands(root: Path) -> None:
    assert doors(root) == {
        "apt": "shut",
        "dpkg": "shut",
        "table": "ok",
        "mode": "enforce",
        "policy": "",
        "written_at": "1970-01-01T00:16:40Z",
    }


def test_what_can_be_wrong_shows(root: Path) -> None:
    (root / APT_FILE.lstrip("/")).unlink()
    write(root / DPKG_FILE.lstrip("/"), "# pre-invoke=\n")
    assert (doors(root)["apt"], doors(root)["dpkg"]) == ("absent", "broken")
    write(root / DPKG_FILE.lstrip("/"), DPKG_TEXT)
    (root / HOOK.lstrip("/")).unlink()
    (root / "var/lib/zhengban/guard.json").unlink()
    assert (doors(root)["dpkg"], doors(root)["table"]) == ("broken", "table_missing")
    (root / DPKG_FILE.lstrip("/")).unlink()
    assert doors(root) == {}


def test_audit_and_openings(root: Path) -> None:
    write(root / "var/lib/zhengban/guard.json", json.dumps({**TABLE, "mode": "audit"}))
    assert (doors(root)["apt"], doors(root)["dpkg"]) == ("recorded", "recorded")
    open_guard(5, "打印机\x1b" + "x" * 5000, "0", str(root / "var/lib/zhengban"), 1000.0)
    found = doors(root, 1060.0)
    assert (found["apt"], found["open_until"]) == ("open", "1970-01-01T00:21:40Z")
    # The controller takes no longer text from a host.
    assert (found["open_reason"][:8], len(found["open_reason"])) == ("打印机\\x1bx", 1000)
    assert doors(root, 1300.0)["apt"] == "recorded"


def test_somebody_who_may_not_read_the_table_says_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = str(root / "var/lib/zhengban")
    real = os.access

    def refused(path: Any) -> Any:
        raise guard_status.TableError("table_corrupt", "Permission denied")

    monkeypatch.setattr(guard_status, "load_table", refused)
    monkeypatch.setattr(os, "access", lambda path, mode: path != state and real(path, mode))
    assert (doors(root)["apt"], doors(root)["dpkg"], doors(root)["table"]) == ("unread", "unread", "unread")


def test_facts_carry_doors_and_attempts_also_when_nothing_changed(root: Path) -> None:
    record_attempt(str(root / "var/lib/zhengban"), {"door": "apt"}, 0)
    document = collect(str(root))
    unchanged = collect(str(root), known_digest=document["digest"])
    assert "packages" not in unchanged
    for one in (document, unchanged):
        assert one["guard"]["dpkg"] == "shut"
        assert [attempt["door"] for attempt in one["attempts"]] == ["apt"]
