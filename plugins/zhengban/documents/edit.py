# SPDX-License-Identifier: Apache-2.0
"""Editing YAML that people wrote: one value changes, and layout, comments and everything else stay.

Text in, text out. What comes back is read again and compared: it is the document that was there with exactly the change
asked for, or the edit is refused. Source: DESIGN 2, 8.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeGuard

from zhengban.model.errors import InputError, Problem

from .document import show_path
from .spans import Span, read_spans
from .splice import Splice, Splicer, apply_splices
from .yamlline import Value, plain_text
from .yamltext import BYTE_ORDER_MARK, Node, Scalar, parse_yaml, read_text
from .yamltext import Mapping as MappingNode

Path_ = Sequence[str | int]


def read_editable(path: Path, *, shown_as: str) -> str:
    """Read a file as it is, byte order mark included, so that an edit of it can be written back.

    Args:
        path: the file.
        shown_as: its name in messages, relative to the workspace.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    text = read_text(path, shown_as=shown_as, keep_mark=True)
    if isinstance(text, Problem):
        raise InputError([text])
    return text


def set_value(text: str, path: Path_, value: Value | None, *, shown_as: str = "the text") -> str:
    """Set the value at a path, such as ``("computers", 3, "identity")``.

    Args:
        text: the document; it may have a byte order mark and line ends of any kind.
        path: keys and indexes (from 0). Keys that are missing on the way are added, items are not.
        value: what it is from now on; of a mapping or list only the parts that differ are written. ``None`` removes
            the key or the item, with nothing to do when it is not there.
        shown_as: the name of the document's file in messages.

    Returns:
        The text; as it was when it already says so.

    Raises:
        InputError: the text is not YAML, the path leads nowhere, or the value cannot be changed without touching
            something else (an alias, a comment inside of what goes).
    """
    return _Edit(text, shown_as).set([(path, value)])


def set_values(text: str, changes: Iterable[tuple[Path_, Value | None]], *, shown_as: str = "the text") -> str:
    """Set several values that have no part in common, each as :func:`set_value` does; cheaper than one by one."""
    return _Edit(text, shown_as).set(changes)


def append_item(text: str, path: Path_, item: Value, *, shown_as: str = "the text") -> str:
    """Append an item to the list at a path; a key that is missing or empty becomes a list. Otherwise as
    :func:`set_value`."""
    return append_items(text, path, [item], shown_as=shown_as)


def append_items(text: str, path: Path_, items: Sequence[Value], *, shown_as: str = "the text") -> str:
    """Append several items, each as :func:`append_item` does; cheaper than one by one."""
    edit = _Edit(text, shown_as)
    plain = edit.plain_at(path)
    if plain and not isinstance(plain, list):
        edit.refuse(path, "is not a list", "look at what stands there")
    return edit.set([(path, [*plain, *items])])


