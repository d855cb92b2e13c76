# SPDX-License-Identifier: Apache-2.0
"""YAML text as a tree of nodes that know their place; the one YAML reader of policies and register.

Every scalar is text: what is a number, a date or a boolean is decided later, by the document's schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import yaml

from zhengban.model.errors import Problem

from .syntax import reader_problem, syntax_problem

MAX_DEPTH = 50
MAX_NODES = 5_000_000
# Anchors are for a few repeated lines; what they unfold to is bounded apart: an alias bomb stops early.
MAX_UNFOLDED = 100_000
# Nobody reads more; without an end a large file of something else would take minutes to describe.
MAX_PROBLEMS = 1000

BYTE_ORDER_MARK = "\ufeff"

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# A value with one of these tags is the text that is written; any other tag asks for a type we do not have.
_TEXT_TAGS = frozenset({"!", "!vault", "tag:yaml.org,2002:str"})


class Scalar:
    """A text; ``plain`` when it is written without quotes, so that a schema may read it as a number."""

    __slots__ = ("column", "line", "plain", "text")

    def __init__(self, text: str, plain: bool, line: int, column: int) -> None:
        self.text = text
        self.plain = plain
        self.line = line
        self.column = column


class Sequence:
    """A list; ``size`` counts the nodes it unfolds to, itself included."""

    __slots__ = ("column", "items", "line", "size")

    def __init__(self, line: int, column: int) -> None:
        self.items: list[Node] = []
        self.size = 1
        self.line = line
        self.column = column


class Mapping:
    """A mapping in the order written; ``keys`` holds the places of the keys."""

    __slots__ = ("column", "items", "keys", "line", "size")

    def __init__(self, line: int, column: int) -> None:
        self.items: dict[str, Node] = {}
        self.keys: dict[str, Scalar] = {}
        self.size = 1
        self.line = line
        self.column = column


Node = Scalar | Sequence | Mapping


def too_many_problems(shown_as: str) -> Problem:
    """What is said instead of the problems after the first :data:`MAX_PROBLEMS` of a file."""
    message = f"has more than {MAX_PROBLEMS} problems; the rest is not listed"
    return Problem(file=shown_as, message=message, hint="is it the right file?")


class _StopReading(Exception):
    """The document cannot be read further; the reason is the last problem."""


def read_text(path: Path, *, shown_as: str, keep_mark: bool = False) -> str | Problem:
    """Read a file as UTF-8 text without its byte order mark, or say why it cannot be.

    Args:
        path: the file.
        shown_as: its name in messages, relative to the workspace.
        keep_mark: leave a byte order mark in the text, which is then exactly what the file holds.
    """
    try:
        raw = path.read_bytes()
    except OSError as err:
        return Problem(file=shown_as, message=f"cannot be read: {err.strerror or err}")
    try:
        return raw.decode("utf-8" if keep_mark else "utf-8-sig")
    except UnicodeDecodeError as err:
        before = raw[: err.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        message = f"not UTF-8: byte 0x{raw[err.start]:02X}"
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            message = "not UTF-8; it looks like UTF-16"
        elif _looks_like_gbk(raw):
            message = "not UTF-8; it looks like GBK"
        return Problem(file=shown_as, line=line, column=column, message=message, hint="save the file as UTF-8")


def parse_yaml(text: str, *, shown_as: str) -> tuple[Node | None, tuple[Problem, ...]]:
    """Read one YAML document.

    Args:
        text: the document.
        shown_as: the name of its file in messages.

    Returns:
        The root node, and what is wrong in the order found. The node is ``None`` when the text is not YAML,
        is empty or passes a bound; repeated keys, tags and keys that are no text leave a node.

    Source: YAML 1.1 as libyaml reads it; DESIGN 2 "YAML rules".
    """
    builder = _Builder(text, shown_as)
    try:
        return builder.build(), tuple(builder.problems)
    except yaml.MarkedYAMLError as err:
        builder.problems.append(syntax_problem(err, text, shown_as=shown_as))
    except yaml.reader.ReaderError as err:
        builder.problems.append(reader_problem(err, text, shown_as=shown_as))
    except _StopReading:
        pass
    return None, tuple(builder.problems)


class _Builder:
    def __init__(self, text: str, shown_as: str) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._shown_as = shown_as
        self._anchors: dict[str, Node | None] = {}
        self._nodes = 0
        self._unfolded = 0
        self.problems: list[Problem] = []

    def build(self) -> Node | None:
        root: Node | None = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop(event, "a second document starts here", "keep one document to a file: remove the ---")
            elif isinstance(event, yaml.NodeEvent):
                root = self._node(event, 1)
        if root is None:
            self.problems.append(Problem(file=self._shown_as, message="the file is empty"))
        return root

    def report(self, line: int, column: int, message: str, hint: str = "") -> None:
        if len(self.problems) == MAX_PROBLEMS:
            self.problems.append(too_many_problems(self._shown_as))
            raise _StopReading
        problem = Problem(file=self._shown_as, line=line, column=column, message=message, hint=hint)
        self.problems.append(problem)

    def _stop(self, event: Any, message: str, hint: str) -> NoReturn:
        self.report(event.start_mark.line + 1, event.start_mark.column + 1, message, hint)
        raise _StopReading

    def _node(self, event: Any, depth: int) -> Node:
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._stop(event, f"more than {MAX_NODES} values in one file", "split the file")
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            self.report(line, column, f"the tag {event.tag!r} is not used here", "remove it; the key decides the type")
        if isinstance(event, yaml.ScalarEvent):
            scalar = Scalar(event.value, event.style in (None, ""), line, column)
            if event.anchor is not None:
                self._anchors[event.anchor] = scalar
            return scalar
        if depth > MAX_DEPTH:
            self._stop(event, f"nested more than {MAX_DEPTH} deep", "no document of this project is")
        # Until the collection is complete its anchor stands for nothing: an alias inside it would never end.
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        node = (
            self._sequence(line, column, depth)
            if isinstance(event, yaml.SequenceStartEvent)
            else self._mapping(line, column, depth)
        )
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _sequence(self, line: int, column: int, depth: int) -> Sequence:
        node = Sequence(line, column)
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            item = self._node(event, depth + 1)
            node.items.append(item)
            node.size += _size(item)
        return node

    def _mapping(self, line: int, column: int, depth: int) -> Mapping:
        node = Mapping(line, column)
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            node.size += 1 + _size(value)
            if not isinstance(key, Scalar):
                self.report(key.line, key.column, "a key must be a text", "quote it if it starts with [ or {")
            elif key.text in node.items:
                first = node.keys[key.text].line
                self.report(
                    key.line,
                    key.column,
                    f"the key {key.text!r} is written twice, first in line {first}",
                    "keep one of them",
                )
            else:
                node.items[key.text] = value
                node.keys[key.text] = key
        return node

    def _alias(self, event: Any) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            inside = event.anchor in self._anchors
            self._stop(
                event,
                f"the alias *{event.anchor} " + ("stands inside its own anchor" if inside else "has no anchor"),
                "write the value itself; a text that starts with * needs quotes",
            )
        self._unfolded += _size(node)
        if self._unfolded > MAX_UNFOLDED:
            self._stop(event, f"aliases unfold to more than {MAX_UNFOLDED} values", "write the values themselves")
        return node


def _size(node: Node) -> int:
    return 1 if isinstance(node, Scalar) else node.size


def _looks_like_gbk(raw: bytes) -> bool:
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        return False
    # Most Latin-1 text decodes too, but into rare characters; Chinese text is full of the common ones.
    return any("\u4e00" <= character <= "\u9fa5" for character in text)
