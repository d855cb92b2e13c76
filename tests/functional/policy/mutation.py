# SPDX-License-Identifier: Apache-2.0
"""Broken policy files as people and hostile authors make them: first the structure is damaged, then the text.

A mutant follows from its number, so that a failing one can be made again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import yaml

Path = tuple[Any, ...]

TEXTS = (
    "",
    "~",
    "no",
    "22:30",
    "0012345",
    "2.10",
    "-1",
    "1e400",
    "9" * 400,
    ".inf",
    "2026-13-45",
    "0001-01-01",
    "*",
    "?*",
    ">=1, <",
    ">=1:2:3",
    "**********",
    "../../etc/passwd",
    "bases/../baseline.yml",
    "<<",
    "=cmd|' /C calc'!A0",
    "a" * 5000,
    "财" * 300,
    "财务处\u200b",
    "ＷＰＳ",
    "e\u0301",
    "\u202eyrtne",
    "\ufeffname",
    "\U0001f600",
    "a\u2028b",
    "\ufffe",
    "a\x85b",
    "a\nb",
)
"""Values where a name, number, date or range belongs."""


def mutate(text: str, number: int) -> bytes:
    """Make the mutant of this number from a policy file."""
    source = random.Random(f"zhengban {number}")
    if source.random() < 0.7:
        text = _damage_structure(text, source)
    raw = text.encode("utf-8")
    for _damage in range(source.choice((0, 1, 1, 2))):
        raw = source.choice(DAMAGES)(raw, source)
    return raw


def _damage_structure(text: str, source: random.Random) -> str:
    # BaseLoader: every value a text, as it is written.
    root = yaml.load(text, Loader=yaml.BaseLoader)
    for _damage in range(source.randrange(1, 4)):
        places = _places(root)
        if not places:
            break
        holder, step = source.choice(places)
        source.choice(CHANGES)(holder, step, source)
    return yaml.dump(root, allow_unicode=True, sort_keys=False, width=source.choice((40, 200)))


def _places(root: Any) -> list[tuple[Any, Any]]:
    """Every (collection, key or index) of a document."""
    found = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        steps = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        found += [(node, step) for step in steps]
        waiting += [node[step] for step in steps]
    return found


def _drop(holder: Any, step: Any, source: random.Random) -> None:
    del holder[step]


def _rename(holder: Any, step: Any, source: random.Random) -> None:
    if isinstance(holder, dict):
        key = source.choice((step[:-1], step + "s", step.upper(), step + "\u200b", " ", "__proto__", "name"))
        holder[key] = holder.pop(step)


def _retype(holder: Any, step: Any, source: random.Random) -> None:
    value = holder[step]
    holder[step] = source.choice(([value], {"name": value}, [], {}, [[value]], [value, value], {"": value}))


def _retext(holder: Any, step: Any, source: random.Random) -> None:
    holder[step] = source.choice(TEXTS)


def _repeat(holder: Any, step: Any, source: random.Random) -> None:
    # The same object twice: the writer makes an anchor and an alias of it.
    if isinstance(holder, list):
        holder.insert(source.randrange(len(holder) + 1), holder[step])
    else:
        holder[source.choice(list(holder))] = holder[step]


def _deepen(holder: Any, step: Any, source: random.Random) -> None:
    for _level in range(source.choice((3, 40, 60))):
        holder[step] = [holder[step]] if source.random() < 0.5 else {"a": holder[step]}


CHANGES: tuple[Callable[[Any, Any, random.Random], None], ...] = (
    _drop,
    _rename,
    _retype,
    _retext,
    _retext,
    _repeat,
    _deepen,
)


def _truncate(raw: bytes, source: random.Random) -> bytes:
    return raw[: source.randrange(len(raw) + 1)]


def _insert(raw: bytes, source: random.Random) -> bytes:
    what = source.choice(
        (b"\t", b"\0", b"\x07", b"\x1b[31m", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xe2\x80\xa8")
        + (b"&a ", b"*a ", b"!!int ", b"!!python/object:os.system ", b"? ", b": ", b"- ", b"[", b"}", b"'", b'"', b"#")
        + (b"|", b">-", b"%", b"@", b"`", b"\r", b"\n---\n", b"\n...\n", b"%YAML 9.9\n---\n", b"<<: *a\n")
    )
    at = source.randrange(len(raw) + 1)
    return raw[:at] + what + raw[at:]


def _other_encoding(raw: bytes, source: random.Random) -> bytes:
    text = raw.decode("utf-8", "replace")
    return text.encode(source.choice(("gb18030", "utf-16", "utf-16-be", "utf-32", "utf-8-sig")))


def _lines(raw: bytes, source: random.Random) -> bytes:
    lines = raw.splitlines(keepends=True)
    if lines:
        at = source.randrange(len(lines))
        change = source.choice(("twice", "gone", "tab", "deeper", "moved"))
        line = lines.pop(at) if change in ("gone", "moved") else lines[at]
        if change == "twice":
            lines.insert(at, line)
        elif change == "moved":
            lines.insert(source.randrange(len(lines) + 1), line)
        elif change in ("tab", "deeper"):
            lines[at] = (b"\t" if change == "tab" else b" " * source.randrange(1, 9)) + line
    return b"".join(lines)


def _line_ends(raw: bytes, source: random.Random) -> bytes:
    return raw.replace(b"\n", source.choice((b"\r\n", b"\r", b"\n\n")))


def _anchor(raw: bytes, source: random.Random) -> bytes:
    """An anchor before one value, and an alias in the place of another, perhaps before it, perhaps inside it."""
    starts = [at + 2 for at in range(len(raw)) if raw[at : at + 2] in (b": ", b"- ")]
    if len(starts) < 2:
        return raw
    first, second = sorted(source.sample(starts, 2))
    if source.random() < 0.2:
        return raw[:first] + b"*x " + raw[first:second] + b"&x " + raw[second:]
    end = raw.find(b"\n", second)
    return raw[:first] + b"&x " + raw[first:second] + b"*x" + (raw[end:] if end >= 0 else b"")


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _truncate,
    _insert,
    _insert,
    _insert,
    _other_encoding,
    _lines,
    _lines,
    _line_ends,
    _anchor,
    _anchor,
)
