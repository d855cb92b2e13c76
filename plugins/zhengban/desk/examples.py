# SPDX-License-Identifier: Apache-2.0
"""Examples the policy has to keep: packages on a computer, and the findings there should be. Source: DESIGN 2."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from zhengban.documents.document import Document, load_document
from zhengban.documents.suggestion import suggest
from zhengban.model.errors import InputError, Problem
from zhengban.model.facts import Package
from zhengban.model.policy import Place
from zhengban.model.register import Register
from zhengban.policy.load import FOLDER, TESTS

KEY = "tests"


class Expected(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A finding that should be there; ``package`` is a name, ``manager:name`` or a ref, empty for the computer."""

    code: str
    package: str = ""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One example. ``packages`` are rows of facts; ``platform`` is (id, version), None when it is not judged."""

    name: str
    place: Place
    computer: str
    today: dt.date | None
    platform: tuple[str, str] | None
    packages: tuple[Package, ...]
    expected: tuple[Expected, ...]
    excused: tuple[Expected, ...]


def load_examples(workspace: Path, files: Sequence[Path] | None, register: Register) -> tuple[Example, ...]:
    """Load examples, in the order of the files and as written.

    Args:
        workspace: the directory that holds ``policies/tests/``.
        files: these files; None means all of ``policies/tests/``, sorted by path.
        register: whose computers the examples are about.

    Raises:
        InputError: with every problem of every file.
    """
    problems: list[Problem] = []
    examples: list[Example] = []
    for path in files or _all_files(workspace, problems):
        document, found = load_document(path, shown_as=_shown(path, workspace), schema=KEY)
        problems += found
        if document is not None:
            examples += _read(document, register, problems)
    if problems:
        raise InputError(problems)
    return tuple(examples)


def _all_files(workspace: Path, problems: list[Problem]) -> Iterator[Path]:
    folder = workspace / FOLDER / TESTS
    for path in sorted(folder.rglob("*")):
        if any(part.startswith(".") for part in path.relative_to(folder).parts) or path.is_dir():
            continue
        if path.suffix == ".yml":
            yield path
        elif path.suffix == ".yaml":
            file = _shown(path, workspace)
            problems.append(Problem(file=file, message="would not be read", hint="name it .yml"))


def _shown(path: Path, workspace: Path) -> str:
    whole = path.resolve()
    return whole.relative_to(workspace).as_posix() if whole.is_relative_to(workspace) else str(path)


def _read(document: Document, register: Register, problems: list[Problem]) -> Iterator[Example]:
    for index, entry in document.items(KEY):
        at = (KEY, index)
        wrong = tuple(_problems_of(entry, at, document, register))
        problems += wrong
        if not wrong:
            platform = entry.get("platform")
            yield Example(
                name=entry["name"],
                place=document.place(at),
                computer=entry["computer"],
                today=dt.date.fromisoformat(entry["today"]) if "today" in entry else None,
                platform=(platform["id"], platform["version"]) if platform else None,
                packages=_rows(entry["packages"]),
                expected=msgspec.convert(entry["expect"], tuple[Expected, ...]),
                excused=msgspec.convert(entry.get("excused", ()), tuple[Expected, ...]),
            )


def _problems_of(
    entry: dict[str, Any], at: tuple[str | int, ...], document: Document, register: Register
) -> Iterator[Problem]:
    known = register.computer_by_number
    if entry["computer"] not in known:
        message = f"no computer has the number {entry['computer']!r}"
        yield document.problem((*at, "computer"), message, suggest(entry["computer"], known))
    packages = [_identity(package) for package in entry["packages"]]
    names = {name for _manager, name, _arch, _version in packages}
    for index, package in enumerate(entry["packages"]):
        here = (*at, "packages", index)
        if packages[index] in packages[:index]:
            yield document.problem(here, f"{package['name']!r} is installed twice", "remove one")
        if package.get("manager") == "platform":
            hint = "write `platform: {id: …, version: …}` beside `packages`"
            yield document.problem((*here, "manager"), "the operating system is no package", hint)
        for number, needed in enumerate(package.get("needs", ())):
            if needed not in names:
                message = f"no package of this example is called {needed!r}"
                yield document.problem((*here, "needs", number), message, suggest(needed, names))


def _identity(package: dict[str, Any]) -> tuple[str, str, str, str]:
    """In the order of the rows of a facts document."""
    return (
        package.get("manager", "dpkg"),
        package["name"],
        package.get("arch", "amd64"),
        package.get("version", "1.0"),
    )


def _rows(packages: list[dict[str, Any]]) -> tuple[Package, ...]:
    """The packages as a facts document has them: sorted, their needs as row numbers."""
    ordered = sorted(packages, key=_identity)
    rows_named: dict[tuple[str, str], list[int]] = {}
    for row, package in enumerate(ordered):
        manager, name, _arch, _version = _identity(package)
        rows_named.setdefault((manager, name), []).append(row)
    rows = []
    for package in ordered:
        manager, name, arch, version = _identity(package)
        needs = sorted({row for needed in package.get("needs", ()) for row in rows_named.get((manager, needed), ())})
        rows.append(
            Package(
                manager=manager,
                name=name,
                version=version,
                arch=arch,
                publisher=package.get("publisher"),
                origin=package.get("origin"),
                manual=True,
                essential=False,
                priority="optional",
                held=False,
                installed_at=None,
                needs=tuple(needs),
                needs_virtual=(),
                wants=(),
            )
        )
    return tuple(rows)
