# SPDX-License-Identifier: Apache-2.0
"""The hash: same inputs, same hash; any change, another; where a line stands is no input. Source: DESIGN 5."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.golden.workspace import make_workspace
from zhengban.model.facts import Identity
from zhengban.model.plan import Plan, Refusal, Simulation, SimulationRequest, Step
from zhengban.model.register import Computer
from zhengban.plan.hash import with_hash

COMPUTER = Computer(number="PC-0001", identity=Identity(machine_id="1"), user="E0001")
PLAN = Plan(
    computer="PC-0001",
    mode="enforce",
    as_of=dt.date(2026, 11, 23),
    facts_digest="f",
    policy_digest="p",
    simulations=(Simulation(request=SimulationRequest(manager="dpkg", remove=("game:amd64",))),),
)

POLICY = """\
software:
- {name: A, type: free, category: other, number: F-1, packages: [{manager: dpkg, name: a}, {manager: dpkg, name: b}]}
- {name: C, version: '1', type: commercial, category: os, lots: [{number: C-1}], packages: [{manager: dpkg, name: c}]}
"""


def test_same_inputs_same_hash() -> None:
    # Written out, so that a release that changes the form does so knowingly: armed plans of the older would be refused.
    assert with_hash(PLAN, COMPUTER).hash == "f539884197617ab6f8051da552d6e41776f900c3556fca0ab01971c1a30a2186"
    assert with_hash(with_hash(PLAN, COMPUTER), COMPUTER) == with_hash(PLAN, COMPUTER)


@pytest.mark.parametrize(
    "change",
    [
        {"computer": "PC-0002"},
        {"as_of": dt.date(2026, 11, 24)},
        {"facts_digest": "g"},
        {"policy_digest": "q"},
        {"simulations": ()},
        {
            "simulations": (
                Simulation(
                    request=SimulationRequest(manager="dpkg", remove=("game:amd64",)),
                    steps=(Step(kind="remove", name="game", arch="amd64", old="1"),),
                ),
            )
        },
        {"lots": ("COM-0001",)},
        {"refusals": (Refusal(package="dpkg:a:amd64", code="unlisted", reason="held"),)},
    ],
    ids=str,
)
def test_any_change_another_hash(change: dict[str, object]) -> None:
    assert with_hash(msgspec.structs.replace(PLAN, **change), COMPUTER).hash != with_hash(PLAN, COMPUTER).hash


def test_an_audit_shows_the_hash_an_enforcement_has() -> None:
    assert with_hash(msgspec.structs.replace(PLAN, mode="audit"), COMPUTER).hash == with_hash(PLAN, COMPUTER).hash


@pytest.mark.parametrize("change", [{"user": "E0002"}, {"identity": Identity()}, {"status": "spare"}], ids=str)
def test_the_register_row_is_an_input(change: dict[str, object]) -> None:
    assert with_hash(PLAN, msgspec.structs.replace(COMPUTER, **change)).hash != with_hash(PLAN, COMPUTER).hash


def digest_of(policy: str, root: Path) -> str:
    workspace = make_workspace(root, policy)
    return workspace.compiler.for_computer(workspace.register.computer_by_number["PC-0001"]).digest


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: "# a comment\n\n" + text,
        lambda text: "\n".join([*text.splitlines()[:1], *reversed(text.splitlines()[1:])]) + "\n",
        lambda text: text.replace("{number: C-1", "{number: C-1, serials: ['vault:c']"),
    ],
    ids=["lines", "order", "serials"],
)
def test_what_does_not_decide_does_not_change_the_policy_digest(edit: Callable[[str], str], tmp_path: Path) -> None:
    assert edit(POLICY) != POLICY
    assert digest_of(edit(POLICY), tmp_path / "edited") == digest_of(POLICY, tmp_path / "before")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: a}", "name: aa}"),
        ("name: b}", "name: b, versions: '1'}"),
        ("{manager: dpkg, name: a}, {manager: dpkg, name: b}", "{manager: dpkg, name: b}, {manager: dpkg, name: a}"),
        ("{number: C-1", "{number: C-1, quantity: 4"),
        ("{number: C-1", "{number: C-1, for: {kinds: [server]}"),
        ("name: c}]", "name: c}], state: retired"),
        ("name: c}]", "name: c}], for: {kinds: [server]}"),
        (", packages: [{manager: dpkg, name: c}]", ""),
    ],
)
def test_what_decides_changes_the_policy_digest(old: str, new: str, tmp_path: Path) -> None:
    assert POLICY.count(old) == 1
    assert digest_of(POLICY.replace(old, new), tmp_path / "edited") != digest_of(POLICY, tmp_path / "before")


def test_lots_of_a_product_without_packages_decide_too(tmp_path: Path) -> None:
    # Their usable versions cover installs of other entries of the same name.
    more = POLICY + "- {name: C, version: '2', type: commercial, category: other, lots: [{number: C-2}]}\n"

    assert digest_of(more, tmp_path / "more") != digest_of(POLICY, tmp_path / "before")
    assert digest_of(more, tmp_path / "same") != digest_of(
        more.replace("{number: C-2}", "{number: C-2, usable_versions: ['1']}"), tmp_path / "usable"
    )


def test_settings_decide_and_mode_is_the_plans_own(tmp_path: Path) -> None:
    def digest(folder: str, baseline: str) -> str:
        return digest_of(f"{POLICY}baseline:\n  name: office\n{baseline}", tmp_path / folder)

    cautious = digest("cautious", "")
    assert digest("mode", "  mode: enforce\n") == cautious
    assert digest("grace", "  grace_days: 1\n") != cautious
    assert digest("actions", "  actions: {unlisted: remove}\n") != cautious
    assert digest("protect", "  protect: [vpn]\n") != cautious


LISTS = """\
software:
- {name: A, type: free, category: other, number: F-1, packages: [{manager: dpkg, name: a}]}
- {name: C, version: '1', type: commercial, category: os, lots: [{number: C-1}], packages: [{manager: dpkg, name: c}]}
- {name: C, version: '2', type: commercial, category: os, lots: [{number: C-2}], packages: [{manager: dpkg, name: d}]}
exceptions:
- {package: {manager: dpkg, name: x}, computers: [PC-0001], until: 2026-12-31, reason: 测试, approved_by: E0001}
- {package: {manager: dpkg, name: y}, for: {kinds: [server]}, until: 2026-12-31, reason: 测试, approved_by: E0001}
upgrades:
- software: A
  to_version: '>=2'
  rollout: [{for: {computers: [PC-0002]}, from: 2026-12-01}, {percent: 10, from: 2026-12-02}]
