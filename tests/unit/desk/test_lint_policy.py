# SPDX-License-Identifier: Apache-2.0
"""Each lint where it is meant, and silence where it is not, on real workspaces."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.golden.facts import facts_of
from tests.golden.workspace import make_workspace
from zhengban.desk.census import Census
from zhengban.desk.lint import CODES, Day, Lint
from zhengban.desk.lint_policy import lint_policy
from zhengban.model.facts import Facts

TODAY = dt.date(2026, 11, 23)
CHECKED = f"sha256: {64 * chr(48)}, version: '1'"

COMPUTERS = """
computers:
- {number: PC-0001, kind: desktop}
- {number: PC-0002, kind: desktop}
- {number: SRV-0001, kind: server}
"""


class Office:
    """A workspace of these texts; its computers answer with what is given."""

    def __init__(self, root: Path, *texts: str) -> None:
        self.workspace = make_workspace(root, COMPUTERS, *texts)

    def lint(self, *, today: dt.date = TODAY, near_days: int = 30, **answers: Mapping[str, Any]) -> tuple[Lint, ...]:
        """Lint with facts of the computers named; ``PC_0001={"packages": […]}``. The others have none."""
        census = Census(self.workspace.policy, self.workspace.compiler)
        for computer in self.workspace.register.in_use:
            compact = answers.get(computer.number.replace("-", "_"))
            facts: Facts | None = facts_of(compact) if compact is not None else None
            census.add(computer, facts)
        return lint_policy(census, Day(today=today, near_days=near_days))

    def lints(self, **arguments: Any) -> list[tuple[str, str]]:
        """(code, entry) of each lint but those about the office's own base, which most computers here lack."""
        return [(found.code, found.entry) for found in self.lint(**arguments) if found.code != "dead_base_name"]


def having(*names: str, **rest: Any) -> dict[str, Any]:
    return {"packages": [{"name": name} for name in names], **rest}


def free(name: str, *packages: str, number: int = 90, **rest: str) -> str:
    """One line of a software list."""
    more = "".join(f", {key.rstrip('_')}: {value}" for key, value in rest.items())
    listed = f", packages: [{', '.join(packages)}]" if packages else ""
    return f"- {{name: {name}, number: FREE-{number:04}, type: free, category: other{listed}{more}}}"


def software(*lines: str) -> str:
    return "\n".join(["software:", *lines])


def only(found: Iterable[Lint], code: str) -> Lint:
    (lint,) = [lint for lint in found if lint.code == code]
    return lint


PLATFORMS = """
baseline: {name: office, protect: [openssh-server]}
platforms:
- {number: FREE-0099, manager: dpkg, base: {from: bases/debian-12.yml}}
"""
DEBIAN = free("Debian", '{manager: platform, name: debian, versions: ">=12, <13"}', number=99).replace(
    "category: other", "category: os"
)


def test_an_entry_nothing_matches_is_dead_and_its_near_miss_is_named(tmp_path: Path) -> None:
    entries = software(
        free("Curl", "{manager: dpkg, name: crul}"),
        free("Git", "{manager: dpkg, name: git}", number=91),
    )
    office = Office(tmp_path / "w", entries)
    lint = only(office.lint(PC_0001=having("curl", "git"), PC_0002=having()), "dead_entry")
    assert (lint.entry, lint.severity, str(lint.place)) == ("Curl", "warning", "policies/software.yml:2")
    assert "(2)" in lint.message
    assert "dpkg 'crul'" in lint.message
    assert lint.remedy == "did you mean 'curl'?"


def test_nothing_is_called_dead_without_facts_of_computers_it_is_for(tmp_path: Path) -> None:
    entries = software(
        free("Agent", "{manager: dpkg, name: agent}", for_="{kinds: [server]}"),
        free("Office", "{manager: windows, name: Office, uninstall: {arguments: [/S]}}", number=91),
    )
    office = Office(tmp_path / "w", entries)
    assert office.lints() == []
    assert office.lints(PC_0001=having()) == []
    assert office.lints(PC_0001=having(), SRV_0001=having()) == [("dead_entry", "Agent")]
    # A manager that could not be read says nothing about what it holds.
    unread = {"packages": [], "managers": [], "unread": {"dpkg": "broken"}}
    assert office.lints(SRV_0001=unread) == []


