# SPDX-License-Identifier: Apache-2.0
"""Forms 7 and 8 as the files of the ledger: YAML whose rows are single lines. Source: DESIGN 6."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import yaml

from zhengban.ledger.lines import encode_json, encode_line

from .detail import Detail
from .summary import Summary

_NOTE = "derived by zhengban ledger refresh from policy, register and books; what is edited here is lost"
_DAY = "  as_of: "
_LOADER: type[yaml.BaseLoader] | type[yaml.CBaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def write_summary(summary: Summary) -> str:
    """``summary.yml``: the same bytes for the same summary."""
    return (
        f"# Form 7, 软件使用情况汇总表: {_NOTE}\nsummary:\n"
        f"  organisation: {_plain(summary.organisation)}\n"
        f"{_DAY}{_plain(summary.as_of)}\n"
        f"  people: {_plain(summary.people)}\n"
        f"  computers: {_plain(summary.computers)}\n"
        f"{_rows('software', summary.software)}"
    )


def write_detail(detail: Detail) -> str:
    """``detail.yml``: the same bytes for the same detail book."""
    return (
        f"# Form 8, 软件使用情况明细表: {_NOTE}\ndetail:\n"
        f"  organisation: {_plain(detail.organisation)}\n"
        f"{_DAY}{_plain(detail.as_of)}\n"
        f"{_rows('installs', detail.installs)}"
    )


def read_summary(text: str) -> Summary:
    """What :func:`write_summary` wrote.

    Raises:
        ValueError: it is something else.
    """
    try:
        document = yaml.load(text, Loader=_LOADER)
    except yaml.YAMLError as err:
        raise ValueError(f"not YAML: {getattr(err, 'problem', None) or 'unreadable'}") from err
    return msgspec.convert(document, dict[str, Summary], strict=False)["summary"]


def without_day(text: str) -> str:
    """A view without the day it is of: the same while nothing in it has changed."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(_DAY))


def _rows(key: str, rows: Iterable[object]) -> str:
    lines = "".join(f"  {encode_line(row).decode()}\n" for row in rows)
    return f"  {key}:\n{lines}" if lines else f"  {key}: []\n"


def _plain(value: object) -> str:
    return encode_json(value).decode()
