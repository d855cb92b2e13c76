# SPDX-License-Identifier: Apache-2.0
"""The four questions to a Windows host whose registry and programs are in memory."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.windows.memory_windows import SID, UNINSTALL, MemoryWindows
from zhengban.model.errors import FactsError
from zhengban.model.facts import facts_from_plain
from zhengban.windows.host import WindowsHost
from zhengban.windows.journal import JournalEntry
from zhengban.windows.shell import Ran

INTENT = "20261123T093000Z-00000a/PC-0001"
CODE = "{11111111-2222-3333-4444-555555555555}"


@pytest.fixture
def windows() -> MemoryWindows:
    host = MemoryWindows()
    host.product(CODE, "报表", "1.0", WindowsInstaller=1)
    host.product("Wukong", "悟空", "3.2", QuietUninstallString=r'"C:\Program Files\Wukong\uninst.exe" /S')
    host.set(rf"HKEY_USERS\{SID}\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\ToDesk", DisplayName="ToDesk")
    host.programs["msiexec.exe"] = lambda: _removed(host, CODE)
    host.programs["uninst.exe"] = lambda: _removed(host, "Wukong")
    return host


def _removed(host: MemoryWindows, key: str, code: int = 0) -> int:
    host.remove(key)
    return code


def order_of(host: WindowsHost, **request: Any) -> dict[str, Any]:
    facts = host.software_info("")
    asked = {"manager": "windows", "install": [], "upgrade": [], "remove": [], "means": [], **request}
    answer = host.simulate(asked)
    assert not answer["unavailable"]
    return {
        "intent": INTENT,
        "plan": "f" * 64,
        "facts_digest": facts["digest"],
        "identity": facts["identity"],
        "protect": [],
        "transactions": [{"request": asked, "steps": answer["steps"]}],
    }


def test_facts_are_the_document_of_every_host(windows: MemoryWindows, tmp_path: Path) -> None:
    host = windows.host(tmp_path)
    document = host.software_info("")
    facts = facts_from_plain(document, source="PC-0001")
    assert (facts.identity.serial_number, facts.identity.machine_id) == ("PF3", "abcd-1")
    assert [(row.name, row.version, row.arch) for row in facts.packages] == [
        ("ToDesk", "unknown", SID),
        ("悟空", "3.2", "x64"),
        ("报表", "1.0", "x64"),
    ]
    assert facts.managers["windows"].read
    again = host.software_info(document["digest"])
    assert again["unchanged"] and "packages" not in again


def test_a_profile_that_is_not_loaded_is_unread(windows: MemoryWindows, tmp_path: Path) -> None:
    away = "S-1-12-1-77-88"
    profiles = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"
    windows.set(rf"{profiles}\{away}", ProfileImagePath=r"C:\Users\li")
    managers = windows.host(tmp_path).software_info("")["managers"]
    assert managers["windows"]["read"]
    assert not managers[f"windows user {away}"]["read"]
    assert r"C:\Users\li" in managers[f"windows user {away}"]["why"]


def test_a_key_that_cannot_be_read_is_unread_and_one_that_is_not_there_is_empty(
    windows: MemoryWindows, tmp_path: Path
) -> None:
    windows.unreadable.add(UNINSTALL)
    document = windows.host(tmp_path).software_info("")
    assert document["managers"]["windows"]["read"] is False
    assert document["packages"] == []
    hive = rf"HKEY_USERS\{SID}\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
    other = MemoryWindows()
    assert list(other.host(tmp_path).software_info("")["managers"]) == ["windows"]
    other.set(hive)
    other.unreadable.add(hive)
    assert f"windows user {SID}" in other.host(tmp_path).software_info("")["managers"]


def test_what_leaves_leaves_by_its_own_way(windows: MemoryWindows, tmp_path: Path) -> None:
    host = windows.host(tmp_path)
    answer = host.apply(order_of(host, remove=["报表:x64", "悟空:x64"]))
    assert (answer["state"], answer["reason"], answer["needs_restart"]) == ("done", "", False)
    assert [item["state"] for item in answer["outcomes"]] == ["done", "done"]
    assert rf"C:\Windows\System32\msiexec.exe /x {CODE} /qn /norestart" in windows.lines
    assert r'"C:\Program Files\Wukong\uninst.exe" /S' in windows.lines
    assert host.settle(INTENT)["outcomes"] == answer["outcomes"]
    assert host.apply({"intent": INTENT})["state"] == "refused", "an intent is carried out once"


def test_exit_codes_are_told_and_the_registry_decides(windows: MemoryWindows, tmp_path: Path) -> None:
    windows.programs["msiexec.exe"] = lambda: _removed(windows, CODE, 3010)
    windows.programs["uninst.exe"] = lambda: 0
    host = windows.host(tmp_path)
    answer = host.apply(order_of(host, remove=["报表:x64", "悟空:x64"]))
    assert answer["state"] == "failed" and answer["needs_restart"]
    outcomes = {item["package"]: item for item in answer["outcomes"]}
    assert outcomes["windows:报表:x64"]["state"] == "done"
    assert outcomes["windows:悟空:x64"]["state"] == "not_done"
    assert "the registry does not show it" in outcomes["windows:悟空:x64"]["reason"]


def test_a_failed_program_does_not_keep_the_others(windows: MemoryWindows, tmp_path: Path) -> None:
    windows.programs["uninst.exe"] = lambda: None
    host = windows.host(tmp_path)
    answer = host.apply(order_of(host, remove=["悟空:x64", "报表:x64"]))
    assert answer["state"] == "failed"
    assert "did not end within 1 s" in answer["reason"]
    assert [item["state"] for item in answer["outcomes"]] == ["not_done", "done"]


def test_another_installation_is_waited_for_and_not_for_ever(windows: MemoryWindows, tmp_path: Path) -> None:
    codes = iter([1618, 1618, 0])
    windows.programs["msiexec.exe"] = lambda: next(codes) or _removed(windows, CODE)
    host = windows.host(tmp_path)
    assert host.apply(order_of(host, remove=["报表:x64"]))["state"] == "done"
    other = MemoryWindows()
    other.product(CODE, "报表", "1.0", WindowsInstaller=1)
    other.programs["msiexec.exe"] = lambda: 1618
    host = other.host(tmp_path)
    answer = host.apply(order_of(host, remove=["报表:x64"]))
    assert "another installation is running" in answer["reason"]
    assert sum("msiexec.exe /x" in line for line in other.lines) == 3


def test_a_list_that_was_cut_short_is_asked_for_once_more(windows: MemoryWindows, tmp_path: Path) -> None:
    """reg.exe fails as a whole where an installer takes a key away while it lists them: once it said "unread" of it."""
    host = windows.host(tmp_path)
    before = host.software_info("")
    failures = [UNINSTALL]
    windows.refused["query"] = lambda key: key in failures and failures.pop() == key
    assert host.software_info("") == before
    windows.refused["query"] = lambda key: key == UNINSTALL
    assert not host.software_info("")["managers"]["windows"]["read"]


def test_a_change_is_unknown_while_the_list_cannot_be_read_after_it(windows: MemoryWindows, tmp_path: Path) -> None:
    """No entry is no proof that a product has left when nothing can be read: it stays open, and is read again."""
    host = windows.host(tmp_path)
    order = order_of(host, remove=["悟空:x64"])

    def leave() -> int:
        windows.unreadable.add(UNINSTALL)
        return 0

    windows.programs["uninst.exe"] = leave
    answer = host.apply(order)
    assert (answer["state"], answer["outcomes"]) == ("failed", ())
    assert not answer["facts"]["managers"]["windows"]["read"]
    assert host._journal.entries()[INTENT].state == "started"
    windows.unreadable.clear()
    settled = windows.host(tmp_path).settle(INTENT)
    assert settled["state"] == "interrupted"
    facts = facts_from_plain(settled["facts"], source="PC-0001")
    assert "悟空" in [row.name for row in facts.packages]


def test_what_a_user_had_is_unknown_once_that_user_has_signed_out(
    windows: MemoryWindows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hive that is not loaded shows nothing, and nothing is no proof that a product has left."""
    hive = {key: values for key, values in windows.keys.items() if key[1].startswith(rf"HKEY_USERS\{SID}")}
    windows.set(r"HKEY_USERS\.DEFAULT")
    (tmp_path / "clean.exe").write_bytes(b"clean")
    digest = hashlib.sha256(b"clean").hexdigest()
    means = {"package": f"ToDesk:{SID}", "source": "clean.exe", "sha256": digest}
    for name in ("copy_source", "remove_copies"):
        monkeypatch.setattr(f"zhengban.windows.host.{name}", lambda *_arguments: "")

    def sign_out() -> int:
        for key in hive:
            del windows.keys[key]
        return 0

    windows.programs[f"{digest}.exe"] = sign_out
    host = windows.host(tmp_path)
    answer = host.apply(order_of(host, remove=[f"ToDesk:{SID}"], means=[means]))
    assert (answer["state"], answer["outcomes"]) == ("failed", ())
    assert host._journal.entries()[INTENT].state == "started"
    facts = facts_from_plain(windows.host(tmp_path).settle(INTENT)["facts"], source="PC-0001")
    (why,) = facts.why_unread(f"windows:ToDesk:{SID}")
    assert why.startswith(f"windows user {SID}: the profile C:\\Users\\zhang is not loaded")
    assert facts.why_unread("windows:ToDesk:x64") == ()
    windows.keys |= hive
    again = windows.host(tmp_path).settle(INTENT)
    assert again["state"] == "interrupted"
    facts = facts_from_plain(again["facts"], source="PC-0001")
    assert facts.why_unread(f"windows:ToDesk:{SID}") == () and f"windows:ToDesk:{SID}" in facts.rows_by_ref


