# SPDX-License-Identifier: Apache-2.0
"""The settings file as a :class:`Baseline`."""

from __future__ import annotations

import msgspec

from zhengban.documents.document import Document
from zhengban.model.policy import Baseline, ModeRule
from zhengban.model.settings import Actions, Approvals, GuardSettings, Limits, OutsideSettings

from .scope_names import ScopeNames

KEY = "baseline"


def read_baseline(document: Document, scopes: ScopeNames) -> Baseline:
    """Build the settings from a document the schema accepts; what is absent is the cautious choice.

    Source: DESIGN 2 (``baseline.yml``).
    """
    plain = document.plain[KEY]
    rules = tuple(
        ModeRule(scope=scopes.resolve(rule["for"], (KEY, "modes", index, "for"), document), mode=rule["mode"])
        for index, rule in enumerate(plain.get("modes", ()))
    )
    limits = dict(plain.get("limits", {}))
    if "window" in limits:
        window = limits.pop("window")
        limits["window_hours"] = int(window[:-1]) * (24 if window.endswith("d") else 1)
    if "computers_per_run" in limits:
        limits["computers_per_run"] = str(limits["computers_per_run"])
    simple = {key: plain[key] for key in ("name", "mode", "grace_days") if key in plain}
    return Baseline(
        **simple,
        modes=rules,
        actions=msgspec.convert(plain.get("actions", {}), Actions),
        limits=msgspec.convert(limits, Limits),
        protect=tuple(plain.get("protect", ())),
        outside=msgspec.convert(plain.get("outside", {}), OutsideSettings),
        guard=msgspec.convert(plain.get("guard", {}), GuardSettings),
        approvals=msgspec.convert(plain.get("approvals", {}), Approvals),
    )
