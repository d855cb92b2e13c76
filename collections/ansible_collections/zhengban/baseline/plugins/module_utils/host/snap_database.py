# SPDX-License-Identifier: Apache-2.0
"""The snaps of this machine, as snapd tells them. Source: snapd's REST API (snaps, connections); DESIGN 3."""

import calendar
import platform
import re
import time
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

from .database import DatabaseError
from .snapd import ask

NAME = re.compile(r"[a-z0-9][a-z0-9-]*(_[a-z0-9]{1,10})?\Z")
# Without them no snap runs, or the machine does not start.
_ESSENTIAL = frozenset(("snapd", "kernel", "gadget"))
# They come along with snaps that need them, and snapd does not remember who wanted them.
_AUTOMATIC = frozenset(("base", "os", "snapd"))
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:Z|([+-])([0-9]{2}):([0-9]{2}))\Z"
)
# As snapd calls them: like Debian does.
_ARCHES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "armhf",
    "i386": "i386",
    "i686": "i386",
    "ppc64le": "ppc64el",
    "riscv64": "riscv64",
    "s390x": "s390x",
    "loongarch64": "loong64",
}


class Snap(NamedTuple):
    """One snap. ``needs`` are names: its base, snapd, and the snaps whose content it is connected to.

    ``publisher`` is the account name of who published it, which is theirs alone; None for one that nobody vouches for.
    """

    name: str
    version: str
    publisher: Optional[str]
    channel: Optional[str]
    manual: bool
    essential: bool
    held: bool
    installed_at: Optional[str]
    needs: Tuple[str, ...]


def native_arch() -> str:
    """This machine's architecture, as snapd writes it."""
    machine = platform.machine()
    return _ARCHES.get(machine, machine)


def read_snaps(root: str) -> List[Snap]:
    """Every installed snap, sorted by name.

    Raises:
        DatabaseError: snapd does not answer, or what it says is not what it documents.
    """
    listed = ask(root, "/v2/snaps")
    content = _content(ask(root, "/v2/connections", {"interface": "content"}))
    if not isinstance(listed, list):
        raise DatabaseError("snapd lists its snaps as {!r}".format(listed))
    names = {entry.get("name") for entry in listed if isinstance(entry, dict)}
    return sorted((_read_one(entry, names, content) for entry in listed), key=lambda snap: snap.name)


def field(entry: Dict[str, Any], key: str) -> str:
    """A text of an answer, empty where it has none."""
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def _read_one(entry: Any, names: Set[Any], content: Dict[str, Set[str]]) -> Snap:
    name = field(entry, "name") if isinstance(entry, dict) else ""
    version = field(entry, "version") if name else ""
    if not NAME.match(name) or not version:
        raise DatabaseError("snapd lists {!r}, which is no snap".format(entry))
    kind = field(entry, "type")
    needs = content.get(name, set()) & names
    if kind not in ("snapd", "base", "os", "kernel"):
        needs |= {field(entry, "base") or "core"} & names
    needs |= {"snapd"} & names
    publisher = entry.get("publisher")
    return Snap(
        name=name,
        version=version,
        publisher=(field(publisher, "username") if isinstance(publisher, dict) else "") or None,
        channel=field(entry, "tracking-channel") or None,
        manual=kind not in _AUTOMATIC,
        essential=kind in _ESSENTIAL,
        held=bool(field(entry, "hold")),
        installed_at=_utc(field(entry, "install-date")),
        needs=tuple(sorted(needs - {name})),
    )


def _content(answer: Any) -> Dict[str, Set[str]]:
    """Snap to the snaps whose content it uses; not where somebody connected them by hand."""
    found: Dict[str, Set[str]] = {}
    try:
        for connection in answer.get("established") or ():
            if connection["interface"] == "content" and not connection.get("manual"):
                found.setdefault(connection["plug"]["snap"], set()).add(connection["slot"]["snap"])
    except (AttributeError, KeyError, TypeError) as err:
        raise DatabaseError("snapd lists its connections as nobody does: {!r}".format(err)) from err
    return found


def _utc(text: str) -> Optional[str]:
    """An RFC 3339 moment as facts write it; None for what is none."""
    found = _MOMENT.match(text)
    if not found:
        return None
    *parts, sign, hours, minutes = found.groups()
    seconds = calendar.timegm(tuple(int(part) for part in parts))
    if sign:
        seconds -= (int(hours) * 3600 + int(minutes) * 60) * (1 if sign == "+" else -1)
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    except (ValueError, OverflowError, OSError):
        return None