- software: C
  from: '1'
  to: '2'
  rollout: [{for: {computers: [PC-0002]}, from: 2026-12-05}]
"""


@pytest.mark.parametrize(
    ("old", "new", "decides"),
    [
        ("name: x}", "name: xx}", True),
        ("computers: [PC-0001], until: 2026-12-31", "computers: [PC-0001], until: 2027-12-31", True),
        ("computers: [PC-0001], until", "computers: [PC-0001, PC-0002], until", True),
        # What is for others does not touch a plan that is armed here.
        ("name: y}", "name: yy}", False),
        ("{kinds: [server]}, until: 2026-12-31", "{kinds: [server]}, until: 2027-12-31", False),
        ("{kinds: [server]}", "{kinds: [desktop]}", True),
        ("'>=2'", "'>=3'", True),
        ("percent: 10, from: 2026-12-02", "percent: 11, from: 2026-12-02", True),
        ("percent: 10, from: 2026-12-02", "percent: 10, from: 2026-12-03", True),
        ("from: 2026-12-01", "from: 2026-11-01", False),
        ("[{for: {computers: [PC-0002]}, from: 2026-12-05}]", "[{percent: 5, from: 2026-12-05}]", True),
        ("from: 2026-12-05", "from: 2026-12-09", False),
        ("upgrades:\n", "\n\n\nupgrades:\n", False),
    ],
)
def test_exceptions_and_upgrades_decide_where_they_hold(old: str, new: str, decides: bool, tmp_path: Path) -> None:
    assert LISTS.count(old) == 1
    changed = digest_of(LISTS.replace(old, new), tmp_path / "edited") != digest_of(LISTS, tmp_path / "before")
    assert changed is decides


@pytest.mark.parametrize(
    "change",
    [
        "origins: [Debian]",
        "origins: [Debian], on_mismatch: remove",
    ],
)
def test_origins_decide(change: str, tmp_path: Path) -> None:
    edited = LISTS.replace("name: a}", f"name: a, {change}}}")
    assert digest_of(edited, tmp_path / "edited") != digest_of(LISTS, tmp_path / "before")


@pytest.mark.parametrize("condition", ["origins", "signers", "publishers"])
def test_conditions_of_a_base_decide(condition: str, tmp_path: Path) -> None:
    before = make_workspace(tmp_path / "before", LISTS)
    after = make_workspace(tmp_path / "after", LISTS)
    platforms = after.root / "policies/platforms.yml"
    text = platforms.read_text(encoding="utf-8")
    platforms.write_text(text.replace("names:", f"{condition}: [X], names:"), encoding="utf-8")
    digests = {
        item.compiler.for_computer(item.register.computer_by_number["PC-0001"]).digest for item in (before, after)
    }
    assert len(digests) == 2
