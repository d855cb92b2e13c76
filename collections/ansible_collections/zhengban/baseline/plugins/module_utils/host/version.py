# SPDX-License-Identifier: Apache-2.0
"""Version order and version ranges, each manager by its own rules.

A version becomes ``(epoch, key)``: keys of one manager compare as Python tuples, so that ordering, ranges and the
overlap of ranges rest on one thing.

* dpkg: ``[epoch:]upstream[-revision]``. Source: deb-version(7).
* rpm: ``[epoch:]version[-release]``. Source: rpm-version(7).
* windows: numbers between dots or commas, missing ones are 0; text behind the numbers makes it later.
* snap, flatpak: the whole text in the character order of dpkg, no epoch, no revision.
* platform: the same, without regard to case: the two flavours of Kylin write ``v10`` and ``V10``.
"""

from functools import lru_cache
from typing import Any, Callable, Dict, List, Tuple, Union

OPERATORS = (">=", "<=", ">", "<", "=")
MANAGERS = ("dpkg", "rpm", "windows", "snap", "flatpak", "platform")

Range = Tuple[Tuple[str, str], ...]
Key = Tuple[Any, ...]

# The whole machine's versions fit; a hostile host cannot make the controller keep more than this.
_CACHE = 1 << 16

_DIGITS = frozenset("0123456789")
_RPM_SEGMENT = "~|\\^|[0-9]+|[A-Za-z]+"
_WINDOWS = "(?s)\\s*[vV]?([0-9]+(?:\\s*[.,]\\s*[0-9]+)*)(.*)"
_WINDOWS_NUMBER = "[0-9]+"
_TEXT_SEGMENT = "[0-9]+|[^\\W\\d_]+"

# Behind every rpm release: a bound without a release takes them all. (Before them all is the key without one.)
_ANY_RELEASE = ((9,),)


class VersionError(ValueError):
    """A version or a range that its manager's rules cannot order; the text names value and rule."""


def compare(manager: str, a: str, b: str) -> int:
    """Order two versions: -1, 0 or 1. A missing epoch is 0.

    Raises:
        VersionError: one of them is no version of this manager, or the manager is unknown.
    """
    left, right = _split(manager, a), _split(manager, b)
    left, right = (left[0] or 0, left[1]), (right[0] or 0, right[1])
    return (left > right) - (left < right)


def parse_range(manager: str, text: str) -> Range:
    """Read a range: comma-separated ``>= > <= < =`` and a version each, all of which must hold.

    A bare version means ``=``; an empty text is any version and gives ``()``. Order as written.

    Raises:
        VersionError: an empty part, an operator this grammar does not have, or a bad version.
    """
    return _parse_range(manager, text)


def in_range(manager: str, version: str, wanted: Union[str, Range]) -> bool:
    """Whether a version lies in a range, given as text or as :func:`parse_range` returned it.

    A bound without an epoch compares without epochs; an rpm bound without a release compares without releases.
    An empty range holds every version, also one that cannot be ordered.

    Raises:
        VersionError: as :func:`parse_range`, or the version itself cannot be ordered.
    """
    bounds = _bounds(manager, _as_range(manager, wanted))
    if not bounds:
        return True
    epoch, key = _split(manager, version)
    for operator, bound_epoch, low, high in bounds:
        if bound_epoch is None:
            holds = _holds(operator, key, low, high)
        else:
            holds = _holds(operator, (epoch or 0, key), (bound_epoch, low), (bound_epoch, high))
        if not holds:
            return False
    return True


