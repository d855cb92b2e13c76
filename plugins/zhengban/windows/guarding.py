# SPDX-License-Identifier: Apache-2.0
"""The guard on a Windows host: written value by value, read back, and what was there before put back in the end.

A collection of AppLocker that is enforced while its rules are incomplete would stop everything: it only records until
the last of them is there. Source: DESIGN 10.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec

from zhengban.guard.windows import WindowsGuard

from .guard_journal import KEY, Before, GuardEntry, GuardError, GuardRegistry, Setting
from .guard_values import (
    APPLOCKER,
    COLLECTIONS,
    ENFORCEMENT,
    INSTALLER,
    SERVICE,
    Place,
    Values,
    dword,
    found_values,
    is_rule,
    wanted_values,
)
from .regquery import Value

_KEPT = rf"{KEY}\before"
_ONLY_RECORDS = dword(0)
_START = (SERVICE, "Start")


class GuardChange(msgspec.Struct, frozen=True, kw_only=True):
    """What changes, as ``key\\name``, and all of the guard's values on both sides.

    ``needs_restart``: the service that reads AppLocker's rules starts with Windows from now on.
    """

    changes: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    needs_restart: bool = False


def read_doors(registry: GuardRegistry) -> dict[str, str]:
    """The guard as texts; ``{}`` where nothing of it is.

    ``applocker``: ``shut``, ``recorded`` (audit mode), or ``broken`` (something differs from what was written, the
    service that reads it included). ``installer``: ``shut``, ``broken``, or ``absent``, which it is in audit mode: it
    cannot only record. ``table``: ``ok``, ``unfinished``, or ``unread``. ``mode``, ``policy`` and ``written_at`` as the
    controller wrote them.
    """
    try:
        entry = registry.entry()
        if entry is None:
            return {}
        digests = _found(registry).digests()
    except GuardError:
        return {"applocker": "unread", "installer": "unread", "table": "unread"}
    states = {door: "shut" if digests[door] == entry.digests[door] else "broken" for door in sorted(digests)}
    if entry.mode == "audit":
        states["installer"] = "absent"
        states["applocker"] = states["applocker"].replace("shut", "recorded")
    table = "ok" if entry.state == "done" else "unfinished"
    return {**states, "table": table, "mode": entry.mode, "policy": entry.policy, "written_at": entry.written_at}


def put_guard(registry: GuardRegistry, guard: WindowsGuard, *, now: dt.datetime, check: bool) -> GuardChange:
    """Have this guard on the host, and nothing else of AppLocker's programs and packages.

    Args:
        now: the controller's moment, noted on the host.
        check: change nothing, say what would change.

    Raises:
        GuardError: it cannot be put there; what was there before is there again, or the text says so.
    """
    found = _found(registry)
    if _START not in found.applocker:
        raise GuardError("this Windows has no Application Identity service (AppIDSvc), without which no rule counts")
    entry = registry.entry()
    before = entry.before if entry is not None else _before(registry, found)
    target = _target(wanted_values(guard), before)
    is_as_told = (
        entry is not None and entry.state == "done" and (entry.policy, entry.mode) == (guard.digest, guard.mode)
    )
    changes = tuple(_differences(found, target)) or (() if is_as_told else (KEY,))
    change = GuardChange(
        changes=changes,
        before=found.lines(),
        after=target.lines(),
        needs_restart=found.applocker[_START] != target.applocker[_START],
    )
    if check or not changes:
        return change
    if entry is None:
        _keep(registry, before)
    moment = now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = GuardEntry(
        state="begun",
        mode=guard.mode,
        policy=guard.digest,
        written_at=moment,
        digests=target.digests(),
        before=before,
    )
    registry.note(told)
    try:
        _write(registry, found, target)
        if _found(registry).all != target.all:
            raise GuardError("what was written is not what is read back")
    except GuardError as err:
        _restore(registry, before)
        raise GuardError(f"{err}; what was there before is there again") from err
    registry.note(msgspec.structs.replace(told, state="done"))
    return change


def take_guard_away(registry: GuardRegistry, *, check: bool) -> GuardChange:
    """Put back what was there before the guard.

    Raises:
        GuardError: that cannot be done; the guard stays noted, so it can be tried again.
    """
    entry = registry.entry()
    if entry is None:
        return GuardChange()
    found, target = _found(registry), _as_before(registry, entry.before)
    change = GuardChange(
        changes=tuple(_differences(found, target)) or (KEY,), before=found.lines(), after=target.lines()
    )
    if not check:
        _restore(registry, entry.before)
    return change


def _found(registry: GuardRegistry) -> Values:
    return found_values(registry.keys(APPLOCKER, "/s"), registry.keys(INSTALLER), registry.keys(SERVICE))


def _before(registry: GuardRegistry, found: Values) -> Before:
    there = {key.name for key in registry.keys(APPLOCKER, "/s")}
    return Before(
        collections=tuple(name for name in COLLECTIONS if name in there),
        settings=tuple(
            Setting(key=key, name=name, value=value)
            for (key, name), value in sorted(found.all.items(), key=lambda item: item[0])
            if not key.startswith(APPLOCKER)
        ),
        absent=tuple(key for key in (APPLOCKER, INSTALLER) if not registry.keys(key)),
    )


def _keep(registry: GuardRegistry, before: Before) -> None:
    """Copy the collections that are there to where the guard finds them in the end."""
    if registry.keys(_KEPT):
        # Of a time that was cut off before it noted anything.
        registry.delete(_KEPT)
    for name in before.collections:
        registry.copy(rf"{APPLOCKER}\{name}", rf"{_KEPT}\{name}")
        if registry.keys(rf"{APPLOCKER}\{name}", "/s") != registry.keys(rf"{_KEPT}\{name}", "/s"):
            raise GuardError(rf"{APPLOCKER}\{name} cannot be kept: the copy differs; nothing else was changed")


def _target(wanted: Values, before: Before) -> Values:
    """What is wanted; a setting nobody wants is as it was."""
    settings = {(item.key, item.name): item.value for item in before.settings if item.key == INSTALLER}
    return Values(applocker=wanted.applocker, installer=settings | wanted.installer)


def _as_before(registry: GuardRegistry, before: Before) -> Values:
    kept = {(rf"{APPLOCKER}\{name}", name) for name in before.collections}
    found = found_values(registry.keys(_KEPT, "/s") if kept else (), (), ())
    settings = {(item.key, item.name): item.value for item in before.settings}
    return Values(
        applocker=found.applocker | {place: value for place, value in settings.items() if place == _START},
        installer={place: value for place, value in settings.items() if place != _START},
    )


def _differences(found: Values, target: Values) -> Iterator[str]:
    here, there = found.all, target.all
    for key, name in sorted(here.keys() | there.keys()):
        if here.get((key, name)) != there.get((key, name)):
            yield f"{key}\\{name}"


def _write(registry: GuardRegistry, found: Values, target: Values) -> None:
    here, there = found.all, target.all
    modes = {(rf"{APPLOCKER}\{name}", ENFORCEMENT) for name in COLLECTIONS}
    differing = {place for place in here.keys() | there.keys() if here.get(place) != there.get(place)}
    for place in sorted(modes):
        has_new_rules = any(key.startswith(place[0]) for key, _name in differing)
        if has_new_rules and here.get(place, _ONLY_RECORDS) != _ONLY_RECORDS:
            registry.set(*place, _ONLY_RECORDS)
    wanted = {key for key, _name in there}
    strangers = {key for key, _name in differing if is_rule(key) and key not in wanted}
    for key in sorted(strangers):
        registry.delete(key)
    for place in sorted(place for place in differing - modes if place[0] not in strangers):
        _put(registry, place, there.get(place))
    for place in sorted(modes):
        if there[place] != _ONLY_RECORDS or here.get(place) != _ONLY_RECORDS:
            registry.set(*place, there[place])


def _put(registry: GuardRegistry, place: Place, value: Value | None) -> None:
    if value is not None:
        registry.set(*place, value)
    else:
        registry.delete(*place)


def _restore(registry: GuardRegistry, before: Before) -> None:
    for name in COLLECTIONS:
        if registry.keys(rf"{APPLOCKER}\{name}"):
            registry.delete(rf"{APPLOCKER}\{name}")
        if name in before.collections:
            registry.copy(rf"{_KEPT}\{name}", rf"{APPLOCKER}\{name}")
    found = _found(registry).all
    settings = {(item.key, item.name): item.value for item in before.settings}
    for place in sorted({place for place in (found | settings) if not place[0].startswith(APPLOCKER)}):
        if found.get(place) != settings.get(place):
            _put(registry, place, settings.get(place))
    for key in before.absent:
        keys = registry.keys(key)
        if keys and len(keys) == 1 and not keys[0].values:
            registry.delete(key)
    registry.delete(KEY)
