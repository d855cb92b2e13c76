# SPDX-License-Identifier: Apache-2.0
"""Schema errors as sentences for the person who wrote the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from jsonschema.exceptions import ValidationError

from zhengban.model.errors import Problem

from .suggestion import suggest

MakeProblem = Callable[..., Problem]

_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "keys with values",
    "string": "a text",
}


def explain_error(error: ValidationError, problem: MakeProblem) -> Iterator[Problem]:
    """Turn one jsonschema error into problems: one for each unknown key or repeated item, else one.

    Args:
        error: as the validator yields it.
        problem: makes a problem at a path, as :meth:`zhengban.documents.document.Document.problem` does.
    """
    path = tuple(error.absolute_path)
    schema: Any = error.schema
    value: Any = error.instance
    advice: str = schema.get("x-hint", "")
    match error.validator:
        case "additionalProperties":
            known = schema.get("properties", {})
            for key in value:
                if key not in known:
                    hint = schema.get("x-misplaced", {}).get(key) or advice or suggest(key, set(known) - set(value))
                    yield problem((*path, key), f"unknown key {key!r}", hint, at_key=True)
        case "required":
            missing = [repr(key) for key in schema["required"] if key not in value]
            are, them = ("is", "it") if len(missing) == 1 else ("are", "them")
            yield problem(path, f"{', '.join(missing)} {are} missing", f"add {them}")
        case "enum":
            choices = ", ".join(schema["enum"])
            near = suggest(value, schema["enum"]) if isinstance(value, str) else ""
            hint = advice or (near if near.endswith("?") else "")
            yield problem(path, f"{_shown(value, path)} is not one of {choices}", hint)
        case "minItems" | "minProperties":
            yield problem(path, "nothing is listed here", "list something, or remove the key")
        case "uniqueItems":
            seen: set[str] = set()
            for index, item in enumerate(value):
                if isinstance(item, str) and item in seen:
                    yield problem((*path, index), f"{_shown(item, path)} is listed twice", "keep one of them")
                elif isinstance(item, str):
                    seen.add(item)
        case _:
            message = f"expected {_expected(schema)}, not {_shown(value, path)}"
            yield problem(path, message, advice or _quoting(schema, value))


def _expected(schema: dict[str, Any]) -> str:
    if "x-expects" in schema:
        return str(schema["x-expects"])
    types = schema.get("type", "string")
    words = " or ".join(_TYPES[name] for name in ([types] if isinstance(types, str) else types))
    if "minimum" in schema:
        words += f" from {schema['minimum']}" + (f" to {schema['maximum']}" if "maximum" in schema else "")
    if "maxLength" in schema:
        words += f" of at most {schema['maxLength']} characters"
    return words


def _shown(value: Any, path: tuple[str | int, ...]) -> str:
    if isinstance(value, dict):
        return "keys with values"
    if isinstance(value, list):
        return "a list"
    if value is None or value == "":
        return "nothing"
    if "serials" in path:
        return "what is written"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    text = repr(value) if isinstance(value, str) else f"{value} ({type(value).__name__})"
    return text if len(text) <= 80 else f"{text[:77]}…'"


def _quoting(schema: dict[str, Any], value: Any) -> str:
    types = schema.get("type", "string")
    if types == "string" and not isinstance(value, str | dict | list):
        return "quote it to keep it a text"
    if isinstance(value, str) and value.strip().isdigit() and ("integer" in types or "number" in types):
        return "write it without quotes and without leading zeros"
    return ""
