# SPDX-License-Identifier: Apache-2.0
"""The policy as AppLocker's rules: what may run, what may not, and that Windows' schema takes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from tests.golden.workspace import make_workspace
from zhengban.guard.applocker import (
    ADMINISTRATORS,
    EVERYONE,
    AppLockerPolicy,
    AtPath,
    Condition,
    Rule,
    SignedBy,
    WithDigest,
)
from zhengban.guard.windows import WindowsGuard
from zhengban.model.errors import InputError, Refused, ZhengbanError
from zhengban.run.guarding import order_windows_guard, windows_guard_of
from zhengban.windows import applocker_schema
from zhengban.windows.applocker_schema import find_schema_errors

KINGSOFT = "O=ZHUHAI KINGSOFT OFFICE SOFTWARE CO., LTD., L=珠海, S=GUANGDONG, C=CN"
POLICY = f"""\
baseline:
  name: office
  mode: audit
  guard: {{mode: enforce}}
software:
- {{name: WPS Office, version: "2019", type: commercial, category: office, vendor: K, made_in: domestic,
   lots: [{{number: COM-0001, acquired: gift, quantity: 5}}],
   packages: [{{manager: windows, name: "WPS *", programs: [
     {{signed_by: "{KINGSOFT}", product: WPS OFFICE, lowest: 11.1.0.0}},
     {{path: '%PROGRAMFILES%\\Kingsoft & Co\\*'}}]}}, {{manager: dpkg, name: wps-office}}]}}
- {{name: 7-Zip, number: FREE-0101, type: free, category: other, vendor: I, made_in: foreign,
   packages: [{{manager: windows, name: 7-Zip, programs: [{{sha256: {"ab" * 32}, file: 7zFM.exe}}]}}]}}
- {{name: Runtime, number: FREE-0102, type: free, category: component, vendor: M, made_in: foreign,
   packages: [{{manager: windows, name: "VC *"}}]}}
- {{name: Elsewhere, number: FREE-0103, type: free, category: other, vendor: M, made_in: foreign,
   for: {{computers: [PC-0002]}},
   packages: [{{manager: windows, name: Elsewhere, programs: [{{path: 'D:\\Elsewhere\\*'}}]}}]}}
- {{name: 迅雷, type: free, category: other, state: forbidden,
   packages: [{{manager: windows, name: 迅雷, programs: [{{signed_by: O=XUNLEI}}]}}]}}
"""
NOON = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)
WPS = SignedBy(publisher=KINGSOFT, product="WPS OFFICE", lowest="11.1.0.0")
FOLDER = AtPath(path="%PROGRAMFILES%\\Kingsoft & Co\\*")
ZIP = WithDigest(sha256="ab" * 32, file="7zFM.exe")
ELSEWHERE = AtPath(path=r"D:\Elsewhere\*")
THUNDER = SignedBy(publisher="O=XUNLEI")


@pytest.fixture
def guard_of(tmp_path: Path) -> Callable[..., WindowsGuard]:
    def make(policy: str = POLICY, number: str = "PC-0001", now: dt.datetime = NOON) -> WindowsGuard:
        workspace = make_workspace(tmp_path / str(len(list(tmp_path.iterdir()))), policy)
        return windows_guard_of(workspace, workspace.register.computer_by_number[number], now=now)

    return make


def rules_of(guard: WindowsGuard, kind: str) -> tuple[Rule, ...]:
    return next(collection.rules for collection in guard.applocker.collections if collection.type == kind)


def allowed(guard: WindowsGuard) -> set[Condition]:
    """What everybody may start of what is not Windows' own."""
    return {rule.condition for rule in rules_of(guard, "Exe")[1:] if rule.group == EVERYONE}


def test_what_the_policy_names_may_run(guard_of: Callable[..., WindowsGuard]) -> None:
    guard = guard_of()
    assert allowed(guard) == {WPS, FOLDER, ZIP}
    assert allowed(guard_of(number="PC-0002")) == {WPS, FOLDER, ZIP, ELSEWHERE}
    assert {collection.enforcement for collection in guard.applocker.collections} == {"Enabled"}
    assert guard.unnamed == ()


def test_what_is_forbidden_is_an_exception_of_every_rule_for_everybody(guard_of: Callable[..., WindowsGuard]) -> None:
    """A rule that denies would stop the administrator's uninstaller as well."""
    guard = guard_of()
    for rule in rules_of(guard, "Exe"):
        assert (THUNDER in rule.exceptions) == (rule.group == EVERYONE), rule
    assert 'Action="Deny"' not in guard.applocker.xml()


def test_packages_come_from_administrators_alone(guard_of: Callable[..., WindowsGuard]) -> None:
    """Windows' own default lets everybody start what anybody has signed."""
    everybody = [rule.condition for rule in rules_of(guard_of(), "Msi") if rule.group == EVERYONE]
    assert everybody == [AtPath(path=r"%WINDIR%\Installer\*")]
    assert {rule.group for rule in rules_of(guard_of(), "Msi")} == {EVERYONE, ADMINISTRATORS}
    assert dict(guard_of().installer) == {"AlwaysInstallElevated": 0, "DisableMSI": 1, "DisableUserInstalls": 1}