def test_how_a_step_is_seen_is_noted_before_its_program_starts(windows: MemoryWindows, tmp_path: Path) -> None:
    """A controller that is killed just then leaves a program that nobody has the handle of, and recovering waits."""
    host = windows.host(tmp_path)
    noted = []

    def leave() -> int:
        noted.append(host._journal.entries()[INTENT])
        return _removed(windows, "Wukong")

    windows.programs["uninst.exe"] = leave
    host.apply(order_of(host, remove=["悟空:x64"]))
    (entry,) = noted
    assert entry.command == windows.place and entry.sign is not None
    assert entry.sign.path.endswith("Wukong")


def test_what_a_host_says_when_it_does_not_answer_as_windows_does(tmp_path: Path) -> None:
    windows = MemoryWindows()
    windows.refused["query"] = lambda key: key.endswith("CurrentVersion")
    with pytest.raises(FactsError, match=r"cannot be read: reg\.exe ended with 1: 错误: 拒绝访问。; is it Windows"):
        windows.host(tmp_path).software_info("")
    windows.answers["set"] = Ran(code=9009)
    with pytest.raises(FactsError, match="cannot be read: set ended with 9009 and said nothing"):
        windows.host(tmp_path).software_info("")


def test_somebody_who_signed_out_since_is_named(windows: MemoryWindows, tmp_path: Path) -> None:
    host = windows.host(tmp_path)
    order = order_of(host, remove=["悟空:x64"])
    for key in [key for key in windows.keys if key[1].startswith(rf"HKEY_USERS\{SID}")]:
        del windows.keys[key]
    reason = host.apply(order)["reason"]
    assert reason.startswith(
        f"packages have changed since the plan was made; plan again (not read now: windows user {SID}"
    )