def test_a_prohibition_that_finds_nothing_works(tmp_path: Path) -> None:
    entries = software(
        free("Bad", "{manager: dpkg, name: bad}", state="forbidden"),
        free("Old", '{manager: dpkg, name: old, versions: "<2"}', number=91, state="retired"),
    )
    assert Office(tmp_path / "w", entries).lints(PC_0001={"packages": [{"name": "old", "version": "3"}]}) == []


def test_one_dead_package_of_a_living_entry_is_a_note(tmp_path: Path) -> None:
    entry = free("Zip", "{manager: dpkg, name: p7zip}", "{manager: dpkg, name: p7zip-full}")
    lint = only(Office(tmp_path / "w", software(entry)).lint(PC_0001=having("p7zip-full")), "dead_package")
    assert lint.severity == "note"
    assert "'p7zip'" in lint.message
    assert "'p7zip-full'" not in lint.message


@pytest.mark.parametrize(
    ("selector", "package", "code", "said"),
    [
        (
            '{manager: dpkg, name: a, versions: ">=2"}',
            {"name": "a", "version": "1.5"},
            "version_never_met",
            "'1.5' (1)",
        ),
        (
            "{manager: rpm, name: a, signer: Us}",
            {"name": "a", "manager": "rpm", "publisher": "Them"},
            "signer_never_met",
            "'Them' (1)",
        ),
        (
            "{manager: windows, name: a, publisher: Us, uninstall: {arguments: [/S]}}",
            {"name": "A", "manager": "windows"},
            "publisher_never_met",
            "'' (1)",
        ),
    ],
)
def test_a_condition_nothing_meets(
    tmp_path: Path, selector: str, package: dict[str, str], code: str, said: str
) -> None:
    office = Office(tmp_path / "w", software(free("A", selector)))
    facts = {"packages": [package], "managers": ["dpkg", "rpm", "windows"]}
    found = office.lint(PC_0001=facts)
    lint = only(found, code)
    assert said in lint.message
    assert lint.severity == "warning"
    # It has the name, so it is not dead.
    assert "dead_entry" not in {other.code for other in found}


def test_a_condition_one_computer_meets_is_no_lint(tmp_path: Path) -> None:
    office = Office(tmp_path / "w", software(free("A", '{manager: dpkg, name: a, versions: ">=2"}')))
    old, new = {"packages": [{"name": "a", "version": "1"}]}, {"packages": [{"name": "a", "version": "2"}]}
    assert office.lints(PC_0001=old, PC_0002=new) == []


def test_a_range_that_holds_no_version(tmp_path: Path) -> None:
    entries = software(
        free("A", '{manager: dpkg, name: a, versions: ">=2, <1"}'),
        free("B", '{manager: dpkg, name: b, versions: ">=1, <2"}', number=91),
    )
    assert Office(tmp_path / "w", entries).lints() == [("empty_range", "A")]


def test_an_entry_without_packages_is_never_recognised(tmp_path: Path) -> None:
    assert Office(tmp_path / "w", software(free("A"))).lints() == [("no_packages", "A")]


def test_a_pattern_whose_every_package_another_entry_decides_is_shadowed(tmp_path: Path) -> None:
    entries = software(
        free("Pattern", '{manager: dpkg, name: "wps-*"}', state="forbidden"),
        free("Exact", "{manager: dpkg, name: wps-office}", number=91),
    )
    office = Office(tmp_path / "w", entries)
    lint = only(office.lint(PC_0001=having("wps-office")), "shadowed_entry")
    assert lint.entry == "Pattern"
    assert "Exact, policies/software.yml:3" in lint.message
    assert office.lints(PC_0001=having("wps-office"), PC_0002=having("wps-fonts")) == []


