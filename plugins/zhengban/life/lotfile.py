# SPDX-License-Identifier: Apache-2.0
"""The file of the policy a lot is written in, and edits of it. Source: DESIGN 2, 7."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from zhengban.documents.document import load_document
from zhengban.documents.edit import append_item, read_editable, set_value
from zhengban.documents.numbers import number_problem
from zhengban.documents.suggestion import suggest
from zhengban.documents.yamlline import Value
from zhengban.ledger.edits import edit_of
from zhengban.model.errors import InputError, Problem
from zhengban.model.policy import Lot, Policy, Product
from zhengban.model.record import FileEdit
from zhengban.model.register import Register
from zhengban.policy.load import read_policy
from zhengban.policy.products import KEY


class LotFile(msgspec.Struct, frozen=True, kw_only=True):
    """Where a lot stands: ``path`` relative to the workspace ``root``, the file's ``text``, the place of its entry and
    of the lot among the entry's lots, and what is ``written`` there.
    """

    root: Path
    path: str
    text: str
    entry: int
    place: int
    written: dict[str, Any]
    product: Product
    lot: Lot

    def with_lot(self, row: dict[str, Value]) -> str:
        """The text with another lot behind the entry's last one."""
        return append_item(self.text, (KEY, self.entry, "lots"), row, shown_as=self.path)

    def with_value(self, key: str, value: Value) -> str:
        """The text with a value of the lot."""
        return set_value(self.text, (KEY, self.entry, "lots", self.place, key), value, shown_as=self.path)

    def edit(self, register: Register, text: str) -> tuple[FileEdit, Policy]:
        """An edit of the file, and the policy it makes.

        Raises:
            InputError: with that text the policy cannot be read.
        """
        policy, problems = read_policy(self.root, register, edited={self.path: text})
        if policy is None:
            raise InputError(problems)
        return edit_of(self.root, self.path, text, was=self.text), policy


def find_lot(root: Path, policy: Policy, number: str) -> LotFile:
    """The place of a lot in the workspace ``root``.

    Raises:
        InputError: no lot has the number, or its file cannot be read.
    """
    lots = policy.lot_by_number
    if number not in lots:
        product = policy.product_by_number.get(number)
        message = (
            f"{number} is the number of {product.type} software, which has no licences to count"
            if product is not None
            else f"no lot has the number {number!r}"
        )
        raise InputError([Problem(file="policies", message=message, hint=suggest(number, lots))])
    product = policy.product_by_number[number]
    path = product.place.file
    text = read_editable(root / path, shown_as=path)
    document, problems = load_document(root / path, shown_as=path, schema="software", edited=text)
    if document is None or problems:
        raise InputError(problems)
    entry, place, written = next(
        (entry, place, written)
        for entry, row in document.items(KEY)
        for place, written in enumerate(row.get("lots", ()))
        if written["number"] == number
    )
    return LotFile(
        root=root,
        path=path,
        text=text,
        entry=entry,
        place=place,
        written=written,
        product=product,
        lot=lots[number],
    )


def require_free_number(policy: Policy, number: str, *, option: str) -> None:
    """Check that a number can be that of a new lot.

    Args:
        option: where it was written, for messages.

    Raises:
        InputError: it is none, or taken (N2).
    """
    expected = number_problem(number)
    taken = policy.product_by_number.get(number)
    if expected or taken is not None:
        message = f"{number!r} is not {expected}" if expected else f"the number {number!r} is taken (N2)"
        hint = f"it is {taken.label}; every purchase has a number of its own" if taken else ""
        raise InputError([Problem(file=option, message=message, hint=hint)])
