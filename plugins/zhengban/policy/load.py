# SPDX-License-Identifier: Apache-2.0
"""Load the policy of a workspace: every file below ``policies/``, all problems at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from zhengban.documents.document import Document, load_document
from zhengban.model.errors import InputError, Problem
from zhengban.model.policy import Baseline, ExceptionRule, PlatformBase, Policy, Product, Upgrade
from zhengban.model.register import Register
from zhengban.register.load import NO_EDITS

from .baseline import read_baseline
from .check import check_products
from .exceptions import read_exceptions
from .platforms import platform_number_problems, read_platforms
from .products import read_products
from .scope_names import ScopeNames
from .upgrades import read_upgrades

FOLDER = "policies"
BASELINE = "baseline.yml"
PLATFORMS = "platforms.yml"
BASES = "bases"
TESTS = "tests"
EXCEPTIONS = "exceptions.yml"
UPGRADES = "upgrades.yml"
SETTINGS = (BASELINE, PLATFORMS, EXCEPTIONS, UPGRADES)


def load_policy(workspace: Path, register: Register) -> Policy:
    """Load and check the policy of a workspace.

    Args:
        workspace: the directory that holds ``policies/``.
        register: the organisation, for the names in scopes.

    Returns:
        The policy; scopes hold department ids, places are relative to the workspace.

    Raises:
        InputError: with every problem of every file.

    Source: DESIGN 2.
    """
    policy, problems = read_policy(workspace, register)
    if policy is None:
        raise InputError(problems)
    return policy


def read_policy(
    workspace: Path, register: Register | None, *, edited: Mapping[str, str] = NO_EDITS
) -> tuple[Policy | None, tuple[Problem, ...]]:
    """Load the policy as :func:`load_policy` does, with the problems as values.

    Args:
        workspace: the directory that holds ``policies/``.
        register: ``None`` when it has problems of its own: the names in scopes are then not checked.
        edited: what files that exist are to hold, by path (``policies/commercial.yml``); they are read so instead of
            from the disk.

    Returns:
        The policy, ``None`` when there are problems; and the problems, sorted by place.
    """
    reading = _Reading(workspace / FOLDER, register, edited)
    policy = reading.read()
    problems = tuple(sorted(reading.problems))
    return (None if problems else policy), problems


class _Reading:
    """One pass over the files; what is wrong gathers in ``problems``."""

    def __init__(self, folder: Path, register: Register | None, edited: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self._folder = folder
        self._edited = edited
        self._register = register
        self._scopes = ScopeNames(register)

    def read(self) -> Policy:
        files = self._files()
        baseline = self._baseline()
        software = [self._document(name, "software") for name in files if name not in SETTINGS]
        all_read = all(document is not None and not document.problems for document in software)
        products: list[Product] = []
        for document in software:
            if document is not None:
                found, wrong = read_products(document, self._scopes)
                products += found
                self.problems += wrong
                all_read = all_read and not wrong
        products.sort(key=lambda product: (product.place, product.label))
        self.problems += check_products(products)
        if all_read and not products:
            self._report("", "the policy lists no software, so everything installed would be unlisted")
        platforms = self._platforms(files, products, all_read)
        known = tuple(products) if all_read else None
        exceptions = self._exceptions(files, known)
        upgrades = self._upgrades(files, known)
        self.problems += self._scopes.problems
        return Policy(
            baseline=baseline,
            products=tuple(products),
            platforms=platforms,
            exceptions=exceptions,
            upgrades=upgrades,
        )

    def _report(self, name: str, message: str, hint: str = "") -> None:
        file = f"{FOLDER}/{name}" if name else FOLDER
        self.problems.append(Problem(file=file, message=message, hint=hint))

    def _document(self, name: str, schema: str) -> Document | None:
        shown_as = f"{FOLDER}/{name}"
        edited = self._edited.get(shown_as)
        document, problems = load_document(self._folder / name, shown_as=shown_as, schema=schema, edited=edited)
        self.problems += problems
        return document

    def _files(self) -> tuple[str, ...]:
        """The policy's files, sorted, without base lists, policy tests and hidden files (an editor's)."""
        names = []
        for path in sorted(self._folder.rglob("*")):
            name = path.relative_to(self._folder).as_posix()
            parts = name.split("/")
            if any(part.startswith(".") for part in parts) or parts[0] in (BASES, TESTS) or path.is_dir():
                continue
            if path.suffix == ".yaml":
                self._report(name, "would not be read", "name it .yml")
            elif path.suffix == ".yml":
                names.append(name)
        return tuple(names)

    def _baseline(self) -> Baseline:
        cautious = Baseline(name="")
        if not (self._folder / BASELINE).is_file():
            self._report(BASELINE, "is missing", "`zhengban init` writes one with cautious settings")
            return cautious
        document = self._document(BASELINE, "baseline")
        if document is None or document.problems:
            return cautious
        return read_baseline(document, self._scopes)

    def _platforms(self, files: tuple[str, ...], products: list[Product], all_read: bool) -> tuple[PlatformBase, ...]:
        lists = {
            name: self._document(name, "base")
            for name in (
                path.relative_to(self._folder).as_posix() for path in sorted((self._folder / BASES).glob("*.yml"))
            )
        }
        if PLATFORMS not in files:
            return ()
        document = self._document(PLATFORMS, "platforms")
        if document is None:
            return ()
        platforms, problems = read_platforms(document, lists)
        self.problems += problems
        if all_read:
            self.problems += platform_number_problems(document, products)
        return platforms

    def _exceptions(self, files: tuple[str, ...], known: tuple[Product, ...] | None) -> tuple[ExceptionRule, ...]:
        document = self._document(EXCEPTIONS, "exceptions") if EXCEPTIONS in files else None
        if document is None:
            return ()
        exceptions, problems = read_exceptions(document, self._scopes, self._register, known)
        self.problems += problems
        return exceptions

    def _upgrades(self, files: tuple[str, ...], known: tuple[Product, ...] | None) -> tuple[Upgrade, ...]:
        document = self._document(UPGRADES, "upgrades") if UPGRADES in files else None
        if document is None:
            return ()
        upgrades, problems = read_upgrades(document, self._scopes, known)
        self.problems += problems
        return upgrades
