# SPDX-License-Identifier: Apache-2.0
"""Whose computer a record is about, on which day, and who writes it. Source: DESIGN 6, DOMAIN L3 (form 9)."""

from __future__ import annotations

import datetime as dt
import os
import pwd
import socket
from typing import Literal

import msgspec

from zhengban.model.record import BookedRecord, Record
from zhengban.model.register import Computer, Register


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """What all records of one unit share; names are those of the day."""

    computer: str
    brand: str
    user: str
    user_id: str
    department: str
    day: dt.date
    run: str
    by: str

    @classmethod
    def of(cls, register: Register, computer: Computer, *, run: str, day: dt.date) -> Author:
        """The author of a unit about ``computer`` as ``register`` has it, written by the account of this process."""
        person = register.person_by_id.get(computer.user)
        department = register.department_of(computer)
        return cls(
            computer=computer.number,
            brand=computer.brand,
            user=person.name if person else "",
            user_id=computer.user,
            department=department.name if department else "",
            day=day,
            run=run,
            by=operator(),
        )

    def record(
        self,
        identity: str,
        *,
        book: str,
        action: Literal["install", "uninstall", "correct"],
        package: str,
        version: str,
        quantity: int,
        cause: str,
        day: dt.date | None = None,
    ) -> BookedRecord:
        """One record of the unit; ``day`` where it is another than the unit's. Settling sets its evidence."""
        return BookedRecord(
            book=book,
            record=Record(
                id=identity,
                action=action,
                computer=self.computer,
                package=package,
                brand=self.brand,
                user=self.user,
                user_id=self.user_id,
                department=self.department,
                version=version,
                date=day or self.day,
                quantity=quantity,
                cause=cause,
                evidence="verified",
                run=self.run,
                by=self.by,
            ),
        )


def operator() -> str:
    """``account@host`` of who runs this: the account of the process, whatever $USER says."""
    try:
        account = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        account = f"uid{os.getuid()}"
    return f"{account}@{socket.gethostname()}"