class _Edit:
    """One text to edit."""

    def __init__(self, text: str, shown_as: str) -> None:
        self._mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
        self._text = text.removeprefix(BYTE_ORDER_MARK)
        self._shown_as = shown_as
        root, problems = parse_yaml(self._text, shown_as=shown_as)
        if root is None or problems:
            raise InputError(problems)
        self._plain = _texts(root)
        self._root = read_spans(self._text)
        self._splicer = Splicer(self._text)

    def plain_at(self, path: Path_) -> Any:
        """What stands at a path, every scalar as its text; "" where nothing does."""
        plain = self._plain
        for step in path:
            known = plain.keys() if isinstance(plain, dict) else range(len(plain) if isinstance(plain, list) else 0)
            if step not in known:
                return ""
            plain = plain[step]
        return plain

    def set(self, changes: Iterable[tuple[Path_, Value | None]]) -> str:
        splices: list[Splice] = []
        expected = self._plain
        path: Path_ = ()
        for path, value in changes:
            found = self._splices(path, value)
            splices += found
            expected = _changed(expected, path, value) if found else expected
        if not splices:
            return self._mark + self._text
        edited = apply_splices(self._text, splices)
        root, problems = parse_yaml(edited, shown_as=self._shown_as)
        if root is None or problems or _texts(root) != expected:
            self.refuse(path, "cannot be changed without touching something else", "make the change by hand")
        if _comments(self._text) - _comments(edited):
            self.refuse(path, "a comment stands inside of what would go", "make the change by hand")
        return self._mark + edited

    def refuse(self, path: Path_, message: str, hint: str = "") -> NoReturn:
        """Say why not, at the place that the path leads to as far as it leads."""
        span = self._root
        for step in path:
            if (place := span.find(step)) < 0:
                break
            span = span.entries[place].value
        before = self._text[: span.start]
        raise InputError(
            [
                Problem(
                    file=self._shown_as,
                    line=before.count("\n") + 1,
                    column=len(before) - before.rfind("\n"),
                    path=show_path(path),
                    message=message,
                    hint=hint,
                )
            ]
        )

    def _splices(self, path: Path_, value: Value | None) -> list[Splice]:
        span, plain, holder = self._root, self._plain, None
        for depth, step in enumerate(path):
            place = span.find(step)
            if place < 0:
                return self._add(span, holder, path, depth, value)
            if value is None and depth + 1 == len(path):
                if len(span.entries) > 1:
                    return self._splicer.remove(span, place)
                return self._splicer.replace(span, {} if span.kind == "mapping" else [], holder)
            span, plain, holder = span.entries[place].value, plain[step], span
        if value is None:
            self.refuse(path, "is the whole document", "remove the file instead")
        return self._change(span, plain, value, holder)

    def _add(self, span: Span, holder: Span | None, path: Path_, depth: int, value: Value | None) -> list[Splice]:
        """Splices for a path whose step at ``depth`` is not there."""
        if value is None:
            return []
        if span.kind == "alias":
            self.refuse(path, "stands for what is written elsewhere (*)", "write the value itself here first")
        first, *rest = path[depth:]
        is_empty = span.kind == "scalar" and span.start == span.end
        if not (span.kind == "mapping" or is_empty) or any(isinstance(step, int) for step in (first, *rest)):
            self.refuse(path, f"there is no {show_path(path[: depth + 1])}", "look at what the file holds")
        for step in reversed(rest):
            value = {str(step): value}
        added = {str(first): value}
        return self._splicer.add_keys(span, added) if span.entries else self._splicer.replace(span, added, holder)

    def _change(self, span: Span, plain: Any, value: Value, holder: Span | None) -> list[Splice]:
        """Splices that turn what is written into another value, by its parts where it keeps them."""
        if plain == _plain_of(value):
            return []
        splices: list[Splice] = []
        if span.kind == "mapping" and isinstance(value, Mapping) and plain and plain.keys() <= value.keys():
            for entry in span.entries:
                key = str(entry.key)
                splices += self._change(entry.value, plain[key], value[key], span)
            added = {key: item for key, item in value.items() if key not in plain}
            return splices + (self._splicer.add_keys(span, added) if added else [])
        if span.kind == "list" and _is_list(value) and plain and len(plain) <= len(value):
            for entry, old, new in zip(span.entries, plain, value, strict=False):
                splices += self._change(entry.value, old, new, span)
            added_items = value[len(plain) :]
            return splices + (self._splicer.add_items(span, added_items) if added_items else [])
        return self._splicer.replace(span, value, holder)


def _is_list(value: Value) -> TypeGuard[Sequence[Value]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _texts(node: Node) -> Any:
    """Dicts, lists and texts of a node."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, MappingNode):
        return {key: _texts(item) for key, item in node.items.items()}
    return [_texts(item) for item in node.items]


def _plain_of(value: Value) -> Any:
    """A value as it reads back: dicts, lists and texts."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {key: _plain_of(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_plain_of(item) for item in value]
    return plain_text(value)


def _changed(plain: Any, path: Sequence[str | int], value: Value | None) -> Any:
    """The document as it is to be."""
    if not path:
        return _plain_of(value) if value is not None else None
    step, rest = path[0], path[1:]
    changed: Any = list(plain) if isinstance(plain, list) else dict(plain or {})
    if value is None and not rest:
        del changed[step]
    else:
        changed[step] = _changed(changed[step] if isinstance(step, int) else changed.get(step, ""), rest, value)
    return changed


def _comments(text: str) -> Counter[str]:
    """The lines that are comments, or look so inside of a text of several lines."""
    return Counter(line.strip() for line in text.splitlines() if line.lstrip().startswith("#"))
