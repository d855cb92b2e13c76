# SPDX-License-Identifier: Apache-2.0
"""One golden case: a folder of texts, and what the real code makes of them.

The first line of every ``policy.yml`` says what the case shows and where that is decided.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import yaml

from zhengban.guard.standing import current_digest
from zhengban.judge import judge
from zhengban.judge.passed_over import list_packages
from zhengban.model.facts import Facts
from zhengban.model.finding import Assessment
from zhengban.model.record import History, Holding
from zhengban.model.register import Computer
from zhengban.model.waiver import UrgentRemoval
from zhengban.policy.compile import CompiledPolicy
from zhengban.run.workspace import Workspace

from .facts import facts_of
from .workspace import make_workspace

GOLDEN = Path(__file__).parent
TODAY = dt.date(2026, 11, 23)


def case_folders(kind: str) -> list[Path]:
    """The cases of a kind; an empty list would be tests that cannot fail."""
    found = sorted(path for path in (GOLDEN / kind).iterdir() if path.is_dir())
    assert found, f"no case in {kind}"
    return found


def read_plain(path: Path) -> Any:
    """A YAML file whose scalars are all texts, so that ``2.10`` is a version; an absent file is an empty mapping."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) if path.exists() else {}


class Case:
    """A folder, loaded: ``workspace``, ``computer``, ``facts`` (None: it could not be read) and ``history``.

    A guard whose ``policy`` is ``current`` has a table of this policy and these books.
    """

    def __init__(self, folder: Path, root: Path) -> None:
        policy = (folder / "policy.yml").read_text(encoding="utf-8")
        assert policy.startswith("# ") and policy.index("\n") > 20, "policy.yml begins with what the case shows"
        register = folder / "register.yml"
        texts = [register.read_text(encoding="utf-8")] if register.exists() else []
        plain = read_plain(folder / "facts.yml")
        self.workspace: Workspace = make_workspace(root, policy, *texts)
        self.computer: Computer = self.workspace.register.computer_by_number[plain.get("computer", "PC-0001")]
        self.run: dict[str, Any] = read_plain(folder / "run.yml")
        self.facts: Facts | None = None if plain.get("answers") == "no" else facts_of(plain)
        if self.facts is not None and self.facts.guard.get("policy") == "current":
            digest = current_digest(self.compiled, self.computer, self.facts, self.history, today=self.today)
            self.facts = msgspec.structs.replace(self.facts, guard={**self.facts.guard, "policy": digest})
        self.expected: dict[str, Any] = read_plain(folder / "expected.yml")

    @property
    def compiled(self) -> CompiledPolicy:
        return self.workspace.compiler.for_computer(self.computer)

    @property
    def today(self) -> dt.date:
        return dt.date.fromisoformat(self.run.get("today", TODAY.isoformat()))

    @property
    def history(self) -> History:
        """From ``run.yml``: ``first_seen``: [code, package, day]; ``adopted``: the day the computer was;
        ``passed_over``: the packages that were there then and were not recorded; ``holdings``: [computer, package,
        number], and where it matters version, quantity and day; ``urgent``: [id, package pattern] of urgent removals;
        ``upgrade_tries`` and ``unwell``: the computers where every upgrade was tried, and those not well since.
        """
        return History(
            first_seen={
                (self.computer.number, code, package): dt.date.fromisoformat(day)
                for code, package, day in self.run.get("first_seen", ())
            },
            holdings=dict(_holding(*row) for row in self.run.get("holdings", ())),
            adopted=(
                {self.computer.number: dt.date.fromisoformat(self.run["adopted"])} if "adopted" in self.run else {}
            ),
            passed_over={self.computer.number: list_packages(self.run.get("passed_over", ()))},
            urgent={
                identity: UrgentRemoval(
                    id=identity, packages=(package,), computers=1, reason="漏洞", approved_by="E0001", opened=self.today
                )
                for identity, package in self.run.get("urgent", ())
            },
            upgrade_tries=frozenset(self._upgraded("upgrade_tries")),
            unwell=dict.fromkeys(self._upgraded("unwell"), "黑屏"),
        )

    def _upgraded(self, key: str) -> list[tuple[str, str]]:
        upgrades = self.workspace.policy.upgrades
        return [(upgrade.id, computer) for upgrade in upgrades for computer in self.run.get(key, ())]

    def judge(self) -> Assessment:
        return judge(self.compiled, self.computer, self.facts, history=self.history, today=self.today)


def _holding(
    computer: str, package: str, number: str, version: str = "", quantity: str = "1", day: str = ""
) -> tuple[tuple[str, str], Holding]:
    date = dt.date.fromisoformat(day) if day else None
    return (computer, package), Holding(number=number, version=version, quantity=int(quantity), date=date)


def shown(value: Any, keys: dict[str, Any]) -> dict[str, Any]:
    """A struct's fields that the expectation names, as texts: so an expectation may leave out what it is not about."""
    plain = msgspec.to_builtins(value)
    if "place" in plain:
        plain["place"] = str(value.place) if value.place.line else ""
    return {key: _as_text(plain[key]) for key in keys}


def _as_text(value: Any) -> Any:
    return [_as_text(item) for item in value] if isinstance(value, (list, tuple)) else str(value)
