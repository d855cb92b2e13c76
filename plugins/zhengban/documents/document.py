# SPDX-License-Identifier: Apache-2.0
"""One file that people wrote: read, turned into plain values, validated, and still knowing its lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from zhengban.model.errors import Problem
from zhengban.model.policy import Place

from .coerce import to_plain
from .explain import explain_error
from .schemas import read_schema, validator_for
from .yamltext import BYTE_ORDER_MARK, MAX_PROBLEMS, Mapping, Node, Scalar, parse_yaml, read_text, too_many_problems

# Salt 3008 masks pillar values so; a policy that travelled through pillar would arrive with this as a name.
MASKED = "**********"

Path_ = Sequence[str | int]


class Document:
    """A document with its values (``plain``) and all that its schema says is wrong with it (``problems``)."""

    def __init__(self, *, shown_as: str, root: Node, plain: Any, problems: tuple[Problem, ...]) -> None:
        self.shown_as = shown_as
        self.plain = plain
        self.problems = problems
        self._root = root
        self._bad_entries = {problem.path.partition("]")[0] for problem in problems}

    def items(self, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the (index, value) of a top-level list that have no problem: one bad entry hides no other."""
        listed = self.plain.get(key) if isinstance(self.plain, dict) else None
        for index, value in enumerate(listed if isinstance(listed, list) else ()):
            if f"{key}[{index}" not in self._bad_entries:
                yield index, value

    def problem(self, path: Path_, message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """Make a problem at a path: the place of its value, or of its key."""
        line, column = self._mark(path, at_key=at_key)
        return Problem(file=self.shown_as, line=line, column=column, path=show_path(path), message=message, hint=hint)

    def place(self, path: Path_) -> Place:
        """The file and line of the value at a path."""
        return Place(file=self.shown_as, line=self._mark(path, at_key=False)[0])

    def _mark(self, path: Path_, *, at_key: bool) -> tuple[int, int]:
        node = self._root
        mark: Node = node
        for step in path:
            if isinstance(node, Mapping) and step in node.items:
                mark = node.keys[str(step)] if at_key else node.items[str(step)]
                node = node.items[str(step)]
            elif not isinstance(node, Scalar | Mapping) and isinstance(step, int) and step < len(node.items):
                mark = node = node.items[step]
            else:
                break
        return mark.line, mark.column


def load_document(
    path: Path, *, shown_as: str, schema: str, edited: str | None = None
) -> tuple[Document | None, tuple[Problem, ...]]:
    """Read and validate one YAML file.

    Args:
        path: the file.
        shown_as: its name in messages, relative to the workspace.
        schema: the name of its schema (:data:`zhengban.documents.schemas.SCHEMAS`).
        edited: what the file is to hold (:mod:`zhengban.documents.edit`), read instead of it.

    Returns:
        The document, ``None`` when the text itself cannot be read; and every problem, in order of place.

    Source: DESIGN 2 "YAML rules".
    """
    text = read_text(path, shown_as=shown_as) if edited is None else edited.removeprefix(BYTE_ORDER_MARK)
    if isinstance(text, Problem):
        return None, (text,)
    root, syntax = parse_yaml(text, shown_as=shown_as)
    if root is None:
        return None, syntax
    plain = to_plain(root, read_schema(schema))
    bare = Document(shown_as=shown_as, root=root, plain=plain, problems=())
    found = list(syntax)
    for error in validator_for(schema).iter_errors(plain):
        found += explain_error(error, bare.problem)
        if len(found) >= MAX_PROBLEMS:
            found.append(too_many_problems(shown_as))
            return None, tuple(sorted(_first_at_each_place(found)))
    if MASKED in text:
        found += _masked(root, (), bare)
    problems = tuple(sorted(_first_at_each_place(found)))
    return Document(shown_as=shown_as, root=root, plain=plain, problems=problems), problems


def show_path(path: Path_) -> str:
    """Write a path as people read it: ``software[3].versions``; list items count from 0."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            key = step if step.isprintable() else repr(step)
            text += f".{key}" if text else key
    return text


def _masked(node: Node, path: tuple[str | int, ...], document: Document) -> Iterator[Problem]:
    if isinstance(node, Scalar):
        if node.text == MASKED:
            yield document.problem(path, f"{MASKED!r} is what a masked value looks like", "write the value itself")
        return
    steps = node.items.items() if isinstance(node, Mapping) else enumerate(node.items)
    for step, child in steps:
        yield from _masked(child, (*path, step), document)


def _first_at_each_place(problems: list[Problem]) -> Iterator[Problem]:
    # A text that fails its pattern often fails its format too; one sentence about it is enough.
    seen: set[tuple[str, int, int]] = set()
    for problem in problems:
        key = (problem.path, problem.line, problem.column)
        if key not in seen:
            seen.add(key)
            yield problem
