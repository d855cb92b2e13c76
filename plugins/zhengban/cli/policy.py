# SPDX-License-Identifier: Apache-2.0
"""``zhengban policy``: the group, and the commands that help to write the lists."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from .exits import FINDINGS
from .output import Format, FormatOption, write_json, write_line, write_lines, write_table
from .selection import open_workspace
from .written import write_text

if TYPE_CHECKING:
    from zhengban.desk.lint import Lint

app = typer.Typer(help="The desk of the people who edit the policy.", no_args_is_help=True, rich_markup_mode=None)

OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write it there, not to the terminal.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the file of --output if there is one.")]


class _LintReport(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON document; see the docstring of :func:`lint`."""

    computers: int
    read: int
    lints: tuple[Lint, ...]


@app.command("schema")
def schema(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="The kind of file.", show_default="list the kinds")
    ] = None,
    directory: Annotated[
        Path | None, typer.Option("--directory", metavar="DIR", help="Write all of them to DIR/KIND.json.")
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Print the JSON Schema (2020-12) of one kind of file, so that an editor completes and explains its keys.

    It is whole and needs no other file. Every key has its title in English and Chinese. Without KIND, list the kinds
    and the files they are for.

    VS Code with the YAML extension, and every editor with yaml-language-server: keep the schemas beside the policy
    with "zhengban policy schema --directory .schemas", and begin each file with the line

    # yaml-language-server: $schema=../.schemas/software.json

    or name them once in the setting "yaml.schemas". Run it again after an upgrade of zhengban.

    JSON of the list: [{kind, files, title, description}].
    """
    from zhengban.desk.schema import list_kinds, schema_for_editors

    if directory is not None:
        _write_schemas(directory, kind)
    elif kind is not None:
        typer.echo(_as_text(schema_for_editors(kind)), nl=False)
    elif format is Format.JSON:
        write_json(list_kinds())
    else:
        write_table(("kind", "files", "title"), ((each.kind, each.files, each.title) for each in list_kinds()))


@app.command("lint")
def lint(
    context: typer.Context,
    days: Annotated[
        int, typer.Option("--days", min=0, max=3650, help="How many days ahead the end of an exception is near.")
    ] = 30,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="CODE", help="Leave out lints of this code; repeatable.")
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Find what is allowed in the policy and yet hardly meant, by the policy and the facts last stored.

    Dead and shadowed entries, conditions that nothing meets, patterns that meet protected or base packages, required
    software that cannot be installed, Windows software that cannot leave silently, exceptions that end. Each is a
    line "file:line: severity: code: entry: message; remedy", sorted by place; exit code 1 when there is a warning
    (a note is none). Without stored facts only what the policy alone shows.

    JSON: {computers, read, lints}: computers in use, those of them with facts, and a list of {place: {file, line},
    code, severity, entry, message, remedy}.
    """
    from zhengban.desk.lint import Day
    from zhengban.desk.lint_policy import lint_policy, read_census

    ignored = _known_codes(ignore or [])
    workspace = open_workspace(context)
    today = workspace.register.organisation.today(dt.datetime.now(dt.UTC))
    census = read_census(workspace)
    lints = tuple(found for found in lint_policy(census, Day(today=today, near_days=days)) if found.code not in ignored)
    if format is Format.JSON:
        write_json(_LintReport(computers=census.computers, read=census.read, lints=lints))
    else:
        write_lines(map(str, lints))
        warnings = sum(found.severity == "warning" for found in lints)
        write_line(
            f"warnings: {warnings}, notes: {len(lints) - warnings};"
            f" facts of {census.read} of {census.computers} computers in use"
        )
    if any(found.severity == "warning" for found in lints):
        raise typer.Exit(FINDINGS)


@app.command("base")
def base(
    context: typer.Context,
    first: Annotated[str, typer.Option("--from", metavar="COMPUTER", help="A reference computer of the platform.")],
    others: Annotated[list[str] | None, typer.Argument(metavar="COMPUTER", help="More of them.")] = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Make a base list from what reference computers have, to be reviewed: zhengban policy base --from PC-1 PC-2.

    A COMPUTER is a number or an Ansible host name with stored facts, or a file that "zhengban facts collect" wrote.
    They must be of one platform. Behind each name stands on how many of them it is and which versions; what the
    software lists name is left out. Name the list in policies/platforms.yml once it is there.

    Nothing but the file of --output is written; one that exists stays, and the difference is shown with exit code 1,
    unless --force is given.
    """
    from zhengban.desk.base import draft_base, write_base
    from zhengban.desk.source import find_sources

    workspace = open_workspace(context)
    policy = workspace.policy
    draft = draft_base(policy, find_sources(workspace, [first, *(others or [])]))
    write_text(write_base(draft), output, force=force)


@app.command("draft")
def draft(
    context: typer.Context,
    first: Annotated[
        str | None, typer.Option("--from", metavar="FACTS", help="Where to look.", show_default="all stored facts")
    ] = None,
    others: Annotated[list[str] | None, typer.Argument(metavar="FACTS", help="More of it.")] = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Make a starter policy from today's state, so that its owner deletes rather than types.

    FACTS is a computer with stored facts, a file that "zhengban facts collect" wrote, or a directory of such files.
    Every package that was installed by name, is in no base list and in no software list becomes an entry with its
    evidence: on how many computers, which versions. Make the base lists first. Nothing but the file of --output is
    written; one that exists stays, and the difference is shown with exit code 1, unless --force is given.
    """
    from zhengban.desk.draft import draft_policy
    from zhengban.desk.draft_text import write_draft
    from zhengban.desk.source import find_sources

    if others and first is None:
        raise typer.BadParameter("say where to look with --from FACTS", param_hint="FACTS")
    workspace = open_workspace(context)
    policy = workspace.policy
    sources = find_sources(workspace, [*([first] if first is not None else []), *(others or [])])
    drafted = draft_policy(policy, sources)
    write_text(write_draft(drafted, policy, workspace.ledger.books()), output, force=force)


def _known_codes(codes: list[str]) -> frozenset[str]:
    from zhengban.desk.lint import CODES
    from zhengban.documents.suggestion import suggest

    for code in codes:
        if code not in CODES:
            raise typer.BadParameter(f"no lint has the code {code!r}; {suggest(code, CODES)}", param_hint="--ignore")
    return frozenset(codes)


def _write_schemas(directory: Path, kind: str | None) -> None:
    from zhengban.desk.schema import is_ours, list_kinds, schema_for_editors

    kinds = [kind] if kind is not None else [each.kind for each in list_kinds()]
    texts = {directory / f"{each}.json": _as_text(schema_for_editors(each)) for each in kinds}
    foreign = [path for path in texts if path.exists() and not is_ours(path.read_bytes())]
    if foreign:
        names = ", ".join(map(str, foreign))
        raise typer.BadParameter(f"{names}: not a schema of zhengban, nothing was written", param_hint="--directory")
    directory.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
        write_line(f"wrote {path}")


def _as_text(document: object) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
