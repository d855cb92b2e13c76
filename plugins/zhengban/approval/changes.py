# SPDX-License-Identifier: Apache-2.0
"""Which changes on record somebody has to sign for, and which nobody has. Source: DESIGN 6, DOMAIN I3 (form 11)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from zhengban.model.cause import REQUEST, WITH_AN_ID, id_in
from zhengban.model.confirmation import ChangeMade, Confirmation
from zhengban.model.policy import Policy
from zhengban.model.record import BookedRecord, Record

# What a maintainer did to a computer; lot moves, adoption, new users, scrapping and corrections are no such thing.
_CAUSES = frozenset({"deployment", "enforcement", "upgrade"})


def is_signed_for(record: Record) -> bool:
    """Whether a record is, or is half of, a change that user and maintainer sign for.

    What came or went only with something else (quantity 0) is not signed for by itself.
    """
    return bool(record.quantity and (record.cause in _CAUSES or record.cause.startswith(WITH_AN_ID)))


def fold_unconfirmed(
    booked: Iterable[BookedRecord], confirmations: Iterable[Confirmation], *, index_of: Callable[[str], int]
) -> dict[str, tuple[ChangeMade, ...]]:
    """The changes that nobody has signed for as done, by computer, oldest first.

    Args:
        booked: every record, any order.
        confirmations: what was signed, in the order it was.
        index_of: the place of a record in its unit, from its id.
    """
    objections: dict[str, str] = {}
    done: set[str] = set()
    for confirmation in confirmations:
        for record in confirmation.records:
            objections[record] = confirmation.reason
            (done.add if confirmation.done else done.discard)(record)
    waiting = {item.record.id: item for item in booked if is_signed_for(item.record) and item.record.id not in done}
    in_order = sorted(
        waiting.values(),
        # A run's records on one computer by index, where an upgrade's uninstall comes before its install.
        key=lambda item: (item.record.computer, item.record.date, item.record.run, index_of(item.record.id)),
    )
    changes: dict[str, list[ChangeMade]] = {}
    before: BookedRecord | None = None
    for item in in_order:
        made = changes.setdefault(item.record.computer, [])
        if before is not None and _is_upgrade(before, item, index_of):
            made[-1] = _upgrade(made[-1], item)
            before = None
        else:
            made.append(_change(item, objections.get(item.record.id, "")))
            before = item
    return {computer: tuple(made) for computer, made in changes.items()}


def _is_upgrade(first: BookedRecord, second: BookedRecord, index_of: Callable[[str], int]) -> bool:
    """Whether an uninstall and the install behind it in their unit are one upgrade.

    Under a deployment or an enforcement one package may leave and another come without having to do with each other;
    an upgrade, and a request, is about one product.
    """
    old, new = first.record, second.record
    return (
        (old.action, new.action) == ("uninstall", "install")
        and (old.run, old.computer, old.cause) == (new.run, new.computer, new.cause)
        and index_of(new.id) == index_of(old.id) + 1
        and (old.package == new.package or old.cause == "upgrade" or bool(id_in(old.cause, REQUEST)))
    )


def _change(item: BookedRecord, objection: str) -> ChangeMade:
    record = item.record
    return ChangeMade(
        records=(record.id,),
        run=record.run,
        computer=record.computer,
        kind="remove" if record.action == "uninstall" else "install",
        number=item.book,
        package=record.package,
        version=record.version,
        date=record.date,
        user=record.user_id,
        user_name=record.user,
        department=record.department,
        brand=record.brand,
        cause=record.cause,
        objection=objection,
    )


def _upgrade(left: ChangeMade, item: BookedRecord) -> ChangeMade:
    record = item.record
    return msgspec.structs.replace(
        left,
        records=(*left.records, record.id),
        kind="upgrade",
        number=item.book,
        package=record.package,
        version=record.version,
        old_number=left.number,
        old_package=left.package,
        old_version=left.version,
    )


def needs_signature(change: ChangeMade, policy: Policy) -> bool:
    """Whether form 11 is for a change: a new build of commercial or preinstalled software under its number is none.

    Free software keeps its number in an upgrade (N7), and that is signed for.
    """
    if change.kind != "upgrade" or change.number != change.old_number:
        return True
    product = policy.product_by_number.get(change.number)
    return product is None or product.type == "free"
