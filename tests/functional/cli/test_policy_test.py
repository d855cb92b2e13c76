# SPDX-License-Identifier: Apache-2.0
"""``zhengban policy test``: the examples a policy has to keep."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]
Write = Callable[[str], None]


@pytest.fixture
def write(root: Path) -> Write:
    """Replace the examples of the workspace."""

    def replace(text: str) -> None:
        (root / "policies" / "tests" / "office.yml").write_text(text, encoding="utf-8")

    return replace


def example(*, packages: str = "[]", expect: str = "[]", more: str = "", computer: str = "SRV-0001") -> str:
    return f"tests:\n- name: one\n  computer: {computer}\n  packages: {packages}\n  expect: {expect}\n" + (
        f"  {more}\n" if more else ""
    )


def test_the_examples_of_the_example_hold(invoke: Invoke) -> None:
    result = invoke("policy", "test")
    assert (result.exit_code, result.stdout) == (0, "5 passed, 0 failed\n")


def test_an_edit_that_breaks_an_example_is_found(invoke: Invoke, root: Path) -> None:
    path = root / "policies" / "forbidden.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("forbidden", "allowed\n  number: F-1"), encoding="utf-8")
    result = invoke("policy", "test")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "policies/tests/office.yml:15: FAILED: 迅雷在任何电脑上都禁用 (PC-0002)",
        "  expected and not found: forbidden xunlei-thunder",
        "4 passed, 1 failed",
    ]


def test_expected_and_actual_are_shown(invoke: Invoke, write: Write) -> None:
    write(example(packages="[{name: nmap}, {name: bash}]", expect="[{code: forbidden, package: nmap}]"))
    result = invoke("policy", "test")
    assert result.exit_code == 1
    place, expected, *found, total = result.stdout.splitlines()
    assert place == "policies/tests/office.yml:2: FAILED: one (SRV-0001)"
    assert expected == "  expected and not found: forbidden nmap"
    # No platform is given, so no base approves bash.
    assert [line.partition(":")[0] for line in found] == ["  found and not expected"] * 2
    assert ["unlisted dpkg:bash:amd64 1.0" in found[0], "unlisted dpkg:nmap:amd64 1.0" in found[1]] == [True, True]
    assert total == "0 passed, 1 failed"
    (row,) = json.loads(invoke("policy", "test", "--format", "json").stdout)
    assert (row["passed"], row["missing"]) == (False, [{"code": "forbidden", "package": "nmap"}])
    assert [item["package"] for item in row["unexpected"]] == ["dpkg:bash:amd64", "dpkg:nmap:amd64"]


@pytest.mark.parametrize("package", ["nmap", "dpkg:nmap", "dpkg:nmap:amd64", "nmap:amd64"])
def test_a_package_is_named_in_any_form(invoke: Invoke, write: Write, package: str) -> None:
    write(example(packages="[{name: nmap}]", expect=f'[{{code: unlisted, package: "{package}"}}]'))
    assert invoke("policy", "test").exit_code == 0


@pytest.mark.parametrize("package", ["rpm:nmap", "dpkg:nmap:i386", "map", "nmap:"])
def test_another_package_is_another_package(invoke: Invoke, write: Write, package: str) -> None:
    write(example(packages="[{name: nmap}]", expect=f'[{{code: unlisted, package: "{package}"}}]'))
    assert invoke("policy", "test").exit_code == 1


def test_one_finding_meets_one_expectation(invoke: Invoke, write: Write) -> None:
    write(
        example(packages="[{name: nmap}]", expect="[{code: unlisted, package: nmap}, {code: unlisted, package: nmap}]")
    )
    assert invoke("policy", "test").exit_code == 1


def test_dependencies_and_the_operating_system(invoke: Invoke, write: Write) -> None:
    packages = "[{name: baseline-agent, needs: [libagent]}, {name: libagent}, {name: bash}]"
    write(example(packages=packages, more='platform: {id: debian, version: "12"}'))
    assert invoke("policy", "test").exit_code == 0
    write(
        example(
            packages="[]",
            expect="[{code: version_not_allowed, package: platform:debian}]",
            more='platform: {id: debian, version: "11"}',
        )
    )
    assert invoke("policy", "test").exit_code == 0


def test_an_exception_excuses_until_its_day(invoke: Invoke, write: Write, root: Path) -> None:
    (root / "policies" / "exceptions.yml").write_text(
        "exceptions:\n- {package: {manager: dpkg, name: nmap}, computers: [SRV-0001], until: 2026-12-31, reason: x,\n"
        "   approved_by: E0002}\n",
        encoding="utf-8",
    )
    excused = "excused: [{code: unlisted, package: nmap}]"
    write(example(packages="[{name: nmap}]", more=f"today: 2026-12-31\n  {excused}"))
    assert invoke("policy", "test").exit_code == 0
    write(example(packages="[{name: nmap}]", more="today: 2026-12-31"))
    result = invoke("policy", "test")
    assert result.exit_code == 1
    assert "found excused and not expected: unlisted dpkg:nmap:amd64" in result.stdout
    write(
        example(
            packages="[{name: nmap}]",
            expect="[{code: exception_expired, package: nmap}, {code: unlisted, package: nmap}]",
            more="today: 2027-01-01",
        )
    )
    assert invoke("policy", "test").exit_code == 0


def test_what_is_about_the_computer_counts_where_it_is_asked_for(invoke: Invoke, write: Write) -> None:
    # PC-0003 is used by a person without a pledge (D7).
    packages = "[{name: kav-endpoint}]"
    write(example(computer="PC-0003", packages=packages))
    assert invoke("policy", "test").exit_code == 0
    write(example(computer="PC-0003", packages=packages, expect="[{code: no_pledge}]"))
    assert invoke("policy", "test").exit_code == 0
    write(example(computer="PC-0002", packages=packages, expect="[{code: no_pledge}]"))
    assert invoke("policy", "test").exit_code == 1


def test_named_files_only(invoke: Invoke, write: Write, tmp_path: Path) -> None:
    write(example(packages="[{name: nmap}]"))
    good = tmp_path / "good.yml"
    good.write_text(example(), encoding="utf-8")
    assert invoke("policy", "test", str(good)).stdout == "1 passed, 0 failed\n"
    assert invoke("policy", "test", "workspace/policies/tests/office.yml").exit_code == 1


def test_no_examples_is_no_failure(invoke: Invoke, root: Path) -> None:
    (root / "policies" / "tests" / "office.yml").unlink()
    assert (invoke("policy", "test").exit_code, invoke("policy", "test").stdout) == (
        0,
        "no examples in policies/tests/\n",
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "tests:\n- {name: a, computer: PC-0001, packages: [], expect: [], x: 1}\n",
            "2:58: tests[0].x: unknown key 'x'",
        ),
        (
            example(computer="PC-001"),
            "3:13: tests[0].computer: no computer has the number 'PC-001'; did you mean 'PC-0001'?",
        ),
        (
            example(expect="[{code: unlistd, package: a}]"),
            "5:19: tests[0].expect[0].code: 'unlistd' is not one of ",
        ),
        (
            example(packages="[{name: a, needs: [b]}]"),
            "4:32: tests[0].packages[0].needs[0]: no package of this example is called 'b'; did you mean",
        ),
        (example(packages="[{name: a}, {name: a}]"), "4:25: tests[0].packages[1]: 'a' is installed twice"),
        (
            example(packages="[{manager: platform, name: a}]"),
            "4:24: tests[0].packages[0].manager: the operating system",
        ),
        (example(more="today: tomorrow"), "6:10: tests[0].today: expected a day"),
        ("tests:\n- {name: a, computer: PC-0001, packages: []}\n", "2:3: tests[0]: 'expect' is missing"),
        ("tests:\n\t- a\n", "2:1: "),
    ],
)
def test_wrong_examples_are_located(invoke: Invoke, write: Write, text: str, problem: str) -> None:
    write(text)
    result = invoke("policy", "test")
    assert (result.exit_code, result.stdout) == (2, "")
    wanted = f"policies/tests/office.yml:{problem}"
    if problem.endswith("did you mean"):
        wanted = wanted.partition("; did")[0]
    assert result.stderr.startswith(wanted), result.stderr


def test_every_wrong_file_is_reported(invoke: Invoke, write: Write, root: Path, tmp_path: Path) -> None:
    write("tests: []\nmore: 1\n")
    (root / "policies" / "tests" / "b.yaml").write_text(example(), encoding="utf-8")
    (root / "policies" / "tests" / "c.yml").write_bytes("tests: 示例".encode("gbk"))
    result = invoke("policy", "test")
    assert result.exit_code == 2
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == [
        f"policies/tests/{name}" for name in ("b.yaml", "c.yml", "office.yml")
    ]
    result = invoke("policy", "test", "nowhere.yml")
    assert (result.exit_code, result.stderr) == (2, "nowhere.yml: cannot be read: No such file or directory\n")
