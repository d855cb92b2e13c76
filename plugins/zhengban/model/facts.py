# SPDX-License-Identifier: Apache-2.0
"""What a computer says about itself: the facts document ``zhengban.facts/1`` as frozen types.

The host code (``zhengban.host``) writes the document; nothing downstream of :func:`read_facts` sees raw dicts.
Source: DESIGN 3.
"""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import Annotated, Literal

import msgspec

from .errors import FactsError

FORMAT = "zhengban.facts/1"

# A hostile host may say what it likes, but not fill the ledger with it.
MAX_PACKAGES = 20_000
MAX_TEXT = 1_000
MAX_REMOVED = 2_000
MAX_ATTEMPTS = 5_000
MAX_OUTSIDE = 1_000

OutsideKind = Literal["programs", "pip", "npm"]
Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]

COLUMNS: tuple[str, ...] = (
    "manager",
    "name",
    "version",
    "arch",
    "publisher",
    "origin",
    "manual",
    "essential",
    "priority",
    "held",
    "installed_at",
    "needs",
    "needs_virtual",
    "wants",
)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What tells one machine from another; an empty text means the machine has none to give."""

    serial_number: Text = ""
    machine_id: Text = ""

    @property
    def is_empty(self) -> bool:
        return not (self.serial_number or self.machine_id)


class PlatformFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The operating system as ``os-release`` and the kernel name it; ``id`` and ``version`` are what policies match."""

    id: str
    version: str
    name: str = ""
    id_like: tuple[str, ...] = ()
    arch: str = ""
    kernel: str = ""


class ManagerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One package manager found by its database; ``why`` says what stopped us when ``read`` is false.

    ``arch`` is the machine's architecture as the manager writes it; empty: as the platform's.
    """

    read: bool
    why: str = ""
    count: int = 0
    digest: str = ""
    arch: str = ""


# What people have installed for themselves on Windows: ``arch`` is the user's SID, and where their hive, or the list of
# hives, could not be read, that is a manager of its own.
WINDOWS = "windows"
WINDOWS_USERS = "windows users"

# What managers call a package that is for every architecture.
NEUTRAL_ARCH = {"dpkg": "all", "rpm": "noarch"}


def windows_user(sid: str) -> str:
    """What the hive of one user is called among the managers."""
    return f"windows user {sid}"


def is_sid(arch: str) -> bool:
    """Whether an ``arch`` is a user of Windows."""
    return arch.startswith("S-1-")


def holders_of(manager: str, arch: str) -> tuple[str, ...]:
    """The managers that all have to be read before a package can be said not to be there."""
    return (manager, WINDOWS_USERS, windows_user(arch)) if manager == WINDOWS and is_sid(arch) else (manager,)


Row = Annotated[int, msgspec.Meta(ge=0)]
Attempts = Annotated[tuple[dict[str, Text], ...], msgspec.Meta(max_length=MAX_ATTEMPTS)]


# Texts and numbers cannot refer back, so the garbage collector need not look at millions of them (gc=False).
class Package(msgspec.Struct, frozen=True, kw_only=False, array_like=True, forbid_unknown_fields=True, gc=False):
    """One installed package: a row of the document, in the order of :data:`COLUMNS`.

    ``publisher`` is the rpm signer or Windows publisher read from the installed package; ``origin`` is a hint and
    ``None`` when unknown; ``installed_at`` is UTC ``YYYY-MM-DDTHH:MM:SSZ`` or ``None``. ``needs``, ``needs_virtual``
    and ``wants`` are ascending row numbers of this document.
    """

    manager: str
    name: Text
    version: Text
    arch: str
    publisher: str | None
    origin: str | None
    manual: bool
    essential: bool
    priority: str
    held: bool
    installed_at: str | None
    needs: tuple[Row, ...]
    needs_virtual: tuple[Row, ...]
    wants: tuple[Row, ...]

    @property
    def is_part(self) -> bool:
        """Whether it is a Windows component or update: those have no other ``priority``."""
        return self.manager == WINDOWS and self.priority in ("component", "update")

    @property
    def ref(self) -> str:
        """``manager:name:arch``, the way plans and records name a package."""
        return f"{self.manager}:{self.name}:{self.arch}"


class Removed(msgspec.Struct, frozen=True, kw_only=False, array_like=True, forbid_unknown_fields=True, gc=False):
    """The last removal of a package that is gone, from its manager's own log; ``removed_at`` is UTC as above."""

    manager: str
    name: Text
    arch: str
    version: Text
    removed_at: str

    @property
    def ref(self) -> str:
        """``manager:name:arch``, as :attr:`Package.ref`."""
        return f"{self.manager}:{self.name}:{self.arch}"


class OutsideProgram(msgspec.Struct, frozen=True, kw_only=False, array_like=True, forbid_unknown_fields=True, gc=False):
    """A program that no package owns; ``name`` and ``version`` are hints, ``owner`` a user's name or number."""

    kind: Literal["program", "desktop", "pip", "npm"]
    path: Text
    name: Text
    version: Text
    owner: Text

    @property
    def ref(self) -> str:
        """``outside:path:``, in the place of a package's ``manager:name:arch``."""
        return f"outside:{self.path}:"


class OutsideFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A look for programs outside packages: for what, whether all was seen (else ``why`` not), and what was found."""

    kinds: tuple[OutsideKind, ...]
    complete: bool
    why: Text = ""
    rows: Annotated[tuple[OutsideProgram, ...], msgspec.Meta(max_length=MAX_OUTSIDE)] = ()


class Facts(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One computer's facts. ``packages`` are sorted by (manager, name, arch, version) in code points.

    ``guard`` says which doors are shut, as ``zhengban.host.guard_status`` does, empty where there is no guard;
    ``attempts`` are what it stopped or recorded, oldest first.

    ``removed`` is what left lately and is not back, where a manager keeps a log of it; the digest does not cover it.

    ``outside`` is what was found outside packages, None when nobody looked; the digest does not cover it either.

    ``collected_at`` is when the computer last answered, by its clock; ``read_at`` when its packages were last read in
    full, by the controller's (empty: nobody noted it); ``imported_at`` when a document that was carried over was
    imported, by the controller's (empty: the computer was asked). All UTC ``YYYY-MM-DDTHH:MM:SSZ``.
    """

    format: Literal["zhengban.facts/1"] = "zhengban.facts/1"
    host: Text
    identity: Identity
    collected_at: str
    read_at: str = ""
    imported_at: str = ""
    platform: PlatformFacts
    managers: dict[str, ManagerFacts]
    digest: str
    columns: tuple[str, ...] = COLUMNS
    packages: tuple[Package, ...]
    guard: dict[str, Text] = {}
    attempts: Attempts = ()
    outside: OutsideFacts | None = None
    removed: Annotated[tuple[Removed, ...], msgspec.Meta(max_length=MAX_REMOVED)] = ()

    @cached_property
    def rows_by_ref(self) -> dict[str, int]:
        """Row number by ``manager:name:arch``; of several versions of one (rpm kernels) the last row."""
        return {package.ref: row for row, package in enumerate(self.packages)}

    def why_unread(self, package: str) -> tuple[str, ...]:
        """Why nobody can say that ``manager:name:arch`` is not there, a text for each reason; none when it was read."""
        manager, arch = package.partition(":")[0], package.rpartition(":")[2]
        states = ((name, self.managers.get(name)) for name in holders_of(manager, arch))
        return tuple(f"{name}: {state.why}" for name, state in states if state is not None and not state.read)

    def native_arch(self, manager: str) -> str:
        """The machine's architecture as a manager writes it: amd64 for dpkg is x86_64 for rpm."""
        state = self.managers.get(manager)
        return state.arch if state is not None and state.arch else self.platform.arch


def moment_of(text: str | None) -> dt.datetime | None:
    """A moment as facts write it, aware; None for none, and for what no clock of a computer shows."""
    try:
        moment = dt.datetime.fromisoformat(text or "")
    except ValueError:
        return None
    # The day after the last one cannot be said in every time zone.
    return moment if moment.tzinfo is not None and 1970 < moment.year < dt.MAXYEAR else None


def moment_text(moment: dt.datetime) -> str:
    """An aware moment as facts write it."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_facts(text: bytes | str, *, source: str) -> Facts:
    """Read one facts document.

    Args:
        text: the JSON document.
        source: where it came from (a host or a file), for messages; empty where the caller says it.

    Raises:
        FactsError: not JSON, not this format, another column order, or a row number out of range.
    """
    try:
        # JSON that is no Unicode is refused here, lone surrogates included.
        facts = msgspec.json.decode(text, type=Facts)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as err:
        raise FactsError(f"{_shown(source)}not a {FORMAT} document: {err}; collect the facts again") from err
    return _checked(facts, source)


def facts_from_plain(data: object, *, source: str) -> Facts:
    """Read a facts document that a transport has already decoded; same errors as :func:`read_facts`."""
    try:
        facts = msgspec.convert(data, Facts)
    except msgspec.ValidationError as err:
        raise FactsError(f"{_shown(source)}not a {FORMAT} document: {err}; collect the facts again") from err
    try:
        msgspec.json.encode((facts.packages, facts.removed))
    except UnicodeEncodeError as err:
        raise FactsError(f"{_shown(source)}a package's text is not Unicode: {err}; the answer cannot be used") from err
    return _checked(facts, source)


def _shown(source: str) -> str:
    return f"{source}: " if source else ""


def _checked(facts: Facts, source: str) -> Facts:
    if facts.columns != COLUMNS:
        raise FactsError(f"{_shown(source)}columns {list(facts.columns)!r} are not those of {FORMAT}")
    rows = len(facts.packages)
    if rows > MAX_PACKAGES:
        raise FactsError(f"{_shown(source)}{rows} packages, more than {MAX_PACKAGES}: no computer has so many")
    # Thousands of rows, of every computer: one pass without a line of Python for each.
    edges = (map(attrgetter(column), facts.packages) for column in ("needs", "needs_virtual", "wants"))
    last = max(chain.from_iterable(chain.from_iterable(edges)), default=-1)
    if last >= rows:
        raise FactsError(f"{_shown(source)}a dependency points to row {last}, outside the {rows} rows")
    return facts