@pytest.mark.parametrize(("day", "is_there"), [(23, True), (24, False)])
def test_an_exception_holds_to_the_end_of_its_last_day(
    guard_of: Callable[..., WindowsGuard], day: int, is_there: bool
) -> None:
    exception = "exceptions:\n- {package: {manager: windows, name: elsewhere}, computers: [PC-0001], until: 2026-11-23,"
    policy = f"{POLICY}{exception} reason: r, approved_by: E0001}}\n"
    assert (ELSEWHERE in allowed(guard_of(policy, now=NOON.replace(day=day)))) == is_there


def test_audit_only_records_and_leaves_windows_installer_alone(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w", POLICY.replace("mode: enforce", "mode: audit"))
    guard = windows_guard_of(workspace, workspace.register.computer_by_number["PC-0001"], now=NOON)
    assert {collection.enforcement for collection in guard.applocker.collections} == {"AuditOnly"}
    assert guard.installer == ()


def test_enforcing_what_would_stop_approved_products_is_refused(tmp_path: Path) -> None:
    workspace = make_workspace(
        tmp_path / "w", POLICY.replace(f", programs: [{{sha256: {'ab' * 32}, file: 7zFM.exe}}]", "")
    )
    computer = workspace.register.computer_by_number["PC-0001"]
    with pytest.raises(Refused, match="nobody could start 7-Zip: name their programs"):
        order_windows_guard(workspace, computer, "present", now=NOON)
    order = order_windows_guard(workspace, computer, "audit", now=NOON)
    assert order.guard is not None and order.guard.unnamed == ("7-Zip",)


def test_windows_schema_takes_it(guard_of: Callable[..., WindowsGuard]) -> None:
    text = guard_of().applocker.xml()
    document = etree.fromstring(text.encode())
    assert find_schema_errors(text) == ()
    published = document.xpath("//FilePublisherRule/Conditions/FilePublisherCondition/@PublisherName")
    assert published == [KINGSOFT]
    assert guard_of().applocker.xml() == text, "the same policy gives the same rules, ids included"
    for collection in guard_of().applocker.collections:
        for name, line in collection.elements().items():
            assert "\n" not in line and f'Id="{name}"' in line


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (' Description=""', ""),
        ('EnforcementMode="Enabled"', 'EnforcementMode="On"'),
        ('LowSection="11.1.0.0"', 'LowSection="11.1"'),
        ('Type="Msi"', 'Type="Exe"'),
        (' Id="', ' Id="{'),
        ('Data="0xAB', 'Data="0x'),
    ],
)
def test_the_schema_finds_errors(guard_of: Callable[..., WindowsGuard], old: str, new: str) -> None:
    text = guard_of().applocker.xml()
    assert old in text
    (error, *_others) = find_schema_errors(text.replace(old, new, 1))
    assert error.startswith("line ")


def test_what_the_schema_does_not_take_is_not_ordered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever lets the policy say more one day hears of it before Windows does."""
    workspace = make_workspace(tmp_path / "w", POLICY)
    computer = workspace.register.computer_by_number["PC-0001"]
    monkeypatch.setattr(AppLockerPolicy, "xml", lambda _self: '<AppLockerPolicy Version="1"><Rule/></AppLockerPolicy>')
    with pytest.raises(Refused, match="PC-0001: AppLocker's schema does not take its rules: line 1: "):
        order_windows_guard(workspace, computer, "present", now=NOON)
    monkeypatch.setattr(AppLockerPolicy, "xml", lambda _self: "<AppLockerPolicy>\x01")
    with pytest.raises(Refused, match="Char value 1"):
        order_windows_guard(workspace, computer, "present", now=NOON)


def test_what_checks_the_rules_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applocker_schema, "_IMPORT_ERROR", ImportError("No module named 'lxml'"))
    with pytest.raises(ZhengbanError, match=r"zhengban\[windows\]"):
        find_schema_errors("<AppLockerPolicy/>")


@pytest.mark.parametrize(
    ("programs", "message"),
    [
        ("{}", "told by nothing"),
        (r"{signed_by: O=K, path: 'C:\K\*'}", "told by signed_by and path"),
        (r"{path: 'C:\K\*', lowest: 1.0.0.0}", "says nothing beside path"),
        ("{signed_by: O=K, lowest: 2.0.0.0, highest: 1.9.9.9}", "is below 2.0.0.0"),
        ("{signed_by: '*'}", "a subject such as"),
        (r"{path: '%OSDRIVE%\*'}", "a path such as"),
        (r"{path: '*'}", "a path such as"),
        ("{signed_by: O=K, lowest: '1.2'}", "four numbers"),
    ],
)
def test_programs_that_say_too_much_or_too_little(tmp_path: Path, programs: str, message: str) -> None:
    policy = "software:\n- {name: A, number: FREE-0101, type: free, category: other, vendor: M, made_in: foreign,\n"
    policy += f"   packages: [{{manager: windows, name: A, programs: [{programs}]}}]}}\n"
    with pytest.raises(InputError, match=message):
        _ = make_workspace(tmp_path / "w", f"baseline: {{name: office, mode: audit}}\n{policy}").compiler


def test_programs_are_for_windows(tmp_path: Path) -> None:
    policy = POLICY.replace(
        "{manager: dpkg, name: wps-office}", "{manager: dpkg, name: w, programs: [{path: 'C:\\K\\*'}]}"
    )
    with pytest.raises(InputError, match="dpkg has a guard of packages"):
        _ = make_workspace(tmp_path / "w", policy).compiler
