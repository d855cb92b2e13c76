# SPDX-License-Identifier: Apache-2.0
"""Facts of one computer: asked for, compared with what is known, kept. Source: DESIGN 3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from zhengban.host import facts as digests
from zhengban.model.errors import FactsError
from zhengban.model.facts import (
    Attempts,
    Facts,
    Identity,
    ManagerFacts,
    OutsideFacts,
    PlatformFacts,
    Text,
    facts_from_plain,
    moment_text,
    read_facts,
)
from zhengban.model.plan import Simulation, SimulationRequest

from .host import Host
from .workspace import Workspace, write_cache

FULL_READ_DAYS = 7


def ask_facts(workspace: Workspace, computer: str, host: Host, *, now: dt.datetime, keep: bool) -> Facts:
    """Ask a host for its facts and keep them in ``facts/`` unless ``keep`` is false (check mode).

    The digest we hold goes along, so an unchanged host answers with the digest alone; at least every seven days it is
    read in full, by the controller's clock. The digest compared is the one the answer carries: a host cannot make
    itself unchanged by echoing.
    """
    known = _known_facts(workspace, computer)
    if known is not None and not dt.timedelta(0) <= now - _moment(known.read_at) < dt.timedelta(days=FULL_READ_DAYS):
        known = None
    answer = host.software_info(known.digest if known is not None else "", outside_question(workspace))
    if known is not None and answer.get("unchanged"):
        facts = _still(known, answer, source=computer)
    else:
        facts = read_now(facts_from_plain(answer, source=computer), now=now)
    if keep:
        keep_facts(workspace, computer, facts)
    return facts


def outside_question(workspace: Workspace) -> dict[str, Any] | None:
    """What a host is asked about programs outside packages, as its code takes it; None where the policy wants none."""
    settings = workspace.policy.baseline.outside
    return {"kinds": list(settings.look_for), "seconds": settings.seconds} if settings.look_for else None


def read_now(facts: Facts, *, now: dt.datetime) -> Facts:
    """The facts, noted as read in full at this moment of the controller's clock."""
    return msgspec.structs.replace(facts, read_at=moment_text(now), imported_at="")


def keep_facts(workspace: Workspace, computer: str, facts: Facts) -> None:
    """Write the cache ``facts/<computer>.json``."""
    write_cache(workspace.facts_file(computer), msgspec.json.encode(facts))


def keep_changed(workspace: Workspace, computer: str, facts: Facts, *, now: dt.datetime) -> None:
    """Keep the facts read after a change of ours; what lies outside packages is as it was last seen."""
    stored = stored_facts(workspace, computer)
    outside = stored.outside if stored is not None and facts.outside is None else facts.outside
    keep_facts(workspace, computer, read_now(msgspec.structs.replace(facts, outside=outside), now=now))


def stored_facts(workspace: Workspace, computer: str) -> Facts | None:
    """The facts last kept; None when there are none or the cache is damaged, so that they are asked for again."""
    path = workspace.facts_file(computer)
    try:
        return read_facts(path.read_bytes(), source=str(path))
    except (FileNotFoundError, FactsError):
        return None


def stored_simulations(workspace: Workspace, computer: str, facts: Facts) -> dict[SimulationRequest, Simulation]:
    """The simulations kept with these very facts, by request; those of other facts are worth nothing."""
    try:
        kept = msgspec.json.decode(workspace.simulations_file(computer).read_bytes(), type=_Kept)
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
    if kept.facts_digest != facts.digest:
        return {}
    return {simulation.request: simulation for simulation in kept.simulations}


def keep_simulations(
    workspace: Workspace, computer: str, facts: Facts, simulations: Mapping[SimulationRequest, Simulation]
) -> None:
    """Write the cache ``facts/simulations/<computer>.json``: what the host answered about these facts."""
    kept = _Kept(facts_digest=facts.digest, simulations=tuple(simulations.values()))
    write_cache(workspace.simulations_file(computer), msgspec.json.encode(kept))


def _known_facts(workspace: Workspace, computer: str) -> Facts | None:
    """Kept facts whose packages have the digest they claim; an edited cache must not hide behind "unchanged"."""
    known = stored_facts(workspace, computer)
    return known if known is not None and digests_hold(known) else None


def digests_hold(facts: Facts) -> bool:
    """Whether the packages are those that the document's digests are of."""
    rows: dict[str, list[list[object]]] = {name: [] for name, state in facts.managers.items() if state.read}
    for package in facts.packages:
        if package.manager not in rows:
            return False
        rows[package.manager].append(
            [package.manager, package.name, package.version, package.arch, package.manual, package.held]
        )
    if any(digests.digest_packages(rows[name]) != facts.managers[name].digest for name in rows):
        return False
    managers = [[name, state.read, state.digest] for name, state in sorted(facts.managers.items())]
    return digests.digest_managers(managers) == facts.digest


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    facts_digest: str
    simulations: tuple[Simulation, ...]


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    host: str
    identity: Identity
    collected_at: str
    platform: PlatformFacts
    managers: dict[str, ManagerFacts]
    digest: str
    guard: dict[str, Text] = {}
    attempts: Attempts = ()
    outside: OutsideFacts | None = None


def _still(known: Facts, answer: Mapping[str, Any], *, source: str) -> Facts:
    try:
        header = msgspec.convert(answer, _Header)
    except msgspec.ValidationError as err:
        raise FactsError(f"{source}: not a facts document: {err}; collect the facts again") from err
    if header.digest != known.digest:
        raise FactsError(f"{source}: says nothing changed, but its digest is another one")
    return msgspec.structs.replace(
        known,
        **{field: getattr(header, field) for field in header.__struct_fields__},
    )


def _moment(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        # An unreadable time is an old one: it only costs a full read.
        return dt.datetime.min.replace(tzinfo=dt.UTC)