def ranges_overlap(manager: str, a: Union[str, Range], b: Union[str, Range]) -> bool:
    """Whether some version may lie in both ranges; ``ranges_overlap(m, a, a)`` is false for a range that holds nothing.

    Between two different versions another one is taken to exist, so the answer errs towards an overlap.

    Raises:
        VersionError: as :func:`parse_range`.
    """
    bounds = _bounds(manager, _as_range(manager, a)) + _bounds(manager, _as_range(manager, b))
    # Within one epoch every bound is a bound on the rest, so it is enough to try one epoch of each kind.
    named = {epoch for _operator, epoch, _low, _high in bounds if epoch is not None}
    epochs = {0} | named | {epoch + 1 for epoch in named} | {epoch - 1 for epoch in named if epoch}
    return any(_leaves_room(epoch, bounds) for epoch in epochs)


def _leaves_room(epoch: int, bounds: Tuple[Tuple[str, Any, Key, Key], ...]) -> bool:
    lower: List[Tuple[Key, int]] = []
    upper: List[Tuple[Key, int]] = []
    for operator, bound_epoch, low, high in bounds:
        if bound_epoch is not None and bound_epoch != epoch:
            if not _holds(operator, (epoch,), (bound_epoch,), (bound_epoch,)):
                return False
            continue
        # The second member puts "beyond" after "at": (key, 1) opens behind the key, (key, -1) closes before it.
        if operator in (">=", "="):
            lower.append((low, 0))
        if operator == ">":
            lower.append((high, 1))
        if operator in ("<=", "="):
            upper.append((high, 0))
        if operator == "<":
            upper.append((low, -1))
    if not (lower and upper):
        return True
    (from_key, from_side), (to_key, to_side) = max(lower), min(upper)
    return from_key < to_key or (from_key == to_key and from_side == to_side == 0)


def _holds(operator: str, value: Key, low: Key, high: Key) -> bool:
    if operator == ">=":
        return value >= low
    if operator == "<=":
        return value <= high
    if operator == ">":
        return value > high
    if operator == "<":
        return value < low
    return low <= value <= high


def _as_range(manager: str, wanted: Union[str, Range]) -> Range:
    return _parse_range(manager, wanted) if isinstance(wanted, str) else tuple((op, v) for op, v in wanted)


@lru_cache(maxsize=_CACHE)
def _parse_range(manager: str, text: str) -> Range:
    if not text.strip():
        return ()
    parts = []
    for part in map(str.strip, text.split(",")):
        operator = next((op for op in OPERATORS if part.startswith(op)), "")
        version = part[len(operator) :].strip()
        if not version or version[0] in "<>=!~^" or "<" in version or ">" in version or "=" in version:
            raise VersionError(
                "{!r} in the range {!r}: write one of {} and a version".format(part, text, " ".join(OPERATORS))
            )
        _split(manager, version)
        parts.append((operator or "=", version))
    return tuple(parts)


@lru_cache(maxsize=_CACHE)
def _bounds(manager: str, wanted: Range) -> Tuple[Tuple[str, Any, Key, Key], ...]:
    """(operator, epoch or None, lowest key, highest key) of each part."""
    bounds = []
    for operator, version in wanted:
        epoch, key = _split(manager, version)
        low = high = key
        if manager == "rpm" and len(key) == 1:
            high = (*key, _ANY_RELEASE)
        bounds.append((operator, epoch, low, high))
    return tuple(bounds)


@lru_cache(maxsize=_CACHE)
def _split(manager: str, version: str) -> Tuple[Any, Key]:
    """(epoch or None, key). Raises VersionError."""
    try:
        rule = _RULES[manager]
    except KeyError:
        raise VersionError("unknown manager {!r}: one of {}".format(manager, ", ".join(MANAGERS))) from None
    if not version:
        raise VersionError("an empty {} version cannot be ordered".format(manager))
    return rule(version)


def _without_epoch(manager: str, version: str) -> Tuple[Any, str]:
    if any(char <= " " or char == "\x7f" or char.isspace() for char in version):
        raise VersionError("{!r} is no {} version: it holds a blank".format(version, manager))
    head, colon, rest = version.partition(":")
    if not colon:
        return None, version
    # dpkg keeps epochs in an int; a longer one is no epoch, and int() of thousands of digits is refused by Python.
    if not head or set(head) - _DIGITS or len(head) > 10 or int(head) > 0x7FFFFFFF or not rest:
        raise VersionError("{!r} is no {} version: {!r} is no epoch before a version".format(version, manager, head))
    return int(head), rest


