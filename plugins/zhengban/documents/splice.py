# SPDX-License-Identifier: Apache-2.0
"""The pieces of a YAML text that a change replaces, in the style of what stands around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeGuard

from .spans import Span
from .yamlline import Value, inline, scalar


class Splice(NamedTuple):
    """``text[start:end]`` becomes ``text``."""

    start: int
    end: int
    text: str


def apply_splices(text: str, splices: Iterable[Splice]) -> str:
    """The text with every splice made; of two at one place the one named first comes first."""
    pieces: list[str] = []
    done = 0
    # By start alone: what is inserted at one place keeps the order it was asked for in.
    for splice in sorted(splices, key=lambda splice: splice.start):
        pieces += text[done : splice.start], splice.text
        done = max(done, splice.end)
    return "".join([*pieces, text[done:]])


class Splicer:
    """Splices for one text. Whether they say what was meant is for the caller to read back."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def replace(self, span: Span, value: Value, holder: Span | None) -> list[Splice]:
        """Write another value where one stands; ``holder`` is the mapping or list it stands in."""
        lead = len(self._text[: span.start].rstrip())
        follows_mark = self._text[lead - 1 : lead] in (":", "-", "?")
        if _is_rows(value) and follows_mark and holder is not None and holder.kind == "mapping" and not holder.is_flow:
            end = self._line_end(span.end)
            return [Splice(lead, span.end, ""), Splice(end, end, self._rows(value, self._indent(holder.start)))]
        written = inline(value)
        if not follows_mark or span.is_flow or (span.kind == "scalar" and span.start < span.end):
            return [Splice(span.start, span.end, written)]
        # Nothing, or a block on the lines below: the value goes behind the mark.
        return [Splice(lead, span.end, f" {written}")]

    def add_keys(self, span: Span, added: Mapping[str, Value]) -> list[Splice]:
        """Add keys at the end of a mapping that has some."""
        if span.is_flow:
            return self._extend_flow(span, [f"{scalar(key)}: {inline(value)}" for key, value in added.items()])
        indent = self._indent(span.start)
        end = self._line_end(span.end)
        lines = [f"{self._newline}{indent}{self._entry(key, value, indent)}" for key, value in added.items()]
        return [Splice(end, end, "".join(lines))]

    def add_items(self, span: Span, items: Sequence[Value]) -> list[Splice]:
        """Add items at the end of a list that has some."""
        if span.is_flow:
            return self._extend_flow(span, [inline(item) for item in items])
        end = self._line_end(span.end)
        return [Splice(end, end, self._rows(items, self._indent(span.start), like=span))]

    def remove(self, span: Span, place: int) -> list[Splice]:
        """Remove one of several entries."""
        return self._remove_flow(span, place) if span.is_flow else self._remove_block(span, place)

    def _extend_flow(self, span: Span, written: list[str]) -> list[Splice]:
        last = span.entries[-1]
        end = last.value.end
        line = self._line_start(last.start)
        # One entry to a line in a list that is laid out so.
        is_laid_out = line > span.start and span.kind == "list" and not self._text[line : last.start].strip()
        has_comma = self._text[end : span.end - 1].lstrip().startswith(",")
        if not is_laid_out:
            return [Splice(end, end, "".join(f", {item}" for item in written))]
        lead = self._newline + self._text[line : last.start]
        stop = self._line_end(end)
        rows = ",".join(lead + item for item in written) + ("," if has_comma else "")
        return [Splice(end, end, "" if has_comma else ","), Splice(stop, stop, rows)]

    def _rows(self, items: Sequence[Value], indent: str, *, like: Span | None = None) -> str:
        """Items as lines of a block list, a line break before each, laid out as the last ones of the list they join."""
        last = like.entries[-1] if like else None
        blank = ""
        if like and last and len(like.entries) > 1:
            between = self._text[like.entries[-2].value.end : last.start].split("\n")
            blank = self._newline if any(not line.strip() for line in between[1:-1]) else ""
        is_open = last is not None and last.value.kind == "mapping" and not last.value.is_flow
        rows = []
        for item in items:
            if is_open and isinstance(item, Mapping) and item:
                inner = f"{self._newline}{indent}  "
                written = inner.join(self._entry(key, value, f"{indent}  ") for key, value in item.items())
            else:
                written = inline(item)
            rows.append(f"{blank}{self._newline}{indent}- {written}")
        return "".join(rows)

    def _entry(self, key: str, value: Value, indent: str) -> str:
        if _is_rows(value):
            return f"{scalar(key)}:{self._rows(value, indent)}"
        return f"{scalar(key)}: {inline(value)}"

    def _remove_flow(self, span: Span, place: int) -> list[Splice]:
        entry = span.entries[place]
        before = span.entries[place - 1] if place else None
        after = span.entries[place + 1] if place + 1 < len(span.entries) else None
        end = entry.value.end
        if after and "#" not in self._text[end : after.start]:
            return [Splice(entry.start, after.start, "")]
        if before and "#" not in self._text[before.value.end : entry.start]:
            return [Splice(before.value.end, end, "")]
        # Comments on both sides stay where they are; the comma between them goes along.
        has_comma = self._text[end:].lstrip().startswith(",")
        return [Splice(entry.start, self._text.index(",", end) + 1 if has_comma else end, "")]

    def _remove_block(self, span: Span, place: int) -> list[Splice]:
        entry = span.entries[place]
        start = self._dash(span, place) if span.kind == "list" else entry.start
        line = self._line_start(start)
        if self._text[line:start].strip():
            # The first of a row, behind its dash: the next takes its place.
            return [Splice(start, span.entries[place + 1].start, "")]
        if line == 0:
            return [Splice(0, self._text.find("\n", entry.value.end) + 1, "")]
        return [Splice(self._line_end(line - 1), self._line_end(entry.value.end), "")]

    def _dash(self, span: Span, place: int) -> int:
        if place == 0:
            return span.start
        entry, before = span.entries[place], span.entries[place - 1]
        found = self._text.find(f"\n{self._indent(span.start)}-", before.value.end, entry.start)
        return found + 1 + self._column(span.start) if found >= 0 else entry.start

    def _line_start(self, at: int) -> int:
        return self._text.rfind("\n", 0, at) + 1

    def _line_end(self, at: int) -> int:
        end = self._text.find("\n", at)
        return len(self._text) if end < 0 else end - (self._text[end - 1 : end] == "\r")

    def _column(self, at: int) -> int:
        return at - self._line_start(at)

    def _indent(self, at: int) -> str:
        return " " * self._column(at)


def _is_rows(value: Value) -> TypeGuard[Sequence[Value]]:
    """Whether a value is a list of mappings: those read better one to a line."""
    return (
        isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(item, Mapping) for item in value)
    )
