# SPDX-License-Identifier: Apache-2.0
"""The schemas of the files people write, as an editor uses them. Source: JSON Schema 2020-12; DESIGN 2."""

from __future__ import annotations

from typing import Any

import msgspec

from zhengban.documents.schemas import SCHEMAS, accepts_text, read_schema
from zhengban.documents.suggestion import suggest
from zhengban.model.errors import InputError, Problem

FILES: dict[str, str] = {
    "base": "policies/bases/*.yml",
    "baseline": "policies/baseline.yml",
    "computers": "inventories/register/computers.yml",
    "departments": "inventories/register/departments.yml",
    "exceptions": "policies/exceptions.yml",
    "ledger-book": "ledger/books/*.yml",
    "ledger-confirmation": "ledger/confirmations/*.yml",
    "ledger-detail": "ledger/detail.yml",
    "ledger-events": "ledger/events/*.yml",
    "ledger-need": "ledger/needs/*.yml",
    "ledger-pending": "ledger/pending/*.json",
    "ledger-purchase": "ledger/purchases/*.yml",
    "ledger-request": "ledger/requests/*.yml",
    "ledger-runs": "ledger/runs/*.yml",
    "ledger-summary": "ledger/summary.yml",
    "organisation": "inventories/register/organisation.yml",
    "people": "inventories/register/people.yml",
    "platforms": "policies/platforms.yml",
    "purchase-plan": "purchases.yml",
    "register-mapping": "mapping.yml",
    "winrm": "winrm.yml",
    "requests": "requests.yml",
    "software": "policies/*.yml",
    "tests": "policies/tests/*.yml",
    "upgrades": "policies/upgrades.yml",
}
"""Kind of document -> the files of a workspace that are of it; every other file below policies/ is ``software``."""

# The loader reads every plain scalar as text; an editor reads 2019 as a number, and nothing as null.
_TEXT = ["string", "number", "boolean"]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of document: its name, the files that are of it, and its title in both languages."""

    kind: str
    files: str
    title: str
    description: str


def list_kinds() -> tuple[Kind, ...]:
    """Every kind there is a schema for, sorted by name."""
    return tuple(
        Kind(kind=kind, files=FILES[kind], title=schema["title"], description=schema["description"])
        for kind in sorted(SCHEMAS)
        for schema in (read_schema(kind),)
    )


def schema_for_editors(kind: str) -> dict[str, Any]:
    """The schema of one kind of document, whole: nothing in it refers to another file.

    It accepts what the loader accepts: where a text is wanted, a number or ``true`` without quotes is one too. What
    only our messages use is left out.

    Raises:
        InputError: there is no such kind.
    """
    if kind not in SCHEMAS:
        problem = Problem(file="KIND", message=f"there is no schema {kind!r}", hint=suggest(kind, SCHEMAS))
        raise InputError([problem])
    schema = read_schema(kind)
    whole = _as_editors_read(schema)
    for key in whole["properties"].values():
        # A document's one key is the document.
        key.setdefault("title", schema["title"])
        key.setdefault("description", schema["description"])
    return whole


def _as_editors_read(schema: dict[str, Any], *, is_typed: bool = False) -> dict[str, Any]:
    is_typed = is_typed or "x-yaml" in schema
    copy: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            copy[key] = {name: _as_editors_read(child, is_typed=is_typed) for name, child in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            copy[key] = _as_editors_read(value, is_typed=is_typed)
        elif key == "type" and value == "string" and not is_typed and "format" not in schema:
            copy[key] = [*_TEXT, "null"] if accepts_text(schema, "") else _TEXT
        elif not key.startswith("x-"):
            copy[key] = value
    return copy


def is_ours(content: bytes) -> bool:
    """Whether a file is a schema that was printed here, of this version or another: its ``$id`` says so."""
    try:
        return msgspec.json.decode(content, type=_Named).id.startswith("zhengban:")
    except msgspec.DecodeError:
        return False


class _Named(msgspec.Struct, frozen=True, kw_only=True):
    id: str = msgspec.field(name="$id")