def _dpkg(version: str) -> Tuple[Any, Key]:
    epoch, rest = _without_epoch("dpkg", version)
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    elif not (upstream and revision):
        raise VersionError("{!r} is no dpkg version: nothing on one side of the last '-'".format(version))
    return epoch, (_dpkg_part(upstream), _dpkg_part(revision))


def _dpkg_part(text: str) -> Key:
    """Alternating texts and numbers; every text ends in 0, which is what dpkg gives the end and a digit."""
    key: List[Tuple[Any, ...]] = []
    start, end = 0, len(text)
    while start < end or not key:
        middle = start
        while middle < end and text[middle] not in _DIGITS:
            middle += 1
        key.append(tuple([_dpkg_weight(letter) for letter in text[start:middle]] + [0]))
        start = middle
        while start < end and text[start] in _DIGITS:
            start += 1
        key.append(_number(text[middle:start]))
    key.append((0,))
    return tuple(key)


def _dpkg_weight(letter: str) -> int:
    if letter == "~":
        return -1
    return ord(letter) if "A" <= letter <= "Z" or "a" <= letter <= "z" else ord(letter) + 256


def _number(digits: str) -> Tuple[int, str]:
    """A number of any length: longer is larger. int() would refuse a hostile one of thousands of digits."""
    digits = digits.lstrip("0")
    return len(digits), digits


def _rpm(version: str) -> Tuple[Any, Key]:
    epoch, rest = _without_epoch("rpm", version)
    text, dash, release = rest.rpartition("-")
    if not dash:
        return epoch, (_rpm_part(rest),)
    if not (text and release):
        raise VersionError("{!r} is no rpm version: nothing on one side of the last '-'".format(version))
    return epoch, (_rpm_part(text), _rpm_part(release))


def _rpm_part(text: str) -> Key:
    """``~`` before the end, the end before ``^``, then letters, then numbers; everything else separates."""
    key: List[Tuple[Any, ...]] = []
    for segment in _expression(_RPM_SEGMENT).findall(text):
        if segment == "~":
            key.append((0,))
        elif segment == "^":
            key.append((2,))
        elif segment[0].isdigit():
            key.append((4, *_number(segment)))
        else:
            key.append((3, segment))
    key.append((1,))
    return tuple(key)


def _windows(version: str) -> Tuple[Any, Key]:
    found = _expression(_WINDOWS).match(version)
    if not found:
        raise VersionError("{!r} is no windows version: it does not begin with a number".format(version))
    numbers = [_number(digits) for digits in _expression(_WINDOWS_NUMBER).findall(found.group(1))]
    while len(numbers) > 1 and numbers[-1] == (0, ""):
        numbers.pop()
    tail: List[Tuple[Any, ...]] = []
    for segment in _expression(_TEXT_SEGMENT).findall(found.group(2).lower()):
        tail.append((2, *_number(segment)) if "0" <= segment[0] <= "9" else (1, segment))
    return None, (tuple(numbers), tuple(tail))


@lru_cache(maxsize=None)
def _expression(text: str) -> Any:
    # Here, for it is slow to load, and what orders dpkg's versions, as the guard's hooks do, needs none.
    import re

    return re.compile(text)


def _plain(version: str) -> Tuple[Any, Key]:
    return None, (_dpkg_part(version),)


def _platform(version: str) -> Tuple[Any, Key]:
    # Kylin's desktop calls itself v10 and its server V10.
    return _plain(version.lower())


_RULES: Dict[str, Callable[[str], Tuple[Any, Key]]] = {
    "dpkg": _dpkg,
    "rpm": _rpm,
    "windows": _windows,
    "snap": _plain,
    "flatpak": _plain,
    "platform": _platform,
}
