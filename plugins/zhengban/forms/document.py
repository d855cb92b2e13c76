# SPDX-License-Identifier: Apache-2.0
"""The descriptions as a page for people: what each form has, under which name JSON has it, and where it is from."""

from __future__ import annotations

from collections.abc import Iterator

from .description import COMPLETION, NUMBERS, Form, Table, completion, form, words


def document_forms() -> str:
    """Markdown of all descriptions; the same text for the same descriptions."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# The forms · 表格"
    yield ""
    yield "Made by `make pages` from `plugins/zhengban/forms/descriptions/`; what is edited here is lost."
    yield "The names are those of `zhengban report form N --format json`; the pictures show the example office."
    for number in NUMBERS:
        described = form(number)
        yield ""
        yield f"## {described.attachment} {described.title}"
        yield ""
        yield f"Clauses: {', '.join(described.clauses)}. Paper: A4 {described.paper}."
        yield ""
        yield f"![{described.title}](form-{number:02}.png)"
        yield from _form(described)
    yield ""
    yield "## The completion workbook · 补充信息"
    yield ""
    yield "What no form holds; `zhengban ledger import --completion FILE` writes it, and the import reads it."
    for name in COMPLETION:
        described = completion(name)
        yield ""
        yield f"### {described.title}"
        yield from _form(described)
    yield ""


def _form(described: Form) -> Iterator[str]:
    fields = [part for part in described.parts() if part.field or part.box or part.boxes or part.by]
    if fields:
        yield ""
        yield "Fields: " + ", ".join(
            dict.fromkeys(
                f"`{name}`" for part in fields for name in _names(part.field, part.box, part.boxes, part.by, part.on)
            )
        )
    for table in described.tables:
        yield from _table(table)


def _names(*names: str) -> Iterator[str]:
    return (name for name in names if name)


def _table(table: Table) -> Iterator[str]:
    yield ""
    yield f"Rows of `{table.name}`, {table.order}:"
    yield ""
    yield "| column | name | holds | also read as |"
    yield "|---|---|---|---|"
    for column in table.columns:
        heading = f"{column.group} {column.label}".strip().replace("\n", " ")
        holds = f"☑ when {column.when}" if column.when else _holds(column.type)
        yield f"| {heading} | `{column.key}` | {holds} | {'、'.join(column.aliases)} |"


def _holds(type: str) -> str:
    try:
        known = words(type)
    except KeyError:
        return type.replace("_", " ")
    return "; ".join(f"{word} {written[0]}" for word, written in known.items())
