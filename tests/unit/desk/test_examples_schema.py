# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import get_args

from zhengban.documents.schemas import read_schema
from zhengban.model.finding import Code


def test_an_example_may_expect_every_finding_there_is() -> None:
    entry = read_schema("tests")["properties"]["tests"]["items"]["properties"]
    for key in ("expect", "excused"):
        assert tuple(entry[key]["items"]["properties"]["code"]["enum"]) == get_args(Code)