def test_it_is_refused_when_anything_moved(windows: MemoryWindows, tmp_path: Path) -> None:
    host = windows.host(tmp_path)
    order = order_of(host, remove=["悟空:x64"])
    windows.product("New", "新的", "1")
    answer = host.apply(order)
    assert (answer["state"], answer["reason"]) == (
        "refused",
        "packages have changed since the plan was made; plan again",
    )
    other = {**order_of(host, remove=["悟空:x64"]), "identity": {"serial_number": "X", "machine_id": ""}}
    assert "this machine has 'PF3'" in host.apply(other)["reason"]
    protected = {**order_of(host, remove=["悟空:x64"]), "protect": ["悟空"]}
    assert "protected" in host.apply(protected)["reason"]
    assert not any("uninst.exe" in line for line in windows.lines)


def test_an_order_whose_end_is_unknown_keeps_others_away(windows: MemoryWindows, tmp_path: Path) -> None:
    host = windows.host(tmp_path)
    host._journal.write("20261122T093000Z-00000b/PC-0001", JournalEntry(state="started", command="gone/1"))
    answer = host.apply(order_of(host, remove=["悟空:x64"]))
    assert answer["state"] == "refused" and "recover it first" in answer["reason"]


def test_settling_waits_for_what_still_runs(windows: MemoryWindows, tmp_path: Path) -> None:
    host = windows.host(tmp_path)
    windows.programs["uninst.exe"] = lambda: None
    handle = windows.start(r"C:\x\uninst.exe")
    host._journal.write(INTENT, JournalEntry(state="started", command=handle))
    assert host.settle(INTENT)["state"] == "busy"
    windows._ran.pop(handle)
    installer = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\InProgress"
    windows.set(installer)
    assert "Windows Installer" in host.settle(INTENT)["reason"]
    del windows.keys["64", installer]
    assert host.settle(INTENT)["state"] == "interrupted"
    assert host.settle(INTENT)["state"] == "interrupted", "asking again gives the same answer"


