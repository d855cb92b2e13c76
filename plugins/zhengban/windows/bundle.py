# SPDX-License-Identifier: Apache-2.0
"""What the collector for Windows has written: the answers that a connection would have given, as one text.

The reader is the one of hosts that are asked (:mod:`.reading`): here its questions find the answers written down.
``collector.cmd`` asks what that reader asks. Source: DESIGN 3 (offline machines).
"""

from __future__ import annotations

import codecs
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from zhengban.model.errors import FactsError

from .cmdline import split_line
from .document import facts_document
from .reading import Registry, ask_programs, read_software, read_system
from .shell import NoSuchCommand, Ran

FORMAT = "zhengban.windows/1"
_HEAD = re.compile(rb"zhengban\.windows/1 ([0-9-]{7,40})\s*\r?\n")
_OEM = re.compile(rb"OEMCP\s+REG_SZ\s+([0-9]{3,5})")
_CLOCK = "ZHENGBAN_CLOCK"
_ZONE = r"HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation"
_STYLE = r"HKCU\Control Panel\International"
_NUMBERS = re.compile(r"[0-9]+")

Question = tuple[str, ...]


def collector_script() -> bytes:
    """The collector, with the line ends that cmd.exe wants."""
    text = (files("zhengban.windows") / "collector.cmd").read_text(encoding="ascii")
    return text.replace("\n", "\r\n").encode("ascii")


def is_bundle(content: bytes) -> bool:
    """Whether a file begins like one of the collector for Windows."""
    return content.startswith(FORMAT.encode("ascii") + b" ")


def read_bundle(content: bytes) -> dict[str, Any]:
    """The facts document of a bundle, as plain values.

    Raises:
        FactsError: it was cut off, is not what the collector writes, or its clock cannot be read.
    """
    answers = dict(_answers(content))
    shell = _Answers(answers)
    programs = ask_programs(shell)
    registry = Registry(shell, programs)
    reading = read_software(registry, programs, read_system(registry, programs))
    # The collector asks nothing about a guard.
    return facts_document(reading, guard={}, now=_moment(registry, programs.environment))


class _Answers:
    """A shell whose commands all ran before, on that machine."""

    place = "bundle/"

    def __init__(self, answers: Mapping[Question, Ran]) -> None:
        self._answers = answers
        self._asked: dict[str, Ran] = {}

    def start(self, line: str, *, through_cmd: bool = False, stdin: bytes = b"") -> str:  # noqa: ARG002
        words = _question(line)
        # What nobody asked there is not known: like a key that could not be read.
        handle = f"bundle/{len(self._asked)}"
        self._asked[handle] = self._answers.get(words, Ran(code=1))
        return handle

    def wait(self, handle: str, seconds: float) -> Ran | None:  # noqa: ARG002
        try:
            return self._asked[handle]
        except KeyError as err:
            raise NoSuchCommand(handle) from err

    def end(self, handle: str) -> None:
        """Nothing runs any more."""


def _question(line: str) -> Question:
    words = split_line(line)
    # reg.exe is named in full by the reader; names in the registry have no case.
    named = words[1:] if words and words[0].lower().endswith("reg.exe") else words
    return tuple(word.lower() for word in named)


def _answers(content: bytes) -> Iterator[tuple[Question, Ran]]:
    """Each question with its answer. What is between the marks is data: the mark was thrown when it was written."""
    head = _HEAD.match(content)
    if head is None:
        raise FactsError(f"it is no {FORMAT} document: collect the facts again")
    mark = head.group(1).decode("ascii")
    text = _decoded(content[head.end() :])
    *parts, end = text.split(f"{mark} ")
    if end.strip() != "end":
        raise FactsError("it is cut off: let the collector end, and copy the whole file")
    if len(parts) % 2 != 1 or parts[0].strip():
        raise FactsError("its parts are not those that the collector writes; collect the facts again")
    for asked, ended in zip(parts[1::2], parts[2::2], strict=True):
        verb, _blank, rest = asked.partition(" ")
        question, _line, output = rest.partition("\n")
        kind, _blank, code = ended.strip().partition(" ")
        if verb != "ask" or kind != "code" or not code.isdecimal():
            raise FactsError("its parts are not those that the collector writes; collect the facts again")
        yield _question(question.strip()), Ran(code=int(code), output=output)


def _decoded(content: bytes) -> str:
    """UTF-8, or where the console could not give that, the machine's own code page."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        found = _OEM.search(content)
        page = f"cp{found.group(1).decode('ascii')}" if found else ""
        try:
            return content.decode(codecs.lookup(page).name)
        except (LookupError, UnicodeDecodeError) as err:
            raise FactsError(f"its texts are neither UTF-8 nor of the code page {page or 'it names'}") from err


def _moment(registry: Registry, environment: Mapping[str, str]) -> dt.datetime:
    """When it was written, by that machine's clock, which cmd.exe shows in the way its user likes."""
    zone = registry.query(_ZONE, "/v", "ActiveTimeBias")
    bias = zone[0].number("ActiveTimeBias") if zone else None
    style = registry.query(_STYLE, "/v", "sShortDate")
    order = [letter for letter in _letters(style[0].text("sShortDate") if style else "") if letter in "dmy"]
    shown = environment.get(_CLOCK.lower(), "")
    numbers = [int(number) for number in _NUMBERS.findall(shown)]
    if bias is None or sorted(order) != ["d", "m", "y"] or len(numbers) < 5:
        raise FactsError(f"when it was written cannot be told from {shown!r}")
    day = dict(zip(order, numbers, strict=False))
    year = day["y"] if day["y"] > 99 else 2000 + day["y"]
    # Wine shows none.
    seconds = numbers[5] if len(numbers) > 5 else 0
    # A number of minutes that may be below zero, as 32 bits have it.
    minutes = bias - (1 << 32) if bias >= 1 << 31 else bias
    try:
        local = dt.datetime(year, day["m"], day["d"], numbers[3], numbers[4], seconds, tzinfo=dt.UTC)
        return local + dt.timedelta(minutes=minutes)
    except (ValueError, OverflowError) as err:
        raise FactsError(f"when it was written cannot be told from {shown!r}: {err}") from err


def _letters(style: str) -> Iterator[str]:
    """The parts of a date in their order, once each: ``yyyy/M/d`` is y, m, d. A day of the week has three d."""
    seen = set()
    for part in re.findall(r"y+|M+|d+", style):
        letter = part[0].lower()
        if len(part) < 3 or letter != "d":
            if letter not in seen:
                yield letter
            seen.add(letter)
