# SPDX-License-Identifier: Apache-2.0
"""``zhengban policy impact``: what an edit of the policy would do, replayed over stored facts."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import Result

from tests.lab.workspace import read_register, write_register
from zhengban.model.facts import Facts, Identity
from zhengban.model.plan import Simulation, SimulationRequest, Step
from zhengban.run.facts import keep_facts, keep_simulations
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]
StoreFacts = Callable[..., Facts]
Adopt = Callable[[str], None]

FORBID_SOGOU = """\
software:
- name: 搜狗拼音
  type: free
  category: other
  packages: [{manager: dpkg, name: sogoupinyin}]
  state: forbidden
"""


def edit(root: Path, name: str, old: str, new: str) -> None:
    path = root / "policies" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def git(folder: Path, *arguments: str) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    identity = ("-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=folder, env=environment, check=True, capture_output=True)


@pytest.fixture
def old(root: Path, tmp_path: Path) -> Path:
    """The policy as it was; the workspace is what gets edited."""
    shutil.copytree(root / "policies", tmp_path / "old" / "policies")
    return tmp_path / "old"


@pytest.fixture
def impact(invoke: Invoke, old: Path) -> Callable[[], tuple[int, dict[str, Any]]]:
    def measure() -> tuple[int, dict[str, Any]]:
        result = invoke("policy", "impact", str(old), "worktree", "--format", "json")
        assert result.stderr == ""
        return result.exit_code, json.loads(result.stdout)

    return measure


Impact = Callable[[], tuple[int, dict[str, Any]]]


@pytest.fixture
def enrol(root: Path, store_facts: StoreFacts) -> StoreFacts:
    """Adopt several computers, each with its own identity, and store their facts."""

    def write(number: str, *packages: tuple[str, str]) -> Facts:
        identity = Identity(machine_id=hashlib.md5(number.encode()).hexdigest())
        path = root / "inventories" / "register" / "computers.yml"
        document = read_register(path)
        for entry in document["computers"]:
            if entry["number"] == number:
                entry["identity"] = {"machine_id": identity.machine_id}
        write_register(path, document)
        facts = msgspec.structs.replace(store_facts(number, *packages), identity=identity)
        keep_facts(Workspace(root), number, facts)
        return facts

    return write


def forbid_sogou(root: Path) -> None:
    """The edit most tests are about: an allowed input method becomes forbidden."""
    edit(root, "free.yml", "sogoupinyin}", "sogoupinyin-classic}")
    (root / "policies" / "forbidden-too.yml").write_text(FORBID_SOGOU, encoding="utf-8")


def test_no_edit_no_impact(impact: Impact, store_facts: StoreFacts) -> None:
    store_facts("PC-0001", ("bash", "5.2"), ("xunlei-thunder", "1.0"))
    code, found = impact()
    assert [found[key] for key in ("software", "verdicts", "arms", "spares", "not_simulated", "limits")] == [[]] * 6
    assert (code, found["computers"], found["judged"]) == (0, 6, 1)
    assert found["without_facts"] == ["NB-0001", "PC-0002", "PC-0003", "PC-0004", "SRV-0001"]


def test_who_loses_and_gains_which_software(root: Path, impact: Impact, store_facts: StoreFacts) -> None:
    for number in ("PC-0001", "PC-0002"):
        store_facts(number, ("bash", "5.2"), ("flash-player", "32"), ("kav-endpoint", "9"), ("sogoupinyin", "4"))
    forbid_sogou(root)
    edit(root, "free.yml", "state: retired", "state: allowed")
    code, found = impact()
    assert code == 0
    assert [(item["direction"], item["software"], item["old"], item["new"]) for item in found["software"]] == [
        ("loses", "dpkg:sogoupinyin", "approved", "forbidden"),
        ("gains", "dpkg:flash-player", "retired", "approved"),
    ]
    assert [item["computers"] for item in found["software"]] == [["PC-0001", "PC-0002"]] * 2
    assert [item["product"] for item in found["software"]] == ["搜狗拼音", "Flash Player"]


def test_verdicts_change(root: Path, impact: Impact, store_facts: StoreFacts, adopt: Adopt) -> None:
    adopt("SRV-0001")
    store_facts("SRV-0001", ("baseline-agent", "1"), ("bash", "5.2"))
    edit(root, "free.yml", "kinds: [server]", "kinds: [desktop]")
    code, found = impact()
    assert code == 0
    assert found["verdicts"] == [{"old": "compliant", "new": "violating", "computers": ["SRV-0001"]}]


@pytest.fixture
def armed(root: Path, old: Path, enforce: None, adopt: Adopt, store_facts: StoreFacts) -> Facts:
    """Old and new enforce and remove what is forbidden at once; the edit forbids what SRV-0001 has."""
    shutil.copy(root / "policies" / "baseline.yml", old / "policies" / "baseline.yml")
    adopt("SRV-0001")
    forbid_sogou(root)
    return store_facts("SRV-0001", ("bash", "5.2"), ("sogoupinyin", "4"), ("xunlei-thunder", "1.0"))


def test_an_edit_that_arms_a_removal_exits_1(armed: Facts, impact: Impact) -> None:
    code, found = impact()
    assert code == 1
    (move,) = found["arms"]
    assert (move["computer"], move["kind"], move["package"], move["mode"], move["simulated"]) == (
        "SRV-0001",
        "remove",
        "dpkg:sogoupinyin:amd64",
        "enforce",
        False,
    )
    # What the old policy removes as well is not the edit's doing, but the host is asked for both together.
    (asked,) = found["not_simulated"]
    assert asked["request"]["remove"] == ["sogoupinyin:amd64", "xunlei-thunder:amd64"]


def test_the_edit_undone_arms_nothing(armed: Facts, invoke: Invoke, old: Path) -> None:
    result = invoke("policy", "impact", "worktree", str(old), "--format", "json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["arms"]) == (0, [])
    assert [move["package"] for move in found["spares"]] == ["dpkg:sogoupinyin:amd64"]


def test_a_stored_simulation_is_believed(armed: Facts, root: Path, impact: Impact) -> None:
    request = SimulationRequest(manager="dpkg", remove=("sogoupinyin:amd64", "xunlei-thunder:amd64"))
    steps = tuple(
        Step(kind="remove", name=name, arch="amd64", old=version)
        for name, version in (("bash", "5.2"), ("sogoupinyin", "4"), ("xunlei-thunder", "1.0"))
    )
    for simulation, expected in (
        (Simulation(request=request, steps=steps[1:]), ["dpkg:sogoupinyin:amd64"]),
        # The host would take a base package along: neither leaves.
        (Simulation(request=request, steps=steps), []),
    ):
        keep_simulations(Workspace(root), "SRV-0001", armed, {request: simulation})
        code, found = impact()
        assert [move["package"] for move in found["arms"]] == expected
        assert all(move["simulated"] for move in found["arms"])
        assert code == (1 if expected else 0)


def test_a_removal_in_grace_is_armed_with_its_day(
    armed: Facts, root: Path, old: Path, impact: Impact, invoke: Invoke
) -> None:
    for folder in (root, old):
        edit(folder, "baseline.yml", "grace_days: 0", "grace_days: 30")
    code, found = impact()
    (move,) = found["arms"]
    assert code == 1
    today = Workspace(root).register.organisation.today(dt.datetime.now(dt.UTC))
    assert dt.timedelta(29) <= dt.date.fromisoformat(move["due"]) - today <= dt.timedelta(30)
    assert f"from {move['due']}" in invoke("policy", "impact", str(old), ".").stdout


def test_an_audited_computer_is_shown_and_armed_by_nothing(
    armed: Facts, root: Path, old: Path, impact: Impact, invoke: Invoke
) -> None:
    for folder in (root, old):
        edit(folder, "baseline.yml", "mode: enforce", "mode: audit")
    code, found = impact()
    assert (code, [move["mode"] for move in found["arms"]]) == (0, ["audit"])
    assert "0 removals armed" in invoke("policy", "impact", str(old)).stdout


def test_enforcing_arms_what_was_only_audited(armed: Facts, root: Path, old: Path, impact: Impact) -> None:
    edit(old, "baseline.yml", "mode: enforce", "mode: audit")
    code, found = impact()
    assert code == 1
    assert [move["package"] for move in found["arms"]] == ["dpkg:sogoupinyin:amd64", "dpkg:xunlei-thunder:amd64"]


def test_limits_that_would_stop_it(armed: Facts, root: Path, impact: Impact, enrol: StoreFacts) -> None:
    edit(root, "baseline.yml", "removals_per_computer: 5", "removals_per_computer: 1")
    edit(root, "baseline.yml", "computers_per_run: 20%", "computers_per_run: 1")
    enrol("PC-0001", ("kav-endpoint", "9"), ("sogoupinyin", "4"))
    _code, found = impact()
    per_computer, per_run = found["limits"]
    assert per_computer.startswith("SRV-0001 would lose 2 packages, the limit is 1")
    assert per_run.startswith("2 computers would lose software, the limit is 1")


def test_installs_are_armed_and_need_seats(
    root: Path, old: Path, enforce: None, impact: Impact, enrol: StoreFacts
) -> None:
    for folder in (root, old):
        edit(folder, "baseline.yml", "missing_required: report", "missing_required: install")
    edit(old, "baseline.yml", "mode: audit                 #", "mode: enforce #")
    edit(root, "commercial.yml", "    quantity: 6", "    quantity: 1")
    edit(
        root, "commercial.yml", "  for: {kinds: [desktop, laptop]}\n\n- name: 金山", "  state: required\n\n- name: 金山"
    )
    for number in ("PC-0003", "PC-0004"):
        enrol(number, ("kav-endpoint", "9"))
    code, found = impact()
    assert code == 0
    assert [(move["computer"], move["kind"], move["package"], move["version"]) for move in found["arms"]] == [
        (number, "install", "dpkg:wps-office:amd64", ">=11.1.0.11719, <12") for number in ("PC-0003", "PC-0004")
    ]
    (seats,) = found["limits"]
    assert seats == "left out: PC-0004: no seat is left in COM-0001 (1 of 1 taken): buy seats, or free some"


def test_an_upgrade_to_another_package_is_no_removal(
    root: Path, old: Path, enforce: None, impact: Impact, enrol: StoreFacts, invoke: Invoke
) -> None:
    for folder in (root, old):
        edit(folder, "baseline.yml", "upgrade_due: report", "upgrade_due: upgrade")
    (root / "policies" / "wps-2023.yml").write_text(
        "software:\n"
        '- {name: WPS Office, version: "2023", type: commercial, category: office,\n'
        "   lots: [{number: COM-0099, quantity: 9}], packages: [{manager: dpkg, name: wps-office-2023}]}\n",
        encoding="utf-8",
    )
    (root / "policies" / "upgrades.yml").write_text(
        'upgrades:\n- {software: WPS Office, from: "2019", to: "2023", request: REQ-1,\n'
        "   rollout: [{percent: 100, from: 2020-01-01}]}\n",
        encoding="utf-8",
    )
    enrol("PC-0001", ("kav-endpoint", "9"), ("wps-office", "11.1.0.11720"))
    code, found = impact()
    assert code == 0
    (move,) = found["arms"]
    assert (move["kind"], move["package"], move["replaces"]) == (
        "upgrade",
        "dpkg:wps-office-2023:amd64",
        "dpkg:wps-office:amd64",
    )
    (change,) = found["software"]
    assert (change["direction"], change["old"], change["new"]) == ("changes", "approved", "upgrade_due")
    explained = invoke("policy", "explain", "PC-0001", "wps-office").stdout
    assert "  planned    upgrade from " in explained


def test_a_computer_that_joins_or_leaves_the_register(
    root: Path, old: Path, impact: Impact, store_facts: StoreFacts
) -> None:
    shutil.copytree(root / "inventories", old / "inventories")
    path = root / "inventories" / "register" / "computers.yml"
    document = read_register(path)
    for entry in document["computers"]:
        if entry["number"] == "SRV-0001":
            entry["status"] = "scrapped"
        if entry["number"] == "NB-0002":
            entry["status"] = "in_use"
    write_register(path, document)
    for number in ("SRV-0001", "NB-0002"):
        store_facts(number, ("bash", "5.2"))
    _code, found = impact()
    assert [(item["old"], item["new"], item["computers"]) for item in found["verdicts"]] == [
        ("", "violating", ["NB-0002"]),
        ("violating", "", ["SRV-0001"]),
    ]
    assert (found["computers"], found["judged"]) == (7, 2)


def test_text_and_markdown(armed: Facts, invoke: Invoke, old: Path) -> None:
    text = invoke("policy", "impact", str(old))
    assert text.exit_code == 1
    assert "0 installs no longer allowed, 0 installs newly allowed" in text.stdout
    assert "1 removal on 1 computer armed" in text.stdout
    assert "  dpkg:sogoupinyin (搜狗拼音): out_of_scope -> forbidden on 1 computer: SRV-0001" in text.stdout
    markdown = invoke("policy", "impact", str(old), "--format", "markdown")
    assert markdown.exit_code == 1
    assert "| SRV-0001 | remove | dpkg:sogoupinyin:amd64 | 4 | forbidden | enforce |" in markdown.stdout


def test_a_package_name_is_no_markup(
    root: Path, old: Path, impact: Impact, store_facts: StoreFacts, invoke: Invoke
) -> None:
    name = "a|b`<img src=x>`[c](http://d)@all#1\x1b[31m"
    store_facts("SRV-0001", (name, "1"))
    (root / "policies" / "more.yml").write_text(
        "software: [{name: X, number: F-9, type: free, category: other, packages: [{manager: dpkg, name: 'a*'}]}]",
        encoding="utf-8",
    )
    markdown = invoke("policy", "impact", str(old), "--format", "markdown").stdout
    (row,) = (line for line in markdown.splitlines() if "dpkg:a" in line)
    # The control character is shown, not sent.
    hostile = r"dpkg:a\|b\`\<img src=x\>\`\[c\]\(http:<!-- -->//d\)@<!-- -->all#<!-- -->1\x1b\[31m"
    assert row == f"| {hostile} | X | unlisted | approved | 1 computer: SRV-0001 |"
    assert impact()[1]["software"][0]["software"] == f"dpkg:{name}"


def test_nothing_is_written(armed: Facts, root: Path, old: Path, invoke: Invoke) -> None:
    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in root.parent.rglob("*") if path.is_file()}

    before = files()
    invoke("policy", "impact", str(old))
    assert files() == before


@pytest.fixture
def repository(root: Path) -> Path:
    """The workspace in a directory of a repository, committed; then edited twice, committed once."""
    git(root.parent, "init")
    git(root.parent, "add", "workspace/policies", "workspace/inventories")
    git(root.parent, "commit", "--message", "first")
    edit(root, "free.yml", "state: retired", "state: allowed")
    git(root.parent, "commit", "--all", "--message", "second")
    edit(root, "free.yml", "sogoupinyin}", "sogoupinyin-classic}")
    return root.parent


def test_git_revisions(repository: Path, invoke: Invoke, store_facts: StoreFacts) -> None:
    store_facts("PC-0001", ("flash-player", "32"), ("sogoupinyin", "4"))

    def software(old: str, *new: str) -> list[tuple[str, str]]:
        found = json.loads(invoke("policy", "impact", old, *new, "--format", "json").stdout)
        return [(item["direction"], item["software"]) for item in found["software"]]

    assert software("HEAD~1", "HEAD") == [("gains", "dpkg:flash-player")]
    assert software("HEAD") == [("loses", "dpkg:sogoupinyin")]
    assert software("main", "worktree") == software("HEAD", ".")
    assert software("HEAD~1") == [("loses", "dpkg:sogoupinyin"), ("gains", "dpkg:flash-player")]


def test_git_is_only_read(
    repository: Path, invoke: Invoke, store_facts: StoreFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_facts("PC-0001", ("flash-player", "32"))
    # As below a git hook, which points git at its own index.
    monkeypatch.setenv("GIT_DIR", str(repository / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(repository / "index"))

    def files() -> dict[Path, tuple[int, bytes]]:
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in repository.rglob("*") if path.is_file()}

    before = files()
    assert invoke("policy", "impact", "HEAD~1", "HEAD").exit_code == 0
    assert files() == before


@pytest.mark.parametrize("revision", ["v9", "HEAD~7", "--help=x", "-1", "policies"])
def test_unknown_revision(repository: Path, invoke: Invoke, store_facts: StoreFacts, revision: str) -> None:
    store_facts("PC-0001", ("bash", "5.2"))
    result = invoke("policy", "impact", "--", revision, "HEAD")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"OLD {revision}: neither a directory with policies/ nor a revision")


def test_not_a_repository(root: Path, old: Path, invoke: Invoke, store_facts: StoreFacts) -> None:
    store_facts("PC-0001", ("bash", "5.2"))
    (root / "empty").mkdir()
    assert invoke("policy", "impact", str(root / "empty"), ".").exit_code == 2
    result = invoke("policy", "impact", str(old), "HEAD~1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("NEW HEAD~1: not a directory with policies/, and no revision of a git repository: ")


def test_git_is_not_installed(old: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(old))
    result = invoke("policy", "impact", "HEAD", str(old))
    assert result.exit_code == 2
    assert (
        result.stderr == "OLD HEAD: not a directory with policies/, and git is not installed to look for a revision\n"
    )


def test_revision_before_the_policy(repository: Path, invoke: Invoke, store_facts: StoreFacts) -> None:
    store_facts("PC-0001", ("bash", "5.2"))
    git(repository, "checkout", "--orphan", "empty")
    git(repository, "rm", "-r", "--cached", "-f", ".")
    git(repository, "commit", "--allow-empty", "--message", "nothing")
    result = invoke("policy", "impact", "HEAD", "main")
    assert result.exit_code == 2
    assert result.stderr.startswith("OLD HEAD: the revision has no policies/ in this workspace")


def test_a_link_in_a_revision_is_not_followed(repository: Path, root: Path, invoke: Invoke) -> None:
    (root / "policies" / "more.yml").symlink_to("/etc/passwd")
    git(repository, "add", "workspace/policies/more.yml")
    git(repository, "commit", "--message", "link")
    result = invoke("policy", "impact", "HEAD~1", "HEAD")
    assert result.exit_code == 2
    assert "NEW HEAD: 'policies/more.yml' is a link" in result.stderr


def test_a_broken_side_is_named(root: Path, old: Path, invoke: Invoke, store_facts: StoreFacts) -> None:
    store_facts("PC-0001", ("bash", "5.2"))
    edit(old, "free.yml", "category: os", "category: system")
    edit(root, "baseline.yml", "mode: audit  ", "mode: adit  ")
    result = invoke("policy", "impact", str(old), ".")
    assert (result.exit_code, result.stdout) == (2, "")
    in_new, in_old = result.stderr.splitlines()
    assert in_new.startswith("NEW .: policies/baseline.yml:5:")
    assert in_old.startswith(f"OLD {old}: policies/free.yml:6:")


def test_nothing_stored_says_nothing(old: Path, invoke: Invoke) -> None:
    result = invoke("policy", "impact", str(old))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no computer in use has stored facts" in result.stderr


def test_two_computers_of_one_image_differ_in_what_is_theirs(
    root: Path, old: Path, impact: Impact, store_facts: StoreFacts
) -> None:
    """Equal packages are looked up once, but scope and grace belong to a computer."""
    for number in ("PC-0001", "PC-0002", "SRV-0001"):
        store_facts(number, ("finance-suite", "8"), ("kav-endpoint", "9"))
    edit(
        root,
        "commercial.yml",
        "packages:\n  - {manager: dpkg, name: finance-suite}\n  for: {departments: [财务处]}",
        "packages:\n  - {manager: dpkg, name: finance-suite}\n  for: {departments: [办公室]}",
    )
    _code, found = impact()
    assert {item["direction"]: item["computers"] for item in found["software"]} == {
        "loses": ["PC-0002"],
        "gains": ["PC-0001"],
    }


def test_facts_of_a_damaged_cache_are_no_facts(root: Path, impact: Impact, store_facts: StoreFacts) -> None:
    store_facts("PC-0001", ("bash", "5.2"))
    store_facts("PC-0002", ("bash", "5.2"))
    Workspace(root).facts_file("PC-0002").write_bytes(b"{")
    _code, found = impact()
    assert (found["judged"], "PC-0002" in found["without_facts"]) == (1, True)
