# SPDX-License-Identifier: Apache-2.0
"""Software of imported forms, as entries of the policy. Source: DOMAIN N1-N8, C5, DESIGN 2."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from zhengban.documents.numbers import number_problem
from zhengban.documents.yamlline import Value
from zhengban.forms.extract import Line
from zhengban.forms.intake import NUMBER_CLAUSES, Ledgers
from zhengban.forms.parse import MASKED
from zhengban.model.policy import Lot, Product, Term
from zhengban.model.record import UNASSIGNED, UNLISTED
from zhengban.policy.products import KEY

from .drafting import Draft
from .drafting_register import People

FILES = {"commercial": "policies/commercial.yml", "oem": "policies/oem.yml", "free": "policies/free.yml"}
_VAULT = ("vault:", "$ANSIBLE_VAULT")


def draft_policy(draft: Draft, ledgers: Ledgers, people: People) -> None:
    """Add the software the policy does not have to the draft, by file, in the order of the forms."""
    _Software(draft, ledgers, people).add()


class _Software:
    def __init__(self, draft: Draft, ledgers: Ledgers, people: People) -> None:
        self._draft = draft
        self._ledgers = ledgers
        self._people = people
        self._policy = draft.workspace.policy
        # (name, version) of commercial products -> their new lots; those the policy has by the entry.
        self._lots: dict[tuple[str, str], list[Mapping[str, Value]]] = {}
        self._rows: dict[str, list[Mapping[str, Value]]] = {path: [] for path in FILES.values()}

    def add(self) -> None:
        for number, line in self._ledgers.summary.items():
            if self._is_known(number, line):
                continue
            kind = line.get("type")
            if kind == "commercial":
                self._commercial(number, line)
            elif kind == "oem":
                row = self._entry(number, line) | {"version": line.get("version", "")}
                self._rows[FILES[kind]].append(row | {"number": number})
            elif kind == "free":
                self._free(number, line, self._ledgers.free.get(number))
        for number, line in self._ledgers.free.items():
            if number not in self._ledgers.summary and not self._is_known(number, line):
                if 7 in self._ledgers.forms:
                    message = f"{number} is on the free list and not in form 7: entered"
                    self._draft.say(line.at("number"), "L6", message, "question", "L6")
                self._free(number, line, line)
        for path, rows in self._rows.items():
            self._draft.append(path, (KEY,), rows)
        self._lots_of_known()

    def _is_known(self, number: str, line: Line) -> bool:
        product = self._policy.product_by_number.get(number)
        if product is None:
            self._check_new(number, line)
            return False
        lot = self._policy.lot_by_number.get(number)
        differing = () if lot is None else _differing(product, lot, line)
        if product.name != line.get("name") or (
            product.type != "free" and product.version != line.get("version", product.version)
        ):
            message = f"the number {number} is {product.label!r} in {product.place}"
            self._draft.say(line.at("number"), "other_software", message, "error", NUMBER_CLAUSES[product.type])
        elif differing:
            message = f"{number} has another {' and '.join(differing)} in {product.place}, which stays"
            self._draft.say(line.at(differing[0]), "other_purchase", message, "question", "N2")
        else:
            message = f"{number} is in {product.place} already, which stays"
            self._draft.say(line.at("number"), "known_number", message, "note")
        return True

    def _check_new(self, number: str, line: Line) -> None:
        """Whether a number can be one, and is not the second of something that has one."""
        place = line.at("number")
        if expected := number_problem(number):
            self._draft.say(place, "bad_number", f"{number!r} is not {expected}", "error")
        elif number in (UNLISTED, UNASSIGNED):
            self._draft.say(place, "bad_number", f"{number} is a book of the ledger itself", "error")
        kind, named = line.get("type", "free"), (line.get("name"), line.get("version", ""))
        for product in self._policy.products:
            is_same = product.name == named[0] and (kind == "free" or product.version == named[1])
            if product.type != kind or not is_same:
                continue
            if kind != "commercial" and product.number:
                message = f"{product.label} has the number {product.number} in {product.place}, and {number} here"
                self._draft.say(place, "two_numbers", message, "error", "N4" if kind == "oem" else "N7")
            for lot in product.lots:
                if not _differing(product, lot, line, is_whole=True):
                    message = (
                        f"{number} and {lot.number} ({product.place}) are equal in everything the form says: one "
                        "purchase, one number; entered as another"
                    )
                    self._draft.say(place, "equal_lots", message, "question", "N2")

    def _entry(self, number: str, line: Line) -> dict[str, Any]:
        added = self._ledgers.software.get(number)
        row: dict[str, Any] = {"name": line.get("name", ""), "type": line.get("type", "free")}
        for key, what in (("category", "通用软件类别"), ("made_in", "国内/国外")):
            value = added.get(key) if added is not None else None
            if value is None:
                place = added.at(key) if added is not None else line.at("number")
                self._draft.say(
                    place, "incomplete", f"{number} {row['name']}: no form says its {key} ({what})", "error"
                )
            row[key] = value or {"category": "other", "made_in": "domestic"}[key]
        if added is not None and added.get("vendor"):
            row["vendor"] = added.get("vendor")
        return row

    def _commercial(self, number: str, line: Line) -> None:
        name, version = line.get("name", ""), line.get("version", "")
        if not version:
            self._draft.say(
                line.at("version"), "no_version", f"{number}: commercial software has a version", "error", "N1"
            )
        lots = self._lots.get((name, version))
        if lots is None:
            lots = self._lots[name, version] = []
            if self._product(name, version) is None:
                row = self._entry(number, line) | {"version": version, "lots": lots}
                self._rows[FILES["commercial"]].append(row)
        lots.append(self._lot(number, line))

    def _product(self, name: str, version: str) -> Product | None:
        return next(
            (
                item
                for item in self._policy.products
                if (item.type, item.name, item.version) == ("commercial", name, version)
            ),
            None,
        )

    def _lot(self, number: str, line: Line) -> dict[str, Value]:
        lot: dict[str, Value] = {"number": number}
        if (acquired := self._acquired(number, line)) != "purchase":
            lot["acquired"] = acquired
        for key in ("purchased_on", "amount", "licence_type", "quantity"):
            if line.get(key) is not None:
                lot[key] = line.get(key)
        usable = tuple(line.get("usable_versions", ()))
        if usable and usable != (line.get("version", ""),):
            lot["usable_versions"] = usable
        if (term := self._term(number, line)) is not None:
            lot["term"] = term
        if serials := self._serials(number, line):
            lot["serials"] = serials
        return lot

    def _acquired(self, number: str, line: Line) -> str:
        added = self._ledgers.software.get(number)
        stated = [key for key in ("purchased_on", "amount") if line.get(key) is not None]
        acquired = added.get("acquired") if added is not None else None
        if acquired in ("gift", "transfer"):
            for key in stated:
                message = f"{number}: software acquired by {acquired} has no {key}"
                self._draft.say(line.at(key), "N3", message, "error", "N3")
        elif acquired is None and not stated:
            message = f"{number}: neither day nor amount: say 取得方式 (采购, 受赠, 调剂); entered as a purchase"
            self._draft.say(line.at("purchased_on"), "N3", message, "question", "N3")
        return str(acquired or "purchase")

    def _term(self, number: str, line: Line) -> Value | None:
        term, bought = line.get("term"), line.get("purchased_on")
        if isinstance(term, Term):
            return {"from": term.start, "until": term.until}
        if isinstance(term, int):
            if bought is None:
                message = f"{number}: a term of {term} years, and no day of purchase to count from"
                self._draft.say(line.at("term"), "no_day", message, "error", "N2")
                return None
            return {"from": bought, "until": _after(bought, term)}
        return "perpetual" if term == "perpetual" else None

    def _serials(self, number: str, line: Line) -> tuple[str, ...]:
        kept = tuple(item for item in line.get("serials", ()) if item.startswith(_VAULT))
        hidden = [item for item in line.get("serials", ()) if item not in kept]
        if any(item != MASKED for item in hidden):
            # Never shown: a message goes into logs.
            message = f"{number}: a serial number is a secret; left out: keep it in a vault, and name its place (C5)"
            self._draft.say(line.at("serials"), "serial", message, "question")
        elif hidden:
            self._draft.say(line.at("serials"), "masked_serial", f"{number}: masked, so not known", "note")
        return kept

    def _free(self, number: str, line: Line, listed: Line | None) -> None:
        row = self._entry(number, line)
        row |= {"type": "free", "number": number}
        source = listed or line
        for key in ("source", "vendor", "vendor_contact", "reason"):
            if listed is not None and source.get(key):
                row[key] = source.get(key)
        if listed is not None and listed.get("listed_versions"):
            row["listed_versions"] = listed.get("listed_versions")
        if listed is not None and (names := listed.get("departments")):
            row["for"] = {"departments": [self._people.department(name) for name in names]}
        if listed is None and 6 in self._ledgers.forms:
            message = f"{number} is in form 7 and not on the free list: entered as retired"
            self._draft.say(line.at("number"), "not_listed", message, "question", "L6")
            row["state"] = "retired"
        self._rows[FILES["free"]].append(row)

    def _lots_of_known(self) -> None:
        for (name, version), lots in self._lots.items():
            product = self._product(name, version)
            if product is None:
                continue
            entry = self._draft.entry_at(product.place)
            self._draft.append(product.place.file, (KEY, entry, "lots"), lots)


def _differing(product: Product, lot: Lot, line: Line, *, is_whole: bool = False) -> tuple[str, ...]:
    """What a line of form 7 says otherwise than a lot: of what it states, or of everything if ``is_whole``; never of
    serial numbers, which are masked.
    """
    stated = {
        "purchased_on": lot.purchased_on,
        "amount": lot.amount,
        "licence_type": lot.licence_type,
        "quantity": "unlimited" if lot.quantity is None else lot.quantity,
        "usable_versions": lot.usable_versions or (product.version,),
        "term": lot.term or "perpetual",
    }
    said = {key: line.get(key) for key in stated}
    said["usable_versions"] = said["usable_versions"] or (product.version,)
    if isinstance(said["term"], int) and (bought := line.get("purchased_on")) is not None:
        said["term"] = Term(start=bought, until=_after(bought, said["term"]))
    return tuple(key for key, value in stated.items() if said[key] != value and (is_whole or said[key] is not None))


def _after(day: dt.date, years: int) -> dt.date:
    """The last day of so many years that begin on a day."""
    try:
        end = day.replace(year=day.year + years)
    except ValueError:
        end = dt.date(day.year + years, 3, 1)
    return end - dt.timedelta(days=1)
