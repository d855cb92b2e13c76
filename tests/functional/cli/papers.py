# SPDX-License-Identifier: Apache-2.0
"""Needs and purchase plans of the example office: form 3 as departments fill it in, and who approves them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

from tests.functional.cli.test_register_import import book

Invoke = Callable[..., Result]
HEADINGS = ("序号", "软件类型", "软件用途", "功能需求", "申请许可数（单位：个）", "备注")


def form_3(path: Path, department: str, person: str, *rows: tuple[object, ...]) -> str:
    """Form 3 as a department fills it in."""
    head = [
        ("软件使用需求申请表",),
        (f"申请部门：{department}", None, f"经手人：{person}", "联系电话：0871-1", "填表日期：2026年3月2日"),
        HEADINGS,
    ]
    return book(path, {department: [*head, *((index, *row) for index, row in enumerate(rows, 1)), ("备注：以上",)]})


def ids(invoke: Invoke, what: str) -> list[str]:
    return [paper["id"] for paper in json.loads(invoke(what, "list", "--format", "json").stdout)]


def approve(invoke: Invoke, what: str, identity: str, *people: str) -> None:
    for person in people:
        result = invoke(what, "approve", identity, "--by", person)
        assert result.exit_code == 0, result.stderr
