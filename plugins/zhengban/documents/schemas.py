# SPDX-License-Identifier: Apache-2.0
"""The published JSON Schemas, whole: every shared definition written out where it is used."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, validators
from jsonschema.exceptions import ValidationError

SCHEMAS: tuple[str, ...] = (
    "base",
    "baseline",
    "computers",
    "departments",
    "exceptions",
    "ledger-book",
    "ledger-confirmation",
    "ledger-detail",
    "ledger-events",
    "ledger-need",
    "ledger-pending",
    "ledger-purchase",
    "ledger-request",
    "ledger-runs",
    "ledger-summary",
    "organisation",
    "people",
    "platforms",
    "purchase-plan",
    "register-mapping",
    "requests",
    "software",
    "tests",
    "upgrades",
    "winrm",
)


@cache
def read_schema(name: str) -> dict[str, Any]:
    """Return one schema without references, as editors and the loader use it; treat it as read-only.

    Besides the JSON Schema vocabulary a schema may say ``x-expects`` (what to write here) and ``x-hint`` (what to
    do about a wrong value), both for messages, ``x-misplaced`` (what to do about a key that
    belongs elsewhere), and ``x-yaml: ansible`` (scalars below are YAML 1.1 values).

    Args:
        name: one of :data:`SCHEMAS`.

    Source: JSON Schema 2020-12.
    """
    schema = _read_json(name)
    shared = _read_json("common")["$defs"]
    whole: dict[str, Any] = _inline(schema, shared)
    return whole


@cache
def validator_for(name: str) -> Any:
    """Return the jsonschema validator of one schema: formats are checked, patterns match the whole text."""
    return _Validator(read_schema(name), format_checker=FormatChecker(formats=("date",)))


def _read_json(name: str) -> dict[str, Any]:
    text = files(__package__).joinpath("schema", f"{name}.json").read_text(encoding="utf-8")
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def _inline(value: Any, shared: dict[str, Any]) -> Any:
    """Write out ``common.json#/$defs/NAME``; what stands beside the reference wins over what it refers to."""
    if isinstance(value, list):
        return [_inline(item, shared) for item in value]
    if not isinstance(value, dict):
        return value
    inlined = {key: _inline(item, shared) for key, item in value.items() if key != "$ref"}
    if "$ref" in value:
        inlined = {**_inline(shared[value["$ref"].rpartition("/")[2]], shared), **inlined}
    return inlined


_compiled = cache(re.compile)


def _match_whole(_validator: Any, pattern: str, instance: object, _schema: Any) -> Any:
    # Every pattern of ours is anchored; Python's $ would still let a trailing line feed pass.
    if isinstance(instance, str) and not _compiled(pattern).fullmatch(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _differ(_validator: Any, wanted: bool, instance: object, _schema: Any) -> Any:
    # Our lists that must not repeat are lists of texts. Comparing anything else takes quadratic time, and that it
    # is no text is reported already.
    if wanted and isinstance(instance, list):
        texts = [item for item in instance if isinstance(item, str)]
        if len(set(texts)) < len(texts):
            yield ValidationError("an item is listed twice")


def _properties(validator: Any, properties: dict[str, Any], instance: object, _schema: Any) -> Any:
    if isinstance(instance, dict):
        for key, schema in properties.items():
            if key in instance and not accepts_text(schema, instance[key]):
                yield from validator.descend(instance[key], schema, path=key, schema_path=key)


def accepts_text(schema: dict[str, Any], value: object) -> bool:
    """Say that a schema accepts a text, when that is quickly seen; False means nothing.

    Most of a file is short texts, and asking a validator about each takes most of the time of loading it.
    """
    if not isinstance(value, str) or "format" in schema:
        return False
    if "enum" in schema:
        return value in schema["enum"]
    return (
        schema.get("type") == "string"
        and len(value) >= schema.get("minLength", 0)
        and len(value) <= schema.get("maxLength", len(value))
        and ("pattern" not in schema or _compiled(schema["pattern"]).fullmatch(value) is not None)
    )


def _required(_validator: Any, keys: list[str], instance: object, _schema: Any) -> Any:
    # One error for all that is missing; the standard keyword makes one for each.
    if isinstance(instance, dict) and not all(key in instance for key in keys):
        yield ValidationError("a key is missing")


_KEYWORDS = {
    "pattern": _match_whole,
    "properties": _properties,
    "required": _required,
    "uniqueItems": _differ,
}
_Validator = validators.extend(Draft202012Validator, _KEYWORDS)  # type: ignore[no-untyped-call]
