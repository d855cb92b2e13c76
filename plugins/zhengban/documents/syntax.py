# SPDX-License-Identifier: Apache-2.0
"""What libyaml's complaints mean to the person who wrote the file."""

from __future__ import annotations

import re

import yaml

from zhengban.model.errors import Problem

_UNCLOSED = {
    "while scanning a quoted scalar": "this quote is not closed",
    "while parsing a flow mapping": "this { is not closed, or a comma is missing before the next key",
    "while parsing a flow sequence": "this [ is not closed, or a comma is missing before the next item",
}
_QUOTE = "quote the text"


def syntax_problem(err: yaml.MarkedYAMLError, text: str, *, shown_as: str) -> Problem:
    """Turn a YAML error into a problem: the place to look at, and what is most often meant.

    Args:
        err: what the parser raised.
        text: the document it read.
        shown_as: the name of the file in messages.
    """
    at = err.problem_mark or err.context_mark
    line, column = (at.line, at.column) if at else (0, 0)
    message, hint = f"not valid YAML: {err.problem or err.context}", "check the indentation and the quotes here"
    here = _line(text, line)
    lead = here[: len(here) - len(here.lstrip(" \t"))]
    if "\t" in lead or here[column : column + 1] == "\t":
        column = lead.index("\t") if "\t" in lead else column
        message, hint = "a tab is used to indent", "indent with spaces"
    elif err.context in _UNCLOSED and err.context_mark:
        line, column = err.context_mark.line, err.context_mark.column
        message, hint = f"not valid YAML: {_UNCLOSED[err.context]}", "close it, or quote the text"
    elif err.context in ("while scanning an alias", "while scanning an anchor") and err.context_mark:
        line, column = err.context_mark.line, err.context_mark.column
        message, hint = f"not valid YAML: a text cannot start with {_line(text, line)[column : column + 1]!r}", _QUOTE
    elif err.problem and err.problem.endswith("that cannot start any token"):
        message, hint = f"not valid YAML: a text cannot start with {here[column : column + 1]!r}", _QUOTE
    elif err.problem == "mapping values are not allowed in this context":
        message = "not valid YAML: a second ': ' in one line, or a key at the wrong indentation"
        hint = "quote a text that holds ': ', or line the key up with its neighbours"
    return Problem(file=shown_as, line=line + 1, column=column + 1, message=message, hint=hint)


def _line(text: str, number: int) -> str:
    # The line ends of YAML 1.1; str.splitlines() knows more of them and would count other lines.
    lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", text)
    return lines[number] if number < len(lines) else ""


def reader_problem(err: yaml.reader.ReaderError, text: str, *, shown_as: str) -> Problem:
    """Turn a complaint about a character that YAML does not allow into a problem at its place."""
    code = err.character if isinstance(err.character, int) else ord(err.character)
    at = text.find(chr(code))
    before = text[: max(at, 0)]
    return Problem(
        file=shown_as,
        line=before.count("\n") + 1,
        column=len(before) - before.rfind("\n"),
        message=f"the character U+{code:04X} is not allowed in YAML",
        hint="remove it",
    )
