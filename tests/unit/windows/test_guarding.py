# SPDX-License-Identifier: Apache-2.0
"""The guard on a Windows host: whole or as before, whatever happens in between."""

from __future__ import annotations

import copy
import datetime as dt
from pathlib import Path

import pytest

from tests.unit.windows.memory_windows import MemoryWindows
from zhengban.guard.applocker import AppLockerPolicy, AtPath, Collection, Rule, RuleCollection
from zhengban.guard.windows import WindowsGuard
from zhengban.model.facts import Identity
from zhengban.windows.guard_journal import GuardError, GuardRegistry
from zhengban.windows.guarding import GuardChange, put_guard, read_doors, take_guard_away
from zhengban.windows.reading import Registry, ask_programs

NOW = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)
POLICIES = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows"
SRP = rf"{POLICIES}\SrpV2"
INSTALLER = rf"{POLICIES}\Installer"
SERVICE = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\AppIDSvc"
FOREIGN = "11111111-2222-3333-4444-555555555555"
SHUT = (("AlwaysInstallElevated", 0), ("DisableMSI", 1), ("DisableUserInstalls", 1))


def guard(*paths: str, audit: bool = False) -> WindowsGuard:
    def collection(kind: Collection) -> RuleCollection:
        rules = tuple(Rule(name=f"规则 {path}", condition=AtPath(path=path)) for path in paths)
        return RuleCollection(type=kind, enforcement="AuditOnly" if audit else "Enabled", rules=rules)

    return WindowsGuard(
        mode="audit" if audit else "enforce",
        applocker=AppLockerPolicy(collections=(collection("Exe"), collection("Msi"))),
        installer=() if audit else SHUT,
        unnamed=(),
    )


TWO = guard(r"%WINDIR%\*", r"C:\A & B\*")
THREE = guard(r"%WINDIR%\*", r"C:\A & B\*", r"D:\*")
AUDIT = guard(r"%WINDIR%\*", r"C:\A & B\*", audit=True)


@pytest.fixture
def windows() -> MemoryWindows:
    """A host on which somebody else has set a rule and a setting before us."""
    made = MemoryWindows()
    made.set(SERVICE, Start=3)
    made.set(rf"{SRP}\Exe", EnforcementMode=1, AllowWindows=0)
    made.set(rf"{SRP}\Exe\{FOREIGN}", Value='<FilePathRule Id="…" Name="原有"/>')
    made.set(rf"{SRP}\Script", EnforcementMode=0)
    made.set(INSTALLER, DisableMSI=2, Logging="voicewarmup")
    return made


def registry(windows: MemoryWindows) -> GuardRegistry:
    programs = ask_programs(windows)
    return GuardRegistry(Registry(windows, programs), programs.view)


def put(windows: MemoryWindows, wanted: WindowsGuard, *, check: bool = False) -> GuardChange:
    return put_guard(registry(windows), wanted, now=NOW, check=check)


def written(windows: MemoryWindows, key: str) -> dict[str, str]:
    view = "64" if "SOFTWARE" in key else ""
    return {name: data for name, (_kind, data) in windows.keys.get((view, key), {}).items()}


def rules(windows: MemoryWindows, kind: str = "Exe") -> set[str]:
    return {key for _view, key in windows.keys if key.startswith(rf"{SRP}\{kind}" + "\\")}


def test_it_is_written_whole_and_there_is_nothing_to_do_again(windows: MemoryWindows) -> None:
    change = put(windows, TWO)
    assert change.needs_restart
    assert (len(rules(windows)), len(rules(windows, "Msi"))) == (2, 2)
    for collection in TWO.applocker.collections:
        for name, line in collection.elements().items():
            assert written(windows, rf"{SRP}\{collection.type}\{name}") == {"Value": line}
    assert written(windows, rf"{SRP}\Exe") == {"EnforcementMode": "0x1"}
    assert written(windows, rf"{SRP}\Script") == {"EnforcementMode": "0x0"}, "nobody's business"
    assert written(windows, INSTALLER) == {
        "DisableMSI": "0x1",
        "Logging": "voicewarmup",
        "AlwaysInstallElevated": "0x0",
        "DisableUserInstalls": "0x1",
    }
    assert written(windows, SERVICE) == {"Start": "0x2"}
    doors = read_doors(registry(windows))
    assert doors == {
        "applocker": "shut",
        "installer": "shut",
        "table": "ok",
        "mode": "enforce",
        "policy": TWO.digest,
        "written_at": "2026-11-23T04:00:00Z",
    }
    assert put(windows, TWO).changes == ()


def test_a_collection_only_records_while_it_is_incomplete(windows: MemoryWindows) -> None:
    """Enforced with half of its rules it would stop everything else, Windows included."""
    put(windows, TWO)
    windows.lines.clear()
    put(windows, THREE)
    lines = [line for line in windows.lines if " add " in line and "SrpV2" in line]
    assert [line.split(" /d ")[1].split()[0] for line in lines if "EnforcementMode" in line] == [
        "0x0",
        "0x0",
        "0x1",
        "0x1",
    ]
    assert "EnforcementMode" in lines[0] and "EnforcementMode" in lines[-1]


