# SPDX-License-Identifier: Apache-2.0
"""``zhengban licence buy``: what was bought under an approved plan is a lot that cites it. Source: DOMAIN C3-C5, N2."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.functional.cli.on_record import NOW, snapshot
from tests.lab.workspace import copy_example
from zhengban.ledger import Ledger
from zhengban.papers.decision import Decision
from zhengban.papers.papers import decide_paper
from zhengban.papers.purchasing import plan_purchases
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]
FILE = "policies/commercial.yml"
BY = ("--by", "E0002")


@pytest.fixture(scope="module")
def decided(filed: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """The ledger with a purchase plan, approved or not: 3 of software nobody has, at 120, and 4 WPS Office 2019, at
    99.90.
    """
    folder = tmp_path_factory.mktemp("planned")
    office = copy_example(folder / "office")
    shutil.copytree(filed, office / "ledger", ignore=shutil.ignore_patterns(".locks"))
    first, second = Ledger(office / "ledger").paper_ids("NED")
    file = folder / "p.yml"
    file.write_text(
        f"purchases:\n- needs: ['{first}#2']\n  name: 新杀毒软件\n  version: '1'\n  price: 120\n  quantity: 3\n"
        f"- needs: ['{second}#1']\n  name: WPS Office\n  version: '2019'\n  price: 99.90\n  quantity: 4\n",
        encoding="utf-8",
    )
    workspace = Workspace(office)
    identity = plan_purchases(workspace, file, by="", is_check=False, now=NOW).id
    shutil.copytree(office / "ledger", folder / "applied")
    for person in ("E0002", "E0004", "E0003", "E0001"):
        decide_paper(workspace, "PUR", identity, Decision(kind="approved", by=person), now=NOW)
    return {True: office / "ledger", False: folder / "applied"}


def with_ledger(root: Path, ledger: Path) -> str:
    """The id of the plan in a ledger, which becomes that of the workspace."""
    shutil.copytree(ledger, root / "ledger", ignore=shutil.ignore_patterns(".locks"))
    (identity,) = Ledger(root / "ledger").paper_ids("PUR")
    return identity


@pytest.fixture
def plan(root: Path, decided: dict[bool, Path]) -> str:
    return with_ledger(root, decided[False])


@pytest.fixture
def approved(root: Path, decided: dict[bool, Path]) -> str:
    return with_ledger(root, decided[True])


def buy(invoke: Invoke, number: str, plan: str, *more: str) -> Result:
    return invoke("licence", "buy", number, "--plan", plan, "--type", "volume", *BY, *more)


def test_a_lot_of_software_the_policy_has(invoke: Invoke, root: Path, approved: str) -> None:
    before = snapshot(root)
    check = buy(invoke, "COM-0006", f"{approved}#2", "--purchased-on", "2026-11-02", "--check")
    assert check.exit_code == 0, check.stderr
    assert snapshot(root) == before
    assert "+  - number: COM-0006" in check.stdout and check.stdout.endswith("nothing was written (--check)\n")
    bought = buy(
        invoke, "COM-0006", f"{approved}#2", "--purchased-on", "2026-11-02", "--reference", "合同 2026-31",
        "--usable-version", "2016", "--usable-version", "2019",
    )  # fmt: skip
    assert bought.exit_code == 0, bought.stderr
    assert bought.stdout.startswith(
        f"COM-0006: 4 seats of WPS Office 2019, 399.60 yuan, under {approved}#2 (policies/commercial.yml)\n"
    )
    workspace = Workspace(root)
    lot = workspace.policy.lot_by_number["COM-0006"]
    assert (str(lot.amount), lot.quantity, lot.licence_type, lot.term) == ("399.60", 4, "volume", None)
    assert (lot.usable_versions, lot.references) == (("2016", "2019"), (f"{approved}#2", "合同 2026-31"))
    assert workspace.policy.product_by_number["COM-0006"].label == "WPS Office 2019"
    # The comments of the file, and everything else in it, stay.
    text = (root / FILE).read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line not in before[FILE].decode().splitlines()] and text.startswith(
        "# 商业软件"
    )
    (event,) = [event for event in Ledger(root / "ledger").events() if event.kind == "bought"]
    assert event.data == {
        "number": "COM-0006", "plan": f"{approved}#2", "quantity": "4", "amount": "399.60", "by": "E0002",
    }  # fmt: skip
    assert invoke("ledger", "verify").exit_code == 0
    # Forms 5 and 7 follow from it, and the plan says what came of it.
    (document,) = json.loads(invoke("report", "form", "7", "--format", "json").stdout)
    (row,) = [row for row in document["pages"][0]["tables"]["software"] if row["number"] == "COM-0006"]
    assert (row["amount"], row["purchased_on"], row["quantity"]) == ("399.60", "2026-11-02", 4)
    assert "    bought: COM-0006" in invoke("purchase", "show", approved).stdout.splitlines()
    assert json.loads(invoke("purchase", "show", approved, "--format", "json").stdout)["lots"] == [
        [], ["COM-0006"],
    ]  # fmt: skip


def test_a_product_the_policy_does_not_have(invoke: Invoke, root: Path, approved: str) -> None:
    lacking = buy(invoke, "COM-0007", f"{approved}#1")
    assert lacking.exit_code == 2
    assert "the policy does not have 新杀毒软件 1 yet: --category, --made-in is missing" in lacking.stderr
    bought = buy(
        invoke, "COM-0007", f"{approved}#1", "--category", "antivirus", "--made-in", "domestic", "--vendor", "某厂商",
        "--quantity", "2", "--amount", "200", "--purchased-on", "2026-11-01", "--until", "2027-10-31",
        "--format", "json",
    )  # fmt: skip
    assert bought.exit_code == 0, bought.stderr
    shown = json.loads(bought.stdout)
    assert (shown["quantity"], shown["amount"], shown["left"], shown["written"]) == (2, "200.00", 1, True)
    product = Workspace(root).policy.product_by_number["COM-0007"]
    assert (product.label, product.category, product.made_in, product.vendor) == (
        "新杀毒软件 1", "antivirus", "domestic", "某厂商",
    )  # fmt: skip
    term = product.lots[0].term
    assert term is not None and (str(term.start), str(term.until)) == ("2026-11-01", "2027-10-31")
    assert invoke("validate").exit_code == 0
    # The last one is bought under a number of its own, and goes behind the first.
    assert buy(invoke, "COM-0008", f"{approved}#1").exit_code == 0
    assert [lot.number for lot in Workspace(root).policy.product_by_number["COM-0007"].lots] == [
        "COM-0007", "COM-0008",
    ]  # fmt: skip
    more = buy(invoke, "COM-0009", f"{approved}#1")
    assert (more.exit_code, f"{approved}#1 is for 3, and 0 of them are left to be bought" in more.stderr) == (3, True)


@pytest.mark.parametrize(
    ("number", "row", "more", "code", "said"),
    [
        ("COM-0006", "#2", ("--quantity", "5"), 3, "is for 4, and 4 of them are left to be bought"),
        ("COM-0006", "#2", ("--amount", "399.61"), 3, "399.60 yuan were approved, 399.60 of them are left, and this"),
        ("COM-0006", "#2", ("--amount", "1.005"), 2, "more than two decimals"),
        ("COM-0006", "#2", ("--quantity", "0"), 2, "'0' is not a number of seats"),
        ("COM-0006", "#2", ("--purchased-on", "2999-01-01"), 2, "2999-01-01 is still to come"),
        ("COM-0006", "#2", ("--until", "2020-01-01"), 2, "the term ends on 2020-01-01, before it starts on"),
        ("COM-0006", "#2", ("--from", "2020-01-01"), 2, "a term that begins has a last day"),
        ("COM-0001", "#2", (), 2, "the number 'COM-0001' is taken (N2)"),
        ("../x", "#2", (), 2, "'../x' is not"),
        ("COM-0006", "#3", (), 2, "has no row '3'"),
        ("COM-0006", "", (), 2, "has 2 rows"),
        ("COM-0006", "#2", ("--by", "E0007"), 3, "E0007 (张三) is not of IT, which answers for licences"),
        ("COM-0006", "#2", ("--by", "E9999"), 2, "E9999"),
    ],
)
def test_what_cannot_be_bought(
    invoke: Invoke, root: Path, approved: str, number: str, row: str, more: tuple[str, ...], code: int, said: str
) -> None:
    before = snapshot(root)
    result = buy(invoke, number, f"{approved}{row}", *more)
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr
    assert snapshot(root) == before


def test_only_under_a_plan_that_is_approved(invoke: Invoke, root: Path, plan: str) -> None:
    before = snapshot(root)
    result = buy(invoke, "COM-0006", f"{plan}#2")
    assert result.exit_code == 3
    assert f"{plan} is not approved: applied, it decides next" in result.stderr
    assert "there is no purchase plan 'PUR-1'" in buy(invoke, "COM-0006", "PUR-1").stderr
    assert snapshot(root) == before


def test_nothing_is_bought_of_what_the_policy_retires(invoke: Invoke, root: Path, approved: str) -> None:
    path = root / FILE
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("  for: {kinds: [desktop, laptop]}\n", "  state: retired\n", 1), encoding="utf-8")
    result = buy(invoke, "COM-0006", f"{approved}#2")
    assert (result.exit_code, "WPS Office 2019 is retired (policies/commercial.yml:3)" in result.stderr) == (3, True)


def test_a_site_licence_takes_all_of_its_row(invoke: Invoke, root: Path, approved: str) -> None:
    result = invoke(
        "licence", "buy", "COM-0006", "--plan", f"{approved}#2", "--type", "site", "--quantity", "unlimited", *BY
    )
    assert result.exit_code == 0, result.stderr
    lot = Workspace(root).policy.lot_by_number["COM-0006"]
    assert (lot.quantity, str(lot.amount)) == (None, "399.60")
    assert "0 of them are left" in buy(invoke, "COM-0007", f"{approved}#2", "--amount", "0").stderr


def test_what_is_bought_is_free_for_the_next_need(invoke: Invoke, root: Path, approved: str) -> None:
    def free() -> int:
        lots = json.loads(invoke("licence", "status", "--format", "json").stdout)["lots"]
        return sum(lot["free"] for lot in lots if lot["product"] == "WPS Office 2019")

    before = free()
    assert buy(invoke, "COM-0006", f"{approved}#2").exit_code == 0
    assert free() == before + 4
    assert Workspace(root).history(NOW).seats_taken.get("COM-0006", 0) == 0
