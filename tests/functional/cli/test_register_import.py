# SPDX-License-Identifier: Apache-2.0
"""``zhengban register import|diff``: lists of other systems become rows of the register. Source: DESIGN 2, 8, C9."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import openpyxl
import pytest
from typer.testing import Result

from tests.functional.cli.on_record import SOFTWARE, held, install, snapshot
from zhengban.ledger import Ledger
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]
FILES = ("computers", "people", "departments")
ASSETS = """\
资产编号,品牌,规格型号,设备类型,使用人,工号,使用部门,主机名,存放地点
PC-0002,联想,M750K,台式机,张三,E0007,财务处,PC-0002,3-02
PC-0100,华为,擎云 L420,笔记本电脑,何静,E0100,审计处,pc-0100.office.local,4-01
PC-0101,浪潮,NF5280M6,服务器,,,,srv-0101,机房
,,,,,,,,
"""
AD_USERS = (
    "\t".join(("SamAccountName", "DisplayName", "Department", "Title", "telephoneNumber"))
    + """
E0008\t刘洋\t业务处\t副处长\t0871-0000008
E0101\t冯刚\t计财处\t科员\t0871-0000101
"""
)


def written(path: Path, text: str, encoding: str = "utf-8") -> str:
    path.write_bytes(text.encode(encoding))
    return str(path)


def texts(root: Path) -> dict[str, str]:
    folder = root / "inventories" / "register"
    return {name: (folder / f"{name}.yml").read_text(encoding="utf-8") for name in FILES}


def added_lines(before: str, after: str) -> list[str]:
    """The lines that came; every line that was there is still there, in order."""
    old, new = before.splitlines(), iter(after.splitlines())
    added = []
    for line in old:
        for other in new:
            if other == line:
                break
            added.append(other)
        else:
            raise AssertionError(f"lost: {line}")
    return [*added, *new]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_an_asset_list_adds_computers_people_and_departments(
    invoke: Invoke, root: Path, tmp_path: Path, encoding: str
) -> None:
    file, before = written(tmp_path / "资产.csv", ASSETS, encoding), texts(root)
    everything = snapshot(root)
    check = invoke("register", "import", file, "--check")
    assert check.exit_code == 0, check.stderr
    assert "资产.csv#资产!1: note unused_columns: not used: 存放地点" in check.stdout
    assert check.stdout.endswith("nothing is open, 4 differences; nothing was written (--check)\n")
    assert snapshot(root) == everything
    result = invoke("register", "import", file)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith("wrote 3 files, 4 differences\n")
    after = texts(root)
    assert added_lines(before["departments"], after["departments"]) == ["- {id: D05, name: 审计处}"]
    assert added_lines(before["people"], after["people"]) == ["- {id: E0100, name: 何静, department: D05}"]
    assert added_lines(before["computers"], after["computers"]) == [
        '- {number: PC-0100, names: {ansible: pc-0100.office.local}, brand: "华为 擎云 L420", kind: laptop, '
        "user: E0100}",
        '- {number: PC-0101, names: {ansible: srv-0101}, brand: "浪潮 NF5280M6", kind: server}',
    ]
    assert not Workspace(root).register.computer_by_number["PC-0100"].is_adopted
    assert [event.kind for event in Ledger(root / "ledger").events()] == ["register_imported"]
    assert invoke("ledger", "verify").exit_code == 0
    # The same list again changes nothing.
    again = snapshot(root)
    assert invoke("register", "import", file).stdout.endswith("wrote 0 files, 0 differences\n")
    assert snapshot(root) == again
    assert invoke("validate").exit_code == 0


def test_people_of_a_directory(invoke: Invoke, root: Path, tmp_path: Path) -> None:
    file = written(tmp_path / "ad.csv", AD_USERS, "utf-16")
    before = texts(root)
    result = invoke("register", "import", file)
    assert result.exit_code == 1
    assert "ad.csv#ad!D2: question changed: E0008: title is 科员 in the register, becomes 副处长" in result.stdout
    assert result.stdout.endswith("1 open, nothing written\n")
    assert texts(root) == before
    assert invoke("register", "import", file, "--accept", "ad.csv#ad!D2", "--by", "E0006").exit_code == 0
    after = texts(root)
    assert (
        after["people"]
        == before["people"].replace(
            "department: D04, title: 科员, phone: 0871-0000008", "department: D04, title: 副处长, phone: 0871-0000008"
        )
        + '- {id: E0101, name: 冯刚, department: D02, title: 科员, phone: "0871-0000101"}\n'
    )
    assert after["departments"] == before["departments"]


def test_diff_names_what_is_new_other_and_missing(invoke: Invoke, root: Path, tmp_path: Path) -> None:
    rows = "资产编号,品牌,使用人,状态\nPC-0001,长城 UF712,刘洋,在用\nPC-0002,联想 M750K,张三,报废\nPC-0099,联想,,备用\n"
    before = snapshot(root)
    result = invoke("register", "diff", written(tmp_path / "a.csv", rows))
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines == [
        "a.csv#a!4: error incomplete: PC-0099: no kind; map a column to kind, or say `otherwise: {kind: desktop}`",
        "computers PC-0001: brand '联想 M750K' becomes '长城 UF712' (a.csv#a!B2)",
        "computers PC-0001: user 'E0004' becomes 'E0008' (a.csv#a!C2)",
        "computers PC-0002: status 'in_use' becomes 'scrapped' (a.csv#a!D3)",
        "computers PC-0099: new, brand 联想, status spare (a.csv#a!4)",
        "computers NB-0001: not in the list",
        "computers NB-0002: not in the list",
        "computers PC-0003: not in the list",
        "computers PC-0004: not in the list",
        "computers SRV-0001: not in the list",
        "9 differences",
    ]
    assert snapshot(root) == before
    plain = json.loads(invoke("register", "diff", str(tmp_path / "a.csv"), "--format", "json").stdout)
    assert plain["differences"][1] == {
        "kind": "changed", "file": "computers", "identity": "PC-0001", "field": "user", "was": "E0004", "now": "E0008",
        "where": "a.csv#a!C2",
    }  # fmt: skip


def test_a_list_that_says_the_same_has_no_difference(invoke: Invoke, root: Path, tmp_path: Path) -> None:
    rows = ["编号,主机,用户"]
    for item in Workspace(root).register.computers:
        if item.status != "scrapped":
            # A directory writes names in capital letters and with their domain.
            host = f"{item.names.ansible.upper()}.OFFICE.LOCAL" if item.names.ansible else ""
            rows.append(f"{item.number},{host},{item.user}")
    file = written(tmp_path / "same.csv", "\n".join(rows))
    mapped = ("--map", "编号=computer", "--map", "主机=host", "--map", "用户=person_id")
    result = invoke("register", "diff", file, *mapped)
    assert (result.exit_code, result.stdout) == (0, "0 differences\n")


def test_another_user_takes_the_records_along(invoke: Invoke, root: Path, tmp_path: Path) -> None:
    install(root, "PC-0002")
    before = held(root, "PC-0002")
    rows = "资产编号,工号,姓名,部门\nPC-0002,E0102,钱进,业务处\nNB-0002,E0007,,\n"
    file = written(tmp_path / "a.csv", rows)
    assert invoke("register", "import", file).exit_code == 1
    result = invoke("register", "import", file, "--accept", "changed", "--by", "E0006")
    assert result.exit_code == 0, result.stderr
    register = Workspace(root).register
    assert [(register.computer_by_number[number].user, register.computer_by_number[number].status)
            for number in ("PC-0002", "NB-0002")] == [("E0102", "in_use"), ("E0007", "in_use")]  # fmt: skip
    assert held(root, "PC-0002") == before
    records = [item.record for item in Ledger(root / "ledger").all_records() if item.record.cause == "reassigned"]
    assert len(records) == 2 * len(SOFTWARE)
    assert {record.user for record in records if record.action == "install"} == {"钱进"}
    assert [event.kind for event in Ledger(root / "ledger").events()][-2:] == ["register_imported", "computer_assigned"]
    assert invoke("ledger", "verify").exit_code == 0


def test_computers_of_a_directory_have_no_asset_number(invoke: Invoke, root: Path, tmp_path: Path) -> None:
    rows = "Name;DNSHostName;OperatingSystem\nPC-0003;pc-0003.office.local;Kylin\nPC-0200;PC-0200.office.local;Kylin\n"
    file = written(tmp_path / "ad.csv", rows)
    mapping = written(tmp_path / "mapping.yml", "mapping:\n  otherwise: {kind: 台式机}\n")
    result = invoke("register", "import", file, "--mapping", mapping)
    assert result.exit_code == 1
    assert (
        "ad.csv#ad!B3: question no_number: no asset number, and no computer has the host name 'pc-0200.office.local': "
        "entered as PC-0200" in result.stdout
    )
    assert invoke("register", "import", file, "--mapping", mapping, "--accept", "no_number").exit_code == 0
    computer = Workspace(root).register.computer_by_number["PC-0200"]
    assert (computer.names.ansible, computer.kind, computer.status) == ("pc-0200.office.local", "desktop", "spare")


def book(path: Path, sheets: dict[str, Iterable[tuple[object, ...]]]) -> str:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return str(path)


def test_a_workbook_with_words_of_its_own(invoke: Invoke, root: Path, tmp_path: Path) -> None:
    sheets = {
        "说明": [("本表由资产系统导出",)],
        "台账": [
            ("2026年固定资产台账",),
            ("卡片号", "名称", "设备类型", "保管人", "科室"),
            (10023, "长城 UF712", "云桌面", "张三", "财务处"),
        ],
    }
    file = book(tmp_path / "资产.xlsx", sheets)
    bad = invoke("register", "import", file, "--map", "卡片号=computer", "--map", "名称=brand")
    assert bad.exit_code == 1
    assert (
        "资产.xlsx#台账!C3: error unread_cell: 设备类型: '云桌面' is not one of 服务器、台式机、便携机; or say what "
        "it is below `words: {kind: …}` of the mapping" in bad.stdout
    )
    text = "mapping:\n  columns: {卡片号: computer, 名称: brand}\n  words: {kind: {云桌面: desktop}}\n"
    mapping = written(tmp_path / "m.yml", text)
    assert invoke("register", "import", file, "--mapping", mapping).exit_code == 0
    computer = Workspace(root).register.computer_by_number["10023"]
    assert (computer.brand, computer.kind, computer.user) == ("长城 UF712", "desktop", "E0007")


@pytest.mark.parametrize(
    ("rows", "code", "said"),
    [
        ("资产编号,类型,姓名\nPC-0300,台式机,无名氏\n", 1, "C2: error unknown_person: nobody is called '无名氏'"),
        ("资产编号,类型,工号\nPC-0300,台式机,E0009\n", 1, "C2: error left: E0009 has left"),
        ("资产编号,类型,工号\nPC-0300,台式机,E7777\n", 1, "C2: error unknown_person: nobody has the id 'E7777'"),
        ("资产编号,类型,主机名\nPC-0300,台式机,$(x)\n", 1, "2: error bad_value: names '$(x)' is not a host name"),
        ("资产编号,类型,主机名\nPC-0300,台式机,pc-0001\n", 1, "C2: error other_computer: the host name 'pc-0001'"),
        ("资产编号,类型\nPC-0300,台式机\nPC-0300,服务器\n", 1, "3: error two_rows: PC-0300 is in line 2 too"),
        ("资产编号,状态\nPC-0300,报废\n", 0, "B2: note scrapped: PC-0300 is scrapped and not in the register"),
        ("资产编号,状态,工号\nPC-0300,报废,E0009\n", 0, "B2: note scrapped: PC-0300 is scrapped and not in"),
        ("资产编号,类型\n合计,\n", 1, "B2: error incomplete: 合计: no kind"),
        ("资产编号,类型,备注\n,,共 300 台\n", 1, "2: question unclear_row: names neither computer nor person"),
    ],
)
def test_what_is_odd_is_named_with_its_cell(
    invoke: Invoke, root: Path, tmp_path: Path, rows: str, code: int, said: str
) -> None:
    before = texts(root)
    result = invoke("register", "import", written(tmp_path / "a.csv", rows))
    assert result.exit_code == code, result.stderr
    assert f"a.csv#a!{said}" in result.stdout
    assert texts(root) == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "has no column that says which computer or person a line is about; say which one does: --map COLUMN="),
        (("--map", "Tag=computers"), "there is no field 'computers'; did you mean 'computer'"),
        (("--map", "Tga=computer"), "has no column 'Tga'"),
        (("--map", "Tag"), "'Tag' is no COLUMN=FIELD"),
    ],
)
def test_a_list_nobody_can_read_is_refused(invoke: Invoke, tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    result = invoke("register", "import", written(tmp_path / "a.csv", "Tag,Room\nPC-1,3\n"), *options)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_mapping_has_a_schema(invoke: Invoke, tmp_path: Path) -> None:
    mapping = written(tmp_path / "m.yml", "mapping:\n  colums: {Tag: computer}\n")
    result = invoke("register", "import", written(tmp_path / "a.csv", ASSETS), "--mapping", mapping)
    assert result.exit_code == 2
    assert "m.yml:2:3: mapping.colums" in result.stderr


def test_utf_16_without_its_mark_is_not_taken_for_text(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("register", "diff", written(tmp_path / "a.csv", "Asset tag,Host\nPC-1,pc-1\n", "utf-16-le"))
    assert result.exit_code == 2
    assert "neither UTF-8 nor GB18030, and no UTF-16 with a byte order mark" in result.stderr