def test_check_mode_writes_nothing_and_says_the_same(windows: MemoryWindows) -> None:
    untouched = copy.deepcopy(windows.keys)
    change = put(windows, TWO, check=True)
    assert windows.keys == untouched
    assert put(windows, TWO) == change
    assert take_guard_away(registry(windows), check=True).changes == change.changes
    assert "原有" in change.before and "原有" not in change.after


def test_what_was_there_before_is_put_back(windows: MemoryWindows) -> None:
    untouched = copy.deepcopy(windows.keys)
    put(windows, TWO)
    put(windows, AUDIT)
    assert written(windows, INSTALLER)["DisableMSI"] == "0x2", "only recording, it is as it was"
    assert read_doors(registry(windows))["installer"] == "absent"
    assert read_doors(registry(windows))["applocker"] == "recorded"
    put(windows, THREE)
    assert take_guard_away(registry(windows), check=False).changes
    assert windows.keys == untouched
    assert read_doors(registry(windows)) == {}
    assert take_guard_away(registry(windows), check=False).changes == ()


def test_where_nothing_was_nothing_stays(windows: MemoryWindows) -> None:
    for key in [key for _view, key in windows.keys if key.startswith(POLICIES)]:
        del windows.keys["64", key]
    untouched = copy.deepcopy(windows.keys)
    put(windows, TWO)
    take_guard_away(registry(windows), check=False)
    assert windows.keys == untouched


@pytest.mark.parametrize(
    ("key", "values", "doors"),
    [
        (rf"{SRP}\Exe", {"EnforcementMode": 0}, ("broken", "shut")),
        (rf"{SRP}\Exe\{FOREIGN}", {"Value": '<FilePathRule Path="*"/>'}, ("broken", "shut")),
        (SERVICE, {"Start": 4}, ("broken", "shut")),
        (INSTALLER, {"DisableMSI": 0}, ("shut", "broken")),
    ],
)
def test_what_somebody_changed_is_seen_and_mended(
    windows: MemoryWindows, key: str, values: dict[str, int | str], doors: tuple[str, str]
) -> None:
    put(windows, TWO)
    windows.set(key, **values)
    seen = read_doors(registry(windows))
    assert (seen["applocker"], seen["installer"]) == doors
    assert put(windows, TWO).changes
    assert read_doors(registry(windows))["applocker"] == "shut"
    assert not any(FOREIGN in key for key in rules(windows))


def test_what_cannot_be_written_leaves_everything_as_before(windows: MemoryWindows) -> None:
    untouched = copy.deepcopy(windows.keys)
    windows.refused["add"] = lambda key: key.endswith("AppIDSvc")
    with pytest.raises(GuardError, match=r"AppIDSvc cannot be changed: .*; what was there before is there again"):
        put(windows, TWO)
    assert windows.keys == untouched


def test_cut_off_in_the_middle_the_next_time_ends_it_and_still_knows_what_was_before(windows: MemoryWindows) -> None:
    untouched = copy.deepcopy(windows.keys)
    wanted = TWO.applocker.collections[1].elements()

    class CutOff(Exception):
        pass

    def cut(key: str) -> bool:
        if any(name in key for name in wanted):
            raise CutOff
        return False

    windows.refused["add"] = cut
    with pytest.raises(CutOff):
        put(windows, TWO)
    assert read_doors(registry(windows))["table"] == "unfinished"
    assert written(windows, rf"{SRP}\Exe")["EnforcementMode"] == "0x0"
    windows.refused.clear()
    put(windows, TWO)
    assert read_doors(registry(windows))["table"] == "ok"
    take_guard_away(registry(windows), check=False)
    assert windows.keys == untouched


def test_a_windows_without_the_service_is_refused(windows: MemoryWindows) -> None:
    del windows.keys["", SERVICE]
    with pytest.raises(GuardError, match="no Application Identity service"):
        put(windows, TWO)


def test_a_rule_too_long_for_a_command_line_is_refused_before_anything_is_enforced(windows: MemoryWindows) -> None:
    untouched = copy.deepcopy(windows.keys)
    with pytest.raises(GuardError, match="too many for one command line"):
        put(windows, guard(r"C:\A\*", "C:\\" + "a" * 33_000))
    assert windows.keys == untouched


def test_another_machine_is_refused(windows: MemoryWindows, tmp_path: Path) -> None:
    host = windows.host(tmp_path)
    with pytest.raises(GuardError, match="this is for serial_number 'OTHER', this machine has 'PF3'"):
        host.guard(TWO, Identity(serial_number="OTHER"), check=False)
    change, doors = host.guard(TWO, Identity(serial_number="PF3"), check=False)
    assert change.changes and doors["applocker"] == "shut"
    assert host.software_info("")["guard"] == doors


def test_a_damaged_entry_is_no_guard_to_believe(windows: MemoryWindows) -> None:
    put(windows, TWO)
    windows.set(r"HKEY_LOCAL_MACHINE\SOFTWARE\zhengban\guard", Entry='{"state": "done"}')
    assert read_doors(registry(windows))["table"] == "unread"
    with pytest.raises(GuardError, match="is no entry of the guard"):
        put(windows, TWO)
