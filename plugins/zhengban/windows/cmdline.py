# SPDX-License-Identifier: Apache-2.0
"""Command lines of Windows: taken apart and put together by its own rules, never by a shell's.

Source: the documentation of CommandLineToArgvW and of the C run-time's argument parsing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_PROGRAM_END = re.compile(r"\.(?:exe|com|bat|cmd)(?=\s|\Z)", re.IGNORECASE)
_VARIABLE = re.compile(r"%([^%]+)%")
LONGEST_LINE = 32_000
"""CreateProcess takes 32,767 characters; what is longer was never meant to be run."""


def split_line(line: str) -> tuple[str, ...]:
    """The program and its arguments, as the program will see them.

    Backslashes before a quote stand for half as many, and an odd one takes the quote's meaning; elsewhere they are
    themselves. Two quotes inside quotes are one. An unquoted program path with blanks ends at its ``.exe``: Windows
    itself would try every blank in turn, and whoever may write ``C:\\Program.exe`` would be started.
    """
    text = line.strip()
    if not text:
        return ()
    if text[0] == '"':
        program, _quote, rest = text[1:].partition('"')
    elif end := _PROGRAM_END.search(text):
        program, rest = text[: end.end()], text[end.end() :]
    else:
        program, _blank, rest = text.partition(" ")
    return (program, *_arguments(rest))


def join_line(words: Iterable[str]) -> str:
    """The command line from which :func:`split_line` and every C program read ``words`` again."""
    return " ".join(_quoted(word) for word in words)


def expand(text: str, environment: Mapping[str, str]) -> str:
    """Replace ``%Name%`` as a REG_EXPAND_SZ asks for; unknown names stay. ``environment`` has names in lower case."""
    return _VARIABLE.sub(lambda found: environment.get(found.group(1).lower(), found.group(0)), text)


def _arguments(text: str) -> list[str]:
    words: list[str] = []
    word, is_open, is_quoted = "", False, False
    place = 0
    while place < len(text):
        slashes = len(text[place:]) - len(text[place:].lstrip("\\"))
        after = place + slashes
        if slashes and text[after : after + 1] == '"':
            word += "\\" * (slashes // 2)
            is_open = True
            if slashes % 2:
                word += '"'
                after += 1
            place = after
            continue
        if slashes:
            word += "\\" * slashes
            is_open, place = True, after
            continue
        letter = text[place]
        place += 1
        if letter == '"':
            is_open = True
            if is_quoted and text[place : place + 1] == '"':
                word += '"'
                place += 1
            else:
                is_quoted = not is_quoted
        elif letter in " \t" and not is_quoted:
            if is_open:
                words.append(word)
            word, is_open = "", False
        else:
            word += letter
            is_open = True
    return [*words, word] if is_open else words


def _quoted(word: str) -> str:
    if word and not re.search(r'[\s"]', word):
        return word
    escaped = re.sub(r'(\\*)"', r'\1\1\\"', word)
    return '"' + re.sub(r"(\\+)\Z", r"\1\1", escaped) + '"'
