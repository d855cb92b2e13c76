# SPDX-License-Identifier: Apache-2.0
"""``zhengban policy match``."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from zhengban.documents.yamlline import inline

from .exits import FINDINGS
from .life import diff_lines
from .output import Format, FormatOption, write_json, write_line, write_lines
from .selection import open_workspace

if TYPE_CHECKING:
    from zhengban.desk.match import Proposal


class Least(enum.StrEnum):
    """What is shown."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


def match(
    context: typer.Context,
    write: Annotated[
        list[str] | None,
        typer.Option(
            "--write",
            metavar="NUMBER[=MANAGER:NAME]",
            help="Write this proposal into its entry; of a NUMBER alone those of high confidence. Again for more.",
        ),
    ] = None,
    least: Annotated[Least, typer.Option("--least", help="The least confidence that is shown.")] = Least.LOW,
    format: FormatOption = Format.TEXT,
) -> None:
    """Propose package rules for entries that have none, such as those of imported forms, from the facts last stored.

    Evidence is how much the names are alike, on how many computers the package is, on how many of those the books say
    the software is, which versions and publishers there are. Base lists and entries with rules come first: what they
    name is not proposed. Nothing is taken over by itself: look, then name with --write what is right; --write shows the
    lines it adds.

    \b
        zhengban policy match
        zhengban policy match --write COM-0001 --write COM-0003=dpkg:kav-endpoint

    JSON: {proposals: [{number, label, manager, name, versions, publisher, confidence: high | medium | low, likeness,
    seen, booked, both, examples, versions_seen: [[version, computers]], publishers, also}], without: [{number, label}],
    files: [{path, diff}]}. Exit code 1 when entries have no proposal or none was chosen for them.
    """
    from zhengban.desk.match import CONFIDENCES
    from zhengban.desk.matched import choose, propose_packages, write_rules

    workspace, now = open_workspace(context), dt.datetime.now(dt.UTC)
    matching, proposals = propose_packages(workspace, now=now)
    chosen = choose(proposals, write or ())
    texts = write_rules(workspace, chosen, now=now) if chosen else ()
    shown = CONFIDENCES[: CONFIDENCES.index(least.value) + 1]
    done = {item.number for item in chosen}
    rest = [item for item in proposals if item.number not in done and item.confidence in shown]
    proposed = {item.number for item in proposals}
    without = [product for product in matching.open if product.numbers[0] not in proposed]
    if format is Format.JSON:
        write_json(
            {
                "proposals": rest,
                "without": [{"number": product.numbers[0], "label": product.label} for product in without],
                "files": [{"path": path, "diff": "\n".join(diff_lines(path, old, new))} for path, old, new in texts],
            }
        )
    else:
        for path, old, new in texts:
            write_lines(diff_lines(path, old, new))
        write_lines(_lines(rest))
        write_lines(f"{product.numbers[0]} {product.label}: nothing like it is installed" for product in without)
        counts = f"{len(matching.open) - len(done)} entries without packages"
        write_line(f"wrote {len(chosen)} rules; {counts}" if chosen else counts)
    if len(done) < len(matching.open):
        raise typer.Exit(FINDINGS)


def _lines(proposals: list[Proposal]) -> Iterator[str]:
    number = ""
    for item in proposals:
        if item.number != number:
            number = item.number
            yield f"{item.number} {item.label}"
        yield f"  {item.confidence}: {inline(item.rule)}"
        versions = ", ".join(f"{version} ({count})" for version, count in item.versions_seen[:4])
        told = [f"names alike {item.likeness:.2f}", f"on {item.seen} computers such as {', '.join(item.examples)}"]
        if item.booked:
            told.append(f"on {item.both} of the {item.booked} where the books have it")
        told.append(f"versions {versions}")
        if item.publishers:
            told.append(f"publisher {', '.join(item.publishers)}")
        yield f"    {'; '.join(told)}"
        if item.also:
            yield f"    could be {', '.join(item.also)} as well"
