# SPDX-License-Identifier: Apache-2.0
"""The completion workbook: what no form holds, with what the forms say filled in already. Source: DESIGN 8."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from .booked import Compared
from .description import COMPLETION, completion
from .intake import Ledgers
from .page import Filled, Page, Row, Workbook

_SHEETS = {"software": "软件", "computers": "计算机", "people": "人员"}


def completion_workbook(ledgers: Ledgers, compared: Compared, *, as_of: dt.date) -> Workbook:
    """A workbook to fill in and to import along with the forms; what was filled in before is kept."""
    rows = {
        "software": list(_software(ledgers)),
        "computers": list(_computers(ledgers, compared)),
        "people": list(_people(ledgers)),
    }
    return Workbook(
        parts=tuple(
            Filled(form=completion(name), pages=[Page(sheet=_SHEETS[name], tables={name: rows[name]})], as_of=as_of)
            for name in COMPLETION
        )
    )


def _software(ledgers: Ledgers) -> Iterator[Row]:
    for number in sorted({*ledgers.summary, *ledgers.free}):
        line = ledgers.summary.get(number) or ledgers.free[number]
        added = ledgers.software.get(number)
        row = {"number": number, "name": line.get("name"), "version": line.get("version")}
        if number in ledgers.free:
            row["vendor"] = ledgers.free[number].get("vendor")
        yield row | (dict(added.values) if added is not None else {})


def _computers(ledgers: Ledgers, compared: Compared) -> Iterator[Row]:
    found: dict[str, Row] = {}
    for line in ledgers.installs:
        if number := line.get("computer"):
            found.setdefault(number, {"number": number, "brand": line.get("brand"), "user": line.get("person")})
    for number, steps in compared.steps.items():
        found.setdefault(number, {"number": number, "brand": steps[-1].brand or None})
    for number, line in ledgers.computers.items():
        found[number] = {**found.get(number, {}), **line.values}
    for number in sorted(found):
        yield {**found[number], "oem": compared.preinstalled.get(number)}


def _people(ledgers: Ledgers) -> Iterator[Row]:
    found: dict[tuple[str, str], Row] = {}
    for line in ledgers.installs:
        who = (line.get("department"), line.get("person"))
        if all(who):
            found.setdefault(who, {"department": who[0], "name": who[1]})
    for key, line in ledgers.people.items():
        found[key] = line.values
    yield from found.values()