def test_patterns_that_meet_a_base_or_what_is_protected(tmp_path: Path) -> None:
    base = "base: {platform: debian-12, names: [bash, base-files, libc6]}"
    entries = software(
        DEBIAN,
        free("Wide", '{manager: dpkg, name: "ba*"}'),
        free("Ours", "{manager: dpkg, name: base-files}", number=91),
        free("Other", '{manager: rpm, name: "ba*"}', number=92),
        free("Way", '{manager: dpkg, name: "*server"}', number=93, state="forbidden"),
    )
    office = Office(tmp_path / "w", entries, base, PLATFORMS)
    found = office.lint()
    assert "'bash'" in only(found, "glob_matches_base").message
    # Another entry names it exactly, so the pattern does not decide about it.
    assert "base-files" not in only(found, "glob_matches_base").message
    # The pattern meets openssh-server, which the office protects, without any facts.
    assert only(found, "glob_matches_protected").entry == "Way"
    # What a computer says is essential is protected too.
    essential = {"packages": [{"name": "bar", "essential": True}]}
    protected = {lint.entry for lint in office.lint(PC_0001=essential) if lint.code == "glob_matches_protected"}
    assert protected == {"Way", "Wide"}


def test_exact_names_that_meet_a_base(tmp_path: Path) -> None:
    base = "base: {platform: debian-12, names: [vim, nano, ed, libc6]}"
    entries = software(
        DEBIAN,
        free("Vim", "{manager: dpkg, name: vim}", for_="{kinds: [server]}"),
        free("Nano", "{manager: dpkg, name: nano}", number=91),
        free("Ed", "{manager: dpkg, name: ed}", number=92, state="forbidden"),
        free("C", "{manager: dpkg, name: libc6}", number=93, state="retired"),
    )
    assert Office(tmp_path / "w", entries, base, PLATFORMS).lints() == [
        ("base_overrides_scope", "Vim"),
        ("listed_in_base", "Nano"),
        ("prohibited_in_base", "Ed"),
        ("prohibited_in_base", "C"),
        ("protected_stays", "C"),
    ]


def test_names_of_a_base_that_are_nowhere(tmp_path: Path) -> None:
    base = "base: {platform: debian-12, names: [bash, gone]}"
    office = Office(tmp_path / "w", software(DEBIAN), base, PLATFORMS)
    assert office.lint() == ()
    lint = only(office.lint(PC_0001=having("bash")), "dead_base_name")
    assert (lint.entry, lint.severity) == ("FREE-0099", "note")
    assert "'gone'" in lint.message
    assert "'bash'" not in lint.message
    # Another operating system says nothing about this one's base.
    assert office.lints(PC_0001=having("bash", platform={"id": "kylin", "version": "V10"})) == [
        ("dead_entry", "Debian")
    ]


@pytest.mark.parametrize(
    ("today", "codes"),
    [
        (dt.date(2026, 11, 30), []),
        (dt.date(2026, 12, 1), ["exception_expires"]),
        (dt.date(2026, 12, 31), ["exception_expires"]),
        (dt.date(2027, 1, 1), ["exception_expired"]),
    ],
)
def test_exceptions_that_end(tmp_path: Path, today: dt.date, codes: list[str]) -> None:
    exceptions = """
exceptions:
- {package: {manager: dpkg, name: wireshark}, computers: [PC-0001], until: 2026-12-31, reason: 排障, approved_by: E0001}
"""
    office = Office(tmp_path / "w", exceptions)
    found = [lint for lint in office.lint(today=today, near_days=30) if lint.code.startswith("exception")]
    assert [lint.code for lint in found] == codes
    for lint in found:
        assert (str(lint.place), lint.entry) == ("policies/exceptions.yml:3", "dpkg wireshark")


