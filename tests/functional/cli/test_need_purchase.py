# SPDX-License-Identifier: Apache-2.0
"""``zhengban need`` and ``purchase``: forms 3 and 4, from departments to four approvals. Source: DOMAIN C1-C3, D2."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import Result

from tests.functional.cli.on_record import NOW, install, snapshot
from tests.functional.cli.papers import approve, form_3, ids
from tests.functional.cli.test_licence import put
from zhengban.ledger import Ledger
from zhengban.papers.covering import free_seats
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]


def test_needs_are_filed_from_form_3_once(invoke: Invoke, root: Path, forms: list[str]) -> None:
    before = snapshot(root)
    check = invoke("need", "import", *forms, "--check")
    assert check.exit_code == 0, check.stdout
    assert check.stdout.splitlines()[-2:] == [
        "would be filed: 财务处: 5 office, 2 antivirus",
        "would be filed: 业务处: 4 office",
    ]
    assert "财务处.xlsx#计财处!E4: note read_cell: 申请许可数: '５个' was read as 5" in check.stdout
    assert snapshot(root) == before
    result = invoke("need", "import", *forms)
    assert result.exit_code == 0, result.stderr
    first, second = ids(invoke, "need")
    assert first.startswith("NED-") and first.endswith("-0001") and second.endswith("-0002")
    assert "(the same is asked for there already)" in invoke("need", "import", *forms).stdout
    assert ids(invoke, "need") == [first, second]
    shown = json.loads(invoke("need", "show", first, "--format", "json").stdout)
    assert (shown["state"], shown["next_role"], shown["content"]["handled_by"]) == ("applied", "it", "E0007")
    assert shown["content"]["rows"][0] == {
        "category": "office", "purpose": "文字处理", "functions": "兼容版式文件", "quantity": 5,
    }  # fmt: skip
    assert invoke("ledger", "verify").exit_code == 0


@pytest.mark.parametrize(
    ("department", "person", "row", "said"),
    [
        ("财会处", "张三", ("办公", "文字", None, 1), "error unknown_department: there is no department '财会处'"),
        ("财务处", "张四", ("办公", "文字", None, 1), "error unknown_person: no people are called '张四'"),
        ("业务处", "孙晓东", ("办公", "文字", None, 1), "error unknown_person: no people are called '孙晓东'"),
        ("财务处", "张三", ("办公", None, None, 1), "a.xlsx#财务处!C4: error incomplete: a need without 软件用途"),
        ("财务处", "张三", ("办公", "文字", None, 0), "E4: error incomplete: a need without 申请许可数"),
        ("财务处", "张三", ("办公", "文字", None, "若干"), "E4: error unread_cell: 申请许可数: '若干' is not"),
        ("财务处", "张三", ("驱动", "打印", None, 1), "B4: error bad_category: what is asked for is none of"),
    ],
)
def test_a_form_that_is_not_clear_files_nothing(
    invoke: Invoke, root: Path, tmp_path: Path, forms: list[str], department: str, person: str, row: Any, said: str
) -> None:
    before = snapshot(root)
    result = invoke("need", "import", forms[1], form_3(tmp_path / "a.xlsx", department, person, row))
    assert result.exit_code == 1, result.stderr
    assert said in result.stdout
    assert snapshot(root) == before


def test_the_empty_form_that_is_printed_is_the_form_that_is_read(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "form-3.xlsx"
    assert invoke("report", "form", "3", "--department", "财务处", "--output", str(path)).exit_code == 0
    empty = invoke("need", "import", str(path))
    assert "note empty_form: a form 3 without a need: left out" in empty.stdout
    made = openpyxl.load_workbook(path)
    sheet = made.active
    assert sheet is not None
    cells = {str(cell.value).partition("：")[0]: cell for row in sheet.iter_rows() for cell in row if cell.value}
    cells["经手人"].value = "经手人：张三"
    row = cells["办公软件"].row
    sheet.cell(row, 3).value, sheet.cell(row, 5).value = "文字处理", 3
    made.save(path)
    result = invoke("need", "import", str(path))
    assert result.exit_code == 0, result.stdout
    assert result.stdout.rstrip().endswith("财务处: 3 office")


def test_it_and_asset_approve_a_need_in_that_order(invoke: Invoke, forms: list[str]) -> None:
    assert invoke("need", "import", *forms).exit_code == 0
    first, second = ids(invoke, "need")
    for person, said in (
        ("E0004", "does not decide for IT: E0002 李敏"),
        ("E0007", "E0007 张三 handed it in and cannot decide about it"),
    ):
        refused = invoke("need", "approve", first, "--by", person)
        assert (refused.exit_code, said in refused.stderr) == (3, True)
    assert invoke("need", "approve", first, "--by", "E0002").stdout == f"{first}: it_approved, asset decides next\n"
    assert invoke("need", "approve", first, "--by", "E0004").stdout == f"{first}: approved\n"
    assert "it is approved already" in invoke("need", "approve", first, "--by", "E0004").stderr
    assert invoke("need", "reject", second, "--by", "E0002", "--reason", "用免费软件").stdout == f"{second}: rejected\n"
    assert "it is rejected already" in invoke("need", "withdraw", second, "--by", "E0008").stderr
    assert invoke("ledger", "verify").exit_code == 0


def test_needs_become_a_plan_of_what_the_lots_lack(
    invoke: Invoke, root: Path, needs: list[str], tmp_path: Path
) -> None:
    # COM-0001 has 6 seats, one taken; COM-0002 has 2, for 财务处 only; COM-0003 has 10.
    install(root, "PC-0002")
    file = tmp_path / "purchases.yml"
    assert invoke("purchase", "draft", "--output", str(file)).exit_code == 0
    text = file.read_text(encoding="utf-8")
    assert f"#   财务处 5: 文字处理; 兼容版式文件 ({needs[0]}#1)" in text
    assert "#   could be 可选: WPS Office 2019, 7 free 可用" in text
    assert f'- needs: ["{needs[0]}#1", "{needs[1]}#1"]\n  name: "WPS Office"\n  version: "2019"\n  price:\n' in text
    unfilled = invoke("purchase", "plan", str(file))
    assert unfilled.exit_code == 2
    assert "purchases[0].price" in unfilled.stderr
    filled = text.replace("  price:\n", "  price: 580.50\n")
    file.write_text(filled, encoding="utf-8")
    before = snapshot(root)
    check = invoke("purchase", "plan", str(file), "--check")
    assert check.exit_code == 0, check.stderr
    assert check.stdout.splitlines() == [
        f"金山终端安全系统 V9: all 2 are covered by free seats of COM-0003 (2): {needs[0]}#2",
        "2 WPS Office 2019, 580.50 yuan each: needed 9, free 7",
        "would be filed: 1161.00 yuan in all",
    ]
    assert snapshot(root) == before
    assert invoke("purchase", "plan", str(file)).exit_code == 0
    (plan,) = ids(invoke, "purchase")
    assert plan.startswith("PUR-")
    # What is covered ends there, and is in no plan.
    shown = invoke("need", "show", needs[0]).stdout
    assert "  2 antivirus: 终端防护; 新购计算机\n    covered by free seats of COM-0003 (2) on 2" in shown
    assert f"{needs[0]}  approved, in {plan}, 1 of 2 rows covered" in invoke("need", "list").stdout
    (row,) = json.loads(invoke("purchase", "show", plan, "--format", "json").stdout)["content"]["rows"]
    assert (row["free"], row["lots"]) == (7, {"COM-0001": 5, "COM-0002": 2})
    assert invoke("ledger", "verify").exit_code == 0
    # The needs are in a plan now, and cannot go into another.
    assert [paper["plan"] for paper in json.loads(invoke("need", "list", "--format", "json").stdout)] == [plan, plan]
    assert f"{needs[1]}: approved" in invoke("need", "show", needs[1]).stdout
    again = invoke("purchase", "plan", str(file))
    assert again.exit_code == 2
    assert f"no approved need outside of plans is '{needs[0]}#1'" in again.stderr


def plan_of(path: Path, ref: str, name: str, version: str) -> str:
    path.write_text(
        f"purchases:\n- needs: ['{ref}']\n  name: {name}\n  version: '{version}'\n  price: 1\n", encoding="utf-8"
    )
    return str(path)


def test_a_need_that_is_covered_ends_without_a_plan(
    invoke: Invoke, root: Path, needs: list[str], tmp_path: Path
) -> None:
    file = plan_of(tmp_path / "p.yml", f"{needs[1]}#1", "WPS Office", "2019")
    # Somebody of IT compares needs with the licences there are.
    refused = invoke("purchase", "plan", file, "--by", "E0007")
    assert (refused.exit_code, "E0007 (张三) is not of IT, which compares needs" in refused.stderr) == (3, True)
    covered = invoke("purchase", "plan", file)
    assert covered.exit_code == 0, covered.stderr
    assert covered.stdout.splitlines() == [
        f"WPS Office 2019: all 4 are covered by free seats of COM-0001 (4): {needs[1]}#1",
        "nothing is to be bought: no plan",
    ]
    assert ids(invoke, "purchase") == []
    assert f"{needs[1]}  approved, covered" in invoke("need", "list").stdout
    shown = json.loads(invoke("need", "show", needs[1], "--format", "json").stdout)
    assert [(row["row"], row["lots"]) for row in shown["covered"]] == [(1, {"COM-0001": 4})]
    assert [item["entry"]["kind"] for item in shown["decisions"]] == ["approved", "approved", "covered"]
    assert [item["objection"] for item in shown["decisions"]] == ["", "", ""]
    assert needs[1] not in invoke("purchase", "draft").stdout
    assert f"no approved need outside of plans is '{needs[1]}#1'" in invoke("purchase", "plan", file).stderr
    assert invoke("ledger", "verify").exit_code == 0


def test_seats_that_cover_a_need_are_its_until_they_are_installed(
    invoke: Invoke, root: Path, needs: list[str], tmp_path: Path
) -> None:
    # COM-0001 has 6 seats, and COM-0002 2 for 财务处, whose 5 are asked for after the 4 of 业务处.
    file = plan_of(tmp_path / "p.yml", f"{needs[1]}#1", "WPS Office", "2019")
    assert invoke("purchase", "plan", file).exit_code == 0
    assert "#   could be 可选: WPS Office 2019, 4 free 可用" in invoke("purchase", "draft").stdout
    other = plan_of(tmp_path / "q.yml", f"{needs[0]}#1", "WPS Office", "2019")
    assert "1 WPS Office 2019, 1 yuan each: needed 5, free 4" in invoke("purchase", "plan", other, "--check").stdout
    # One of the four is installed: it takes the seat that was promised, and no other.
    computer = next(
        item.number
        for item in Workspace(root).register.computers
        if (department := Workspace(root).register.department_of(item)) and department.name == "业务处"
    )
    put(root, "COM-0001", "dpkg:wps-office:amd64", computer)
    assert "1 WPS Office 2019, 1 yuan each: needed 5, free 4" in invoke("purchase", "plan", other, "--check").stdout
    # What covers a part of a plan's row is promised as well, until the plan is rejected.
    assert invoke("purchase", "plan", other).exit_code == 0
    assert {lot: count for lot, count in free_seats(Workspace(root), now=NOW).items() if lot < "COM-0003"} == {
        "COM-0001": 0, "COM-0002": 0,
    }  # fmt: skip
    assert invoke("purchase", "reject", ids(invoke, "purchase")[0], "--by", "E0002", "--reason", "否").exit_code == 0
    assert free_seats(Workspace(root), now=NOW)["COM-0002"] == 2


def test_seats_for_one_department_do_not_cover_another(invoke: Invoke, needs: list[str], tmp_path: Path) -> None:
    file = tmp_path / "p.yml"
    file.write_text(
        f"purchases:\n- needs: ['{needs[1]}#1']\n  name: 政务财务软件\n  version: '8.3'\n  price: 1\n", encoding="utf-8"
    )
    assert (
        "4 政务财务软件 8.3, 1 yuan each: needed 4, free 0" in invoke("purchase", "plan", str(file), "--check").stdout
    )
    file.write_text(
        f"purchases:\n- needs: ['{needs[0]}#1']\n  name: 政务财务软件\n  version: '8.3'\n  price: 1\n", encoding="utf-8"
    )
    assert (
        "2 政务财务软件 8.3, 1 yuan each: needed 5, free 3" in invoke("purchase", "plan", str(file), "--check").stdout
    )


@pytest.fixture
def plan(invoke: Invoke, needs: list[str], tmp_path: Path) -> str:
    file = tmp_path / "p.yml"
    file.write_text(
        f"purchases:\n- needs: ['{needs[0]}#2']\n  name: 新杀毒软件\n  version: '1'\n  price: 120\n  quantity: 3\n"
        f"- needs: ['{needs[1]}#1']\n  name: 新办公软件\n  price: 99.90\n  note: 框架协议\n",
        encoding="utf-8",
    )
    assert invoke("purchase", "plan", str(file)).exit_code == 0
    return ids(invoke, "purchase")[0]


def test_four_people_approve_a_plan_in_order(invoke: Invoke, plan: str) -> None:
    skipped = invoke("purchase", "approve", plan, "--by", "E0001")
    assert (skipped.exit_code, "does not decide for IT" in skipped.stderr) == (3, True)
    states = [invoke("purchase", "approve", plan, "--by", person).stdout for person in ("E0002", "E0004", "E0003")]
    assert states == [
        f"{plan}: it_approved, asset decides next\n",
        f"{plan}: asset_approved, finance decides next\n",
        f"{plan}: finance_approved, leader decides next\n",
    ]
    half = invoke("purchase", "approve", plan, "--by", "E0001", "--evidence", "OA-2026-7")
    assert (half.exit_code, "give both --evidence and --recorded-by" in half.stderr) == (2, True)
    last = invoke("purchase", "approve", plan, "--by", "E0001", "--evidence", "OA-2026-7", "--recorded-by", "E0006")
    assert (last.exit_code, "handed it in and cannot record its approval" in last.stderr) == (3, True)
    assert (
        invoke("purchase", "approve", plan, "--by", "E0001", "--evidence", "OA-2026-7", "--recorded-by", "E0004").stdout
        == f"{plan}: approved\n"
    )
    assert f"{plan}  approved" in invoke("purchase", "list").stdout
    assert invoke("ledger", "verify").exit_code == 0


def test_forms_3_and_4_are_filled_from_them(invoke: Invoke, plan: str, needs: list[str]) -> None:
    approve(invoke, "purchase", plan, "E0002", "E0004")
    (document,) = json.loads(invoke("report", "form", "4", "--format", "json").stdout)
    (page,) = document["pages"]
    assert page["tables"]["purchases"][1]["name"] == "新办公软件"
    fields = page["fields"]
    assert (fields["total_quantity"], fields["total_amount"], fields["it_by"]) == (7, "759.60", "李敏")
    assert "finance_by" not in fields
    (document,) = json.loads(invoke("report", "form", "3", "--department", "业务处", "--format", "json").stdout)
    (page,) = document["pages"]
    assert (page["fields"]["department"], page["fields"]["asset_by"]) == ("业务处", "陈志强")
    assert [row["quantity"] for row in page["tables"]["needs"]] == [4]
    (document,) = json.loads(invoke("report", "form", "3", "--paper", needs[0], "--format", "json").stdout)
    assert len(document["pages"][0]["tables"]["needs"]) == 2


def test_a_rejected_plan_frees_its_needs(invoke: Invoke, plan: str, needs: list[str]) -> None:
    # What nobody has planned yet of a need stays to be planned.
    text = invoke("purchase", "draft").stdout
    assert f"{needs[0]}#1" in text and f"{needs[0]}#2" not in text and needs[1] not in text
    result = invoke("purchase", "reject", plan, "--by", "E0002", "--reason", "预算不足")
    assert result.stdout == f"{plan}: rejected\n"
    text = invoke("purchase", "draft").stdout
    assert f"{needs[0]}#2" in text and f"{needs[1]}#1" in text


def test_who_may_no_longer_approve_counts_no_more(invoke: Invoke, root: Path, plan: str) -> None:
    approve(invoke, "purchase", plan, "E0002", "E0004")
    path = root / "inventories" / "register" / "organisation.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("asset: [E0004]", "asset: [E0005]"), encoding="utf-8")
    shown = invoke("purchase", "show", plan).stdout
    assert f"{plan}: it_approved, asset decides next" in shown
    assert "does not count: E0004 陈志强 does not decide for the asset department: E0005 杨丽" in shown


def test_what_is_altered_by_hand_is_seen(invoke: Invoke, root: Path, plan: str) -> None:
    path = root / "ledger" / "purchases" / f"{plan}.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("99.90", "9.90"), encoding="utf-8")
    result = invoke("purchase", "list")
    assert result.exit_code == 1
    assert f"{plan}: its last entry was altered or removed since it was written" in result.stderr
    verified = invoke("ledger", "verify")
    assert verified.exit_code == 1
    assert f"ledger/purchases/{plan}.yml" in verified.stdout
    path.write_bytes(b"")
    assert f"ledger/purchases/{plan}.yml: nothing is left in the file" in invoke("purchase", "list").stderr
    assert f"ledger/purchases/{plan}.yml: nothing is left in the file" in invoke("purchase", "show", plan).stderr
    path.unlink()
    assert f"ledger/purchases/{plan}.yml is missing" in invoke("purchase", "list").stderr
    stray = root / "ledger" / "needs" / f"{plan}.yml"
    stray.write_text("x", encoding="utf-8")
    assert "not a need: its name is no need's id" in invoke("ledger", "verify").stdout


def test_papers_merge_like_requests(invoke: Invoke, root: Path, plan: str, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(root, clone)
    (clone / "ledger" / ".writer").unlink()
    shutil.rmtree(clone / "ledger" / ".heads")
    assert invoke("purchase", "approve", plan, "--by", "E0002", workspace=clone).exit_code == 0
    merged = invoke("ledger", "merge", str(clone))
    assert merged.exit_code == 0, merged.stderr
    assert f"{plan}: it_approved" in invoke("purchase", "show", plan).stdout
    # The two copies decide differently: nobody can rest on it.
    assert invoke("purchase", "approve", plan, "--by", "E0004", workspace=clone).exit_code == 0
    assert invoke("purchase", "reject", plan, "--by", "E0004", "--reason", "否").exit_code == 0
    assert "contradictory" in invoke("ledger", "merge", str(clone)).stderr
    assert f"{plan}: rejected" in invoke("purchase", "show", plan).stdout
    assert "decided about it without knowing" in invoke("purchase", "approve", plan, "--by", "E0004").stderr


def test_signatures_can_be_required(
    invoke: Invoke, root: Path, plan: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import subprocess

    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    signers = tmp_path / "signers"
    public = key.with_suffix(".pub").read_text(encoding="utf-8")
    signers.write_text(f'E0002 namespaces="zhengban-approval" {public}', encoding="utf-8")
    monkeypatch.setenv("ZHENGBAN_SIGNERS", str(signers))
    path = root / "policies" / "baseline.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("  name: ", "  approvals: {signatures: required}\n  name: ", 1), encoding="utf-8")
    assert "it is not signed" in invoke("purchase", "approve", plan, "--by", "E0002").stderr
    signed = invoke("purchase", "approve", plan, "--by", "E0002", "--sign", str(key))
    assert signed.exit_code == 0, signed.stderr
    shown = json.loads(invoke("purchase", "show", plan, "--format", "json").stdout)
    assert shown["state"] == "it_approved"
    signers.write_text(f'E0009 namespaces="zhengban-approval" {public}', encoding="utf-8")
    assert "its signature does not hold" in invoke("purchase", "show", plan).stdout


def test_a_plan_nobody_could_approve_is_not_filed(invoke: Invoke, root: Path, needs: list[str], tmp_path: Path) -> None:
    file = tmp_path / "p.yml"
    text = f"purchases:\n- needs: ['{needs[0]}#1']\n  name: 7-Zip\n  price: 1\n"
    file.write_text(text, encoding="utf-8")
    assert "7-Zip is free software (FREE-0002): nothing is bought" in invoke("purchase", "plan", str(file)).stderr
    file.write_text(text.replace("7-Zip", "x"), encoding="utf-8")
    refused = invoke("purchase", "plan", str(file), "--by", "E0001")
    assert refused.exit_code == 2
    assert "organisation.approvers.leader: nobody but E0001, who handles the plan, could approve it" in refused.stderr
    assert Ledger(root / "ledger").paper_ids("PUR") == ()
