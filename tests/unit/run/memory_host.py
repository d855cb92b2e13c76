# SPDX-License-Identifier: Apache-2.0
"""A managed host in memory that answers as the host code does: facts, simulations, one transaction, a journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.golden.facts import MACHINE_ID, facts_document


class ConnectionLost(Exception):
    """What a front end raises when its host does not answer."""


class MemoryHost:
    """A computer with ``packages`` (as in a case's facts) that can install the ``offers`` (name to version).

    ``needs`` are what a package depends on, by name, as far as it is there. ``asked`` are the questions in order. Set
    ``cut`` to lose the connection in a question: ``before`` the host does anything, or ``after``. ``answers`` replaces
    an answer whole.
    """

    def __init__(self, *packages: str, offers: Mapping[str, str] | None = None) -> None:
        self.packages: dict[str, str] = dict.fromkeys(packages, "1.0")
        self.offers = dict(offers or {})
        self.needs: dict[str, list[str]] = {}
        self.machine_id = MACHINE_ID + "1"
        self.collected_at = "2026-11-23T01:00:00Z"
        self.journal: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, Any]] = []
        self.answers: dict[str, Mapping[str, Any]] = {}
        self.cut: dict[str, str] = {}
        self.outside: list[list[str]] = []

    def software_info(self, known_digest: str, outside: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        def answer() -> dict[str, Any]:
            seen = {"kinds": outside["kinds"], "complete": True, "why": "", "rows": self.outside} if outside else None
            return {**self._facts(known_digest), **({"outside": seen} if seen else {})}

        return self._answer("software_info", known_digest, answer)

    def simulate(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._answer("simulate", request, lambda: {"request": request, "steps": self._steps(request)})

    def apply(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._answer("apply", order, lambda: self._apply(order))

    def settle(self, intent: str) -> Mapping[str, Any]:
        def answer() -> dict[str, Any]:
            done = self.journal.setdefault(intent, {"state": "never"})
            return {**done, "facts": self._facts("")}

        return self._answer("settle", intent, answer)

    def questions(self) -> list[str]:
        return [question for question, _argument in self.asked]

    def document(self) -> dict[str, Any]:
        """The facts document of what is installed now."""
        return self._facts("")

    def order(self) -> dict[str, Any]:
        (order,) = (argument for question, argument in self.asked if question == "apply")
        return dict(order)

    def _answer(self, question: str, argument: Any, answer: Any) -> Mapping[str, Any]:
        self.asked.append((question, argument))
        if self.cut.get(question) == "before":
            raise ConnectionLost("no answer")
        if question in self.answers:
            return self.answers[question]
        found: Mapping[str, Any] = answer()
        if self.cut.get(question) == "after":
            raise ConnectionLost("the connection broke")
        return found

    def _facts(self, known_digest: str) -> dict[str, Any]:
        rows = [
            {
                "name": name,
                "version": version,
                "manual": True,
                "needs": [other for other in self.needs.get(name, ()) if other in self.packages],
            }
            for name, version in self.packages.items()
        ]
        document = facts_document({"packages": rows, "identity": {"machine_id": self.machine_id}})
        document["collected_at"] = self.collected_at
        if known_digest and known_digest == document["digest"]:
            del document["packages"], document["columns"]
            document["unchanged"] = True
        return document

    def _steps(self, request: Mapping[str, Any]) -> list[dict[str, str]]:
        steps = []
        for ref in request["remove"]:
            name, arch = ref.split(":")
            steps.append({"kind": "remove", "name": name, "arch": arch, "old": self.packages[name], "new": ""})
        for kind in ("install", "upgrade"):
            for want in request[kind]:
                name = want["name"]
                old, new = self.packages.get(name, ""), self.offers[name]
                steps.append({"kind": kind, "name": name, "arch": "amd64", "old": old, "new": new})
        return steps

    def _apply(self, order: Mapping[str, Any]) -> dict[str, Any]:
        if order["intent"] in self.journal:
            return {"state": "refused", "reason": "this intent is in the journal already", "facts": self._facts("")}
        if order["facts_digest"] != self._facts("")["digest"]:
            return {"state": "refused", "reason": "its packages have changed since the plan", "facts": self._facts("")}
        outcomes = []
        (transaction,) = order["transactions"]
        assert transaction["request"]["manager"] == "dpkg"
        for step in transaction["steps"]:
            if step["new"]:
                self.packages[step["name"]] = step["new"]
            else:
                del self.packages[step["name"]]
            package = f"dpkg:{step['name']}:{step['arch']}"
            outcomes.append({"package": package, "state": "done", "version": step["new"], "reason": ""})
        self.journal[order["intent"]] = {"state": "done", "outcomes": outcomes}
        return {"state": "done", "reason": "", "output": "apt says so", "outcomes": outcomes, "facts": self._facts("")}
