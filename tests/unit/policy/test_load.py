# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime as dt
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from zhengban.model.errors import InputError
from zhengban.model.installation import Installation, Uninstallation
from zhengban.model.policy import (
    Baseline,
    ExceptionRule,
    ModeRule,
    Place,
    PlatformBase,
    Policy,
    RolloutStep,
    Scope,
    Term,
)
from zhengban.model.settings import Actions
from zhengban.policy.load import load_policy, read_policy
from zhengban.policy.scope import in_scope
from zhengban.register.load import load_register


@pytest.fixture
def design(repo_root: Path, tmp_path: Path) -> Path:
    """The example of DESIGN 2, laid over the small workspace."""
    golden = repo_root / "tests" / "golden" / "policies"
    for part in ("base", "positive/design-example"):
        shutil.copytree(golden / part, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def example(repo_root: Path, tmp_path: Path) -> Path:
    shutil.copytree(repo_root / "policies" / "example", tmp_path / "policies")
    shutil.copytree(repo_root / "inventories" / "example", tmp_path / "inventories")
    return tmp_path


def _load(workspace: Path) -> Policy:
    return load_policy(workspace, load_register(workspace))


def test_a_product_carries_everything_that_was_written(design: Path) -> None:
    wps = _load(design).product_by_number["COM-0001"]
    bought, given = wps.lots
    assert (wps.name, wps.version, wps.made_in, wps.numbers) == (
        "WPS Office",
        "2019",
        "domestic",
        ("COM-0001", "COM-0002"),
    )
    assert (bought.purchased_on, bought.amount, bought.quantity) == (dt.date(2024, 3, 11), Decimal("128000.00"), 200)
    assert bought.term == Term(start=dt.date(2024, 3, 11), until=dt.date(2027, 3, 10))
    assert (bought.scope, bought.serials) == (Scope(departments=("D02",)), ("vault:wps",))
    assert (given.acquired, given.quantity, given.term) == ("gift", None, None)
    # 计财处 is what 财务处 used to be called: one department, once.
    assert wps.scope == Scope(departments=("D02",), kinds=("desktop", "laptop"), computers=("PC-0002",))
    assert str(wps.place) == "policies/commercial.yml:2"
    windows = wps.packages[2]
    assert windows.install == Installation(
        source="files/wps-11.1.msi",
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        arguments=("/qn",),
        name="WPS Office (11.1.0.11719)",
        version="11.1.0.11719",
    )
    assert windows.uninstall == Uninstallation(arguments=("/S",))


def test_settings_and_platforms(design: Path) -> None:
    policy = _load(design)
    baseline = policy.baseline
    assert baseline.modes == (
        ModeRule(scope=Scope(departments=("D02",)), mode="enforce"),
        ModeRule(scope=Scope(departments=("D02",), kinds=("server",)), mode="audit"),
    )
    assert (baseline.limits.window_hours, baseline.limits.computers_per_run) == (168, "20%")
    assert (baseline.actions.forbidden, baseline.actions.unlisted) == ("remove", "report")
    (platform,) = policy.platforms
    assert platform == PlatformBase(
        number="FREE-0001",
        manager="dpkg",
        names=frozenset({"bash", "libc6", "tzdata"}),
        globs=("linux-image-*",),
        place=platform.place,
    )
    assert str(platform.place) == "policies/platforms.yml:2"


def test_what_is_looked_for_outside_packages(example: Path) -> None:
    text = "baseline: {name: office, outside: {look_for: [programs, npm], allow: [/opt/vendor*], seconds: 60}}\n"
    (example / "policies" / "baseline.yml").write_text(text, encoding="utf-8")
    settings = _load(example).baseline.outside
    assert (settings.look_for, settings.allow, settings.seconds) == (("programs", "npm"), ("/opt/vendor*",), 60)
    assert Baseline(name="office").outside.look_for == ()


def test_what_is_absent_is_cautious(repo_root: Path) -> None:
    policy = _load(repo_root / "tests" / "golden" / "policies" / "base")
    assert policy.baseline == Baseline(name="small")
    assert policy.platforms == ()


def test_scalars_stay_as_they_are_written(repo_root: Path, tmp_path: Path) -> None:
    golden = repo_root / "tests" / "golden" / "policies"
    for part in ("base", "positive/plain-scalars-are-text"):
        shutil.copytree(golden / part, tmp_path, dirs_exist_ok=True)
    product = _load(tmp_path).product_by_number["0012"]
    assert product.name == "no"
    assert product.listed_versions == ("2.10", "22:30", "1e3", "~", "null", "0x1F", "2026-01-01")


def test_all_files_are_reported_together(repo_root: Path, tmp_path: Path) -> None:
    golden = repo_root / "tests" / "golden" / "policies"
    for part in ("base", "negative/misspelt-department"):
        shutil.copytree(golden / part, tmp_path, dirs_exist_ok=True)
    with pytest.raises(InputError) as caught:
        _load(tmp_path)
    files = [problem.file for problem in caught.value.problems]
    assert files == ["policies/baseline.yml", "policies/free.yml", "policies/free.yml", "policies/wps.yml"]
    assert "did you mean '财务处'?" in str(caught.value)


def test_a_current_name_wins_over_a_former_one(repo_root: Path, tmp_path: Path) -> None:
    shutil.copytree(repo_root / "tests" / "golden" / "policies" / "base", tmp_path, dirs_exist_ok=True)
    departments = "departments: [{id: D01, name: 计划处, formerly: [财务处]}, {id: D02, name: 财务处}]\n"
    (tmp_path / "inventories/register/departments.yml").write_text(departments, encoding="utf-8")
    modes = "baseline: {name: small, modes: [{for: {departments: [财务处]}, mode: enforce}]}\n"
    (tmp_path / "policies/baseline.yml").write_text(modes, encoding="utf-8")
    assert _load(tmp_path).baseline.modes[0].scope == Scope(departments=("D02",))


def test_without_a_register_names_raise_no_alarm(design: Path) -> None:
    policy, problems = read_policy(design, None)
    assert problems == ()
    assert policy is not None
    assert policy.products[0].scope.departments == ("计财处", "财务处")


def test_the_example_organisation_shows_one_of_each(example: Path) -> None:
    register = load_register(example)
    policy = load_policy(example, register)
    assert {product.type for product in policy.products} == {"commercial", "oem", "free"}
    assert {product.category for product in policy.products} == {"os", "office", "antivirus", "other", "component"}
    assert {product.state for product in policy.products} == {"required", "allowed", "retired", "forbidden"}
    assert {computer.kind for computer in register.computers} == {"server", "desktop", "laptop"}
    assert {computer.status for computer in register.computers} == {"in_use", "spare", "scrapped"}
    assert policy.baseline.mode == "audit"
    assert policy.baseline.actions == Actions()
    required = [product for product in policy.products if product.state == "required"]
    server = register.computer_by_number["SRV-0001"]
    desk = register.computer_by_number["PC-0001"]
    assert [product.packages[0].name for product in required] == ["kav-endpoint"]
    assert not any(in_scope(product.scope, server, register) for product in required)
    assert all(in_scope(product.scope, desk, register) for product in required)
    finance = policy.product_by_number["COM-0004"]
    assert [computer.number for computer in register.in_use if in_scope(finance.scope, computer, register)] == [
        "PC-0002"
    ]
    (debian,) = policy.platforms
    assert {"libc6", "openssh-server", "python3", "ca-certificates"} <= debian.names
    assert not any("*" in name for name in debian.names)
    assert [rule.label for rule in policy.exceptions] == ["dpkg wireshark >=4", "FREE-0007"]
    assert [upgrade.id for upgrade in policy.upgrades] == ["7-Zip >=22.01"]
    oem_numbers = {number for product in policy.products if product.type == "oem" for number in product.numbers}
    assert {number for computer in register.computers for number in computer.oem} <= oem_numbers


def test_exceptions_and_upgrades_carry_everything_that_was_written(repo_root: Path, tmp_path: Path) -> None:
    golden = repo_root / "tests" / "golden" / "policies"
    for part in ("base", "positive/exceptions-and-upgrades"):
        shutil.copytree(golden / part, tmp_path, dirs_exist_ok=True)
    policy = _load(tmp_path)
    by_name, by_number = policy.exceptions
    assert by_name == ExceptionRule(
        manager="dpkg",
        name="wireshark*",
        versions=">=4, <5",
        scope=Scope(computers=("PC-0001",)),
        until=dt.date(2026, 12, 31),
        reason="网络排障",
        approved_by="E0002",
        request="REQ-2026-a3f-0001",
        place=Place(file="policies/exceptions.yml", line=2),
    )
    assert (by_number.number, by_number.scope) == ("COM-0002", Scope(departments=("D02",), kinds=("laptop",)))
    assert [rule.label for rule in policy.exceptions] == ["dpkg wireshark* >=4, <5", "COM-0002"]
    office, vim = policy.upgrades
    assert (office.software, office.source, office.target, office.request) == (
        "WPS Office",
        "2019",
        "2023",
        "REQ-2026-a3f-0002",
    )
    assert office.rollout == (
        RolloutStep(scope=Scope(computers=("PC-0001",)), start=dt.date(2026, 12, 1)),
        RolloutStep(scope=Scope(departments=("D02",)), start=dt.date(2026, 12, 1)),
        RolloutStep(percent=10, start=dt.date(2026, 12, 3)),
        RolloutStep(percent=100, start=dt.date(2026, 12, 8)),
    )
    assert (vim.to_version, vim.source, str(vim.place)) == (">=9.1", "", "policies/upgrades.yml:3")
    dpkg, rpm = policy.product_by_number["FREE-0003"].packages
    assert (dpkg.origins, dpkg.on_mismatch) == (("Debian*",), "remove")
    assert (rpm.origins, rpm.on_mismatch) == ((), "report")


def test_without_a_register_nobody_checks_who_approved(repo_root: Path, tmp_path: Path) -> None:
    golden = repo_root / "tests" / "golden" / "policies"
    for part in ("base", "positive/exceptions-and-upgrades"):
        shutil.copytree(golden / part, tmp_path, dirs_exist_ok=True)
    policy, problems = read_policy(tmp_path, None)
    assert problems == ()
    assert policy is not None
    assert policy.exceptions[1].scope.departments == ("计财处",)


def test_an_edited_text_is_read_instead_of_its_file(example: Path) -> None:
    register, path = load_register(example), "policies/commercial.yml"
    before = _load(example)
    text = (example / path).read_text(encoding="utf-8")
    policy, problems = read_policy(example, register, edited={path: text.replace("quantity: 6", "quantity: 7")})
    assert problems == ()
    assert policy is not None
    assert policy.lot_by_number["COM-0001"].quantity == 7
    assert _load(example) == before
    policy, problems = read_policy(example, register, edited={path: text.replace("quantity: 6", "quantity: many")})
    assert policy is None
    assert [(problem.file, problem.line, problem.path) for problem in problems] == [
        (path, 15, "software[0].lots[0].quantity")
    ]
