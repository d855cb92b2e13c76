# SPDX-License-Identifier: Apache-2.0
"""Filling in a completion workbook as somebody would who knows the example office."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from openpyxl import load_workbook

from zhengban.forms.description import words
from zhengban.model.policy import Policy
from zhengban.model.register import Register

HEADINGS_ROW = 2


def fill_completion(path: Path, policy: Policy, register: Register) -> None:
    """Write what the forms do not say into the workbook, and the computers and people that are on no form below."""
    book = load_workbook(path)
    rows = {str(row[0].value): row for row in book["软件"].iter_rows(min_row=HEADINGS_ROW + 1)}
    columns = _columns(book["软件"])
    for number, row in rows.items():
        product = policy.product_by_number[number]
        lot = policy.lot_by_number.get(number)
        row[columns["通用软件类别"]].value = words("category")[product.category][0]
        row[columns["国内/国外"]].value = words("made_in")[product.made_in or "domestic"][0]
        row[columns["软件厂商名称"]].value = product.vendor
        row[columns["取得方式"]].value = words("acquired")[lot.acquired][0] if lot else None
    sheet = book["计算机"]
    known = {str(row[0].value): row for row in sheet.iter_rows(min_row=HEADINGS_ROW + 1)}
    columns = _columns(sheet)
    for computer in register.computers:
        row = known.get(computer.number)
        if row is None:
            sheet.append([computer.number, computer.brand])
            row = sheet[sheet.max_row]
        row[columns["计算机类型"]].value = words("kind")[computer.kind][0]
        row[columns["状态"]].value = words("status")[computer.status][0]
        row[columns["主机名"]].value = computer.names.ansible
        row[columns["预装软件编号"]].value = "、".join(computer.oem)
    sheet = book["人员"]
    there = {(row[0].value, row[1].value) for row in sheet.iter_rows(min_row=HEADINGS_ROW + 1)}
    for person in register.people:
        department = register.department_by_id[person.department].name
        if person.left_on is None and (department, person.name) not in there:
            sheet.append([department, person.name])
    columns = _columns(sheet)
    phones = {person.name: person.phone for person in register.people}
    for row in sheet.iter_rows(min_row=HEADINGS_ROW + 1):
        row[columns["联系电话"]].value = phones[str(row[1].value)]
    book.save(path)


def _columns(sheet: object) -> Mapping[str, int]:
    return {str(cell.value): index for index, cell in enumerate(sheet[HEADINGS_ROW])}  # type: ignore[index]