def test_exceptions_for_what_nobody_has(tmp_path: Path) -> None:
    rest = "until: 2027-12-31, reason: 排障, approved_by: E0001"
    texts = (
        software(free("Vim", '{manager: dpkg, name: "vim*"}', state="forbidden")),
        f"""
exceptions:
- {{package: {{manager: dpkg, name: wire*}}, for: {{kinds: [desktop]}}, {rest}}}
- {{number: FREE-0090, computers: [PC-0001], {rest}}}
""",
    )
    office = Office(tmp_path / "w", *texts)
    dead = ("dead_exception", "dpkg wire*")
    number = ("dead_exception", "FREE-0090")
    assert office.lints() == []
    assert office.lints(SRV_0001=having()) == []
    assert office.lints(PC_0001=having()) == [dead, number]
    assert office.lints(PC_0001=having("vim-tiny"), PC_0002=having("wireshark")) == []
    # What the others have excuses nobody.
    assert office.lints(PC_0001=having(), PC_0002=having("vim"), SRV_0001=having("wireshark")) == [dead, number]


def test_required_software_that_cannot_be_installed(tmp_path: Path) -> None:
    entries = software(
        free("Agent", "{manager: dpkg, name: agent}", state="required"),
        free("Wide", '{manager: dpkg, name: "wide*"}', number=91, state="required"),
        free("Win", "{manager: windows, name: Win, uninstall: {arguments: [/S]}}", number=92, state="required"),
    )
    office = Office(tmp_path / "w", entries)
    # Before anything was read, every manager may be in use.
    assert office.lints() == [("required_by_pattern", "Wide"), ("required_without_source", "Win")]
    dpkg, windows = having("agent", "wide"), {"managers": ["windows"]}
    found = office.lint(PC_0001=dpkg, PC_0002=windows)
    without = [(lint.entry, lint.message) for lint in found if lint.code == "required_without_package"]
    assert [entry for entry, _message in without] == ["Agent", "Wide", "Win"]
    assert "(1 of 2 with facts) have no dpkg: PC-0002" in without[0][1]
    assert "have no windows: PC-0001" in without[2][1]
    # With no Windows in the fleet, its install source is nobody's business.
    assert "required_without_source" not in {lint.code for lint in office.lint(PC_0001=dpkg)}


@pytest.mark.parametrize(
    ("steps", "is_silent"),
    [
        ("", False),
        (f", install: {{source: files/a.exe, {CHECKED}}}", False),
        (f", install: {{source: files/A.MSI, {CHECKED}}}", True),
        (", uninstall: {arguments: []}", False),
        (", uninstall: {arguments: [/S]}", True),
    ],
)
def test_windows_software_that_nothing_uninstalls_silently(tmp_path: Path, steps: str, is_silent: bool) -> None:
    office = Office(tmp_path / "w", software(free("A", f"{{manager: windows, name: A{steps}}}")))
    expected = [] if is_silent else [("no_silent_uninstall", "A")]
    assert office.lints() == expected
    assert (
        office.lints(PC_0001={"packages": [{"name": "a", "manager": "windows"}], "managers": ["windows"]}) == expected
    )
    assert office.lints(PC_0001=having()) == []


def test_codes_have_one_severity_and_lints_sort_by_place(tmp_path: Path) -> None:
    entries = software(free("B"), free("A", '{manager: dpkg, name: a, versions: ">2, <1"}', number=91))
    found = Office(tmp_path / "w", entries).lint()
    assert [lint.place.line for lint in found] == [2, 3]
    assert all(lint.severity == CODES[lint.code] for lint in found)
    assert str(found[1]) == (
        "policies/software.yml:3: warning: empty_range: A: dpkg 'a': no version can lie in '>2, <1'; correct the bounds"
    )


def test_the_census_counts_computers_not_packages(tmp_path: Path) -> None:
    office = Office(tmp_path / "w", software(free("A", '{manager: dpkg, name: "a*", versions: "<1"}')))
    twice = {"packages": [{"name": "a"}, {"name": "a", "arch": "i386"}, {"name": "ab"}]}
    assert "have it (1)" in only(office.lint(PC_0001=twice), "version_never_met").message
