# SPDX-License-Identifier: Apache-2.0
"""Where every value of a YAML text stands, in characters: what an edit needs to touch nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec
import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Span(msgspec.Struct, kw_only=True, gc=False):
    """A value as it is written: ``text[start:end]``.

    ``entries`` are those of a list or mapping, in the order written. A block collection ends where its last entry
    does, before any comment that follows; a block scalar ends before its last line break.
    """

    kind: Literal["scalar", "list", "mapping", "alias"]
    start: int
    end: int
    is_flow: bool = False
    text: str = ""
    entries: list[Entry] = []

    def find(self, key: str | int) -> int:
        """The place of a key or index among the entries, -1 when it is not there."""
        wanted = "mapping" if isinstance(key, str) else "list"
        if self.kind != wanted:
            return -1
        return next((place for place, entry in enumerate(self.entries) if entry.key == key), -1)


class Entry(msgspec.Struct, kw_only=True, gc=False):
    """A key with its value, or an item with its index; ``start`` is where the key, or the item, begins."""

    key: str | int
    start: int
    value: Span


def read_spans(text: str) -> Span:
    """Read the spans of a text that :func:`zhengban.documents.yamltext.parse_yaml` finds nothing wrong with."""
    events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
    root = next(event for event in events if isinstance(event, yaml.NodeEvent))
    return _span(root, events, text)


def _span(event: Any, events: Iterator[Any], text: str) -> Span:
    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, yaml.AliasEvent):
        return Span(kind="alias", start=start, end=end)
    if isinstance(event, yaml.ScalarEvent):
        if event.style in ("|", ">"):
            end = len(text[:end].removesuffix("\n").removesuffix("\r"))
        return Span(kind="scalar", start=start, end=end, text=event.value)
    entries: list[Entry] = []
    is_list = isinstance(event, yaml.SequenceStartEvent)
    for inner in events:
        if isinstance(inner, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            mark: Any = inner.end_mark
            end = mark.index if event.flow_style or not entries else entries[-1].value.end
            break
        first = _span(inner, events, text)
        value = first if is_list else _span(next(events), events, text)
        entries.append(Entry(key=len(entries) if is_list else first.text, start=first.start, value=value))
    kind: Literal["list", "mapping"] = "list" if is_list else "mapping"
    return Span(kind=kind, start=start, end=end, is_flow=bool(event.flow_style), entries=entries)
