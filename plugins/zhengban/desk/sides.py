# SPDX-License-Identifier: Apache-2.0
"""The two policies that an edit is about: directories, git revisions, or what lies on the disk now."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

import msgspec

from zhengban.model.errors import InputError, Problem
from zhengban.model.policy import Policy
from zhengban.model.register import Register
from zhengban.policy.compile import PolicyCompiler
from zhengban.policy.load import FOLDER, read_policy
from zhengban.register.load import FOLDER as REGISTER
from zhengban.register.load import read_register

from .revision import write_revision

WORKTREE = (".", "worktree")

Role = Literal["OLD", "NEW"]


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two policies with the register it is for; ``name`` is what the person called it."""

    role: Role
    name: str
    compiler: PolicyCompiler

    @property
    def policy(self) -> Policy:
        return self.compiler.policy

    @property
    def register(self) -> Register:
        return self.compiler.register


def read_sides(old: str, new: str, workspace: Path) -> tuple[Side, Side]:
    """Load both sides of a comparison.

    Args:
        old, new: ``.`` or ``worktree`` (the workspace as it lies on the disk), a directory that holds ``policies/``,
            or a git revision of the workspace; a directory wins over a revision of the same name.
        workspace: the current workspace; a side without ``inventories/register/`` has its register.

    Raises:
        InputError: with the problems of both sides; each ``file`` begins with ``OLD name`` or ``NEW name``.
    """
    read: list[Side] = []
    problems: list[Problem] = []
    for role, name in _in_order(old, new):
        try:
            read.append(_read_side(role, name, workspace))
        except InputError as err:
            for problem in err.problems:
                file = f"{role} {name}: {problem.file}" if problem.file else f"{role} {name}"
                problems.append(msgspec.structs.replace(problem, file=file))
    if problems:
        raise InputError(problems)
    first, second = read
    return first, second


def _in_order(old: str, new: str) -> tuple[tuple[Role, str], ...]:
    return ("OLD", old), ("NEW", new)


def _read_side(role: Role, name: str, workspace: Path) -> Side:
    if name in WORKTREE:
        return _load(role, name, workspace, workspace)
    if (Path(name) / FOLDER).is_dir():
        return _load(role, name, Path(name), workspace)
    with tempfile.TemporaryDirectory(prefix="zhengban-") as folder:
        write_revision(workspace, name, Path(folder))
        return _load(role, name, Path(folder), workspace)


def _load(role: Role, name: str, root: Path, workspace: Path) -> Side:
    register, problems = read_register(root if (root / REGISTER).is_dir() else workspace)
    policy, wrong = read_policy(root, register)
    if register is None or policy is None:
        raise InputError((*problems, *wrong))
    return Side(role=role, name=name, compiler=PolicyCompiler(policy, register))