def test_a_start_nobody_saw_is_ended_with_its_place(windows: MemoryWindows, tmp_path: Path) -> None:
    host = windows.host(tmp_path)
    host._journal.write(INTENT, JournalEntry(state="started", command="old/"))
    assert host.settle(INTENT)["state"] == "interrupted"
    assert windows.ended[-1] != "shell/" and "old/" in windows.ended


def test_what_was_never_started_never_will_be(windows: MemoryWindows, tmp_path: Path) -> None:
    host = windows.host(tmp_path)
    order = order_of(host, remove=["悟空:x64"])
    assert host.settle(INTENT)["state"] == "never"
    assert host.settle(INTENT)["state"] == "never"
    assert "settled" in host.apply(order)["reason"]


def test_a_journal_that_is_not_ours_stops_everything(windows: MemoryWindows, tmp_path: Path) -> None:
    windows.set(r"HKEY_LOCAL_MACHINE\SOFTWARE\zhengban\journal\x", Entry=json.dumps({"state": "odd"}))
    host = windows.host(tmp_path)
    answer = host.apply(order_of(host, remove=["悟空:x64"]))
    assert answer["state"] == "refused" and "not an entry" in answer["reason"]


def test_a_source_is_the_one_the_policy_names(windows: MemoryWindows, tmp_path: Path) -> None:
    (tmp_path / "a.exe").write_bytes(b"setup")
    means = {"package": "新的", "source": "a.exe", "sha256": "0" * 64, "version": "1", "arch": "x64"}
    asked = {"manager": "windows", "install": [{"name": "新的", "versions": ""}], "means": [means]}
    host = windows.host(tmp_path)
    (refused,) = host.simulate(asked)["unavailable"]
    assert "the policy says" in refused["reason"]
    (gone,) = host.simulate({**asked, "means": [{**means, "source": "b.exe"}]})["unavailable"]
    assert "cannot be read in the workspace" in gone["reason"]
    means["sha256"] = hashlib.sha256(b"setup").hexdigest()
    (step,) = host.simulate(asked)["steps"]
    assert (step["kind"], step["new"]) == ("install", "1")
