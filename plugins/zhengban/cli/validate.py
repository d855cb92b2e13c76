# SPDX-License-Identifier: Apache-2.0
"""``zhengban validate``."""

from __future__ import annotations

import datetime as dt

import typer

from zhengban.model.errors import Problem

from .exits import BAD_INPUT
from .output import Format, FormatOption, write_json, write_line, write_problems
from .selection import open_workspace


def validate(context: typer.Context, format: FormatOption = Format.TEXT) -> None:
    """Check the policy and the register, and report everything that is wrong at once.

    Each problem is a line "file:line:column: path: message; hint", sorted; exit code 2 when there is any. That forms 7
    and 8 are due again (L6, L7: older than organisation.refresh_days, or software or computers came or went since) is
    said in such lines too, and is no mistake in these files: the exit code stays 0, and "zhengban ledger refresh
    --check" has one. So is that a computer was scrapped in computers.yml alone while its software is on record.

    JSON: a list of {file, line, column, path, message, hint}, empty when all is well. Lines and columns count from 1;
    0 means the whole file.
    """
    from zhengban.policy.load import read_policy
    from zhengban.register.load import read_register
    from zhengban.report.refreshing import find_scrapped_by_hand, find_stale_views

    workspace = open_workspace(context)
    register, register_problems = read_register(workspace.root)
    policy, policy_problems = read_policy(workspace.root, register)
    problems = sorted((*register_problems, *policy_problems))
    stale: tuple[Problem, ...] = ()
    if register is not None and policy is not None:
        stale = (
            *find_scrapped_by_hand(workspace, register),
            *find_stale_views(workspace, policy, register, now=dt.datetime.now(dt.UTC)),
        )
    if format is Format.JSON:
        write_json((*problems, *stale))
    else:
        if register is not None and policy is not None:
            write_line(f"ok: {len(policy.products)} products, {len(register.computers)} computers")
        write_problems((*problems, *stale))
    if problems:
        raise typer.Exit(BAD_INPUT)
