# SPDX-License-Identifier: Apache-2.0
"""Command lines taken apart and put together by Windows' own rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhengban.windows.cmdline import expand, join_line, split_line


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (r'"C:\Program Files\A B\uninst.exe" /S', (r"C:\Program Files\A B\uninst.exe", "/S")),
        # Windows itself would first try C:\Program.exe.
        (r"C:\Program Files\A B\uninst.exe /S _?=C:\A B", (r"C:\Program Files\A B\uninst.exe", "/S", r"_?=C:\A", "B")),
        (r"C:\a.exe.old\UNINST.EXE", (r"C:\a.exe.old\UNINST.EXE",)),
        ("MsiExec.exe /X{ABC}", ("MsiExec.exe", "/X{ABC}")),
        ('rundll32 "C:\\x y.dll",Remove', ("rundll32", r"C:\x y.dll,Remove")),
        # The documentation's own examples.
        (r'x "abc" d e', ("x", "abc", "d", "e")),
        (r"x a\\b d\"e\"f\"g h", ("x", r"a\\b", 'd"e"f"g', "h")),
        (r"x a\\\"b c d", ("x", r"a\"b", "c", "d")),
        (r'x a\\\\"b c" d e', ("x", r"a\\b c", "d", "e")),
        ('x "a""b" c', ("x", 'a"b', "c")),
        ('x ""', ("x", "")),
        ('x "open', ("x", "open")),
        ("  ", ()),
    ],
)
def test_a_line_is_read_as_its_program_reads_it(line: str, words: tuple[str, ...]) -> None:
    assert split_line(line) == words


@pytest.mark.parametrize(
    ("word", "quoted"),
    [("/S", "/S"), ("", '""'), ("a b", '"a b"'), ('a"b', r'"a\"b"'), ("a b\\", r'"a b\\"'), (r"a\"b", r'"a\\\"b"')],
)
def test_words_are_quoted_only_where_it_is_needed(word: str, quoted: str) -> None:
    assert join_line(["x", word]) == f"x {quoted}"


@given(st.lists(st.text(alphabet='ab \\"\t%&^', max_size=8), max_size=5))
def test_what_is_joined_is_split_again(words: list[str]) -> None:
    assert split_line(join_line([r"C:\x\y.exe", *words])) == (r"C:\x\y.exe", *words)


def test_only_known_variables_are_expanded() -> None:
    environment = {"programfiles": r"C:\Program Files"}
    assert expand(r"%ProgramFiles%\A %1 %Nope% 100%", environment) == r"C:\Program Files\A %1 %Nope% 100%"
