# SPDX-License-Identifier: Apache-2.0
"""Plain values from YAML nodes: the schema, not the look of a text, decides what is a number or a boolean."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import yaml

from .yamltext import Mapping, Node, Scalar

# Eighteen digits fit every count and port here and keep int() of a hostile text short.
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?")


class _Yaml11(yaml.constructor.SafeConstructor, yaml.resolver.Resolver):
    def __init__(self) -> None:
        yaml.constructor.SafeConstructor.__init__(self)
        yaml.resolver.Resolver.__init__(self)


_YAML11 = _Yaml11()


def to_plain(node: Node, schema: dict[str, Any]) -> Any:
    """Turn a node into dicts, lists and scalars as its schema asks.

    Args:
        node: the node; keys the schema does not know are kept, as text, for the validator to refuse.
        schema: a schema without references.

    Returns:
        str, int (type ``integer``), Decimal (type ``number``), bool (type ``boolean``), dict and list. A text
        that is quoted, or does not look like the type asked for, stays text: the validator says so at its
        place. Below ``x-yaml: ansible`` plain scalars are YAML 1.1 values instead.
    """
    if schema.get("x-yaml") == "ansible":
        return _to_ansible(node)
    if isinstance(node, Scalar):
        return _to_scalar(node, schema.get("type", "string")) if node.plain else node.text
    if isinstance(node, Mapping):
        properties: dict[str, Any] = schema.get("properties", {})
        others = schema.get("additionalProperties") or {}
        return {key: to_plain(value, properties.get(key, others)) for key, value in node.items.items()}
    items = schema.get("items", {})
    return [to_plain(item, items) for item in node.items]


def _to_scalar(node: Scalar, types: str | list[str]) -> Any:
    if types == "string":
        return node.text
    if "integer" in types and _WHOLE.fullmatch(node.text):
        return int(node.text)
    if "number" in types and _NUMBER.fullmatch(node.text):
        return Decimal(node.text)
    if "boolean" in types and node.text in ("true", "false"):
        return node.text == "true"
    return node.text


def _to_ansible(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {key: _to_ansible(value) for key, value in node.items.items()}
    if not isinstance(node, Scalar):
        return [_to_ansible(item) for item in node.items]
    if not node.plain:
        return node.text
    tag = _YAML11.resolve(yaml.ScalarNode, node.text, (True, False))  # type: ignore[no-untyped-call]
    try:
        return _YAML11.construct_object(yaml.ScalarNode(tag, node.text))
    except (yaml.YAMLError, ValueError):
        # Such as the month 13 of something that looks like a date: not a value of its type, so it is text.
        return node.text
