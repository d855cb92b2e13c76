# SPDX-License-Identifier: Apache-2.0
"""The register: the organisation, its departments, people and computers. Source: DESIGN 2, DOMAIN 1."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from .facts import Identity

Kind = Literal["server", "desktop", "laptop"]
Status = Literal["in_use", "spare", "scrapped"]


class LeadershipMember(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the leadership group (form 1)."""

    role: Literal["leader", "deputy", "member"]
    person: str
    title: str = ""


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """The body that keeps one ledger (单位)."""

    name: str
    timezone: str = "Asia/Shanghai"
    responsible_department: str = ""
    leadership: tuple[LeadershipMember, ...] = ()
    approvers: dict[str, tuple[str, ...]] = {}
    filled_by: str = ""
    deadlines: dict[str, str] = {}
    refresh_days: int = 183

    def today(self, now: dt.datetime) -> dt.date:
        """The day of ``now`` (aware) where the organisation is: every as-of date and record date."""
        return now.astimezone(ZoneInfo(self.timezone)).date()


class Department(msgspec.Struct, frozen=True, kw_only=True):
    """A department (部门); ``formerly`` holds names it used to have, scopes accept them."""

    id: str
    name: str
    head: str = ""
    formerly: tuple[str, ...] = ()


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A user or officer (使用人); ``pledge`` is the day the pledge (form 2) was signed."""

    id: str
    name: str
    department: str
    title: str = ""
    phone: str = ""
    pledge: dt.date | None = None
    keys: tuple[str, ...] = ()
    left_on: dt.date | None = None


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """The names other systems know a computer by."""

    ansible: str = ""
    minion: str = ""


class Computer(msgspec.Struct, frozen=True, kw_only=True):
    """A computer (计算机); ``user`` is a person's id, ``vars`` are Ansible host variables."""

    number: str
    names: Names = Names()
    brand: str = ""
    kind: Kind = "desktop"
    user: str = ""
    identity: Identity = Identity()
    status: Status = "in_use"
    oem: tuple[str, ...] = ()
    vars: dict[str, object] = {}

    @property
    def is_adopted(self) -> bool:
        """Adopted means the register holds an identity to compare with; anything else is audit-only."""
        return not self.identity.is_empty


class Register(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The whole register; every tuple sorted by number or id."""

    organisation: Organisation
    departments: tuple[Department, ...]
    people: tuple[Person, ...]
    computers: tuple[Computer, ...]

    @cached_property
    def department_by_id(self) -> dict[str, Department]:
        return {department.id: department for department in self.departments}

    @cached_property
    def person_by_id(self) -> dict[str, Person]:
        return {person.id: person for person in self.people}

    @cached_property
    def computer_by_number(self) -> dict[str, Computer]:
        return {computer.number: computer for computer in self.computers}

    @cached_property
    def computer_by_ansible_name(self) -> dict[str, Computer]:
        return {computer.names.ansible: computer for computer in self.computers if computer.names.ansible}

    @property
    def in_use(self) -> tuple[Computer, ...]:
        return tuple(computer for computer in self.computers if computer.status == "in_use")

    def department_of(self, computer: Computer) -> Department | None:
        """The department of the computer's user; ``None`` for a computer without a user (a spare, a shared server)."""
        person = self.person_by_id.get(computer.user)
        return self.department_by_id.get(person.department) if person else None
